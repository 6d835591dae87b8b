"""Two operations with one id.

## What it does
Reports an operation whose `operationId` in the OpenAPI document is one that an earlier operation of the same application has: by
`operation_id=`, by a router with such ids that is included under two prefixes, or where the ids that FastAPI generates from function
name, path and method come out equal. A function that answers several methods is `multi-method-operation`'s, and the same path and method
twice is `duplicate-route`'s.

## Why is this bad?
Client generators make one function for each id: of two operations, one overwrites the other or the generator stops. FastAPI only warns
when the document is built.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books", operation_id="list")
def list_books() -> list[str]:
    return []


@app.get("/authors", operation_id="list")
def list_authors() -> list[str]:
    return []
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books", operation_id="list_books")
def list_books() -> list[str]:
    return []


@app.get("/authors", operation_id="list_authors")
def list_authors() -> list[str]:
    return []
```

## Known misses
Ids of a `generate_unique_id_function` that does more than give the route's name, and routes that are registered under a condition.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import Operation
from fastapi_lint.project.interpreting.values import Const, FunctionValue, Instance, Value
from fastapi_lint.project.serving.application import Application, text
from fastapi_lint.rule import Rule

rule = Rule("FAL407", severity="error")

CONVERTOR = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*):[a-zA-Z_][a-zA-Z0-9_]*}")


@rule.on(Application)
def check(application: Application, ctx: Context) -> Iterator[Finding]:
    first: dict[str, Operation] = {}
    for operation in application.operations:
        found = None if _is_elsewhere(operation) else _id(ctx, operation)
        if found is None:
            continue
        earlier = first.setdefault(found, operation)
        if earlier is operation or (earlier.method, earlier.path) == (operation.method, operation.path):
            continue
        handler = operation.route.handler
        if earlier.route is operation.route and len({earlier.path, operation.path}) == 1:
            continue  # one function for several methods
        if ctx.project.is_test(operation.route.site.path):
            continue
        yield Finding(
            operation.route.site,
            f"`{operation.method} {operation.path}` has the operation id `{found}`, which `{earlier.method} {earlier.path}` has too",
            trace=(Step(earlier.route.site, f"`{earlier.method} {earlier.path}`"),),
            symbol=handler.definition.qualname if handler is not None else None,
        )


def _is_elsewhere(operation: Operation) -> bool:
    """Whether the operation is in no document, or in a mounted application's own, or perhaps not there at all."""
    if operation.conditional or operation.route.is_websocket or any(event.kind == "mount" for event in operation.chain):
        return True
    shown = [operation.route.arguments, *(event.arguments for event in operation.chain)]
    shown += [router.made for router in operation.routers if router.made is not None]
    return any(_is_given(arguments.keywords.get("include_in_schema")) for arguments in shown)


def _is_given(value: Value | None) -> bool:
    return value is not None and not (type(value) is Const and value.value is True)


def _id(ctx: Context, operation: Operation) -> str | None:
    """The id in the document; None where it cannot be told."""
    given = operation.route.keyword("operation_id")
    if given is not None and not (type(given) is Const and given.value is None):
        return text(given)
    if operation.route.arguments.starred:
        return None
    name = _name(operation)
    if name is None or operation.path is None:
        return None
    generator = _generator(ctx, operation)
    if generator is not None:
        return name if _gives_name(generator) else None
    if len(operation.route.methods) != 1:
        return None
    path = CONVERTOR.sub(r"{\1}", operation.path)
    return re.sub(r"\W", "_", f"{name}{path}") + "_" + operation.method.lower()


def _name(operation: Operation) -> str | None:
    given = operation.route.keyword("name")
    if given is not None and not (type(given) is Const and given.value is None):
        return text(given)
    handler = operation.route.handler
    if handler is None or handler is not operation.route.event.handler:
        return None
    return (handler.wrapped or handler).definition.name


def _generator(ctx: Context, operation: Operation) -> Value | None:
    """The function that makes ids, the nearest first; None for FastAPI's own."""
    nearest: list[Value | None] = [operation.route.keyword("generate_unique_id_function")]
    steps: list[tuple[Instance, object]] = list(zip(operation.routers, (None, *operation.chain), strict=False))
    for router, event in reversed(steps):
        nearest.append(ctx.project.it.routing.setting(router, "generate_unique_id_function"))
        if event is not None:
            nearest.append(event.arguments.get("generate_unique_id_function"))  # type: ignore[attr-defined]
    return next((value for value in nearest if value is not None), None)


def _gives_name(generator: Value) -> bool:
    """Whether it is `lambda route: route.name`, or a function that says the same."""
    if type(generator) is not FunctionValue or len(generator.definition.node.parameters) != 1:
        return False
    given = generator.definition.node.parameters[0].name
    match [one for one in generator.definition.node.body if type(one) is not s.ExpressionStatement]:
        case [s.Return(value=s.Attribute(value=s.Name(id=name), attr="name"))]:
            return name == given
    return False
