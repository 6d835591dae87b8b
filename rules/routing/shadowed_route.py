"""A route that can never match, since an earlier one takes all its requests.

## What it does
Goes through the routes of each application in the order in which they are matched, with their full paths, methods and convertors, and
reports one whose every path earlier ones match. What is mounted (an application, static files) takes everything below its path, and
FastAPI's own pages (`/docs`) come before all others. A path that both match is part of the message.

## Why is this bad?
The first match wins: the later route is never called. Often the earlier one answers 422, since what stands for its parameter is no number.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/users/{number}")
def read_user(number: int) -> int:
    return number


@app.get("/users/me")
def read_me() -> str:
    return "me"
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/users/me")
def read_me() -> str:
    return "me"


@app.get("/users/{number}")
def read_user(number: int) -> int:
    return number
```

## Known misses
Convertors that the project registers, and mounts whose path is not known.

## Fix safety
Unsafe: requests that the earlier route answered go to the later one from then on. Offered where both are functions of one module and one
router, and where nothing that the later one needs is defined in between.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.edits.moving import move_above
from fastapi_lint.findings import Finding, Fix, Step
from fastapi_lint.project import Operation
from fastapi_lint.project.serving.application import Application, Gate
from fastapi_lint.project.serving.matching import shadowed
from fastapi_lint.rule import Rule

rule = Rule("FAL702", severity="error", fix="unsafe")


@rule.on(Application)
def check(application: Application, ctx: Context) -> Iterator[Finding]:
    for shadow in () if application.is_mounted else shadowed(application):
        operation, earlier = shadow.operation, shadow.earlier
        handler = operation.route.function
        is_repeated = isinstance(earlier, Operation) and operation.path == earlier.path
        if is_repeated or ctx.project.is_test(operation.route.site.path):
            continue  # the same path twice: another rule
        yield Finding(
            operation.route.site,
            f"`{operation.method} {operation.path}` is never called: {_what(earlier)} matches `{shadow.path}` before it",
            trace=_trace(earlier),
            fix=_fix(operation, earlier),
            symbol=handler.definition.qualname if handler is not None else None,
        )


def _fix(operation: Operation, earlier: Operation | Gate) -> Fix | None:
    if not isinstance(earlier, Operation) or earlier.route.router is not operation.route.router:
        return None
    moved, target = operation.route.function, earlier.route.function
    if moved is None or target is None or not (_is_decorated(operation) and _is_decorated(earlier)):
        return None
    edits = move_above(moved.definition, target.definition)
    return Fix(f"Move it above `{target.definition.name}`", edits) if edits else None


def _is_decorated(operation: Operation) -> bool:
    """Whether a decorator of the handler is what registers it."""
    function = operation.route.function
    return function is not None and any(
        node.at == operation.route.site.at for node in function.definition.node.decorators
    )


def _what(entry: Operation | Gate) -> str:
    return f"`{entry.path}`" if isinstance(entry, Operation) else entry.name


def _trace(earlier: Operation | Gate) -> tuple[Step, ...]:
    if isinstance(earlier, Gate):
        return (Step(earlier.site, "It is registered first"),) if earlier.site is not None else ()
    handler = earlier.route.function
    name = handler.definition.name if handler is not None else earlier.path or ""
    return (Step(earlier.route.site, f"`{name}` is registered first"),)
