"""Which middleware is added where, and with what: by `add_middleware`, as `Middleware(...)` in a list, or wrapped round an application."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.frames import CallSite
from fastapi_lint.project.interpreting.values import Arguments, Method, Value, members
from fastapi_lint.project.written_calls import names, sites, symbol

if TYPE_CHECKING:
    from fastapi_lint.project import Project


@dataclass(frozen=True, slots=True)
class Added:
    """`arguments` of the middleware by keyword; `node` is the call that says them."""

    node: s.Call
    site: Anchor
    arguments: Arguments
    symbol: str | None

    def argument(self, name: str) -> Value | None:
        return self.arguments.keywords.get(name)

    def says(self, name: str) -> bool:
        """Whether the argument is written in the call itself, rather than in a dictionary that it spreads."""
        return any(argument.keyword == name for argument in self.node.args)

    def place(self, name: str) -> Anchor:
        """Where the argument is written, else the call."""
        return Anchor(self.site.path, self.site.at, f"keyword:{name}") if self.says(name) else self.site


def added(project: Project, name: str) -> Iterator[Added]:
    """Every place that adds the middleware class of this name (`CORSMiddleware`), with the arguments that reach it."""
    ran: dict[Anchor, Arguments] = {}
    for made in project.it.routing.made:
        for event in made.events or ():
            if event.kind == "middleware":
                ran.setdefault(event.site, event.arguments)
    for site in sites(project, name):
        if _adds(site, name):
            yield Added(site.node, site.anchor, ran.get(site.anchor, site.arguments), symbol(site))


def _adds(site: CallSite, name: str) -> bool:
    if _is_class(site.callee, name):
        return True
    adding = any(type(callee) is Method and callee.name == "add_middleware" for callee in members(site.callee))
    first = site.arguments.get("middleware_class", 0) or site.arguments.get("cls", 0)
    return (adding or _is_class(site.callee, "Middleware")) and _is_class(first, name)


def _is_class(value: Value | None, name: str) -> bool:
    return any(one.rpartition(".")[2] == name for one in names(value))
