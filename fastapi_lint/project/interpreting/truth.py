"""Whether a test comes out one way, where that can be known: yes, no, or None."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import (
    FIXED,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Mapping,
    Method,
    ModuleValue,
    Partial,
    Sequence,
    Value,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


def decided(it: Interpreter, frame: Frame, test: Any, value: Value) -> bool | None:
    """How a test comes out in code that is run for its effects, `value` being what it evaluates to.

    A switch at module level, or a module's constant, is left open: what it turns on or off belongs to the application.
    """
    if not frame.effects or (frame.function is None and not frame.repeats):
        return None
    if any(_is_module_constant(frame, name) for name in _names(test)):
        return None
    return truth(it, value)


def _names(test: Any) -> Iterator[str]:
    kind = type(test)
    if kind is s.Name:
        yield test.id
    elif kind is s.UnaryOperation:
        yield from _names(test.value)
    elif kind is s.BooleanOperation:
        yield from _names(test.left)
        yield from _names(test.right)
    elif kind is s.Comparison:
        for operand in (test.left, *test.comparators):
            yield from _names(operand)


def _is_module_constant(frame: Frame, name: str) -> bool:
    scope: Frame | None = frame
    while scope is not None and scope.parent is not None:
        if name in scope.env:
            return False
        scope = scope.parent
    return scope is not None and scope is not frame and type(scope.env.get(name)) is Const


def truth(it: Interpreter, value: Value) -> bool | None:
    """Whether a value counts as true."""
    match value:
        case Const():
            return bool(value.value) if value.origin in FIXED else None
        case FunctionValue() | ClassValue() | ModuleValue() | Partial():
            return True
        case Sequence(items=items) if items is not None:
            return bool(items)
        case Mapping(open=False):
            return bool(value.entries)
        case Instance(cls=ClassDefinition() as definition):
            own = (classes.member(definition, name) for name in ("__bool__", "__len__"))
            return None if any(own) or classes.has_unknown_base(definition) else True
        case Instance() if it.routing.is_router(value):
            return True
    return None


def compared(operator: str, left: Value, right: Value) -> bool | None:
    """What a comparison gives."""
    if operator in ("not in", "is not", "!="):
        inner = compared({"not in": "in", "is not": "is", "!=": "=="}[operator], left, right)
        return None if inner is None else not inner
    if operator in ("is", "=="):
        return equal(left, right)
    if operator == "in":
        return _contains(right, left)
    if type(left) is Const and type(right) is Const and left.origin in FIXED and right.origin in FIXED:
        return _ordered(operator, left.value, right.value)
    return None


def _ordered(operator: str, left: Any, right: Any) -> bool | None:
    try:
        match operator:
            case "<":
                return bool(left < right)
            case "<=":
                return bool(left <= right)
            case ">":
                return bool(left > right)
            case ">=":
                return bool(left >= right)
    except TypeError:
        pass
    return None


def equal(left: Value, right: Value) -> bool | None:
    """Whether two values are the same, also by `==` where both are constants."""
    if left is right:
        return True
    kinds = (type(left), type(right))
    match left, right:
        case Const(), Const():
            if left.origin in FIXED and right.origin in FIXED:
                return left.value == right.value
            return False if (left.value is None) != (right.value is None) and left.origin == right.origin else None
        case FunctionValue(), FunctionValue():
            return left.definition is right.definition and left.receiver is right.receiver
        case ClassValue(), ClassValue():
            return left.definition is right.definition
        case ModuleValue(), ModuleValue():
            return left.module is right.module
        case External(), External():
            return left.name == right.name
    known = (FunctionValue, ClassValue, ModuleValue, Const, Partial, Instance, Sequence, Mapping)
    if kinds[0] is not kinds[1] and all(kind in known for kind in kinds):
        other = next((one for one in (left, right) if type(one) is not Const), None)
        if type(other) is Instance and isinstance(other.cls, str):
            return False if other.made is not None else None
        return False
    return None


def _contains(container: Value, value: Value) -> bool | None:
    if type(container) is Mapping:
        if type(value) is Const and value.value in container.entries:
            return True
        return None if container.open or type(value) is not Const else False
    if type(container) is Const and type(value) is Const:
        if isinstance(container.value, str) and isinstance(value.value, str):
            return value.value in container.value
        return None
    if type(container) is not Sequence or container.items is None:
        return None
    answers = [equal(value, item) for item in container.items]
    return True if True in answers else None if None in answers else False


def is_of(it: Interpreter, value: Value, kind: Value) -> bool | None:
    """`isinstance(value, kind)`."""
    if type(kind) is Sequence and kind.items is not None:
        answers = [is_of(it, value, item) for item in kind.items]
        return True if True in answers else None if None in answers else False
    wanted = kind.definition if type(kind) is ClassValue else kind.name if type(kind) is External else None
    if wanted is None:
        return None
    if type(value) is Instance:
        if it.is_subclass(value.cls, wanted):
            return True
        outside = not isinstance(value.cls, ClassDefinition) or classes.has_unknown_base(value.cls)
        return None if outside and value.made is None else False
    names = BUILTIN_KINDS.get(type(value))
    if type(value) is Const:
        names = (f"builtins.{type(value.value).__name__}",)
    return None if names is None else wanted in names


BUILTIN_KINDS: dict[type, tuple[str, ...]] = {
    FunctionValue: ("types.FunctionType", "types.MethodType", "typing.Callable", "collections.abc.Callable"),
    Method: (),
    ClassValue: ("builtins.type",),
    ModuleValue: ("types.ModuleType",),
    Mapping: ("builtins.dict", "collections.abc.Mapping", "typing.Mapping"),
}
