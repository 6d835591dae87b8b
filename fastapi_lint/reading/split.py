"""Split a module into its top-level statements without parsing it.

Parsing is what costs most, and most definitions of a large project never matter. Strings, brackets, comments and line
continuations are enough to see where a statement at column 0 begins, and a definition's name stands on its first line.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

TOKEN = re.compile(
    r"""
    \"\"\"[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*\"\"\"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''
    |"[^"\\\r\n]*(?:\\(?:\r\n|.)[^"\\\r\n]*)*"|'[^'\\\r\n]*(?:\\(?:\r\n|.)[^'\\\r\n]*)*\'
    |\#[^\r\n]*
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |\\(?:\r\n|\r|\n)
    |(?P<start>(?:\r\n|\r|\n)(?=[^\s\#\\)\]}]))
    """,
    re.VERBOSE | re.DOTALL,
)
CONTINUES = re.compile(r"(?:elif|else|except|finally)\b")
DEFINITION = re.compile(r"(?:async[ \t]+)?(?P<kind>def|class)[ \t]+(?P<name>\w+)")
OPEN, CLOSE, START = (TOKEN.groupindex[name] for name in ("open", "close", "start"))


class Chunk(NamedTuple):
    """A top-level statement: `text[start:end]`, with the comments and blank lines before it, offsets in code points.

    `kind` is `def` or `class` for a definition (`name` its name), else `other`.
    """

    start: int
    end: int
    kind: Literal["def", "class", "other"]
    name: str = ""
    is_async: bool = False
    decorated: bool = False


def split(text: str) -> list[Chunk]:
    """The chunks of a text, which together are the text. Simple statements between two definitions form one chunk."""
    starts = _starts(text)
    chunks: list[Chunk] = []
    pending = 0  # where the chunk being collected begins
    other = False  # whether it holds a simple statement already
    position = 0
    while position < len(starts):
        first = starts[position]
        decorated = False
        last = first
        while text.startswith("@", last) and position + 1 < len(starts):
            decorated = True
            position += 1
            last = starts[position]
        match = DEFINITION.match(text, last)
        if match:
            if other:
                chunks.append(Chunk(pending, first, "other"))
                pending, other = first, False
            end = starts[position + 1] if position + 1 < len(starts) else len(text)
            kind: Literal["def", "class"] = "def" if match["kind"] == "def" else "class"
            chunks.append(Chunk(pending, end, kind, match["name"], text.startswith("async", last), decorated))
            pending = end
        else:
            other = True
        position += 1
    if pending < len(text):
        chunks.append(Chunk(pending, len(text), "other"))
    return chunks


def _starts(text: str) -> list[int]:
    """Offsets at which a statement at column 0 begins."""
    starts: list[int] = []
    if text and not text[0].isspace() and text[0] != "#":
        starts.append(0)
    depth = 0
    for match in TOKEN.finditer(text):
        group = match.lastindex
        if group == START:
            if depth == 0 and not CONTINUES.match(text, match.end()):
                starts.append(match.end())
        elif group == OPEN:
            depth += 1
        elif group == CLOSE and depth:
            depth -= 1
    return starts
