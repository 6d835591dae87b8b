"""A route that returns data and does not say which.

## What it does
Reports a route with neither a `response_model` nor a return annotation that says something (none at all, `Any`, a bare `dict` or
`list`), when it returns data. Left alone are HEAD, OPTIONS and TRACE, whose answers nobody reads for their data.

## Why is this bad?
The OpenAPI document promises nothing, so clients cannot be generated or checked against it. Nothing filters what leaves either:
every attribute of the returned object is serialised, the ones nobody thought of included.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Book(BaseModel):
    title: str


@app.get("/book")
def read_book():
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

## Options
`style`: `"either"` (the default) takes an annotation or a `response_model`, `"annotation"` and `"decorator"` insist on one of
them. `strict`: also reports `dict[str, Any]` and the like.

Routes that return `Response` objects, redirects, files or streams, that have no content, are hidden from the document, or say
`response_model=None` are left alone.

## Known misses
A route of whose return values none is known.

## Fix safety
Unsafe: FastAPI validates and filters what is returned once there is an annotation.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.edits import insert_return_annotation
from fastapi_lint.findings import Finding, Fix
from fastapi_lint.project import ClassDefinition, Route
from fastapi_lint.project.interpreting.values import Const, FunctionValue, Instance, Value
from fastapi_lint.project.serving.responses import (
    Returned,
    declares_data,
    hidden,
    promises_container,
    returned,
    without_body,
)
from fastapi_lint.rule import Option, Rule

rule = Rule(
    "FAL401",
    fix="unsafe",
    options={
        "style": Option("either", "where the response model must stand", ("either", "annotation", "decorator")),
        "strict": Option(False, "also report `dict[str, Any]` and the like"),
    },
)

WITHOUT_DATA = frozenset({"HEAD", "OPTIONS", "TRACE"})
"""Methods whose answers nobody reads for their data."""


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    function = route.function
    if function is None or route.is_websocket or function.definition.node.is_generator:
        return
    if route.methods and WITHOUT_DATA.issuperset(route.methods):
        return
    if hidden(ctx.project, route) or without_body(ctx.project, route):
        return
    strict = bool(ctx.options["strict"])
    model = route.keyword("response_model")
    if isinstance(model, Const) and model.value is None and model.place is None:
        model = None  # nobody wrote it: passed on from a registration that had none
    annotation = ctx.project.it.studies.signature(function).returns
    in_decorator = model is not None and declares_data(model, strict=strict)
    in_annotation = annotation is not None and declares_data(annotation, strict=strict)
    style = ctx.options["style"]
    if (in_decorator and style != "annotation") or (in_annotation and style != "decorator"):
        return
    kind = returned(ctx.project, function)
    promised = model if model is not None else annotation
    if kind is not Returned.DATA and not (kind is Returned.UNKNOWN and promises_container(promised)):
        return
    name = function.definition.name
    yield Finding(
        function.definition.anchor,
        f"`{name}` returns data that its response model does not describe",
        fix=_fix(function, ctx),
        symbol=function.definition.qualname,
    )


def _fix(function: FunctionValue, ctx: Context) -> Fix | None:
    """The annotation, where every return gives the same class of the project and the module knows it by a name."""
    if function.definition.node.returns is not None:
        return None
    classes = {_class(value) for _, value in ctx.project.it.analysis(function).returns}
    if len(classes) != 1 or (definition := classes.pop()) is None:
        return None
    local = ctx.project.local_name(function.definition, definition)
    if local is None:
        return None
    edits = insert_return_annotation(function.definition.anchor, (local,))
    return Fix(f"Annotate the return type `{local}`", edits)


def _class(value: Value) -> ClassDefinition | None:
    return (
        value.cls if isinstance(value, Instance) and isinstance(value.cls, ClassDefinition) and not value.args else None
    )
