"""Code that looks at code: `vars`, `getattr`, `inspect`. Class-based views and registries that projects write are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.expressions import BOOL
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.targets import set_attribute
from fastapi_lint.project.interpreting.truth import is_of
from fastapi_lint.project.interpreting.values import (
    NONE,
    UNKNOWN,
    Arguments,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Mapping,
    Partial,
    Sequence,
    Union,
    Value,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


def attribute_of_function(function: FunctionValue, name: str) -> Value:
    """What was assigned to a function, or what it says of itself."""
    if name in function.attributes:
        return function.attributes[name]
    definition = function.definition
    match name:
        case "__name__":
            return Const(definition.name)
        case "__qualname__":
            return Const(definition.qualname.removeprefix(f"{definition.module.name}."))
        case "__module__":
            return Const(definition.module.name)
        case "__doc__":
            return Const(definition.node.docstring)
        case "__func__":
            return function.like(None, function.wrapped)
        case "__self__" if function.receiver is not None:
            return function.receiver
        case "__dict__":
            return Mapping(dict(function.attributes), open=False)
        case "__wrapped__" if function.wrapped is not None:
            return function.wrapped
    return UNKNOWN


def has(it: Interpreter, frame: Frame, value: Value, name: str) -> bool | None:
    """`hasattr(value, name)`."""
    if type(value) is FunctionValue:
        known = attribute_of_function(value, name) is not UNKNOWN
        return True if known else None if value.wrapped is not None or name.startswith("__") else False
    if type(value) is ClassValue or (type(value) is Instance and isinstance(value.cls, ClassDefinition)):
        definition = value.definition if isinstance(value, ClassValue) else value.cls
        assert isinstance(definition, ClassDefinition)
        if classes.member(definition, name) is not None or (
            type(value) is Instance and name in (value.attributes or {})
        ):
            return True
        if classes.has_unknown_base(definition) or classes.externals(definition):
            return None
        if type(value) is Instance and classes.self_attribute(it, definition, name) is not None:
            return True
        return None if name.startswith("__") else False
    if type(value) in (Const, Sequence, Mapping):
        kind = type(value.value) if type(value) is Const else dict if type(value) is Mapping else list
        return hasattr(kind, name)
    return None


def _text(value: Value | None) -> str | None:
    return value.value if type(value) is Const and isinstance(value.value, str) else None


def _answer(found: bool | None) -> Value:
    return BOOL if found is None else Const(found)


# ---- built-in functions -----------------------------------------------------------------------------------------------------


def _getattr(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    name = _text(arguments.get("name", 1))
    if not arguments.positional or name is None:
        return UNKNOWN
    subject = arguments.positional[0]
    default = arguments.get("default", 2)
    if default is not None and has(it, frame, subject, name) is False:
        return default
    return it.attribute(frame, subject, name, node)


def _hasattr(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    name = _text(arguments.get("name", 1))
    if not arguments.positional or name is None:
        return BOOL
    return _answer(has(it, frame, arguments.positional[0], name))


def _setattr(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    name = _text(arguments.get("name", 1))
    if name is not None and len(arguments.positional) == 3:
        set_attribute(it, frame, arguments.positional[0], name, arguments.positional[2])
    return NONE


def _isinstance(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    return _answer(is_of(it, *arguments.positional)) if len(arguments.positional) == 2 and frame.effects else BOOL


def _issubclass(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    if len(arguments.positional) != 2 or type(arguments.positional[0]) is not ClassValue:
        return BOOL
    definition = arguments.positional[0].definition
    kind = arguments.positional[1]
    wanted = kind.definition if type(kind) is ClassValue else kind.name if type(kind) is External else None
    if wanted is None:
        return BOOL
    found = it.is_subclass(definition, wanted)
    return _answer(found or (None if classes.has_unknown_base(definition) else False))


def _callable(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    value = arguments.positional[0] if arguments.positional else UNKNOWN
    if type(value) in (FunctionValue, ClassValue, Partial):
        return Const(True)
    if type(value) in (Const, Sequence, Mapping):
        return Const(False)
    if type(value) is Instance and isinstance(value.cls, ClassDefinition) and not classes.has_unknown_base(value.cls):
        return Const(classes.member(value.cls, "__call__") is not None)
    return BOOL


def namespace(value: Value) -> Value:
    """`vars(value)`: the names of a class's own body, in the order in which it binds them, or of an object."""
    if type(value) is ClassValue and value.definition.frame is not None:
        return Mapping(dict(value.definition.frame.env), open=False)
    if type(value) is Instance and isinstance(value.cls, ClassDefinition):
        return Mapping(dict(value.attributes or {}), open=True)
    return UNKNOWN


