"""Try fixes together, and find out which of them spoil the result."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar

from fastapi_lint.findings import Diagnostic, LocatedFix, TextEdit
from fastapi_lint.source import Source, SourceError

HARMLESS = frozenset({"FAL002"})
"""A suppression that a fix made superfluous is no reason to leave the fix out."""
SHOWN_BY = {
    "FAL101": frozenset({"FAL603"}),
    "FAL711": frozenset({"FAL403"}),
    "FAL901": frozenset({"FAL103", "FAL113"}),
}
"""By the rule that is fixed, what was so before and can be seen only now, in the same function or in the text that the fix puts in.

`httpx.get` made a client for each call as well, an answer that nobody got was not documented either, and a start-up handler held the event
loop up just as it does in a lifespan.
"""


class Report(Protocol):
    """As much of a report as is needed here. `sources` has every file with a finding or that a fix edits, by display path."""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]: ...

    @property
    def sources(self) -> Mapping[str, Source]: ...


R = TypeVar("R", bound=Report)
Check = Callable[[Mapping[str, str]], R]
"""Lints again with other texts, by display path, in the place of what the files hold."""


Tidy = Callable[[Source, str], str]
Spot = tuple[str, "str | None"]
"""A path, and the symbol in it where that is known."""
Reasons = Mapping[Spot, str]


class Candidate(NamedTuple):
    """A diagnostic with a fix that may be applied."""

    diagnostic: Diagnostic
    fix: LocatedFix

    @property
    def edited(self) -> set[str]:
        return {edit.path for edit in self.fix.edits}


Judge = Callable[[Sequence[Candidate]], Reasons]
"""What is wrong with some fixes together, by where it is."""


@dataclass(slots=True)
class Verdict(Generic[R]):
    """What some fixes together lead to. `reasons` says where what is wrong; `report` is None if that was plain."""

    texts: dict[str, str]
    reasons: dict[Spot, str]
    report: R | None = None


@dataclass(slots=True)
class Trial(Generic[R]):
    """Tries fixes on one state of the files. `failures` are those that do not work even alone, with the reason.

    `tidy` makes of a file, and of its text with fixes, what is to be written.
    """

    report: R
    check: Check[R]
    texts: Mapping[str, str]
    tidy: Tidy = lambda source, text: text
    failures: list[tuple[Candidate, str]] = field(default_factory=list)
    verdicts: dict[frozenset[int], Verdict[R]] = field(default_factory=dict)
    damages: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def accepted(self, candidates: list[Candidate]) -> list[Candidate]:
        """As many as go together. Those that damage a file are sorted out first, which takes no look at the project."""
        sound = self._admitted([], candidates, lambda chosen: self._applied(chosen).reasons)
        return self._admitted([], sound, lambda chosen: self.verdict(chosen).reasons)

    def verdict(self, candidates: Sequence[Candidate]) -> Verdict[R]:
        key = frozenset(id(candidate.diagnostic) for candidate in candidates)
        if key not in self.verdicts:
            verdict = self.verdicts[key] = self._applied(candidates)
            if not verdict.reasons:
                verdict.report = self.check(verdict.texts)
                verdict.reasons = _worse(self.report, verdict.report, candidates)
        return self.verdicts[key]

    def _applied(self, candidates: Iterable[Candidate]) -> Verdict[R]:
        edits: dict[str, set[TextEdit]] = {}
        for edit in (edit for candidate in candidates for edit in candidate.fix.edits):
            edits.setdefault(edit.path, set()).add(edit)
        verdict: Verdict[R] = Verdict(dict(self.texts), {})
        for path, chosen in edits.items():
            source = self.report.sources.get(path)
            if source is None:
                verdict.reasons[path, None] = "the file was not read"
                continue
            text = verdict.texts[path] = self.tidy(source, applied_to(source.text, chosen))
            if (path, text) not in self.damages:
                self.damages[path, text] = _damage(source, text)
            problem = self.damages[path, text]
            if problem is not None:
                verdict.reasons[path, None] = problem
        return verdict

    def _admitted(self, base: list[Candidate], batch: list[Candidate], judge: Judge) -> list[Candidate]:
        """`base` and as much of `batch` as goes together with it. What does not work by itself goes to `failures`.

        A judgement may be dear, so all that is suspicious is set aside at once, and looked at when the rest has passed.
        """
        while batch:
            reasons = judge([*base, *batch])
            if not reasons:
                return [*base, *batch]
            groups = [group for spot in reasons if (group := _suspects(batch, *spot))]
            if not groups:
                batch = self._without_culprit(base, batch, judge)
                continue
            rest = _without(batch, [candidate for group in groups for candidate in group])
            if rest:
                base = self._admitted(base, rest, judge)
                batch = _without(batch, rest)
            if all(len(group) == 1 for group in groups):
                return self._admitted_alone(base, batch, judge)
            later = _without(batch, [c for group in groups for c in group[: (len(group) + 1) // 2]])
            later = later or batch[(len(batch) + 1) // 2 :]
            base = self._admitted(base, _without(batch, later), judge)
            batch = later
        return base

    def _without_culprit(self, base: list[Candidate], batch: list[Candidate], judge: Judge) -> list[Candidate]:
        """A batch without one of those that spoil it, where nothing says which. If it is not to blame alone, it waits."""
        sound, left = list(base), batch
        while len(left) > 1:
            half = left[: len(left) // 2]
            if judge([*sound, *half]):
                left = half
            else:
                sound, left = [*sound, *half], left[len(left) // 2 :]
        alone = judge(left)
        if alone:
            self.failures.append((left[0], "; ".join(sorted(set(alone.values())))))
        return _without(batch, left)

    def _admitted_alone(self, base: list[Candidate], batch: list[Candidate], judge: Judge) -> list[Candidate]:
        """`base` and those of a batch that go together with it, where each has a place of its own that went wrong.

        What goes wrong without the others too is a failure; the rest waits until those are there.
        """
        said: dict[int, set[str]] = {}
        for spot, reason in judge(batch).items():
            suspects = _suspects(batch, *spot)
            if not suspects:
                return self._admitted(base, self._without_culprit([], batch, judge), judge)
            for candidate in suspects:
                said.setdefault(id(candidate), set()).add(reason)
        failed = [candidate for candidate in batch if id(candidate) in said]
        self.failures += ((candidate, "; ".join(sorted(said[id(candidate)]))) for candidate in failed)
        fine = _without(batch, failed)
        if failed:
            return self._admitted(base, fine, judge)
        return base if base and judge([*base, *fine]) else [*base, *fine]


def _suspects(candidates: Sequence[Candidate], path: str, symbol: str | None) -> list[Candidate]:
    """The fixes that are about the symbol in which something is wrong, else all that touch the file."""
    around = [c for c in candidates if path in c.edited | {c.diagnostic.path}]
    about = [c for c in around if symbol is not None and (c.diagnostic.path, c.diagnostic.symbol) == (path, symbol)]
    return about or around


def _without(candidates: Iterable[Candidate], others: Sequence[Candidate]) -> list[Candidate]:
    left_out = {id(other) for other in others}
    return [candidate for candidate in candidates if id(candidate) not in left_out]


def applied_to(text: str, edits: Iterable[TextEdit]) -> str:
    """A text with edits, none of which overlaps another."""
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


def _damage(source: Source, text: str) -> str | None:
    """What makes a text useless in the place of a file's, if anything does.

    The running Python has the first word: its compiler is quick, and sees what a parser lets through, such as an
    `await` out of place. What it did not take before the fix may be newer than it, and is left to LibCST.
    """
    try:
        source.encode(text)
    except UnicodeEncodeError:
        return f"the result cannot be written in {source.encoding}"
    if _compiles(text):
        return None
    if not _compiles(source.text) and _parses(text):
        return None
    return "the result is no valid Python"


def _parses(text: str) -> bool:
    from fastapi_lint.reading import extract

    try:
        extract.parse(text, 1)
    except SourceError:
        return False
    return True


def _compiles(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<fix>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
        except (RecursionError, MemoryError):
            return True
    return True


def _worse(before: Report, after: Report, candidates: Sequence[Candidate]) -> dict[Spot, str]:
    """Where a report has something that the one before had not, or still has a finding that should be gone."""
    expected = Counter(map(_identity, before.diagnostics))
    now = Counter(map(_identity, after.diagnostics))
    fixed = Counter(_identity(candidate.diagnostic) for candidate in candidates)
    new = now - expected
    if new:
        new = Counter(map(_identity, _unknown(before, after, candidates, new)))
    reasons: dict[Spot, str] = {(path, symbol): f"it brings about {code}" for code, path, symbol in new}
    for identity, number in fixed.items():
        if now[identity] > expected[identity] - number:
            reasons.setdefault(identity[1:], "the finding is still there")
    return reasons


def _unknown(
    before: Report, after: Report, candidates: Sequence[Candidate], new: Counter[_Identity]
) -> Iterator[Diagnostic]:
    """The findings at new places that are really new: they have not moved there with their code, nor were they hidden before."""
    fixed = {id(candidate.diagnostic) for candidate in candidates}
    left = (found for found in before.diagnostics if id(found) not in fixed)
    spare = Counter(_content(found, before) for found in left)
    spare.subtract(_content(found, after) for found in after.diagnostics)
    places: set[_Identity] = set()
    texts: dict[tuple[str, str], str] = {}
    for candidate in candidates:
        for code in SHOWN_BY.get(candidate.diagnostic.code, ()):
            places.add((code, *_identity(candidate.diagnostic)[1:]))
            for edit in candidate.fix.edits:
                texts[code, edit.path] = texts.get((code, edit.path), "") + edit.replacement
    for found in after.diagnostics:
        identity = _identity(found)
        if identity not in new or found.code in HARMLESS or spare[_content(found, after)] >= 0:
            continue
        if identity not in places and _text(found, after) not in texts.get((found.code, found.path), ""):
            yield found


_Identity = tuple[str, str, "str | None"]


def _identity(diagnostic: Diagnostic) -> _Identity:
    """What counts as the same finding, lines and wording aside."""
    return diagnostic.code, diagnostic.path, diagnostic.symbol


def _content(diagnostic: Diagnostic, report: Report) -> tuple[str, str]:
    """What a finding is about, wherever that stands."""
    return diagnostic.code, _text(diagnostic, report)


def _text(diagnostic: Diagnostic, report: Report) -> str:
    source = report.sources.get(diagnostic.path)
    if source is None:
        return diagnostic.message
    return source.text[source.offset(*diagnostic.span.start) : source.offset(*diagnostic.span.end)]
