"""Suppression comments: read them, apply them, and say which were not needed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Literal

from fastapi_lint.comments import comments
from fastapi_lint.findings import Applicability, Diagnostic, LocatedFix, Severity, TextEdit, TextRange
from fastapi_lint.reading.words import may_match
from fastapi_lint.registry import all_rules, codes_of
from fastapi_lint.rule import Rule
from fastapi_lint.source import Source

UNUSED = "FAL002"
BLANKET = "FAL003"
BEYOND_BLANKETS = frozenset({"FAL001", "FAL004"})
"""A file that was not read and a rule that failed are hidden only by who names them."""

WORDS = re.compile(r"noqa|fastapi-lint:", re.IGNORECASE)
OURS = re.compile(r"#\s*(?:noqa(?:(?![\w:-]|\s*:)|\s*:[^#\r\n]*?\bFAL)|fastapi-lint:)", re.IGNORECASE)
"""What a text has that can silence one of our findings, unless it stands in a string. Most `noqa` are other tools'."""
CODE = r"[A-Z]+[0-9]+(?!\w)"
NOQA = re.compile(rf"#\s*noqa(?![\w-])(?:\s*:\s*(?P<codes>{CODE}(?:[\s,]+{CODE})*)|(?!\s*:))", re.IGNORECASE)
OWN = re.compile(
    r"#\s*fastapi-lint:\s*(?P<kind>ignore(?:-file)?)(?![\w-])(?:\s*\[(?P<names>[^\]]*)\])?(?!\s*\[)[^#]*(?:#\d[^#]*)*"
)
NAME = re.compile(r"[^\s,]+")
PREAMBLE = re.compile(
    r"(?:\s|\\\r?\n|#[^\r\n]*)*"
    r"""(?:[rRuU]?(?:\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'))?"""
    r"(?:[\s;]|\\\r?\n|#[^\r\n]*)*",
    re.DOTALL,
)
"""What may stand before the first statement: comments, and the docstring."""


@dataclass(frozen=True, slots=True)
class Selector:
    """A code, a rule's name or a prefix in a comment, and its offsets in the text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Suppression:
    """`marker` is this suppression's part of the comment, with its reason. No selectors: all rules. `line` is 1-based.

    `misplaced`: an `ignore-file` after the first statement, which has no effect.
    """

    kind: Literal["noqa", "ignore", "ignore-file"]
    selectors: tuple[Selector, ...]
    line: int
    marker: TextRange
    comment: TextRange
    misplaced: bool = False


@dataclass(frozen=True, slots=True)
class Unused:
    """`selectors`: those that silenced nothing; none for a suppression without selectors."""

    suppression: Suppression
    selectors: tuple[Selector, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`blankets`: the suppressions that name no rule, of other tools' marker only those that silenced something."""

    kept: tuple[Diagnostic, ...]
    unused: tuple[Unused, ...]
    blankets: tuple[Suppression, ...] = ()


def own_suppressions(source: Source) -> tuple[Suppression, ...]:
    """Those of a file in which at least one can be meant for us; a file with other tools' alone costs next to nothing."""
    return all_suppressions(source) if may_match(OURS, source.text) and OURS.search(source.text) else ()


def all_suppressions(source: Source) -> tuple[Suppression, ...]:
    """Every suppression in a file's comments, in their order."""
    if not WORDS.search(source.text):
        return ()
    preamble = PREAMBLE.match(source.text)
    first_statement = preamble.end() if preamble else 0
    return tuple(
        suppression
        for start, end in comments(source.text)
        if WORDS.search(source.text, start, end)
        for suppression in _in_comment(source, start, end, first_statement)
    )


def _in_comment(source: Source, start: int, end: int, first_statement: int) -> Iterator[Suppression]:
    comment = TextRange(source.path, start, end)
    line = source.position(start).line
    for match in NOQA.finditer(source.text, start, end):
        marker = TextRange(source.path, *match.span())
        yield Suppression("noqa", _selectors(match, "codes"), line, marker, comment)
    for match in OWN.finditer(source.text, start, end):
        selectors = _selectors(match, "names")
        if match["names"] is None or selectors:
            marker = TextRange(source.path, match.start(), match.start() + len(match.group().rstrip()))
            whole_file = match["kind"] == "ignore-file"
            misplaced = whole_file and start >= first_statement
            yield Suppression("ignore-file" if whole_file else "ignore", selectors, line, marker, comment, misplaced)


