"""What a route answers with: data, a response object, nothing."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import UNIONS, canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.routing import plain_type
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Generic,
    Instance,
    Mapping,
    Sequence,
    Text,
    Value,
    members,
)
from fastapi_lint.project.serving.application import Route
from fastapi_lint.project.serving.contract import Contracts

if TYPE_CHECKING:
    from fastapi_lint.project import Project

RESPONSE = "starlette.responses.Response"
BODILESS = frozenset({204, 205, 304, *range(100, 200), 301, 302, 303, 307, 308})
SAYS_NOTHING = frozenset({
    "typing.Any", "builtins.dict", "builtins.list", "builtins.object", "typing.Dict", "typing.List", "typing.Mapping",
    "collections.abc.Mapping", "builtins.tuple", "typing.Tuple",
})  # fmt: skip


class Returned(Enum):
    DATA = "data"
    RESPONSE = "response"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


def is_response(project: Project, value: Value) -> bool:
    """Whether a value is an object of a response class."""
    return type(value) is Instance and project.it.is_subclass(value.cls, RESPONSE)


def returned(project: Project, function: FunctionValue) -> Returned:
    """What a handler returns. Data wins over everything: one path that returns some is enough."""
    kinds = {_kind(project, member) for _, value in project.it.analysis(function).returns for member in members(value)}
    for kind in (Returned.DATA, Returned.UNKNOWN, Returned.RESPONSE):
        if kind in kinds:
            return kind
    return Returned.NOTHING


def _kind(project: Project, value: Value) -> Returned:
    if type(value) is Const:
        return Returned.NOTHING if value.value is None else Returned.DATA
    if is_response(project, value):
        return Returned.RESPONSE
    if isinstance(value, (Mapping, Sequence, Text)):
        return Returned.DATA
    if type(value) is Instance:
        if isinstance(value.cls, ClassDefinition):
            return Returned.UNKNOWN if classes.has_unknown_base(value.cls) else Returned.DATA
        known = project.library.is_class(value.cls) or value.cls.startswith("builtins.")
        return Returned.DATA if known else Returned.UNKNOWN
    return Returned.UNKNOWN


def declares_data(declared: Value, *, strict: bool) -> bool:
    """Whether a response model or return annotation says something. What we cannot resolve is taken to."""
    kind = plain_type(declared)
    if kind is None or kind is UNKNOWN:
        return True
    if type(kind) is External:
        return canonical_typing(kind.name) not in SAYS_NOTHING
    if type(kind) is Generic and type(kind.base) is External:
        name = canonical_typing(kind.base.name)
        if name in UNIONS:
            return all(declares_data(arg, strict=strict) for arg in kind.args)
        if name in SAYS_NOTHING and strict:
            return all(declares_data(arg, strict=strict) for arg in kind.args[-1:])
    return True


def promises_container(declared: Value | None) -> bool:
    """Whether a declaration says no more than that it is a dictionary, a list or a tuple."""
    kind = plain_type(declared)
    return type(kind) is External and canonical_typing(kind.name) in SAYS_NOTHING - {"typing.Any", "builtins.object"}


def declares_response(project: Project, declared: Value) -> bool:
    """Whether an annotation promises a response object."""
    kind = plain_type(declared)
    if type(kind) is ClassValue:
        return project.it.is_subclass(kind.definition, RESPONSE)
    return type(kind) is External and project.it.is_subclass(kind.name, RESPONSE)


def without_body(project: Project, route: Route) -> bool:
    """Whether the route's status code or its response class, which may be its router's, says that there is no data to describe."""
    status = route.keyword("status_code")
    if type(status) is Const and status.value in BODILESS:
        return True
    if type(status) is External and any(str(code) in status.name for code in BODILESS):
        return True
    contracts = Contracts(project)
    given = [contracts.response_class(operation) for operation in project.served(route)] or [
        route.keyword("response_class")
    ]
    return all(one is not None and not _is_json(one) for one in given)


def _is_json(response_class: Value) -> bool:
    return type(response_class) is External and response_class.name.endswith("JSONResponse")


def beside(project: Project, route: Route) -> list[Route]:
    """The routes of the function that a route calls, itself among them."""
    definition = route.function.definition if route.function is not None else None
    return [one for one in project.routes if one.function is not None and one.function.definition is definition]


def hidden(project: Project, route: Route) -> bool:
    """Whether the route is left out of the OpenAPI document by itself, its router or an include of it."""
    if _is_false(route.keyword("include_in_schema")):
        return True
    if route.router.made is not None and _is_false(route.router.made.keywords.get("include_in_schema")):
        return True
    served = project.served(route)
    return bool(served) and all(
        any(_is_false(event.arguments.keywords.get("include_in_schema")) for event in operation.chain)
        for operation in served
    )


def _is_false(value: Value | None) -> bool:
    return type(value) is Const and value.value is False
