"""A way in for old code: accept what is found now, by a baseline or by comments."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi_lint import baseline
from fastapi_lint.baseline import Baseline, BaselineError, Comparison, Key
from fastapi_lint.commands.emitting import emit, exit_code, paint_for
from fastapi_lint.commands.request import CommandError, Request
from fastapi_lint.config_keys import display
from fastapi_lint.discover import requested
from fastapi_lint.reporters import summary
from fastapi_lint.reporters.summary import counted

if TYPE_CHECKING:
    from fastapi_lint.run import Report
    from fastapi_lint.settings import Settings
    from fastapi_lint.trial import Check

DEFAULT = "fastapi-lint-baseline.toml"
LISTED = 10


def accepted(paths: Sequence[str], settings: Settings, request: Request) -> Baseline:
    """The baseline in force. Raises CommandError for one that cannot be read or, unless it is to be written, is not there."""
    if request.no_baseline:
        return Baseline()
    file = _file(settings, request)
    if file is None:
        if request.update_baseline:
            raise CommandError("there is no baseline: name it with --baseline or in the configuration")
        return Baseline()
    if request.write_baseline and not file.exists():
        return Baseline(file)
    if not file.exists():
        raise CommandError(f"{display(file)}: no such baseline; --write-baseline makes one")
    try:
        entries = baseline.read(file)
    except BaselineError as error:
        raise CommandError(str(error)) from None
    return Baseline(file, entries, _looked_at(paths, settings, file.parent))


def _file(settings: Settings, request: Request) -> Path | None:
    if request.baseline is not None:
        return Path(os.path.abspath(request.baseline))
    if settings.baseline is not None:
        return Path(os.path.abspath(settings.root / settings.baseline))
    default = Path(os.path.abspath(settings.root / DEFAULT))
    return default if request.write_baseline else None


def _looked_at(paths: Sequence[str], settings: Settings, directory: Path) -> Callable[[Key], bool]:
    """Whether this run reports on an entry's file, and runs its rule there. What is gone counts if its directory does."""
    files = {os.path.abspath(file.absolute) for file in requested([p for p in paths if os.path.exists(p)], settings)}
    named = [Path(os.path.abspath(path)) for path in paths]
    in_force = {rule.code for rule in settings.rules_in_force()}

    def looked_at(key: Key) -> bool:
        file = Path(os.path.normpath(directory / key.path))
        gone = not file.exists()
        reported = any(file.is_relative_to(path) for path in named) if gone else str(file) in files
        return reported and key.rule in in_force - settings.ignored_in(file)

    return looked_at


def write(report: Report, paths: Sequence[str], settings: Settings, accepted: Baseline) -> None:
    """Accept all that was found. What this run did not look at stays as it was. Raises CommandError."""
    assert accepted.file is not None
    looked_at = _looked_at(paths, settings, accepted.directory)
    found = Counter(key for _, key in baseline.keyed(report.diagnostics, report.sources, accepted.directory))
    comparison = accepted.compared(report)
    kept = {
        key: number for key, number in accepted.entries.items() if not looked_at(key) and key not in comparison.moved
    }
    _put(accepted.file, {**kept, **found})
    number = sum(found.values())
    sys.stderr.write(f"Accepted {counted(number, 'finding')} in {display(accepted.file)}\n")
    if len(report.diagnostics) > number:
        sys.stderr.write(f"{counted(len(report.diagnostics) - number, 'finding')} cannot be accepted\n")
    if settings.baseline is None:
        sys.stderr.write(f"Name it with --baseline, or as `baseline` in the configuration: `{accepted.file.name}`\n")


def update(comparison: Comparison, accepted: Baseline) -> None:
    """Take out what is no longer found, and follow renamed files. Accepts nothing new. Raises CommandError."""
    assert accepted.file is not None
    entries = Counter(accepted.entries) - comparison.expired
    for old, new in comparison.moved.items():
        number = comparison.found[new]
        entries[new] += number
        entries[old] -= number
    entries = +entries
    removed, moved = sum(comparison.expired.values()), len({old.path for old in comparison.moved})
    if entries != accepted.entries:
        _put(accepted.file, entries)
    moves = f", {counted(moved, 'renamed file')} followed" if moved else ""
    sys.stderr.write(f"{display(accepted.file)}: {counted(removed, 'finding')} taken out{moves}\n")


def tell_expired(comparison: Comparison, accepted: Baseline) -> None:
    """Say on the standard error which entries are no longer needed."""
    if not comparison.expired or accepted.file is None:
        return
    name = display(accepted.file)
    for key, number in sorted(comparison.expired.items())[:LISTED]:
        where = f"{key.path} (`{key.symbol}`)" if key.symbol else key.path
        times = f", {number} times" if number > 1 else ""
        sys.stderr.write(f"warning: {name}: {key.rule} in {where} is no longer found{times}\n")
    more = len(comparison.expired) - LISTED
    rest = f"{more} more of its entries are not needed; " if more > 0 else ""
    sys.stderr.write(f"warning: {name}: {rest}`--update-baseline` takes them out\n")


def _put(file: Path, entries: dict[Key, int] | Counter[Key]) -> None:
    temporary = file.with_name(f".{file.name}.tmp")
    try:
        temporary.write_text(baseline.written(entries), encoding="utf-8", newline="\n")
        os.replace(temporary, file)
    except OSError as error:
        raise CommandError(f"{display(file)}: cannot be written: {error.strerror or error}") from None


def silence(report: Report, check: Check[Report], settings: Settings, request: Request, accepted: Baseline) -> int:
    """Write a suppression comment for every finding that a baseline does not accept, and return the exit code.

    Raises CommandError.
    """
    from fastapi_lint.commands import suppressing
    from fastapi_lint.writing import WriteError, written

    reason = (request.reason or "").strip()
    problem = suppressing.reason_problem(reason, report.sources.values())
    if problem is not None:
        raise CommandError(problem)
    result = suppressing.added(accepted.applied(report), lambda texts: accepted.applied(check(texts)), settings, reason)
    try:
        written(result.texts, result.before)
    except WriteError as error:
        raise CommandError(str(error)) from None
    sources = {path: source for path, source in report.sources.items() if path not in result.texts}
    left = replace(report, diagnostics=result.left, sources=sources)
    words = summary.render(left, paint_for(sys.stderr)) if result.left else ""
    done = f"Silenced {counted(len(result.silenced), 'finding')} in {counted(len(result.texts), 'file')}\n"
    emit(left, settings, request, sys.stdout, done + words)
    return exit_code(left, request)
