"""The columns of database tables that a class body assigns: `name = Column(String)`, `name = models.CharField()`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting import expressions
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.generics import scratch
from fastapi_lint.project.interpreting.values import UNKNOWN, Arguments, Const, External, Instance, Value

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

COLUMNS = frozenset({"Column", "mapped_column"})
TEXT_COLUMNS = frozenset({
    "String", "Text", "Unicode", "UnicodeText", "VARCHAR", "CHAR", "TEXT", "NVARCHAR", "LargeBinary", "JSON", "JSONB",
    "UUID", "Uuid", "CharField", "TextField", "BinaryField", "JSONField", "UUIDField", "URLField", "SlugField",
})  # fmt: skip
TEXT = External("builtins.str")


class Column(NamedTuple):
    """`is_deferred`: it is only loaded when somebody asks for it, so that it does not leave with the rest."""

    name: str
    type: Value
    anchor: Anchor
    is_deferred: bool


def columns(it: Interpreter, owner: ClassDefinition) -> Iterator[Column]:
    """The columns that the class's own body assigns without an annotation."""
    frame = scratch(owner, {})
    for node in owner.node.body:
        if type(node) is not s.Assign or type(node.value) is not s.Call or type(node.targets[0]) is not s.Name:
            continue
        name, made_by = node.targets[0].id, called(it, frame, node.value)
        if made_by in COLUMNS:
            arguments = expressions.arguments(it, frame, node.value.args)
            deferred = arguments.keywords.get("deferred")
            is_deferred = type(deferred) is Const and deferred.value is True
            yield Column(name, _type(arguments), frame.anchor(node), is_deferred)
        elif made_by.endswith("Field"):
            kind = TEXT if made_by in TEXT_COLUMNS else External(f"builtins.{made_by}")
            yield Column(name, kind, frame.anchor(node), False)


def called(it: Interpreter, frame: Frame, node: s.Call) -> str:
    """The last name of the library's function that a call calls; empty for any other."""
    callee = it.evaluate(frame, node.func)
    return callee.name.rpartition(".")[2] if type(callee) is External else ""


def _type(arguments: Arguments) -> Value:
    for value in (*arguments.positional, arguments.keywords.get("type_")):
        if type(value) in (External, Instance):
            name = value.name if type(value) is External else value.class_name  # type: ignore[union-attr]
            return TEXT if name.rpartition(".")[2] in TEXT_COLUMNS else External(name)
    return UNKNOWN
