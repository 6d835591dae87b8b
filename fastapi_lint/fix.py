"""Choose fixes, apply them, look again, until nothing more can be fixed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Generic, NamedTuple

from fastapi_lint.edits.idle_imports import Neighbours, without_idle_imports
from fastapi_lint.findings import Diagnostic, TextEdit
from fastapi_lint.settings import Settings
from fastapi_lint.source import Source
from fastapi_lint.trial import Candidate, Check, R, Report, Trial
from fastapi_lint.writing import WriteError, diff, written

__all__ = ["Dropped", "FixResult", "WriteError", "diff", "plan", "write"]

ROUNDS = 10


class Dropped(NamedTuple):
    diagnostic: Diagnostic
    reason: str


@dataclass(frozen=True, slots=True)
class FixResult(Generic[R]):
    """`texts` are the changed files' new texts, `before` the files as they were, both by display path.

    `fixed` are the findings whose fixes were applied, as they were just before; `remaining` is the report on the new
    texts; `further_unsafe` counts what unsafe fixes would still fix; `dropped` are fixes that were tried and not kept.
    """

    texts: Mapping[str, str]
    before: Mapping[str, Source]
    fixed: tuple[Diagnostic, ...]
    dropped: tuple[Dropped, ...]
    remaining: R
    further_unsafe: int

    @property
    def applied(self) -> Counter[str]:
        """How many findings were fixed, by code."""
        return Counter(found.code for found in self.fixed)


Leave = Callable[[R], Collection[Diagnostic]]
"""The findings of a report that are to stay as they are."""


def plan(
    report: R, check: Check[R], settings: Settings, *, unsafe: bool, leave: Leave[R] = lambda _: ()
) -> FixResult[R]:
    """Apply all fixes that may be applied, at most ten times over, and say what came of it. Writes nothing.

    A fix whose result does not parse, leaves its finding in place or adds another is dropped.
    """
    texts: dict[str, str] = {}
    before: dict[str, Source] = {}
    fixed: list[Diagnostic] = []
    refused: dict[object, Dropped] = {}
    tidy = partial(without_idle_imports, neighbours=Neighbours(settings))
    for _ in range(ROUNDS):
        wanted = _candidates(report, settings, leave(report), unsafe=unsafe)
        candidates = [c for c in wanted if _key(c, report) not in refused]
        attempt = Trial(report, check, texts, tidy)
        accepted = attempt.accepted(_compatible(candidates))
        for candidate, reason in attempt.failures:
            refused[_key(candidate, report)] = Dropped(candidate.diagnostic, reason)
        if not accepted:
            break
        for path in {path for candidate in accepted for path in candidate.edited}:
            before.setdefault(path, report.sources[path])
        verdict = attempt.verdict(accepted)
        assert verdict.report is not None
        texts, report = verdict.texts, verdict.report
        fixed += [candidate.diagnostic for candidate in accepted]
    further = [] if unsafe else _candidates(report, settings, leave(report), unsafe=True)
    more = sum(candidate.fix.applicability == "unsafe" for candidate in further)
    changed = {path: text for path, text in texts.items() if text != before[path].text}
    left = {_key(candidate, report) for candidate in _candidates(report, settings, (), unsafe=unsafe)}
    dropped = tuple(found for key, found in refused.items() if key in left)
    return FixResult(changed, before, tuple(fixed), dropped, report, more)


def _candidates(report: Report, settings: Settings, left: Collection[Diagnostic], *, unsafe: bool) -> list[Candidate]:
    wanted = {"safe", "unsafe"} if unsafe else {"safe"}
    alone = set(left)
    return [
        Candidate(diagnostic, diagnostic.fix)
        for diagnostic in report.diagnostics
        if diagnostic.fix is not None
        and diagnostic.fix.applicability in wanted
        and settings.is_fixable(diagnostic.code)
        and diagnostic not in alone
    ]


def _key(candidate: Candidate, report: Report) -> object:
    """What a fix is known by from round to round, while lines move."""
    found = candidate.diagnostic
    edits = tuple(
        (edit.path, report.sources[edit.path].text[edit.start : edit.end], edit.replacement)
        for edit in candidate.fix.edits
        if edit.path in report.sources
    )
    return found.code, found.path, found.symbol, found.message, edits


AFTER = {"FAL403": "FAL711"}
"""By rule, the one whose fix in the same function it waits for: which statuses are to be documented depends on those that get out."""


def _compatible(candidates: Collection[Candidate]) -> list[Candidate]:
    """Those that do not get in one another's way, the first of them preferred. The others wait for the next round."""
    chosen: list[Candidate] = []
    taken: dict[str, list[tuple[TextEdit, Candidate]]] = defaultdict(list)
    wanted = {(one.diagnostic.code, one.diagnostic.path, one.diagnostic.symbol) for one in candidates}
    for candidate in candidates:
        found = candidate.diagnostic
        if (AFTER.get(found.code), found.path, found.symbol) in wanted:
            continue
        edits = candidate.fix.edits
        if not any(_clash(edit, candidate, *other) for edit in edits for other in taken[edit.path]):
            chosen.append(candidate)
            for edit in edits:
                taken[edit.path].append((edit, candidate))
    return chosen


def _clash(edit: TextEdit, owner: Candidate, other: TextEdit, other_owner: Candidate) -> bool:
    """Two fixes may share an edit, such as an import, unless it is at the very place that one of them is about."""
    if edit == other:
        return _is_at(edit, owner.diagnostic) or _is_at(other, other_owner.diagnostic)
    if edit.start == edit.end or other.start == other.end:
        return edit.start <= other.end and other.start <= edit.end
    return edit.start < other.end and other.start < edit.end


def _is_at(edit: TextEdit, diagnostic: Diagnostic) -> bool:
    lines = range(diagnostic.span.start.line, diagnostic.span.end.line + 1)
    return edit.path == diagnostic.path and edit.span.start.line in lines


def write(result: FixResult[R]) -> None:
    """Put the new texts on the disk; raises WriteError as `writing.written` does."""
    written(result.texts, result.before)
