"""What goes with a node that is removed: its comma, its line, the space around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from fastapi_lint.edits.changes import Unfixable, begins_line, extent, line_end, line_start, span

if TYPE_CHECKING:
    from fastapi_lint.reading.locate import Unit
    from fastapi_lint.reading.positions import Range

MEMBERS = (
    cst.Arg, cst.BaseDictElement, cst.BaseElement, cst.ImportAlias, cst.NameItem, cst.Param, cst.SubscriptElement,
    cst.WithItem,
)  # fmt: skip


def removal(unit: Unit, node: cst.CSTNode, text: str) -> tuple[int, int, str]:
    """Offsets of what to remove, and what must stand there instead. `text` is the file's.

    Raises Unfixable for what the syntax cannot do without.
    """
    if isinstance(node, cst.ImportAlias) and len(_members(unit, node)) == 1:
        parent = unit.positions.parent(node)
        assert parent is not None
        node = parent
    if isinstance(node, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
        return _statement(unit, node, text)
    if isinstance(node, cst.Decorator):
        start, end = span(unit, node)
        return line_start(text, start), line_end(text, end), ""
    if isinstance(node, (cst.Asynchronous, cst.Annotation)):
        return (*extent(unit, node), "")
    if isinstance(node, MEMBERS):
        return (*_member(unit, node, text), "")
    return (*span(unit, node), "")


def _members(unit: Unit, node: cst.CSTNode) -> Sequence[Any]:
    """The node and its siblings, between commas, in their order."""
    parent: Any = unit.positions.parent(node)
    if isinstance(parent, cst.Parameters):
        star = [parent.star_arg] if isinstance(parent.star_arg, cst.Param) else []
        last = [parent.star_kwarg] if parent.star_kwarg is not None else []
        return [*parent.posonly_params, *parent.params, *star, *parent.kwonly_params, *last]
    if isinstance(parent, cst.ClassDef):
        return [*parent.bases, *parent.keywords]
    for name in ("args", "elements", "names", "items", "slice"):
        found = getattr(parent, name, None)
        if isinstance(found, (list, tuple)) and any(one is node for one in found):
            return found
    return [node]


def _member(unit: Unit, node: Any, text: str) -> Range:
    members = _members(unit, node)
    _check_rest(unit, node, members)
    index = next(i for i, one in enumerate(members) if one is node)
    start, end = span(unit, node)
    comma = behind = end
    if isinstance(node.comma, cst.Comma):
        comma, behind = extent(unit, node.comma.whitespace_before)[1] + 1, extent(unit, node.comma)[1]
        if begins_line(text, start) and _ends_line(text, comma):
            return line_start(text, start), line_end(text, comma)
    last = index + 1 == len(members)
    if index and (last or begins_line(text, behind)):
        before = span(unit, members[index - 1])[1]
        if "*" not in text[before:start] and "/" not in text[before:start]:
            return before, end
    if last and isinstance(node, cst.Param) and index:
        raise Unfixable("a bare `*` or `/` would be left")
    return start, comma if begins_line(text, behind) else behind


def _check_rest(unit: Unit, node: cst.CSTNode, members: Sequence[cst.CSTNode]) -> None:
    """Raises Unfixable where the syntax cannot do without the member."""
    parent = unit.positions.parent(node)
    if isinstance(parent, cst.Tuple) and len(members) <= 2:
        raise Unfixable("what is left is no tuple")
    if len(members) == 1 and isinstance(parent, (cst.Set, cst.Subscript, cst.With)):
        raise Unfixable("nothing would be left")


def _ends_line(text: str, offset: int) -> bool:
    """Whether nothing but blank space and a comment stands behind `offset` in its line."""
    rest = text[offset : line_end(text, offset)].strip()
    return not rest or rest.startswith("#")


def _statement(unit: Unit, node: cst.CSTNode, text: str) -> tuple[int, int, str]:
    start, end = span(unit, node)
    line = unit.positions.parent(node)
    if isinstance(line, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
        if len(line.body) > 1:
            return (*_among_others(unit, node, line.body), "")
        if isinstance(line, cst.SimpleStatementSuite):
            return start, end, "pass"
        block = unit.positions.parent(line)
    else:
        block = line
        decorators = getattr(node, "decorators", ())
        start = span(unit, decorators[0])[0] if decorators else start
    if isinstance(block, cst.If) and block.orelse is node:
        raise Unfixable("an `elif` hangs on the `if` before it")
    if isinstance(block, cst.IndentedBlock) and len(block.body) == 1:
        return start, end, "pass"
    return line_start(text, start), line_end(text, end), ""


def _among_others(unit: Unit, node: cst.CSTNode, statements: Sequence[cst.CSTNode]) -> Range:
    index = next(i for i, one in enumerate(statements) if one is node)
    start, end = span(unit, node)
    if index + 1 < len(statements):
        return start, span(unit, statements[index + 1])[0]
    return span(unit, statements[index - 1])[1], end
