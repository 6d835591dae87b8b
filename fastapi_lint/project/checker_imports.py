"""Names that exist for type checkers only: imported under `if TYPE_CHECKING:` and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.definitions import FunctionDefinition, local_names
from fastapi_lint.project.interpreting.modules import Module

Imported = Mapping[str, tuple[s.ImportFrom, int]]
"""By name: the statement, and which of its names it is, from 0."""


def only_for_checkers(module: Module) -> Imported:
    if not module.has("TYPE_CHECKING"):
        return {}
    found: dict[str, tuple[s.ImportFrom, int]] = {}
    rest: list[s.Statement] = []
    for index in range(len(module.chunks)):
        for statement in module.unit(index).statements:
            if type(statement) is s.If and _asks_for_checkers(statement.test):
                rest += statement.orelse
                for inner in statement.body:
                    if type(inner) is s.ImportFrom:
                        found.update({name.alias or name.name: (inner, at) for at, name in enumerate(inner.names)})
            else:
                rest.append(statement)
    at_run_time = local_names(s.Function(0, "", (), None, (), tuple(rest), None, False, False, False))
    return {name: place for name, place in found.items() if name not in at_run_time}


def _asks_for_checkers(test: s.Expression) -> bool:
    return (type(test) is s.Name and test.id == "TYPE_CHECKING") or (
        type(test) is s.Attribute and test.attr == "TYPE_CHECKING"
    )


def names_around(function: FunctionDefinition) -> frozenset[str]:
    """The names of the functions that a nested function stands in."""
    names: frozenset[str] = frozenset()
    around = function.parent
    while around is not None:
        names |= around.locals
        around = around.parent
    return names


def missing_name(function: FunctionDefinition, annotation: s.Expression, known: Imported) -> str | None:
    """The first name in an annotation that does not exist when the application runs."""
    own = names_around(function) if known else frozenset()
    for node in s.walk(annotation):
        if type(node) is s.Name and node.id in known and node.id not in own:
            return node.id
    return None
