"""Files that do not parse."""

from __future__ import annotations

import ast
import warnings

from fastapi_lint.findings import Diagnostic, Position, Span
from fastapi_lint.rule import Rule
from fastapi_lint.settings import Settings
from fastapi_lint.source import Source, SourceError


def error(source: Source) -> SourceError | None:
    """The running Python's own parser is the quick answer; what it rejects may be newer than it, so LibCST has the last word."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            from fastapi_lint.reading import extract

            try:
                extract.parse(source.text, 1)
            except SourceError as found:
                return found
    return None


def diagnostic(rule: Rule, settings: Settings, path: str, error: SourceError) -> Diagnostic:
    """`rule`: FAL001."""
    start = Position(error.line, 1)
    return Diagnostic(
        rule.code,
        rule.name,
        settings.severity_of(rule),
        error.message,
        path,
        Span(start, Position(error.line, 2)),
        url=rule.url,
    )
