"""`except` clauses: which catch everything, and what they do with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import ClassValue, Const, External, Instance, Value, members

if TYPE_CHECKING:
    from fastapi_lint.project import Project

BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
HTTP_EXCEPTION = "starlette.exceptions.HTTPException"


def caught(project: Project, frame: Frame, handler: s.Handler) -> tuple[Value, ...] | None:
    """The classes that a clause catches; empty for a bare one, None where unknown."""
    if handler.caught is None:
        return ()
    nodes = handler.caught.items if type(handler.caught) is s.Collection else (handler.caught,)
    if any(type(node) not in (s.Name, s.Attribute) for node in nodes):
        return None
    return tuple(project.it.evaluate(frame, node) for node in nodes)


def is_broad(project: Project, frame: Frame, handler: s.Handler) -> bool:
    """Whether a clause catches any exception."""
    classes = caught(project, frame, handler)
    return classes == () or any(type(one) is External and one.name in BROAD for one in classes or ())


def catches_http(project: Project, frame: Frame, handler: s.Handler) -> bool | None:
    """Whether a clause catches HTTP exceptions by name; None where that is not known."""
    classes = caught(project, frame, handler)
    if classes is None:
        return None
    return any(is_http_exception(project, one) for one in classes)


def is_http_exception(project: Project, kind: Value) -> bool:
    if type(kind) is ClassValue:
        return project.it.is_subclass(kind.definition, HTTP_EXCEPTION)
    return type(kind) is External and project.it.is_subclass(kind.name, HTTP_EXCEPTION)


def makes_http_exception(project: Project, value: Value) -> bool:
    """Whether a value is an HTTP exception, whatever else it may be."""
    kinds = [one.cls for one in members(value) if type(one) is Instance]
    return len(kinds) == len(members(value)) and all(
        project.it.is_subclass(kind, HTTP_EXCEPTION) if isinstance(kind, (str, ClassDefinition)) else False
        for kind in kinds
    )


def tries(body: tuple[s.Statement, ...]) -> Iterator[s.Try]:
    """The `try` statements of a function's own body."""
    for node in s.walk(*body):
        if type(node) is s.Try:
            yield node


def raises(body: tuple[s.Statement, ...]) -> bool:
    return any(type(node) is s.Raise for node in s.walk(*body))


def status_of(value: Value | None) -> int | None:
    """The number of a status code: `404`, `status.HTTP_404_NOT_FOUND`, `HTTPStatus.NOT_FOUND`."""
    if type(value) is Const and type(value.value) is int:
        return value.value
    if type(value) is Instance and value.attributes is not None:
        return status_of(value.attributes.get("value"))
    if type(value) is not External:
        return None
    name = value.name.rpartition(".")[2]
    if value.name.startswith("http.HTTPStatus."):
        from http import HTTPStatus

        found = HTTPStatus.__members__.get(name)
        return found.value if found is not None else None
    digits = name.split("_")[1] if name.startswith("HTTP_") else ""
    return int(digits) if digits.isdigit() else None
