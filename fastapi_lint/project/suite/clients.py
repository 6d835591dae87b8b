"""Test clients: which objects send requests to an application of the project, and to which."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.values import (
    Arguments,
    FunctionValue,
    Instance,
    Method,
    Value,
    members,
)
from fastapi_lint.project.serving.application import text

if TYPE_CHECKING:
    from fastapi_lint.project import Project

SYNC = frozenset({"starlette.testclient.TestClient", "fastapi.testclient.TestClient"})
ASYNC = frozenset({"httpx.AsyncClient", "httpx2.AsyncClient"})
OTHERS = frozenset({"async_asgi_testclient.TestClient", "async_asgi_testclient.testing.TestClient"})
TRANSPORTS = frozenset({
    "httpx.ASGITransport", "httpx2.ASGITransport", "httpx._transports.asgi.ASGITransport", "httpx_ws.transport.ASGIWebSocketTransport",
})  # fmt: skip
WRAPPER = re.compile(r"(?:Middleware|Manager|Proxy|Wrapper)$")
"""External classes that are given an application and stand in for it."""
VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
ORIGIN = re.compile(r"^[a-zA-Z][a-zA-Z+]*://[^/]*")


@dataclass(frozen=True, slots=True, eq=False)
class Client:
    """`applications`: what it sends requests to, one of several where that depends; empty where unknown. `prefixes`: what the application's server is taken to strip from
    paths (`root_path`); `base`: the path of its base URL. `site`: the call that made it, None for one that only an annotation promises."""

    instance: Instance
    kind: Literal["sync", "async"]
    applications: tuple[Instance, ...]
    base: str
    prefixes: tuple[str, ...]

    @property
    def application(self) -> Instance | None:
        return self.applications[0] if len(self.applications) == 1 else None

    @property
    def site(self) -> Anchor | None:
        return self.instance.site


class Clients:
    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[int, tuple[Instance, Client | None]] = {}

    def of(self, value: Value) -> Client | None:
        """The client that a value is; None for anything else."""
        if type(value) is not Instance:
            return None
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = (value, self._client(value))
        return known[1]

    def sends(self, callee: Method) -> str | None:
        """How a method of a client sends a request: the name of a verb, `request`, `stream` or `websocket_connect`; None where it does not."""
        name = callee.name
        if name in VERBS or name in ("request", "stream", "websocket_connect"):
            return name
        return None

    def _client(self, value: Instance) -> Client | None:
        names = (value.cls,) if isinstance(value.cls, str) else classes.externals(value.cls)
        kinds = {
            name: kind for kind, known in (("sync", SYNC), ("async", ASYNC | OTHERS)) for name in names if name in known
        }
        if not kinds:
            return None
        name, kind = next(iter(kinds.items()))
        made = self._arguments(value, name)
        if made is None:
            return Client(value, kind, (), "", ())  # type: ignore[arg-type]
        given = self._application(made, name)
        if given is None and name in ASYNC:
            return None  # it talks to a real server
        applications = self._applications_of(given)
        base = text(made.get("base_url")) or ""
        path = ORIGIN.sub("", base).rstrip("/") if "://" in base else ""
        roots = [text(made.get("root_path"))]
        roots += [text(self.project.it.routing.setting(one, "root_path")) for one in applications]
        prefixes = tuple(root.rstrip("/") for root in roots if root and root.rstrip("/"))
        return Client(value, kind, applications, path, prefixes)  # type: ignore[arg-type]

    def _arguments(self, value: Instance, name: str) -> Arguments | None:
        """What the client class itself is made with, seen through a subclass of the project; None where that is not known."""
        if not isinstance(value.cls, ClassDefinition):
            return value.made
        found = classes.member(value.cls, "__init__")
        if found is None:
            return value.made
        if type(found[1]) is not FunctionValue or value.made is None:
            return None
        frame = self.project.it.studies.trial(found[1].bound(value), value.made, effects=False)
        for site in frame.sites:
            if type(site.callee) is Method and site.callee.name == "__init__" and site.callee.owner == name:
                return site.arguments
        return None

    def _application(self, made: Arguments, name: str) -> Value | None:
        if name not in ASYNC:
            return made.get("app", 0) or made.get("application", 0)
        transport = made.get("transport")
        if transport is not None:
            for member in members(transport):
                if type(member) is Instance and member.class_name in TRANSPORTS and member.made is not None:
                    return member.made.get("app", 0)
            return transport if type(transport) is not Instance else None
        return made.get("app")

    def _applications_of(self, value: Value | None) -> tuple[Instance, ...]:
        """The FastAPI objects that a value may be, below what is wrapped round them; empty where that is not known."""
        routing = self.project.it.routing
        for _ in range(8):
            if value is None:
                return ()
            found = [one for one in members(value) if type(one) is Instance and routing.is_application(one)]
            if found:
                return tuple(found) if len(found) == len(members(value)) else ()
            if type(value) is Method and value.name == "app":
                value = value.receiver
            elif type(value) is Instance and value.made is not None and isinstance(value.cls, str):
                if not WRAPPER.search(value.cls):
                    return ()
                value = value.made.get("app", 0)
            else:
                return ()
        return ()
