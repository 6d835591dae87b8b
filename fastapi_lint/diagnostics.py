"""What a reader gets: findings with lines and columns, plain data. A run that only repeats an earlier one needs no more than this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Applicability = Literal["safe", "unsafe", "display"]
Severity = Literal["error", "warning", "info"]


class Position(NamedTuple):
    """Line and column are 1-based; the column counts code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Span:
    """`end` is exclusive."""

    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Offsets count code points of the decoded text, 0-based, `end` exclusive."""

    path: str
    start: int
    end: int
    replacement: str
    span: Span


@dataclass(frozen=True, slots=True)
class LocatedFix:
    title: str
    applicability: Applicability
    edits: tuple[TextEdit, ...]


@dataclass(frozen=True, slots=True)
class TraceStep:
    path: str
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A located finding: plain data, what reporters and editors get."""

    code: str
    name: str
    severity: Severity
    message: str
    path: str
    span: Span
    symbol: str | None = None
    url: str | None = None
    trace: tuple[TraceStep, ...] = ()
    fix: LocatedFix | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        return (self.path, self.span.start.line, self.span.start.column, self.code, self.message)
