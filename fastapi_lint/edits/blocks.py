"""Edits that put statements into a block of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from fastapi_lint.edits.changes import Change, Unfixable, begins_line, indentation, line_end, span
from fastapi_lint.source import NEWLINE

if TYPE_CHECKING:
    from fastapi_lint.reading.locate import Unit
    from fastapi_lint.source import Source


def enclosed(unit: Unit, node: cst.CSTNode, header: str, source: Source) -> Iterator[Change]:
    """The simple statement around a node, one step further in, under a header. Raises Unfixable."""
    statement = unit.statement(node)
    line = unit.positions.parent(statement)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        raise Unfixable("the statement shares its line or is the header of a block")
    start, end = span(unit, statement)
    text = source.text[start:end]
    if not begins_line(source.text, start) or "\\" in text or any(quotes in text for quotes in ('"""', "'''")):
        raise Unfixable("not every line of the statement can be moved")
    indent = indentation(source.text, start)
    step = "\t" if "\t" in indent else "    "
    yield Change(source.path, start, start, f"{header}:{source.newline}{indent}{step}")
    for newline in NEWLINE.finditer(source.text, start, end):
        if source.text[newline.end() : line_end(source.text, newline.end())].strip():
            yield Change(source.path, newline.end(), newline.end(), step)
