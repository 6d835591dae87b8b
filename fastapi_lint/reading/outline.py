"""Where expressions and definitions stand, as Python's own parser has it: for what is shown and not changed.

It costs a tenth of what LibCST's tree and its positions do. Where the two would differ, in parentheses, nothing is said here.
"""

from __future__ import annotations

import ast
import re
from functools import cached_property

from fastapi_lint.reading import quick
from fastapi_lint.source import NEWLINE
from fastapi_lint.syntax import UNIT_BITS

PLAIN = (
    ast.Attribute, ast.Await, ast.BinOp, ast.Call, ast.Compare, ast.Dict, ast.List, ast.Name, ast.Set, ast.Subscript
)  # fmt: skip
"""What begins and ends where LibCST says."""
IN_HEADER = re.compile(
    r"""\"{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*\"{3}|'{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'{3}"""
    r"""|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\#[^\r\n]*|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<colon>:)""",
    re.DOTALL,
)
LINE_END = re.compile(r"[\r\n]|\Z")


class Outline:
    """The expressions of one top-level statement, or of several, by the low bits of their number."""

    def __init__(self, text: str, index: int) -> None:
        self.text = text
        self.index = index

    @cached_property
    def _nodes(self) -> list[ast.AST]:
        try:
            return quick.nodes(self.text, self.index)
        except (SyntaxError, ValueError, RecursionError, MemoryError, quick.Newer):
            return []

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in NEWLINE.finditer(self.text))]

    def span(self, at: int) -> tuple[int, int] | None:
        """0-based offsets of an expression in the text, the end exclusive; None where only LibCST can tell.

        Of a function or class, those of its first line, from its keyword to the colon.
        """
        position = at & (1 << UNIT_BITS) - 1
        if position >= len(self._nodes):
            return None
        node = self._nodes[position]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return self._first_line(self._offset(node.lineno, node.col_offset))
        if not isinstance(node, PLAIN) or node.end_lineno is None or node.end_col_offset is None:
            return None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _first_line(self, start: int) -> tuple[int, int] | None:
        depth = 0
        for token in IN_HEADER.finditer(self.text, start):
            if token.lastgroup == "colon" and depth == 0:
                line_end = LINE_END.search(self.text, start)
                assert line_end is not None
                stop = min(token.end(), line_end.start())
                return start, start + len(self.text[start:stop].rstrip())
            depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        return None

    def _offset(self, line: int, column: int) -> int:
        """`line` is 1-based; `column` counts bytes of UTF-8."""
        start = self._starts[line - 1]
        stop = self._starts[line] if line < len(self._starts) else len(self.text)
        written = self.text[start:stop]
        if written.isascii():
            return start + column
        return start + len(written.encode()[:column].decode())
