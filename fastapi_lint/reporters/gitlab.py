"""GitLab's code quality report: a list of findings, each with a fingerprint of its own."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from fastapi_lint.reporters.identity import fingerprints

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic
    from fastapi_lint.reporters import Report
    from fastapi_lint.reporters.paint import Paint

SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def render(report: Report, paint: Paint) -> str:
    digests = fingerprints(report.diagnostics, report)
    found = [_finding(*pair) for pair in zip(report.diagnostics, digests, strict=True)]
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def _finding(found: Diagnostic, digest: str) -> dict[str, Any]:
    unique = hashlib.blake2b(f"{found.path}\0{digest}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return {
        "check_name": found.name,
        "description": f"{found.code}: {found.message}",
        "severity": SEVERITIES[found.severity],
        "fingerprint": unique,
        "location": {
            "path": found.path,
            "positions": {
                "begin": {"line": found.span.start.line, "column": found.span.start.column},
                "end": {"line": found.span.end.line, "column": found.span.end.column},
            },
        },
    }
