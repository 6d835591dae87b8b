"""Routers that reach no application, as far as the whole project shows.

A router can be handed on in many ways. One counts as lost only where every mention of it is an import, its own definition, or a method
that adds routes to it, and where nothing in the project includes what cannot be resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.modules import Module
from fastapi_lint.project.interpreting.routing import METHODS
from fastapi_lint.project.interpreting.values import Instance, Mapping, ModuleValue, Sequence, Value, members

if TYPE_CHECKING:
    from fastapi_lint.project import Project

DYNAMIC = re.compile(
    r"\b(?:import_module|iter_modules|walk_packages|entry_points|__import__|import_string|load_module)\s*\("
)
ROUTER = re.compile(r"router", re.IGNORECASE)
ADDING = frozenset(METHODS) - {"__init__"}
"""What adds to a router, rather than handing it on."""


@dataclass(frozen=True, slots=True)
class Orphan:
    """`name` is what its module calls it, `routes` how many it has."""

    router: Instance
    name: str
    routes: int


def orphans(project: Project) -> Iterator[Orphan]:
    routing = project.it.routing
    if not any(application.operations for application in project.applications) or project.model.unresolved:
        return
    included = {id(event.handler) for made in routing.made for event in made.events or ()}
    passed: set[int] | None = None
    for made in routing.made:
        routes = sum(event.kind in ("route", "websocket", "raw_route") for event in made.events or ())
        if not routes or routing.is_application(made) or id(made) in included or made.site is None:
            continue
        names = list(_names(project, made))
        module = project.index.module(made.site.path)
        own = [name for other, name in names if other is module]
        if len(own) != 1 or module is None or project.is_test(module.path):
            continue
        if passed is None:
            passed = set(_passed(project))
        if id(made) not in passed and not _is_mentioned(project, module, own[0], names):
            yield Orphan(made, own[0], routes)


def _names(project: Project, router: Instance) -> Iterator[tuple[Module, str]]:
    """The modules that know a router, each with its name there."""
    for frame in project.it.importer.frames.values():
        for name, value in frame.env.items():
            if any(member is router for member in members(value)):
                yield frame.module, name


def _passed(project: Project) -> Iterator[int]:
    """What calls are given, by identity."""
    frames = [project.module_frame(module) for module in project.modules]
    for sites in (*(frame.sites for frame in frames), *(function.frame.sites for function in project.functions)):
        for site in sites:
            for value in (*site.arguments.positional, *site.arguments.keywords.values()):
                yield from _inside(value)
    for frame in frames:
        for value in frame.env.values():
            if type(value) in (Sequence, Mapping):
                yield from _inside(value)


def _inside(value: Value) -> Iterator[int]:
    for member in members(value):
        if type(member) is Sequence:
            yield from (id(item) for item in member.items or ())
        elif type(member) is Mapping:
            yield from (id(item) for item in member.entries.values())
        else:
            yield id(member)


def _is_mentioned(project: Project, module: Module, name: str, names: list[tuple[Module, str]]) -> bool:
    for other, known_as in names:
        if _uses(other, known_as):
            return True
    stem = module.name.rpartition(".")[2]
    through = re.compile(rf"\b{re.escape(stem)}\s*\.\s*{re.escape(name)}\b")
    for path in project.index.paths:
        if project.index.mentions(path, through) or (
            project.index.mentions(path, DYNAMIC) and project.index.mentions(path, ROUTER)
        ):
            return True
        frame = project.it.importer.frames.get(path)
        if frame is None:
            if path != module.path and _may_import(project, path, stem, name):
                return True
            continue
        aliases = [alias for alias, value in frame.env.items() if type(value) is ModuleValue and value.module is module]
        if any(frame.module.has(re.compile(rf"\b{re.escape(alias)}\s*\.\s*{re.escape(name)}\b")) for alias in aliases):
            return True
    return False


def _may_import(project: Project, path: str, stem: str, name: str) -> bool:
    """Whether a file that nothing has read yet may get hold of the router."""
    return all(project.index.mentions(path, re.compile(rf"\b{re.escape(word)}\b")) for word in (stem, name))


def _uses(module: Module, name: str) -> bool:
    """Whether a module does anything with a router but name it and add routes to it."""
    units = (module.unit(index) for index in range(len(module.chunks)))
    nodes = [node for unit in units for node in s.walk(*unit.statements, into_functions=True)]
    harmless: set[int] = set()
    for node in nodes:
        match node:
            case s.Attribute(value=s.Name() as value, attr=attr) if attr in ADDING:
                harmless.add(id(value))
            case s.Assign(targets=targets):
                harmless.update(map(id, targets))
            case s.AnnotatedAssign(target=target):
                harmless.add(id(target))
    return any(type(node) is s.Name and node.id == name and id(node) not in harmless for node in nodes)
