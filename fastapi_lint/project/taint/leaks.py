"""Where the text of exceptions, or a traceback, reaches the client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint.findings import Anchor, Step
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.modules import chunk_of
from fastapi_lint.project.taint import CATCHES_ALL, Outlet, Taint, taint
from fastapi_lint.project.taint.flows import Label, Steps

if TYPE_CHECKING:
    from fastapi_lint.project import Project


HTTP_ERROR = "an `HTTPException`"
SHOWN = frozenset({"exception", "traceback"})


@dataclass(frozen=True, slots=True)
class Leak:
    """`way`: how the text came there, step by step. `outlet`: what takes it to the client. `source`: what the exception is called."""

    kind: str
    place: Anchor
    source: str
    outlet: str
    way: Steps
    function: FunctionDefinition


def leaks(project: Project) -> tuple[Leak, ...]:
    """Each leak once, by place. One that shows a traceback is of the kind "traceback", else "exception"."""
    found = project.__dict__.get("leaks")
    if not isinstance(found, tuple):
        found = project.__dict__["leaks"] = tuple(_leaks(project))
    return found


def _leaks(project: Project) -> Iterator[Leak]:
    known = taint(project)
    _study(project, known)
    found: dict[Anchor, Leak] = {}
    elsewhere: set[tuple[Anchor, FunctionDefinition]] = set()
    for outlet in (*_outlets(known), *_returned(project, known)):
        label, steps = _shown(outlet)
        if label is None or project.is_test(outlet.place.path):
            continue
        site = outlet.site or outlet.place
        if label.said is not None and label.said.path != site.path:
            if outlet.name != HTTP_ERROR or (label.place, outlet.function) in elsewhere:
                continue  # a result that another module made to be read; or the same one once more
            elsewhere.add((label.place, outlet.function))
        leak = _leak(outlet, label, steps, site)
        present = found.get(leak.place)
        if present is None or (present.kind == "exception" and leak.kind == "traceback"):
            found[leak.place] = leak
    yield from (found[place] for place in sorted(found))


def _study(project: Project, known: Taint) -> None:
    """Walk through every function that catches broadly, and every one that answers a request."""
    done: set[FunctionDefinition] = set()
    functions = project.it.functions
    while pending := [definition for definition in functions if definition not in done]:
        for definition in pending:
            done.add(definition)
            if definition.parent is None and not project.is_test(definition.module.path):
                if definition.module.has(CATCHES_ALL, chunk_of(definition.node.at)):
                    known.summary(functions[definition])
    for route in project.handlers.values():
        if route.handler is not None:
            known.summary(route.handler)
    for definition, function in list(functions.items()):
        if any(Anchor(definition.module.path, p.at) in known.caught for p in definition.node.parameters):
            known.summary(function)


def _outlets(known: Taint) -> Iterator[Outlet]:
    for _, summary in known.summaries:
        yield from (outlet for outlet in summary.outlets if outlet.kind == "client")


def _returned(project: Project, known: Taint) -> Iterator[Outlet]:
    """What the handlers of routes return, or yield."""
    handlers = {definition for definition, route in project.handlers.items() if not route.is_websocket}
    for definition, summary in known.summaries:
        if definition not in handlers:
            continue
        given: Iterable[tuple[object, object]] = (*summary.returned, *summary.yielded)
        for node, flow in given:
            labels = flow.whole()  # type: ignore[attr-defined]
            if labels:
                place = Anchor(definition.module.path, node.at)  # type: ignore[attr-defined]
                yield Outlet("client", "the response", place, labels, definition, place)


def _shown(outlet: Outlet) -> tuple[Label, Steps] | tuple[None, Steps]:
    """What an outlet shows of an exception: a traceback rather than a text."""
    shown = [(label, steps) for label, steps in outlet.labels.items() if label.kind in SHOWN and label.is_text]
    return next((one for one in shown if one[0].kind == "traceback"), shown[0] if shown else (None, ()))


def _leak(outlet: Outlet, label: Label, steps: Steps, site: Anchor) -> Leak:
    place = label.place if label.kind == "traceback" else label.said or site
    if place.path != site.path:
        place = site
    way = tuple(step for step in steps if step.place != place)
    if site != place:
        way = (*way, Step(site, f"it goes into {outlet.name}"))
    return Leak(label.kind, place, label.name, outlet.name, way, outlet.function)
