"""A coroutine function called without `await`.

## What it does
Reports the call of a coroutine function, the project's own or a known library's, whose result is dropped or used as if it were the
value: an attribute of it, a comparison, a condition, an f-string. The result may be kept in a variable first, where nothing in the
function can wait for it.

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
Coroutines in attributes and containers; a variable that is also passed on to something that may await it, or used in a nested
function; in a plain `def`, far from asynchronous code, coroutines that are not simply dropped.

## Fix safety
Safe: what was written to happen now happens. There is no fix in a function that is not `async def`.
"""

from collections.abc import Iterator
from typing import Any

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddAwait, Anchor, Finding, Fix
from fastapi_lint.project import CallSite, Function, Project
from fastapi_lint.project.describe import name
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    Coroutine,
    External,
    FunctionValue,
    Instance,
    Method,
    members,
)
from fastapi_lint.rule import Rule

rule = Rule("FAL105", severity="error", fix="safe")

STARTED = frozenset({"asyncio.gather", "asyncio.shield"})
"""They return a future, which runs by itself."""
KEEPING = frozenset({"builtins.staticmethod", "builtins.classmethod", "abc.abstractmethod", "functools.wraps"})
MISTAKEN = "used as if it were the result"


@rule.on(Function)
def check(function: Function, ctx: Context) -> Iterator[Finding]:
    for node, coroutine, kind in _lost(function, ctx.project):
        if not _is_coroutine_function(coroutine, ctx.project):
            continue
        anchor = Anchor(function.definition.module.path, node.at)
        fix = Fix("Await it", (AddAwait(anchor),), "safe") if function.definition.node.is_async else None
        yield Finding(
            anchor,
            f"`{name(coroutine.callee)}` is never awaited: its coroutine is {kind}",
            fix=fix,
            symbol=function.definition.qualname,
        )


def _lost(function: Function, project: Project) -> Iterator[tuple[Any, Coroutine, str]]:
    frame = function.frame
    for site in frame.sites:
        if site.kind == "call" and site.dropped and not site.awaited and type(site.result) is Coroutine:
            yield site.node, site.result, "dropped"
    if not frame.misused:
        return
    calls = {id(site.node): site for site in frame.sites if site.kind == "call" and not site.awaited}
    for node, coroutine in frame.misused:
        if id(node) in calls:
            yield node, coroutine, MISTAKEN
        elif type(node) is s.Name:
            makers = [site for site in calls.values() if site.result is coroutine]
            if len(makers) == 1 and _is_kept_in_vain(frame, makers[0], node.id, project):
                yield makers[0].node, coroutine, MISTAKEN


def _is_kept_in_vain(frame: Frame, maker: CallSite, variable: str, project: Project) -> bool:
    """Whether a coroutine goes into a variable, and from there nowhere where it could be awaited."""
    body = frame.function.node.body if frame.function is not None else ()
    own = list(s.walk(*body))
    if not any(_assigns(statement, variable, maker.node) for statement in own):
        return False
    mentions = [n for n in s.walk(*body, into_functions=True) if type(n) is s.Name and n.id == variable]
    if len(mentions) > sum(type(n) is s.Name and n.id == variable for n in own):
        return False
    used = {id(node) for node, value in frame.misused if value is maker.result}
    given = {id(argument) for site in frame.sites if _takes_values(site, project) for argument in _given(site)}
    loads = [node for node, value in frame.loads if any(member is maker.result for member in members(value))]
    return all(id(node) in used or id(node) in given for node in loads)


def _assigns(statement: Any, variable: str, value: Any) -> bool:
    if type(statement) is s.Assign:
        target = statement.targets[0] if len(statement.targets) == 1 else None
        return statement.value is value and type(target) is s.Name and target.id == variable
    return type(statement) is s.AnnotatedAssign and statement.value is value and type(statement.target) is s.Name


def _takes_values(site: CallSite, project: Project) -> bool:
    """Whether a call asks a database or another service, which have no use for a coroutine."""
    library = project.library
    entry = None
    if isinstance(site.callee, Method):
        entry = library.method(site.callee.owner, site.callee.name)
    elif isinstance(site.callee, External):
        entry = library.function(site.callee.name)
    return entry is not None and entry.blocks in ("database", "network") and not entry.takes_coroutine


def _given(site: CallSite) -> Iterator[Any]:
    if site.kind == "call":
        for argument in site.node.args:
            yield argument.value


def _is_coroutine_function(coroutine: Coroutine, project: Project) -> bool:
    """Sure enough to complain: no decorator that may have made something else of the function, no plain method in its place."""
    callee = coroutine.callee
    if isinstance(callee, FunctionValue):
        definition = callee.definition
        return (
            definition.node.is_async
            and all(_keeps(value) for value in definition.decorators)
            and not _may_be_plain(callee, project)
        )
    if isinstance(callee, External):
        return callee.name not in STARTED
    return isinstance(callee, Method)


def _may_be_plain(function: FunctionValue, project: Project) -> bool:
    """Whether a class below the receiver's has a plain method of that name."""
    receiver = function.receiver
    if not isinstance(receiver, Instance) or not isinstance(receiver.cls, ClassDefinition):
        return False
    below = classes.overrides(project.it, receiver.cls, function.definition.name)
    return any(not override.definition.node.is_async for override in below)


def _keeps(decorator: object) -> bool:
    if decorator is UNKNOWN:
        return False
    if isinstance(decorator, External):
        return decorator.name in KEEPING
    return isinstance(decorator, (Method, FunctionValue))
