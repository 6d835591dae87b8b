"""Whether a call has to stay on the thread that makes it: in another it would fail, or what it does would be lost.

What is bound to a thread stands in `knowledge/threads.toml`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.values import (
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Method,
    Partial,
    Value,
    known_members,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

if TYPE_CHECKING:
    from fastapi_lint.project import Project

DEEPEST = 5
"""How many calls are followed."""


@dataclass(frozen=True, slots=True)
class _Known:
    functions: frozenset[str]
    methods: dict[str, frozenset[str]]
    classes: frozenset[str]
    modules: tuple[str, ...]


@cache
def _known() -> _Known:
    data = tomllib.loads(files("fastapi_lint.knowledge").joinpath("threads.toml").read_text(encoding="utf-8"))
    return _Known(
        frozenset(data["functions"]["names"]),
        {owner: frozenset(names) for owner, names in data["methods"].items()},
        frozenset(data["owned"]["classes"]),
        tuple(f"{name}." for name in data["owned"]["modules"]),
    )


def is_thread_bound(project: Project, site: CallSite) -> bool:
    """Whether another thread could not make a call in the place of this one, or what it gives could not be used here."""
    if is_entered(site) or (site.result is not None and _is_owned(site.result)):
        return True
    return _is_bound(project, site, None, frozenset())


def is_entered(site: CallSite) -> bool:
    """Whether `with` enters what the call returns, which would go on where it is."""
    return any(other.kind == "enter" and other.node is site.node and not other.awaited for other in site.frame.sites)


def _is_bound(project: Project, site: CallSite, around: Frame | None, above: frozenset[FunctionDefinition]) -> bool:
    """`around`: the function that would run in the other thread, where the call is not what is handed to it."""
    return any(_stays(project, site, callee, around, above) for callee in known_members(site.callee))


def _stays(
    project: Project, site: CallSite, callee: Value, around: Frame | None, above: frozenset[FunctionDefinition]
) -> bool:
    match callee:
        case External():
            return callee.name in _known().functions
        case Method():
            if _is_owned(callee.receiver):
                return around is None or not _makes_its_own(around)
            return any(
                callee.name in names and project.it.is_subclass(callee.receiver.cls, owner)
                for owner, names in _known().methods.items()
            )
        case Partial():
            return _stays(project, site, callee.func, around, above)
        case FunctionValue():
            return _runs_bound(project, callee, above)
        case ClassValue():
            found = classes.member(callee.definition, "__init__")
            made = found[1] if found is not None else None
            if type(made) is not FunctionValue:
                return False
            return _keeps_owned(project, made) or _runs_bound(project, made, above)
    return False


def _keeps_owned(project: Project, constructor: FunctionValue) -> bool:
    """Whether an object is made with something that only the thread which makes it may use."""
    sites = project.it.analysis(constructor).sites
    return any(site.result is not None and _is_owned(site.result) for site in sites)


def _runs_bound(project: Project, function: FunctionValue, above: frozenset[FunctionDefinition]) -> bool:
    definition = function.definition
    if definition in above or len(above) >= DEEPEST or definition.node.is_async:
        return False
    frame = project.it.analysis(function)
    sites = (site for site in frame.sites if site.kind != "callback")
    return any(_is_bound(project, site, frame, above | {definition}) for site in sites)


def _is_owned(value: Value) -> bool:
    known = _known()
    return any(
        type(one) is Instance and (one.class_name in known.classes or one.class_name.startswith(known.modules))
        for one in known_members(value)
    )


def _makes_its_own(frame: Frame) -> bool:
    """Whether a function opens, in the thread that runs it, what it uses."""
    return any(
        site.result is not None
        and _is_owned(site.result)
        and any(type(c) is External for c in known_members(site.callee))
        for site in frame.sites
    )
