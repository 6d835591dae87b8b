"""The same method and path twice in one application.

## What it does
Reports a route whose method and full path an earlier route of the same application has already. One function that is registered twice,
once of them with `include_in_schema=False`, is an alias that happens to be the same path, and nothing is lost.

## Why is this bad?
The first one answers, the second one is never called. The OpenAPI document shows only one of them, and not always the one that answers.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books")
def list_books() -> list[str]:
    return []


@app.get("/books")
def find_books() -> list[str]:
    return ["a"]
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books")
def list_books() -> list[str]:
    return []


@app.get("/books/found")
def find_books() -> list[str]:
    return ["a"]
```

## Known misses
Routes whose path or prefix is not known.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project.interpreting.values import Const, Value
from fastapi_lint.project.serving.application import Application, Operation, Route
from fastapi_lint.rule import Rule

rule = Rule("FAL703", severity="error")


@rule.on(Application)
def check(application: Application, ctx: Context) -> Iterator[Finding]:
    seen: dict[tuple[str, str], Operation] = {}
    for operation in () if application.is_mounted else application.operations:
        if operation.path is None or operation.conditional:
            continue
        first = seen.setdefault((operation.method, operation.path), operation)
        site = operation.route.site
        if first.route is operation.route or first.route.site == site or ctx.project.is_test(site.path):
            continue
        handler = operation.route.function
        if _is_alias(first.route, operation.route):
            continue
        yield Finding(
            site,
            f"`{operation.method} {operation.path}` is registered a second time, so this one is never called",
            trace=(Step(first.route.site, "This one answers"),),
            symbol=handler.definition.qualname if handler is not None else None,
        )


def _is_alias(first: Route, second: Route) -> bool:
    same = (
        first.function is not None
        and second.function is not None
        and first.function.definition is second.function.definition
    )
    return same and any(_is_false(route.keyword("include_in_schema")) for route in (first, second))


def _is_false(value: Value | None) -> bool:
    return type(value) is Const and value.value is False
