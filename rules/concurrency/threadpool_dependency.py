"""A trivial `def` dependency that costs a thread.

## What it does
Reports a dependency that is a plain `def` and calls nothing: it only computes with what it was given.

## Why is this bad?
FastAPI runs each plain `def` dependency in its pool of forty threads. For a body that takes less time than the hop, each request pays for
it, and competes with handlers that really block.

## Bad
```python
from fastapi import Depends, FastAPI

app = FastAPI()


def page(page: int = 1) -> int:
    return (page - 1) * 20


@app.get("/items")
def read_items(offset: int = Depends(page)) -> list[int]:
    return list(range(offset, offset + 20))
```

## Good
```python
from fastapi import Depends, FastAPI

app = FastAPI()


async def page(page: int = 1) -> int:
    return (page - 1) * 20


@app.get("/items")
def read_items(offset: int = Depends(page)) -> list[int]:
    return list(range(offset, offset + 20))
```

## Known misses
Dependencies that call something cheap.

## Fix safety
Unsafe: whoever calls the function directly gets a coroutine. Not offered where project code does.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, Insert
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.frames import CallSite
from fastapi_lint.project.interpreting.values import ClassValue, External
from fastapi_lint.rule import Rule

rule = Rule("FAL111", severity="info", default=False, fix="unsafe")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition, dependency in project.dependency_functions.items():
        node = definition.node
        if (
            node.is_async
            or node.is_generator
            or node.decorators
            or definition.owner is not None
            or node.name == "<lambda>"
        ):
            continue
        if dependency.function is None or any(_works(site) for site in project.it.analysis(dependency.function).sites):
            continue
        fix = None
        if not project.is_awaited(definition):
            fix = Fix("Make it an `async def`", (Insert(definition.anchor.of("header"), "before", ("async ",)),))
        yield Finding(
            definition.anchor,
            f"`{definition.name}` is run in a thread for each request, though it only computes",
            fix=fix,
            symbol=definition.qualname,
        )


def _works(site: CallSite) -> bool:
    """Whether a call does more than make an exception or a value."""
    callee = site.callee
    if isinstance(callee, External):
        return not callee.name.rpartition(".")[2][:1].isupper()
    return not isinstance(callee, ClassValue)