def _selectors(match: re.Match[str], group: str) -> tuple[Selector, ...]:
    if match[group] is None:
        return ()
    names = NAME.finditer(match.string, *match.span(group))
    return tuple(Selector(name.group(), *name.span()) for name in names)


def span_lines(diagnostic: Diagnostic) -> set[int]:
    """The first and the last line of a diagnostic's span."""
    start, end = diagnostic.span.start, diagnostic.span.end
    return {start.line, end.line - (end.column == 1 and end.line > start.line)}


def apply(
    diagnostics: Iterable[Diagnostic],
    suppressions: Iterable[Suppression],
    ran: Callable[[str], Set[str]],
    statement_lines: Callable[[Diagnostic], Set[int]] = span_lines,
) -> Outcome:
    """What is left of the diagnostics, and the suppressions that silenced nothing.

    Both are of the whole project, not yet narrowed down to the files to report on: a suppression that names a rule
    also holds at the last hop of a trace, in whatever file. `ran`: the codes of the rules that ran on a path.
    `statement_lines`: the 1-based lines on which a diagnostic's own suppression may stand.
    """
    force = _Force(suppressions)
    kept = tuple(found for found in diagnostics if not force.silences(found, statement_lines(found)))
    return Outcome(kept, tuple(force.unused(ran)), tuple(force.blankets(ran)))


class _Force:
    """The suppressions in force, which of them were used, and what their selectors stand for."""

    def __init__(self, suppressions: Iterable[Suppression]) -> None:
        self.suppressions = tuple(suppressions)
        self.by_line: dict[tuple[str, int], list[Suppression]] = defaultdict(list)
        self.by_file: dict[str, list[Suppression]] = defaultdict(list)
        self.used: set[Suppression | tuple[str, Selector]] = set()
        self.codes: dict[str, frozenset[str]] = {}
        for suppression in self.suppressions:
            path = suppression.marker.path
            if suppression.kind != "ignore-file":
                self.by_line[path, suppression.line].append(suppression)
            elif not suppression.misplaced:
                self.by_file[path].append(suppression)

    def silences(self, found: Diagnostic, lines: Set[int]) -> bool:
        if not self.suppressions:
            return False
        here = [*self.by_file.get(found.path, ())]
        for line in lines:
            here += self.by_line.get((found.path, line), ())
        if found.trace:
            end = found.trace[-1]
            there = self.by_line.get((end.path, end.span.start.line), ())
            here += [suppression for suppression in there if suppression.selectors]
        silencing = [
            suppression for suppression in here if self._silences(suppression, found.code)
        ]  # all count as used
        return bool(silencing)

    def _silences(self, suppression: Suppression, code: str) -> bool:
        if not suppression.selectors:
            if code in BEYOND_BLANKETS:
                return False
            self.used.add(suppression)
            return True
        path = suppression.marker.path
        chosen = [(path, selector) for selector in suppression.selectors if code in self.stands_for(selector)]
        self.used.update(chosen)
        return bool(chosen)

    def stands_for(self, selector: Selector) -> frozenset[str]:
        """The codes of a selector, none for one of another tool."""
        text = selector.text
        if text not in self.codes:
            self.codes[text] = codes_of(text)
        return self.codes[text]

    def unused(self, ran: Callable[[str], Set[str]]) -> Iterator[Unused]:
        for suppression in self.suppressions:
            active = ran(suppression.marker.path)
            if UNUSED not in active or self._hushed(suppression, UNUSED):
                continue
            if suppression.selectors:
                idle = tuple(
                    selector for selector in suppression.selectors if self._idle(suppression, selector, active)
                )
                if idle:
                    yield Unused(suppression, idle)
            elif suppression.kind != "noqa" and suppression not in self.used and self._complete(suppression, active):
                yield Unused(suppression, ())

    def blankets(self, ran: Callable[[str], Set[str]]) -> Iterator[Suppression]:
        for suppression in self.suppressions:
            if suppression.selectors or (suppression.kind == "noqa" and suppression not in self.used):
                continue
            if BLANKET in ran(suppression.marker.path) and not self._hushed(suppression, BLANKET):
                yield suppression

    def _idle(self, suppression: Suppression, selector: Selector, active: Set[str]) -> bool:
        """Whether a selector silenced nothing, so far as this run can know: all that it stands for ran."""
        if (suppression.marker.path, selector) in self.used:
            return False
        if suppression.misplaced:
            return True
        codes = self.stands_for(selector)
        if not codes:
            return suppression.kind != "noqa"
        return codes <= active and UNUSED not in codes

    def _complete(self, suppression: Suppression, active: Set[str]) -> bool:
        """Whether enough rules ran to say that a suppression of all of them silenced nothing."""
        return suppression.misplaced or {rule.code for rule in all_rules() if rule.default} <= active

    def _hushed(self, suppression: Suppression, code: str) -> bool:
        """Whether this very complaint is silenced by name."""
        path = suppression.marker.path
        around = (*self.by_file.get(path, ()), *self.by_line.get((path, suppression.line), ()))
        return any(code in self.stands_for(selector) for other in around for selector in other.selectors)


