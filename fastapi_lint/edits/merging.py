"""More names in a `from` import, in the style that it is written in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from fastapi_lint.edits.changes import Change, begins_line, extent, has_newline, indentation, level, line_start, span
from fastapi_lint.reading.positions import Range

if TYPE_CHECKING:
    from fastapi_lint.edits.bindings import Statement
    from fastapi_lint.source import Source

NARROW, WIDE = 88, 120
"""Columns that a line may have where no configuration says it: as many as the file's longest line, within these bounds."""


def _kind(name: str) -> int:
    """Constants, then classes, then the rest: the order of import sorters' default."""
    if len(name) > 1 and name.isupper():
        return 0
    return 1 if name[:1].isupper() else 2


STYLES: tuple[Callable[[str], object], ...] = (
    lambda name: (_kind(name), name.lower()),
    lambda name: (_kind(name), name),
    lambda name: name.lower(),
    lambda name: name,
)


def joined(statement: Statement, additions: Sequence[str], source: Source, widest: int | None) -> Iterator[Change]:
    """Add names, each perhaps with its `as`. `statement` is a `from` import without a star.

    `widest`: how many code points a line may have, None where only the file itself can tell.
    """
    node = statement.node
    assert isinstance(node, cst.ImportFrom)
    assert not isinstance(node.names, cst.ImportStar)
    spans = [span(statement.unit, alias) for alias in node.names]
    present = [source.text[slice(*place)] for place in spans]
    if _too_long(statement, additions, source, widest):
        yield _broken_up(statement, node, present, additions, source)
        return
    style = next((style for style in STYLES if sorted(present, key=style) == present), None)  # type: ignore[arg-type]
    last: list[str] = []
    for name in sorted(additions, key=style or STYLES[0]):  # type: ignore[arg-type]
        index = sum(style(one) <= style(name) for one in present) if style else len(present)  # type: ignore[operator]
        if index < len(present):
            yield _before(spans[index][0], node, name, source)
        else:
            last.append(name)
    if last:
        yield from _behind(statement, node, spans[-1], last, source)


def _before(offset: int, node: cst.ImportFrom, name: str, source: Source) -> Change:
    newline = node.lpar is not None and begins_line(source.text, offset)
    separator = source.newline + indentation(source.text, offset) if newline else " "
    return Change(source.path, offset, offset, f"{name},{separator}")


def _behind(
    statement: Statement, node: cst.ImportFrom, last: Range, names: Sequence[str], source: Source
) -> Iterator[Change]:
    assert not isinstance(node.names, cst.ImportStar)
    comma, text = node.names[-1].comma, source.text
    behind = extent(statement.unit, comma.whitespace_before)[1] + 1 if isinstance(comma, cst.Comma) else None
    if node.rpar is not None:
        closing = span(statement.unit, node.rpar)[1] - 1
        if begins_line(text, closing) and has_newline(text[last[1] : closing]):
            line = line_start(text, closing)
            if behind is None:
                yield Change(source.path, last[1], last[1], ",")
            indent = indentation(text, last[0])
            lines = f",{source.newline}{indent}".join(names) + ("," if behind is not None else "")
            yield Change(source.path, line, line, indent + lines + source.newline)
            return
    if behind is not None:
        yield Change(source.path, behind, behind, f" {', '.join(names)},")
    else:
        yield Change(source.path, last[1], last[1], f", {', '.join(names)}")


def _too_long(statement: Statement, additions: Sequence[str], source: Source, widest: int | None) -> bool:
    """Whether a line without line breaks and comments would become longer than lines may be."""
    line = source.text[statement.start : statement.end].rstrip()
    if has_newline(line) or "#" in line or not statement.alone:
        return False
    if widest is None:
        longest = max(len(source.line(number)) for number in range(1, source.line_count + 1))
        widest = max(NARROW, min(longest, WIDE))
    return len(line) + sum(len(name) + 2 for name in additions) > widest


def _broken_up(
    statement: Statement, node: cst.ImportFrom, present: Sequence[str], additions: Sequence[str], source: Source
) -> Change:
    """One name a line, in parentheses."""
    style = next((style for style in STYLES if sorted(present, key=style) == list(present)), None)  # type: ignore[arg-type]
    names = [*present, *additions]
    if style is not None:
        names.sort(key=style)  # type: ignore[arg-type]
    assert not isinstance(node.names, cst.ImportStar)
    start, end = span(statement.unit, node.names[0])[0], span(statement.unit, node)[1]
    if node.lpar is not None:
        start = span(statement.unit, node.lpar)[0]
    indent = level(source.text)
    body = "".join(f"{indent}{name},{source.newline}" for name in names)
    return Change(source.path, start, end, f"({source.newline}{body})")
