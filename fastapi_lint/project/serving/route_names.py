"""The names by which `url_for` finds routes, and the parameters that each of them wants (`Router.url_path_for` of Starlette)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting.events import Event
from fastapi_lint.project.interpreting.values import ClassValue, Const, FunctionValue, Instance, Value
from fastapi_lint.project.serving.application import Operation, Route, text
from fastapi_lint.project.serving.paths import path_names

if TYPE_CHECKING:
    from fastapi_lint.project import Project

OWN = frozenset({"openapi", "swagger_ui_html", "swagger_ui_redirect", "redoc_html"})
"""The pages of FastAPI's own."""
Parameters = frozenset[str]


@dataclass(slots=True)
class RouteNames:
    """`known`: for each name the parameters of its routes, None where some are not known. `mounts`: names whose `NAME:...` belong to what is
    mounted there. `is_open`: there may be other names."""

    known: dict[str, set[Parameters] | None] = field(default_factory=dict)
    mounts: set[str] = field(default_factory=set)
    is_open: bool = False

    def add(self, name: str | None, parameters: Parameters | None) -> None:
        if name is None:
            self.is_open = True
            return
        before = self.known.setdefault(name, set())
        if parameters is None or before is None:
            self.known[name] = None
        else:
            before.add(parameters)

    def has(self, name: str) -> bool:
        return name in self.known or name in OWN or name.partition(":")[0] in self.mounts


def of(project: Project, *, in_requests: bool) -> RouteNames:
    """The names of everything in a project, whichever of its applications a request is of.

    A request looks names up in the outermost application, where what is mounted has the names of its mounts before its own.
    """
    found = RouteNames(is_open=bool(project.model.unresolved) or not project.applications)
    for application in project.applications:
        for operation in () if in_requests and application.is_mounted else application.operations:
            found.add(_full(operation), _parameters(operation))
        found.is_open |= any(
            _is_given(project.it.routing.setting(application.instance, name)) for name in ("routes", "router")
        )
    served = {id(operation.route) for operation in project.operations}
    for route in project.routes:
        if id(route) not in served:
            found.add(_name(route), None)
    for made in project.it.routing.made:
        for event in made.events or ():
            if event.kind == "raw_route":
                found.add(_given_name(event) or _function_name(event.handler), None)
            elif event.kind == "mount":
                _add_mount(project, found, event)
    return found


def _add_mount(project: Project, found: RouteNames, event: Event) -> None:
    name = event.arguments.get("name", 2)
    if _is_given(name):
        called = text(name)
        found.add(called, None)
        found.mounts.add(called or "")
    elif not (
        type(event.handler) is Instance and (project.it.routing.is_router(event.handler) or _is_files(event.handler))
    ):
        found.is_open = True  # its names are the application's too


def _is_files(value: Instance) -> bool:
    return value.class_name.endswith("StaticFiles")


def _full(operation: Operation) -> str | None:
    """A route's name behind those of the mounts around it."""
    parts: list[str | None] = []
    for event in operation.chain:
        given = event.arguments.get("name", 2) if event.kind == "mount" else None
        if _is_given(given):
            parts.append(text(given))
    parts.append(_name(operation.route))
    return None if None in parts else ":".join(part for part in parts if part is not None)


def _parameters(operation: Operation) -> Parameters | None:
    return None if operation.path is None else path_names(operation.path)


def _name(route: Route) -> str | None:
    given = route.keyword("name")
    if _is_given(given):
        return text(given)
    return None if route.arguments.starred else _function_name(route.event.handler)


def _given_name(event: Event) -> str | None:
    return text(event.arguments.keywords.get("name"))


def _function_name(handler: Value) -> str | None:
    if type(handler) is FunctionValue:
        return (handler.wrapped or handler).definition.name
    return handler.definition.name if type(handler) is ClassValue else None


def _is_given(value: Value | None) -> bool:
    return value is not None and not (type(value) is Const and value.value is None)
