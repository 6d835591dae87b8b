"""A dependency that outlives one that it depends on.

## What it does
Reports a `yield` dependency that lives as long as the request and takes one with `scope="function"`, from FastAPI 0.121 on.

## Why is this bad?
What has the scope `function` is closed as soon as the handler has returned; a `yield` dependency that says nothing lives until the response is
sent, and would go on with a closed one. FastAPI refuses that when the route is declared: the import fails.

## Bad
```python
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


def get_connection() -> Iterator[str]:
    yield "connection"


def get_session(connection: Annotated[str, Depends(get_connection, scope="function")]) -> Iterator[str]:
    yield f"session on {connection}"


@app.get("/")
def read(session: Annotated[str, Depends(get_session)]) -> str:
    return session
```

## Good
```python
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


def get_connection() -> Iterator[str]:
    yield "connection"


def get_session(connection: Annotated[str, Depends(get_connection, scope="function")]) -> Iterator[str]:
    yield f"session on {connection}"


@app.get("/")
def read(session: Annotated[str, Depends(get_session, scope="function")]) -> str:
    return session
```

## Known misses
Scopes that are put into a variable whose value is not known.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import Project
from fastapi_lint.project.serving import scopes
from fastapi_lint.rule import Rule

rule = Rule("FAL809", severity="error", since=scopes.SINCE)


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for parent in project.walk_dependencies():
        if not scopes.is_closed(parent) or scopes.of(parent) != "request" or parent.function is None:
            continue
        outer = parent.function.definition
        for child in parent.children:
            if child.site is None or scopes.declared(child) != "function" or project.is_test(child.site.path):
                continue
            inner = child.function.definition.name if child.function is not None else child.name
            trace = (Step(parent.site, f"`{outer.name}` lives as long as the request"),) if parent.site else ()
            yield Finding(
                child.site,
                f"`{outer.name}` lives longer than `{inner}`, on which it depends: FastAPI refuses this at import",
                trace=trace,
                symbol=outer.qualname,
            )
