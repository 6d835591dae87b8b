"""A dependency that is made a context manager.

## What it does
Reports a generator function with `@contextmanager` or `@asynccontextmanager` that some `Depends` names.

## Why is this bad?
FastAPI makes a context manager of a generator function by itself. With the decorator it is no generator function any more, so the route
gets the context manager instead of what is in it, and nothing is ever opened or closed.

## Bad
```python
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Depends, FastAPI

app = FastAPI()


@contextmanager
def get_title() -> Iterator[str]:
    yield "a"


@app.get("/title")
def read_title(title: str = Depends(get_title)) -> str:
    return title
```

## Good
```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI

app = FastAPI()


def get_title() -> Iterator[str]:
    yield "a"


@app.get("/title")
def read_title(title: str = Depends(get_title)) -> str:
    return title
```

## Known misses
Decorators of the project that do the same.

## Fix safety
Safe where nobody else calls the function, otherwise not offered.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, Replace
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.definitions import CONTEXT_MANAGERS, FunctionDefinition
from fastapi_lint.project.interpreting.values import External
from fastapi_lint.rule import Rule

rule = Rule("FAL804", severity="error", fix="safe")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition in project.dependency_functions:
        if (
            not definition.is_context_manager
            or not definition.node.is_generator
            or project.is_test(definition.module.path)
        ):
            continue
        index = _index(definition)
        if index is None:
            continue
        fix = None
        if not project.is_awaited(definition) and len(definition.node.decorators) == 1:
            fix = Fix("Remove the decorator", (Replace(definition.anchor.of(f"decorators.{index}"), ()),), "safe")
        yield Finding(
            Anchor(definition.module.path, definition.node.decorators[index].at),
            f"FastAPI makes a context manager of `{definition.name}` itself: with the decorator, routes get the manager",
            fix=fix,
            symbol=definition.qualname,
        )


def _index(definition: FunctionDefinition) -> int | None:
    for index, (node, value) in enumerate(zip(definition.node.decorators, definition.decorators)):
        if type(value) is External and value.name in CONTEXT_MANAGERS and type(node) in (s.Name, s.Attribute):
            return index
    return None
