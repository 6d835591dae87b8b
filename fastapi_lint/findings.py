"""What a rule says (symbolic) and what a reader gets (located).

A rule works on facts, which know nodes only by number, so its findings and fixes are symbolic: anchors and templates.
`locate` turns them into offsets, and only for the files that have findings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Applicability = Literal["safe", "unsafe", "display"]
Severity = Literal["error", "warning", "info"]


class Anchor(NamedTuple):
    """A node of a file, by number, or a part of it.

    `at` is the number that the facts carry (`syntax.Node.at`). `part` walks from that LibCST node along attribute names and
    indexes, joined by dots: `"name"`, `"args.0.value"`, `"asynchronous"`. Two parts are no LibCST attribute: `"header"` is a
    `def` or `class` line from its first keyword to the colon, `"keyword:NAME"` the whole argument `NAME=...` of a call.
    """

    path: str
    at: int
    part: str = ""


class TextRange(NamedTuple):
    """A stretch of a file's text. `start` and `end` count code points of the decoded text, 0-based, `end` exclusive."""

    path: str
    start: int
    end: int


Place = Anchor | TextRange
Template = tuple["str | Anchor", ...]
"""Text with holes: an anchor stands for the source text of its node."""


@dataclass(frozen=True, slots=True)
class Replace:
    """Put `text` in the place of a node. An empty template deletes it."""

    place: Place
    text: Template


@dataclass(frozen=True, slots=True)
class Insert:
    """Put `text` directly before or after a node."""

    place: Place
    where: Literal["before", "after"]
    text: Template


@dataclass(frozen=True, slots=True)
class AddImport:
    """Make `name` of `module` usable at module level of `path` (`name=None`: `import module`).

    An existing import is reused, under whatever alias it has, and the text that `ImportedName` stands for follows it.
    """

    path: str
    module: str
    name: str | None = None

    @property
    def local(self) -> str:
        """What the rule should write; `fix` replaces it where the file already has the import under another name."""
        return self.name or self.module


SymbolicEdit = Replace | Insert | AddImport


@dataclass(frozen=True, slots=True)
class Fix:
    """All edits apply or none. `applicability` is what the rule claims; the engine may lower it, never raise it."""

    title: str
    edits: tuple[SymbolicEdit, ...]
    applicability: Applicability = "unsafe"


@dataclass(frozen=True, slots=True)
class Step:
    """One hop of a trace."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    place: Place
    message: str
    fix: Fix | None = None
    trace: tuple[Step, ...] = ()
    symbol: str | None = None
    severity: Severity | None = None  # None: the rule's own


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
