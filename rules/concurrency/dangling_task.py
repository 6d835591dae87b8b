"""A task that nobody keeps.

## What it does
Reports `asyncio.create_task(...)` and `ensure_future(...)` whose result is dropped.

## Why is this bad?
The event loop keeps only a weak reference to a task: one that nobody else keeps may be collected before it has finished. Its
exceptions are seen by nobody either.

## Bad
```python
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def send_mail() -> None:
    await asyncio.sleep(1)


@app.post("/orders")
async def order() -> str:
    asyncio.create_task(send_mail())
    return "ordered"
```

## Good
```python
import asyncio

from fastapi import FastAPI

app = FastAPI()
tasks: set[asyncio.Task[None]] = set()


async def send_mail() -> None:
    await asyncio.sleep(1)


@app.post("/orders")
async def order() -> str:
    task = asyncio.create_task(send_mail())
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return "ordered"
```

Tasks of a `TaskGroup` are kept by the group.

## Known misses
A task that is bound to a local name and forgotten.

## Fix safety
The change is shown and never applied: where to keep the task, here a set called `tasks`, is the project's decision.
"""

from collections.abc import Iterator

from fastapi_lint import syntax
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, Replace
from fastapi_lint.project import CallSite
from fastapi_lint.project.interpreting.values import External, Method
from fastapi_lint.rule import Rule

rule = Rule("FAL106", fix="display")

STARTING = frozenset({"asyncio.create_task", "asyncio.ensure_future"})


@rule.on(CallSite)
def check(site: CallSite, ctx: Context) -> Iterator[Finding]:
    if site.kind == "call" and site.dropped and starts_task(site):
        symbol = site.function.qualname if site.function is not None else site.frame.module.name
        message = "the task is not kept, so it may be collected before it has finished"
        yield Finding(site.anchor, message, fix=_fix(site), symbol=symbol)


NAMES = ("task", "background_task", "started_task")


def _fix(site: CallSite) -> Fix | None:
    function = site.function
    taken: frozenset[str] | set[str] = frozenset()
    if function is not None:
        body = syntax.walk(*function.node.body, into_functions=True)
        taken = {node.id for node in body if isinstance(node, syntax.Name)} | {
            one.name for one in function.node.parameters
        }
    name = next((name for name in NAMES if name not in taken), None)
    if name is None:
        return None
    kept = (f"{name} = ", site.anchor, f"\ntasks.add({name})\n{name}.add_done_callback(tasks.discard)")
    return Fix("Keep the task in a set until it is done", (Replace(site.anchor.of("statement"), kept),), "display")


def starts_task(site: CallSite) -> bool:
    """Whether a call starts a task that only its result refers to."""
    callee = site.callee
    if isinstance(callee, External):
        return callee.name in STARTING
    return isinstance(callee, Method) and callee.qualname == "asyncio.AbstractEventLoop.create_task"
