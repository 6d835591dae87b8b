"""Which models requests are read into, and which ones responses are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.values import Value
from fastapi_lint.project.models import schemas
from fastapi_lint.project.models.kinds import class_of, kind_of
from fastapi_lint.project.serving.contract import Contracts
from fastapi_lint.project.serving.signatures import Declaration, declarations

if TYPE_CHECKING:
    from fastapi_lint.project import Project, Route

IN_BODIES = frozenset({"body", "form"})


def request_models(project: Project, *, nested: bool = True) -> dict[ClassDefinition, Declaration]:
    """The models of bodies and forms, with those inside them if wished, and a parameter that brings each in."""
    found: dict[ClassDefinition, Declaration] = {}
    for one in declarations(project):
        if one.parameter is not None and one.parameter.kind in IN_BODIES and one.annotation is not None:
            for definition in with_nested(project, one.annotation, nested=nested):
                found.setdefault(definition, one)
    return found


def response_models(project: Project) -> dict[ClassDefinition, Route]:
    """The models of responses, with those inside them, and a route that answers with each."""
    found: dict[ClassDefinition, Route] = {}
    contracts = Contracts(project)
    for route in project.routes:
        model = contracts.response_model(route)
        if model is not None:
            for definition in with_nested(project, model):
                found.setdefault(definition, route)
    return found


def with_nested(project: Project, annotation: Value, *, nested: bool = True) -> Iterator[ClassDefinition]:
    """The models that an annotation names, and those inside them if wished."""
    seen: set[ClassDefinition] = set()
    pending = [annotation]
    while pending:
        for model in schemas.models(project.it, pending.pop()) or ():
            definition = class_of(model)
            if definition is None or definition in seen or kind_of(project.it, definition) != "model":
                continue
            seen.add(definition)
            yield definition
            if nested:
                pending += [field.type for field in schemas.fields(project.it, model) or ()]
