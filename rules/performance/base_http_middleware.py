"""A middleware that wraps each request in a task and a stream of its own.

## What it does
Reports classes that inherit from Starlette's `BaseHTTPMiddleware`, functions under `@app.middleware("http")`, and `BaseHTTPMiddleware` that is
added with a `dispatch` function.

## Why is this bad?
Convenient as it is, it runs the rest of the application in another task and passes each piece of the answer through a queue, which a plain
ASGI middleware does not. What the endpoint puts into a context variable is lost to it, since the other task has its own context. For a
middleware that many requests pass through, the plain form is worth its dozen lines.

## Bad
```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.middleware("http")
async def add_version(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers["X-Version"] = "1"
    return response


@app.get("/title")
async def read_title() -> str:
    return "Books"
```

## Good
```python
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Version:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Version"] = "1"
            await send(message)

        await self.app(scope, receive, send_with_version)


app = FastAPI()
app.add_middleware(Version)


@app.get("/title")
async def read_title() -> str:
    return "Books"
```

## Known misses
Middleware of libraries that is built on `BaseHTTPMiddleware`.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project, searching
from fastapi_lint.project.interpreting.values import External, FunctionValue
from fastapi_lint.project.serving.middleware import added
from fastapi_lint.rule import Rule

rule = Rule("FAL608", severity="info", default=False)

NAME = "BaseHTTPMiddleware"
CLASSES = frozenset({"starlette.middleware.base.BaseHTTPMiddleware", "fastapi.middleware.base.BaseHTTPMiddleware"})
COST = "runs the application in a task of its own and queues each piece of the answer"


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition in searching.classes(project, re.compile(NAME)):
        if any(type(base) is External and base.name in CLASSES for base in definition.bases):
            name = definition.node.name
            yield Finding(definition.anchor, f"`{name}` {COST}", symbol=definition.qualname)
    for router in project.it.routing.made:
        for event in router.events or ():
            if event.kind == "middleware" and event.name == "function" and not project.is_test(event.site.path):
                name = event.handler.definition.name if type(event.handler) is FunctionValue else "the function"
                yield Finding(event.site, f"`{name}` {COST}", symbol=name)
    for one in added(project, NAME):
        if any(argument.keyword == "dispatch" for argument in one.node.args) and type(one.node) is s.Call:
            if not project.is_test(one.site.path):
                yield Finding(one.site, f"`{NAME}` {COST}", symbol=one.symbol)
