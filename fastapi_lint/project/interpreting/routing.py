"""What is done to routers and applications, in the order in which it is done.

Nothing is decided here about paths or operations: a router keeps its events, and `application` reads them once everything has run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting import classes, views
from fastapi_lint.project.interpreting.annotations import TRANSPARENT, canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.events import HTTP_METHODS, Event
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.route_objects import RouteObjects
from fastapi_lint.project.interpreting.values import (
    NO_ARGUMENTS,
    NONE,
    UNKNOWN,
    Arguments,
    ClassValue,
    Const,
    Coroutine,
    Decorator,
    External,
    FunctionValue,
    GeneratorValue,
    Generic,
    Instance,
    Method,
    Partial,
    Sequence,
    Union,
    Value,
    known_members,
    members,
    union,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

APPLICATIONS = ("fastapi.FastAPI", "starlette.applications.Starlette")
ROUTERS = ("fastapi.APIRouter", "starlette.routing.Router")
DEPENDS = "fastapi.Depends"
URL_PATH = "starlette.datastructures.URLPath"
"""What `url_path_for` gives: an object that was made with the name of the route and its parameters."""
DECLARING = frozenset({DEPENDS, "fastapi.Security"})


class Routing:
    def __init__(self, it: Interpreter) -> None:
        self.it = it
        self._events = 0
        self._objects = RouteObjects(it)
        self.made: list[Instance] = []  # every router and application that was made while effects counted
        self.declared: list[Instance] = []  # every `Depends(...)`, in the study of a function too

    # ---- what is a router -------------------------------------------------------------------------------------------------

    def keep(self, frame: Frame, made: Instance) -> Instance:
        """Remember a router that was made for the application, not in the study of a function."""
        if frame.effects and self.is_router(made):
            self.made.append(made)
        elif made.cls in DECLARING:
            self.declared.append(made)
        return made

    def base(self, value: Value) -> str | None:
        """The framework class that makes a value a router or an application."""
        if type(value) is not Instance:
            return None
        names = (value.cls,) if isinstance(value.cls, str) else classes.externals(value.cls)
        for name in names:
            for known in (*APPLICATIONS, *ROUTERS):
                if name == known or self.it.library.is_subclass(name, known):
                    return known
        return None

    def is_router(self, value: Value) -> bool:
        return self.base(value) is not None

    def setting(self, router: Instance, name: str) -> Value | None:
        """What a router or application was constructed with, seen through the `__init__` of a subclass; None for nothing."""
        for event in reversed(router.events or ()):
            if event.kind == "init":
                given: Value | None = event.arguments.get(name)
                return UNKNOWN if given is None and event.arguments.starred else given
        if isinstance(router.cls, ClassDefinition) and classes.member(router.cls, "__init__") is not None:
            return None
        made = router.made or NO_ARGUMENTS
        given = made.get(name)
        return UNKNOWN if given is None and made.starred else given

    def is_application(self, value: Value) -> bool:
        return self.base(value) in APPLICATIONS

    def knows(self, owner: str, name: str) -> bool:
        """Whether a framework class has a method that this module follows."""
        return (owner in APPLICATIONS or owner in ROUTERS) and name in METHODS

    def leaves_alone(self, decorators: tuple[Value, ...]) -> bool:
        """Whether decorators only register a function, so that a call of its name runs just what is written."""
        return all(type(one) is Method and self.knows(one.owner, one.name) for one in decorators)

    def among(self, arguments: Arguments) -> bool:
        """Whether a call is given a router."""
        for value in (*arguments.positional, *arguments.keywords.values()):
            for member in members(value):
                if self._carries(member):
                    return True
        return False

    def _carries(self, value: Value) -> bool:
        if type(value) is Instance:
            if self.is_router(value):
                return True
            return value.attributes is not None and any(
                type(v) is Instance and self.is_router(v) for v in value.attributes.values()
            )
        if type(value) is Sequence and value.items:
            return any(type(item) is Instance and self.is_router(item) for item in value.items)
        return False

    # ---- what is done to it -------------------------------------------------------------------------------------------------

    def method(self, frame: Frame, callee: Method, arguments: Arguments, node: Any) -> Value | None:
        """Call a method of a router; None for what is no router or no method of interest."""
        if callee.name not in METHODS:
            return None
        router = callee.receiver
        base = self.base(router)
        if base is None:
            return None
        kind = METHODS[callee.name]
        if kind == "decorator":
            return Decorator(callee.name, router, arguments, node)
        if kind == "url":
            return Instance(URL_PATH, (), arguments, frame.anchor(node))
        if not frame.effects:
            return NONE
        anchor = frame.anchor(node)
        if kind == "include":
            self._include(frame, router, arguments, anchor)
        elif kind == "middleware":
            self._record(
                router,
                Event("middleware", "class", arguments, arguments.get("middleware_class", 0) or UNKNOWN, anchor),
                frame,
            )
        elif kind == "mount":
            for child in self.meant(arguments.get("app", 1) or UNKNOWN) or [UNKNOWN]:
                self._record(router, Event("mount", "mount", arguments, child, anchor), frame)
        elif kind == "init":
            self._record(router, Event("init", "", arguments, router, anchor), frame)
        elif kind == "frontend":
            self._record(router, Event("frontend", "frontend", arguments, UNKNOWN, anchor), frame)
        elif kind == "exception_handler":
            self._record(
                router, Event("exception_handler", "", arguments, arguments.get("handler", 1) or UNKNOWN, anchor), frame
            )
        elif kind == "lifecycle":
            handler = arguments.get("func", 1) or UNKNOWN
            self._record(
                router, Event("lifecycle", _text(arguments.get("event_type", 0)), arguments, handler, anchor), frame
            )
        else:
            handler = arguments.get("endpoint" if kind != "raw_route" else "route", 1) or UNKNOWN
            name = "websocket_route" if callee.name == "add_websocket_route" else ""
            self._record(router, Event(kind, name, arguments, handler, anchor, handler), frame)  # type: ignore[arg-type]
        return NONE

    def _record(self, router: Instance, event: Event, frame: Frame | None = None) -> None:
        self._events += 1
        event.conditional = frame is not None and frame.open_tests > 0
        event.is_repeated = frame is not None and frame.loops > 0
        event.order = self._events
        router.record(event)

    def _include(self, frame: Frame, router: Instance, arguments: Arguments, anchor: Anchor) -> None:
        for child in self.meant(arguments.get("router", 0) or UNKNOWN) or [UNKNOWN]:
            self._record(router, Event("include", "", arguments, child, anchor), frame)

    def include_unknown(self, frame: Frame, router: Instance, anchor: Anchor) -> None:
        """Note that routes are added of which nothing is known."""
        self._record(router, Event("include", "", NO_ARGUMENTS, UNKNOWN, anchor), frame)

    def meant(self, value: Value) -> list[Value]:
        """What a value may be. Beside a router that we saw being made, what an annotation promises is that same router."""
        found = list(known_members(value))
        if not any(type(member) is Instance and member.made is not None and self.is_router(member) for member in found):
            return found
        return [m for m in found if not (type(m) is Instance and m.made is None and not m.events and self.is_router(m))]

    def decorate(self, frame: Frame, decorator: Decorator, arguments: Arguments, node: Any) -> Value:
        """Apply a decorator that a call returned."""
        value = arguments.positional[0] if arguments.positional else UNKNOWN
        if decorator.kind == "wraps":
            return _wrapping(value, decorator.target) if type(value) is FunctionValue else value
        if decorator.kind == "identity":
            return value
        if decorator.kind == "made":
            return decorator.target
        if decorator.kind == "threaded":
            return Coroutine(
                External("asgiref.sync.sync_to_async"),
                arguments,
                self.it.returned_by(frame, decorator.target, arguments),
            )
        if type(value) is ClassValue:
            self._viewed(frame, decorator, value)
        elif frame.effects and type(decorator.target) is Instance:
            self._record(decorator.target, self._event(decorator, value, frame), frame)
        return value

    def _viewed(self, frame: Frame, decorator: Decorator, viewed: ClassValue) -> None:
        """A class decorator that makes routes of methods."""
        if frame.effects and decorator.kind in ("cbv", "View") and type(decorator.target) is Instance:
            anchor = frame.anchor(decorator.node)
            for handler, arguments in views.routes(self.it, decorator, viewed):
                self._record(decorator.target, Event("route", "api_route", arguments, handler, anchor, handler), frame)

    def _event(self, decorator: Decorator, value: Value, frame: Frame) -> Event:
        anchor = frame.anchor(decorator.node)
        name = decorator.kind
        if name in HTTP_METHODS or name == "api_route":
            return Event("route", name, decorator.arguments, value, anchor, value)
        if name in ("websocket", "websocket_route"):
            return Event("websocket", name, decorator.arguments, value, anchor, value)
        if name == "middleware":
            return Event("middleware", "function", decorator.arguments, value, anchor)
        if name == "exception_handler":
            return Event("exception_handler", "", decorator.arguments, value, anchor)
        if name == "on_event":
            return Event(
                "lifecycle", _text(decorator.arguments.get("event_type", 0)), decorator.arguments, value, anchor
            )
        return Event("raw_route", name, decorator.arguments, value, anchor)

    # ---- what a router tells of itself ------------------------------------------------------------------------------------------

    def attribute(self, router: Instance, name: str) -> Value:
        """`app.router`, `router.prefix`, `router.routes`."""
        if name == "router":
            return router if self.is_application(router) else UNKNOWN
        if name == "prefix":
            return self.setting(router, "prefix") or Const("")
        if name in URLS:
            return (self.setting(router, name) or Const(URLS[name])) if self.is_application(router) else UNKNOWN
        return self._objects.of_router(router)

    def change_routes(self, router: Value, method: str, arguments: Arguments) -> None:
        """`router.routes.remove(route)` and the like."""
        if type(router) is not Instance or router.events is None:
            return
        gone: set[int] = set()
        if method == "clear":
            gone = {id(event) for event in router.events}
        elif method == "remove":
            gone = self._objects.events_of(arguments.get("value", 0))
        elif method == "append":
            event = self._objects.event(arguments.get("object", 0))
            if event is not None:
                self._record(router, event)
        router.events[:] = [event for event in router.events if id(event) not in gone]

    # ---- dependencies ---------------------------------------------------------------------------------------------------------

    def depends(self, annotation: Value | None, default: Value | None) -> tuple[Instance, Value | None] | None:
        """The `Depends` of a parameter, with the type beside it (what `Depends()` means); None where there is none."""
        if type(default) is Instance and self._is_depends(default):
            kind = annotation
            if (
                type(kind) is Generic
                and type(kind.base) is External
                and canonical_typing(kind.base.name) == "typing.Annotated"
            ):
                kind = kind.args[0]
            return default, kind
        for metadata in annotated(annotation):
            if type(metadata) is Instance and self._is_depends(metadata):
                return metadata, plain_type(annotation)
        return None

    def _is_depends(self, value: Instance) -> bool:
        return self._is_one_of(value, "Depends", "Security")

    def is_security(self, value: Instance) -> bool:
        return self._is_one_of(value, "Security")

    def _is_one_of(self, value: Instance, *wanted: str) -> bool:
        names = (value.cls,) if isinstance(value.cls, str) else classes.externals(value.cls)
        return any(name.partition(".")[0] == "fastapi" and name.rpartition(".")[2] in wanted for name in names)

    def dependency(self, depends: Instance, kind: Value | None) -> Value:
        """What a `Depends` calls: its argument, or the type beside it."""
        made = depends.made or NO_ARGUMENTS
        given = made.get("dependency", 0)
        if given is None or (type(given) is Const and given.value is None):
            return kind if kind is not None else UNKNOWN
        return given

    def injected(self, annotation: Value | None, default: Value | None) -> Value | None:
        """What FastAPI passes for a parameter with `Depends`; None for a parameter without."""
        found = self.depends(annotation, default)
        if found is None:
            return None
        return self.provided(self.dependency(*found))

    def provided(self, dependency: Value) -> Value:
        """What a dependency gives to the function that depends on it."""
        it = self.it
        if type(dependency) is FunctionValue:
            result = it.studies.call_result(dependency, NO_ARGUMENTS)
            if type(result) is GeneratorValue:
                return it.element(result)
            return it.awaited(result) if type(result) is Coroutine else result
        if type(dependency) is ClassValue:
            return Instance(dependency.definition)
        if type(dependency) is External:
            return it.instance_of(dependency) if it.library.is_class(dependency.name) else UNKNOWN
        if type(dependency) is Partial:
            return self.provided(dependency.func)
        if type(dependency) is Union:
            return union(self.provided(one) for one in dependency.members)
        if type(dependency) is Instance and isinstance(dependency.cls, ClassDefinition):
            found = classes.member(dependency.cls, "__call__")
            if found is not None and type(found[1]) is FunctionValue:
                return self.provided(found[1].bound(dependency))
        return UNKNOWN


URLS = {
    "docs_url": "/docs", "openapi_url": "/openapi.json", "redoc_url": "/redoc", "root_path": "",
    "swagger_ui_oauth2_redirect_url": "/docs/oauth2-redirect",
}  # fmt: skip
METHODS: dict[str, str] = {
    **dict.fromkeys((*HTTP_METHODS, "api_route", "websocket", "websocket_route", "middleware", "exception_handler", "on_event", "route"), "decorator"),
    "__init__": "init",
    "include_router": "include",
    "add_api_route": "route",
    "add_api_websocket_route": "websocket",
    "add_websocket_route": "websocket",
    "add_route": "raw_route",
    "mount": "mount",
    "frontend": "frontend",
    "url_path_for": "url",
    "add_middleware": "middleware",
    "add_exception_handler": "exception_handler",
    "add_event_handler": "lifecycle",
}  # fmt: skip


def _wrapping(function: FunctionValue, wrapped: Value) -> Value:
    """A function that shows the signature of another one: of the innermost, where that shows another one's too. Of one of several: one each."""
    shown = [member for member in members(wrapped) if type(member) is FunctionValue]
    if not shown:
        return function
    if len(shown) < len(members(wrapped)):
        return UNKNOWN
    return union(function.like(function.receiver, one.wrapped or one) for one in shown)


def _text(value: Value | None) -> str:
    return value.value if type(value) is Const and isinstance(value.value, str) else ""


def annotated(annotation: Value | None) -> tuple[Value, ...]:
    """The metadata of `Annotated[...]`, also inside `Optional` and the like; the last counts first for FastAPI."""
    if type(annotation) is not Generic or type(annotation.base) is not External:
        return ()
    if canonical_typing(annotation.base.name) == "typing.Annotated":
        inner = annotated(annotation.args[0]) if annotation.args else ()
        return (*reversed(annotation.args[1:]), *inner)
    return ()


def plain_type(annotation: Value | None) -> Value | None:
    """The annotation without `Annotated` and its like."""
    while type(annotation) is Generic and type(annotation.base) is External and annotation.args:
        if canonical_typing(annotation.base.name) not in TRANSPARENT:
            break
        annotation = annotation.args[0]
    return annotation
