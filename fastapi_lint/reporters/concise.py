"""One line a finding, as compilers write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_lint.reporters.paint import Paint, visible

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic
    from fastapi_lint.reporters import Report


def render(report: Report, paint: Paint) -> str:
    return "".join(f"{headline(found, paint)}\n" for found in report.diagnostics)


def headline(found: Diagnostic, paint: Paint) -> str:
    """`path:line:column: CODE message`, with `[*]` before the message where `--fix` fixes it."""
    start = found.span.start
    place = f"{paint('path', visible(found.path))}:{start.line}:{start.column}:"
    mark = f"{paint('fix', '[*]')} " if found.fix is not None and found.fix.applicability == "safe" else ""
    return f"{place} {paint(found.severity, found.code)} {mark}{visible(found.message)}"
