"""A body with a status code beside it, as Flask has it.

## What it does
Reports `return data, 404` in a route.

## Why is this bad?
FastAPI knows no such thing: the client gets a 200 whose body is a list of two items, or a 500 where a response model does not fit.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books/{number}", response_model=None)
def read_book(number: int):
    return {"error": "not found"}, 404
```

## Good
```python
from fastapi import FastAPI
from fastapi.responses import JSONResponse

app = FastAPI()


@app.get("/books/{number}", response_model=None)
def read_book(number: int):
    return JSONResponse({"error": "not found"}, status_code=404)
```

## Known misses
Status codes that come out of a variable whose value is not known.

## Fix safety
Unsafe: a `JSONResponse` takes what JSON knows, and goes past the response model.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Finding, Fix, Replace
from fastapi_lint.project import Route, failures
from fastapi_lint.project.interpreting.annotations import TUPLES, canonical_typing
from fastapi_lint.project.interpreting.values import External, Generic, Sequence
from fastapi_lint.project.models import schemas
from fastapi_lint.project.serving.promises import promise_of
from fastapi_lint.rule import Rule

rule = Rule("FAL709", severity="error", fix="unsafe")


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    function = route.function
    if function is None or route.is_websocket or _promises_tuple(route, ctx):
        return
    path = function.definition.module.path
    for node, value in ctx.project.it.analysis(function).returns:
        written = node.value
        if (
            type(written) is not s.Collection
            or written.kind != "tuple"
            or len(written.items) != 2
            or type(value) is not Sequence
        ):
            continue
        status = failures.status_of(value.items[1]) if value.items is not None and len(value.items) == 2 else None
        if status is None or not 100 <= status <= 599:
            continue
        place = Anchor(path, written.at)
        data, code = (Anchor(path, item.at) for item in written.items)
        text = (
            AddImport(path, "fastapi.responses", "JSONResponse", ("starlette.responses",)),
            "(",
            data,
            ", status_code=",
            code,
            ")",
        )
        yield Finding(
            place,
            f"The `{status}` beside the body is part of the body: the answer has the status code of success",
            fix=Fix("Return a `JSONResponse`", (Replace(place, text),)),
            symbol=function.definition.qualname,
        )


def _promises_tuple(route: Route, ctx: Context) -> bool:
    declared = promise_of(ctx.project.it, route).kind
    kind = schemas.plain(declared) if declared is not None else None
    if type(kind) is Generic:
        kind = kind.base
    return type(kind) is External and canonical_typing(kind.name) in TUPLES
