"""Where a report goes: the standard output or a file, in colours or plain, with a summary and an exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from fastapi_lint import reporters
from fastapi_lint.commands.request import CommandError, Request
from fastapi_lint.reporters.paint import Paint, coloured, plain

if TYPE_CHECKING:
    from fastapi_lint.reporters import Report
    from fastapi_lint.settings import Settings


def emit(report: Report, settings: Settings, request: Request, stream: TextIO, words: str) -> None:
    """The report to `stream` or the output file, and `words` on it to the standard error."""
    paint = plain if request.output_file is not None else paint_for(stream)
    machine = settings.output_format in reporters.FOR_PROGRAMS
    if request.statistics:
        from fastapi_lint.reporters import statistics as counts

        text = counts.render_json(report) if settings.output_format == "json" else counts.render(report, paint)
    else:
        if settings.output_format in reporters.OF_REPOSITORIES:
            from fastapi_lint.reporters import identity

            report = identity.relocated(report, identity.repository_prefix(Path.cwd()))
        text = reporters.render(report, settings.output_format, paint)
    if request.output_file is None:
        stream.write(text)
        stream.flush()
    else:
        _write(request.output_file, text)
    if report.files and not request.quiet and not machine:
        sys.stderr.write(words)


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise CommandError(f"{file}: cannot be written: {error.strerror or error}") from None


def exit_code(report: Report, request: Request) -> int:
    if report.internal_error:
        return 2
    return 1 if report.diagnostics and not request.exit_zero else 0


def paint_for(stream: TextIO) -> Paint:
    """Colours on a terminal; NO_COLOR and FORCE_COLOR (no-color.org, force-color.org) have the last word."""
    if os.environ.get("NO_COLOR"):
        return plain
    if os.environ.get("FORCE_COLOR"):
        return coloured
    return coloured if stream.isatty() and os.environ.get("TERM") != "dumb" else plain
