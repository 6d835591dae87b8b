"""A coroutine function called without `await`.

## What it does
Reports the call of a coroutine function, the project's own or a known library's, whose result is dropped or used as if it were the
value: an attribute of it, a comparison, a condition, an f-string.

## Why is this bad?
The function never runs. Python says so with a warning at best, and a coroutine is always true, so a check made of one lets everybody
through.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


async def record_visit() -> None: ...


@app.get("/visit")
async def visit() -> str:
    record_visit()
    return "welcome"
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


async def record_visit() -> None: ...


@app.get("/visit")
async def visit() -> str:
    await record_visit()
    return "welcome"
```

Coroutines that are returned, stored, or passed to something else (`asyncio.gather`, `create_task`, a function of the project) are
left alone.

## Known misses
Coroutines that are stored and then never awaited; calls in a plain function, outside of classes with asynchronous methods.

## Fix safety
Safe: what was written to happen now happens. There is no fix in a function that is not `async def`.
"""

from collections.abc import Iterator
from typing import Any

from fastapi_lint.context import Context
from fastapi_lint.findings import AddAwait, Anchor, Finding, Fix
from fastapi_lint.project import Function
from fastapi_lint.project.describe import name
from fastapi_lint.project.frames import Frame
from fastapi_lint.project.values import UNKNOWN, Coroutine, External, FunctionValue, Method
from fastapi_lint.rule import Rule

rule = Rule("FAL105", severity="error", fix="safe")

STARTED = frozenset({"asyncio.gather", "asyncio.shield"})
"""They return a future, which runs by itself."""


@rule.on(Function)
def check(function: Function, ctx: Context) -> Iterator[Finding]:
    for node, coroutine, kind in _lost(function.frame):
        if not _is_coroutine_function(coroutine):
            continue
        anchor = Anchor(function.definition.module.path, node.at)
        fix = Fix("Await it", (AddAwait(anchor),), "safe") if function.definition.node.is_async else None
        yield Finding(
            anchor,
            f"`{name(coroutine.callee)}` is never awaited: its coroutine is {kind}",
            fix=fix,
            symbol=function.definition.qualname,
        )


def _lost(frame: Frame) -> Iterator[tuple[Any, Coroutine, str]]:
    for site in frame.sites:
        if site.kind == "call" and site.dropped and not site.awaited and type(site.result) is Coroutine:
            yield site.node, site.result, "dropped"
    calls = {id(site.node) for site in frame.sites if site.kind == "call" and not site.awaited}
    for node, coroutine in frame.misused:
        if id(node) in calls:
            yield node, coroutine, "used as if it were the result"


def _is_coroutine_function(coroutine: Coroutine) -> bool:
    """Sure enough to complain: no decorator that may have made something else of the function."""
    callee = coroutine.callee
    if isinstance(callee, FunctionValue):
        definition = callee.definition
        return callee.definition.node.is_async and all(_keeps(value) for value in definition.decorators)
    if isinstance(callee, External):
        return callee.name not in STARTED
    return isinstance(callee, Method)


def _keeps(decorator: object) -> bool:
    if decorator is UNKNOWN:
        return False
    if isinstance(decorator, External):
        return decorator.name in KEEPING
    return isinstance(decorator, (Method, FunctionValue))


KEEPING = frozenset({"builtins.staticmethod", "builtins.classmethod", "abc.abstractmethod", "functools.wraps"})
