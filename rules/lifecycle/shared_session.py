"""One database session for all requests.

## What it does
Reports a SQLAlchemy or SQLModel session, or a connection of an engine, that a module makes when it is imported and that routes, dependencies or
the functions that they call use.

## Why is this bad?
A session is for one thread or task, and holds one transaction. Shared, it mixes the changes of different requests, commits halves of them, and
after one error every request fails with `PendingRollbackError` until somebody restarts the server.

## Bad
```python
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

app = FastAPI()
SessionLocal = sessionmaker(create_engine("sqlite://"))
session = SessionLocal()


@app.get("/one")
def read_one() -> int:
    return session.execute(text("SELECT 1")).scalar_one()
```

## Good
```python
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
SessionLocal = sessionmaker(create_engine("sqlite://"))


def get_session() -> Iterator[Session]:
    with SessionLocal() as session:
        yield session


@app.get("/one")
def read_one(session: Annotated[Session, Depends(get_session)]) -> int:
    return session.execute(text("SELECT 1")).scalar_one()
```

## Known misses
Sessions that are kept in an attribute of an object, and connections of a driver (`sqlite3.connect`). A `scoped_session` is one for each
thread, and is left alone.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import CallSite, Project
from fastapi_lint.project.database import sessions
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import External, Instance, Method, Value, known_members
from fastapi_lint.rule import Rule

rule = Rule("FAL811", severity="error")

REGISTRIES = frozenset({"scoped_session", "async_scoped_session"})
"""What looks like a session and keeps one for each thread or task."""
DEEP = 4
"""How many calls away from a route a use may be."""


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    shared = {id(made): site for made, site in _made_at_import(project)}
    if not shared:
        return
    for definition, frame in sessions.reached(project, DEEP):
        for value, site in _uses(frame):
            made = shared.pop(id(value), None)
            if made is not None:
                place = site.anchor if site is not None else definition.anchor.of("name")
                yield Finding(
                    made.anchor,
                    f"`{definition.name}` uses this session, which all requests share with its transaction",
                    trace=(Step(place, f"`{definition.name}` uses it"),),
                    symbol=made.frame.module.name,
                )


def _made_at_import(project: Project) -> Iterator[tuple[Instance, CallSite]]:
    for module in project.modules:
        if project.is_test(module.path):
            continue
        frame = project.module_frame(module)
        kept = {id(member) for value in frame.env.values() for member in known_members(value)}
        for site in frame.sites:
            made = None if _is_registry(site) else sessions.opened(site)
            if type(made) is Instance and id(made) in kept and sessions.is_one_of(project, made, sessions.SESSIONS):
                yield made, site


def _is_registry(site: CallSite) -> bool:
    return any(
        type(one) is External and one.name.rpartition(".")[2] in REGISTRIES for one in known_members(site.callee)
    )


def _uses(frame: Frame) -> Iterator[tuple[Value, CallSite | None]]:
    for site in frame.sites:
        for callee in known_members(site.callee):
            if type(callee) is Method:
                yield callee.receiver, site
        for value in (*site.arguments.positional, *site.arguments.keywords.values()):
            yield from ((member, site) for member in known_members(value))
    for given in (*(value for _, value in frame.returns), *frame.yields):
        yield from ((member, None) for member in known_members(given))
