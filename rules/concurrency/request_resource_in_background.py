"""A request's session handed to work that outlives the request.

## What it does
Reports a value that a `yield` dependency made for the request (a session, a connection) and that is passed to a task which runs on after
the dependency has closed it: to `asyncio.create_task` in every version, to `BackgroundTasks` with FastAPI 0.106 to 0.117, where
dependencies are closed before background tasks run, and with `Depends(..., scope="function")`, which asks for just that.

## Why is this bad?
The task works with a closed session, or worse, with one that already serves another request.

## Bad
```python
import asyncio
from collections.abc import Iterator

from fastapi import Depends, FastAPI

app = FastAPI()
tasks: set[asyncio.Task[None]] = set()


class Session:
    def close(self) -> None: ...


def get_session() -> Iterator[Session]:
    session = Session()
    try:
        yield session
    finally:
        session.close()


async def rebuild(session: Session) -> None:
    await asyncio.sleep(1)


@app.post("/rebuild")
async def start(session: Session = Depends(get_session)) -> str:
    task = asyncio.create_task(rebuild(session))
    tasks.add(task)
    return "started"
```

## Good
```python
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

app = FastAPI()
tasks: set[asyncio.Task[None]] = set()


class Session:
    def close(self) -> None: ...


@contextmanager
def get_session() -> Iterator[Session]:
    session = Session()
    try:
        yield session
    finally:
        session.close()


async def rebuild() -> None:
    with get_session():
        await asyncio.sleep(1)


@app.post("/rebuild")
async def start() -> str:
    task = asyncio.create_task(rebuild())
    tasks.add(task)
    return "started"
```

## Known misses
A task that is awaited before the handler returns is left alone; a session that travels inside another object is not seen.
"""

from collections.abc import Iterator

from fastapi_lint import syntax
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Function
from fastapi_lint.project.interpreting.frames import CallSite
from fastapi_lint.project.interpreting.values import External, Method
from fastapi_lint.project.serving import scopes
from fastapi_lint.rule import Rule

rule = Rule("FAL112")

STARTING = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task"})
GIVING = frozenset({"starlette.background.BackgroundTasks.add_task", "fastapi.BackgroundTasks.add_task"})


@rule.on(Function)
def check(function: Function, ctx: Context) -> Iterator[Finding]:
    if ctx.route_of(function) is None:
        return
    scoped = {
        dependency.name: ctx.project.closes_before_tasks or scopes.declared(dependency) == "function"
        for dependency in ctx.project.dependencies.of_function(function.value)
        if scopes.is_closed(dependency)
    }
    if not scoped:
        return
    for site in function.frame.sites:
        starts = not _gives(site)
        for name in _handed_over(site):
            if scoped.get(name, False) or (starts and name in scoped):
                yield Finding(
                    site.anchor,
                    f"`{name}` is closed with the request, and the task goes on to use it",
                    symbol=function.definition.qualname,
                )


def _gives(site: CallSite) -> bool:
    callee = site.callee
    return type(callee) is Method and callee.qualname in GIVING


def _handed_over(site: CallSite) -> Iterator[str]:
    """The names passed to what a call starts in the background."""
    if site.kind != "call" or site.awaited:
        return
    callee = site.callee
    name = callee.name if isinstance(callee, External) else callee.qualname if isinstance(callee, Method) else ""
    args = site.node.args
    if name in STARTING and args and isinstance(args[0].value, syntax.Call) and not _awaited_later(site):
        args = args[0].value.args
    elif not _gives(site):
        return
    for argument in args:
        if isinstance(argument.value, syntax.Name):
            yield argument.value.id


def _awaited_later(site: CallSite) -> bool:
    """Whether the function awaits anything after starting the task, and so may wait for it."""
    body = site.function.node.body if site.function is not None else ()
    return any(isinstance(node, syntax.Await) and node.at > site.node.at for node in syntax.walk(*body))
