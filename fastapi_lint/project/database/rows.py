"""Functions that give back every row that a query finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.database.limits import SQL_LIMIT, SQL_READS, Statements, parameter_limits, reads_query_string
from fastapi_lint.project.database.row_flow import Flow
from fastapi_lint.project.interpreting.classes import overrides
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import CallSite
from fastapi_lint.project.interpreting.values import (
    Const,
    Coroutine,
    Decorator,
    External,
    FunctionValue,
    Generic,
    Instance,
    Method,
    Text,
    Value,
    known_members,
)

if TYPE_CHECKING:
    from fastapi_lint.project import Project

LAZY = frozenset({
    "sqlalchemy.orm.Query", "django.db.models.QuerySet", "django.db.models.Manager", "tortoise.queryset.QuerySet", "peewee.ModelSelect",
    "beanie.odm.queries.find.FindMany", "pymongo.cursor.Cursor", "pymongo.asynchronous.cursor.AsyncCursor", "motor.motor_asyncio.AsyncIOMotorCursor",
})  # fmt: skip
"""Queries that ask when they are read."""
RESULTS = LAZY | frozenset({
    "sqlalchemy.engine.Result", "sqlalchemy.engine.CursorResult", "sqlalchemy.engine.ScalarResult", "sqlalchemy.engine.MappingResult",
    "sqlalchemy.ext.asyncio.AsyncResult", "sqlalchemy.ext.asyncio.AsyncScalarResult", "sqlalchemy.ext.asyncio.AsyncMappingResult",
    "sqlite3.Cursor", "psycopg.Cursor", "psycopg.AsyncCursor", "psycopg2.extensions.cursor", "aiosqlite.Cursor", "pymysql.cursors.Cursor",
    "MySQLdb.cursors.Cursor",
})  # fmt: skip
READING_ALL = frozenset({"all", "fetchall", "to_list"})
READERS = frozenset({
    "asyncpg.Connection.fetch", "asyncpg.Pool.fetch", "databases.Database.fetch_all", "aiosqlite.Connection.execute_fetchall",
})  # fmt: skip
"""Methods that take a query's text and give back all that it finds."""
EXECUTING = frozenset({"execute", "exec", "scalars"})
STILL_LAZY = frozenset(
    {
        "django.db.models.QuerySet",
        "django.db.models.Manager",
        "tortoise.queryset.QuerySet",
        "tortoise.models.Model",
        "beanie.Document",
    }
)
"""Whose `all()` only makes a query."""


