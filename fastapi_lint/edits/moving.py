"""Move a function of a module above another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.findings import Insert, Replace, SymbolicEdit, TextRange
from fastapi_lint.syntax import UNIT_BITS

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.definitions import FunctionDefinition
    from fastapi_lint.project.interpreting.modules import Module


def move_above(moved: FunctionDefinition, target: FunctionDefinition) -> tuple[SymbolicEdit, ...]:
    """The edits that put a function of a module, with its decorators and the comment above it, above an earlier one.

    Empty where that cannot be done: they are no statements of one module, or what runs when the function is defined uses a name that
    is bound only after the other one.
    """
    module = moved.module
    if module is not target.module or not (_is_statement(moved) and _is_statement(target)):
        return ()
    above, below = target.node.at >> UNIT_BITS, moved.node.at >> UNIT_BITS
    if above >= below or _names_used(moved.node) & _names_bound(module, above, below):
        return ()
    text = module.source.text
    start, end = _extent(module, below)
    body = text[start:end].replace("\r\n", "\n").rstrip()
    while end < len(text) and text[end] in "\r\n":
        end += 1
    if end == len(text):
        before = text[:start].rstrip()
        start = len(before) + len(module.source.newline)
    place = _extent(module, above)[0]
    return (
        Insert(TextRange(module.path, place, place), "before", (f"{body}\n\n\n",)),
        Replace(TextRange(module.path, start, end), ("",)),
    )


def _is_statement(function: FunctionDefinition) -> bool:
    chunk = function.module.chunks[function.node.at >> UNIT_BITS]
    return chunk.kind == "def" and chunk.name == function.name and function.parent is None and function.owner is None


def _extent(module: Module, index: int) -> tuple[int, int]:
    """Where a definition begins, with the comment directly above it, and where its last line ends."""
    chunk, text = module.chunks[index], module.source.text
    start = chunk.start
    while start > 0:
        line = text.rfind("\n", 0, start - 1) + 1
        if not text.startswith("#", line):
            break
        start = line
    end = chunk.start
    position = chunk.start
    for line_text in text[chunk.start : chunk.end].splitlines(keepends=True):
        position += len(line_text)
        if line_text.strip() and not line_text.startswith("#"):
            end = position
    return start, end


def _names_used(node: s.Function) -> set[str]:
    """The names that Python looks up when it runs the `def`."""
    roots: list[s.Expression] = [*node.decorators]
    for parameter in node.parameters:
        roots += [one for one in (parameter.annotation, parameter.default) if one is not None]
    if node.returns is not None:
        roots.append(node.returns)
    return {one.id for one in s.walk(*roots) if isinstance(one, s.Name)}


def _names_bound(module: Module, first: int, last: int) -> frozenset[str]:
    """The names that the statements of a module from `first` to before `last` bind."""
    from fastapi_lint.project.interpreting.definitions import local_names

    body = tuple(statement for index in range(first, last) for statement in module.unit(index).statements)
    return local_names(s.Function(0, "", (), None, (), body, None, is_async=False, is_generator=False, awaits=False))
