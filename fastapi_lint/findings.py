"""What a rule says: symbolic, where `diagnostics` has what a reader gets.

A rule works on facts, which know nodes only by number, so its findings and fixes are symbolic: anchors and templates.
`locate` turns them into offsets, and only for the files that have findings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from fastapi_lint.diagnostics import Applicability as Applicability
from fastapi_lint.diagnostics import Diagnostic as Diagnostic
from fastapi_lint.diagnostics import LocatedFix as LocatedFix
from fastapi_lint.diagnostics import Position as Position
from fastapi_lint.diagnostics import Severity as Severity
from fastapi_lint.diagnostics import Span as Span
from fastapi_lint.diagnostics import TextEdit as TextEdit
from fastapi_lint.diagnostics import TraceStep as TraceStep


class Anchor(NamedTuple):
    """A node of a file, by number, or a part of it.

    `at` is the number that the facts carry (`syntax.Node.at`). `part` walks from that LibCST node along attribute names
    and indexes, joined by dots: `"name"`, `"args.0.value"`, `"asynchronous"`. Three steps are no LibCST attribute:
    `keyword:NAME` is the whole argument `NAME=...` of a call or class, `statement` the innermost statement around, and
    `header`, as the last step, a `def`, `class` or other compound statement from its first keyword to the colon.
    """

    path: str
    at: int
    part: str = ""

    def of(self, part: str) -> Anchor:
        """A part of this node."""
        return self._replace(part=f"{self.part}.{part}" if self.part else part)


class TextRange(NamedTuple):
    """A stretch of a file's text. `start` and `end` count code points of the decoded text, 0-based, `end` exclusive."""

    path: str
    start: int
    end: int


Place = Anchor | TextRange


@dataclass(frozen=True, slots=True)
class AddImport:
    """Make `name` of `module` usable at module level of `path` (`name=None`: the module itself).

    An existing import is reused, under whatever name the file has it, else one is added where it belongs. In a template
    this stands for the expression by which the import is known at that place. `same_in`: other modules with the very
    same `name`.
    """

    path: str
    module: str
    name: str | None = None
    same_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Without:
    """In a template: the source text of a call without one of its arguments, which counts from 0."""

    call: Anchor
    argument: int


@dataclass(frozen=True, slots=True)
class Remark:
    """In a template: the comment at the end of a simple statement's line, on a line of its own; nothing where there is none."""

    statement: Anchor


Template = tuple["str | Anchor | AddImport | Without | Remark", ...]
"""Text with holes: an anchor stands for the source text of its node, an import for the name of what it imports.

`\\n` in a text stands for the file's own line ending, with the indentation of the statement that it is put into; four
spaces behind it, or at the beginning of a line, stand for one level more, whatever that is in the file.
"""


@dataclass(frozen=True, slots=True)
class Replace:
    """Put `text` in the place of a node, in parentheses where an expression needs them there.

    An empty template deletes the node with what goes with it: an argument's comma, a decorator's or statement's line.
    """

    place: Place
    text: Template


@dataclass(frozen=True, slots=True)
class Insert:
    """Put `text` directly before or after a node; where that is a statement, as a statement of its own."""

    place: Place
    where: Literal["before", "after"]
    text: Template


@dataclass(frozen=True, slots=True)
class AddAwait:
    """Put `await` before an expression, in parentheses where needed. Impossible where Python would not take it."""

    place: Anchor


@dataclass(frozen=True, slots=True)
class Defer:
    """Hand the function and the arguments of a call to something else: `f(a, b=c)` becomes `to(f, a, b=c)`.

    With an empty `to`, `f, a, b=c`.
    """

    call: Anchor
    to: Template = ()


@dataclass(frozen=True, slots=True)
class Enclose:
    """Make the simple statement around a node the body of a compound one: `header`, without the colon, goes above it.

    Impossible for a statement that shares its line, or that has a string over several lines in it.
    """

    place: Anchor
    header: Template


@dataclass(frozen=True, slots=True)
class SetKeyword:
    """Give a call or class the argument `name=value`, in the place of the one that it has or behind the last."""

    call: Anchor
    name: str
    value: Template


@dataclass(frozen=True, slots=True)
class Annotate:
    """Give a function its return annotation or a parameter its annotation, in the place of the one that it has."""

    target: Anchor
    text: Template


SymbolicEdit = Replace | Insert | AddAwait | Defer | Enclose | SetKeyword | Annotate | AddImport


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
