"""Where LibCST's nodes stand in a text, measured while LibCST writes the text back.

This is what LibCST's own `PositionProvider` does, in offsets instead of lines and columns, without its copy of the
tree, and with what the provider throws away: a node's own parentheses, its parent, and whether the text came back as it
was.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

import libcst as cst
from libcst._nodes.internal import CodegenState

from fastapi_lint.source import NEWLINE

Range = tuple[int, int]


class _Recorder(CodegenState):
    """LibCST's hook: told before and after each node. It counts tokens, which is cheaper than adding their lengths."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.open: list[tuple[cst.CSTNode | None, int]] = [(None, 0)]
        self.inner: dict[int, Range] = {}
        self.whole: dict[int, tuple[int, int, cst.CSTNode | None]] = {}

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.open.append((node, len(self.tokens)))

    def after_codegen(self, node: cst.CSTNode) -> None:
        _, start = self.open.pop()
        self.whole[id(node)] = (start, len(self.tokens), self.open[-1][0])

    def record_syntactic_position(  # type: ignore[override]
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> _Inner:
        return _Inner(self, node, start_node, end_node)

    def span(self, node: cst.CSTNode) -> Range:
        found = self.inner.get(id(node))
        if found is None:
            start, end, _ = self.whole[id(node)]
            found = start, end
        return found


class _Inner:
    """In its context LibCST writes a node's syntactic span. `contextmanager` would cost thrice as much."""

    __slots__ = ("end_node", "node", "recorder", "start", "start_node")

    def __init__(
        self, recorder: _Recorder, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self.recorder = recorder
        self.node = node
        self.start_node = start_node
        self.end_node = end_node

    def __enter__(self) -> None:
        self.start = len(self.recorder.tokens)

    def __exit__(self, *_: object) -> None:
        recorder = self.recorder
        start = self.start if self.start_node is None else recorder.span(self.start_node)[0]
        end = len(recorder.tokens) if self.end_node is None else recorder.span(self.end_node)[1]
        recorder.inner[id(self.node)] = (start, end)


class _Block(NamedTuple):
    """A stretch that is the same in the written code and in the text."""

    code: int
    text: int
    length: int


class Positions:
    """Offsets in the text that a module was parsed from: code points, 0-based, ends exclusive.

    Only for nodes of that very module, which this keeps alive. Where LibCST wrote something else than the text says (it
    drops a form feed and the space in `except (A) :`), the nodes of that place have no position.
    """

    def __init__(self, module: cst.Module, text: str) -> None:
        recorder = _Recorder(module)
        try:
            module._codegen(recorder)
        except RecursionError:
            recorder = _Recorder(module)
        code = "".join(recorder.tokens)
        self.module = module
        self._inner = recorder.inner
        self._whole = recorder.whole
        self._offsets = [0, *accumulate(map(len, recorder.tokens))]
        self._offsets.append(self._offsets[-1])  # a last newline that the text does not have is written and taken back
        self._blocks: list[_Block] | None = None if code == text else _aligned(code, text)

    def span(self, node: cst.CSTNode) -> Range | None:
        """A node without its own parentheses and the whitespace around it, as `PositionProvider` has it.

        A parameter's goes on to the end of its default, where the provider's ends with the name.
        """
        found = self._inner.get(id(node))
        if found is None:
            return self.extent(node)
        start, end = found
        if isinstance(node, cst.Param):
            last = node.default or node.annotation
            end = self._whole[id(last)][1] if last is not None else end
        return self._in_text(start, end)

    def extent(self, node: cst.CSTNode) -> Range | None:
        """All that a node writes: an expression's own parentheses too, and the whitespace that other nodes own."""
        found = self._whole.get(id(node))
        return self._in_text(found[0], found[1]) if found is not None else None

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        found = self._whole.get(id(node))
        return found[2] if found is not None else None

    def _in_text(self, first: int, last: int) -> Range | None:
        start, end = self._offsets[first], self._offsets[last]
        if self._blocks is None:
            return start, end
        begins, ends = self._start(start), self._end(end) if end > start else self._start(start)
        return None if begins is None or ends is None else (begins, ends)

    def _start(self, offset: int) -> int | None:
        index = bisect_right(self._blocks or (), offset, key=lambda block: block.code) - 1
        return _shifted(self._blocks, index, offset)

    def _end(self, offset: int) -> int | None:
        index = bisect_left(self._blocks or (), offset, key=lambda block: block.code) - 1
        return _shifted(self._blocks, index, offset)


def _shifted(blocks: list[_Block] | None, index: int, offset: int) -> int | None:
    if not blocks or index < 0:
        return None
    block = blocks[index]
    return offset - block.code + block.text if offset <= block.code + block.length else None


def _aligned(code: str, text: str) -> list[_Block]:
    """What the code and the text have in common, line by line, and within the lines that differ at both ends."""
    from difflib import SequenceMatcher

    ours, theirs = _lines(code), _lines(text)
    blocks: list[_Block] = []
    at_code = at_text = 0
    for kind, i, j, k, m in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "equal":
            length = sum(map(len, ours[i:j]))
            blocks.append(_Block(at_code, at_text, length))
            at_code, at_text = at_code + length, at_text + length
            continue
        old_lines, new_lines = ours[i:j], theirs[k:m]
        if len(old_lines) != len(new_lines):
            old_lines, new_lines = ["".join(old_lines)], ["".join(new_lines)]
        for old, new in zip(old_lines, new_lines, strict=True):
            blocks += _common_ends(old, new, at_code, at_text)
            at_code, at_text = at_code + len(old), at_text + len(new)
    return [block for block in blocks if block.length]


def _common_ends(old: str, new: str, at_code: int, at_text: int) -> Iterator[_Block]:
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    yield _Block(at_code, at_text, head)
    yield _Block(at_code + len(old) - tail, at_text + len(new) - tail, tail)


def _lines(text: str) -> list[str]:
    starts = [0, *(match.end() for match in NEWLINE.finditer(text))]
    return [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
