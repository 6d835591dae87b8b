"""A route that can never match, since an earlier one takes all its requests.

## What it does
Goes through the routes of each application in the order in which they are matched, with their full paths, methods and convertors, and
reports one whose every path an earlier one matches. A path that both match is part of the message.

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
Routes behind a mounted application that is not of the project, such as static files at `/`, and convertors that the project registers.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import Operation
from fastapi_lint.project.application import Application
from fastapi_lint.project.matching import shadowed
from fastapi_lint.rule import Rule

rule = Rule("FAL702", severity="error")


@rule.on(Application)
def check(application: Application, ctx: Context) -> Iterator[Finding]:
    for operation, earlier, path in shadowed(application):
        handler = operation.route.function
        if operation.path == earlier.path or ctx.project.is_test(operation.route.site.path):
            continue  # the same path twice: another rule
        yield Finding(
            operation.route.site,
            f"`{operation.method} {operation.path}` is never called: `{earlier.path}` matches `{path}` before it",
            trace=(Step(earlier.route.site, f"`{_name(earlier)}` is registered first"),),
            symbol=handler.definition.qualname if handler is not None else None,
        )


def _name(operation: Operation) -> str:
    handler = operation.route.function
    return handler.definition.name if handler is not None else operation.path or ""
