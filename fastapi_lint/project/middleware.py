"""Which middleware is added where, and with what: by `add_middleware`, as `Middleware(...)` in a list, or wrapped round an application."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project import classes
from fastapi_lint.project.frames import CallSite
from fastapi_lint.project.modules import Module, chunk_of
from fastapi_lint.project.values import Arguments, ClassValue, External, Method, Value, members

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
    seen: set[Anchor] = set()
    for site in _sites(project, name):
        if site.anchor not in seen and type(site.node) is s.Call and _adds(site, name):
            seen.add(site.anchor)
            symbol = site.function.qualname if site.function is not None else None
            yield Added(site.node, site.anchor, ran.get(site.anchor, site.arguments), symbol)


def _sites(project: Project, name: str) -> Iterator[CallSite]:
    """The calls in modules and functions whose text has the name."""
    for module in project.modules:
        if name in module.source.text and not project.is_test(module.path):
            yield from project.module_frame(module).sites
    for definition, function in list(project.it.functions.items()):
        if not project.is_test(definition.module.path) and name in _text(definition.module, definition.node.at):
            yield from project.it.analysis(function).sites


def _text(module: Module, at: int) -> str:
    return module.text(chunk_of(at))


def _adds(site: CallSite, name: str) -> bool:
    for callee in members(site.callee):
        if _is_class(callee, name):
            return True
        adding = (type(callee) is Method and callee.name == "add_middleware") or _is_class(callee, "Middleware")
        first = site.arguments.get("middleware_class", 0) or site.arguments.get("cls", 0)
        if adding and first is not None and _is_class(first, name):
            return True
    return False


def _is_class(value: Value, name: str) -> bool:
    if type(value) is External:
        return value.name.rpartition(".")[2] == name
    if type(value) is ClassValue:
        return any(outside.rpartition(".")[2] == name for outside in classes.externals(value.definition))
    return False
