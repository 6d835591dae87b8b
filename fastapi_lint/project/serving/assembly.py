"""Put applications together from what was done to their routers (`routing`), as FastAPI does when it is imported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.events import HTTP_METHODS, Event
from fastapi_lint.project.interpreting.routing import URLS
from fastapi_lint.project.interpreting.values import Const, FunctionValue, Instance, Partial, Value
from fastapi_lint.project.serving.application import Application, Gate, Late, Operation, Route, Unresolved, text
from fastapi_lint.project.versions import Versions

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


ROUTER_TREES = "0.137"
"""The FastAPI that keeps included routers as a tree: what is added to one later is served, and so are its mounts."""
STARLETTE_METHODS = ("GET", "HEAD")
"""Those of a Starlette route that names none."""
PAGES = (
    ("openapi_url", ()),
    ("docs_url", ("openapi_url",)),
    ("swagger_ui_oauth2_redirect_url", ("openapi_url", "docs_url")),
    ("redoc_url", ("openapi_url",)),
)
"""What an application serves of its own, before anything else, and the settings without which it does not (`FastAPI.setup`)."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How a router was reached. `included`: the earliest include on the way, None where nothing was included since the last mount.

    `stem` is what comes before the paths that do not get the router's own prefix: those of mounts and of Starlette's routes.
    """

    prefix: str | None
    stem: str | None
    chain: tuple[Event, ...]
    routers: tuple[Instance, ...]
    included: Event | None
    mount: str = ""

    @property
    def conditional(self) -> bool:
        return any(event.conditional for event in self.chain)


class ApplicationModel:
    def __init__(self, it: Interpreter, versions: Versions) -> None:
        self.it = it
        self.versions = versions
        self.routes: list[Route] = list(self._routes())
        self._by_event = {id(route.event): route for route in self.routes}
        self._mounted: set[int] = set()
        self.applications: list[Application] = [self._application(made) for made in self._roots()]
        for application in self.applications:
            application.is_mounted = id(application.instance) in self._mounted

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
        found = self._named_methods(event.arguments.get("methods"))
        return ("GET",) if found is None else found

    def _named_methods(self, given: Value | None) -> tuple[str, ...] | None:
        """The methods of a list; None where none is given."""
        if given is None or (type(given) is Const and given.value is None):
            return None
        items = self.it.items(given)
        names = [item.value.upper() for item in items or () if type(item) is Const and isinstance(item.value, str)]
        return tuple(dict.fromkeys(names))

    def _roots(self) -> list[Instance]:
        return [made for made in self.it.routing.made if self.it.routing.is_application(made)]

    def application(self, made: Instance) -> Application:
        """What an application serves now: one that was made, or added to, since the others were read."""
        return self._application(made)

    def _application(self, made: Instance) -> Application:
        found = Application(made)
        self._collect(found, made, _Way("", "", (), (made,), None))
        return found

    def _collect(self, found: Application, router: Instance, way: _Way) -> None:
        own = self._own_prefix(router)
        here = None if way.prefix is None or own is None else way.prefix + own
        is_old = self.versions.fastapi.before(ROUTER_TREES)
        way = replace(way, prefix=here, stem=way.stem if is_old else way.prefix)
        found.entries.extend(self._pages(router, way))
        for event in router.events or ():
            late = way.included is not None and event.order > way.included.order
            if late and self.versions.fastapi.before(ROUTER_TREES) is True:
                assert way.included is not None
                self._miss(found, event, way.included, way.routers)
                continue
            late = late and self.versions.fastapi.before(ROUTER_TREES) is not False
            if event.kind in ("route", "websocket"):
                self._serve(found, event, way, is_late=late)
            elif event.kind in ("include", "mount"):
                self._descend(found, event, way)
            elif event.kind == "raw_route":
                self._pass(found, event, way)

    def _miss(self, found: Application, event: Event, included: Event, routers: tuple[Instance, ...]) -> None:
        """What came too late, and what of a child that did would be too late there as well."""
        found.late.append(Late(event, included))
        child = event.handler
        if event.kind == "include" and type(child) is Instance and child not in routers:
            for later in child.events or ():
                if later.order > event.order:
                    self._miss(found, later, event, (*routers, child))

    def _serve(self, found: Application, event: Event, way: _Way, *, is_late: bool) -> None:
        route = self._by_event.get(id(event))
        if route is None:
            router = way.routers[-1]
            route = self._by_event[id(event)] = self._route(router, event)
        prefix = way.stem if event.name == "websocket_route" else way.prefix
        path = None if prefix is None or route.path is None else prefix + route.path
        if not route.methods:
            self._note(found, event, "the methods are not known")
        if event.is_repeated:
            self._note(found, event, "a loop adds more routes here, and how many is not known")
        for method in route.methods:
            operation = Operation(
                route, found.instance, method, path, way.chain, way.routers, is_late=is_late, mount=way.mount
            )
            found.operations.append(operation)
            found.entries.append(operation)

    def _pass(self, found: Application, event: Event, way: _Way) -> None:
        """A route of Starlette's own."""
        path = text(event.arguments.get("path", 0))
        if way.stem is None or path is None or _function(event.handler) is None:
            return
        methods = self._named_methods(event.arguments.get("methods"))
        methods = STARLETTE_METHODS if methods is None else (*methods, *(("HEAD",) if "GET" in methods else ()))
        conditional = event.conditional or way.conditional
        found.entries.append(Gate(way.stem + path, methods, "a Starlette route", event.site, conditional, way.mount))

    def _descend(self, found: Application, event: Event, way: _Way) -> None:
        child = event.handler
        is_mount = event.kind == "mount"
        if is_mount and way.included is not None and self.versions.fastapi.before(ROUTER_TREES) is True:
            return  # an included router's mounts were left behind
        given = event.arguments.get("path", 0) if is_mount else event.arguments.get("prefix")
        step = "" if given is None else text(given)
        if step is not None and is_mount:
            step = step.rstrip("/")
        before = way.stem if is_mount else way.prefix
        path = None if before is None or step is None else before + step
        stem = path if is_mount else None if way.stem is None or step is None else way.stem + step
        known = type(child) is Instance and self.it.routing.is_router(child) and not _is_promise(child)
        if not known:
            if not is_mount:
                self._note(found, event, "the included router cannot be resolved")
            elif (
                type(child) is not Instance
                or isinstance(child.cls, ClassDefinition)
                or self.it.routing.is_router(child)
            ):
                self._note(found, event, "the mounted application cannot be resolved")
        elif child not in way.routers:
            assert type(child) is Instance
            if step is None:
                what = "the path of what is mounted" if is_mount else "the prefix"
                self._note(found, event, f"{what} is not known")
            included = way.included
            if is_mount:
                included = None
            elif included is None or event.order < included.order:
                included = event
            mount = path or "" if is_mount else way.mount
            if is_mount and path is not None:
                self._mounted.add(id(child))
            self._collect(found, child, _Way(path, stem, (*way.chain, event), (*way.routers, child), included, mount))
        if is_mount and path is not None:
            conditional = event.conditional or way.conditional
            gate = Gate(
                f"{path}/{{path:path}}", None, f"what is mounted at `{step or '/'}`", event.site, conditional, way.mount
            )
            found.entries.append(gate)

    def _pages(self, router: Instance, way: _Way) -> Iterator[Gate]:
        """The documentation that an application of FastAPI serves of itself."""
        if way.prefix is None or self.it.routing.base(router) != "fastapi.FastAPI" or not isinstance(router.cls, str):
            return
        urls: dict[str, str | None] = {}
        for name in URLS:
            given = self.it.routing.setting(router, name)
            urls[name] = URLS[name] if given is None else text(given)
        for name, needed in PAGES:
            url = urls[name]
            if url and all(urls[one] for one in needed):
                yield Gate(
                    way.prefix + url,
                    STARLETTE_METHODS,
                    "a page of FastAPI's own",
                    router.site,
                    way.conditional,
                    way.prefix,
                )

    def _note(self, found: Application, event: Event, message: str) -> None:
        found.unresolved.append(Unresolved(event.site, message))

    def _own_prefix(self, router: Instance) -> str | None:
        if self.it.routing.is_application(router):
            return ""
        given = self.it.routing.setting(router, "prefix")
        if given is None and router.attributes is not None:
            given = router.attributes.get("prefix")
        return "" if given is None else text(given)


def _is_promise(child: Instance) -> bool:
    """Whether nothing is known of a router but its class, since only an annotation names it."""
    return child.made is None and not child.events


def _function(value: Value) -> FunctionValue | None:
    while type(value) is Partial:
        value = value.func
    return value if type(value) is FunctionValue else None
