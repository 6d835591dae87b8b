"""A cheap file-system call in an `async def`.

## What it does
Reports calls that ask the file system about a file or change a directory entry (`os.path.exists`, `Path.stat`, `os.makedirs`) in an
asynchronous function.

## Why is this bad?
Such a call is quick on a local disk and slow on a network file system, where it holds up every other request.

## Bad
```python
import os

from fastapi import FastAPI

app = FastAPI()


@app.get("/ready")
async def ready() -> bool:
    return os.path.exists("/var/run/ready")
```

## Good
```python
import os

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

app = FastAPI()


@app.get("/ready")
async def ready() -> bool:
    return await run_in_threadpool(os.path.exists, "/var/run/ready")
```

## Options
`blocking-calls` and `non-blocking-calls` in the configuration extend and correct what is known.

## Known misses
Calls through helper functions.

## Fix safety
Unsafe: the call runs in another thread, so other work may run before it returns.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.edits import wrap_await_run_in_threadpool
from fastapi_lint.findings import Finding, Fix
from fastapi_lint.project import Function
from fastapi_lint.project.thread_bound import is_thread_bound
from fastapi_lint.rule import Rule

rule = Rule("FAL102", severity="info", default=False, fix="unsafe", companions=("FAL104",))

METADATA = frozenset({"metadata"})


@rule.on(Function)
def check(function: Function, ctx: Context) -> Iterator[Finding]:
    if not function.definition.node.is_async:
        return
    for site in function.frame.sites:
        chain = ctx.chain(site, METADATA)
        if chain is not None and chain.is_direct:
            movable = site.kind == "call" and not is_thread_bound(ctx.project, site)
            fix = Fix(f"Run `{chain.leaf.name}` in a thread", wrap_await_run_in_threadpool(site.anchor))
            yield Finding(
                site.anchor,
                f"`{chain.leaf.name}` asks the file system on the event loop in `{function.definition.name}`",
                fix=fix if movable else None,
                symbol=function.definition.qualname,
            )
