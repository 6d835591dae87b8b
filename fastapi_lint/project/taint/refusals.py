"""Which validators turn away some values of a field, so that what comes through has been looked at."""

from __future__ import annotations

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.models import masking
from fastapi_lint.project.taint import guards


def refused_names(definition: ClassDefinition) -> frozenset[str]:
    """The fields of a model whose values a validator restrains."""
    return frozenset(name for name, function in masking.validators(definition) if refuses(function))


def refuses(definition: FunctionDefinition) -> bool:
    """Whether a function raises something, or asserts, for another reason than that a value is missing."""
    excused: set[int] = set()
    for node in s.walk(*definition.node.body):
        if type(node) is s.If and not any(True for _ in guards.restrained(node.test)):
            excused.update(inner.at for inner in s.walk(*node.body) if type(inner) is s.Raise)
    for node in s.walk(*definition.node.body):
        if type(node) is s.Assert and any(True for _ in guards.restrained(node.test)):
            return True
        if type(node) is s.Raise and node.at not in excused:
            return True
    return False
