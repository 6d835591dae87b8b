"""From what a rule says to where it stands: anchors become offsets, and only in statements that have findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import libcst as cst

from fastapi_lint.edits.concrete import located
from fastapi_lint.findings import Anchor, Diagnostic, Finding, Place, Severity, Span, TextRange, TraceStep
from fastapi_lint.reading import extract
from fastapi_lint.reading.outline import Outline
from fastapi_lint.reading.positions import Positions, Range
from fastapi_lint.reading.split import Chunk, split
from fastapi_lint.rule import Rule
from fastapi_lint.source import Source, SourceError
from fastapi_lint.syntax import UNIT_BITS

Headed = (
    cst.BaseCompoundStatement, cst.ExceptHandler, cst.ExceptStarHandler, cst.MatchCase, cst.Else, cst.Finally
)  # fmt: skip
"""What has a line of its own that ends with a colon."""
CLOSING = re.compile(r"[\s)\]},]+")
LINE_END = re.compile(r"[\r\n]|\Z")

Known = TypeVar("Known")


class NoSuchPart(LookupError):
    """An anchor whose part its node does not have: a rule's mistake."""


@dataclass(frozen=True)
class Unit:
    """A top-level statement, or several. `start` is its offset in the file; `nodes` go by their number's low bits."""

    start: int
    text: str
    module: cst.Module
    nodes: list[cst.CSTNode]

    @cached_property
    def positions(self) -> Positions:
        return Positions(self.module, self.text)

    def span(self, node: cst.CSTNode) -> Range | None:
        """`Positions.span`, in the file."""
        return self._in_file(self.positions.span(node))

    def extent(self, node: cst.CSTNode) -> Range | None:
        """`Positions.extent`, in the file."""
        return self._in_file(self.positions.extent(node))

    def _in_file(self, found: Range | None) -> Range | None:
        return None if found is None else (found[0] + self.start, found[1] + self.start)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The node, its parent, and so on up to the module."""
        current: cst.CSTNode | None = node
        while current is not None:
            yield current
            current = self.positions.parent(current)

    @cached_property
    def whole(self) -> Range:
        """The statement's text without the blank space around it."""
        blank = len(self.text) - len(self.text.lstrip())
        return self.start + blank, max(self.start + blank, self.start + len(self.text.rstrip()))

    def statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """The innermost small or compound statement, clause or case that a node is part of."""
        for current in self.ancestors(node):
            if isinstance(current, (cst.BaseSmallStatement, *Headed)):
                return current
        return node

    def header(self, node: cst.CSTNode) -> Range | None:
        """From the first keyword of a compound statement, clause or case to its colon, decorators excluded."""
        body: Any = node.whitespace_after_colon if isinstance(node, cst.Match) else node.body  # type: ignore[attr-defined]
        span, rest = self.span(node), self.extent(body)
        return None if span is None or rest is None else (span[0], rest[0])


class Target(NamedTuple):
    """What an anchor means. `part` is "header" where only that of the node is meant."""

    unit: Unit
    node: cst.CSTNode
    part: str = ""


