"""SARIF 2.1.0 (OASIS), as GitHub's code scanning and others read it.

Columns count code points, and ends are exclusive. Paths are relative to the repository.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi_lint.confidential import shareable
from fastapi_lint.reporters.identity import fingerprints
from fastapi_lint.version import version

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic, LocatedFix, Span
    from fastapi_lint.reporters import Report
    from fastapi_lint.reporters.paint import Paint
    from fastapi_lint.rule import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
DANGER = {"error": "8.0", "warning": "5.0", "info": "2.0"}
"""What GitHub sorts security findings by: high, medium, low."""
HOME = "https://github.com/fastapi-lint/fastapi-lint"


def render(report: Report, paint: Paint) -> str:
    every = sorted((*report.diagnostics, *report.unchanged), key=lambda found: found.sort_key)
    rules = _rules(found.code for found in every)
    index = {rule.code: at for at, rule in enumerate(rules)}
    known = {id(found) for found in report.unchanged}
    results = []
    shown = shareable(every, report.sources)
    for found, shared, digest in zip(every, shown, fingerprints(every, report), strict=True):
        result = _result(shared, index, digest)
        if known:
            result["baselineState"] = "unchanged" if id(found) in known else "new"
        results.append(result)
    run = {
        "tool": {
            "driver": {
                "name": "fastapi-lint",
                "version": version(),
                "informationUri": HOME,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not report.internal_error}],
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _rules(codes: Iterable[str]) -> list[Rule]:
    from fastapi_lint.registry import all_rules

    wanted = set(codes)
    return [rule for rule in all_rules() if rule.code in wanted]


def _rule(rule: Rule) -> dict[str, Any]:
    properties: dict[str, Any] = {"tags": [rule.category]}
    if rule.category == "security":
        properties["security-severity"] = DANGER[rule.severity]
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.title},
        "help": {"text": rule.documentation, "markdown": rule.documentation},
        "helpUri": rule.url,
        "defaultConfiguration": {"level": LEVELS[rule.severity], "enabled": rule.default},
        "properties": properties,
    }


def _result(found: Diagnostic, index: Mapping[str, int], digest: str) -> dict[str, Any]:
    location = _location(found.path, found.span)
    if found.symbol:
        location["logicalLocations"] = [{"fullyQualifiedName": found.symbol}]
    result: dict[str, Any] = {"ruleId": found.code}
    if found.code in index:
        result["ruleIndex"] = index[found.code]
    result |= {
        "level": LEVELS[found.severity],
        "message": {"text": found.message},
        "locations": [location],
        "partialFingerprints": {"primaryLocationLineHash": digest},
    }
    if found.trace:
        steps = [{"location": _location(step.path, step.span, step.message)} for step in found.trace]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if found.fix is not None and found.fix.edits:
        result["fixes"] = [_fix(found.fix)]
    return result


def _location(path: str, span: Span, message: str | None = None) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(path), "region": _region(span)}}
    if message is not None:
        location["message"] = {"text": message}
    return location


def _artifact(path: str) -> dict[str, Any]:
    return {"uri": quote(path.encode("utf-8", "surrogateescape")), "uriBaseId": "%SRCROOT%"}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.start.line,
        "startColumn": span.start.column,
        "endLine": span.end.line,
        "endColumn": span.end.column,
    }


def _fix(fix: LocatedFix) -> dict[str, Any]:
    replacements: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacements.setdefault(edit.path, []).append(
            {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.replacement}}
        )
    changes = [{"artifactLocation": _artifact(path), "replacements": edits} for path, edits in replacements.items()]
    return {
        "description": {"text": fix.title},
        "artifactChanges": changes,
        "properties": {"applicability": fix.applicability},
    }
