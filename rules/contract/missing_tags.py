"""A route without a tag at any level.

## What it does
Reports a route for which neither the decorator, its router nor an include on the way to the application gives `tags`.

## Why is this bad?
Tags are the chapters of the document, and the classes of generated clients. What has none ends up in one long `default` chapter.

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


@app.get("/books", tags=["books"])
def books() -> list[str]:
    return []
```

## Known misses
A router that no known application includes: an include elsewhere may give the tags.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Operation, Route
from fastapi_lint.project.interpreting.values import Const, Sequence, Value
from fastapi_lint.project.serving.responses import hidden
from fastapi_lint.rule import Rule

rule = Rule("FAL405", severity="info", default=False)


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    function = route.function
    served = ctx.project.served(route)
    if function is None or route.is_websocket or route.arguments.starred or not served or hidden(ctx.project, route):
        return
    if _says(route.keyword("tags")) or any(_is_tagged(ctx, operation) for operation in served):
        return
    yield Finding(
        function.definition.anchor,
        f"`{function.definition.name}` has no tag at any level",
        symbol=function.definition.qualname,
    )


def _is_tagged(ctx: Context, operation: Operation) -> bool:
    given = [event.arguments.keywords.get("tags") for event in operation.chain if event.kind == "include"]
    given += [ctx.project.it.routing.setting(router, "tags") for router in operation.routers]
    return any(_says(tags) for tags in given)


def _says(tags: Value | None) -> bool:
    """Whether tags are given; what we cannot resolve is taken to be some."""
    if tags is None or (type(tags) is Const and tags.value is None):
        return False
    return not (type(tags) is Sequence and tags.items == [])
