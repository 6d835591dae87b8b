"""Where values of a request go unchecked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint.findings import Anchor, Step
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import FunctionValue
from fastapi_lint.project.serving.callables import parameters
from fastapi_lint.project.serving.paths import convertors
from fastapi_lint.project.taint import Outlet, taint
from fastapi_lint.project.taint.flows import CHECKED, FORMATTED, PLACED, SLASHED, Label, Steps

if TYPE_CHECKING:
    from fastapi_lint.project import Project


@dataclass(frozen=True, slots=True)
class Exposure:
    """`name`: the value of the request, as the code calls it; `use`: what it is given to."""

    kind: str
    place: Anchor
    name: str
    use: str
    way: Steps
    function: FunctionDefinition


def exposures(project: Project, kind: str) -> Iterator[Exposure]:
    """Each place once. `kind`: path, sql, shell, program, url, redirect or deserialise."""
    found = project.__dict__.get("exposures")
    if not isinstance(found, dict):
        found = project.__dict__["exposures"] = {
            (one.kind, one.place): one for one in reversed(list(_exposures(project)))
        }
    for (of_kind, _), exposure in sorted(found.items()):
        if of_kind == kind:
            yield exposure


def _exposures(project: Project) -> Iterator[Exposure]:
    known = taint(project)
    filled: dict[Anchor, str] = {}
    for function, names in _entrances(project):
        signature = project.it.studies.signature(function)
        for parameter in parameters(function):
            annotation, default = signature.parameters.get(parameter.name), signature.defaults.get(parameter.name)
            if project.it.routing.depends(annotation, default) is None:
                filled[Anchor(function.definition.module.path, parameter.at)] = names.get(parameter.name, "query")
        known.summary(function)
    for _, summary in known.summaries:
        for outlet in summary.outlets:
            if outlet.kind != "client" and not project.is_test(outlet.place.path):
                for label, steps in outlet.labels.items():
                    if _is_exposed(outlet.kind, label, filled):
                        yield _exposure(outlet, label, steps)
                        break


def _entrances(project: Project) -> Iterator[tuple[FunctionValue, dict[str, str]]]:
    """The functions that FastAPI calls with values of the request; of handlers, the names that are in the path."""
    for route in project.routes:
        if route.handler is not None and not project.is_test(route.handler.definition.module.path):
            path = route.path or ""
            inside = {
                name: "whole path" if convertor == "path" else "path" for name, convertor in convertors(path).items()
            }
            yield route.handler, inside
    for dependency in project.dependency_functions.values():
        if dependency.function is not None:
            yield dependency.function, {}


def _is_exposed(kind: str, label: Label, filled: dict[Anchor, str]) -> bool:
    if CHECKED in label.marks or label.kind not in ("request", "parameter"):
        return False
    if label.kind == "parameter" and label.place not in filled:
        return False
    if kind == "path":
        return filled.get(label.place) != "path" and not label.name.startswith("request.path_params")
    if kind == "sql":
        return FORMATTED in label.marks
    if kind == "redirect":
        if label.name.startswith("request.headers"):
            return False
        if SLASHED in label.marks:  # another site, where the value begins with a slash, which a part of a path cannot
            return filled.get(label.place) != "path" and not label.name.startswith("request.path_params")
    return kind not in ("url", "redirect", "program") or PLACED not in label.marks


def _exposure(outlet: Outlet, label: Label, steps: Steps) -> Exposure:
    way = (Step(label.place, f"`{label.name}` comes from the request"), *steps)
    return Exposure(outlet.kind, outlet.place, label.name, outlet.name, way, outlet.function)
