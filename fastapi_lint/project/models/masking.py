"""Which fields of a model leave as something else than they are: replaced by a serializer, a validator or a property.

Whether the replacement hides enough cannot be told, so that any replacement counts. A function that hands its value on,
perhaps without the space around it, replaces nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import External, FunctionValue, Instance, Value

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter
    from fastapi_lint.project.models.fields import SchemaField

EVERYTHING = "*"
"""Stands for every field of a model."""
FIELD_FUNCTIONS = frozenset({"field_serializer", "field_validator", "validator"})
MODEL_FUNCTIONS = frozenset({"model_validator", "root_validator"})
AFTERWARDS = frozenset({"model_post_init", "__post_init__", "__post_init_post_parse__"})
HANDED_ON = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "decode", "encode"})
MASK = re.compile(r"mask|redact|obfusc|censor|sanitiz|truncat|hide|anonymi[sz]|scrub|partial|preview|last_?(?:4|four)")


def masked_names(it: Interpreter, definition: ClassDefinition) -> frozenset[str]:
    """The fields of a model that its own functions or its ancestors' replace."""
    found: set[str] = set()
    for ancestor in classes.ancestors(definition):
        if isinstance(ancestor, ClassDefinition):
            for method in classes.methods(ancestor):
                found.update(_masked_by(method.definition))
            found.update(_reused(it, ancestor))
    return frozenset(found)


def validators(definition: ClassDefinition) -> Iterator[tuple[str, FunctionDefinition]]:
    """The validators and serializers of single fields that a model and its ancestors have, each with the field's name."""
    for ancestor in classes.ancestors(definition):
        if isinstance(ancestor, ClassDefinition):
            for method in classes.methods(ancestor):
                own = method.definition
                for callee, node in zip(own.decorators, own.node.decorators, strict=False):
                    if _name(callee) in FIELD_FUNCTIONS:
                        yield from ((name, own) for name in _named(node))


def is_masked(it: Interpreter, field: SchemaField, masked: frozenset[str]) -> bool:
    """Whether something else leaves in a field's place; `masked` as `masked_names` says of the class."""
    if field.name in masked or EVERYTHING in masked:
        return True
    if field.is_computed:
        method = classes.member(field.owner, field.name)
        return method is not None and type(method[1]) is FunctionValue and hides(method[1].definition)
    return is_masked_by(it, annotated(field.type))


def is_masked_by(it: Interpreter, metadata: Iterable[Value]) -> bool:
    """Whether what `Annotated` adds to a type replaces its values."""
    for value in metadata:
        if type(value) is not Instance or not isinstance(value.cls, str) or not value.cls.startswith("pydantic."):
            continue
        if value.cls.endswith("Serializer"):
            return True
        function = value.made.get("func", 0) if value.made is not None else None
        if value.cls.endswith("Validator") and type(function) is FunctionValue and replaces(function.definition, 0):
            return True
    return False


def _masked_by(definition: FunctionDefinition) -> Iterator[str]:
    for callee, node in zip(definition.decorators, definition.node.decorators, strict=False):
        name = _name(callee)
        if name == "model_serializer":
            yield EVERYTHING
        elif name in MODEL_FUNCTIONS:
            yield from _assigned(definition.node)
        elif name in FIELD_FUNCTIONS and replaces(definition, 0 if definition.is_static else 1):
            yield from _named(node)
    if definition.name in AFTERWARDS:
        yield from _assigned(definition.node)


def _name(callee: Value) -> str:
    if type(callee) is External and callee.name.startswith(("pydantic.", "sqlmodel.")):
        return callee.name.rpartition(".")[2]
    return ""


def _named(node: s.Expression) -> Iterator[str]:
    """The fields that a decorator names: `@field_serializer("password", "api_key")`."""
    if type(node) is s.Call:
        for argument in node.args:
            if argument.keyword is None:
                yield from _key(argument.value)


def _reused(it: Interpreter, definition: ClassDefinition) -> Iterator[str]:
    """Fields of `_mask = field_serializer("password")(mask)`."""
    if definition.frame is None:
        return
    for node in definition.node.body:
        match node:
            case s.Assign(value=s.Call(func=s.Call() as made)):
                if _name(it.evaluate(definition.frame, made.func)) in FIELD_FUNCTIONS:
                    yield from _named(made)


def _assigned(node: s.Function) -> Iterator[str]:
    """The fields that a function sets or drops, on whatever object."""
    for below in s.walk(*node.body):
        targets: tuple[s.Expression, ...] = ()
        match below:
            case s.Assign() | s.Delete():
                targets = below.targets
            case s.Call(func=s.Attribute(attr="pop"), args=[argument, *_]):
                yield from _key(argument.value)
        for target in targets:
            match target:
                case s.Attribute(attr=name):
                    yield name
                case s.Subscript(items=[key]):
                    yield from _key(key)


def _key(node: s.Expression) -> Iterator[str]:
    if type(node) is s.Constant and isinstance(node.value, str):
        yield node.value


def replaces(definition: FunctionDefinition, index: int) -> bool:
    """Whether a function gives back something else than the parameter at that 0-based position."""
    node = definition.node
    if index >= len(node.parameters):
        return True
    name = node.parameters[index].name
    if any(type(below) is s.Assign and _changes(below, name) for below in s.walk(*node.body)):
        return True
    given = returned(node)
    if any(not _hands_on(value, name) and not _is_nothing(value) for value in given):
        return True
    return not any(_hands_on(value, name) for value in given)


def returned(node: s.Function) -> list[s.Expression]:
    return [below.value for below in s.walk(*node.body) if type(below) is s.Return and below.value is not None]


def _changes(node: s.Assign, name: str) -> bool:
    bound = any(type(target) is s.Name and target.id == name for target in node.targets)
    return bound and not _hands_on(node.value, name)


def _hands_on(node: s.Expression, name: str) -> bool:
    match node:
        case s.Name(id=found):
            return found == name
        case s.Call(func=s.Attribute(value=value, attr=attr)):
            return attr in HANDED_ON and _hands_on(value, name)
        case s.Call(func=s.Name(id="str"), args=[only]):
            return _hands_on(only.value, name)
        case s.BooleanOperation(left=left, right=right):
            return _hands_on(left, name) and (_is_nothing(right) or _hands_on(right, name))
        case s.Conditional(body=body, orelse=orelse):
            kept = [one for one in (body, orelse) if not _is_nothing(one)]
            return bool(kept) and all(_hands_on(one, name) for one in kept)
    return False


def _is_nothing(node: s.Expression) -> bool:
    return type(node) is s.Constant and not node.value and not node.kind


def hides(definition: FunctionDefinition) -> bool:
    """Whether a function looks as if it hid part of what it gives: asterisks, slices, or a call that says so."""
    return any(looks_hidden(value) for value in returned(definition.node))


def looks_hidden(node: s.Expression) -> bool:
    """Whether an expression shows less than the value that it is made of."""
    for below in s.walk(node):
        match below:
            case s.Slice():
                return True
            case s.Constant(value=str() as text) if "*" in text or "\N{BULLET}" in text:
                return True
            case s.Call(func=s.Name(id=name) | s.Attribute(attr=name)) if MASK.search(name.lower()):
                return True
    return False