def unused(
    rule: Rule,
    found: Iterable[Unused],
    sources: Mapping[str, Source],
    severity: Severity,
    applicability: Applicability = "safe",
) -> Iterator[Diagnostic]:
    """A diagnostic for each unused suppression, with the fix that removes it. `sources` by display path."""
    for item in found:
        suppression = item.suppression
        source = sources[suppression.marker.path]
        whole = len(item.selectors) == len(suppression.selectors)
        start, end = (suppression.marker.start, suppression.marker.end) if whole else _extent(item.selectors)
        edit = _without_marker(source, suppression) if whole else _without_selectors(source, item)
        title = "Remove the suppression" if whole else f"Remove {_joined(item.selectors)}"
        yield Diagnostic(
            code=rule.code,
            name=rule.name,
            severity=severity,
            message=_message(item),
            path=source.path,
            span=source.span(start, end),
            url=rule.url,
            fix=LocatedFix(title, applicability, (edit,)),
        )


def blanket(
    rule: Rule, found: Iterable[Suppression], sources: Mapping[str, Source], severity: Severity
) -> Iterator[Diagnostic]:
    """A diagnostic for each suppression that names no rule. `sources` by display path."""
    for suppression in found:
        source = sources[suppression.marker.path]
        written = "noqa" if suppression.kind == "noqa" else f"fastapi-lint: {suppression.kind}"
        where = "the file" if suppression.kind == "ignore-file" else "the statement"
        yield Diagnostic(
            code=rule.code,
            name=rule.name,
            severity=severity,
            message=f"`# {written}` hides every finding of {where}, also those to come",
            path=source.path,
            span=source.span(suppression.marker.start, suppression.marker.end),
            url=rule.url,
        )


def _message(item: Unused) -> str:
    suppression = item.suppression
    if suppression.misplaced:
        return "`ignore-file` has no effect after the first statement"
    if not item.selectors:
        return f"`# fastapi-lint: {suppression.kind}` silences nothing"
    known = [selector for selector in item.selectors if _is_known(selector)]
    unknown = [selector for selector in item.selectors if selector not in known]
    clauses = []
    if known:
        clauses.append(f"{_joined(known)} {'silences' if len(known) == 1 else 'silence'} nothing")
    if unknown:
        clauses.append(f"{_joined(unknown)} {'is no rule' if len(unknown) == 1 else 'are no rules'}")
    return " and ".join(clauses)


def _is_known(selector: Selector) -> bool:
    return bool(codes_of(selector.text))


def _joined(selectors: Iterable[Selector]) -> str:
    words = [f"`{selector.text}`" for selector in selectors]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _extent(selectors: tuple[Selector, ...]) -> tuple[int, int]:
    return selectors[0].start, selectors[-1].end


def _without_selectors(source: Source, item: Unused) -> TextEdit:
    """The list of codes without the unused ones, its commas and spaces as they were."""
    every = item.suppression.selectors
    start, end = _extent(every)
    kept = [selector for selector in every if selector not in item.selectors]
    text = kept[0].text
    for selector in kept[1:]:
        before = every[every.index(selector) - 1]
        text += source.text[before.end : selector.start] + selector.text
    return TextEdit(source.path, start, end, text, source.span(start, end))


def _without_marker(source: Source, suppression: Suppression) -> TextEdit:
    """The comment without its suppression; the whole comment, and its line, where nothing else is in them."""
    text = source.text
    start, end = suppression.marker.start, suppression.marker.end
    replacement = ""
    rest = text[end : suppression.comment.end]
    if rest.strip().startswith("#"):
        end += len(rest) - len(rest.lstrip())
    elif rest.strip():
        replacement = "#"
    else:
        line_start = source.offset(suppression.line)
        start = line_start + len(text[line_start:start].rstrip())
        end = suppression.comment.end
        if start == line_start:
            end = source.offset(suppression.line + 1)
    return TextEdit(source.path, start, end, replacement, source.span(start, end))
