"""JUnit's XML, which most CI servers show as test results: a file is a suite, a finding a failed case."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from fastapi_lint.reporters.paint import visible

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic
    from fastapi_lint.reporters import Report
    from fastapi_lint.reporters.paint import Paint


def render(report: Report, paint: Paint) -> str:
    number = len(report.diagnostics)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="fastapi-lint" tests="{max(number, 1)}" failures="{number}" errors="0">')
    if not number:
        lines.append('  <testsuite name="fastapi-lint" tests="1" failures="0" errors="0">')
        lines.append('    <testcase name="nothing found" classname="fastapi-lint"/>')
        lines.append("  </testsuite>")
    for path, group in groupby(report.diagnostics, key=lambda found: found.path):
        found = list(group)
        lines.append(f'  <testsuite name={_quoted(path)} tests="{len(found)}" failures="{len(found)}" errors="0">')
        for one in found:
            lines += _case(one)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _case(found: Diagnostic) -> list[str]:
    start = found.span.start
    place = f'file={_quoted(found.path)} line="{start.line}" column="{start.column}"'
    text = visible(f"line {start.line}, column {start.column}: {found.code} {found.message}")
    return [
        f"    <testcase name={_quoted(f'fastapi-lint.{found.code}')} classname={_quoted(found.path)} {place}>",
        f"      <failure type={_quoted(found.severity)} message={_quoted(found.message)}>{escape(text)}</failure>",
        "    </testcase>",
    ]


def _quoted(text: str) -> str:
    return quoteattr(visible(text))
