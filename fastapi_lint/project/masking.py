"""Which fields of a model leave as something else than they are: replaced by a serializer, a validator or a property.

Whether the replacement hides enough cannot be told, so that any replacement counts. A function that hands its value on, perhaps
without the space around it, replaces nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project import classes
from fastapi_lint.project.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.values import External, FunctionValue, Instance, Value

if TYPE_CHECKING:
    from fastapi_lint.project.interpreter import Interpreter

EVERYTHING = "*"
"""Stands for every field of a model."""
FIELD_FUNCTIONS = frozenset({"field_serializer", "field_validator", "validator"})
MODEL_FUNCTIONS = frozenset({"model_validator", "root_validator"})
AFTERWARDS = frozenset({"model_post_init", "__post_init__", "__post_init_post_parse__"})
HANDED_ON = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "decode", "encode"})
MASK = re.compile(r"mask|redact|obfuscat|censor|sanitiz|truncat|hide|anonymi[sz]|scrub|partial|preview|last_?(?:4|four)")


def masked_names(it: Interpreter, definition: ClassDefinition) -> frozenset[str]:
    """The fields of a model that its own functions or its ancestors' replace."""
    found: set[str] = set()
    for ancestor in classes.ancestors(definition):
        if isinstance(ancestor, ClassDefinition):
            for method in classes.methods(ancestor):
                found.update(_masked_by(method.definition))
            found.update(_reused(it, ancestor))
    return frozenset(found)


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
    for callee, node in zip(definition.decorators, definition.node.decorators):
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
            if argument.keyword is None and type(argument.value) is s.Constant and isinstance(argument.value.value, str):
                yield argument.value.value


def _reused(it: Interpreter, definition: ClassDefinition) -> Iterator[str]:
    """Fields of `_mask = field_serializer("password")(mask)`."""
    for node in definition.node.body:
        if type(node) is s.Assign and type(node.value) is s.Call and type(node.value.func) is s.Call and definition.frame:
            if _name(it.evaluate(definition.frame, node.value.func.func)) in FIELD_FUNCTIONS:
                yield from _named(node.value.func)


def _assigned(node: s.Function) -> Iterator[str]:
    """The fields that a function sets or drops, on whatever object."""
    for below in s.walk(*node.body):
        targets: tuple[s.Expression, ...] = ()
        if type(below) in (s.Assign, s.Delete):
            targets = below.targets  # type: ignore[attr-defined]
        elif type(below) is s.Call and type(below.func) is s.Attribute and below.func.attr == "pop" and below.args:
            yield from _key(below.args[0].value)
        for target in targets:
            if type(target) is s.Attribute:
                yield target.attr
            elif type(target) is s.Subscript and len(target.items) == 1:
                yield from _key(target.items[0])


def _key(node: s.Expression) -> Iterator[str]:
    if type(node) is s.Constant and isinstance(node.value, str):
        yield node.value


def replaces(definition: FunctionDefinition, index: int) -> bool:
    """Whether a function gives back something else than the parameter at that 0-based position."""
    node = definition.node
    if index >= len(node.parameters):
        return True
    name = node.parameters[index].name
    below = list(s.walk(*node.body))
    for one in below:
        if type(one) is s.Assign and any(type(t) is s.Name and t.id == name for t in one.targets) and not _hands_on(one.value, name):
            return True
    given = [one.value for one in below if type(one) is s.Return and one.value is not None]
    if any(not _hands_on(value, name) and not _is_nothing(value) for value in given):
        return True
    return not any(_hands_on(value, name) for value in given)


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
            both = (body, orelse)
            return any(_hands_on(one, name) for one in both) and all(_hands_on(one, name) or _is_nothing(one) for one in both)
    return False


def _is_nothing(node: s.Expression) -> bool:
    return type(node) is s.Constant and not node.value and not node.kind


def hides(definition: FunctionDefinition) -> bool:
    """Whether a function's body looks as if it hid part of what it gives: asterisks, slices, or a call that says so."""
    return any(looks_hidden(value) for one in s.walk(*definition.node.body) if type(one) is s.Return and (value := one.value) is not None)


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
