"""A websocket that is used before it is accepted.

## What it does
Reports a websocket handler that receives or sends before `accept()` was awaited, by itself, by a dependency or by a function that it hands the
websocket to.

## Why is this bad?
Starlette raises `RuntimeError`, and the client sees its connection refused. Only `close()` and `send_denial_response()` work before.

## Bad
```python
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    async for text in websocket.iter_text():
        await websocket.send_text(text)
```

## Good
```python
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)
```

## Known misses
A websocket that is handed to something that is not known, or that is accepted on one way and not on another.
"""

from collections.abc import Iterator
from typing import Literal

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import CallSite, Project, Route
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import External, FunctionValue, Instance, Method, Value, known_members
from fastapi_lint.rule import Rule

rule = Rule("FAL812")

WEBSOCKET = "starlette.websockets.WebSocket"
NEEDS_ACCEPT = frozenset({
    "iter_bytes", "iter_json", "iter_text", "receive_bytes", "receive_json", "receive_text", "send_bytes", "send_json", "send_text",
})  # fmt: skip
FREE = frozenset({"close", "get", "items", "keys", "send_denial_response", "url_for", "values"})
HARMLESS = ("builtins.", "logging.", "collections.", "uuid.", "time.", "loguru.", "structlog.")
"""What may be given a websocket and does not speak on it."""
DEEPEST = 4

Outcome = CallSite | Literal["accepted", "unknown"] | None


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    project, function = ctx.project, route.function
    if (
        not route.is_websocket
        or function is None
        or not project.it.routing.leaves_alone(function.definition.decorators)
    ):
        return
    if route.handler is not function or _is_accepted_before(project, route):
        return
    first = _first(project, function, ())
    if isinstance(first, CallSite):
        name = first.callee.name if type(first.callee) is Method else "the websocket"
        yield Finding(
            first.anchor,
            f"`{name}` raises, since nothing has accepted the websocket before",
            symbol=first.function.qualname if first.function is not None else None,
        )


def _is_accepted_before(project: Project, route: Route) -> bool:
    """Whether a dependency accepts the websocket, or may do so."""
    for operation in project.served(route):
        found = project.dependencies.of_operation(operation)
        if found is None:
            return True
        for dependency in (one for top in found for one in top.walk()):
            if dependency.function is None:
                if dependency.takes is None:
                    return True
            elif _first(project, dependency.function, ()) is not None:
                return True
    return not project.served(route)


def _first(project: Project, function: FunctionValue, way: tuple[FunctionDefinition, ...]) -> Outcome:
    """What happens first to a websocket in a function: a call that needs an accepted one, or its acceptance. None: neither."""
    if function.definition in way or len(way) > DEEPEST:
        return "unknown"
    for site in project.it.analysis(function).sites:
        found = _at(project, site, (*way, function.definition))
        if found is not None:
            return found
    return None


def _at(project: Project, site: CallSite, way: tuple[FunctionDefinition, ...]) -> Outcome:
    for callee in known_members(site.callee):
        if type(callee) is Method and _is_websocket(project, callee.receiver):
            if callee.name in NEEDS_ACCEPT:
                return site
            return None if callee.name in FREE else "accepted"
    if site.kind == "call" and any(_is_websocket(project, one) for one in _given(site)):
        return _handed_over(project, site, way)
    return None


def _handed_over(project: Project, site: CallSite, way: tuple[FunctionDefinition, ...]) -> Outcome:
    for callee in known_members(site.callee):
        if type(callee) is FunctionValue and callee.wrapped is None:
            if not callee.definition.node.is_async or site.awaited:
                return _first(project, callee, way)
        elif type(callee) in (External, Method):
            name = callee.name if type(callee) is External else getattr(callee, "qualname", "")
            if name.startswith(HARMLESS):
                return None
    return "unknown"


def _given(site: CallSite) -> tuple[Value, ...]:
    if type(site.node) is s.Call and any(argument.star for argument in site.node.args):
        return ()
    return (*site.arguments.positional, *site.arguments.keywords.values())


def _is_websocket(project: Project, value: Value) -> bool:
    return any(
        type(one) is Instance and any(project.library.is_subclass(name, WEBSOCKET) for name in _classes(one))
        for one in known_members(value)
    )


def _classes(value: Instance) -> tuple[str, ...]:
    from fastapi_lint.project.interpreting import classes

    return (value.cls,) if isinstance(value.cls, str) else classes.externals(value.cls)
