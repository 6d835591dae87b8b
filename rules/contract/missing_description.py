"""A route that the document does not describe.

## What it does
Reports a route with neither a docstring nor `summary=` nor `description=`. Routes that are left out of the OpenAPI document are left alone.

## Why is this bad?
The document then shows the function's name in title case, which tells a reader little.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books")
def books() -> list[str]:
    return []
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books")
def books() -> list[str]:
    '''The titles of all books, sorted.'''
    return []
```

## Known misses
Docstrings that say nothing.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Route
from fastapi_lint.project.serving.responses import hidden
from fastapi_lint.rule import Rule

rule = Rule("FAL404", severity="info", default=False)


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    function = route.function
    if function is None or route.is_websocket or route.arguments.starred or hidden(ctx.project, route):
        return
    if function.definition.node.docstring or any(
        route.keyword(name) is not None for name in ("summary", "description")
    ):
        return
    yield Finding(
        function.definition.anchor,
        f"`{function.definition.name}` has no description, so the document shows its name only",
        symbol=function.definition.qualname,
    )
