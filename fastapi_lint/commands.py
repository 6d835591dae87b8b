"""What `check` does, once it is clear what was asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from fastapi_lint import config, reporters
from fastapi_lint.config_keys import ConfigurationError, display, shown, suggestion
from fastapi_lint.discover import DiscoveryError, displayed, exclusion
from fastapi_lint.reporters import Report, summary
from fastapi_lint.reporters import statistics as counts
from fastapi_lint.reporters.paint import Paint, coloured, plain, visible
from fastapi_lint.settings import Settings, overridden
from fastapi_lint.source import Source

if TYPE_CHECKING:
    from fastapi_lint import run
    from fastapi_lint.findings import Diagnostic
    from fastapi_lint.routes_command import RoutesRequest
    from fastapi_lint.run import Stdin
    from fastapi_lint.trial import Check

COMMANDS = ("check", "rules", "explain", "routes")


class CommandError(Exception):
    """What keeps a command from being carried out; the message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The command line of `check`."""

    paths: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    output_format: str | None = None
    output_file: str | None = None
    statistics: bool = False
    exit_zero: bool = False
    quiet: bool = False
    stdin_filename: str | None = None
    config: str | None = None
    isolated: bool = False
    show_settings: bool = False


def check(request: Request) -> int:
    """Check, report, and return the exit code.

    Raises CommandError, ConfigurationError, DiscoveryError or RuleError, each with a message for the user.
    """
    _consistent(request)
    settings = _settings(request)
    if request.show_settings:
        sys.stdout.write(shown(settings))
        return 0
    stdin = _stdin(request)
    paths = (stdin.path,) if stdin else request.paths or _default_paths(settings)
    again = _checked(paths, settings, stdin)
    with _progress(request):
        report = again({})
    if not report.files and not request.quiet:
        sys.stderr.write(_nothing_to_check(paths, settings))
    if request.diff or request.fix:
        return _fixed(report, again, settings, request, stdin)
    _emit(report, settings, request, sys.stdout)
    return _exit_code(report, request)


def routes(request: Request, wanted: RoutesRequest) -> int:
    """Show the route table or what changed in it, and return the exit code.

    Raises CommandError, ConfigurationError or DiscoveryError, each with a message for the user.
    """
    _consistent(request)
    settings = _settings(request)
    from fastapi_lint import routes_command

    paths = request.paths or _default_paths(settings)
    return routes_command.routes(replace(wanted, paths=paths), settings, _paint(sys.stdout))


def _consistent(request: Request) -> None:
    if request.unsafe_fixes and not (request.fix or request.diff):
        raise CommandError("--unsafe-fixes says which fixes to apply: add --fix or --diff")
    if request.isolated and request.config is not None:
        raise CommandError("--isolated reads no configuration file, --config names one: leave one of them out")
    from_stdin = request.stdin_filename is not None or "-" in request.paths
    others = [path for path in request.paths if path not in ("-", request.stdin_filename)]
    if from_stdin and others:
        raise CommandError(f"the standard input is checked alone: leave out `{others[0]}`")
    for path in () if from_stdin else request.paths:
        if not os.path.lexists(path):
            raise DiscoveryError(f"{path}: no such file or directory{suggestion(path, COMMANDS)}")


def _settings(request: Request) -> Settings:
    start = request.stdin_filename or next((path for path in request.paths if path != "-"), ".")
    file = Path(request.config) if request.config is not None else None
    settings = config.load(Path(start), config=file, isolated=request.isolated)
    return overridden(
        settings,
        select=request.select,
        extend_select=request.extend_select,
        ignore=request.ignore,
        output_format=request.output_format,
    )


def _stdin(request: Request) -> Stdin | None:
    if request.stdin_filename is None and "-" not in request.paths:
        return None
    from fastapi_lint.run import Stdin

    return Stdin(displayed(os.path.abspath(request.stdin_filename or "-")), sys.stdin.buffer.read())


def _default_paths(settings: Settings) -> tuple[str, ...]:
    for name, directory in zip(settings.src, settings.source_directories, strict=True):
        if not directory.exists():
            file = display(settings.source_file) if settings.source_file else "settings"
            raise ConfigurationError(f"{file}: `src` names `{name}`, which does not exist")
    return tuple(os.path.relpath(directory) for directory in settings.source_directories) or (".",)


def _nothing_to_check(paths: tuple[str, ...], settings: Settings) -> str:
    """The warning that a run looked at no file, with the reason where it is known."""
    where = ", ".join(f"`{path}`" for path in paths)
    reasons = [
        f"; `{path}` is excluded by the pattern `{pattern}`" for path in paths if (pattern := exclusion(path, settings))
    ]
    return f"warning: no Python files found under {where}{''.join(reasons)}\n"


def _emit(
    report: Report, settings: Settings, request: Request, stream: TextIO, fixed: Mapping[str, int] | None = None
) -> None:
    """The report to `stream` or the output file, the summary to the standard error."""
    paint = plain if request.output_file is not None else _paint(stream)
    machine = settings.output_format == "json"
    if request.statistics:
        text = counts.render_json(report) if machine else counts.render(report, paint)
    else:
        text = reporters.render(report, settings.output_format, paint)
    if request.output_file is None:
        stream.write(text)
        stream.flush()
    else:
        _write(request.output_file, text)
    if report.files and not request.quiet and not machine:
        sys.stderr.write(summary.render(report, _paint(sys.stderr), fixed))


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise CommandError(f"{file}: cannot be written: {error.strerror or error}") from None


def _exit_code(report: Report, request: Request) -> int:
    if report.internal_error:
        return 2
    return 1 if report.diagnostics and not request.exit_zero else 0


def _fixed(
    report: run.Report, again: Check[run.Report], settings: Settings, request: Request, stdin: Stdin | None
) -> int:
    """What `--fix` and `--diff` do with a report. `again` checks other texts."""
    from fastapi_lint import fix

    result = fix.plan(report, again, settings, unsafe=request.unsafe_fixes)
    if not request.quiet:
        for found, reason in result.dropped:
            at = found.span.start
            sys.stderr.write(f"warning: {found.path}:{at.line}:{at.column}: {found.code} was not fixed: {reason}\n")
    if request.diff:
        for path in sorted(result.texts):
            _show_diff(result.before[path], fix.diff(result.before[path], result.texts[path]))
        if not request.quiet:
            sys.stderr.write(f"Would fix {summary.counted(sum(result.applied.values()), 'finding')}\n")
        return 2 if report.internal_error else 1 if result.texts and not request.exit_zero else 0
    if stdin is None:
        try:
            fix.write(result)
        except fix.WriteError as error:
            raise CommandError(str(error)) from None
        _emit(result.remaining, settings, request, sys.stdout, result.applied)
    else:
        sys.stdout.buffer.write(_buffer(stdin, result.texts).data)
        sys.stdout.buffer.flush()
        _emit(result.remaining, settings, request, sys.stderr, result.applied)
    return _exit_code(result.remaining, request)


def _checked(paths: tuple[str, ...], settings: Settings, stdin: Stdin | None) -> Check[run.Report]:
    """A check with other texts, by display path, in the place of what the files hold."""
    from fastapi_lint import run

    def check(texts: Mapping[str, str]) -> run.Report:
        if stdin is None:
            return run.check(paths, settings, overlays=texts)
        report = run.check(paths, settings, stdin=_buffer(stdin, texts))
        return replace(report, diagnostics=tuple(_fixed_alone(found, stdin.path) for found in report.diagnostics))

    return check


def _buffer(stdin: Stdin, texts: Mapping[str, str]) -> Stdin:
    text = texts.get(stdin.path)
    return stdin if text is None else replace(stdin, data=Source.decode(stdin.path, stdin.data).encode(text))


def _fixed_alone(found: Diagnostic, path: str) -> Diagnostic:
    """A diagnostic without a fix that reaches into other files: whoever sends a buffer gets only that one back."""
    if found.fix is not None and any(edit.path != path for edit in found.fix.edits):
        return replace(found, fix=None)
    return found


def _show_diff(before: Source, text: str) -> None:
    """A diff in the bytes of its file, or in colours for a terminal."""
    paint = _paint(sys.stdout)
    if paint is plain:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode(before.encoding))
        sys.stdout.buffer.flush()
        return
    for line in text.splitlines():
        sys.stdout.write(
            paint({"+": "added", "-": "removed", "@": "fix"}.get(line[:1], "context"), visible(line)) + "\n"
        )


def _paint(stream: TextIO) -> Paint:
    """Colours on a terminal; NO_COLOR and FORCE_COLOR (no-color.org, force-color.org) have the last word."""
    if os.environ.get("NO_COLOR"):
        return plain
    if os.environ.get("FORCE_COLOR"):
        return coloured
    return coloured if stream.isatty() and os.environ.get("TERM") != "dumb" else plain


@contextmanager
def _progress(request: Request) -> Iterator[None]:
    """A line on the terminal while the check runs."""
    if request.quiet or not sys.stderr.isatty():
        yield
        return
    sys.stderr.write("Checking …")
    sys.stderr.flush()
    try:
        yield
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
