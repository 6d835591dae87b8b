"""The HTTP errors that a route may answer with: raised by itself, by what it calls, by its dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project import classes
from fastapi_lint.project.contract import status_code
from fastapi_lint.project.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.frames import CallSite
from fastapi_lint.project.values import ClassValue, Const, External, FunctionValue, Instance, Value, known_members

if TYPE_CHECKING:
    from fastapi_lint.project import Project, Route

HTTP_EXCEPTIONS = frozenset(
    {"fastapi.HTTPException", "fastapi.exceptions.HTTPException", "starlette.exceptions.HTTPException"}
)
BROAD = frozenset({"Exception", "BaseException", "HTTPException", "StarletteHTTPException"})
DEEPEST = 6
"""How many calls are followed."""


def raised_by(project: Project, route: Route) -> Iterator[tuple[int, Anchor]]:
    """Each status code with the place where it is raised, nearest first."""
    seen: set[FunctionDefinition] = set()
    if route.function is not None:
        yield from _of_function(project, route.function, seen, 0)
    served = project.served(route)
    found = project.dependencies.of_operation(served[0]) if served else project.dependencies.of_route(route)
    for dependency in found or ():
        for one in dependency.walk():
            if one.function is not None:
                yield from _of_function(project, one.function, seen, 0)


def _of_function(
    project: Project, function: FunctionValue, seen: set[FunctionDefinition], depth: int
) -> Iterator[tuple[int, Anchor]]:
    if function.definition in seen or depth > DEEPEST:
        return
    seen.add(function.definition)
    frame = project.it.analysis(function)
    thrown = {
        one.exception.at
        for one in s.walk(*function.definition.node.body)
        if type(one) is s.Raise and one.exception is not None
    }
    for site in frame.sites:
        if site.kind == "call" and site.node.at in thrown:
            code = _status(project, site)
            if code is not None and not _is_caught(site):
                yield code, site.anchor
    for site in frame.sites:
        if _is_caught(site):
            continue
        for callee in known_members(site.callee):
            if type(callee) is FunctionValue and site.kind in ("call", "property"):
                yield from _of_function(project, callee, seen, depth + 1)


def _is_caught(site: CallSite) -> bool:
    """Whether a `try` around it catches any such error."""
    for one in site.handlers:
        for handler in one.handlers:
            caught = handler.caught.items if type(handler.caught) is s.Collection else (handler.caught,)
            for kind in caught:
                name = kind.id if type(kind) is s.Name else kind.attr if type(kind) is s.Attribute else ""
                if kind is None or name in BROAD:
                    return True
    return False


def _status(project: Project, site: CallSite) -> int | None:
    """The status code of an exception that is made to be raised."""
    for callee in known_members(site.callee):
        if type(callee) is External and callee.name in HTTP_EXCEPTIONS:
            return _code(site.arguments.get("status_code", 0))
        if type(callee) is ClassValue and any(name in HTTP_EXCEPTIONS for name in classes.externals(callee.definition)):
            if classes.member(callee.definition, "__init__") is None:
                return _code(site.arguments.get("status_code", 0))
            return _own(project, callee.definition)
    return None


def _own(project: Project, definition: ClassDefinition) -> int | None:
    """The status code that a class hands to its base, or has as an attribute."""
    attribute = classes.member(definition, "status_code")
    if attribute is not None and (code := _code(attribute[1])) is not None:
        return code
    found = classes.member(definition, "__init__")
    if found is None or type(found[1]) is not FunctionValue:
        return None
    made = found[1].bound(Instance(definition))
    for site in project.it.analysis(made).sites:
        if type(site.node) is s.Call and type(site.node.func) is s.Attribute and site.node.func.attr == "__init__":
            code = _code(site.arguments.get("status_code", 0))
            if code is not None:
                return code
    return None


def _code(value: Value | None) -> int | None:
    if type(value) is Const and value.origin not in ("literal", "parameter default"):
        return None
    code = status_code(value) if value is not None else None
    return code if code is not None and 400 <= code < 600 else None
