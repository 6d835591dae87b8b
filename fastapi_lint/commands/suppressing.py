"""Write suppression comments for what was found, where formatters leave them in force."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from fastapi_lint import fix
from fastapi_lint.comments import comments
from fastapi_lint.reading.locate import Locator
from fastapi_lint.source import Source, SourceError
from fastapi_lint.suppress import BEYOND_BLANKETS, UNUSED, all_suppressions

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic
    from fastapi_lint.reading.locate import Unit
    from fastapi_lint.run import Report
    from fastapi_lint.settings import Settings
    from fastapi_lint.trial import Check

UNWANTED = re.compile(r"#(?!\d)|[\x00-\x1f\x7f\x85\u2028\u2029]")
"""What a reason may not hold: it is one comment, in which only a number may follow a `#`."""


@dataclass(frozen=True, slots=True)
class Additions:
    """`texts` are the changed files' new texts, `before` the files as they were, both by display path.

    `left` are the findings that no comment silences.
    """

    texts: Mapping[str, str]
    before: Mapping[str, Source]
    silenced: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]


def added(report: Report, check: Check[Report], settings: Settings, reason: str) -> Additions:
    """A comment for every finding, after those that are not needed have been taken out. Writes nothing.

    Each is tried: a comment that does not silence its finding is put elsewhere, or left out.
    """
    tidy = fix.plan(report, check, replace(settings, fixable=(UNUSED,), unfixable=()), unsafe=False)
    base = tidy.remaining
    hopeless = {*BEYOND_BLANKETS, UNUSED}
    wanted = [one for one in base.diagnostics if one.code not in hopeless and one.path in base.sources]
    locator = Locator(base.sources)
    choices = {one: list(_lines(locator, one)) for one in wanted}
    chosen: dict[Diagnostic, int] = {one: lines.pop(0) for one, lines in choices.items() if lines}
    texts = dict(tidy.texts)
    while chosen:
        texts = {**tidy.texts, **_commented(base.sources, chosen, reason)}
        after = {found.sort_key for found in check(texts).diagnostics}
        failed = [one for one in chosen if one.sort_key in after]
        if not failed:
            break
        for one in failed:
            if choices[one]:
                chosen[one] = choices[one].pop(0)
            else:
                del chosen[one]
    before = {path: tidy.before[path] if path in tidy.before else base.sources[path] for path in texts}
    if not chosen:
        texts = dict(tidy.texts)
    left = tuple(one for one in base.diagnostics if one not in chosen)
    return Additions(texts, before, tuple(chosen), left)


def _lines(locator: Locator, found: Diagnostic) -> Iterator[int]:
    """The 1-based lines at whose end a comment may silence a finding, the best first.

    The last line of the statement, of the decorator or of the header that the finding is in: formatters that break or
    join lines keep a comment there, or move it to the first.
    """
    source = locator.source(found.path)
    start, end = source.offset(*found.span.start), source.offset(*found.span.end)
    seen: set[int] = set()
    for offset in (*_ends(locator, found.path, start, end), end, start):
        line = source.position(max(offset - 1, 0) if offset > start else offset).line
        if line not in seen and _takes_comment(source, line):
            seen.add(line)
            yield line


def _ends(locator: Locator, path: str, start: int, end: int) -> Iterator[int]:
    for index, chunk in enumerate(locator.chunks(path)):
        if chunk.start <= start < chunk.end:
            try:
                unit = locator.unit(path, index)
            except SourceError:
                return
            yield from _ends_in(unit, start, end)


def _ends_in(unit: Unit, start: int, end: int) -> Iterator[int]:
    around = [
        (span[1] - span[0], index)
        for index, node in enumerate(unit.nodes)
        if (span := unit.span(node)) is not None and span[0] <= start and end <= span[1]
    ]
    if not around:
        return
    statement = unit.statement(unit.nodes[min(around)[1]])
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        decorators = [span for one in statement.decorators if (span := unit.span(one)) is not None]
        yield from (span[1] for span in decorators if span[0] <= start and end <= span[1])
    if isinstance(statement, cst.BaseSmallStatement):
        line = unit.positions.parent(statement)
        ends = unit.span(line) if line is not None else None
    else:
        ends = unit.header(statement) if hasattr(statement, "body") else unit.span(statement)
    if ends is not None:
        yield ends[1]


def _takes_comment(source: Source, line: int) -> bool:
    """Whether a comment at the end of a line is one, rather than a part of a string or behind a backslash."""
    text = source.line(line).rstrip(" \t\f")
    if text.endswith("\\"):
        return False
    end = source.offset(line) + len(source.line(line))
    probe = source.text[:end] + "#"
    return any(stop == end + 1 for _, stop in comments(probe))


def _commented(sources: Mapping[str, Source], chosen: Mapping[Diagnostic, int], reason: str) -> dict[str, str]:
    wanted: dict[str, dict[int, set[str]]] = {}
    for found, line in chosen.items():
        wanted.setdefault(found.path, {}).setdefault(line, set()).add(found.name)
    return {path: _with_comments(sources[path], lines, reason) for path, lines in wanted.items()}


def _with_comments(source: Source, lines: Mapping[int, Collection[str]], reason: str) -> str:
    present = {
        one.line: one.selectors[-1].end
        for one in all_suppressions(source)
        if one.kind == "ignore" and one.selectors and one.line in lines
    }
    text = source.text
    for line in sorted(lines, reverse=True):
        names = ", ".join(sorted(lines[line]))
        if line in present:
            start = end = present[line]
            new = f", {names}"
        else:
            written = source.line(line)
            end = source.offset(line) + len(written)
            start = source.offset(line) + len(written.rstrip(" \t"))
            new = f"  # fastapi-lint: ignore[{names}]{f' {reason}' if reason else ''}"
        text = text[:start] + new + text[end:]
    return text


def reason_problem(reason: str, sources: Iterable[Source]) -> str | None:
    """Why a reason cannot stand in the comments, if it cannot."""
    unwanted = UNWANTED.search(reason)
    if unwanted:
        return f"a reason is one line, with `#` only before numbers, and this one has {unwanted.group()!r}"
    for source in sources:
        try:
            source.encode(reason)
        except UnicodeEncodeError:
            return f"the reason cannot be written in {source.encoding}, which is the encoding of {source.path}"
    return None
