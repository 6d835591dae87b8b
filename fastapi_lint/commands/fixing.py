"""What `--fix`, `--fix-only` and `--diff` do with a report."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi_lint import confidential, fix
from fastapi_lint.commands.emitting import emit, exit_code, paint_for
from fastapi_lint.commands.request import CommandError, Request
from fastapi_lint.reporters import summary
from fastapi_lint.reporters.paint import plain, visible

if TYPE_CHECKING:
    from fastapi_lint.baseline import Baseline
    from fastapi_lint.fix import FixResult
    from fastapi_lint.run import Report, Stdin
    from fastapi_lint.settings import Settings
    from fastapi_lint.source import Source
    from fastapi_lint.trial import Check

Checker = Callable[["Settings"], "Check[Report]"]
"""Makes a check of the paths that were asked for, under some settings."""


def carried_out(
    report: Report, checker: Checker, settings: Settings, request: Request, stdin: Stdin | None, accepted: Baseline
) -> int:
    """Apply or show the fixes, report what is left, and return the exit code. Findings of a baseline are left alone.

    Raises CommandError for a file that cannot be written.
    """
    result = fix.plan(
        report,
        checker(settings),
        settings,
        unsafe=request.unsafe_fixes,
        leave=lambda state: accepted.applied(state).unchanged,
    )
    if not request.quiet:
        for found, reason in result.dropped:
            at = found.span.start
            sys.stderr.write(f"warning: {found.path}:{at.line}:{at.column}: {found.code} was not fixed: {reason}\n")
    if request.diff:
        return _shown(result, checker, settings, request)
    return _written(result, settings, request, stdin, accepted)


def _written(
    result: FixResult[Report], settings: Settings, request: Request, stdin: Stdin | None, accepted: Baseline
) -> int:
    stream = sys.stdout
    if stdin is None:
        try:
            fix.write(result)
        except fix.WriteError as error:
            raise CommandError(str(error)) from None
    else:
        text = result.texts.get(stdin.path)
        sys.stdout.buffer.write(stdin.data if text is None else result.before[stdin.path].encode(text))
        sys.stdout.buffer.flush()
        stream = sys.stderr
    remaining = accepted.applied(result.remaining)
    words = summary.render_fixed(remaining, paint_for(sys.stderr), result.fixed, result.further_unsafe)
    if request.show_fixes and not request.quiet:
        sys.stderr.write(summary.render_fixes(result.fixed, paint_for(sys.stderr)))
    if request.fix_only:
        if remaining.files and not request.quiet:
            sys.stderr.write(words)
        code = 2 if remaining.internal_error else 0
    else:
        emit(remaining, settings, request, stream, words)
        code = exit_code(remaining, request)
    return max(code, 1) if request.exit_non_zero_on_fix and result.texts else code


def _shown(result: FixResult[Report], checker: Checker, settings: Settings, request: Request) -> int:
    paint = paint_for(sys.stderr)
    hidden = False
    if result.texts:
        secrets = _secrets(checker, settings)
        for path in sorted(result.texts):
            text = fix.diff(result.before[path], result.texts[path])
            masked = confidential.masked(text, secrets)
            hidden |= masked != text
            _print_diff(result.before[path], masked)
    if not request.quiet:
        if hidden:
            sys.stderr.write("warning: secrets are masked in this diff, so it cannot be applied\n")
        if request.show_fixes:
            sys.stderr.write(summary.render_fixes(result.fixed, paint))
        more = summary.further(result.further_unsafe)
        sys.stderr.write(f"Would fix {summary.counted(len(result.fixed), 'finding')}\n{more}")
    return 2 if result.remaining.internal_error else 1 if result.texts and not request.exit_zero else 0


def _secrets(checker: Checker, settings: Settings) -> frozenset[str]:
    """What must not be shown of the files as they were, whichever rules the user selected."""
    rules = tuple(sorted(confidential.RULES))
    every = replace(settings, select=rules, extend_select=(), ignore=(), per_file_ignores={})
    report = checker(every)({})
    return confidential.secrets(report.diagnostics, report.sources)


def _print_diff(before: Source, text: str) -> None:
    """A diff in the bytes of its file, or in colours for a terminal."""
    paint = paint_for(sys.stdout)
    if paint is plain:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode(before.encoding))
        sys.stdout.buffer.flush()
        return
    for line in text.splitlines():
        sys.stdout.write(
            paint({"+": "added", "-": "removed", "@": "fix"}.get(line[:1], "context"), visible(line)) + "\n"
        )
