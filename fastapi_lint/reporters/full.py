"""A finding with the lines it is about, the way to it, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import TYPE_CHECKING

from fastapi_lint.confidential import RULES, blotted, masked, secrets
from fastapi_lint.reporters.concise import headline
from fastapi_lint.reporters.paint import Paint, visible, width

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic
    from fastapi_lint.reporters import Report
    from fastapi_lint.source import Source

CONTEXT = 2  # lines before and after
WIDEST = 160  # code points of a line that are shown


def render(report: Report, paint: Paint) -> str:
    hidden = secrets(report.diagnostics, report.sources)
    return "".join(_block(found, report.sources.get(found.path), hidden, paint) for found in report.diagnostics)


def _block(found: Diagnostic, source: Source | None, hidden: Set[str], paint: Paint) -> str:
    lines = [headline(found, paint)]
    if source is not None:
        lines += _excerpt(found, source, hidden, paint)
    for step in found.trace:
        at = step.span.start
        place = f"{paint('path', visible(step.path))}:{at.line}:{at.column}:"
        lines.append(f"{paint('gutter', '  -->')} {place} {visible(step.message)}")
    if found.fix is not None:
        aside = {"safe": "", "unsafe": " (unsafe fix)", "display": ""}[found.fix.applicability]
        lines.append(f"{paint('fix', 'help:')} {visible(found.fix.title)}{aside}")
    return "\n".join(lines) + "\n\n"


def _excerpt(found: Diagnostic, source: Source, hidden: Set[str], paint: Paint) -> Iterator[str]:
    """The lines around a finding; one line, its strings blotted out, where it is about a secret."""
    start, end = found.span.start, found.span.end
    confidential = found.name in RULES
    context = 0 if confidential else CONTEXT
    first, last = max(1, start.line - context), min(source.line_count, start.line + context)
    while first < start.line and not source.line(first).strip():
        first += 1
    while last > start.line and not source.line(last).strip():
        last -= 1
    margin = len(str(last))
    edge = paint("gutter", " " * margin + " |")
    yield edge
    for number in range(first, last + 1):
        text = masked(source.line(number), hidden)
        from_column, to_column = (
            (start.column - 1, end.column - 1 if end.line == number else len(text)) if number == start.line else (0, 0)
        )
        if confidential:
            text = blotted(text)
            quoted = re.search("[\"']", text[from_column:to_column])
            if quoted is None:  # a part of a comment, or of a string that began before
                text = text[:from_column] + "*" * (to_column - from_column) + text[to_column:]
        text, from_column, to_column = _clipped(text, from_column, to_column)
        yield f"{paint('gutter', f'{number:>{margin}} |')} {visible(text)}".rstrip()
        if number == start.line:
            indent = " " * width(visible(text[:from_column]))
            carets = "^" * max(1, width(visible(text[from_column:to_column].rstrip())))
            yield f"{edge} {indent}{paint(found.severity, carets)}"
    yield edge


def _clipped(text: str, start: int, end: int) -> tuple[str, int, int]:
    """A window of a long line in which `start` can be seen, and `start` and `end` counted in that window."""
    if len(text) <= WIDEST:
        return text, start, end
    left = 0 if start < WIDEST * 3 // 4 else start - WIDEST // 4
    window = text[left : left + WIDEST]
    head, tail = "…" if left else "", "…" if left + WIDEST < len(text) else ""
    shift = len(head) - left
    return head + window + tail, start + shift, min(end + shift, len(head) + len(window))
