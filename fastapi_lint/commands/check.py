"""What `check` does, once it is clear what was asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi_lint import config
from fastapi_lint.commands.emitting import emit, exit_code, paint_for
from fastapi_lint.commands.request import CommandError, Request
from fastapi_lint.config_keys import ConfigurationError, display, shown, suggestion
from fastapi_lint.discover import DiscoveryError, displayed, exclusion
from fastapi_lint.keeping import Kept
from fastapi_lint.reporters import summary
from fastapi_lint.settings import Settings, overridden
from fastapi_lint.source import Source
from fastapi_lint.timings import Effort

if TYPE_CHECKING:
    from fastapi_lint.commands.routes import RoutesRequest
    from fastapi_lint.config import Configuration
    from fastapi_lint.diagnostics import Diagnostic
    from fastapi_lint.recall import Answer, Memory
    from fastapi_lint.report import Report
    from fastapi_lint.run import Stdin
    from fastapi_lint.trial import Check

COMMANDS = ("check", "rules", "explain", "routes", "cache")


def check(request: Request) -> int:
    """Check, report, and return the exit code.

    Raises CommandError, ConfigurationError, DiscoveryError or RuleError, each with a message for the user.
    """
    _consistent(request)
    if request.show_settings:
        sys.stdout.write(shown(_settings(request)))
        return 0
    stdin = _stdin(request)
    effort = _effort(request)
    memory = None if request.no_cache else _memory(request)
    kept = memory.kept if memory is not None else Kept()
    settings, paths, report = _answer(request, stdin, effort, memory, kept)
    if request.timings:
        sys.stderr.write(effort.timings.render())
    if not report.files and not request.quiet:
        sys.stderr.write(_nothing_to_check(paths, settings))
    has_baseline = request.baseline is not None or settings.baseline is not None
    if request.fixes or request.adopts or has_baseline:
        checker = partial(_checked, paths, stdin=stdin, effort=effort, kept=kept)
        return _with_accepted(report, checker, paths, settings, request, stdin)
    return _told(report, settings, request)


def _with_accepted(
    report: Report,
    checker: Callable[[Settings], Check[Report]],
    paths: tuple[str, ...],
    settings: Settings,
    request: Request,
    stdin: Stdin | None,
) -> int:
    """What is to be done where fixes are wanted or findings may be accepted as they are."""
    from fastapi_lint.commands import adopting

    accepted = adopting.accepted(paths, settings, request)
    if request.write_baseline:
        adopting.write(report, paths, settings, accepted)
        return 2 if report.internal_error else 0
    if request.fixes:
        from fastapi_lint.commands import fixing

        return fixing.carried_out(report, checker, settings, request, stdin, accepted)
    if request.add_suppressions:
        return adopting.silence(report, checker(settings), settings, request, accepted)
    comparison = accepted.compared(report)
    if request.update_baseline:
        adopting.update(comparison, accepted)
    elif not request.quiet:
        adopting.tell_expired(comparison, accepted)
    return _told(comparison.report, settings, request)


def _told(report: Report, settings: Settings, request: Request) -> int:
    emit(report, settings, request, sys.stdout, summary.render(report, paint_for(sys.stderr)))
    return exit_code(report, request)


def _effort(request: Request) -> Effort:
    from fastapi_lint import shards

    processes = request.jobs if request.jobs is not None and shards.POSSIBLE else shards.available()
    return Effort(processes)


def _answer(request: Request, stdin: Stdin | None, effort: Effort, memory: Memory | None, kept: Kept) -> Answer:
    """What the check finds: remembered where nothing has changed, else found now and remembered."""
    from fastapi_lint import recall

    with effort.timings.stage("look into the cache"):
        place = memory if stdin is None else None  # what is not saved yet is not asked twice
        answer = recall.recalled(place) if place is not None else None
    if answer is not None:
        return answer
    settings = _settings(request)
    paths = (stdin.path,) if stdin else request.paths or _default_paths(settings)
    check = _checked(paths, settings, stdin=stdin, effort=effort, kept=kept)
    with _progress(request):
        report = recall.checked(place, paths, settings, lambda: check({})) if place is not None else check({})
    kept.keep()
    return recall.Answer(settings, paths, report)


def _memory(request: Request) -> Memory | None:
    """Where the answer is kept; None where this user has no place for it."""
    from fastapi_lint import cache
    from fastapi_lint.recall import Memory, engine

    configuration = _configuration(request)
    opened = cache.opened(cache_directory(request.cache_dir, configuration))
    if opened is None:
        return None
    kept = Kept.of(opened, engine())
    selectors = (request.select, request.extend_select, request.ignore)
    words = (request.paths, *selectors, request.output_format, request.isolated)
    return Memory.of(opened, kept, words, configuration.file if configuration is not None else None)


def cache_directory(said: str | None, configuration: Configuration | None) -> Path:
    """The folder of the cache: what the command line says, what the configuration says, or beside that."""
    from fastapi_lint.cache import FOLDER

    root = configuration.file.parent if configuration is not None else Path.cwd()
    configured = configuration.table.get("cache-dir") if configuration is not None else None
    if said is not None:
        return Path(os.path.abspath(said))
    return root / (configured if isinstance(configured, str) else FOLDER)


def clean_cache(said: str | None) -> int:
    """Remove the cache, and return the exit code. Raises CommandError, ConfigurationError."""
    from fastapi_lint import cache

    directory = cache_directory(said, config.located(Path(".")))
    try:
        was_there = cache.clean(directory)
    except OSError as error:
        raise CommandError(f"{display(directory)}: cannot be removed: {error.strerror or error}") from None
    if not was_there and directory.exists():
        raise CommandError(f"{display(directory)}: is no cache of fastapi-lint; it was left alone")
    sys.stderr.write(f"Removed {display(directory)}\n" if was_there else "There is no cache\n")
    return 0


def routes(request: Request, wanted: RoutesRequest) -> int:
    """Show the route table or what changed in it, and return the exit code.

    Raises CommandError, ConfigurationError or DiscoveryError, each with a message for the user.
    """
    _consistent(request)
    settings = _settings(request)
    from fastapi_lint.commands import routes as routes_command

    paths = request.paths or _default_paths(settings)
    return routes_command.routes(replace(wanted, paths=paths), settings, paint_for(sys.stdout))


def _consistent(request: Request) -> None:
    for option, given in (
        ("--unsafe-fixes says which fixes to apply", request.unsafe_fixes),
        ("--show-fixes lists what was fixed", request.show_fixes),
        ("--exit-non-zero-on-fix is about applied fixes", request.exit_non_zero_on_fix),
    ):
        if given and not request.fixes:
            raise CommandError(f"{option}: add --fix or --diff")
    _one_at_a_time(request)
    if request.isolated and request.config is not None:
        raise CommandError("--isolated reads no configuration file, --config names one: leave one of them out")
    from_stdin = request.stdin_filename is not None or "-" in request.paths
    others = [path for path in request.paths if path not in ("-", request.stdin_filename)]
    if from_stdin and others:
        raise CommandError(f"the standard input is checked alone: leave out `{others[0]}`")
    for path in () if from_stdin else request.paths:
        if not os.path.lexists(path):
            raise DiscoveryError(f"{path}: no such file or directory{suggestion(path, COMMANDS)}")


def _one_at_a_time(request: Request) -> None:
    """Options that each say what to do with the findings."""
    from_stdin = request.stdin_filename is not None or "-" in request.paths
    doing = [
        name
        for name, given in (
            ("--add-suppressions", request.add_suppressions),
            ("--write-baseline", request.write_baseline),
            ("--update-baseline", request.update_baseline),
            ("--diff" if request.diff else "--fix-only" if request.fix_only else "--fix", request.fixes),
            ("--statistics", request.statistics and (request.write_baseline or request.add_suppressions)),
            ("--no-baseline", request.no_baseline and (request.write_baseline or request.update_baseline)),
            ("the standard input", from_stdin and request.adopts),
        )
        if given
    ]
    if len(doing) > 1:
        raise CommandError(f"{doing[0]} and {doing[1]} do not go together: leave one of them out")
    if request.no_baseline and request.baseline is not None:
        raise CommandError("--no-baseline and --baseline do not go together: leave one of them out")
    if request.reason is not None and not request.add_suppressions:
        raise CommandError("--reason is the text of the comments that --add-suppressions writes")


def _settings(request: Request) -> Settings:
    from fastapi_lint.registry import UnknownRule, matching

    for option in ("select", "extend_select", "ignore"):
        for word in getattr(request, option):
            try:
                matching(word)
            except UnknownRule as error:
                raise CommandError(f"--{option.replace('_', '-')}: {error}") from None
    found = _configuration(request)
    settings = config.settings_of(found) if found is not None else Settings()
    return overridden(
        settings,
        select=request.select,
        extend_select=request.extend_select,
        ignore=request.ignore,
        output_format=request.output_format,
    )


def _configuration(request: Request) -> Configuration | None:
    start = request.stdin_filename or next((path for path in request.paths if path != "-"), ".")
    file = Path(request.config) if request.config is not None else None
    return config.located(Path(start), config=file, isolated=request.isolated)


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


def _checked(
    paths: tuple[str, ...], settings: Settings, *, stdin: Stdin | None, effort: Effort, kept: Kept
) -> Check[Report]:
    """A check with other texts, by display path, in the place of what the files hold."""
    from fastapi_lint import run

    def check(texts: Mapping[str, str]) -> Report:
        if stdin is None:
            return run.check(paths, settings, overlays=texts, effort=effort, kept=kept)
        report = run.check(paths, settings, stdin=_buffer(stdin, texts), effort=effort, kept=kept)
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
