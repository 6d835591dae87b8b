"""What things are called in messages."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_lint.findings import Step
from fastapi_lint.project.blocking import Chain
from fastapi_lint.project.interpreting.frames import CallSite
from fastapi_lint.project.interpreting.values import (
    ClassValue,
    Const,
    External,
    FunctionValue,
    GeneratorValue,
    Generic,
    Instance,
    Method,
    Partial,
    Value,
    known_members,
)


def called(site: CallSite) -> str:
    """What a call site calls, as a reader would name it."""
    return name(site.callee)


def caller(site: CallSite) -> str:
    """The function that a call site stands in, or its module."""
    return site.function.name if site.function is not None else site.frame.module.name


def trace(chain: Chain) -> Iterator[Step]:
    """The hops of a chain, from the call that starts it to the one that blocks."""
    for site in chain.sites[:-1]:
        yield Step(site.anchor, f"`{caller(site)}` calls `{called(site)}`")
    last = chain.sites[-1]
    yield Step(last.anchor, f"`{caller(last)}` calls `{chain.leaf.name}`, which blocks")


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


def type_text(kind: Value) -> str | None:
    """A type expression as a reader would write it, with qualified names for classes; None where part of it is unknown."""
    match kind:
        case ClassValue():
            return kind.definition.qualname
        case External():
            return kind.name.removeprefix("builtins.").removeprefix("typing.")
        case Const():
            return repr(kind.value)
        case Generic():
            return _generic_text(kind)
    return None


def _generic_text(kind: Generic) -> str | None:
    base = type_text(kind.base)
    if base == "Annotated":
        return type_text(kind.args[0]) if kind.args else None
    args = [type_text(arg) for arg in kind.args]
    if base == "Optional":
        args.append("None")
    if base is None or None in args:
        return None
    if base in ("Union", "Optional"):
        return " | ".join(arg for arg in args if arg is not None)
    return f"{base}[{', '.join(arg for arg in args if arg is not None)}]"
