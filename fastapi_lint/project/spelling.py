"""How a type is written down in a module: by the names that it knows, or by ones that it can import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_lint.findings import AddImport, Template
from fastapi_lint.project.interpreting.annotations import UNIONS, canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.values import (
    ClassValue,
    Const,
    External,
    Generic,
    Instance,
    Mapping,
    Sequence,
    Value,
)

if TYPE_CHECKING:
    from fastapi_lint.project import Project

PLAIN = frozenset({"builtins.str", "builtins.int", "builtins.float", "builtins.bool", "builtins.bytes"})
SAYS_NOTHING = frozenset({"typing.Any", "builtins.object"})


def spelled(project: Project, kind: Value, where: FunctionDefinition) -> Template | None:
    """A type as the signature of a function may spell it; None where it cannot."""
    match kind:
        case ClassValue():
            return _class(project, kind.definition, where)
        case External():
            return _external(project, kind, where)
        case Generic():
            return _generic(project, kind, where)
        case Const(value=None):
            return ("None",)
        case _:
            return None


def type_of(value: Value) -> Value | None:
    """The type of an object, where it has one name."""
    match value:
        case Instance(cls=str() as name):
            return None if name in SAYS_NOTHING or value.args else External(name)
        case Instance(cls=ClassDefinition() as definition):
            return None if value.args else ClassValue(definition)
        case Const(value=bool() | int() | float() | str() as plain):
            return External(f"builtins.{type(plain).__name__}")
        case Mapping() | Sequence():
            return None
        case _:
            return None


def _class(project: Project, definition: ClassDefinition, where: FunctionDefinition) -> Template | None:
    local = project.local_name(where, definition)
    if local is not None:
        return (local,)
    if definition.module is where.module or definition.qualname != f"{definition.module.name}.{definition.name}":
        return None
    return (AddImport(where.module.path, definition.module.name, definition.name),)


def _external(project: Project, kind: External, where: FunctionDefinition) -> Template | None:
    name = canonical_typing(kind.name)
    if name in SAYS_NOTHING:
        return None
    module, _, last = name.rpartition(".")
    if module == "builtins":
        return (last,)
    for local, value in project.it.module_frame(where.module).env.items():
        if type(value) is External and value.name == kind.name:
            return (local,)
    return (AddImport(where.module.path, module, last),) if module else None


def _generic(project: Project, kind: Generic, where: FunctionDefinition) -> Template | None:
    base = canonical_typing(kind.base.name) if type(kind.base) is External else ""
    if base == "typing.Annotated":
        return spelled(project, kind.args[0], where) if kind.args else None
    parts = [spelled(project, arg, where) for arg in kind.args]
    if base == "typing.Optional":
        parts.append(("None",))
    if not parts or any(part is None for part in parts):
        return None
    separator = " | " if base in UNIONS else ", "
    joined: list[object] = []
    for part in parts:
        joined += [separator, *(part or ())] if joined else list(part or ())
    if base in UNIONS:
        return tuple(joined)  # type: ignore[arg-type]
    outer = spelled(project, kind.base, where)
    return (*outer, "[", *joined, "]") if outer is not None else None  # type: ignore[arg-type]