class Rows:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.it = project.it
        self._returned: dict[FunctionDefinition, CallSite | None] = {}
        self._lazy: dict[FunctionDefinition, CallSite | None] = {}
        self._passing: set[FunctionDefinition] = set()
        self._flows: dict[FunctionDefinition, Flow | None] = {}

    def returned(self, function: FunctionValue) -> CallSite | None:
        """The call that reads all the rows that a function gives back; None where it does not, or where we cannot tell."""
        function = function.wrapped or function
        definition = function.definition
        if definition not in self._returned:
            self._returned[definition] = None
            if definition.is_abstract:
                found = self._implemented(function)
            else:
                flow = self.flow(function)
                found = flow.returned(definition.node.body) if flow is not None else None
            self._returned[definition] = found
        return self._returned[definition]

    def lazy(self, function: FunctionValue) -> CallSite | None:
        """The call that makes the query for all rows which a function gives back without having asked it."""
        function = function.wrapped or function
        definition = function.definition
        if definition not in self._lazy:
            self._lazy[definition] = None
            frame = self.it.analysis(function)
            if any(is_lazy(value) for _, value in frame.returns):
                flow = self.flow(function)
                self._lazy[definition] = flow.unread(definition.node.body) if flow is not None else None
        return self._lazy[definition]

    def _implemented(self, function: FunctionValue) -> CallSite | None:
        """An abstract method gives back all rows where each of its implementations in the project does."""
        receiver = function.receiver
        if type(receiver) is not Instance or not isinstance(receiver.cls, ClassDefinition):
            return None
        found = [self.returned(one) for one in overrides(self.it, receiver.cls, function.definition.name)]
        return found[0] if found and None not in found else None

    def flow(self, function: FunctionValue) -> Flow | None:
        """Which names of a function hold rows; None where it takes a part of them that a caller chooses."""
        definition = function.definition
        if definition not in self._flows:
            self._flows[definition] = None
            self._flows[definition] = self._followed(function)
        return self._flows[definition]

    def returned_out_of(self, function: FunctionValue, given: dict[str, CallSite]) -> CallSite | None:
        """The rows that a function gives back all of, where some of its parameters are such; None where it takes a part."""
        definition = function.definition
        if definition in self._passing or definition.node.is_generator:
            return None
        self._passing.add(definition)
        try:
            flow = self._followed(function, given)
            return flow.returned(definition.node.body) if flow is not None else None
        finally:
            self._passing.discard(definition)

    def _followed(self, function: FunctionValue, given: dict[str, CallSite] | None = None) -> Flow | None:
        node = function.definition.node
        frame = self.it.analysis(function)
        if any(parameter_limits(frame, parameter) for parameter in node.parameters):
            return None
        if reads_query_string(s.walk(*node.body)):
            return None
        flow = Flow(self, frame, Statements(frame, node.body))
        flow.names.update(given or {})
        for site in frame.sites:
            found = self._source(site) if site.kind == "call" else None
            if found is not None and not flow.statements.is_limited(site.node):
                flow.sources[site.node.at] = found
        flow.follow(node.body)
        return flow

    def _source(self, site: CallSite) -> CallSite | None:
        """The call behind a site that reads every row."""
        found: CallSite | None = None
        for member in known_members(site.callee):
            one: CallSite | None = None
            target = called(member)
            if type(target) is Method:
                one = site if _reads_all(target, site) else None
            elif type(target) is FunctionValue and not (target.definition.node.is_async and not site.awaited):
                one = self.returned(target)
            if one is None:
                return None
            found = found or one
        return found

    def opened(self, site: CallSite) -> CallSite | None:
        """The call behind a site that gives something to read all rows from: a result, or a query that nobody has asked."""
        if is_lazy(site.result):
            functions = [target for target in map(called, known_members(site.callee)) if type(target) is FunctionValue]
            if not functions:
                return site
            found = [self.lazy(target) for target in functions]
            return found[0] if None not in found else None
        result = site.result.result if type(site.result) is Coroutine and site.awaited else site.result
        asks = all(type(member) is Method and member.name in EXECUTING for member in known_members(site.callee))
        return site if asks and type(result) is Instance and result.class_name in RESULTS else None

    def in_a_thread(self, site: CallSite) -> str:
        """The name of the library's function that a call runs in another thread, `""` where there is none."""
        for member in known_members(site.callee):
            target: Value | None = None
            if type(member) is Decorator and member.kind == "threaded":
                target = member.target
            elif type(member) is External:
                entry = self.it.library.function(member.name)
                index = entry.runs_in_thread if entry is not None else None
                target = site.arguments.get("", index) if isinstance(index, int) else None
            if type(target) is Generic:
                target = target.base
            if type(target) is External:
                return target.name
        return ""


def called(callee: Value) -> Value:
    """What runs where something is called, in this thread or in another one."""
    return callee.target if type(callee) is Decorator and callee.kind == "threaded" else callee


def is_lazy(value: Value | None, classes: frozenset[str] = LAZY) -> bool:
    """Whether a value is a query that asks when it is read, of one of these classes."""
    if type(value) is Coroutine:
        value = value.result
    found = list(known_members(value)) if value is not None else []
    return bool(found) and all(type(one) is Instance and one.class_name in classes for one in found)


def _reads_all(method: Method, site: CallSite) -> bool:
    if method.qualname in READERS:
        statement = site.arguments.get("query", 0) or site.arguments.get("sql", 0)
        return statement is not None and _is_whole(statement)
    if (
        method.name not in READING_ALL
        or method.owner not in RESULTS
        or (method.owner in STILL_LAZY and method.name == "all")
    ):
        return False
    length = site.arguments.get("length", 0) if method.name == "to_list" else None
    return length is None or (type(length) is Const and length.value is None)


def _is_whole(statement: Value) -> bool:
    """Whether the text of a query is known well enough to say that it takes all rows: to its end at least."""
    if type(statement) is Instance:
        return statement.class_name == "sqlalchemy.Select"
    parts = statement.parts if type(statement) is Text else (statement,)
    last = parts[-1] if parts else statement
    text = " ".join(str(part.value) for part in parts if type(part) is Const)
    return type(last) is Const and SQL_READS.search(text) is not None and SQL_LIMIT.search(text) is None


def of(project: Project) -> Rows:
    found: Rows | None = project.__dict__.get("rows")
    if found is None:
        found = project.__dict__["rows"] = Rows(project)
    return found