def _names(value: Value) -> list[str] | None:
    """`dir(value)`, without what every object has."""
    definition = value.definition if type(value) is ClassValue else value.cls if type(value) is Instance else None
    if not isinstance(definition, ClassDefinition) or classes.has_unknown_base(definition):
        return None
    found = set((value.attributes or {}) if type(value) is Instance else ())
    for ancestor in classes.ancestors(definition):
        if isinstance(ancestor, ClassDefinition) and ancestor.frame is not None:
            found.update(ancestor.frame.env)
    return sorted(found)


def _dir(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    names = _names(arguments.positional[0]) if arguments.positional else None
    return Sequence("list", None if names is None else [Const(name) for name in names])


def _members(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    """`inspect.getmembers(value, predicate)`."""
    subject = arguments.positional[0] if arguments.positional else UNKNOWN
    predicate = arguments.get("predicate", 1)
    names = _names(subject)
    if names is None:
        return Sequence("list", None, Sequence("tuple", [Instance("builtins.str"), UNKNOWN]))
    found: list[Value] = []
    for name in names:
        value = it.attribute(frame, subject, name, node)
        wanted = (
            Const(True)
            if predicate is None or _is_none(predicate)
            else it.call(frame, predicate, Arguments((value,), {}), node)
        )
        if not (type(wanted) is Const and not wanted.value):
            found.append(Sequence("tuple", [Const(name), value]))
    return Sequence("list", found)


def _is_none(value: Value) -> bool:
    return type(value) is Const and value.value is None


def _is_function(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    value = arguments.positional[0] if arguments.positional else UNKNOWN
    if type(value) is FunctionValue:
        bound = value.receiver is not None and not (value.definition.is_static)
        return Const(not bound)
    return BOOL if value is UNKNOWN or type(value) is Union else Const(False)


def _is_method(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    value = arguments.positional[0] if arguments.positional else UNKNOWN
    if type(value) is FunctionValue:
        return Const(value.receiver is not None)
    return BOOL if value is UNKNOWN or type(value) is Union else Const(False)


def _is_routine(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    value = arguments.positional[0] if arguments.positional else UNKNOWN
    return BOOL if value is UNKNOWN or type(value) is Union else Const(type(value) is FunctionValue)


def _is_class(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    value = arguments.positional[0] if arguments.positional else UNKNOWN
    return BOOL if value is UNKNOWN or type(value) in (Union, External) else Const(type(value) is ClassValue)


def _is_coroutine_function(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    value = arguments.positional[0] if arguments.positional else UNKNOWN
    return Const(value.definition.node.is_async) if type(value) is FunctionValue else BOOL


def _signature(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    """`inspect.signature(f)`, which remembers whose it is."""
    return Instance("inspect.Signature", (), Arguments(arguments.positional, {}, arguments.starred))


SPECIAL: dict[str, Any] = {
    "builtins.callable": _callable,
    "builtins.dir": _dir,
    "builtins.getattr": _getattr,
    "builtins.hasattr": _hasattr,
    "builtins.isinstance": _isinstance,
    "builtins.issubclass": _issubclass,
    "builtins.setattr": _setattr,
    "asyncio.iscoroutinefunction": _is_coroutine_function,
    "inspect.getmembers": _members,
    "inspect.isclass": _is_class,
    "inspect.iscoroutinefunction": _is_coroutine_function,
    "inspect.isfunction": _is_function,
    "inspect.ismethod": _is_method,
    "inspect.isroutine": _is_routine,
    "inspect.signature": _signature,
}
