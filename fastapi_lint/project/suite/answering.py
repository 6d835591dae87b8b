"""What answers a request: the operations of an application, in the order in which they match, and whatever else it serves."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi_lint.findings import Anchor
from fastapi_lint.project.failures import status_of
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.events import HTTP_METHODS, Event
from fastapi_lint.project.interpreting.modules import chunk_of
from fastapi_lint.project.interpreting.values import (
    Arguments,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Value,
)
from fastapi_lint.project.serving.application import Application, Gate, Operation, text
from fastapi_lint.project.serving.matching import pattern, served_path
from fastapi_lint.project.serving.paths import PARAMETER
from fastapi_lint.project.suite.request_paths import HOLE, HOLES, may_match, samples

if TYPE_CHECKING:
    from fastapi_lint.project import Project

DOCUMENTATION = ("openapi_url", "docs_url", "redoc_url", "swagger_ui_oauth2_redirect_url")
PASSING = ("fastapi.", "starlette.")
OWN_ANSWERS = re.compile(r"\b404\b|HTTP_404|FileResponse|HTMLResponse|TemplateResponse|RedirectResponse")
LOOKS_AT_PATHS = re.compile(r"\bpath\b|\burl\b|\bscope\[")


@dataclass(frozen=True, slots=True)
class Answer:
    """`operations`: those that answer, the first match of each application that is meant. `is_certain`: each is what the path as it is
    written leads to. `others`: the methods of routes that take the path and not the method. `is_open`: something else may answer."""

    operations: tuple[Operation, ...] = ()
    is_certain: bool = False
    others: tuple[Operation, ...] = ()
    is_open: bool = False


@dataclass(slots=True)
class Served:
    """An application as requests meet it. `elsewhere` are paths (route patterns) that something other than an operation answers; `seen_through`: the mounts of which all is known; `is_open`: it
    may answer requests otherwise; `is_unknown`: it may have operations that we do not know."""

    application: Application
    elsewhere: list[str] = field(default_factory=list)
    seen_through: set[Anchor] = field(default_factory=set)
    is_open: bool = False
    is_unknown: bool = False
    takes_options: bool = False
    _by_method: dict[str | None, list[tuple[Operation | Gate, str]]] = field(default_factory=dict)

    def answer(self, method: str | None, path: str, prefixes: tuple[str, ...] = (), *, guess: bool = False) -> Answer:
        """What answers a path (with holes) of an application that is served below some prefixes as well; `method` None is any.

        With `guess`, where the application is one of several, only what answers the path as it is written."""
        paths = [path]
        paths += [path[len(prefix) :] for prefix in prefixes if path.startswith(f"{prefix}/")]
        exact = [entry for one in paths if (entry := self._first(method, one)) is not None]
        certain = [entry for entry in exact if isinstance(entry, Operation)]
        if certain:
            return Answer((certain[-1],), is_certain=True)
        if any(not self._is_seen_through(entry) for entry in exact):
            return Answer(is_open=True)
        if guess:
            return Answer(is_open=True)
        found = [operation for one in paths for operation in self._possible(method, one)]
        if not any(
            char in HOLES for char in path
        ):  # what is known does not take it: there are convertors of the project's own
            found = [operation for operation in found if pattern(operation.path or "") is None]
        others = tuple(operation for one in paths for operation in self._possible(None, one))
        is_open = self.is_open or any(_may_take(other, one) for other in self.elsewhere for one in paths)
        if method == "OPTIONS" and self.takes_options:
            is_open = True
        return Answer(tuple(found[:1]), False, others if not found else (), is_open)

    def _entries(self, method: str | None) -> list[tuple[Operation | Gate, str]]:
        """What takes requests of a method, in order, with the paths."""
        found = self._by_method.get(method)
        if found is None:
            found = self._by_method[method] = []
            for entry in self.application.entries:
                methods = (entry.method,) if isinstance(entry, Operation) else entry.methods
                path = served_path(entry)
                if path is not None and (method is None or methods is None or method in methods):
                    found.append((entry, path))
        return found

    def _first(self, method: str | None, path: str) -> Operation | Gate | None:
        """What takes a path first, each hole being a segment.

        Failing that, with the slash that redirects add or drop: only a path that no route takes, whatever its method, is redirected.
        """
        if path.startswith(HOLE):
            return self._below(method, path[1:])
        found = self._taking(method, path)
        if self._is_seen_through(found) or (found is None and self._taking(None, path) is None):
            turned = self._taking(method, path[:-1] if path.endswith("/") else f"{path}/")
            if found is None or isinstance(turned, Operation):
                return turned
        return found

    def _is_seen_through(self, entry: Operation | Gate | None) -> bool:
        """Whether it is a mount of which all is known: what none of its routes has taken before, it answers with 404."""
        return isinstance(entry, Gate) and entry.site in self.seen_through

    def _taking(self, method: str | None, path: str) -> Operation | Gate | None:
        for sample in samples(path):
            for entry, route in self._entries(method):
                matcher = pattern(route)
                if matcher is not None and matcher.match(sample):
                    return entry
        return None

    def _below(self, method: str | None, rest: str) -> Operation | None:
        """The first operation whose path ends like this, below a prefix that is not known."""
        for sample in samples(rest):
            for entry, route in self._entries(method):
                for at in (match.start() for match in re.finditer("/", route)):
                    matcher = pattern(route[at:])
                    if (
                        matcher is not None
                        and matcher.match(sample)
                        and route[at:].strip("/")
                        and isinstance(entry, Operation)
                    ):
                        return entry
        return None

    def _possible(self, method: str | None, path: str) -> list[Operation]:
        """The operations that the path may mean whatever its holes stand for."""
        entries = [(entry, route) for entry, route in self._entries(method) if isinstance(entry, Operation)]
        found = [entry for entry, route in entries if _may_take(route, path)]
        if found or path[-1:] in HOLES or self._taking(None, path) is not None:
            return found
        turned = path[:-1] if path.endswith("/") else f"{path}/"
        return [entry for entry, route in entries if _may_take(route, turned)]


def _may_take(route: str, path: str) -> bool:
    if any(char in HOLES for char in path):
        return may_match(route, path)
    matcher = pattern(route)
    return matcher is None or matcher.match(path) is not None


def served(project: Project, application: Application) -> Served:
    found = Served(application)
    found.is_unknown = bool(application.unresolved) or any(o.path is None for o in application.operations)
    found.is_open = found.is_unknown
    _look(project, found, application.instance, "", (application.instance,))
    return found


def _look(project: Project, found: Served, router: Instance, prefix: str, seen: tuple[Instance, ...]) -> None:
    routing = project.it.routing
    if routing.is_application(router):
        for name in DOCUMENTATION:
            path = routing.attribute(router, name)
            if type(path) is Const and isinstance(path.value, str):
                found.elsewhere.append(prefix + path.value)
            elif type(path) is not Const:
                found.is_open = True
    routes = routing.setting(router, "routes")
    if routes is not None and project.it.items(routes) != [] and not (type(routes) is Const and routes.value is None):
        found.is_open = found.is_unknown = True
    own = "" if routing.is_application(router) else text(routing.setting(router, "prefix") or Const(""))
    if own is None:
        found.is_open = found.is_unknown = True
        return
    for event in router.events or ():
        _look_at_event(project, found, event, prefix + own, seen)


def _look_at_event(project: Project, found: Served, event: Event, prefix: str, seen: tuple[Instance, ...]) -> None:
    if event.kind in ("include", "mount"):
        given = event.arguments.get("path", 0) if event.kind == "mount" else event.arguments.get("prefix")
        step = "" if given is None else text(given)
        child = event.handler
        if step is None:
            found.is_open = found.is_unknown = True
        elif type(child) is Instance and project.it.routing.is_router(child):
            if event.kind == "mount":
                found.seen_through.add(event.site)
            if child not in seen:
                _look(project, found, child, prefix + step.rstrip("/"), (*seen, child))
        elif event.kind == "mount":
            found.elsewhere += [f"{prefix}{step.rstrip('/')}/{{rest:path}}", prefix + step.rstrip("/")]
        else:
            found.is_open = found.is_unknown = True
    elif event.kind == "raw_route":
        path = text(event.arguments.get("path", 0))
        found.is_open = found.is_open or path is None
        found.elsewhere.append(prefix + (path or ""))
    elif event.kind in ("frontend", "extend"):
        found.is_open = True
        found.is_unknown = found.is_unknown or event.kind == "extend"
    elif event.kind == "middleware":
        _look_at_middleware(found, event)
    elif event.kind == "exception_handler":
        code = status_of(event.arguments.get("exc_class_or_status_code", 0))
        found.is_open = found.is_open or code in (404, 405) or _serves_pages(event.handler)
    elif event.kind == "route" and event.name not in HTTP_METHODS and event.arguments.get("path", 0) is None:
        found.is_open = True


def _serves_pages(handler: Value) -> bool:
    """Whether an exception handler answers with something of its own where there is no route, as single-page applications do."""
    if type(handler) is not FunctionValue:
        return False
    return handler.definition.module.has(OWN_ANSWERS, chunk_of(handler.definition.node.at))


def _look_at_middleware(found: Served, event: Event) -> None:
    """A middleware that looks at paths may answer by itself."""
    kind = event.handler
    if type(kind) is External:
        if kind.name.endswith(".CORSMiddleware"):
            found.takes_options = True
        found.is_open = found.is_open or not kind.name.startswith(PASSING)
    elif type(kind) is FunctionValue:
        module = kind.definition.module
        found.is_open = found.is_open or module.has(LOOKS_AT_PATHS, chunk_of(kind.definition.node.at))
    elif type(kind) is ClassValue:
        definition: ClassDefinition = kind.definition
        found.is_open = found.is_open or definition.module.has(LOOKS_AT_PATHS, chunk_of(definition.node.at))
    else:
        found.is_open = True


def reversed_path(application: Application, arguments: Arguments) -> str | None:
    """The path of the route with a name, as `url_path_for` gives it, holes where a parameter is not known."""
    name = arguments.get("name", 0)
    if type(name) is not Const or not isinstance(name.value, str):
        return None
    for operation in application.operations:
        if operation.path is not None and _name(operation) == name.value.rpartition(":")[2]:
            return PARAMETER.sub(lambda match: _filled(arguments.keywords.get(match[1])), operation.path)
    return None


def _name(operation: Operation) -> str | None:
    given = operation.route.keyword("name")
    if type(given) is Const and isinstance(given.value, str):
        return given.value
    function = operation.route.function
    return function.definition.name if function is not None else None


def _filled(value: Value | None) -> str:
    return str(value.value) if type(value) is Const else HOLE
