"""Where a new import goes: into a `from` line that is there, else among its like, in the order that the file keeps."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from fastapi_lint.edits.bindings import Imported, ModuleNames, Statement, written_module
from fastapi_lint.edits.changes import Change, Unfixable, line_start
from fastapi_lint.edits.merging import joined

if TYPE_CHECKING:
    from fastapi_lint.source import Source

FUTURE, STANDARD, THIRD_PARTY, LOCAL, RELATIVE = range(5)
BLANK_LINE = re.compile(r"[ \t\f]*(?:\r\n|\r|\n|\Z)")
NO_CODE = re.compile(r"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*")
DEFINITION = re.compile(r"@|(?:async[ \t]+)?def\b|class\b")
Line = tuple[bool, str]
"""Whether it is a `from` import, and the module."""
STYLES: tuple[Callable[[Line], object], ...] = (
    lambda line: (line[0], line[1].lower()),
    lambda line: line[1].lower(),
    lambda line: line,
    lambda line: (not line[0], line[1].lower()),
)
"""Orders that import sorters keep; the one that a group of imports is in is the one to keep."""


def placed(
    names: ModuleNames, source: Source, additions: Sequence[Imported], limit: int, widest: int | None = None
) -> Iterator[Change]:
    """Insert imports. Raises Unfixable where they would come behind `limit`, at which one of them is needed.

    `widest`: how many code points a line may have, None where only the file itself can tell.
    """
    changes = list(_placed(names, source, additions, widest))
    if any(change.start > limit for change in changes):
        raise Unfixable("the name is needed before the place of the import")
    yield from changes


def _placed(names: ModuleNames, source: Source, additions: Sequence[Imported], widest: int | None) -> Iterator[Change]:
    members: dict[str, list[Imported]] = defaultdict(list)
    lines: dict[Line, list[Imported]] = defaultdict(list)
    for one in additions:
        members[one.module].append(one) if one.name is not None else lines[False, one.module].append(one)
    last_star = max((statement.end for statement in names.statements if statement.is_star), default=0)
    for module, group in members.items():
        statement = next((s for s in names.statements if _takes(s, module) and s.start >= last_star), None)
        if statement is not None:
            yield from joined(statement, [_written(one) for one in group], source, widest)
        else:
            lines[True, module] += group
    for rank in sorted({_rank(module, source.path) for _, module in lines}):
        chosen = {line: group for line, group in lines.items() if _rank(line[1], source.path) == rank}
        yield from _lines(names, source, chosen, rank)


def _takes(statement: Statement, module: str) -> bool:
    node = statement.node
    return isinstance(node, cst.ImportFrom) and not statement.is_star and written_module(node) == module


def _written(one: Imported) -> str:
    name = one.name or one.module
    return f"{name} as {one.alias}" if one.alias is not None else name


def _text(line: Line, group: Sequence[Imported], newline: str) -> str:
    is_from, module = line
    if is_from:
        return f"from {module} import {', '.join(sorted(map(_written, group)))}{newline}"
    return "".join(f"import {_written(one)}{newline}" for one in group)


def _rank(module: str, path: str) -> int:
    """Which of the groups an import sorter makes a module belongs to, as far as the file's own path tells."""
    top = module.partition(".")[0]
    if module == "__future__":
        return FUTURE
    if not top:
        return RELATIVE
    if top in sys.stdlib_module_names:
        return STANDARD
    return LOCAL if top in path.removesuffix(".py").split("/") else THIRD_PARTY


def _lines(names: ModuleNames, source: Source, lines: dict[Line, list[Imported]], rank: int) -> Iterator[Change]:
    """Insert whole lines, all of one group."""
    stars = [statement for statement in names.statements if statement.is_star]
    like = [] if stars else _like(names, source, rank)
    if like:
        for line, group in sorted(lines.items()):
            offset = _among(like, line)
            yield _inserted(source, offset, _text(line, group, source.newline))
        return
    text = "".join(_text(line, group, source.newline) for line, group in sorted(lines.items()))
    if stars:
        yield _inserted(source, stars[-1].end, text)
    else:
        yield _group(names, source, text, rank)


