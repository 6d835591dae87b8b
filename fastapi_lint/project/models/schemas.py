"""Models as they look from outside: which names a request or response carries, and of what types. A view on the table of fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting.annotations import UNIONS, canonical_typing
from fastapi_lint.project.interpreting.values import Const, External, Generic, Value
from fastapi_lint.project.models.fields import SchemaField, fields_of
from fastapi_lint.project.models.kinds import WITH_FIELDS, class_of, kind_of

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

KNOWN_PACKAGES = frozenset({
    "builtins", "typing", "typing_extensions", "collections", "datetime", "decimal", "uuid", "pathlib", "types", "enum", "ipaddress", "re",
    "fastapi", "starlette", "pydantic", "fractions", "pydantic_extra_types", "numbers",
})  # fmt: skip
"""Whose types FastAPI knows how to serialise."""


def plain(annotation: Value) -> Value:
    """An annotation without `Annotated`, and without None where that leaves one type."""
    while type(annotation) is Generic and type(annotation.base) is External:
        name = canonical_typing(annotation.base.name)
        if name == "typing.Annotated" and annotation.args:
            annotation = annotation.args[0]
        elif name in UNIONS:
            some = [arg for arg in flat_union(annotation) if not (type(arg) is Const and arg.value is None)]
            if len(some) != 1:
                break
            annotation = some[0]
        else:
            break
    return annotation


def flat_union(annotation: Value) -> Iterator[Value]:
    """The members of a union, unions in it looked through."""
    if (
        type(annotation) is Generic
        and type(annotation.base) is External
        and canonical_typing(annotation.base.name) in UNIONS
    ):
        for arg in annotation.args:
            yield from flat_union(arg)
    else:
        yield annotation


def fields(it: Interpreter, annotation: Value) -> tuple[SchemaField, ...] | None:
    """The fields of a class in the order in which it serialises them; None where they are not known."""
    definition = class_of(annotation)
    if definition is None or kind_of(it, definition) not in WITH_FIELDS:
        return None
    return fields_of(it, definition, annotation.args if type(annotation) is Generic else ())


def models(it: Interpreter, annotation: Value) -> list[Value] | None:
    """The models in an annotation, through containers and unions; None where some part of it is unknown."""
    annotation = plain(annotation)
    definition = class_of(annotation)
    if definition is not None:
        kind = kind_of(it, definition)
        if kind in WITH_FIELDS:
            return [annotation]
        return [] if kind == "plain" else None
    if type(annotation) is Generic:
        return _in_generic(it, annotation)
    if type(annotation) is External:
        return [] if _is_known(annotation.name) else None
    return [] if type(annotation) is Const and annotation.value is None else None


def _in_generic(it: Interpreter, annotation: Generic) -> list[Value] | None:
    base = annotation.base.name if type(annotation.base) is External else ""
    if canonical_typing(base) == "typing.Literal":
        return []
    if not _is_known(base):
        return None
    found: list[Value] = []
    for arg in annotation.args:
        inner = models(it, arg)
        if inner is None:
            return None
        found += inner
    return found


def _is_known(name: str) -> bool:
    return name.partition(".")[0] in KNOWN_PACKAGES


def may_be_none(annotation: Value) -> bool:
    """Whether an annotation says that None will do as well."""
    if type(annotation) is Generic and type(annotation.base) is External:
        if annotation.base.name.endswith(".Annotated") and annotation.args:
            return may_be_none(annotation.args[0])
        if annotation.base.name.endswith(".Optional"):
            return True
    members = list(flat_union(annotation))
    return len(members) > 1 and any(type(one) is Const and one.value is None for one in members)
