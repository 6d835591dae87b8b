"""Whether a call leaves everything as it was: only what provably changes nothing but its own variables does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import CallSite
from fastapi_lint.project.interpreting.values import (
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Method,
    Value,
    members,
)

if TYPE_CHECKING:
    from fastapi_lint.project import Project

DEEPEST = 4
"""How many calls are followed."""
COMPUTING = frozenset({
    "builtins", "math", "cmath", "json", "re", "datetime", "uuid", "random", "secrets", "hashlib", "hmac", "base64", "binascii", "string",
    "textwrap", "decimal", "fractions", "statistics", "itertools", "functools", "operator", "collections", "typing", "typing_extensions",
    "copy", "html", "enum", "dataclasses", "zoneinfo", "calendar", "time", "logging", "structlog", "loguru", "pydantic", "fastapi",
    "starlette", "http", "urllib.parse", "asyncio.sleep", "contextlib",
})  # fmt: skip
"""Modules and functions that work something out, or write a log."""
CHANGING = frozenset({
    "builtins.open", "builtins.exec", "builtins.eval", "builtins.compile", "builtins.setattr", "builtins.delattr", "builtins.__import__",
    "builtins.input", "builtins.globals",
    "fastapi.background", "starlette.background", "fastapi.BackgroundTasks",
    "starlette.websockets", "fastapi.WebSocket", "starlette.requests", "logging.config",
})  # fmt: skip
"""What is not, among those."""
RECORDS = frozenset(
    {"builtins.Exception", "builtins.BaseException", "builtins.object", "enum.Enum", "typing.NamedTuple"}
)
FILLING = frozenset({
    "append", "add", "extend", "insert", "update", "pop", "popitem", "popleft", "appendleft", "remove", "discard", "clear", "setdefault",
    "sort", "reverse", "__setitem__", "__delitem__",
})  # fmt: skip
"""Methods that change a container."""


def changes_nothing(project: Project, function: FunctionValue) -> bool:
    """Whether a function and all that it calls can be seen to change nothing outside of it; False where that is unknown."""
    return _is_pure(project, function, frozenset())


def _is_pure(project: Project, function: FunctionValue, above: frozenset[FunctionDefinition]) -> bool:
    definition = function.definition
    if definition in above:
        return True
    if len(above) > DEEPEST or definition.is_abstract:
        return not above and definition.is_abstract
    if not all(_keeps(definition, node) for node in s.walk(*definition.node.body)):
        return False
    sites = project.it.analysis(function).sites
    return all(_leaves(project, definition, site, above | {definition}) for site in sites)


def _keeps(definition: FunctionDefinition, node: s.Node) -> bool:
    """Whether a statement binds and fills nothing but the function's own variables."""
    match node:
        case s.Flow(kind="global" | "nonlocal"):
            return False
        case s.Assign(targets=targets) | s.Delete(targets=targets):
            return all(_is_own(definition, target) for target in targets)
        case s.AugmentedAssign(target=target) | s.AnnotatedAssign(target=target):
            return _is_own(definition, target)
    return True


def _is_own(definition: FunctionDefinition, target: Any) -> bool:
    if type(target) is s.Collection:
        return all(_is_own(definition, item) for item in target.items)
    if type(target) is s.Name:
        return True
    while type(target) in (s.Attribute, s.Subscript, s.Starred):
        target = target.value
    return type(target) is s.Name and _made_here(definition, target.id)


def _made_here(definition: FunctionDefinition, name: str) -> bool:
    """Whether a variable holds what the function made: no argument, unless it is the object under construction."""
    parameters = [parameter.name for parameter in definition.node.parameters]
    if name in parameters:
        return definition.name == "__init__" and name == parameters[0]
    return name in definition.locals


def _leaves(
    project: Project, definition: FunctionDefinition, site: CallSite, above: frozenset[FunctionDefinition]
) -> bool:
    return all(_is_harmless(project, definition, site, member, above) for member in members(site.callee))


def _is_harmless(
    project: Project,
    definition: FunctionDefinition,
    site: CallSite,
    callee: Value,
    above: frozenset[FunctionDefinition],
) -> bool:
    match callee:
        case FunctionValue():
            return _is_pure(project, callee, above)
        case ClassValue():
            return _makes_record(project, callee.definition, above)
        case External():
            return _computes(callee.name)
        case Method():
            if callee.owner.startswith("builtins.") and callee.name in FILLING:
                match site.node:
                    case s.Call(func=s.Attribute(value=s.Name(id=name))):
                        return _made_here(definition, name)
                return False
            return _computes(callee.qualname)
        case Instance(cls=str() as name):
            return _computes(name)
    return False


def _computes(name: str) -> bool:
    prefixes = {name[: at or None] for at in (0, *(i for i, letter in enumerate(name) if letter == "."))}
    return not prefixes.isdisjoint(COMPUTING) and prefixes.isdisjoint(CHANGING)


def _makes_record(project: Project, definition: ClassDefinition, above: frozenset[FunctionDefinition]) -> bool:
    if classes.has_unknown_base(definition):
        return False
    found = classes.member(definition, "__init__")
    if found is not None:
        return type(found[1]) is FunctionValue and _is_pure(project, found[1], above)
    return all(_computes(name) or name in RECORDS for name in classes.externals(definition))