def _inserted(source: Source, offset: int, text: str) -> Change:
    """Whole lines at the beginning of a line, or behind a last line that has no ending."""
    before = source.text[:offset]
    if before and not before.endswith(("\n", "\r")):
        text = source.newline + text.removesuffix(source.newline)
    return Change(source.path, offset, offset, text)


def _like(names: ModuleNames, source: Source, rank: int) -> list[Statement]:
    """The first imports of the same group that no blank line and no other code parts."""
    found: list[Statement] = []
    for statement in names.statements:
        if found and not _adjacent(source.text, found[-1].end, statement.start):
            break
        if found or (_statement_rank(statement, source.path) == rank and statement.alone):
            found.append(statement)
    return [statement for statement in found if _statement_rank(statement, source.path) == rank]


def _adjacent(text: str, end: int, start: int) -> bool:
    between = text[end:start]
    return all(line.lstrip().startswith("#") for line in re.split(r"\r\n|\r|\n", between)[:-1])


def _line(statement: Statement) -> Line:
    if isinstance(statement.node, cst.ImportFrom):
        return True, written_module(statement.node)
    return False, statement.names[0].module


def _statement_rank(statement: Statement, path: str) -> int:
    return _rank(_line(statement)[1], path)


def _among(like: Sequence[Statement], line: Line) -> int:
    """Where a line goes among imports of its group: the offset of a line's beginning."""
    present = [_line(statement) for statement in like]
    index = len(present)
    for style in STYLES:
        keys = [style(one) for one in present]
        if keys == sorted(keys):  # type: ignore[type-var]
            index = sum(key <= style(line) for key in keys)  # type: ignore[operator]
            break
    else:
        index = max((i + 1 for i, one in enumerate(present) if one[0] == line[0]), default=index)
    return like[index - 1].end if index else like[0].start


def _group(names: ModuleNames, source: Source, text: str, rank: int) -> Change:
    """A group of its own, behind the imports that come before it."""
    newline, content = source.newline, source.text
    first: list[Statement] = []
    for statement in names.statements:
        if (
            first
            and content[first[-1].end : statement.start].strip()
            and not _only_comments(content, first[-1], statement)
        ):
            break
        first.append(statement)
    lower = [s for s in first if _statement_rank(s, source.path) < rank]
    if lower:
        offset = lower[-1].end
        mixed = any(s.start >= offset and _adjacent(content, offset, s.start) for s in first)
        before, behind = ("", "") if mixed else (newline, "" if BLANK_LINE.match(content, offset) else newline)
    elif first:
        offset, before, behind = _above_comments(content, first[0].start, names.docstring_end), "", newline
    elif names.docstring_end:
        offset = names.docstring_end
        before, behind = newline, "" if BLANK_LINE.match(content, offset) else newline
    else:
        match = NO_CODE.match(content)
        code = match.end() if match else 0
        behind = newline * (2 if DEFINITION.match(content, code) else 1)
        offset, before = _above_comments(content, code, 0), ""
        if not content[:offset].strip():
            offset, behind = 0, behind if offset == 0 else ""
    return _inserted(source, offset, before + text + behind)


def _only_comments(text: str, one: Statement, other: Statement) -> bool:
    lines = re.split(r"\r\n|\r|\n", text[one.end : other.start])
    return all(not line.strip() or line.lstrip().startswith("#") for line in lines)


def _above_comments(text: str, offset: int, top: int) -> int:
    """Above the comment lines that stand directly above a line, unless they go up to the file's or docstring's end."""
    found = offset
    while found > top:
        above = line_start(text, found - (2 if text[found - 2 : found] == "\r\n" else 1))
        if not text[above:found].lstrip().startswith("#"):
            return found
        found = above
    return offset
