"""Whether a query takes only some of the rows: what it is made of, looked at backwards from where it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.definitions import ClassDefinition, target_names
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import Const, Instance, Value, known_members
from fastapi_lint.sensitive import words

LIMITING = frozenset({
    "aggregate", "annotate", "any_", "apaginate", "dates", "datetimes", "earliest", "fetch", "fetchmany", "fetchone", "group_by", "in_", "in_bulk", "iterator", "aiterator", "latest",
    "limit", "offset", "one", "one_or_none", "page", "paginate", "partitions", "scalar", "scalar_one", "scalar_one_or_none", "skip", "slice", "stream", "top", "yield_per",
})  # fmt: skip
"""Methods of statements and results that take a part, or put rows together."""
LIMITING_KEYWORDS = frozenset(
    {"limit", "offset", "skip", "page", "page_size", "size", "max_results", "top", "length", "pk", "id"}
)
SQL_LIMIT = re.compile(
    r"\b(?:limit|offset|count|max|min|sum|avg|group\s+by|fetch\s+first|top\s+\d|pragma)\b", re.IGNORECASE
)
SQL_READS = re.compile(r"\bselect\b|\bmatch\b", re.IGNORECASE)
SQL_WRITES = re.compile(r"\b(?:insert|update|delete|returning|merge|replace\s+into)\b", re.IGNORECASE)
SELECTING = frozenset({"select", "query", "filter", "filter_by", "find", "find_many", "find_all", "exclude"})
WRITING = frozenset({"insert", "update", "delete", "returning"})
TAKING = frozenset({"islice", "nlargest", "nsmallest", "sample", "choices", "choice"})
PAGE_WORDS = frozenset({
    "limit", "page", "size", "offset", "skip", "cursor", "take", "top", "count", "first", "max", "per", "pagesize", "perpage", "after", "before", "start",
    "end", "since", "until", "pagination", "paging", "k", "n", "num", "params", "ids", "latest",
})  # fmt: skip


def limits(name: str) -> bool:
    """Whether a parameter's name says which part of a list is wanted, or how much of it."""
    return any(word in PAGE_WORDS for word in words(name))


def parameter_limits(frame: Frame, parameter: s.Parameter) -> bool:
    """Whether a function's parameter chooses a part of a list; a switch does not."""
    return limits(parameter.name) and not _is_switch(frame.env.get(parameter.name))


def _is_switch(value: Value | None) -> bool:
    if value is None:
        return False
    found = list(known_members(value))
    return bool(found) and all(
        (type(one) is Instance and one.class_name == "builtins.bool")
        or (type(one) is Const and isinstance(one.value, bool))
        for one in found
    )


class Statements:
    """The statements of a function that say what its queries are."""

    def __init__(self, frame: Frame, body: tuple[s.Statement, ...]) -> None:
        self.frame = frame
        self._given: dict[str, list[s.Expression]] = {}
        self._limited: dict[int, bool] = {}
        for node in s.walk(*body):
            for name, value in _given(node):
                self._given.setdefault(name, []).append(value)

    def is_limited(self, query: s.Expression) -> bool:
        """Whether something that a query is made of looks as if it took only some rows."""
        found = self._limited.get(query.at)
        if found is None:
            found = self._limited[query.at] = any(
                _takes_a_part(node) for node in self.behind(query) if node is not query or not _fetches(node)
            )
        return found

    def selects(self, query: s.Expression) -> bool:
        """Whether what a query is made of says that it reads, and nothing says that it writes."""
        found = {_purpose(node) for node in self.behind(query)}
        return "reads" in found and "writes" not in found

    def behind(self, query: s.Expression) -> Iterator[s.Node]:
        """The nodes of a query, and of what the names in it were given."""
        seen: set[str] = set()
        pending: list[s.Expression] = [query]
        while pending:
            for node in _without_comparisons(pending.pop()):
                yield node
                if type(node) is s.Name and node.id not in seen and not self._is_datum(node.id):
                    seen.add(node.id)
                    pending += self._given.get(node.id, ())

    def _is_datum(self, name: str) -> bool:
        """Whether a name holds an object of the project: something that the query uses, and no part of its text."""
        found = list(known_members(self.frame.env.get(name) or Const(None)))
        return bool(found) and all(type(one) is Instance and isinstance(one.cls, ClassDefinition) for one in found)


def _given(node: s.Node) -> Iterator[tuple[str, s.Expression]]:
    """The names that a statement gives something to, and what; a call on a name may change what it stands for."""
    match node:
        case s.Assign(targets=targets, value=value):
            for target in targets:
                for name in target_names(target):
                    yield name, value
        case s.AnnotatedAssign(target=s.Name(id=name), value=value) if value is not None:
            yield name, value
        case (
            s.AugmentedAssign(target=s.Name(id=name), value=value)
            | s.NamedExpression(target=s.Name(id=name), value=value)
        ):
            yield name, value
        case s.With(items=items):
            for item in items:
                if item.target is not None:
                    for name in target_names(item.target):
                        yield name, item.context
        case s.ExpressionStatement(value=value):
            call = value.value if type(value) is s.Await else value
            root = _root(call)
            if type(call) is s.Call and root is not None:
                yield root, call


def _root(node: s.Expression) -> str | None:
    """The name that a chain of calls and attributes begins with."""
    while True:
        match node:
            case s.Call(func=func):
                node = func
            case s.Attribute(value=value) | s.Await(value=value) | s.Subscript(value=value):
                node = value
            case s.Name(id=name):
                return name
            case _:
                return None


def _without_comparisons(query: s.Expression) -> Iterator[s.Node]:
    """The nodes of a query but for what rows are compared with."""
    hidden: set[int] = set()
    for node in s.walk(query, into_functions=True):
        if type(node) is s.Comparison:
            hidden |= {below.at for below in s.walk(node, into_functions=True)}
        if node.at not in hidden:
            yield node


def _takes_a_part(node: s.Node) -> bool:
    match node:
        case s.Call(func=s.Attribute(attr=attr), args=args):
            return attr in LIMITING or any(_is_limiting_keyword(argument.keyword) for argument in args)
        case s.Call(func=s.Name(id=name), args=args):
            return name in TAKING or any(_is_limiting_keyword(argument.keyword) for argument in args)
        case s.Subscript(items=items):
            return any(type(item) is s.Slice for item in items)
        case s.Constant(value=str(text)):
            return SQL_READS.search(text) is not None and SQL_LIMIT.search(text) is not None
        case s.Attribute(attr="query_params"):
            return True
    return False


def _purpose(node: s.Node) -> str:
    match node:
        case s.Call(func=s.Attribute(attr=name) | s.Name(id=name)):
            return "reads" if name in SELECTING else "writes" if name in WRITING else ""
        case s.Constant(value=str(text)):
            return "writes" if SQL_WRITES.search(text) else "reads" if SQL_READS.search(text) else ""
    return ""


def _fetches(query: s.Node) -> bool:
    """Whether a driver's `fetch(sql)` reads: a statement has a method of that name, which limits it."""
    return type(query) is s.Call and type(query.func) is s.Attribute and query.func.attr == "fetch"


def _is_limiting_keyword(name: str | None) -> bool:
    return name is not None and (name in LIMITING_KEYWORDS or name.endswith(("__in", "__range")))


def reads_query_string(nodes: Iterable[s.Node]) -> bool:
    """Whether a function looks into the query string by hand: it may find a page there."""
    return any(type(node) is s.Attribute and node.attr == "query_params" for node in nodes)
