"""What things are called in messages."""

from __future__ import annotations

from fastapi_lint.project.frames import CallSite
from fastapi_lint.project.values import (
    ClassValue,
    External,
    FunctionValue,
    GeneratorValue,
    Instance,
    Method,
    Partial,
    Value,
    known_members,
)


def called(site: CallSite) -> str:
    """What a call site calls, as a reader would name it."""
    return name(site.callee)


def name(value: Value) -> str:
    for member in known_members(value):
        match member:
            case FunctionValue():
                return _function(member)
            case ClassValue():
                return member.definition.name
            case External():
                return member.name.removeprefix("builtins.")
            case Method():
                return member.qualname
            case Partial():
                return name(member.func)
            case GeneratorValue():
                return _function(member.callee)
            case Instance():
                return member.class_name.rpartition(".")[2]
    return "?"


def _function(function: FunctionValue) -> str:
    owner = function.definition.owner
    return f"{owner.name}.{function.definition.name}" if owner is not None else function.definition.name
