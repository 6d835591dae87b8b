"""Functions that give back every row that a query finds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project import classes, schemas
from fastapi_lint.project.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.frames import CallSite, Frame
from fastapi_lint.project.values import (
    ClassValue,
    Const,
    Coroutine,
    External,
    FunctionValue,
    Instance,
    Method,
    Sequence,
    Text,
    Value,
    known_members,
)
from fastapi_lint.sensitive import words

if TYPE_CHECKING:
    from fastapi_lint.project import Project

RESULTS = frozenset({
    "sqlalchemy.engine.Result", "sqlalchemy.engine.CursorResult", "sqlalchemy.engine.ScalarResult", "sqlalchemy.engine.MappingResult",
    "sqlalchemy.ext.asyncio.AsyncResult", "sqlalchemy.ext.asyncio.AsyncScalarResult", "sqlalchemy.ext.asyncio.AsyncMappingResult", "sqlalchemy.orm.Query",
    "sqlite3.Cursor", "psycopg.Cursor", "psycopg.AsyncCursor", "psycopg2.extensions.cursor", "aiosqlite.Cursor", "pymysql.cursors.Cursor",
    "MySQLdb.cursors.Cursor", "django.db.models.QuerySet", "django.db.models.Manager", "tortoise.queryset.QuerySet",
})  # fmt: skip
READING_ALL = frozenset({"all", "fetchall", "to_list"})
EXECUTING = frozenset({"execute", "exec", "scalars"})
LIMITING = frozenset({
    "limit", "offset", "slice", "fetch", "fetchmany", "fetchone", "first", "one", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none", "paginate",
    "group_by", "in_", "in_bulk", "get", "earliest", "latest", "partitions", "yield_per", "top", "apaginate", "any_", "count",
})  # fmt: skip
SQL_LIMIT = re.compile(r"\b(?:limit|offset|count|max|min|sum|avg|group\s+by|fetch\s+first|pragma)\b", re.IGNORECASE)
COPYING = frozenset(
    {
        "list",
        "sorted",
        "tuple",
        "set",
        "frozenset",
        "reversed",
        "dict",
        "enumerate",
        "jsonable_encoder",
        "dumps",
        "filter",
        "map",
        "zip",
        "cast",
    }
)
GROWING = frozenset({"append", "extend", "add", "update", "insert", "setdefault"})
SCALARS = frozenset({"builtins.bool", "builtins.int", "builtins.float", "builtins.str"})
PAGE_WORDS = frozenset({
    "limit", "page", "size", "offset", "skip", "cursor", "take", "top", "count", "first", "max", "per", "pagesize", "perpage", "after", "before", "start",
    "end", "since", "until", "pagination", "paging", "k", "n", "num", "params", "ids", "latest",
})  # fmt: skip


def limits(name: str) -> bool:
    """Whether a parameter's name says which part of a list is wanted, or how much of it."""
    return any(word in PAGE_WORDS for word in words(name))


class Rows:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.it = project.it
        self._known: dict[FunctionDefinition, CallSite | None] = {}

    def returned(self, function: FunctionValue) -> CallSite | None:
        """The call that reads all the rows that a function gives back; None where it does not, or where we cannot tell."""
        function = function.wrapped or function
        definition = function.definition
        if definition not in self._known:
            self._known[definition] = None
            self._known[definition] = self._find(function)
        return self._known[definition]

    def _find(self, function: FunctionValue) -> CallSite | None:
        node = function.definition.node
        if node.is_generator or any(limits(p.name) for p in node.parameters):
            return None
        frame = self.it.analysis(function)
        sources: dict[int, CallSite] = {}
        for site in frame.sites:
            found = self._source(site)
            if found is not None:
                sources[site.node.at] = found
        if _is_limited(node.body):
            return None
        flow = _Flow(self, frame, sources)
        flow.follow(node.body)
        return flow.returned(node.body)

    def _source(self, site: CallSite) -> CallSite | None:
        """The call behind a site that reads every row."""
        if site.kind != "call":
            return None
        found: CallSite | None = None
        for member in known_members(site.callee):
            one: CallSite | None = None
            if type(member) is Method and member.name in READING_ALL and member.owner in RESULTS:
                one = None if member.owner.startswith("django.") and member.name != "all" else site
            elif type(member) is FunctionValue and not (member.definition.node.is_async and not site.awaited):
                one = self.returned(member)
            if one is None:
                return None
            found = found or one
        return found


