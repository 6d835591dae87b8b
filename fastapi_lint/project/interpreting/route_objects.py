"""The objects in `router.routes`: made for what was registered, and registered again where a program moves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting.events import HTTP_METHODS, Event
from fastapi_lint.project.interpreting.values import (
    NO_ARGUMENTS,
    NONE,
    UNKNOWN,
    Const,
    FunctionValue,
    Instance,
    Sequence,
    Value,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.events import EventKind
    from fastapi_lint.project.interpreting.interpreter import Interpreter

ROUTE_SETTINGS = (
    "dependencies",
    "include_in_schema",
    "name",
    "response_class",
    "response_model",
    "status_code",
    "summary",
    "tags",
)
ROUTE_CLASSES: dict[str, EventKind] = {
    "fastapi.routing.APIRoute": "route",
    "fastapi.routing.APIWebSocketRoute": "websocket",
}


class RouteObjects:
    def __init__(self, it: Interpreter) -> None:
        self.it = it
        self._made: dict[int, tuple[Event, Instance]] = {}  # by the event's id

    def of_router(self, router: Instance) -> Sequence:
        """`router.routes`."""
        served = [event for event in router.events or () if event.kind in ("route", "websocket")]
        return Sequence("list", [self.of_event(router, event) for event in served], source=router)

    def of_event(self, router: Instance, event: Event) -> Instance:
        """The object that stands for a route in `router.routes`."""
        known = self._made.get(id(event))
        if known is not None:
            return known[1]
        found = Instance(
            "fastapi.routing.APIRoute" if event.kind == "route" else "fastapi.routing.APIWebSocketRoute",
            (),
            NO_ARGUMENTS,
        )
        self._made[id(event)] = (event, found)
        own, path = self.it.routing.attribute(router, "prefix"), event.arguments.get("path", 0)
        if type(own) is Const and type(path) is Const and not self.it.routing.is_application(router):
            path = Const(f"{own.value}{path.value}", path.place)
        methods = event.arguments.get("methods")
        if event.name in HTTP_METHODS:
            methods = Sequence("set", [Const(event.name.upper())])
        found.set("path", path or UNKNOWN)
        found.set("endpoint", event.handler)
        found.set("methods", methods or Sequence("set", [Const("GET")]))
        for setting in ROUTE_SETTINGS:
            found.set(setting, event.arguments.keywords.get(setting, NONE))
        if "response_model" not in event.arguments.keywords and type(event.handler) is FunctionValue:
            found.set(
                "response_model", self.it.studies.signature(event.handler.wrapped or event.handler).returns or NONE
            )
        return found

    def events_of(self, route: Value | None) -> set[int]:
        """The ids of the events that a route object stands for."""
        return {id(event) for event, found in self._made.values() if found is route}

    def event(self, route: Value | None) -> Event | None:
        """What a route object that was made by hand, or taken from another router, stands for."""
        if type(route) is not Instance:
            return None
        known = next((event for event, found in self._made.values() if found is route), None)
        if known is not None:
            return Event(known.kind, known.name, known.arguments, known.handler, known.site, known.function)
        kind = ROUTE_CLASSES.get(route.class_name)
        if kind is None or route.made is None or route.site is None:
            return None
        handler = route.made.get("endpoint", 1) or UNKNOWN
        return Event(kind, "api_route", route.made, handler, route.site, handler)
