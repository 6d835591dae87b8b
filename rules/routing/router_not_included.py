"""A router that no application includes.

## What it does
Reports a router with routes that reaches no application, in a project that has one with routes. Quiet wherever the router is handed on in
a way that cannot be followed, and in projects that include routers which cannot be resolved or import modules by name.

## Why is this bad?
None of its routes is served. Most often the line that includes it was forgotten.

## Bad
```python title="app/books.py"
from fastapi import APIRouter

router = APIRouter(prefix="/books")


@router.get("")
def list_books() -> list[str]:
    return []
```
```python title="app/main.py"
from fastapi import FastAPI

from . import books

app = FastAPI()


@app.get("/health")
def read_health() -> str:
    return "well"
```

## Good
```python title="app/books.py"
from fastapi import APIRouter

router = APIRouter(prefix="/books")


@router.get("")
def list_books() -> list[str]:
    return []
```
```python title="app/main.py"
from fastapi import FastAPI

from . import books

app = FastAPI()
app.include_router(books.router)


@app.get("/health")
def read_health() -> str:
    return "well"
```

## Known misses
Routers that are made in functions or classes, and projects in which anything that is included is unknown.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.serving.orphans import orphans
from fastapi_lint.rule import Rule

rule = Rule("FAL705")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for orphan in orphans(project):
        site = orphan.router.site
        if site is not None:
            routes = "its route is" if orphan.routes == 1 else f"its {orphan.routes} routes are"
            yield Finding(site, f"No application includes `{orphan.name}`, so {routes} not served")
