"""An `async def` route or dependency that never awaits.

## What it does
Reports a route or dependency that is `async def`, has no `await`, `async for` or `async with` of its own, and does work: it calls
something beyond constructing values.

## Why is this bad?
Whatever it calls runs on the event loop and keeps every other request waiting. As a plain `def`, FastAPI runs it in a thread.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


def total(values: list[int]) -> int:
    return sum(value * value for value in values)


@app.post("/total")
async def compute(values: list[int]) -> int:
    return total(values)
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


def total(values: list[int]) -> int:
    return sum(value * value for value in values)


@app.post("/total")
def compute(values: list[int]) -> int:
    return total(values)
```

## Options
`bodies`: `"working"` (the default) leaves functions alone that only build and return a value, which are right as they are (a
constructor that blocks is reported by `blocking-chain`); `"all"` reports them too.

## Known misses
Functions that start tasks or make coroutines, which is work for the event loop, functions that project code awaits, methods that
override an asynchronous one, and asynchronous generators are left alone: they cannot simply become `def`.

## Fix safety
Unsafe: the function runs in a thread afterwards, so what it shares with others must stand that. No fix
is offered where something that it calls is bound to the thread of the event loop: it starts a task, or sets a context variable.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.edits import remove_async
from fastapi_lint.findings import Finding, Fix
from fastapi_lint.project import Function
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.frames import CallSite
from fastapi_lint.project.interpreting.values import (
    ClassValue,
    Coroutine,
    External,
    FunctionValue,
    Instance,
    Method,
    known_members,
)
from fastapi_lint.project.thread_bound import is_thread_bound
from fastapi_lint.rule import Option, Rule

rule = Rule(
    "FAL104",
    fix="unsafe",
    options={"bodies": Option("working", "which bodies are reported", ("working", "all"))},
)

CHEAP = frozenset(
    f"builtins.{name}"
    for name in ("len", "str", "int", "float", "bool", "isinstance", "dict", "list", "tuple", "set", "repr")
)


@rule.on(Function)
def check(function: Function, ctx: Context) -> Iterator[Finding]:
    node = function.definition.node
    if not node.is_async or node.awaits or node.is_generator:
        return
    route = ctx.route_of(function)
    if route is not None and route.is_websocket:
        return
    if route is None and not ctx.is_dependency(function):
        return
    if ctx.options["bodies"] != "all" and not any(_works(site) for site in function.frame.sites):
        return
    if any(_needs_loop(site) for site in function.frame.sites):
        return
    if ctx.project.is_awaited(function.definition) or _overrides(function):
        return
    bound = any(is_thread_bound(ctx.project, site) for site in function.frame.sites)
    fix = Fix("Make it a plain `def`, which runs in a thread", remove_async(function.definition.anchor))
    kind = "route" if route is not None else "dependency"
    yield Finding(
        function.definition.anchor,
        f"`{function.definition.name}` is an `async def` {kind} that never awaits, so all it does runs on the event loop",
        fix=None if bound else fix,
        symbol=function.definition.qualname,
    )


def _works(site: CallSite) -> bool:
    """Whether a call does more than build a value."""
    for callee in known_members(site.callee):
        match callee:
            case ClassValue():
                return False
            case External(name=name):
                return not (name in CHEAP or name.rpartition(".")[2][:1].isupper())
            case Method(owner=owner):
                return not owner.startswith("builtins.")
            case Instance(cls=str()):
                return False
    return True


def _needs_loop(site: CallSite) -> bool:
    """Whether a call only works, or only makes sense, on the event loop: a coroutine is made, a task is started."""
    if isinstance(site.result, Coroutine):
        return True
    return isinstance(site.callee, External) and site.callee.name.startswith("asyncio.")


def _overrides(function: Function) -> bool:
    definition = function.definition
    if definition.owner is None:
        return False
    inherited = classes.member(definition.owner, definition.name, definition.owner)
    if inherited is not None and isinstance(inherited[1], FunctionValue):
        return True
    return any(
        name not in ("builtins.object", "abc.ABC", "typing.Generic") for name in classes.externals(definition.owner)
    )
