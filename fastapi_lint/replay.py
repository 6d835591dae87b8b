"""A report carried over to files that changed only where it does not matter: in comments, blank lines, formatting.

The findings rest on the records of the files and on what the engine asked about their texts (`looks`). Where an edit changes none of
these, a fresh check would find the same; what is left to do is to move lines and columns. Whenever that is not certain, there is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from fastapi_lint.comments import comments
from fastapi_lint.diagnostics import Diagnostic, LocatedFix, Span, TextEdit, TraceStep
from fastapi_lint.discover import interest
from fastapi_lint.reading.facts import NOTHING, Facts
from fastapi_lint.reading.looks import Look, differs
from fastapi_lint.source import NEWLINE, Source
from fastapi_lint.suppress import OURS
from fastapi_lint.token_formats import hits

BLANK = re.compile(r"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*[ \t\f]*")
AROUND = 2
"""Lines before and after an edit of whole lines that must be as they were; of any other edit, only its own."""

Range = tuple[int, int]


@dataclass(frozen=True)
class Edited:
    """A file as it was and as it is."""

    old: Source
    new: Source
    old_facts: Facts
    new_facts: Facts

    @property
    def path(self) -> str:
        return self.old.path

    # ---- what the edit changed, in code points: `text[start:old_end]` became `text[start:new_end]` ----------------------------

    @cached_property
    def start(self) -> int:
        return _in_common(self.old.text, self.new.text)

    @cached_property
    def _unchanged_end(self) -> int:
        old, new = self.old.text[self.start :], self.new.text[self.start :]
        return _in_common(old[::-1], new[::-1])

    @property
    def old_end(self) -> int:
        return len(self.old.text) - self._unchanged_end

    @property
    def new_end(self) -> int:
        return len(self.new.text) - self._unchanged_end

    @cached_property
    def cores(self) -> list[Range]:
        """The top-level statements as they were, without the comments before the first and after the last of their tokens."""
        return list(_cores(self.old, self.old_facts))

    @cached_property
    def touched(self) -> frozenset[int]:
        """The indexes of the statements in which the edit is, before or after."""
        inside = {at for at, core in enumerate(self.cores) if _meet((self.start, self.old_end), core)}
        inside |= {
            at for at, core in enumerate(_cores(self.new, self.new_facts)) if _meet((self.start, self.new_end), core)
        }
        return frozenset(inside)

    def statement(self, offset: int) -> int | None:
        chunks = self.old_facts.chunks
        return next((at for at, chunk in enumerate(chunks) if chunk.start <= offset < chunk.end), None)


def carried_over(
    diagnostics: Sequence[Diagnostic], edited: Sequence[Edited], looks: Iterable[Look]
) -> tuple[Diagnostic, ...] | None:
    """What a fresh check would find; None where only that can tell."""
    asked = list(looks)
    found = tuple(diagnostics)
    for one in edited:
        if not _says_the_same(one, asked):
            return None
        moved = _Moves(one).all(found)
        if moved is None:
            return None
        found = moved
    return tuple(sorted(found, key=lambda diagnostic: diagnostic.sort_key))


def _says_the_same(edited: Edited, looks: list[Look]) -> bool:
    old, new, was, now = edited.old, edited.new, edited.old_facts, edited.new_facts
    if (old.encoding, old.mark) != (new.encoding, new.mark) or interest(old.data) != interest(new.data):
        return False
    if [chunk[2:] for chunk in was.chunks] != [chunk[2:] for chunk in now.chunks]:
        return False
    if was.units != now.units or NOTHING in now.units:
        return False
    if any(OURS.search(one.text) or next(hits(one.text), None) for one in (old, new)):
        return False
    pairs = [
        (old.text[a.start : a.end], new.text[b.start : b.end]) for a, b in zip(was.chunks, now.chunks, strict=True)
    ]
    changed = [pair for pair in pairs if pair[0] != pair[1]]
    return not differs(looks, [(old.text, new.text), *changed])


class _Uncertain(Exception):
    pass


class _Moves:
    """Moves what is said of one file."""

    def __init__(self, edited: Edited) -> None:
        self.edited = edited

    def all(self, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...] | None:
        try:
            return tuple([self._diagnostic(one) for one in diagnostics])
        except _Uncertain:
            return None

    def _diagnostic(self, found: Diagnostic) -> Diagnostic:
        if found.fix is not None and self.edited.touched and any("#" in edit.replacement for edit in found.fix.edits):
            raise _Uncertain  # it may have been copied from there
        here = found.path == self.edited.path
        return replace(
            found,
            span=self._span(found.span) if here else found.span,
            trace=tuple(self._step(step) for step in found.trace),
            fix=self._fix(found.fix) if found.fix is not None else None,
        )

    def _step(self, step: TraceStep) -> TraceStep:
        return replace(step, span=self._span(step.span)) if step.path == self.edited.path else step

    def _fix(self, fix: LocatedFix) -> LocatedFix:
        return replace(fix, edits=tuple(self._edit(e) if e.path == self.edited.path else e for e in fix.edits))

    def _edit(self, edit: TextEdit) -> TextEdit:
        edited, old = self.edited, self.edited.old
        if not edited.cores or edited.start < edited.cores[0][0]:
            raise _Uncertain  # an import goes below the comments at the top
        if any(edited.old_facts.chunks[at].kind == "other" for at in edited.touched):
            raise _Uncertain
        around = AROUND if NEWLINE.search(old.text, edit.start, edit.end) else 0
        first = old.offset(max(1, old.position(edit.start).line - around))
        line = old.position(edit.end).line + around
        if edited.start <= old.offset(line) + len(old.line(line)) and first <= edited.old_end:
            raise _Uncertain
        if not edited.touched.isdisjoint(
            {edited.statement(edit.start), edited.statement(max(edit.start, edit.end - 1))}
        ):
            raise _Uncertain
        start, end = self._range(edit.start, edit.end)
        return replace(edit, start=start, end=end, span=edited.new.span(start, end))

    def _span(self, span: Span) -> Span:
        old = self.edited.old
        start, end = old.offset(*span.start), old.offset(*span.end)
        if self.edited.statement(start) in self.edited.touched:
            raise _Uncertain  # a comment may decide about the fix, or that there is none
        return self.edited.new.span(*self._range(start, end))

    def _range(self, start: int, end: int) -> Range:
        if end <= self.edited.start:
            return start, end
        if start >= self.edited.old_end:
            by = self.edited.new_end - self.edited.old_end
            return start + by, end + by
        raise _Uncertain


def _in_common(first: str, second: str) -> int:
    """How many characters two texts begin with together."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[:middle] == second[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _meet(edit: Range, core: Range) -> bool:
    return edit[0] < core[1] and core[0] < max(edit[1], edit[0] + (edit[0] > core[0]))


def _cores(source: Source, facts: Facts) -> Iterator[Range]:
    hidden = {end: start for start, end in comments(source.text)}
    for chunk in facts.chunks:
        blank = BLANK.match(source.text, chunk.start, chunk.end)
        start = blank.end() if blank else chunk.start
        end = chunk.end
        while True:
            end = start + len(source.text[start:end].rstrip())
            if end not in hidden or hidden[end] < start:
                break
            end = hidden[end]
        yield start, max(start, end)
