"""Which names of a function hold rows, and whether it gives them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.database.limits import TAKING, Statements
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.values import (
    ClassValue,
    Const,
    Coroutine,
    External,
    FunctionValue,
    Instance,
    Mapping,
    Sequence,
    Text,
    Value,
    known_members,
)
from fastapi_lint.project.models import schemas
from fastapi_lint.project.models.fields import fields_of

if TYPE_CHECKING:
    from fastapi_lint.project.database.rows import Rows
    from fastapi_lint.project.interpreting.interpreter import Interpreter

COPYING = frozenset({
    "cast", "dict", "dumps", "enumerate", "filter", "frozenset", "jsonable_encoder", "list", "map", "reversed", "set", "sorted", "tuple", "zip",
})  # fmt: skip
GROWING = frozenset({"append", "extend", "add", "update", "insert", "setdefault"})
SCALARS = frozenset({"builtins.bool", "builtins.int", "builtins.float", "builtins.str"})


class Flow:
    """Which names of a function hold the rows."""

    def __init__(self, rows: Rows, frame: Frame, statements: Statements) -> None:
        self.rows = rows
        self.frame = frame
        self.statements = statements
        self.sources: dict[int, CallSite] = {}
        self.sites = {site.node.at: site for site in frame.sites if site.kind == "call"}
        self.names: dict[str, CallSite] = {}
        self.cursors: dict[str, CallSite] = {}
        self.cut: set[str] = set()

    def follow(self, body: tuple[s.Statement, ...]) -> None:
        for _ in range(3):
            before = len(self.names) + len(self.cursors)
            for node in s.walk(*body):
                self._statement(node)
            if len(self.names) + len(self.cursors) == before:
                return

    def _statement(self, node: s.Node) -> None:
        if type(node) is s.Assign or (type(node) in (s.AnnotatedAssign, s.NamedExpression) and node.value is not None):  # type: ignore[attr-defined]
            targets = node.targets if type(node) is s.Assign else (node.target,)  # type: ignore[attr-defined]
            self._assigned([target.id for target in targets if type(target) is s.Name], node.value)  # type: ignore[attr-defined]
        elif type(node) is s.Delete:
            self.cut.update(
                target.value.id
                for target in node.targets
                if type(target) is s.Subscript and type(target.value) is s.Name
            )
        elif type(node) is s.For:
            found = self.iterated(node.iter)
            inside = list(s.walk(*node.body))
            if found is not None and not any(type(one) is s.Flow and one.kind == "break" for one in inside):
                for one in inside:
                    self._grown(one, found)

    def _assigned(self, names: list[str], value: s.Expression) -> None:
        found, opened = self.carried(value), self.cursor(value)
        for name in names:
            if found is not None:
                self.names.setdefault(name, found)
            elif opened is not None:
                self.cursors.setdefault(name, opened)
            elif self._takes_a_part(value):
                self.cut.add(name)

    def _takes_a_part(self, value: s.Expression) -> bool:
        """Whether an expression is some of the rows."""
        match value:
            case s.Subscript(value=rows, items=items) if any(type(item) is s.Slice for item in items):
                return self.iterated(rows) is not None
            case s.Call(func=s.Name(id=name) | s.Attribute(attr=name), args=args) if name in TAKING or name in COPYING:
                return any(
                    self._takes_a_part(argument.value) or (name in TAKING and self.iterated(argument.value) is not None)
                    for argument in args
                )
            case s.Conditional(body=left, orelse=right):
                return self._takes_a_part(left) or self._takes_a_part(right)
        return False

    def cursor(self, node: s.Expression) -> CallSite | None:
        """The call that gave something to read all rows from, which nothing has read yet."""
        match node:
            case s.Name(id=name):
                found = self.cursors.get(name)
                return found if found is not None and not self.statements.is_limited(node) else None
            case s.Await(value=value):
                return self.cursor(value)
            case s.Call(func=s.Attribute(value=value, attr="scalars" | "mappings" | "unique" | "tuples"), args=()):
                return self.cursor(value)
            case s.Call(at=at) if at in self.sites:
                opened = self.rows.opened(self.sites[at])
                return opened if opened is not None and not self.statements.is_limited(node) else None
        return None

    def iterated(self, node: s.Expression) -> CallSite | None:
        """The rows that a loop over an expression goes through."""
        return self.carried(node) or self.cursor(node)

    def _grown(self, node: s.Node, source: CallSite) -> None:
        match node:
            case s.Call(func=s.Attribute(value=s.Name(id=name), attr=attr)) if attr in GROWING:
                self.names.setdefault(name, source)

    def returned(self, body: tuple[s.Statement, ...]) -> CallSite | None:
        for node in s.walk(*body):
            match node:
                case s.Subscript(value=value, items=(s.Constant(value=int()),)) if self.iterated(value) is not None:
                    return None  # one of them
            if type(node) is s.Return and node.value is not None:
                found = self.carried(node.value)
                if found is not None:
                    return found
        return None

    def unread(self, body: tuple[s.Statement, ...]) -> CallSite | None:
        """The query for all rows that the function gives back, if every `return` gives one back."""
        found = [self.cursor(node.value) for node in s.walk(*body) if type(node) is s.Return and node.value is not None]
        return found[0] if found and None not in found else None

    def carried(self, node: s.Expression) -> CallSite | None:
        """The rows that an expression has in it, all of them."""
        match node:
            case s.Name(id=name):
                return self.names.get(name) if name not in self.cut else None
            case s.Await(value=value):
                return self.carried(value) or (self.cursor(value) if self._is_asked_by_await(value) else None)
            case s.Starred(value=value):
                return self.carried(value)
            case s.Subscript(value=value, items=(s.Constant(value=str(key)),)):
                return self.carried(value) if self._is_container(value, key) else None
            case s.Attribute(value=s.Name(id=name), attr=attr):
                return None if self._is_scalar(name, attr) else self.names.get(name)
            case s.Comprehension(clauses=(first, *_)):
                return self.iterated(first.iter)
            case s.Collection(items=items):
                return self._any(items)
            case s.Dictionary(values=values):
                return self._enveloped(values)
            case s.Conditional(body=left, orelse=right) | s.BooleanOperation(left=left, right=right):
                return self._any((left, right))
            case s.Call():
                return self._called(node)
        return None

    def _copies(self, node: s.Call) -> bool:
        """Whether a call makes a list or the like out of what it is given: itself, or in a thread."""
        match node.func:
            case s.Name(id=name) | s.Attribute(attr=name) if name in COPYING:
                return True
        site = self.sites.get(node.at)
        runs = "" if site is None else self.rows.in_a_thread(site)
        return runs.startswith("builtins.") and runs.rpartition(".")[2] in COPYING

    def _any(self, nodes: tuple[s.Expression, ...]) -> CallSite | None:
        return next((found for found in map(self.carried, nodes) if found is not None), None)

    def _is_asked_by_await(self, node: s.Expression) -> bool:
        value = self._value(node)
        return type(value) is Instance and value.class_name == "tortoise.queryset.QuerySet"

    def _is_container(self, node: s.Expression, key: str) -> bool:
        """Whether what a dictionary has under a key is a list or dictionary of things that we do not know one by one."""
        value = self._value(node)
        held = value.entries.get(key) if type(value) is Mapping and not value.open else None
        return (type(held) is Sequence and held.items is None) or (type(held) is Mapping and held.open)

    def _value(self, node: s.Expression) -> Value | None:
        match node:
            case s.Name(id=name):
                return self.frame.env.get(name)
            case s.Await(value=value):
                result = self._value(value)
                return result.result if type(result) is Coroutine else result
            case s.Call(at=at) if at in self.sites:
                return self.sites[at].result
        return None

    def _called(self, node: s.Call) -> CallSite | None:
        if node.at in self.sources:
            return self.sources[node.at]
        given = tuple(argument.value for argument in node.args)
        if self._copies(node):
            return next((found for found in map(self.iterated, given) if found is not None), None)
        if type(node.func) is s.Attribute and node.func.attr in ("values", "items", "copy", "model_dump"):
            return self.carried(node.func.value)
        site = self.sites.get(node.at)
        if site is None:
            return None
        passed = self._passed(node, site)
        if passed is not None or not self._keeps(site):
            return passed
        described = frozenset(_scalar_fields(self.rows.project.it, site))
        return self._enveloped(tuple(argument.value for argument in node.args if argument.keyword not in described))

    def _passed(self, node: s.Call, site: CallSite) -> CallSite | None:
        """The rows that a function of the project gives back out of those that it is given."""
        found: CallSite | None = None
        for member in known_members(site.callee):
            if type(member) is not FunctionValue or (member.definition.node.is_async and not site.awaited):
                return None
            function = member.wrapped or member
            parameters = [p.name for p in function.definition.node.parameters]
            if function.receiver is not None and not function.definition.is_static:
                parameters = parameters[1:]
            given: dict[str, CallSite] = {}
            for index, argument in enumerate(node.args):
                carried = self.carried(argument.value)
                if carried is not None and not argument.star:
                    name = argument.keyword or (parameters[index] if index < len(parameters) else None)
                    if name is None:
                        return None
                    given[name] = carried
            one = self.rows.returned_out_of(function, given) if given else None
            if one is None:
                return None
            found = found or one
        return found

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
            field = next((f for f in fields_of(self.rows.project.it, value.cls) if f.name == attribute), None)
            kind = schemas.plain(field.type) if field is not None else None
            return type(kind) is External and kind.name in SCALARS
        return False

    def _keeps(self, site: CallSite) -> bool:
        """Whether what a call gives back is an object made of its arguments."""
        for member in known_members(site.callee):
            if type(member) is ClassValue:
                continue
            if type(member) is External and "Stream" not in member.name and type(site.result) is Instance:
                if member.name.rpartition(".")[2][:1].isupper():
                    continue
            return False
        return True


def _scalar_fields(it: Interpreter, site: CallSite) -> list[str]:
    """The fields of the model that a call makes which hold one number, text, date or the like."""
    found: list[str] = []
    for member in known_members(site.callee):
        if type(member) is ClassValue:
            for field in fields_of(it, member.definition):
                if all(_is_scalar_type(kind) for kind in schemas.flat_union(schemas.plain(field.type))):
                    found.append(field.name)
    return found


def _is_scalar_type(kind: Value) -> bool:
    if type(kind) is Const:
        return kind.value is None
    return type(kind) is External and (kind.name in SCALARS or kind.name.startswith(("uuid.", "datetime.")))


def _is_short(value: Value) -> bool:
    if type(value) is Instance:
        return value.class_name in SCALARS or value.class_name.startswith(("uuid.", "datetime."))
    return type(value) in (Const, Text)
