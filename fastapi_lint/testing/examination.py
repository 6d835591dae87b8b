"""What must be true of every case, whatever the rule."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi_lint import fix
from fastapi_lint.comments import comments
from fastapi_lint.context import Context
from fastapi_lint.findings import Applicability, Finding, Span, TextEdit
from fastapi_lint.registry import all_rules
from fastapi_lint.rule import Check, Rule
from fastapi_lint.run import Report, check
from fastapi_lint.settings import Settings
from fastapi_lint.source import NEWLINE, Source, SourceError
from fastapi_lint.testing.cases import Case, decoded
from fastapi_lint.testing.page_checks import headline
from fastapi_lint.testing.projects import project

INTERNAL_ERROR = "FAL004"
REMOVES_COMMENTS = frozenset({"FAL002"})
STRENGTH: Mapping[Applicability, int] = {"display": 0, "unsafe": 1, "safe": 2}


@dataclass(frozen=True, slots=True)
class Examination:
    """`offered`: how applicable the fixes are that the rule offered in the case."""

    problems: tuple[str, ...]
    offered: frozenset[Applicability]


def examine(rule: Rule, case: Case) -> Examination:
    """Check a case, again, each of its files alone, and with its fixes applied.

    Raises what the linter itself raises; a rule that raises is a problem.
    """
    table = {**case.settings, "fixable": [rule.code]}
    table["extend-select"] = sorted({*table.get("extend-select", ()), rule.code, *case.exact})
    with project(case.files, table) as settings:
        with _recorded(rule) as findings:
            report = check(["."], settings)
        problems = [
            *_unexpected(case, report),
            *_misplaced(case, report),
            *_unsteady(case, report, settings),
            *_overstated(rule, findings),
            *_ill_fixed(rule, case, report, settings),
        ]
    offered = frozenset(one.fix.applicability for one in report.diagnostics if one.code == rule.code and one.fix)
    return Examination(tuple(problems), offered)


def fixability_problem(rule: Rule, examinations: Iterable[Examination]) -> str | None:
    """Whether no case shows the fix that a rule declares."""
    offered = {applicability for examination in examinations for applicability in examination.offered}
    if rule.fix is None or rule.fix in offered:
        return None
    best = max(offered, key=lambda one: STRENGTH[one], default=None)
    return f"{rule.name} declares {rule.fix} fixes, and no case is offered more than {best}"


def _unexpected(case: Case, report: Report) -> Iterator[str]:
    found = {(one.path, one.span.start.line, one.code): one for one in report.diagnostics}
    for path, line, code in sorted(case.expected - found.keys()):
        yield f"missed alarm: {path}:{line}: {code}"
    for place, one in sorted(found.items()):
        if one.code in case.exact and place not in case.expected:
            yield f"false alarm: {headline(one)}"
        elif one.code == INTERNAL_ERROR and place not in case.expected:
            yield headline(one)
    if report.internal_error and all(one.code != INTERNAL_ERROR for one in report.diagnostics):
        yield f"the report has an internal error and no {INTERNAL_ERROR}"


def _misplaced(case: Case, report: Report) -> Iterator[str]:
    """Findings that are out of order, or that lie outside of their files."""
    if list(report.diagnostics) != sorted(report.diagnostics, key=lambda one: one.sort_key):
        yield "the report is not sorted"
    rules = {rule.code: rule for rule in all_rules()}
    for one in report.diagnostics:
        if one.code not in rules or rules[one.code].name != one.name:
            yield f"{headline(one)}: no rule is {one.code} {one.name}"
        places = [(one.path, one.span), *((step.path, step.span) for step in one.trace)]
        for path, span in places:
            yield from (f"{headline(one)}: {problem}" for problem in _outside(case, path, span))
        for edit in one.fix.edits if one.fix else ():
            yield from (f"{headline(one)}: {problem}" for problem in _outside_edit(case, edit))


def _outside(case: Case, path: str, span: Span) -> Iterator[str]:
    if path not in case.files:
        if path != ".":  # the whole project
            yield f"`{path}` is not in the project"
        return
    lines = NEWLINE.split(decoded(case.files[path]))
    if span.end < span.start:
        yield f"{span} ends before it begins"
    for line, column in (span.start, span.end):
        if not (1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1):
            yield f"{line}:{column} is outside of {path}"


def _outside_edit(case: Case, edit: TextEdit) -> Iterator[str]:
    if edit.path not in case.files:
        yield f"its fix edits `{edit.path}`, which is not in the project"
        return
    source = Source.decode(edit.path, case.files[edit.path])
    if not 0 <= edit.start <= edit.end <= len(source.text):
        yield f"its fix edits {edit.start} to {edit.end} of {len(source.text)} characters"
    elif edit.span != source.span(edit.start, edit.end):
        yield f"its fix edits {edit.start} to {edit.end}, which is not {edit.span}"


def _unsteady(case: Case, report: Report, settings: Settings) -> Iterator[str]:
    """Whether a second run, or a run that names one file of several, says something else."""
    if check(["."], settings).diagnostics != report.diagnostics:
        yield "a second run says something else"
    python = [path for path in case.files if path.endswith(".py")]
    for path in python if len(python) > 1 else ():
        alone = tuple(one for one in check([path], settings).diagnostics if one.path == path)
        among = tuple(one for one in report.diagnostics if one.path == path)
        if alone != among:
            differing = sorted({*map(headline, alone)} ^ {*map(headline, among)})
            yield f"`{path}` alone and among the others differ: {', '.join(differing) or 'in fixes or traces'}"


@contextmanager
def _recorded(rule: Rule) -> Iterator[list[Finding]]:
    """What the rule yields, before the engine makes anything of it."""
    findings: list[Finding] = []
    checks = list(rule.checks)

    def recording(check: Check) -> Check:
        def recorder(subject: object, context: Context) -> Iterator[Finding]:
            for finding in check(subject, context):
                findings.append(finding)
                yield finding

        return recorder

    rule.checks[:] = [(kind, recording(check)) for kind, check in checks]
    try:
        yield findings
    finally:
        rule.checks[:] = checks


def _overstated(rule: Rule, findings: Iterable[Finding]) -> Iterator[str]:
    """Fixes that claim more than their rule: the engine lowers or drops them without a word."""
    made = {finding.fix.applicability for finding in findings if finding.fix is not None}
    for applicability in sorted(made):
        if rule.fix is None or STRENGTH[applicability] > STRENGTH[rule.fix]:
            yield f"the rule makes {applicability} fixes and declares {rule.fix or 'none'}"


def _ill_fixed(rule: Rule, case: Case, report: Report, settings: Settings) -> Iterator[str]:
    """What is wrong with the files after the rule's fixes."""

    def again(texts: Mapping[str, str]) -> Report:
        return check(["."], settings, overlays=texts)

    if rule.code not in REMOVES_COMMENTS:
        for path, text in fix.plan(report, again, settings, unsafe=False).texts.items():
            lost = _comments(decoded(case.files[path])) - _comments(text)
            yield from (f"a safe fix of {path} drops the comment `{comment}`" for comment in lost)
    planned = fix.plan(report, again, settings, unsafe=True)
    fix.write(planned)
    for one in planned.dropped:
        yield f"{headline(one.diagnostic)}: its fix was dropped: {one.reason}"
    for path in sorted(planned.texts):
        yield from _damage(path, case.files[path], Path(path).read_bytes())
    left = fix.plan(again({}), again, settings, unsafe=True).texts
    if left:
        yield f"fixes do not come to an end in {', '.join(sorted(left))}"
    for path, before in case.files.items() if case.fixed else ():
        wanted, is_now = case.fixed.get(path, before), Path(path).read_bytes()
        if wanted != is_now:
            yield f"{path} is not fixed as it should be:\n{_difference(wanted, is_now)}"


def _comments(text: str) -> Counter[str]:
    return Counter(text[start:end] for start, end in comments(text))


def _damage(path: str, before: bytes, after: bytes) -> Iterator[str]:
    """What a fix may not change: that the file parses, its encoding, its newlines."""
    import libcst

    try:
        was, is_now = Source.decode(path, before), Source.decode(path, after)
        libcst.parse_module(after)
    except (SourceError, libcst.ParserSyntaxError) as error:
        yield f"{path} is broken by its fix: {error}"
        return
    if (was.encoding, was.mark) != (is_now.encoding, is_now.mark):
        yield f"the fix of {path} changes its encoding from {was.encoding} to {is_now.encoding}"
    foreign = set(NEWLINE.findall(is_now.text)) - set(NEWLINE.findall(was.text) or "\n")
    if foreign:
        yield f"the fix of {path} brings in line endings: {sorted(foreign)}"


def _difference(wanted: bytes, is_now: bytes) -> str:
    lines = difflib.unified_diff(
        decoded(wanted).splitlines(), decoded(is_now).splitlines(), "wanted", "fixed", lineterm=""
    )
    return "\n".join(lines) or f"wanted {wanted!r}\nfixed  {is_now!r}"