def _is_limited(body: tuple[s.Statement, ...]) -> bool:
    """Whether something in a function looks as if it took only some rows."""
    for node in s.walk(*body, into_functions=True):
        match node:
            case s.Call(func=s.Attribute(attr=attr)) if attr in LIMITING and attr not in ("get", "count", "first"):
                return True
            case s.Subscript(items=items) if any(type(item) is s.Slice for item in items):
                return True
            case s.Constant(value=str(text)) if "select" in text.lower() and SQL_LIMIT.search(text):
                return True
            case s.Attribute(attr="query_params" | "iterator" | "aiterator"):
                return True
    return False


class _Flow:
    """Which names of a function hold the rows."""

    def __init__(self, rows: Rows, frame: Frame, sources: dict[int, CallSite]) -> None:
        self.rows = rows
        self.frame = frame
        self.sources = sources
        self.sites = {site.node.at: site for site in frame.sites if site.kind == "call"}
        self.names: dict[str, CallSite] = {}
        self.cursors: dict[str, CallSite] = {}

    def follow(self, body: tuple[s.Statement, ...]) -> None:
        for _ in range(3):
            before = len(self.names)
            for node in s.walk(*body):
                self._statement(node)
            if len(self.names) == before:
                return

    def _statement(self, node: s.Node) -> None:
        if type(node) is s.Assign or (type(node) in (s.AnnotatedAssign, s.NamedExpression) and node.value is not None):  # type: ignore[attr-defined]
            found = self.carried(node.value)  # type: ignore[attr-defined]
            targets = node.targets if type(node) is s.Assign else (node.target,)  # type: ignore[attr-defined]
            opened = self._cursor(node.value)  # type: ignore[attr-defined]
            for target in targets:
                if found is not None and type(target) is s.Name:
                    self.names.setdefault(target.id, found)
                elif opened is not None and type(target) is s.Name:
                    self.cursors.setdefault(target.id, opened)
        elif type(node) is s.For:
            found = self._iterated(node.iter)
            inside = list(s.walk(*node.body))
            if found is not None and not any(type(one) is s.Flow and one.kind == "break" for one in inside):
                for one in inside:
                    self._grown(one, found)

    def _cursor(self, node: s.Expression) -> CallSite | None:
        """The call that gave a result which nothing has read yet."""
        match node:
            case s.Name(id=name):
                return self.cursors.get(name)
            case (
                s.Await(value=value)
                | s.Call(func=s.Attribute(value=value, attr="scalars" | "mappings" | "unique" | "tuples"), args=())
            ):
                return self._cursor(value)
            case s.Call(at=at) if at in self.sites:
                site = self.sites[at]
                result = site.result.result if type(site.result) is Coroutine and site.awaited else site.result
                asks = all(type(member) is Method and member.name in EXECUTING for member in known_members(site.callee))
                return site if asks and type(result) is Instance and result.class_name in RESULTS else None
        return None

    def _iterated(self, node: s.Expression) -> CallSite | None:
        return self.carried(node) or self._cursor(node)

    def _grown(self, node: s.Node, source: CallSite) -> None:
        match node:
            case s.Call(func=s.Attribute(value=s.Name(id=name), attr=attr)) if attr in GROWING:
                self.names.setdefault(name, source)

    def returned(self, body: tuple[s.Statement, ...]) -> CallSite | None:
        for node in s.walk(*body):
            match node:
                case s.Subscript(value=value, items=(s.Constant(value=int()),)) if self._iterated(value) is not None:
                    return None  # one of them
            if type(node) is s.Return and node.value is not None:
                found = self.carried(node.value)
                if found is not None:
                    return found
        return None

    def carried(self, node: s.Expression) -> CallSite | None:
        """The rows that an expression has in it, all of them."""
        match node:
            case s.Name(id=name):
                return self.names.get(name)
            case s.Await(value=value) | s.Starred(value=value):
                return self.carried(value)
            case s.Attribute(value=s.Name(id=name), attr=attr):
                return None if self._is_scalar(name, attr) else self.names.get(name)
            case s.Comprehension(clauses=(first, *_)):
                return self._iterated(first.iter)
            case s.Collection(items=items):
                return self._any(items)
            case s.Dictionary(values=values):
                return self._enveloped(values)
            case s.Conditional(body=left, orelse=right) | s.BooleanOperation(left=left, right=right):
                return self._any((left, right))
            case s.Call():
                return self._called(node)
        return None

    def _any(self, nodes: tuple[s.Expression, ...]) -> CallSite | None:
        return next((found for found in map(self.carried, nodes) if found is not None), None)

    def _called(self, node: s.Call) -> CallSite | None:
        if node.at in self.sources:
            return self.sources[node.at]
        given = tuple(argument.value for argument in node.args)
        name = node.func.id if type(node.func) is s.Name else node.func.attr if type(node.func) is s.Attribute else ""
        if name in COPYING:
            return next((found for found in map(self._iterated, given) if found is not None), None)
        if type(node.func) is s.Attribute and node.func.attr in ("values", "items", "copy", "model_dump"):
            return self.carried(node.func.value)
        site = self.sites.get(node.at)
        if site is None or not self._keeps(site):
            return None
        described = frozenset(_scalar_fields(site))
        return self._enveloped(tuple(argument.value for argument in node.args if argument.keyword not in described))

    def _enveloped(self, values: tuple[s.Expression, ...]) -> CallSite | None:
        """The rows in an object that has nothing else in it but what is said about them."""
        found = self._any(values)
        rest = [value for value in values if self.carried(value) is None]
        return found if all(self._is_remark(value) for value in rest) else None

    def _is_remark(self, node: s.Expression) -> bool:
        match node:
            case s.Constant() | s.FormattedString() | s.Comparison() | s.Collection(items=()) | s.Dictionary(values=()):
                return True
            case (
                s.Call(func=s.Name(id="len" | "str" | "bool" | "int")) | s.Call(func=s.Attribute(attr="now" | "count"))
            ):
                return True
            case s.Attribute(value=s.Name(id=name)):
                return name in self.names
            case s.Name(id=name):
                value = self.frame.env.get(name)
                return value is not None and all(_is_short(member) for member in known_members(value))
        return False

    def _is_scalar(self, name: str, attribute: str) -> bool:
        """Whether an attribute of an object that holds the rows is one number or text."""
        value = self.frame.env.get(name)
        if type(value) is Instance and isinstance(value.cls, ClassDefinition):
            field = classes.all_fields(value.cls).get(attribute)
            kind = schemas.plain(field[1].annotation) if field is not None else None
            return type(kind) is External and kind.name in SCALARS
        return False

    def _keeps(self, site: CallSite) -> bool:
        """Whether what a call gives back holds its arguments: an object made of them, or a list from a list."""
        for member in known_members(site.callee):
            if type(member) is ClassValue:
                continue
            if type(member) is External and "Stream" not in member.name and type(site.result) is Instance:
                if member.name.rpartition(".")[2][:1].isupper():
                    continue
            elif type(member) is FunctionValue:
                result = site.result.result if type(site.result) is Coroutine else site.result
                if type(result) is Sequence and result.items is None:
                    continue
            return False
        return True


def _scalar_fields(site: CallSite) -> list[str]:
    """The fields of the model that a call makes which hold one number, text, date or the like."""
    found: list[str] = []
    for member in known_members(site.callee):
        if type(member) is ClassValue:
            for name, (_, field) in classes.all_fields(member.definition).items():
                if all(_is_scalar_type(kind) for kind in schemas.flat_union(schemas.plain(field.annotation))):
                    found.append(name)
    return found


def _is_scalar_type(kind: Value) -> bool:
    if type(kind) is Const:
        return kind.value is None
    return type(kind) is External and (kind.name in SCALARS or kind.name.startswith(("uuid.", "datetime.")))


def _is_short(value: Value) -> bool:
    if type(value) is Instance:
        return value.class_name in SCALARS or value.class_name.startswith(("uuid.", "datetime."))
    return type(value) in (Const, Text)


def of(project: Project) -> Rows:
    found: Rows | None = project.__dict__.get("rows")
    if found is None:
        found = project.__dict__["rows"] = Rows(project)
    return found
