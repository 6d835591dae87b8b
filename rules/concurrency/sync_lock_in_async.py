"""A thread's lock, queue or future awaited the blocking way in an `async def`.

## What it does
Reports calls in an asynchronous function that wait for another thread: `threading.Lock.acquire` (also by `with`), `queue.Queue.get`,
`Event.wait`, `Future.result`.

## Why is this bad?
The event loop stops until the other thread is done. If that thread waits for the loop, both wait for ever.

## Bad
```python
import threading

from fastapi import FastAPI

app = FastAPI()
changed = threading.Event()


@app.get("/changed")
async def wait_for_change() -> bool:
    return changed.wait(5)
```

## Good
```python
import threading

from fastapi import FastAPI

app = FastAPI()
changed = threading.Event()


@app.get("/changed")
def wait_for_change() -> bool:
    return changed.wait(5)
```

## Known misses
Locks whose type cannot be told.

## Fix safety
A thread is shown and never put in: what to use instead (`asyncio.Lock`, `asyncio.Queue`, a thread) depends on who else uses the object.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.edits import wrap_await_run_in_threadpool
from fastapi_lint.findings import Finding, Fix
from fastapi_lint.project import CallSite, Function
from fastapi_lint.project.describe import trace
from fastapi_lint.rule import Rule

rule = Rule("FAL109", fix="display", companions=("FAL104",))

WAITING = frozenset({"lock"})


@rule.on(Function)
def check(function: Function, ctx: Context) -> Iterator[Finding]:
    if not function.definition.node.is_async:
        return
    for site in function.frame.sites:
        chain = ctx.chain(site, WAITING)
        if chain is not None and chain.is_direct:
            yield Finding(
                site.anchor,
                f"`{chain.leaf.name}` waits for another thread on the event loop in `{function.definition.name}`",
                fix=_fix(site),
                trace=() if chain.is_direct else tuple(trace(chain)),
                symbol=function.definition.qualname,
            )


def _fix(site: CallSite) -> Fix | None:
    if site.kind != "call":
        return None
    return Fix("Wait in a thread", wrap_await_run_in_threadpool(site.anchor), "display")
