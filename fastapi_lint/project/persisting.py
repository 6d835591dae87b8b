"""Which calls change what a database or a disk keeps, directly or through functions of the project. By type, as `knowledge/persisting.toml`
lists them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi_lint.project.definitions import FunctionDefinition
from fastapi_lint.project.frames import CallSite
from fastapi_lint.project.values import External, FunctionValue, Method, Value, known_members
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


@cache
def _known() -> _Known:
    data = tomllib.loads(files("fastapi_lint.knowledge").joinpath("persisting.toml").read_text(encoding="utf-8"))
    methods = {name: frozenset(found) for name, found in data["methods"].items()}
    return _Known(frozenset(data["functions"]["names"]), methods)


def change(project: Project, function: FunctionValue) -> tuple[CallSite, ...]:
    """The call sites, from outside in, that lead to the first call which changes something; empty for none."""
    return _change(project, function, frozenset()) or ()


def _change(
    project: Project, function: FunctionValue, above: frozenset[FunctionDefinition]
) -> tuple[CallSite, ...] | None:
    definition = function.definition
    if definition in above or len(above) > DEEPEST or not ASIDE.isdisjoint(words(definition.name)):
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
            changes = (
                callee.name in methods and project.it.is_subclass(callee.receiver.cls, owner)
                for owner, methods in _known().methods.items()
            )
            return () if any(changes) else None
        case FunctionValue():
            return _change(project, callee, above) if site.kind == "call" else None
    return None
