"""What is done to routers and applications while a project is set up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.values import Arguments, Value

HTTP_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})

EventKind = Literal[
    "route",
    "websocket",
    "include",
    "mount",
    "middleware",
    "exception_handler",
    "lifecycle",
    "raw_route",
    "extend",
    "frontend",
    "init",
]


@dataclass(slots=True)
class Event:
    """Something done to a router. `handler` is what was registered, included or mounted; `name` the HTTP method in lower case, the
    lifecycle event, or the like."""

    kind: EventKind
    name: str
    arguments: Arguments
    handler: Value
    site: Anchor
    function: Value | None = None  # the decorated function as its `def` made it, where a decorator registered it
    conditional: bool = False  # it is done under an `if` that may come out either way
    order: int = 0  # what is done earlier has the lower number
    is_repeated: bool = False  # it stands for what a loop does an unknown number of times
