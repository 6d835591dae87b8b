"""The application as FastAPI would serve it: routes, and operations with their full paths.

Read from the events of routers and applications (`routing`). What could not be resolved is kept and said (`unresolved`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi_lint.findings import Anchor
from fastapi_lint.project.definitions import ClassDefinition
from fastapi_lint.project.routing import HTTP_METHODS, Event
from fastapi_lint.project.values import (
    Arguments,
    Const,
    FunctionValue,
    Instance,
    Partial,
    Text,
    Union,
    Value,
)
from fastapi_lint.project.versions import Versions

if TYPE_CHECKING:
    from fastapi_lint.project.interpreter import Interpreter


ROUTER_TREES = "0.137"
"""The FastAPI that keeps included routers as a tree: what is added to one later is served, and so are its mounts."""


@dataclass(slots=True, eq=False)
class Route:
    """One registration of a handler on a router or application.

    `path` is its own path, None where unknown; `methods` in upper case, `("WEBSOCKET",)` for a websocket.
    """

    event: Event
    router: Instance
    path: str | None
    methods: tuple[str, ...]
    handler: FunctionValue | None

    @property
    def function(self) -> FunctionValue | None:
        """The function that FastAPI reads the signature of: below decorators that keep it."""
        return None if self.handler is None else self.handler.wrapped or self.handler

    @property
    def arguments(self) -> Arguments:
        return self.event.arguments

    @property
    def is_websocket(self) -> bool:
        return self.event.kind == "websocket"

    @property
    def site(self) -> Anchor:
        """The decorator or call that registers it."""
        return self.event.site

    def keyword(self, name: str) -> Value | None:
        return self.event.arguments.keywords.get(name)


@dataclass(slots=True, eq=False)
class Operation:
    """A route as an application serves it. `chain`: the includes and mounts that lead to it, outermost first."""

    route: Route
    application: Instance
    method: str
    path: str | None
    chain: tuple[Event, ...]
    routers: tuple[Instance, ...]
    is_late: bool = False

    @property
    def conditional(self) -> bool:
        """Whether it depends on a switch, or on the release of FastAPI, so that some deployments may not serve it."""
        return self.is_late or self.route.event.conditional or any(event.conditional for event in self.chain)


@dataclass(slots=True)
class Unresolved:
    """Something that shapes the application and that we cannot see through."""

    site: Anchor
    message: str


@dataclass(slots=True)
class Application:
    """A FastAPI object and what it serves, in the order in which it would match."""

    instance: Instance
    operations: list[Operation] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)


class ApplicationModel:
    def __init__(self, it: Interpreter, versions: Versions) -> None:
        self.it = it
        self.versions = versions
        self.routes: list[Route] = list(self._routes())
        self._by_event = {id(route.event): route for route in self.routes}
        self.applications: list[Application] = [self._application(made) for made in self._roots()]

    @property
    def unresolved(self) -> list[Unresolved]:
        found = {
            unresolved.site: unresolved for application in self.applications for unresolved in application.unresolved
        }
        return list(found.values())

    def _routes(self) -> Iterator[Route]:
        for router in self.it.routing.made:
            for event in router.events or ():
                if event.kind in ("route", "websocket"):
                    yield self._route(router, event)

    def _route(self, router: Instance, event: Event) -> Route:
        path = text(event.arguments.get("path", 0))
        handler = _function(event.handler)
        return Route(event, router, path, self._methods(event), handler)

    def _methods(self, event: Event) -> tuple[str, ...]:
        if event.kind == "websocket":
            return ("WEBSOCKET",)
        if event.name in HTTP_METHODS:
            return (event.name.upper(),)
        given = event.arguments.get("methods")
        if given is None or (type(given) is Const and given.value is None):
            return ("GET",)
        items = self.it.items(given)
        names = [item.value.upper() for item in items or () if type(item) is Const and isinstance(item.value, str)]
        return tuple(dict.fromkeys(names))

    def _roots(self) -> list[Instance]:
        return [made for made in self.it.routing.made if self.it.routing.is_application(made)]

    def _application(self, made: Instance) -> Application:
        found = Application(made)
        self._collect(found, made, "", (), (made,), None)
        return found

    def _collect(
        self,
        found: Application,
        router: Instance,
        prefix: str | None,
        chain: tuple[Event, ...],
        routers: tuple[Instance, ...],
        included: int | None,
    ) -> None:
        """`included`: the order of the earliest include on the way here, None where nothing was included."""
        own = self._own_prefix(router)
        here = None if prefix is None or own is None else prefix + own
        for event in router.events or ():
            late = included is not None and event.order > included
            if late and self.versions.fastapi.before(ROUTER_TREES) is True:
                continue
            late = late and self.versions.fastapi.before(ROUTER_TREES) is not False
            if event.kind in ("route", "websocket"):
                route = self._by_event.get(id(event))
                if route is not None:
                    path = None if here is None or route.path is None else here + route.path
                    for method in route.methods:
                        found.operations.append(Operation(route, found.instance, method, path, chain, routers, late))
            elif event.kind in ("include", "mount"):
                self._descend(found, event, here, chain, routers, included)

    def _descend(
        self,
        found: Application,
        event: Event,
        here: str | None,
        chain: tuple[Event, ...],
        routers: tuple[Instance, ...],
        included: int | None,
    ) -> None:
        child = event.handler
        is_mount = event.kind == "mount"
        if is_mount and included is not None and self.versions.fastapi.before(ROUTER_TREES) is True:
            return  # an included router's mounts were left behind
        if type(child) is not Instance or not self.it.routing.is_router(child):
            if not is_mount:
                self._note(found, event, "the included router cannot be resolved")
            elif type(child) is not Instance or isinstance(child.cls, ClassDefinition):
                self._note(found, event, "the mounted application cannot be resolved")
            return
        if child in routers:
            return
        given = event.arguments.get("path", 0) if is_mount else event.arguments.get("prefix")
        step = "" if given is None else text(given)
        if step is None:
            self._note(
                found, event, "the path of what is mounted is not known" if is_mount else "the prefix is not known"
            )
        elif is_mount:
            step = step.rstrip("/")
        path = None if here is None or step is None else here + step
        order = None if is_mount else min(included or event.order, event.order)
        self._collect(found, child, path, (*chain, event), (*routers, child), order)

    def _note(self, found: Application, event: Event, message: str) -> None:
        found.unresolved.append(Unresolved(event.site, message))

    def _own_prefix(self, router: Instance) -> str | None:
        if self.it.routing.is_application(router):
            return ""
        given = self.it.routing.setting(router, "prefix")
        if given is None and router.attributes is not None:
            given = router.attributes.get("prefix")
        return "" if given is None else text(given)


def _function(value: Value) -> FunctionValue | None:
    while type(value) is Partial:
        value = value.func
    return value if type(value) is FunctionValue else None


def text(value: Value | None) -> str | None:
    """A string that is wholly known."""
    if type(value) is Union:
        value = _fallback(value)
    if type(value) is Text:
        parts = [str(part.value) if type(part) is Const else text(part) for part in value.parts]
        return None if None in parts else "".join(part for part in parts if part is not None)
    return value.value if type(value) is Const and isinstance(value.value, str) else None


def _fallback(value: Union) -> Value | None:
    """What the environment is taken to hold: the fallback that the code gives."""
    given = [member for member in value.members if type(member) is Const and member.origin == "environment default"]
    return given[0] if len(given) == 1 and len(value.members) == 2 else None


def pattern(value: Value | None) -> str | None:
    """A string with `{?}` for what is unknown in it."""
    if type(value) is Text:
        parts = [part.value if type(part) is Const else "{?}" for part in value.parts]
        return "".join(str(part) for part in parts)
    return text(value)


def listed(it: Interpreter, value: Value | None) -> list[Value] | None:
    """The items of a list that is known; an absent one is empty."""
    if value is None or (type(value) is Const and value.value is None):
        return []
    return it.items(value)
