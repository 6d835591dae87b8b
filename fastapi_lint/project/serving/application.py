"""The application as FastAPI would serve it: routes, and operations with their full paths (`serving` puts them together).

What could not be resolved is kept and said (`unresolved`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.events import Event
from fastapi_lint.project.interpreting.values import (
    Arguments,
    Const,
    FunctionValue,
    Instance,
    Sequence,
    Text,
    Union,
    Value,
    members,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


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
    """A route as an application serves it. `chain`: the includes and mounts that lead to it, outermost first; `mount`: the part of the
    path that is taken off before the application it belongs to sees it."""

    route: Route
    application: Instance
    method: str
    path: str | None
    chain: tuple[Event, ...]
    routers: tuple[Instance, ...]
    is_late: bool = False
    mount: str = ""

    @property
    def conditional(self) -> bool:
        """Whether it depends on a switch, or on the release of FastAPI, so that some deployments may not serve it."""
        return self.is_late or self.route.event.conditional or any(event.conditional for event in self.chain)


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """What takes requests without being an operation: all that is mounted under a path, a route of Starlette's own, a page of FastAPI's.

    `methods`: None for all of them, websockets too.
    """

    path: str
    methods: tuple[str, ...] | None
    name: str
    site: Anchor | None
    conditional: bool = False
    mount: str = ""


@dataclass(frozen=True, slots=True)
class Late:
    """Something that was added to a router after an include had taken its routes, which lost it (before FastAPI 0.137)."""

    event: Event
    include: Event


@dataclass(slots=True)
class Unresolved:
    """Something that shapes the application and that we cannot see through."""

    site: Anchor
    message: str


@dataclass(slots=True)
class Application:
    """A FastAPI object and what it serves, in the order in which it would match; `entries` are its operations and what else takes requests.

    `is_mounted`: all that it serves is among the operations of another application too.
    """

    instance: Instance
    operations: list[Operation] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    entries: list[Operation | Gate] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    is_mounted: bool = False


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


def either(it: Interpreter, value: Value | None) -> list[tuple[Value, bool]] | None:
    """The items of a list, or of one of several, and whether each may be missing, since a switch decides."""
    lists: list[tuple[list[Value], tuple[Value, ...]]] = []
    for member in members(value) if value is not None else ():
        items = listed(it, member)
        if items is None:
            return None
        lists.append((items, member.conditional if type(member) is Sequence else ()))
    found: list[Value] = []
    for items, _ in lists:
        place = 0
        for item in items:
            known = next((at for at, other in enumerate(found) if other is item), None)
            if known is None:
                found.insert(place, item)
            place = (place if known is None else known) + 1
    return [
        (item, not all(_is_in(item, items) and not _is_in(item, conditional) for items, conditional in lists))
        for item in found
    ]


def _is_in(value: Value, others: Iterable[Value]) -> bool:
    return any(value is other for other in others)
