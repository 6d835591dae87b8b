"""A second event loop started inside the running one.

## What it does
Reports `asyncio.run`, `loop.run_until_complete`, `anyio.run` and `async_to_sync` called in an asynchronous function.

## Why is this bad?
A loop that runs cannot be entered again: the call raises `RuntimeError` each time.

## Bad
```python
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def load() -> str:
    return "loaded"


@app.get("/")
async def read() -> str:
    return asyncio.run(load())
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


async def load() -> str:
    return "loaded"


@app.get("/")
async def read() -> str:
    return await load()
```

## Known misses
Calls through synchronous helper functions.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import CallSite, Function
from fastapi_lint.project.interpreting.values import External, Instance, Method
from fastapi_lint.rule import Rule

rule = Rule("FAL107", severity="error")

ENTERING = frozenset(
    {
        "asyncio.run",
        "anyio.run",
        "asyncio.AbstractEventLoop.run_until_complete",
        "asyncio.AbstractEventLoop.run_forever",
    }
)


@rule.on(Function)
def check(function: Function, ctx: Context) -> Iterator[Finding]:
    if not function.definition.node.is_async:
        return
    for site in function.frame.sites:
        name = _entered(site)
        if name is not None:
            yield Finding(
                site.anchor,
                f"`{name}` raises in `{function.definition.name}`, where an event loop is running",
                symbol=function.definition.qualname,
            )


def _entered(site: CallSite) -> str | None:
    callee = site.callee
    if isinstance(callee, (External, Method)):
        name = callee.name if isinstance(callee, External) else callee.qualname
        return name if name in ENTERING else None
    if site.kind == "call" and isinstance(callee, Instance) and callee.cls == "asgiref.sync.AsyncToSync":
        return "async_to_sync"
    return None
