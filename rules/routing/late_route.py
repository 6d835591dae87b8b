"""A route that is added to a router after the router was included.

## What it does
Reports a route, or a child router, that is added to a router after the last `include_router` that could have taken it along. For
FastAPI before 0.137, which copies the routes of a router at the moment of the include; later releases keep the router itself.

## Why is this bad?
The copy does not have the route: every request for it is answered with 404. Nothing says so at start-up.

## Bad
```toml title="pyproject.toml"
[project]
dependencies = ["fastapi==0.115.6"]
```
```python title="main.py"
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter()
app.include_router(router)


@router.get("/books")
def list_books() -> list[str]:
    return []
```

## Good
```toml title="pyproject.toml"
[project]
dependencies = ["fastapi==0.115.6"]
```
```python title="main.py"
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter()


@router.get("/books")
def list_books() -> list[str]:
    return []


app.include_router(router)
```

## Known misses
Projects whose FastAPI may be older or newer than 0.137.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.events import Event
from fastapi_lint.project.interpreting.values import FunctionValue
from fastapi_lint.project.serving.application import Late
from fastapi_lint.rule import Rule

rule = Rule("FAL714", severity="error", until="0.137")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    taken = {
        id(event)
        for operation in project.operations
        for event in (operation.route.event, *operation.chain)
        if not operation.conditional
    }
    late: dict[int, Late] = {}
    for application in project.applications:
        for one in application.late:
            if one.event.kind in ("route", "websocket", "include"):
                late.setdefault(id(one.event), one)
    for key, one in late.items():
        if key in taken or one.event.conditional or one.include.conditional or project.is_test(one.event.site.path):
            continue
        yield Finding(
            one.event.site,
            f"{_what(one.event)} is added after its router was included, so no request reaches it",
            trace=(Step(one.include.site, "The routes that the router had then are copied here"),),
            symbol=one.event.handler.definition.qualname if type(one.event.handler) is FunctionValue else None,
        )


def _what(event: Event) -> str:
    if event.kind == "include":
        return "A child router"
    return f"`{event.handler.definition.name}`" if type(event.handler) is FunctionValue else "A route"
