"""Classes of the project: their bodies, their ancestors, and where an attribute comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Generic,
    Instance,
    Value,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


@dataclass(slots=True)
class Field:
    """An annotated name of a class body."""

    name: str
    annotation: Value
    default: Value | None
    anchor: Anchor
    node: s.AnnotatedAssign


def ancestors(definition: ClassDefinition) -> tuple[ClassDefinition | str, ...]:
    """The class and what it inherits from, in the order in which attributes are looked up; external classes by name."""
    found: tuple[ClassDefinition | str, ...] | None = definition.__dict__.get("ancestors")
    if found is None:
        definition.__dict__["ancestors"] = (definition,)  # a class that inherits from itself ends here
        order: dict[ClassDefinition | str, None] = {definition: None}
        for base in definition.bases:
            for ancestor in _of_base(base):
                order.pop(ancestor, None)
                order[ancestor] = None
        found = definition.__dict__["ancestors"] = tuple(order)
    return found


def _of_base(base: Value) -> tuple[ClassDefinition | str, ...]:
    if type(base) is Generic:
        base = base.base
    if type(base) is ClassValue:
        return ancestors(base.definition)
    if type(base) is External:
        return (base.name,)
    return ()


def externals(definition: ClassDefinition) -> tuple[str, ...]:
    return tuple(a for a in ancestors(definition) if isinstance(a, str))


def has_unknown_base(definition: ClassDefinition) -> bool:
    """Whether some ancestor could not be resolved: then a missing attribute proves nothing."""
    for ancestor in ancestors(definition):
        if isinstance(ancestor, ClassDefinition):
            for base in ancestor.bases:
                inner = base.base if type(base) is Generic else base
                if type(inner) not in (ClassValue, External):
                    return True
    return False


def fields(definition: ClassDefinition) -> dict[str, Field]:
    """The annotated names of the class's own body."""
    found: dict[str, Field] = definition.__dict__.setdefault("fields", {})
    return found


def default_value(field: Field) -> Value | None:
    """The default of a field, also where it stands in `Field(...)`."""
    default = field.default
    if type(default) is Instance and default.class_name in FIELD_CALLS and default.made is not None:
        return default.made.get("default", 0)
    return default


def described(field: Field) -> dict[str, Value]:
    """The keywords of the `field(...)` or the like that describes a field."""
    default = field.default
    if type(default) is Instance and default.class_name in FIELD_CALLS and default.made is not None:
        return default.made.keywords
    return {}


def is_parameter(field: Field) -> bool:
    """Whether a written constructor takes a field."""
    given = described(field).get("init")
    return not (type(given) is Const and given.value is False)


FIELD_CALLS = frozenset(
    {"pydantic.Field", "pydantic.fields.Field", "pydantic.v1.Field", "dataclasses.field", "sqlmodel.Field"}
)


def all_fields(definition: ClassDefinition) -> dict[str, tuple[ClassDefinition, Field]]:
    """The annotated names with those of its ancestors, in definition order, each with the class that has the last word."""
    found: dict[str, tuple[ClassDefinition, Field]] = {}
    for ancestor in reversed(ancestors(definition)):
        if isinstance(ancestor, ClassDefinition):
            for name, field in fields(ancestor).items():
                found[name] = (ancestor, field)
    return found


def member(
    definition: ClassDefinition, name: str, after: ClassDefinition | None = None
) -> tuple[ClassDefinition, Value] | None:
    """What a name of the class body stands for, searched through the ancestors; those behind `after`, where given."""
    for ancestor in _behind(definition, after):
        if isinstance(ancestor, ClassDefinition) and ancestor.frame is not None:
            value = ancestor.frame.env.get(name)
            if value is not None:
                return ancestor, value
    return None


def _behind(definition: ClassDefinition, after: ClassDefinition | None) -> Iterator[ClassDefinition | str]:
    order = iter(ancestors(definition))
    if after is not None:
        for ancestor in order:
            if ancestor is after:
                break
    yield from order


def methods(definition: ClassDefinition) -> Iterator[FunctionValue]:
    """The functions of the class's own body."""
    if definition.frame is not None:
        for value in definition.frame.env.values():
            if type(value) is FunctionValue:
                yield value


def overrides(it: Interpreter, definition: ClassDefinition, name: str) -> Iterator[FunctionValue]:
    """The implementations of a method in the classes of the project below one, each bound to an object of its class."""
    found: list[ClassDefinition] = []
    pending = [definition]
    while pending:
        for child in it.subclasses.get(pending.pop(), ()):
            if child not in found:
                found.append(child)
                pending.append(child)
    for child in found:
        method = member(child, name)
        if method is not None and type(method[1]) is FunctionValue and not method[1].definition.is_abstract:
            yield method[1].bound(it.prototype(child))


