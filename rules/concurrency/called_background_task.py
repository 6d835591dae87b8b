"""A background task that is called instead of handed over.

## What it does
Reports `tasks.add_task(f(x))`, where the function runs at once and its result is given as the task.

## Why is this bad?
The work happens before the response, which it was meant not to delay, and after the response Starlette fails when it calls the result.
The client sees neither.

## Bad
```python
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def notify(address: str) -> None: ...


@app.post("/orders")
def order(address: str, tasks: BackgroundTasks) -> str:
    tasks.add_task(notify(address))
    return "ordered"
```

## Good
```python
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def notify(address: str) -> None: ...


@app.post("/orders")
def order(address: str, tasks: BackgroundTasks) -> str:
    tasks.add_task(notify, address)
    return "ordered"
```

## Known misses
A function whose result cannot be told: it may return the callable that is meant.

## Fix safety
Safe: the function is called with the same arguments, after the response, as was meant.
"""

from collections.abc import Iterator

from fastapi_lint import syntax
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Defer, Finding, Fix
from fastapi_lint.project import CallSite
from fastapi_lint.project.describe import name
from fastapi_lint.project.interpreting.values import Const, Coroutine, Mapping, Method, Sequence, Text
from fastapi_lint.rule import Rule

rule = Rule("FAL110", severity="error", fix="safe")

GIVING = frozenset({"starlette.background.BackgroundTasks.add_task", "fastapi.BackgroundTasks.add_task"})


@rule.on(CallSite)
def check(site: CallSite, ctx: Context) -> Iterator[Finding]:
    if not isinstance(site.callee, Method) or f"{site.callee.owner}.{site.callee.name}" not in GIVING:
        return
    if not site.node.args or not isinstance(site.node.args[0].value, syntax.Call) or not site.arguments.positional:
        return
    if not isinstance(site.arguments.positional[0], (Coroutine, Const, Mapping, Sequence, Text)):
        return
    inner = next((other for other in site.frame.sites if other.node is site.node.args[0].value), None)
    called = name(inner.callee) if inner is not None else "it"
    anchor = Anchor(site.anchor.path, site.node.args[0].value.at)
    fix = Fix("Hand the function over", (Defer(anchor),), "safe") if len(site.node.args) == 1 else None
    symbol = site.function.qualname if site.function is not None else site.frame.module.name
    yield Finding(anchor, f"`{called}` runs before the response, and its result is no task", fix=fix, symbol=symbol)
