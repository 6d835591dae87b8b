"""Heavy computing in an `async def`.

## What it does
Reports calls in an asynchronous function that compute for long: password hashing, image and archive work, data frames, model
inference. Calls through the project's own functions are followed.

## Why is this bad?
Nothing else runs on the event loop meanwhile: a password check of a quarter of a second is a quarter of a second for everybody.

## Bad
```python
import hashlib

from fastapi import FastAPI

app = FastAPI()


@app.post("/digest")
async def digest(text: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", text.encode(), b"pepper", 600_000).hex()
```

## Good
```python
import hashlib

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

app = FastAPI()


@app.post("/digest")
async def digest(text: str) -> str:
    return (await run_in_threadpool(hashlib.pbkdf2_hmac, "sha256", text.encode(), b"pepper", 600_000)).hex()
```

## Known misses
Loops of the project's own that compute for long.

## Fix safety
Unsafe: the call runs in another thread, so other work may run before it returns. Threads share one interpreter lock; for work that
does not release it a process pool is the better answer.

No fix is offered for what is bound to its thread: it starts a task, sets a context variable, or works on a connection of `sqlite3`
that others use.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.edits import wrap_await_run_in_threadpool
from fastapi_lint.findings import Finding, Fix
from fastapi_lint.project import Function
from fastapi_lint.project.describe import called, trace
from fastapi_lint.project.thread_bound import is_thread_bound
from fastapi_lint.rule import Rule

rule = Rule("FAL113", default=False, fix="unsafe", companions=("FAL104",))

COMPUTING = frozenset({"cpu"})


@rule.on(Function)
def check(function: Function, ctx: Context) -> Iterator[Finding]:
    if not function.definition.node.is_async:
        return
    for site in function.frame.sites:
        chain = ctx.chain(site, COMPUTING)
        if chain is None:
            continue
        movable = site.kind == "call" and not is_thread_bound(ctx.project, site)
        fix = Fix(f"Run `{called(site)}` in a thread", wrap_await_run_in_threadpool(site.anchor))
        yield Finding(
            site.anchor,
            f"`{chain.leaf.name}` computes on the event loop in `{function.definition.name}`",
            fix=fix if movable else None,
            trace=() if chain.is_direct else tuple(trace(chain)),
            symbol=function.definition.qualname,
        )
