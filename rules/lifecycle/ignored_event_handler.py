"""A start-up or shutdown handler of an application that has a lifespan.

## What it does
Reports `on_event`, `add_event_handler`, `on_startup=` and `on_shutdown=` of an application that is made with `lifespan=`.

## Why is this bad?
An application with a lifespan never calls its handlers. Nothing says so.

## Bad
```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield


app = FastAPI(lifespan=lifespan)


@app.on_event("startup")
async def connect() -> None:
    print("never")
```

## Good
```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    await connect()
    yield


app = FastAPI(lifespan=lifespan)


async def connect() -> None:
    print("once")
```

## Known misses
A lifespan that may be None.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.values import UNKNOWN, Const, FunctionValue, Instance, Value, members
from fastapi_lint.rule import Rule

rule = Rule("FAL807", severity="error")

EVENTS = ("startup", "shutdown")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for made in project.it.routing.made:
        if not project.it.routing.is_application(made) or not _is_given(project.it.routing.setting(made, "lifespan")):
            continue
        for event in made.events or ():
            if event.kind == "lifecycle" and event.name in EVENTS and not project.is_test(event.site.path):
                handler = event.handler
                name = handler.definition.name if type(handler) is FunctionValue else "the handler"
                yield Finding(
                    event.site,
                    f"`{name}` is never called: an application with a lifespan ignores its event handlers",
                    symbol=handler.definition.qualname if type(handler) is FunctionValue else None,
                )
        yield from _given_lists(project, made)


def _given_lists(project: Project, made: Instance) -> Iterator[Finding]:
    for name in ("on_startup", "on_shutdown"):
        given = made.made.keywords.get(name) if made.made is not None else None
        if made.site is not None and given is not None and _is_given(given) and not project.is_test(made.site.path):
            yield Finding(made.site.of(f"keyword:{name}"), f"`{name}` is ignored: the application has a lifespan")


def _is_given(value: Value | None) -> bool:
    return value is not None and not any(
        one is UNKNOWN or (type(one) is Const and one.value is None) for one in members(value)
    )
