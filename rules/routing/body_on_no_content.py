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
def delete_book(number: int):
    return None
```

## Known misses
Status codes that are set on a `Response` parameter.

## Fix safety
Unsafe: the other way out is a status code that has a body. Not offered where what is returned is the result of a call, which would not
be made any more.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Annotate, Finding, Fix, Replace, SymbolicEdit
from fastapi_lint.project import Route, failures
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.values import (
    ClassValue,
    Const,
    External,
    Generic,
    Instance,
    Mapping,
    Sequence,
    Text,
    Value,
    members,
)
from fastapi_lint.project.models import schemas
from fastapi_lint.project.serving import responses
from fastapi_lint.project.serving.promises import promise_of
from fastapi_lint.rule import Rule

rule = Rule("FAL710", severity="error", fix="unsafe")

BODILESS = frozenset({204, 205, 304, *range(100, 200)})


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    function = route.function
    status = failures.status_of(route.keyword("status_code"))
    if function is None or status not in BODILESS:
        return
    definition = function.definition
    model = promise_of(ctx.project.it, route).kind
    returned = [(node, value) for node, value in ctx.project.it.analysis(function).returns if _is_body(node, value)]
    fix = _fix(ctx, route, [node for node, _ in returned])
    if model is not None and _promises_data(model) and not responses.declares_response(ctx.project, model):
        yield Finding(
            definition.anchor,
            f"`{definition.name}` promises a body, which a {status} does not have",
            fix=fix,
            symbol=definition.qualname,
        )
        return
    for node, _ in returned:
        yield Finding(
            Anchor(definition.module.path, node.at),
            f"`{definition.name}` returns a body, which a {status} does not have",
            fix=fix,
            symbol=definition.qualname,
        )


def _is_body(node: s.Return, value: Value) -> bool:
    return node.value is not None and all(_is_data(member) for member in members(value))


def _is_data(value: Value) -> bool:
    if type(value) is Const:
        return value.value is not None
    return isinstance(value, (Mapping, Sequence, Text, Instance)) and not _may_be_response(value)


def _may_be_response(value: Value) -> bool:
    return type(value) is Instance and not isinstance(value.cls, ClassDefinition)


def _fix(ctx: Context, route: Route, returned: list[s.Return]) -> Fix | None:
    """Return nothing, and promise nothing."""
    assert route.function is not None
    definition = route.function.definition
    path = definition.module.path
    values = [node.value for node in returned if node.value is not None]
    if any(type(node) in (s.Call, s.Await, s.NamedExpression) for node in s.walk(*values)):
        return None
    edits: list[SymbolicEdit] = [Replace(Anchor(path, value.at), ("None",)) for value in values]
    annotation = ctx.project.it.studies.signature(route.function).returns
    if annotation is not None and definition.node.returns is not None and _promises_data(annotation):
        edits.append(Annotate(definition.anchor, ("None",)))
    model = route.keyword("response_model")
    if model is not None and _promises_data(model):
        edits.append(Replace(route.site.of("keyword:response_model"), ()))
    return Fix("Return nothing", tuple(edits)) if edits else None


def _promises_data(model: Value) -> bool:
    """Whether a declaration is of data beyond doubt: a model, or a built-in type."""
    kind = schemas.plain(model)
    if type(kind) is Generic:
        kind = kind.base
    if type(kind) is ClassValue:
        return True
    return type(kind) is External and kind.name.startswith("builtins.")
