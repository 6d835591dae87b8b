"""What all edits are made of, and questions about lines that they share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from fastapi_lint.source import NEWLINE

if TYPE_CHECKING:
    import libcst as cst

    from fastapi_lint.reading.locate import Unit
    from fastapi_lint.reading.positions import Range

BLOCK = re.compile(
    r"^(?:class|def|async[ \t]+def|if|for|while|with|try)\b[^\r\n#]*:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)"
    r"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*(?P<indent>[ \t]+)(?=[^\s#])",
    re.MULTILINE,
)
BLANK = re.compile(r"[ \t\f]*")


class Unfixable(Exception):
    """An edit that cannot be made here; the message says why."""


class Change(NamedTuple):
    """Put `text` in the place of the file's `[start, end)`: code points of the decoded text, 0-based."""

    path: str
    start: int
    end: int
    text: str


def span(unit: Unit, node: cst.CSTNode) -> Range:
    """Raises Unfixable where the place is not known exactly."""
    return _known(unit.span(node))


def extent(unit: Unit, node: cst.CSTNode) -> Range:
    """Raises Unfixable where the place is not known exactly."""
    return _known(unit.extent(node))


def _known(found: Range | None) -> Range:
    if found is None:
        raise Unfixable("LibCST does not give this text back as it is")
    return found


def line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def line_end(text: str, offset: int) -> int:
    """Behind the newline of the line that `offset` is in."""
    match = NEWLINE.search(text, offset)
    return match.end() if match else len(text)


def indentation(text: str, offset: int) -> str:
    """The blank space at the beginning of the line that `offset` is in."""
    match = BLANK.match(text, line_start(text, offset))
    assert match is not None
    return match.group()


def begins_line(text: str, offset: int) -> bool:
    """Whether nothing but blank space stands before `offset` in its line."""
    return not text[line_start(text, offset) : offset].strip()


def has_newline(text: str) -> bool:
    return "\n" in text or "\r" in text


def level(text: str) -> str:
    """What one level of indentation is in a file: that of its first indented block, four spaces where it has none."""
    match = BLOCK.search(text)
    return match["indent"] if match else "    "
