"""An `async def` calls project code that blocks.

## What it does
Follows the calls that an asynchronous function makes into synchronous functions, methods, properties, constructors, context
managers and generators of the project, through any number of modules, and reports the first call of the chain when the last one
blocks. The trace shows each hop.

## Why is this bad?
The whole chain runs on the event loop, so its last call stops every other request of the process. From the handler nothing shows
that it does.

## Bad
```python
import time

from fastapi import FastAPI

app = FastAPI()


def pause() -> None:
    time.sleep(1)


@app.get("/slow")
async def slow() -> str:
    pause()
    return "done"
```

## Good
```python
import time

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

app = FastAPI()


def pause() -> None:
    time.sleep(1)


@app.get("/slow")
async def slow() -> str:
    await run_in_threadpool(pause)
    return "done"
```

## Options
`blocking-calls` and `non-blocking-calls` in the configuration also take the qualified names of the project's own functions. A
suppression of this rule on the line of the last call silences every chain through it.

In a lifespan, or a handler of start-up or shut-down, the finding is a warning: nobody is being served yet.

## Known misses
Calls whose target cannot be told: receivers without a type, functions picked from a registry by a computed name. What is done for the
first caller only and kept (a cached function without parameters, `if self.x is None: self.x = ...`) is left alone.

## Fix safety
Unsafe: the call runs in another thread, so other work may run before it returns.

No fix is offered for what is bound to its thread: it starts a task, sets a context variable, or works on a connection of `sqlite3`
that others use.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.edits import wrap_await_run_in_threadpool
from fastapi_lint.findings import Finding, Fix
from fastapi_lint.project import CallSite, Function
from fastapi_lint.project.describe import called, trace
from fastapi_lint.project.thread_bound import is_thread_bound
from fastapi_lint.rule import Rule

rule = Rule("FAL103", severity="error", fix="unsafe", companions=("FAL104",))


@rule.on(Function)
def check(function: Function, ctx: Context) -> Iterator[Finding]:
    if not function.definition.node.is_async:
        return
    for site in function.frame.sites:
        chain = ctx.chain(site)
        if chain is not None and not chain.is_direct:
            yield Finding(
                site.anchor,
                f"`{called(site)}` blocks the event loop in `{function.definition.name}`: it ends in `{chain.leaf.name}`"
                f"{ctx.advice(chain)}",
                fix=_fix(site, ctx),
                trace=tuple(trace(chain)),
                symbol=function.definition.qualname,
                severity="warning" if function.definition in ctx.project.lifecycle_functions else None,
            )


def _fix(site: CallSite, ctx: Context) -> Fix | None:
    if site.kind != "call" or is_thread_bound(ctx.project, site):
        return None
    return Fix(f"Run `{called(site)}` in a thread", wrap_await_run_in_threadpool(site.anchor))
