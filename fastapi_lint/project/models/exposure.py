"""Sensitive values that a route sends: fields of its response schema or, where none filters, of what it returns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor, Step
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import MAPPINGS, UNIONS, canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.generics import leaves
from fastapi_lint.project.interpreting.values import (
    Const,
    External,
    Generic,
    Instance,
    Mapping,
    Method,
    Sequence,
    Value,
    known_members,
    members,
    unboxed,
)
from fastapi_lint.project.models.blanking import blanks, node_at
from fastapi_lint.project.models.fields import SchemaField
from fastapi_lint.project.models.masking import looks_hidden
from fastapi_lint.project.models.serialization import (
    Reached,
    Schema,
    described,
    is_open,
    of,
    of_class,
    walk,
)
from fastapi_lint.project.serving.promises import promise_of
from fastapi_lint.project.serving.responses import declares_response, is_response
from fastapi_lint.sensitive import Endpoint, category, is_piece_of_text, is_reference, issues

if TYPE_CHECKING:
    from fastapi_lint.project import Project, Route

TEXT_TYPES = frozenset({
    "builtins.str", "builtins.bytes", "builtins.bytearray", "builtins.object", "builtins.dict", "builtins.list",
    "typing.Any", "typing.Text", "typing.AnyStr", "typing.Dict", "typing.List", "typing.LiteralString",
    "pydantic.StrictStr", "pydantic.StrictBytes", "pydantic.types.StrictStr", "uuid.UUID", "pydantic.UUID4",
})  # fmt: skip
NUMBERS = frozenset({"builtins.bool", "builtins.int", "builtins.float"})
DEEPEST = 6
"""How far into nested returned values is looked."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """A sensitive value that a route sends.

    `anchor`: the field's declaration, or the value in a dictionary. `answer`: what the route sends it in, for people.
    """

    anchor: Anchor
    name: str
    route: Route
    answer: str
    symbol: str
    steps: tuple[Step, ...]
    field: SchemaField | None = None

    @property
    def handler(self) -> FunctionDefinition:
        """The function that answers, below its decorators."""
        assert self.route.function is not None
        return self.route.function.definition


def exposures(project: Project, route: Route, sensitive_names: Iterable[str] = ()) -> Iterator[Exposure]:
    """What a route sends, by the first way that leads to each value."""
    if route.is_websocket or route.handler is None:
        return
    yield from _Sender(project, route, tuple(sensitive_names)).exposures()


class _Sender:
    """One route, while it is looked at."""

    def __init__(self, project: Project, route: Route, sensitive_names: tuple[str, ...]) -> None:
        assert route.handler is not None
        assert route.function is not None
        self.project = project
        self.route = route
        self.handler = route.function.definition
        self.sensitive_names = sensitive_names
        self.frame = project.it.analysis(route.handler)
        self.response = promise_of(project.it, route)

    def exposures(self) -> Iterator[Exposure]:
        kind = self.response.kind
        declared = kind is not None and not declares_response(self.project, kind)
        if kind is not None and declared and not self._always_responds():
            answer = f"`{described(kind)}`"
            for reached in walk(self.project.it, schemas := of(self.project.it, kind), self.response.sends):
                yield from self._of_field(reached, schemas, answer)
        unfiltered = not declared or is_open(kind)
        for _, value in self.frame.returns:
            for member in members(value):
                if is_response(self.project, member):
                    yield from self._of_content(member)
                elif unfiltered:
                    yield from self._of_value(member, 0)

    def _always_responds(self) -> bool:
        """Whether every answer is a response object, which no model filters."""
        given = [member for _, value in self.frame.returns for member in members(value)]
        return bool(given) and all(is_response(self.project, member) for member in given)

    # ---- by schema ---------------------------------------------------------------------------------------------------

    def _of_field(self, reached: Reached, schemas: tuple[Schema, ...], answer: str) -> Iterator[Exposure]:
        field = reached.field
        kind = category(field.name, self.sensitive_names) or category(field.alias, self.sensitive_names)
        if kind is None or field.name in reached.schema.masked or not holds_text(field.type):
            return
        if is_reference(field.name) and not is_mapping(field.type):
            return
        if kind == "password" and is_only_mapping(field.type):
            return  # what is configured for a password, such as the flow of that name in OAuth2
        siblings = [other.name for other in reached.schema.fields]
        names = (*schemas, reached.schema)
        if is_piece_of_text(field.name, siblings):
            return
        if issues(self._endpoint(names), field.name, kind, siblings):
            return
        if blanks(self.project.index, self.frame, reached.path):
            return
        symbol = f"{field.owner.qualname}.{field.name}"
        yield Exposure(field.anchor, field.name, self.route, answer, symbol, tuple(self._way(reached, answer)), field)

    def _endpoint(self, schemas: Iterable[Schema]) -> Endpoint:
        names = dict.fromkeys(schema.definition.name for schema in schemas if schema.definition is not None)
        served = [operation.path for operation in self.project.served(self.route) if operation.path]
        path = served[0] if served else self.route.path or ""
        method = self.route.methods[0] if self.route.methods else "GET"
        return Endpoint(method, path, self.handler.name, tuple(names))

    def _way(self, reached: Reached, answer: str) -> Iterator[Step]:
        yield Step(self.handler.anchor, f"`{self.handler.name}` answers with {answer}")
        for field in reached.through:
            yield Step(field.anchor, f"`{field.owner.name}.{field.name}` holds `{described(field.type)}`")
        definition = reached.schema.definition
        if definition is not None and definition is not reached.field.owner:
            yield Step(definition.anchor, f"`{definition.name}` inherits from `{reached.field.owner.name}`")

    # ---- by value ----------------------------------------------------------------------------------------------------

    def _of_content(self, response: Value) -> Iterator[Exposure]:
        made = response.made if type(response) is Instance else None
        content = made.get("content", 0) if made is not None else None
        if content is not None:
            yield from self._of_value(content, 0)

    def _of_value(self, value: Value, depth: int) -> Iterator[Exposure]:
        if depth > DEEPEST:
            return
        for member in known_members(value):
            if type(member) is Instance and isinstance(member.cls, ClassDefinition):
                yield from self._of_object(member.cls, member.args, frozenset())
            elif type(member) is Sequence:
                yield from self._of_value(member.any(), depth + 1)
            elif type(member) is Mapping:
                yield from self._of_mapping(member, depth)

    def _of_object(
        self, definition: ClassDefinition, args: tuple[Value, ...], without: frozenset[object]
    ) -> Iterator[Exposure]:
        if classes.is_enum(definition):
            return
        schema = of_class(self.project.it, definition, args)
        for reached in walk(self.project.it, (schema,), lambda path: path[0] not in without):
            yield from self._of_field(reached, (schema,), f"an instance of `{definition.name}`")

    def _of_mapping(self, mapping: Mapping, depth: int) -> Iterator[Exposure]:
        removed = _removed(self.frame, mapping)
        for key, value in mapping.entries.items():
            if key in removed:
                continue
            if isinstance(key, str) and key in mapping.keys:
                yield from self._of_entry(mapping, key, value)
            yield from self._of_value(value, depth + 1)
        source = mapping.source
        if source is not None and isinstance(source.cls, ClassDefinition):
            yield from self._of_object(source.cls, source.args, removed | frozenset(mapping.entries))
        elif mapping.open:
            yield from self._of_value(mapping.element, depth + 1)

    def _of_entry(self, mapping: Mapping, key: str, value: Value) -> Iterator[Exposure]:
        kind = category(key, self.sensitive_names)
        if kind is None or not _may_be_text(value):
            return
        siblings = [str(other) for other in mapping.entries]
        anchor = mapping.keys[key]
        node = node_at(self.project.index, anchor)
        if is_piece_of_text(key, siblings) or node is None or not self._reads_secret(node) or self._is_echo(node):
            return
        if issues(self._endpoint(()), key, kind, siblings):
            return
        definition = self.handler
        steps = (Step(definition.anchor, f"`{definition.name}` answers with a dictionary"),)
        yield Exposure(anchor, key, self.route, "a dictionary", definition.qualname, steps)

    def _is_echo(self, node: Any) -> bool:
        """Whether a value is a parameter of the handler: its sender knows it."""
        return type(node) is s.Name and any(parameter.name == node.id for parameter in self.handler.node.parameters)

    def _reads_secret(self, node: Any) -> bool:
        """Whether an expression is plainly the secret itself, not something made of it."""
        if looks_hidden(node):
            return False
        match node:
            case s.Name(id=name) | s.Attribute(attr=name):
                return category(name, self.sensitive_names) is not None
            case s.Subscript(items=[s.Constant(value=str() as name)]):
                return category(name, self.sensitive_names) is not None
            case s.Call(func=s.Attribute(attr="get_secret_value")):
                return True
            case s.Call(
                func=s.Attribute(attr="get" | "getenv"), args=[s.Argument(value=s.Constant(value=str() as name)), *_]
            ):
                return category(name, self.sensitive_names) is not None
            case s.Call(func=s.Attribute(value=value, attr="decode" | "strip" | "hex"), args=()):
                return self._reads_secret(value)
            case s.Call(func=s.Name(id="str"), args=[s.Argument(value=value)]):
                return self._reads_secret(value)
            case s.BooleanOperation(operator="or", left=left):
                return self._reads_secret(left)
            case s.Conditional(body=body, orelse=orelse):
                return self._reads_secret(body) or self._reads_secret(orelse)
        return False


def holds_text(kind: Value) -> bool:
    """Whether a value of a type may be a secret: text, or what may contain some."""
    return any(type(leaf) is External and canonical_typing(leaf.name) in TEXT_TYPES for leaf in leaves(kind))


def is_mapping(kind: Value) -> bool:
    """Whether a value of a type may be a dictionary."""
    if type(kind) is Generic and type(kind.base) is External:
        return canonical_typing(kind.base.name) in MAPPINGS or any(is_mapping(arg) for arg in kind.args)
    return type(kind) is External and canonical_typing(kind.name) in MAPPINGS


def is_only_mapping(kind: Value) -> bool:
    """Whether a value of a type is a dictionary or nothing."""
    if type(kind) is Generic and type(kind.base) is External and canonical_typing(kind.base.name) in UNIONS:
        given = [arg for arg in kind.args if not (type(arg) is Const and arg.value is None)]
        return bool(given) and all(is_only_mapping(arg) for arg in given)
    base = kind.base if type(kind) is Generic else kind
    return type(base) is External and canonical_typing(base.name) in MAPPINGS


def _may_be_text(value: Value) -> bool:
    """Whether a value is no flag, no number and nothing that is written out on the way."""
    for member in known_members(value):
        if type(member) is Const and (member.origin == "literal" or not isinstance(member.value, str)):
            return False
        if type(member) is Instance and member.class_name in NUMBERS:
            return False
    return True


def _removed(frame: Frame, mapping: Mapping) -> frozenset[object]:
    """The keys that a function takes out of a dictionary by `pop` or, of whatever dictionary, by `del`."""
    found: set[object] = set()
    for site in frame.sites:
        if type(site.callee) is Method and site.callee.name == "pop" and unboxed(site.callee.receiver) is mapping:
            found.update(key.value for key in site.arguments.positional[:1] if type(key) is Const)
    if frame.function is not None:
        for node in s.walk(*frame.function.node.body):
            if type(node) is s.Delete:
                for target in node.targets:
                    if type(target) is s.Subscript and type(target.items[0]) is s.Constant:
                        found.add(target.items[0].value)
    return frozenset(found)