def assigned_attributes(node: s.Function) -> frozenset[str]:
    """The names `x` of `self.x = ...` in a method, whatever it calls its first parameter."""
    if not node.parameters:
        return frozenset()
    me = node.parameters[0].name
    found: set[str] = set()
    pending: list[Any] = list(node.body)
    while pending:
        statement = pending.pop()
        kind = type(statement)
        if kind is s.Assign:
            for target in statement.targets:
                found.update(_attributes_of(target, me))
        elif kind in (s.AnnotatedAssign, s.AugmentedAssign):
            found.update(_attributes_of(statement.target, me))
        elif kind in (s.If, s.For, s.While):
            pending.extend((*statement.body, *statement.orelse))
            if kind is s.For:
                found.update(_attributes_of(statement.target, me))
        elif kind is s.With:
            pending.extend(statement.body)
            for item in statement.items:
                if item.target is not None:
                    found.update(_attributes_of(item.target, me))
        elif kind is s.Try:
            pending.extend((*statement.body, *statement.orelse, *statement.final))
            for handler in statement.handlers:
                pending.extend(handler.body)
        elif kind is s.Match:
            for case in statement.cases:
                pending.extend(case.body)
    return frozenset(found)


def _attributes_of(target: Any, me: str) -> Iterator[str]:
    if type(target) is s.Attribute and type(target.value) is s.Name and target.value.id == me:
        yield target.attr
    elif type(target) is s.Collection:
        for item in target.items:
            yield from _attributes_of(item, me)


def self_attribute(it: Interpreter, definition: ClassDefinition, name: str) -> Value | None:
    """What the methods of a class assign to `self.<name>`, None where none does."""
    for ancestor in ancestors(definition):
        if not isinstance(ancestor, ClassDefinition):
            continue
        assigning = [m for m in methods(ancestor) if name in _assigned(m.definition)]
        if not assigning:
            continue
        prototype = it.prototype(ancestor)
        for method in sorted(assigning, key=lambda m: m.definition.name != "__init__"):
            it.analysis(method.bound(prototype))
        if prototype.attributes and name in prototype.attributes:
            return prototype.attributes[name]
        return UNKNOWN
    return None


def _assigned(definition: FunctionDefinition) -> frozenset[str]:
    found: frozenset[str] | None = definition.__dict__.get("assigned")
    if found is None:
        found = definition.__dict__["assigned"] = assigned_attributes(definition.node)
    return found


def is_enum(definition: ClassDefinition) -> bool:
    return any(name in ENUMS for name in externals(definition))


ENUMS = frozenset({"enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag"})


def define(it: Interpreter, frame: Frame, node: s.Class) -> ClassValue:
    """Run a class statement."""
    key = (frame.module.path, node.at)
    prefix = f"{frame.function.qualname}." if frame.function else f"{frame.cls.qualname}." if frame.cls else ""
    if not prefix:
        prefix = f"{frame.module.name}."
    definition = ClassDefinition(frame.module, node, prefix + node.name)
    it.classes.setdefault(key, definition)
    arguments = [(argument, it.evaluate(frame, argument.value)) for argument in node.arguments]
    definition.bases = tuple(value for argument, value in arguments if argument.keyword is None and not argument.star)
    definition.keywords = {argument.keyword: value for argument, value in arguments if argument.keyword is not None}
    body = Frame(frame.module, frame, None, definition)
    body.effects = frame.effects
    body.depth = frame.depth
    body.sites = frame.sites
    body.texts = frame.texts
    definition.frame = body
    it.run(body, node.body)
    for base in definition.bases:
        inner = base.base if type(base) is Generic else base
        if type(inner) is ClassValue:
            it.subclasses.setdefault(inner.definition, []).append(definition)
    return ClassValue(definition)


def enum_member(definition: ClassDefinition, name: str, value: Value) -> Value:
    found = Instance(definition)
    found.set("value", value)
    found.set("name", Const(name))
    return found


def create_model(it: Interpreter, frame: Frame, arguments: Any, node: Any) -> Value:
    """`pydantic.create_model(...)` with literal fields. Fields behind `**` are unknown, and then so is the model."""
    if arguments.starred or frame.anchor(node).at == 0:
        return UNKNOWN
    name = arguments.positional[0] if arguments.positional else UNKNOWN
    label = name.value if type(name) is Const and isinstance(name.value, str) else "<model>"
    definition = ClassDefinition(
        frame.module, s.Class(node.at, label, (), (), (), None), f"{frame.module.name}.{label}"
    )
    base = arguments.keywords.get("__base__")
    definition.bases = (base if base is not None else External("pydantic.BaseModel"),)
    definition.frame = Frame(frame.module, frame, None, definition)
    for key, value in arguments.keywords.items():
        if not key.startswith("__"):
            items = it.items(value)
            kind, default = (items[0], items[1]) if items and len(items) == 2 else (value, None)
            target = s.AnnotatedAssign(node.at, s.Name(node.at, key), s.Name(node.at, key), None)
            fields(definition)[key] = Field(key, kind, default, frame.anchor(node), target)
    return ClassValue(definition)
