"""A body where the status code says that there is none.

## What it does
Reports a route with the status code 204, 205, 304 or 1xx that returns data or promises a model.

## Why is this bad?
Such an answer has no body: FastAPI drops what the route returns, and refuses a response model when it is imported. Whoever wrote the
`return` expected the client to get it.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.delete("/books/{number}", status_code=204)
def delete_book(number: int):
    return {"deleted": number}
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.delete("/books/{number}", status_code=204)
def delete_book(number: int) -> None:
    return None
```

## Known misses
Status codes that are set on a `Response` parameter.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding
from fastapi_lint.project import Route, failures, responses, schemas
from fastapi_lint.project.values import ClassValue, Const, External, Generic, Mapping, Sequence, Text, Value, members
from fastapi_lint.rule import Rule

rule = Rule("FAL710", severity="error")

BODILESS = frozenset({204, 205, 304, *range(100, 200)})


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    function = route.function
    status = failures.status_of(route.keyword("status_code"))
    if function is None or status not in BODILESS:
        return
    definition = function.definition
    model = route.keyword("response_model") or ctx.project.it.studies.signature(function).returns
    if model is not None and _promises_data(model) and not responses.declares_response(ctx.project, model):
        yield Finding(
            definition.anchor,
            f"`{definition.name}` promises a body, which a {status} does not have",
            symbol=definition.qualname,
        )
        return
    for node, value in ctx.project.it.analysis(function).returns:
        if node.value is not None and all(_is_data(member) for member in members(value)):
            place = Anchor(definition.module.path, node.at)
            yield Finding(
                place, f"`{definition.name}` returns a body, which a {status} does not have", symbol=definition.qualname
            )


def _is_data(value: Value) -> bool:
    if type(value) is Const:
        return value.value is not None
    return isinstance(value, (Mapping, Sequence, Text))


def _promises_data(model: Value) -> bool:
    """Whether a declaration is of data beyond doubt: a model, or a built-in type."""
    kind = schemas.plain(model)
    if type(kind) is Generic:
        kind = kind.base
    if type(kind) is ClassValue:
        return True
    return type(kind) is External and kind.name.startswith("builtins.")
