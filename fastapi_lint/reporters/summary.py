"""What people are told after the report: how much was found, fixed, and can be fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fastapi_lint.reporters.paint import Paint, visible

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic
    from fastapi_lint.reporters import Report


def render(report: Report, paint: Paint) -> str:
    if not report.diagnostics:
        return f"All checks passed ({_scope(report)})\n"
    lines = [f"Found {_levels(report)} ({_scope(report)})"]
    applicable = Counter(item.fix.applicability for item in report.diagnostics if item.fix is not None)
    safe, unsafe = applicable["safe"], applicable["unsafe"]
    hidden = f"{unsafe}{' more' if safe else ''} with `--unsafe-fixes`" if unsafe else ""
    if safe:
        lines.append(f"{paint('fix', '[*]')} {safe} fixable with `--fix`{f', {hidden}' if hidden else ''}")
    elif hidden:
        lines.append(f"{unsafe} fixable with `--fix --unsafe-fixes`")
    return "\n".join(lines) + "\n"


def render_fixed(report: Report, paint: Paint, fixed: Sequence[Diagnostic], further_unsafe: int) -> str:
    """`report` is what remains. `further_unsafe`: how many findings unsafe fixes would still remove."""
    done = f"Fixed {counted(len(fixed), 'finding') if fixed else 'nothing'}"
    number = len(report.diagnostics)
    left = f"{_levels(report)} {'remains' if number == 1 else 'remain'}" if number else "nothing remains"
    return f"{paint('fix', done)}; {left} ({_scope(report)})\n{further(further_unsafe)}"


def further(unsafe: int) -> str:
    return f"{unsafe} more fixable with `--unsafe-fixes`\n" if unsafe else ""


def render_fixes(fixed: Iterable[Diagnostic], paint: Paint) -> str:
    """What was fixed, file by file, the most frequent rule first."""
    counts: dict[str, Counter[tuple[str, str]]] = {}
    for found in fixed:
        counts.setdefault(found.path, Counter())[found.code, found.name] += 1
    lines: list[str] = []
    for path, rules in sorted(counts.items()):
        lines.append(paint("path", visible(path)))
        margin = max(len(str(number)) for number in rules.values())
        for (code, name), number in sorted(rules.items(), key=lambda item: (-item[1], item[0])):
            lines.append(f"  {number:>{margin}}  {code}  {name}")
    return "".join(f"{line}\n" for line in lines)


def _levels(report: Report) -> str:
    levels = Counter(found.severity for found in report.diagnostics)
    return _listed([counted(levels[level], level) for level in ("error", "warning", "info") if levels[level]])


def _scope(report: Report) -> str:
    return f"{counted(report.files, 'file')}, {counted(report.routes, 'route')}"


def counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
