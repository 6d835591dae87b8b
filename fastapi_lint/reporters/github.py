"""Commands to GitHub Actions, which shows them as annotations beside the code.

It takes ten of each level from a step and drops the rest without a word, so the worst come first, and what is beyond the
ten is written as plain lines of the log.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fastapi_lint.reporters.concise import headline
from fastapi_lint.reporters.paint import plain, visible

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic
    from fastapi_lint.reporters import Report
    from fastapi_lint.reporters.paint import Paint

SHOWN = 10
COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
WORST_FIRST = tuple(COMMANDS)


def render(report: Report, paint: Paint) -> str:
    ordered = sorted(report.diagnostics, key=lambda found: (WORST_FIRST.index(found.severity), found.sort_key))
    written: Counter[str] = Counter()
    commands: list[str] = []
    beyond: list[str] = []
    for found in ordered:
        written[found.severity] += 1
        if written[found.severity] <= SHOWN:
            commands.append(_command(found))
        else:
            beyond.append(headline(found, plain))
    return "".join(f"{line}\n" for line in (*commands, *beyond))


def _command(found: Diagnostic) -> str:
    start, end = found.span.start, found.span.end
    properties = {"title": f"{found.code} ({found.name})", "file": found.path, "line": start.line, "col": start.column}
    properties["endLine"] = end.line
    if end.line == start.line:  # it takes a last column for a single line only
        properties["endColumn"] = end.column
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    place = f"{visible(found.path)}:{start.line}:{start.column}"
    return f"::{COMMANDS[found.severity]} {listed}::{_data(f'{place}: {found.code} {visible(found.message)}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
