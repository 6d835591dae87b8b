"""A websocket loop that ends with an exception.

## What it does
Reports `while True:` with a `receive_text()`, `receive_bytes()` or `receive_json()` where nothing around it catches `WebSocketDisconnect`.

## Why is this bad?
When the client goes, the receiving raises `WebSocketDisconnect`. That is the normal end of a connection, but what stands behind the loop (to take
the client off a list, to tell the others) never runs.

## Bad
```python
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        text = await websocket.receive_text()
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
Loops with another condition, and what an application's exception handler does.

## Fix safety
Unsafe: the loop ends where an exception was raised before, and what stands behind it runs. Offered where the loop begins with receiving.
"""

import re
from collections.abc import Iterator
from typing import Any

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, Remark, Replace
from fastapi_lint.project import CallSite, Project, failures, searching
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import External, Instance, Method, known_members
from fastapi_lint.rule import Rule

rule = Rule("FAL813", severity="info", default=False, fix="unsafe")

RECEIVING = re.compile(r"\.\s*receive_(?:text|bytes|json)\(")
ITERATED = {"receive_text": "iter_text", "receive_bytes": "iter_bytes", "receive_json": "iter_json"}
WEBSOCKET = "starlette.websockets.WebSocket"
DISCONNECT = "starlette.websockets.WebSocketDisconnect"


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for function in searching.functions(project, RECEIVING):
        definition, frame = function.definition, project.it.analysis(function)
        loops = [one for one in s.walk(*definition.node.body) if type(one) is s.While and _is_endless(one)]
        if not loops or _is_caught_outside(project, definition):
            continue
        for site in frame.sites:
            name = _received(project, site)
            if name is None or any(
                _catches(project, frame, handler) for one in site.handlers for handler in one.handlers
            ):
                continue
            loop = next((one for one in loops if any(node is site.node for node in s.walk(*one.body))), None)
            if loop is not None:
                yield Finding(
                    site.anchor,
                    f"`{name}` raises when the client goes, and nothing behind the loop runs",
                    fix=_fix(definition, loop, site, name),
                    symbol=definition.qualname,
                )


def _is_endless(node: s.While) -> bool:
    return type(node.test) is s.Constant and bool(node.test.value)


def _received(project: Project, site: CallSite) -> str | None:
    for callee in known_members(site.callee):
        if type(callee) is Method and callee.name in ITERATED and type(callee.receiver) is Instance:
            cls = callee.receiver.cls
            names = (cls,) if isinstance(cls, str) else classes.externals(cls)
            if any(project.library.is_subclass(name, WEBSOCKET) for name in names):
                return callee.name
    return None


def _catches(project: Project, frame: Frame, handler: s.Handler) -> bool:
    """Whether a clause catches it; one that is not known may."""
    caught = failures.caught(project, frame, handler)
    if caught is None or failures.is_broad(project, frame, handler):
        return True
    return any(type(one) is not External or project.it.is_subclass(DISCONNECT, one.name) for one in caught)


def _is_caught_outside(project: Project, definition: FunctionDefinition) -> bool:
    """Whether every call of the function in the project stands in a `try`; a handler is called by Starlette."""
    if definition in project.handlers:
        return False
    calls = [
        site
        for site in searching.sites(project, re.compile(rf"\b{re.escape(definition.name)}\b"))
        if any(getattr(callee, "definition", None) is definition for callee in known_members(site.callee))
    ]
    return not calls or all(site.handlers for site in calls)


def _fix(definition: FunctionDefinition, loop: s.While, site: CallSite, name: str) -> Fix | None:
    first = loop.body[0]
    if len(loop.body) < 2 or type(first) is not s.Assign or len(first.targets) != 1 or loop.orelse:
        return None
    target, value = first.targets[0], first.value
    call: Any = site.node
    if type(target) is not s.Name or type(value) is not s.Await or value.value.at != call.at or call.args:
        return None
    if type(call.func) is not s.Attribute or sum(1 for one in s.walk(*loop.body) if _is_receive(one)) != 1:
        return None
    path = definition.module.path
    owner = Anchor(path, call.func.value.at)
    statement = Anchor(path, first.at)
    header = (Remark(statement), "async for ", target.id, " in ", owner, f".{ITERATED[name]}():")
    edits = (Replace(Anchor(path, loop.at, "header"), header), Replace(statement, ()))
    return Fix("Iterate over what comes in", edits)


def _is_receive(node: s.Node) -> bool:
    return type(node) is s.Attribute and node.attr.startswith(("receive", "iter_"))
