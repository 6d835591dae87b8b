"""Where values from outside go: the text of exceptions to the client, values of a request to where they can do harm.

Each function is walked through once. What its parameters are given is not known then, so they carry a label of their own, which the
caller's labels take the place of (`Summary`). A value that nothing is known of carries nothing: this finds less than there is, and
what it finds is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.modules import chunk_of
from fastapi_lint.project.interpreting.values import ClassValue, FunctionValue
from fastapi_lint.project.taint.flows import CLEAN, Flow, Label, held, merged
from fastapi_lint.project.taint.kinds import SAFE, declared_field, is_broad
from fastapi_lint.project.taint.study import NOTHING, Outlet, Study, Summary

if TYPE_CHECKING:
    from fastapi_lint.project import Project

CATCHES_ALL = re.compile(
    r"\bexcept\s*(?:\*\s*)?(?::|[^\n:]*\b(?:Base)?Exception\b|[^\n:]*\b[A-Z][A-Z_]+\b)|\b(?:format_exc|format_exception|format_tb|exc_info)\b"
)
"""Text that may catch any exception; a tuple of exceptions may be kept in a constant."""
DEEPEST = 12
"""How deep calls are followed."""


class Taint:
    def __init__(self, project: Project) -> None:
        self.project = project
        self._summaries: dict[FunctionDefinition, Summary] = {}
        self._studies: dict[FunctionDefinition, Study] = {}
        self._running: list[FunctionDefinition] = []
        self._by_node: dict[tuple[str, int], FunctionValue] = {}
        self._indexed = 0
        self.caught: frozenset[Anchor] = frozenset(self._caught())

    def _caught(self) -> Iterator[Anchor]:
        """The parameters that get every exception nobody else handles, in handlers registered for `Exception` or 500."""
        for made in self.project.it.routing.made:
            for event in made.events or ():
                if event.kind != "exception_handler" or type(event.handler) is not FunctionValue:
                    continue
                if is_broad(event.arguments.get("exc_class_or_status_code", 0)):
                    definition = event.handler.definition
                    parameters = definition.node.parameters[
                        1 if definition.owner is not None and not definition.is_static else 0 :
                    ]
                    if len(parameters) > 1:
                        yield Anchor(definition.module.path, parameters[1].at)

    # ---- summaries ------------------------------------------------------------------------------------------------------------

    def makes_labels(self, function: FunctionValue) -> bool:
        """Whether a function may give back something worth following though it is given nothing."""
        definition = function.definition
        return definition.parent is not None or definition.module.has(CATCHES_ALL, chunk_of(definition.node.at))

    def summary(self, function: FunctionValue, caller: Study | None = None) -> Summary:
        definition = function.definition
        found = self._summaries.get(definition)
        if found is not None:
            return found
        if definition in self._running or len(self._running) >= DEEPEST or definition.is_abstract:
            return NOTHING
        closure = self._closure(definition, caller)
        if definition in self._summaries:
            return self._summaries[definition]
        self._running.append(definition)
        try:
            study = self._studies[definition] = Study(self, function, closure)
            found = study.run()
            if len(self._running) < DEEPEST:
                self._summaries[definition] = found
        finally:
            self._running.pop()
        self._nested(study)
        return found

    def _closure(self, definition: FunctionDefinition, caller: Study | None) -> dict[str, Flow]:
        """What the names of the enclosing function carry, where it calls the nested one or, failing that, at its end."""
        parent = definition.parent
        if parent is None:
            return {}
        if caller is not None and caller.definition is parent:
            return {**caller.closure, **caller.env}
        if parent not in self._studies and parent in self.project.it.functions:
            self.summary(self.project.it.functions[parent])
        study = self._studies.get(parent)
        return {**study.closure, **study.env} if study is not None else {}

    def _nested(self, study: Study) -> None:
        functions = self.project.it.functions
        for definition in islice(reversed(functions), len(functions) - self._indexed):  # they are only ever added to
            self._by_node[definition.module.path, definition.node.at] = functions[definition]
        self._indexed = len(functions)
        for node in study.nested:
            nested = self._by_node.get((study.path, node.at))
            if nested is not None:
                self.summary(nested)

    @property
    def summaries(self) -> Iterator[tuple[FunctionDefinition, Summary]]:
        """Every function that was walked through so far."""
        yield from list(self._summaries.items())

    # ---- what FastAPI passes ------------------------------------------------------------------------------------------------------

    def injected(self, function: FunctionValue) -> dict[str, Flow]:
        """What parameters with `Depends` carry: what the dependency gives back of the request."""
        routing = self.project.it.routing
        signature = self.project.it.studies.signature(function)
        found: dict[str, Flow] = {}
        for parameter in function.definition.node.parameters:
            depends = routing.depends(signature.parameters.get(parameter.name), signature.defaults.get(parameter.name))
            if depends is None:
                continue
            call = routing.dependency(*depends)
            if type(call) is ClassValue:
                found[parameter.name] = self._brought(call.definition, parameter.name)
                continue
            target = self.project.dependencies.called(call)
            if target is None:
                found[parameter.name] = CLEAN
                continue
            summary = self.summary(target)
            found[parameter.name] = merged((summary.returns, summary.yields))
        return found

    def _brought(self, definition: ClassDefinition, name: str) -> Flow:
        """An object of a class that FastAPI makes of a request, with what its constructor puts into it."""
        constructor = self.project.dependencies.called(ClassValue(definition))
        if constructor is not None:
            self.summary(constructor)
            study = self._studies.get(constructor.definition)
            own = study.env.get(constructor.definition.node.parameters[0].name) if study is not None else None
            return Flow({}, own.fields, definition) if own is not None else CLEAN
        fields: dict[str, Flow] = {}
        for one in self.project.dependencies.takes(ClassValue(definition)) or ():
            kind = declared_field(self.project, definition, one.name)
            if kind != SAFE and self.project.it.routing.depends(one.annotation, one.default) is None:
                fields[one.name] = Flow({Label("request", one.site, f"{name}.{one.name}"): ()}, {}, kind)
        return held(fields, definition)


def taint(project: Project) -> Taint:
    """The project's one `Taint`, made when somebody asks for it."""
    found = project.__dict__.get("taint")
    if not isinstance(found, Taint):
        found = project.__dict__["taint"] = Taint(project)
    return found


__all__ = ["ClassDefinition", "Outlet", "Summary", "Taint", "held", "taint"]
