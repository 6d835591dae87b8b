"""From symbolic findings to diagnostics: shared out by file among processes, and spared for what an earlier run has placed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import msgspec

from fastapi_lint import shards
from fastapi_lint.edits.concrete import loses_comment
from fastapi_lint.edits.line_length import configured
from fastapi_lint.findings import AddImport, Anchor, Applicability, Diagnostic, Finding, TextRange
from fastapi_lint.keeping import Pack, digest
from fastapi_lint.reading.locate import Locator, diagnostic
from fastapi_lint.rule import Rule
from fastapi_lint.settings import Settings
from fastapi_lint.source import Source
from fastapi_lint.suppress import OURS
from fastapi_lint.timings import Effort

WORTH_SHARING = 60
"""Findings: fewer are placed before a second process has begun."""
BATCHES = 64

BEST: tuple[Applicability, ...] = ("safe", "unsafe", "display")

Symbolic = tuple[Rule, Finding]


class Placed(msgspec.Struct, frozen=True, array_like=True):
    """`lines`: the 1-based lines on which a suppression of the finding may stand; none where the file has no such comment."""

    diagnostic: Diagnostic
    lines: list[int]


def located(
    findings: Sequence[Symbolic], read: Callable[[str], Source], settings: Settings, places: Pack, effort: Effort
) -> list[Placed]:
    """Each finding in lines and columns, in the same order. Raises what `read` does."""
    names = _Names(read, settings)
    keys = [names.of(rule, finding) for rule, finding in findings]
    known = [_known(places, key) for key in keys]
    files: dict[str, list[int]] = {}
    for number, found in enumerate(known):
        if found is None:
            files.setdefault(findings[number][1].place.path, []).append(number)
    batches = [batch for at in range(BATCHES) if (batch := list(files.values())[at::BATCHES])]

    def share(tasks: Iterator[int]) -> tuple[float, list[tuple[int, Placed]]]:
        started = time.process_time()
        mine: list[tuple[int, Placed]] = []
        for file in (file for task in tasks for file in batches[task]):
            locator = Locator(read)  # one a file: trees are large
            mine += [(number, _placed(*findings[number], locator, settings)) for number in file]
        return time.process_time() - started, mine

    missing = sum(map(len, files.values()))
    for seconds, share_of in shards.shared(len(batches), effort.processes if missing >= WORTH_SHARING else 1, share):
        effort.timings.add_locating(seconds)
        for number, placed in share_of:
            known[number] = placed
            with suppress(UnicodeEncodeError):  # a lone surrogate in a message
                places.put(keys[number], msgspec.msgpack.encode(placed))
    return [placed for placed in known if placed is not None]


def _placed(rule: Rule, finding: Finding, locator: Locator, settings: Settings) -> Placed:
    made = as_configured(diagnostic(finding, rule, locator, settings.severity_of(rule)), settings, locator)
    may_be_silenced = OURS.search(locator.source(finding.place.path).text) is not None
    return Placed(made, sorted(locator.statement_lines(finding.place)) if may_be_silenced else [])


def as_configured(found: Diagnostic, settings: Settings, locator: Locator) -> Diagnostic:
    """A fix goes as far as the user wants it to; one that loses a comment is never safe."""
    if found.fix is None:
        return found
    applicability = settings.applicability(found.code, found.fix.applicability)
    if applicability == "safe" != found.fix.applicability and loses_comment(found.fix.edits, locator):
        applicability = "unsafe"
    return replace(found, fix=replace(found.fix, applicability=applicability))


# ---- what an earlier run has placed ----------------------------------------------------------------------------------------


def _known(places: Pack, name: bytes) -> Placed | None:
    kept = places.get(name)
    if kept is None:
        return None
    try:
        return msgspec.msgpack.decode(kept, type=Placed)
    except (msgspec.MsgspecError, ValueError):
        return None


class _Names:
    """Names for all that the place of a finding and its fix depend on: the finding, the files that it speaks of, the settings for it."""

    def __init__(self, read: Callable[[str], Source], settings: Settings) -> None:
        self._read = read
        self._settings = settings
        self._widest: dict[str, int | None] = {}
        self._rules: dict[str, str] = {}

    def of(self, rule: Rule, finding: Finding) -> bytes:
        paths = sorted({place.path for place in _places(finding)})
        widest = [self._line_length(os.path.dirname(path)) for path in paths] if finding.fix is not None else []
        said = f"{self._said(rule)} {widest} {finding!r}"
        return digest(said.encode("utf-8", "backslashreplace"), *(self._read(path).data for path in paths))

    def _said(self, rule: Rule) -> str:
        found = self._rules.get(rule.code)
        if found is None:
            best = [self._settings.applicability(rule.code, one) for one in BEST]
            found = self._rules[rule.code] = f"{rule.code} {self._settings.severity_of(rule)} {best}"
        return found

    def _line_length(self, directory: str) -> int | None:
        if directory not in self._widest:
            self._widest[directory] = configured(Path(directory).absolute())
        return self._widest[directory]


def _places(finding: Finding) -> Iterator[Anchor | TextRange | AddImport]:
    pending: list[object] = [finding]
    while pending:
        one = pending.pop()
        if isinstance(one, (Anchor, TextRange, AddImport)):
            yield one
        elif isinstance(one, tuple):
            pending += one
        elif is_dataclass(one):
            pending += [getattr(one, part.name) for part in fields(one)]
