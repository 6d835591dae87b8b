"""Which calls ask a database or another service, directly or through functions of the project.

By type: what the library data knows to wait for a database or the network, and the coroutine functions of the packages below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.library import Entry
from fastapi_lint.project import filling
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.values import (
    NO_ARGUMENTS,
    Arguments,
    ClassValue,
    External,
    FunctionValue,
    GeneratorValue,
    Instance,
    Method,
    Partial,
    Value,
    known_members,
)

if TYPE_CHECKING:
    from fastapi_lint.project import Project

TIERS = frozenset({"database", "network"})
REMOTE = frozenset({
    "MySQLdb", "aiohttp", "aiosqlite", "asyncpg", "asyncmy", "aiomysql", "beanie", "databases", "django",
    "elasticsearch", "gridfs", "httpx", "mongoengine", "motor", "mysql", "neo4j", "opensearchpy", "peewee", "pony", "psycopg", "psycopg2", "pymongo", "pymysql",
    "redis", "requests", "sqlalchemy", "sqlite3", "sqlmodel", "stripe", "tortoise", "urllib", "urllib3", "gino", "ormar", "piccolo",
})  # fmt: skip
"""Packages that ask for data. Those that send messages, run models or stream are none of them."""
QUIET = frozenset({
    "aclose", "acquire", "add", "add_all", "begin", "begin_nested", "close", "commit", "connect", "connection", "create_all", "disconnect", "dispose", "drop_all", "flush", "invalidate",
    "ping", "raw_connection", "reset", "rollback", "send", "start", "transaction", "wait_closed",
})  # fmt: skip
UNITS_OF_WORK = ("sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession")
COLLECTED = frozenset({"delete", "expunge", "expire"})
"""What a session only notes, and sends all at once."""
PIPELINES = ("redis.client.Pipeline", "redis.asyncio.client.Pipeline")


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """The way to a query: the call sites from outside in; `name` is what the last one calls."""

    sites: tuple[CallSite, ...]
    name: str


class Queries:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.it = project.it
        self._summaries: dict[int, Query | None] = {}
        self._frames: list[Frame] = []  # kept so that their ids stay theirs

    def query(self, site: CallSite) -> Query | None:
        """How a call site asks for something; None where it does not, or where we cannot tell."""
        found: Query | None = None
        for member in known_members(site.callee):
            one = self._of(site, member, site.arguments)
            if one is None:
                return None
            found = found or one
        return Query((site, *found.sites), found.name) if found is not None else None

    def _of(self, site: CallSite, callee: Value, arguments: Arguments) -> Query | None:
        match callee:
            case External():
                known = self.it.library.cls(callee.name)
                entry = known.constructor if known is not None else self.it.library.function(callee.name)
                return self._leaf(site, callee.name, entry)
            case Method():
                return self._method(site, callee)
            case FunctionValue():
                return self._function(site, callee, arguments)
            case ClassValue() if "metaclass" not in callee.definition.keywords:  # which may give one object to all
                return self._special(site, self.it.prototype(callee.definition), "__init__", arguments)
            case Partial():
                return self._of(site, callee.func, callee.arguments)
            case GeneratorValue() if site.kind in ("iterate", "enter"):
                return self._body(callee.callee, callee.arguments)
            case Instance() if site.kind == "call":
                return self._special(site, callee, "__call__", arguments)
            case Instance(cls=str() as name) if site.kind == "iterate":
                known = self.it.library.cls(name)
                tier = known.iteration_blocks if known is not None else None
                return Query((), name) if tier in TIERS and _package(name) in REMOTE else None
        return None

    def _method(self, site: CallSite, callee: Method) -> Query | None:
        name, library = callee.name, self.it.library
        if name in COLLECTED and any(library.is_subclass(callee.owner, one) for one in UNITS_OF_WORK):
            return None
        if any(library.is_subclass(callee.receiver.class_name, one) for one in PIPELINES):
            return None
        return self._leaf(site, callee.qualname, library.method(callee.owner, name))

    def _leaf(self, site: CallSite, name: str, entry: Entry | None) -> Query | None:
        if entry is None or site.kind == "property" or _package(name) not in REMOTE or name.rpartition(".")[2] in QUIET:
            return None
        if entry.coroutine:
            return Query((), name) if site.awaited and not entry.generator and entry.runs_in_thread is None else None
        tier = entry.tier_of(len(site.arguments.positional), site.arguments.keywords, in_memory=False)
        return Query((), name) if tier in TIERS else None

    def _function(self, site: CallSite, function: FunctionValue, arguments: Arguments) -> Query | None:
        definition = function.definition
        node = definition.node
        if node.is_async and not node.is_generator and not site.awaited:
            return None  # gathered, or a task
        if (node.is_generator and site.kind == "call") or is_cached(definition):
            return None
        if definition.is_abstract:
            return self._overridden(site, function, arguments)
        found = self._body(function, arguments)
        if found is None and function.wrapped is not None:
            found = self._body(function.wrapped, arguments)
        return found

    def _overridden(self, site: CallSite, function: FunctionValue, arguments: Arguments) -> Query | None:
        """An abstract method asks when each of its implementations in the project does."""
        receiver = function.receiver
        if type(receiver) is not Instance or not isinstance(receiver.cls, ClassDefinition):
            return None
        found: Query | None = None
        for override in classes.overrides(self.it, receiver.cls, function.definition.name):
            one = self._function(site, override, arguments)
            if one is None:
                return None
            found = found or one
        return found

    def _special(self, site: CallSite, receiver: Instance, name: str, arguments: Arguments) -> Query | None:
        if isinstance(receiver.cls, str):
            return None
        found = classes.member(receiver.cls, name)
        if found is None or type(found[1]) is not FunctionValue:
            return None
        return self._function(site, found[1].bound(receiver), arguments)

    def _body(self, function: FunctionValue, arguments: Arguments) -> Query | None:
        frame = self.it.analysis(function, arguments)
        key = id(frame)
        if key not in self._summaries:
            self._frames.append(frame)
            self._summaries[key] = None  # functions that call one another in a circle
            asks = (self.query(site) for site in frame.sites if not _is_once(site))
            self._summaries[key] = next((query for query in asks if query is not None), None)
        return self._summaries[key]


def _is_once(site: CallSite) -> bool:
    """Whether a call makes something that is kept, whoever asks for it: it sets what a test around it found missing."""
    if site.once or site.function is None:
        return site.once
    methods = [one.definition for one in known_members(site.callee) if type(one) is FunctionValue]
    sets = {name for method in methods if method.owner is not None for name in classes.assigned_attributes(method.node)}
    return bool(sets) and any(
        at == site.node.at and name in sets for at, name in filling.filled_by_calls(site.function.node.body)
    )


def of(project: Project) -> Queries:
    found: Queries | None = project.__dict__.get("queries")
    if found is None:
        found = project.__dict__["queries"] = Queries(project)
    return found


def _package(name: str) -> str:
    return name.partition(".")[0]


def is_cached(definition: FunctionDefinition) -> bool:
    """Whether a decorator keeps its results."""
    return any("cache" in name.rpartition(".")[2].lower() for name in _decorators(definition))


def _decorators(definition: FunctionDefinition) -> Iterator[str]:
    for node in definition.node.decorators:
        func = node.func if type(node) is s.Call else node
        if type(func) is s.Attribute:
            yield func.attr
        elif type(func) is s.Name:
            yield func.id


def served(project: Project) -> dict[FunctionDefinition, FunctionValue]:
    """The functions that a request runs by itself: handlers and dependencies."""
    found: dict[FunctionDefinition, FunctionValue] = {}
    for route in project.routes:
        if route.function is not None:
            found.setdefault(route.function.definition, route.function)
    for dependency in project.dependency_functions.values():
        if dependency.function is not None:
            found.setdefault(dependency.function.definition, dependency.function)
    return {d: f for d, f in found.items() if not project.is_test(d.module.path)}


def runs(project: Project, wanted: Callable[[FunctionDefinition], bool]) -> Iterator[tuple[FunctionDefinition, Frame]]:
    """The functions that a request runs, with those that are nested in them and those that these call, each as it is called.

    `wanted` says which ones matter: studying a function for the arguments of a call takes time.
    """
    it = project.it
    first = served(project)
    first.update(_nested(project, first))
    seen: set[int] = set()
    calls = ((f, NO_ARGUMENTS) for f in first.values())
    below = (
        (member.wrapped or member, site.arguments)
        for function in first.values()
        for site in it.analysis(function).sites
        for member in known_members(site.callee)
        if type(member) is FunctionValue and member.definition not in first and member.definition.parent not in first
    )
    for function, arguments in (*calls, *below):
        definition = function.definition
        if wanted(definition) and not project.is_test(definition.module.path):
            frame = it.analysis(function, arguments)
            if id(frame) not in seen:
                seen.add(id(frame))
                yield definition, frame


def _nested(
    project: Project, outer: dict[FunctionDefinition, FunctionValue]
) -> dict[FunctionDefinition, FunctionValue]:
    """The functions inside others that run while those do: neither left to a task, nor streamed."""
    found: dict[FunctionDefinition, FunctionValue] = {}
    left: dict[FunctionDefinition, frozenset[str]] = {}
    for definition, function in project.it.functions.items():  # outer ones come first
        parent = definition.parent
        if parent is None or definition.node.is_generator or not (parent in outer or parent in found):
            continue
        if parent not in left:
            left[parent] = _left_to_others(parent)
        if definition.name not in left[parent]:
            found[definition] = function
    return found


def _left_to_others(definition: FunctionDefinition) -> frozenset[str]:
    return frozenset(
        one.id
        for node in s.walk(*definition.node.body, into_functions=True)
        if type(node) is s.Call and type(node.func) in (s.Name, s.Attribute)
        if (node.func.id if type(node.func) is s.Name else node.func.attr) in LEAVING  # type: ignore[union-attr]
        for argument in node.args
        for one in s.walk(argument.value)
        if type(one) is s.Name
    )


LEAVING = frozenset({"add_task", "create_task", "ensure_future", "start_soon", "submit", "Thread"})
"""Calls that leave a function to something else, for later."""