class Locator:
    """Finds nodes and their places. Each statement is parsed once, when something in it is first asked for.

    `sources` gives the file at a display path. Methods raise what it raises, and NoSuchPart.
    """

    def __init__(self, sources: Callable[[str], Source] | Mapping[str, Source]) -> None:
        self._read = sources.__getitem__ if isinstance(sources, Mapping) else sources
        self._sources: dict[str, Source] = {}
        self._chunks: dict[str, list[Chunk]] = {}
        self._units: dict[tuple[str, int], Unit] = {}
        self._outlines: dict[tuple[str, int], Outline] = {}
        self._known: dict[Hashable, Any] = {}

    def source(self, path: str) -> Source:
        if path not in self._sources:
            self._sources[path] = self._read(path)
        return self._sources[path]

    def chunks(self, path: str) -> list[Chunk]:
        if path not in self._chunks:
            self._chunks[path] = split(self.source(path).text)
        return self._chunks[path]

    def unit(self, path: str, index: int) -> Unit:
        """Raises SourceError for a statement that does not parse."""
        found = self._units.get((path, index))
        if found is None:
            chunk = self.chunks(path)[index]
            text = self.source(path).text[chunk.start : chunk.end]
            found = self._units[path, index] = Unit(chunk.start, text, *extract.nodes(text, index))
        return found

    def quick_span(self, anchor: Anchor) -> Range | None:
        """What to underline of an expression or a definition, told without LibCST; None where that cannot be."""
        key = anchor.path, anchor.at >> UNIT_BITS
        if key in self._units:
            return None
        chunk = self.chunks(anchor.path)[key[1]]
        outline = self._outlines.get(key)
        if outline is None:
            text = self.source(anchor.path).text[chunk.start : chunk.end]
            outline = self._outlines[key] = Outline(text, key[1])
        found = outline.span(anchor.at)
        return None if found is None else (found[0] + chunk.start, found[1] + chunk.start)

    def remembered(self, key: Hashable, make: Callable[[], Known]) -> Known:
        """What `make` returns, made once a key: for what others learn about these sources."""
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]  # type: ignore[no-any-return]

    def target(self, anchor: Anchor) -> Target:
        unit = self.unit(anchor.path, anchor.at >> UNIT_BITS)
        node = unit.nodes[anchor.at & (1 << UNIT_BITS) - 1]
        found: Any = node
        for step in filter(None, anchor.part.split(".")):
            if step == "header" and isinstance(found, Headed):
                return Target(unit, found, "header")
            found = _step(unit, found, step)
        if not isinstance(found, cst.CSTNode):
            raise NoSuchPart(f"{type(node).__name__} has no part `{anchor.part}`")
        return Target(unit, found)

    def node(self, anchor: Anchor) -> cst.CSTNode:
        return self.target(anchor).node

    def exact_span(self, place: Place) -> Range | None:
        """Offsets of a place; None where LibCST does not know exactly, so that nothing may be edited there."""
        if isinstance(place, TextRange):
            return place.start, place.end
        unit, node, part = self.target(place)
        return unit.header(node) if part else unit.span(node)

    def span(self, place: Place) -> Range:
        """Offsets of a place, or of the smallest thing around it whose place is known."""
        found = self.exact_span(place)
        if found is None:
            assert isinstance(place, Anchor)
            unit, node, _ = self.target(place)
            found = next((span for one in unit.ancestors(node) if (span := unit.span(one)) is not None), None)
            return found or unit.whole
        return found

    def report_span(self, place: Place) -> Range:
        """What to underline: the place; of a compound statement the first line, from its keyword to the colon."""
        start, end = self.span(place)
        if isinstance(place, TextRange):
            return start, end
        unit, node, _ = self.target(place)
        if not isinstance(node, Headed):
            return start, end
        header = unit.header(node)
        if header is not None:
            start, end = header
        text = self.source(place.path).text
        line_end = LINE_END.search(text, start)
        assert line_end is not None
        stop = min(end, line_end.start())
        return start, start + len(text[start:stop].rstrip())

    def text(self, place: Place) -> str:
        """The source text of a place, of an expression with its own parentheses."""
        start, end = self.span(place)
        if isinstance(place, Anchor):
            unit, node, part = self.target(place)
            if isinstance(node, cst.BaseExpression) and not part:
                start, end = unit.extent(node) or (start, end)
        return self.source(place.path).text[start:end]

    def statement_lines(self, place: Place) -> set[int]:
        """The 1-based lines on which a comment that silences a finding may stand.

        The first and last line of the place, of the statement around it (of a compound one its header's), and of the
        decorators of a function or class that the place is in the header of. In a simple statement whose last line is
        nothing but closing brackets, the line before it too: formatters put brackets around a value with its comment.
        """
        ranges = [self.report_span(place)]
        found = self._around(place)
        if found is not None:
            ranges += _comment_ranges(*found)
        simple = found is not None and isinstance(found[1], cst.BaseSmallStatement)
        source = self.source(place.path)
        lines: set[int] = set()
        for start, end in ranges:
            first, last = source.position(start).line, source.position(max(start, end - 1)).line
            lines |= {first, last}
            if simple and last > first and CLOSING.fullmatch(source.text, source.offset(last), end):
                lines.add(last - 1)
        return lines

    def _around(self, place: Place) -> tuple[Unit, cst.CSTNode] | None:
        """The innermost statement around a place, with its unit."""
        if isinstance(place, Anchor):
            unit, node, _ = self.target(place)
            return unit, unit.statement(node)
        for index, chunk in enumerate(self.chunks(place.path)):
            if chunk.start <= place.start < chunk.end:
                try:
                    unit = self.unit(place.path, index)
                except SourceError:
                    return None
                inner = _statement_at(unit, place)
                return (unit, inner) if inner is not None else None
        return None


def _statement_at(unit: Unit, place: TextRange) -> cst.CSTNode | None:
    found: list[tuple[int, cst.CSTNode]] = []
    for node in unit.nodes:
        if isinstance(node, (cst.BaseSmallStatement, *Headed)):
            span = unit.span(node)
            if span is not None and span[0] <= place.start and place.end <= span[1]:
                found.append((span[0] - span[1], node))
    return max(found, key=lambda item: item[0])[1] if found else None


def _comment_ranges(unit: Unit, statement: cst.CSTNode) -> Iterator[Range]:
    if isinstance(statement, Headed):
        around = [unit.header(statement)]
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            around += map(unit.span, statement.decorators)
    else:
        line = unit.positions.parent(statement)
        around = [unit.span(statement), unit.span(line) if line is not None else None]
        if isinstance(line, cst.SimpleStatementSuite):
            owner = unit.positions.parent(line)
            around.append(unit.header(owner) if isinstance(owner, Headed) else None)
    yield from filter(None, around)


def _step(unit: Unit, node: Any, step: str) -> Any:
    """One step of a part: an attribute, a member of a list, an argument, or the statement around."""
    if isinstance(node, (list, tuple)):
        return node[int(step)] if step.isdecimal() and int(step) < len(node) else None
    if step == "statement":
        return unit.statement(node)
    if step.startswith("keyword:"):
        name = step.removeprefix("keyword:")
        arguments = node.keywords if isinstance(node, cst.ClassDef) else getattr(node, "args", ())
        return next((one for one in arguments if one.keyword is not None and one.keyword.value == name), None)
    return getattr(node, step, None)


def diagnostic(finding: Finding, rule: Rule, locator: Locator, severity: Severity) -> Diagnostic:
    """A finding in lines and columns, with its fix if that can be made.

    `severity` is what the settings say of the rule; where that is the rule's own, the finding's decides.
    """
    own = finding.severity or rule.severity
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        severity=severity if severity != rule.severity else own,
        message=finding.message,
        path=finding.place.path,
        span=_span(locator, finding.place),
        symbol=finding.symbol,
        url=rule.url,
        trace=tuple(TraceStep(s.place.path, _span(locator, s.place), s.message) for s in finding.trace),
        fix=located(finding.fix, locator, rule.fix) if finding.fix is not None else None,
    )


def _span(locator: Locator, place: Place) -> Span:
    """What to underline. Most of it stands in statements without a fix, which LibCST need not parse."""
    if isinstance(place, Anchor) and not place.part:
        found = locator.quick_span(place)
        if found is not None:
            return locator.source(place.path).span(*found)
    return locator.source(place.path).span(*locator.report_span(place))
