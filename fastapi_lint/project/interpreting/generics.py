"""Types with arguments: what the parameters of a generic class stand for, and what a type is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.annotations import MAPPINGS, TRANSPARENT, UNIONS, canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import UNKNOWN, ClassValue, Const, External, Generic, Union, Value

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

Bindings = Mapping[str, Value]
"""What the type parameters of a generic class stand for, by name."""


def type_parameters(definition: ClassDefinition) -> tuple[str, ...]:
    """The names of a generic class's parameters, in order."""
    if definition.node.type_parameters:
        return definition.node.type_parameters
    loose: dict[str, None] = {}
    for argument, base in zip(_base_arguments(definition), definition.bases, strict=False):
        if type(base) is not Generic or type(argument.value) is not s.Subscript:
            continue
        names = [item.id if type(item) is s.Name else "" for item in argument.value.items]
        if type(base.base) is External and canonical_typing(base.base.name) in ("typing.Generic", "typing.Protocol"):
            return tuple(names)
        loose.update((name, None) for name, arg in zip(names, base.args, strict=False) if is_type_variable(arg))
    return tuple(loose)


def is_type_variable(value: Value) -> bool:
    return type(value) is External and canonical_typing(value.name) == "typing.TypeVar"


def _base_arguments(definition: ClassDefinition) -> list[s.Argument]:
    return [argument for argument in definition.node.arguments if argument.keyword is None and not argument.star]


def bindings_of(
    it: Interpreter, definition: ClassDefinition, args: tuple[Value, ...]
) -> dict[ClassDefinition, Bindings]:
    """What the type parameters of a class and of its ancestors stand for."""
    found: dict[ClassDefinition, Bindings] = {}
    pending: list[tuple[ClassDefinition, tuple[Value, ...]]] = [(definition, args)]
    while pending:
        current, given = pending.pop(0)
        if current in found:
            continue
        own = found[current] = dict(zip(type_parameters(current), given, strict=False))
        arguments: list[s.Argument | None] = [*_base_arguments(current), *[None] * len(current.bases)]
        for base, argument in zip(current.bases, arguments, strict=False):
            inner = base.base if type(base) is Generic else base
            if type(inner) is not ClassValue:
                continue
            passed = base.args if type(base) is Generic else ()
            if own and passed and argument is not None and type(argument.value) is s.Subscript:
                scope = scratch(current, own)
                passed = tuple(it.evaluate(scope, item) for item in argument.value.items)
            pending.append((inner.definition, passed))
    return found


def scratch(definition: ClassDefinition, bindings: Bindings) -> Frame:
    """A scope in which the annotations of a class mean what they mean now that everything is defined."""
    assert definition.frame is not None
    frame = Frame(definition.module, definition.frame.outside)
    frame.effects = False
    frame.env = {name: value for name, value in definition.frame.env.items() if type(value) is ClassValue}
    frame.env.update(bindings)
    return frame


def is_ellipsis(value: Value | None) -> bool:
    return type(value) is External and value.name == "builtins.Ellipsis"


def leaves(kind: Value) -> Iterator[Value]:
    """The types that a value of an annotation may hold as data, through unions, containers and aliases.

    Keys of mappings and literals are not among them. A generic class of the project stays whole.
    """
    if type(kind) is Generic:
        yield from _generic_leaves(kind)
    elif type(kind) is Union:
        for member in kind.members:
            yield from leaves(member)
    elif not (type(kind) is Const and kind.value is None):
        yield kind


def _generic_leaves(kind: Generic) -> Iterator[Value]:
    if type(kind.base) is ClassValue:
        yield kind
    elif type(kind.base) is Generic:
        yield from leaves(substituted(kind.base, kind.args))
    elif type(kind.base) is External:
        name = canonical_typing(kind.base.name)
        if name in ("typing.Literal", "builtins.type", "typing.Type"):
            return
        args = kind.args[:1] if name in TRANSPARENT else kind.args[1:] if name in MAPPINGS else kind.args
        for arg in args:
            if not is_ellipsis(arg):
                yield from leaves(arg)
        if not name.startswith(("builtins.", "typing.", "collections.")) and name not in TRANSPARENT | UNIONS:
            yield UNKNOWN
    else:
        yield UNKNOWN


def substituted(kind: Value, args: tuple[Value, ...]) -> Value:
    """A generic alias with its parameters replaced, in the order in which they first appear."""
    parameters: list[Value] = []

    def collect(value: Value) -> None:
        if is_type_variable(value) or value is UNKNOWN:
            if not any(value is known for known in parameters):
                parameters.append(value)
        elif type(value) is Generic:
            for arg in value.args:
                collect(arg)

    def put(value: Value) -> Value:
        for parameter, arg in zip(parameters, args, strict=False):
            if value is parameter:
                return arg
        return Generic(value.base, tuple(put(arg) for arg in value.args)) if type(value) is Generic else value

    collect(kind)
    return put(kind)


def identity(kind: Value) -> object:
    """Equal for types that mean the same."""
    match kind:
        case Generic(base=base, args=args):
            return (identity(base), *(identity(arg) for arg in args))
        case ClassValue(definition=definition):
            return definition
        case External(name=name):
            return name
        case Const(value=value):
            return (type(value), value)
        case _:
            return id(kind)
