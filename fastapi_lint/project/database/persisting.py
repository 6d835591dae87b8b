"""Which calls change what a database or a disk keeps, directly or through functions of the project. By type, as `knowledge/persisting.toml`
lists them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.frames import CallSite
from fastapi_lint.project.interpreting.values import External, FunctionValue, Method, Value, known_members
from fastapi_lint.sensitive import words

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

if TYPE_CHECKING:
    from fastapi_lint.project import Project

DEEPEST = 4
"""How many calls are followed."""
ASIDE = frozenset(
    {"audit", "cache", "cached", "log", "logging", "metric", "metrics", "seen", "telemetry", "track", "usage", "visit"}
)
"""Words in the name of a function that notes that something was asked for, or keeps what was worked out."""
TEMPORARY = ("tempfile.",)


@dataclass(frozen=True, slots=True)
class _Known:
    functions: frozenset[str]
    methods: dict[str, frozenset[str]]
    committing: dict[str, frozenset[str]]


@cache
def _known() -> _Known:
    data = tomllib.loads(files("fastapi_lint.knowledge").joinpath("persisting.toml").read_text(encoding="utf-8"))
    methods, committing = (
        {name: frozenset(found) for name, found in data[table].items()} for table in ("methods", "committing")
    )
    return _Known(frozenset(data["functions"]["names"]), methods, committing)


def change(project: Project, function: FunctionValue) -> tuple[CallSite, ...]:
    """The call sites, from outside in, that lead to the first call which changes something; empty for none."""
    return _change(project, function, frozenset()) or ()


def _change(
    project: Project, function: FunctionValue, above: frozenset[FunctionDefinition]
) -> tuple[CallSite, ...] | None:
    definition = function.definition
    said = {*words(definition.name), *words(definition.module.name.rpartition(".")[2])}
    if definition in above or len(above) > DEEPEST or (above and not ASIDE.isdisjoint(said)):
        return None
    sites = project.it.analysis(function).sites
    if any(
        type(one) is External and one.name.startswith(TEMPORARY) for site in sites for one in known_members(site.callee)
    ):
        return None  # files of its own
    for site in sites:
        found = [_of(project, site, one, above | {definition}) for one in known_members(site.callee)]
        if found and all(one is not None for one in found):
            return (site, *(found[0] or ()))
    return None


def _of(
    project: Project, site: CallSite, callee: Value, above: frozenset[FunctionDefinition]
) -> tuple[CallSite, ...] | None:
    """The sites below a call; None where it changes nothing, or where we cannot tell."""
    match callee:
        case External():
            return () if callee.name in _known().functions else None
        case Method():
            known = _known()
            if _is_among(project, callee, known.methods):
                return ()
            return () if _is_among(project, callee, known.committing) and _has_changed(site, above) else None
        case FunctionValue():
            return _change(project, callee, above) if site.kind == "call" else None
    return None


def _is_among(project: Project, callee: Method, known: dict[str, frozenset[str]]) -> bool:
    return any(
        callee.name in methods and project.it.is_subclass(callee.receiver.cls, owner)
        for owner, methods in known.items()
    )


def _has_changed(site: CallSite, above: frozenset[FunctionDefinition]) -> bool:
    """Whether there is something to commit: the handler does it itself, or an attribute was set before."""
    if len(above) == 1 or site.function is None:
        return True
    assigned = (node for node in s.walk(*site.function.node.body) if type(node) is s.Assign)
    return any(type(target) is s.Attribute for node in assigned for target in node.targets)
