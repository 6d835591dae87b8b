"""How often each rule fired, most often first."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from fastapi_lint.reporters.paint import Paint

if TYPE_CHECKING:
    from fastapi_lint.reporters import Report


def render(report: Report, paint: Paint) -> str:
    rows = _rows(report)
    margin = max((len(str(count)) for *_, count, _ in rows), default=0)
    return "".join(
        f"{count:>{margin}}  {paint('error', code)}  {paint('fix', '[*]') if fixable else '[ ]'} {name}\n"
        for code, name, count, fixable in rows
    )


def render_json(report: Report) -> str:
    rows = [dict(zip(("code", "name", "count", "fixable"), row, strict=True)) for row in _rows(report)]
    return json.dumps({"version": 1, "statistics": rows}, indent=2) + "\n"


def _rows(report: Report) -> list[tuple[str, str, int, bool]]:
    """Code, name, count, and whether `--fix` fixes some."""
    counts = Counter((found.code, found.name) for found in report.diagnostics)
    fixable = {
        found.code for found in report.diagnostics if found.fix is not None and found.fix.applicability == "safe"
    }
    rows = [(code, name, count, code in fixable) for (code, name), count in counts.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0]))
