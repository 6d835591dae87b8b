"""What people are told after the report: how much was found, fixed, and can be fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastapi_lint.reporters.paint import Paint

if TYPE_CHECKING:
    from fastapi_lint.reporters import Report


def render(report: Report, paint: Paint, fixed: Mapping[str, int] | None = None) -> str:
    """`fixed`: how many diagnostics `--fix` removed, by code; None where nobody asked for fixes."""
    levels = Counter(found.severity for found in report.diagnostics)
    mended = sum(fixed.values()) if fixed else 0
    scope = f"{counted(report.files, 'file')}, {counted(report.routes, 'route')}"
    if not report.diagnostics and not mended:
        return f"All checks passed ({scope})\n"
    parts = [counted(levels[level], level) for level in ("error", "warning", "info") if levels[level]]
    found = f"Found {_listed(parts)}" if parts else "Found nothing more"
    lines = [f"{found} ({scope}{f'; {mended} fixed' if fixed is not None else ''})"]
    applicable = Counter(item.fix.applicability for item in report.diagnostics if item.fix is not None)
    safe, unsafe = applicable["safe"], applicable["unsafe"]
    hidden = f"{unsafe}{' more' if safe else ''} with `--unsafe-fixes`" if unsafe else ""
    if safe:
        lines.append(f"{paint('fix', '[*]')} {safe} fixable with `--fix`{f', {hidden}' if hidden else ''}")
    elif hidden:
        lines.append(f"{unsafe} fixable with `--fix --unsafe-fixes`")
    return "\n".join(lines) + "\n"


def counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
