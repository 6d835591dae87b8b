"""Database sessions, connections and clients: what must be closed, and how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_lint.project.database import queries
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.values import Coroutine, FunctionValue, Instance, Value, known_members

if TYPE_CHECKING:
    from fastapi_lint.project import Project

SESSIONS = (
    "sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.engine.Connection", "sqlalchemy.ext.asyncio.AsyncConnection",
)  # fmt: skip
CONNECTIONS = (
    "sqlite3.Connection",
    "aiosqlite.Connection",
    "psycopg.Connection",
    "psycopg.AsyncConnection",
    "psycopg2.extensions.connection",
)
CLIENTS = ("httpx.Client", "httpx.AsyncClient", "aiohttp.ClientSession")
MANAGED = (*SESSIONS, *CLIENTS, "psycopg.Connection", "psycopg.AsyncConnection")
"""Those that `with` closes. That of SQLite and of psycopg2 ends a transaction only."""
ASYNC = (
    "sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.ext.asyncio.AsyncConnection", "httpx.AsyncClient", "aiohttp.ClientSession",
    "aiosqlite.Connection", "psycopg.AsyncConnection",
)  # fmt: skip
"""Those that are closed by `await` or `async with`."""


def opened(site: CallSite) -> Value | None:
    """What a call makes, also where it has to be awaited."""
    return site.result.result if type(site.result) is Coroutine else site.result


def is_one_of(project: Project, value: Value | None, names: tuple[str, ...]) -> bool:
    """Whether a value is an object of one of these classes."""
    return (
        type(value) is Instance
        and isinstance(value.cls, str)
        and any(project.library.is_subclass(value.cls, name) for name in names)
    )


def reached(project: Project, depth: int) -> Iterator[tuple[FunctionDefinition, Frame]]:
    """The functions that requests run: handlers, dependencies, and what these call, `depth` calls deep."""
    found = queries.served(project)
    latest = list(found.items())
    for level in range(depth + 1):
        called: list[FunctionValue] = []
        for definition, function in latest:
            frame = project.it.analysis(function)
            yield definition, frame
            called += [
                member.wrapped or member
                for site in frame.sites
                for member in known_members(site.callee)
                if type(member) is FunctionValue
            ]
        if level == depth:
            return
        new = {one.definition: one for one in called if one.definition not in found}
        latest = [(definition, one) for definition, one in new.items() if not project.is_test(definition.module.path)]
        found.update(new)
