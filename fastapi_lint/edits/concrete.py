"""A rule's symbolic fix to edits of text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import dropwhile, groupby
from typing import TYPE_CHECKING

import libcst as cst

from fastapi_lint.comments import comments
from fastapi_lint.edits import calls, imports, line_length
from fastapi_lint.edits.blocks import enclosed
from fastapi_lint.edits.changes import (
    Change,
    Unfixable,
    begins_line,
    extent,
    indentation,
    level,
    line_end,
    line_start,
    span,
)
from fastapi_lint.edits.precedence import needs_parentheses
from fastapi_lint.edits.removal import removal
from fastapi_lint.findings import (
    AddAwait,
    AddImport,
    Anchor,
    Annotate,
    Applicability,
    Defer,
    Enclose,
    Fix,
    Insert,
    LocatedFix,
    Place,
    Remark,
    Replace,
    SetKeyword,
    SymbolicEdit,
    Template,
    TextEdit,
    Without,
)
from fastapi_lint.source import NEWLINE

if TYPE_CHECKING:
    from fastapi_lint.reading.locate import Locator, Unit
    from fastapi_lint.source import Source

LINE = re.compile(r"\n(?P<indent>(?: {4})*)")
FIRST = re.compile(r"\A(?P<indent>(?: {4})+)")
DEFINITION = re.compile(r"(?:@[^\n]*\n[ \t]*)*(?:(?:async +)?def |class )")
COMMENT = re.compile(r"[ \t;]*(?P<comment>#[^\r\n]*)")
STRENGTH: Mapping[Applicability, int] = {"display": 0, "unsafe": 1, "safe": 2}


def located(fix: Fix, locator: Locator, limit: Applicability | None) -> LocatedFix | None:
    """A fix as text edits; None where it cannot be made. A fix that would lose a comment is not safe.

    `limit` is the best that the rule may offer, None for no fix at all.
    """
    if limit is None:
        return None
    try:
        edits = text_edits(fix.edits, locator)
    except Unfixable:
        return None
    applicability = min(fix.applicability, limit, key=STRENGTH.__getitem__)
    if applicability == "safe" and loses_comment(edits, locator):
        applicability = "unsafe"
    return LocatedFix(fix.title, applicability, edits)


def text_edits(edits: Sequence[SymbolicEdit], locator: Locator) -> tuple[TextEdit, ...]:
    """The edits of one fix, sorted, none overlapping another. Raises Unfixable."""
    names, changes = imports.planned(locator, list(_imports(edits)))
    own = [edit for edit in edits if not isinstance(edit, AddImport)]
    calls_apart = len({_place(edit) for edit in own if isinstance(edit, SetKeyword)}) == len(own)
    for edit in own:
        if calls_apart and isinstance(edit, SetKeyword):
            changes += _Workbench(locator, names, edit.call).with_keyword(edit)
        else:
            changes += _Workbench(locator, names, _place(edit)).changes(edit)
    return tuple(_combined(changes, locator))


def _place(edit: SymbolicEdit) -> Place:
    match edit:
        case Defer(call=place) | SetKeyword(call=place) | Annotate(target=place):
            return place
        case Replace(place=place) | Insert(place=place) | AddAwait(place=place) | Enclose(place=place):
            return place
    raise TypeError(f"{edit} has no place")


def _imports(edits: Iterable[SymbolicEdit]) -> Iterator[tuple[AddImport, Place | None]]:
    """What the edits want imported, and where they use it."""
    for edit in edits:
        if isinstance(edit, AddImport):
            yield edit, None
            continue
        for piece in _template(edit):
            if isinstance(piece, AddImport):
                yield piece, _place(edit)


def _template(edit: SymbolicEdit) -> Template:
    match edit:
        case Replace(text=text) | Insert(text=text) | Annotate(text=text) | SetKeyword(value=text) | Defer(to=text):
            return text
        case Enclose(header=text):
            return text
    return ()


class _Workbench:
    """Makes the changes for the edits at one place."""

    def __init__(self, locator: Locator, names: Mapping[AddImport, str], place: Place) -> None:
        self.locator = locator
        self.names = names
        self.place = place
        self.source: Source = locator.source(place.path)

    def changes(self, edit: SymbolicEdit) -> list[Change]:
        if isinstance(self.place, Anchor):
            unit, node, part = self.locator.target(self.place)
            if part:
                return [self._at_header(edit, unit, node)]
            changes = list(self._at_node(edit, unit, node))
            _check_formatted_string(unit, node, changes)
            return changes
        start, end = self.place.start, self.place.end
        match edit:
            case Replace(text=text):
                return [Change(self.place.path, start, end, self.rendered(text, start))]
            case Insert(where=where, text=text):
                offset = start if where == "before" else end
                return [Change(self.place.path, offset, offset, self.rendered(text, offset))]
        raise Unfixable(f"a {type(edit).__name__} needs a node")

    def with_keyword(self, edit: SetKeyword) -> list[Change]:
        """The fix's only edit of a call, which may give each argument a line of its own where one line gets too long."""
        unit, node, _ = self.locator.target(edit.call)
        start = span(unit, node)[0]
        limit = line_length.of_file(self.locator, self.source.path) or line_length.DEFAULT
        changes = self.changes(edit)
        if isinstance(node, cst.Call) and calls.is_too_long(unit, node, changes, self.source, limit):
            changes = list(
                calls.spread_over_lines(unit, node, edit.name, self.rendered(edit.value, start), self.source)
            )
            _check_formatted_string(unit, node, changes)
        return changes

    def _at_header(self, edit: SymbolicEdit, unit: Unit, node: cst.CSTNode) -> Change:
        """Something in the place of a compound statement's header, or before its first keyword."""
        header = unit.header(node)
        if header is None or not isinstance(edit, Insert | Replace) or not edit.text:
            raise Unfixable("a header can be reported, replaced, or have something put before it")
        start, end = header
        if isinstance(edit, Insert):
            if edit.where != "before":
                raise Unfixable("what is put behind a header stands in the block")
            end = start
        elif self.source.text[start:end].rstrip()[-1:] == ":":
            end = start + len(self.source.text[start:end].rstrip())
        return Change(self.source.path, start, end, self.rendered(edit.text, start))

    def _at_node(self, edit: SymbolicEdit, unit: Unit, node: cst.CSTNode) -> Iterator[Change]:
        start = span(unit, node)[0]
        match edit:
            case Replace(text=()):
                yield Change(self.source.path, *removal(unit, node, self.source.text))
            case Replace(text=text):
                new = self.rendered(text, start)
                if needs_parentheses(unit, node, new):
                    new = f"({new})"
                yield Change(self.source.path, *span(unit, node), new)
            case Insert(where=where, text=text):
                new = self.rendered(text, start)
                if isinstance(node, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
                    yield self._statement(unit, node, where, new)
                else:
                    offset = extent(unit, node)[where == "after"]
                    yield Change(self.source.path, offset, offset, self._apart(node, where, offset, new))
            case Annotate(text=text):
                yield self._annotation(unit, node, self.rendered(text, start))
            case AddAwait():
                yield from calls.awaited(unit, node, self.source)
            case Enclose(header=header):
                yield from enclosed(unit, node, self.rendered(header, start), self.source)
            case Defer(to=to):
                yield from calls.deferred(unit, node, self.rendered(to, start), self.source)
            case SetKeyword(name=name, value=value):
                limit = line_length.of_file(self.locator, self.source.path) or line_length.DEFAULT
                yield from calls.with_keyword(unit, node, name, self.rendered(value, start), self.source, limit)

    def _apart(self, node: cst.CSTNode, where: str, offset: int, new: str) -> str:
        """What goes before a parameter that begins its line gets a line of its own."""
        text = self.source.text
        if (
            isinstance(node, cst.Param | cst.Arg)
            and where == "before"
            and new.endswith(", ")
            and begins_line(text, offset)
        ):
            return new[:-1] + self.source.newline + indentation(text, offset)
        return new

    def rendered(self, template: Template, offset: int) -> str:
        margin = indentation(self.source.text, offset)
        one = level(self.source.text)

        def broken(match: re.Match[str]) -> str:
            if match.string.startswith("\n", match.end()):
                return self.source.newline  # a blank line, which has no margin
            return self.source.newline + margin + one * (len(match["indent"]) // 4)

        pieces: list[str] = []
        for number, piece in enumerate(template):
            if isinstance(piece, AddImport):
                pieces.append(self.names[piece])
            elif isinstance(piece, str):
                if number == 0 and begins_line(self.source.text, offset):
                    piece = FIRST.sub(lambda match: one * (len(match["indent"]) // 4), piece)
                pieces.append(LINE.sub(broken, piece))
            elif isinstance(piece, Remark):
                comment = self._remark(piece)
                pieces.append(comment + self.source.newline + margin if comment else "")
            else:
                pieces.append(self._quoted(piece))
        return "".join(pieces)

    def _quoted(self, piece: Anchor | Without) -> str:
        anchor = piece.call if isinstance(piece, Without) else piece
        if self.locator.exact_span(anchor) is None:
            raise Unfixable("LibCST does not give this text back as it is")
        text = self._shortened(piece) if isinstance(piece, Without) else self.locator.text(anchor)
        return text if anchor.path == self.source.path else NEWLINE.sub(lambda _: self.source.newline, text)

    def _remark(self, piece: Remark) -> str:
        unit, node, _ = self.locator.target(piece.statement)
        match = COMMENT.match(self.locator.source(piece.statement.path).text, span(unit, node)[1])
        return match["comment"].rstrip() if match else ""

    def _shortened(self, piece: Without) -> str:
        unit, node, _ = self.locator.target(piece.call)
        assert isinstance(node, cst.Call)
        whole = self.locator.source(piece.call.path).text
        start, end = span(unit, node)
        gap, behind, _ = removal(unit, node.args[piece.argument], whole)
        before, removed, after = whole[start:gap], whole[gap:behind], whole[behind:end]
        margin = indentation(whole, gap)
        for begin, stop in comments(removed):
            if before.endswith(("\n", "\r")):
                before += margin + removed[begin:stop] + self.source.newline
            else:
                before += f"  {removed[begin:stop]}{self.source.newline}{margin}"
        return before + after

    def _annotation(self, unit: Unit, node: cst.CSTNode, text: str) -> Change:
        path = self.source.path
        if isinstance(node, cst.FunctionDef):
            if node.returns is not None:
                return Change(path, *extent(unit, node.returns.annotation), text)
            end = extent(unit, node.whitespace_before_colon)[0]
            return Change(path, end, end, f" -> {text}")
        if not isinstance(node, cst.Param) or _of_lambda(unit, node):
            raise Unfixable(f"a {type(node).__name__} has no annotation")
        if node.annotation is not None:
            return Change(path, *extent(unit, node.annotation.annotation), text)
        end = span(unit, node.name)[1]
        if isinstance(node.equal, cst.AssignEqual):
            return Change(path, end, extent(unit, node.equal)[1], f": {text} = ")
        return Change(path, end, end, f": {text}")

    def _statement(self, unit: Unit, node: cst.CSTNode, where: str, new: str) -> Change:
        """A statement of its own, on its own line unless the other shares one."""
        text, path = self.source.text, self.source.path
        start, end = span(unit, node)
        line = unit.positions.parent(node)
        if isinstance(node, cst.BaseSmallStatement):
            assert isinstance(line, (cst.SimpleStatementLine, cst.SimpleStatementSuite))
            outermost = line.body[-1 if where == "after" else 0]
            if isinstance(line, cst.SimpleStatementSuite) or outermost is not node:
                return (
                    Change(path, end, end, f"; {new}") if where == "after" else Change(path, start, start, f"{new}; ")
                )
        elif isinstance(line, cst.If) and where == "before":
            raise Unfixable("an `elif` hangs on the `if` before it")
        indent, newline = indentation(text, start), self.source.newline
        if where == "before":
            decorators = getattr(node, "decorators", ())
            offset = line_start(text, span(unit, decorators[0])[0] if decorators else start)
            wanted = 1 if indent else 2
            apart = newline * _blank_lines_missing(text, offset, wanted) if DEFINITION.match(new) else ""
            if indent and new.endswith(newline + indent):
                new = new[: -len(indent)]  # a blank line at its end
            return Change(path, offset, offset, apart + indent + new + newline)
        offset = line_end(text, end)
        own = new if new.startswith(("\n", "\r")) else indent + new
        if text[end:offset].endswith(("\n", "\r")):
            return Change(path, offset, offset, own + newline)
        return Change(path, offset, offset, newline + own)


def _blank_lines_missing(text: str, offset: int, wanted: int) -> int:
    """How many blank lines fewer than wanted there are before a place that is not the beginning of the file or of a block."""
    lines = NEWLINE.split(text[:offset])[:-1]
    blank = len(lines) - len([*dropwhile(lambda line: not line.strip(), reversed(lines))])
    begins = len(lines) == blank or lines[-1 - blank].rstrip().endswith(":")
    return 0 if begins else max(wanted - blank, 0)


def _of_lambda(unit: Unit, parameter: cst.Param) -> bool:
    parameters = unit.positions.parent(parameter)
    return parameters is None or isinstance(unit.positions.parent(parameters), cst.Lambda)


def _check_formatted_string(unit: Unit, node: cst.CSTNode, changes: Iterable[Change]) -> None:
    """Before Python 3.12 a field could have neither the string's own quotes nor a backslash, comment or newline."""
    for around in unit.ancestors(node):
        if around is not node and isinstance(around, (cst.FormattedString, cst.TemplatedString)):
            forbidden = {around.end[0], "\\", "#", "\n", "\r"}
            if any(forbidden & set(change.text) or change.text.startswith("{") for change in changes):
                raise Unfixable("the new text cannot stand in a formatted string")


def _combined(changes: Iterable[Change], locator: Locator) -> Iterator[TextEdit]:
    """Sorted; what is inserted at one place becomes one edit.

    Raises Unfixable for changes that overlap or that the file's encoding cannot write.
    """
    ordered = sorted(changes, key=lambda change: change[:3])
    reached = ("", 0)
    for (path, start, end), group in groupby(ordered, key=lambda change: change[:3]):
        texts = [change.text for change in group]
        if (path, start) < reached or (end > start and len(texts) > 1):
            raise Unfixable("its edits overlap")
        reached = (path, end)
        source = locator.source(path)
        text = "".join(texts)
        try:
            text.encode(source.encoding)
        except UnicodeEncodeError:
            raise Unfixable(f"{source.encoding} has no way to write it") from None
        yield TextEdit(path, start, end, text, source.span(start, end))


def loses_comment(edits: Iterable[TextEdit], locator: Locator) -> bool:
    """Whether a comment stands in what is replaced and not in any of the new texts."""
    removed: Counter[str] = Counter()
    added = ""
    for edit in edits:
        text = locator.source(edit.path).text[edit.start : edit.end]
        removed.update(text[start:end] for start, end in comments(text))
        added += edit.replacement + "\n"
    return any(added.count(comment) < number for comment, number in removed.items())
