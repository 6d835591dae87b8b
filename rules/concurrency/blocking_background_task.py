"""A background task or started task that blocks.

## What it does
Reports an `async def` that is handed to `BackgroundTasks.add_task`, `asyncio.create_task` and the like though its body blocks, and any
function that the loop is told to call (`call_later`, `add_done_callback`, `start_soon`) though it does. The finding stands where the function is handed over; the blocking line itself is reported by `blocking-call` or `blocking-chain`.

## Why is this bad?
An asynchronous background task runs on the event loop, so its blocking call stops the requests that it was meant not to delay. A plain
`def` given to `add_task` runs in a thread.

## Bad
```python
import time

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


async def report() -> None:
    time.sleep(5)


@app.post("/reports")
def start(tasks: BackgroundTasks) -> str:
    tasks.add_task(report)
    return "started"
```

## Good
```python
import time

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def report() -> None:
    time.sleep(5)


@app.post("/reports")
def start(tasks: BackgroundTasks) -> str:
    tasks.add_task(report)
    return "started"
```

## Known misses
Functions whose name is computed.

## Fix safety
Unsafe: offered where the function awaits nothing and is given to `add_task` alone; it then runs in a thread.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.edits import remove_async
from fastapi_lint.findings import Finding, Fix
from fastapi_lint.library import Library
from fastapi_lint.project import CallSite, Chain
from fastapi_lint.project.describe import trace
from fastapi_lint.project.interpreting.values import Coroutine, External, FunctionValue, Method, Partial, Value
from fastapi_lint.project.thread_bound import is_thread_bound
from fastapi_lint.rule import Rule

rule = Rule("FAL108", fix="unsafe", companions=("FAL101",))

STARTING = frozenset(
    {
        "asyncio.create_task",
        "asyncio.ensure_future",
        "asyncio.AbstractEventLoop.create_task",
        "asyncio.run_coroutine_threadsafe",
    }
)
GIVING = frozenset({"starlette.background.BackgroundTasks.add_task", "fastapi.BackgroundTasks.add_task"})


@rule.on(CallSite)
def check(site: CallSite, ctx: Context) -> Iterator[Finding]:
    if site.kind != "call":
        return
    function, given = _handed_over(site)
    if function is not None and not function.definition.node.is_async:
        return
    function = function or _called_by_loop(site, ctx.project.library)
    chain = _blocks(function, ctx) if function is not None else None
    if function is None or chain is None:
        return
    definition = function.definition
    fix = None
    bound = any(is_thread_bound(ctx.project, one) for one in ctx.project.it.analysis(function).sites)
    if given and not bound and not definition.node.awaits and not ctx.project.is_awaited(definition):
        fix = Fix(f"Make `{definition.name}` a plain `def`, which runs in a thread", remove_async(definition.anchor))
    symbol = site.function.qualname if site.function is not None else site.frame.module.name
    message = f"`{definition.name}` blocks the event loop when it runs in the background: it calls `{chain.leaf.name}`"
    yield Finding(site.anchor, message, fix=fix, trace=tuple(trace(chain)), symbol=symbol)


def _handed_over(site: CallSite) -> tuple[FunctionValue | None, bool]:
    """The function that a call hands to the event loop as a task, and whether it is given by name."""
    if not site.arguments.positional:
        return None, False
    first = site.arguments.positional[0]
    if isinstance(site.callee, Method) and f"{site.callee.owner}.{site.callee.name}" in GIVING:
        return (first, True) if isinstance(first, FunctionValue) else (None, False)
    name = (
        site.callee.name
        if isinstance(site.callee, External)
        else site.callee.qualname
        if isinstance(site.callee, Method)
        else ""
    )
    return (_called(first), False) if name in STARTING and name != "asyncio.run_coroutine_threadsafe" else (None, False)


def _called_by_loop(site: CallSite, library: Library) -> FunctionValue | None:
    """The function, asynchronous or not, that a library makes the loop call: `loop.call_later(1, f)`, `group.start_soon(f)`."""
    entry = None
    if isinstance(site.callee, Method):
        entry = library.method(site.callee.owner, site.callee.name)
    elif isinstance(site.callee, External):
        entry = library.function(site.callee.name)
    if entry is None or entry.runs_on_loop is None:
        return None
    which = entry.runs_on_loop
    named, position = (which, None) if isinstance(which, str) else ("", which)
    value = site.arguments.get(named, position)
    value = value.func if isinstance(value, Partial) else value
    return value if isinstance(value, FunctionValue) else None


def _called(value: Value) -> FunctionValue | None:
    return value.callee if isinstance(value, Coroutine) and isinstance(value.callee, FunctionValue) else None


def _blocks(function: FunctionValue, ctx: Context) -> Chain | None:
    for site in ctx.project.it.analysis(function).sites:
        chain = ctx.chain(site)
        if chain is not None:
            return chain
    return None
