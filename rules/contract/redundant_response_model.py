"""A `response_model` that repeats the return annotation.

## What it does
Reports a route whose `response_model` is the very type that its return annotation names, aliases and imports seen through.

## Why is this bad?
FastAPI takes the return annotation by itself. Two places that say the same drift apart, and then `response_model` silently wins.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Book(BaseModel):
    title: str


@app.get("/book", response_model=Book)
def read_book() -> Book:
    return Book(title="Emma")
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Book(BaseModel):
    title: str


@app.get("/book")
def read_book() -> Book:
    return Book(title="Emma")
```

## Known misses
Types of which some part cannot be resolved.

## Fix safety
Safe: the response model stays the same.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.edits import remove_argument
from fastapi_lint.findings import Finding, Fix
from fastapi_lint.project import Route
from fastapi_lint.project.describe import type_text
from fastapi_lint.project.interpreting.values import Const
from fastapi_lint.rule import Rule

rule = Rule("FAL402", severity="info", default=False, fix="safe", since="0.89")


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    if route.function is None or not _repeats(route, ctx):
        return
    made_there = [other for other in ctx.project.routes if other.site == route.site]  # one call may make several
    if all(_repeats(other, ctx) for other in made_there):
        yield Finding(
            route.site,
            f"`response_model` repeats the return annotation of `{route.function.definition.name}`",
            fix=Fix("Leave it to the annotation", remove_argument(route.site, "response_model"), "safe"),
            symbol=route.function.definition.qualname,
        )


def _repeats(route: Route, ctx: Context) -> bool:
    model = route.keyword("response_model")
    if route.function is None or model is None or route.is_websocket or (type(model) is Const and model.value is None):
        return False
    returns = ctx.project.it.studies.signature(route.function).returns
    if returns is None or (type(returns) is Const and returns.value is None):
        return False
    text = type_text(model)
    return text is not None and text == type_text(returns)
