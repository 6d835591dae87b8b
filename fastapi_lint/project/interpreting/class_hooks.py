"""What runs when a class is made: `__init_subclass__` of its bases, and its metaclass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import (
    NO_ARGUMENTS,
    Arguments,
    ClassValue,
    Const,
    FunctionValue,
    Mapping,
    Sequence,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


def run(it: Interpreter, frame: Frame, definition: ClassDefinition) -> None:
    """Run the hooks of a class statement, where they may shape an application."""
    if not frame.effects:
        return
    meta = metaclass(definition)
    if meta is not None:
        _run_metaclass(it, frame, definition, meta)
    found = classes.member(definition, "__init_subclass__", definition)
    if found is not None and type(found[1]) is FunctionValue and _shapes(it, found[1]):
        it.importer.registering.add(definition.name)
        keywords = {name: value for name, value in definition.keywords.items() if name != "metaclass"}
        it.studies.run(frame, found[1].bound(ClassValue(definition)), Arguments((), keywords))
    elif (own := classes.member(definition, "__init_subclass__")) is not None and type(own[1]) is FunctionValue:
        if _shapes(it, own[1]):
            it.importer.registering.add(definition.name)


def metaclass(definition: ClassDefinition) -> ClassDefinition | None:
    """The metaclass of a class, where it is one of the project's."""
    for ancestor in classes.ancestors(definition):
        given = ancestor.keywords.get("metaclass") if isinstance(ancestor, ClassDefinition) else None
        if type(given) is ClassValue:
            return given.definition
    return None


def _run_metaclass(it: Interpreter, frame: Frame, definition: ClassDefinition, meta: ClassDefinition) -> None:
    body = definition.frame.env if definition.frame is not None else {}
    given = (Const(definition.name), Sequence("tuple", list(definition.bases)), Mapping(dict(body), open=False))
    keywords = {name: value for name, value in definition.keywords.items() if name != "metaclass"}
    for name, receiver in (("__new__", ClassValue(meta)), ("__init__", ClassValue(definition))):
        hook = classes.member(meta, name)
        if hook is None or type(hook[1]) is not FunctionValue or not _shapes(it, hook[1]):
            continue
        it.importer.registering.add(definition.name)
        it.making.append(ClassValue(definition))
        it.studies.run(frame, hook[1].bound(receiver), Arguments(given, keywords))
        it.making.pop()


def _shapes(it: Interpreter, function: FunctionValue) -> bool:
    return it.shapes_application(function.definition, NO_ARGUMENTS)
