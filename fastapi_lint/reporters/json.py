"""The machine-readable report. Lines and columns are 1-based, columns count code points, ends are exclusive."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from fastapi_lint.confidential import shareable

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic, LocatedFix, Span
    from fastapi_lint.reporters import Report
    from fastapi_lint.reporters.paint import Paint

VERSION = 1


def render(report: Report, paint: Paint) -> str:
    levels = Counter(found.severity for found in report.diagnostics)
    fixable = sum(found.fix is not None and found.fix.applicability == "safe" for found in report.diagnostics)
    document = {
        "version": VERSION,
        "diagnostics": [_diagnostic(found) for found in shareable(report.diagnostics, report.sources)],
        "summary": {
            "files": report.files,
            "routes": report.routes,
            "errors": levels["error"],
            "warnings": levels["warning"],
            "infos": levels["info"],
            "fixable": fixable,
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _diagnostic(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code,
        "name": found.name,
        "severity": found.severity,
        "message": found.message,
        "path": found.path,
        **_ends(found.span),
        "symbol": found.symbol,
        "url": found.url,
        "trace": [
            {"path": step.path, "line": step.span.start.line, "column": step.span.start.column, "message": step.message}
            for step in found.trace
        ],
        "fix": None if found.fix is None else _fix(found.fix),
    }


def _fix(fix: LocatedFix) -> dict[str, Any]:
    return {
        "applicability": fix.applicability,
        "title": fix.title,
        "edits": [{"path": edit.path, **_ends(edit.span), "replacement": edit.replacement} for edit in fix.edits],
    }


def _ends(span: Span) -> dict[str, int]:
    return {
        "line": span.start.line,
        "column": span.start.column,
        "end_line": span.end.line,
        "end_column": span.end.column,
    }
