"""Edits of calls: await them, hand them to something else, give them an argument."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from fastapi_lint.edits.changes import (
    Change,
    Unfixable,
    begins_line,
    extent,
    has_newline,
    indentation,
    level,
    line_end,
    line_start,
    span,
)
from fastapi_lint.edits.precedence import await_needs_parentheses, check_await

if TYPE_CHECKING:
    from fastapi_lint.reading.locate import Unit
    from fastapi_lint.source import Source


def awaited(unit: Unit, node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """Raises Unfixable where `await` may not stand."""
    if not isinstance(node, cst.BaseExpression):
        raise Unfixable("only an expression can be awaited")
    check_await(unit, node)
    start, end = span(unit, node)
    before = source.text[start - 1 : start]
    glue = " " if before.isalnum() or before == "_" else ""
    if await_needs_parentheses(unit, node):
        yield Change(source.path, start, start, f"{glue}(await ")
        yield Change(source.path, end, end, ")")
    else:
        yield Change(source.path, start, start, f"{glue}await ")


def deferred(unit: Unit, node: cst.CSTNode, to: str, source: Source) -> Iterator[Change]:
    """`f(a)` to `to(f, a)`, or without `to` to `f, a`. Raises Unfixable."""
    call = _call(node)
    if any(arg.keyword is not None and arg.keyword.value == "func" for arg in call.args):
        raise Unfixable("an argument of the call is called `func`, as the one that takes the function")
    function = extent(unit, call.func)
    name = source.text[slice(*function)]
    if not to:
        yield from _spread(unit, call, source)
        return
    yield Change(source.path, *function, to)
    blank = extent(unit, call.whitespace_before_args)
    if not call.args:
        yield Change(source.path, blank[0], blank[0], name)
        return
    first = span(unit, call.args[0])[0]
    separator = " "
    if has_newline(source.text[slice(*blank)]) and _one_a_line(unit, call, source.text):
        separator = source.newline + indentation(source.text, first)
    yield Change(source.path, first, first, f"{name},{separator}")
    yield from _parenthesised_generator(unit, call, source)


def _one_a_line(unit: Unit, call: cst.Call, text: str) -> bool:
    """Whether the arguments stand each on a line of its own; a single one counts if it has a comma."""
    if len(call.args) == 1:
        return isinstance(call.args[0].comma, cst.Comma)
    return all(begins_line(text, span(unit, arg)[0]) for arg in call.args)


def _spread(unit: Unit, call: cst.Call, source: Source) -> Iterator[Change]:
    if call.lpar:
        raise Unfixable("the parentheses around the call would make a tuple of it")
    opening = span(unit, call.func)[1]
    blank = extent(unit, call.whitespace_before_args)
    end = span(unit, call)[1]
    if not call.args:
        yield Change(source.path, extent(unit, call.func)[1], end, "")
        return
    comma = "," if has_newline(source.text[slice(*blank)]) else ", "
    opening = extent(unit, call.func)[1]
    yield Change(source.path, opening, blank[0] if comma == "," else blank[1], comma)
    yield from _parenthesised_generator(unit, call, source)
    yield Change(source.path, span(unit, call.args[-1])[1], end, "")


def _parenthesised_generator(unit: Unit, call: cst.Call, source: Source) -> Iterator[Change]:
    """`f(x for x in y)` has no parentheses for the generator, which needs some beside another argument."""
    only = call.args[0].value if len(call.args) == 1 else None
    if isinstance(only, cst.GeneratorExp) and not only.lpar:
        start, end = span(unit, only)
        yield Change(source.path, start, start, "(")
        yield Change(source.path, end, end, ")")


def _call(node: cst.CSTNode) -> cst.Call:
    if not isinstance(node, cst.Call):
        raise Unfixable(f"a {type(node).__name__} is no call")
    return node


def with_keyword(unit: Unit, node: cst.CSTNode, name: str, value: str, source: Source, limit: int) -> Iterator[Change]:
    """The argument `name=value`, in the place of the one that is there or behind the last. `limit`: code points of a line."""
    if isinstance(node, cst.ClassDef):
        arguments = [*node.bases, *node.keywords]
        if not isinstance(node.lpar, cst.LeftParen) or not isinstance(node.rpar, cst.RightParen):
            raise Unfixable("the class has no parentheses")
        empty, closing = extent(unit, node.lpar)[1], extent(unit, node.rpar)[0]
    else:
        call = _call(node)
        arguments = list(call.args)
        empty, closing = extent(unit, call.whitespace_before_args)[0], span(unit, call)[1] - 1
        yield from _parenthesised_generator(unit, call, source)
    for argument in arguments:
        if argument.keyword is not None and argument.keyword.value == name:
            yield Change(source.path, *extent(unit, argument.value), value)
            return
    if arguments:
        yield from _behind(unit, arguments[-1], closing, f"{name}={value}", source, limit)
    else:
        yield Change(source.path, empty, empty, f"{name}={value}")


def is_too_long(unit: Unit, call: cst.Call, changes: list[Change], source: Source, limit: int) -> bool:
    """Whether a call that gets another argument at its end stands in one line, and that gets longer than a limit."""
    start, end = span(unit, call)
    text = source.text
    if len(changes) != 1 or has_newline(text[start:end]) or changes[0].start != changes[0].end:
        return False
    line = text[line_start(text, start) : line_end(text, end)].rstrip("\r\n")
    return has_newline(changes[0].text) or len(line) + len(changes[0].text) > limit


def spread_over_lines(unit: Unit, call: cst.Call, name: str, value: str, source: Source) -> Iterator[Change]:
    """Each argument on a line of its own, `name=value` on the last."""
    start, end = span(unit, call)
    margin, one = indentation(source.text, start), level(source.text)
    opening = extent(unit, call.whitespace_before_args)[0]
    for argument in call.args:
        first = span(unit, argument)[0]
        yield Change(source.path, opening, first, source.newline + margin + one)
        comma = argument.comma
        opening = extent(unit, comma.whitespace_before)[1] + 1 if isinstance(comma, cst.Comma) else 0
    last = opening or span(unit, call.args[-1])[1]
    value = value.replace(source.newline + margin, source.newline + margin + one)
    lines = source.newline.join(("" if opening else ",", f"{margin}{one}{name}={value},", margin))
    yield Change(source.path, last, end - 1, lines)


def _shares_line(source: Source, start: int, end: int, closing: int, limit: int) -> bool:
    """Whether the last argument stands in one line with others and nothing else, and the line is no longer than a limit."""
    text = source.text
    line = text[line_start(text, start) : line_end(text, end)].rstrip("\r\n")
    alone = begins_line(text, start) or text[end:closing].strip() or has_newline(text[start:end])
    return not alone and len(line) <= limit


def _behind(unit: Unit, last: cst.Arg, closing: int, addition: str, source: Source, limit: int) -> Iterator[Change]:
    start, end = span(unit, last)
    comma = extent(unit, last.comma.whitespace_before)[1] + 1 if isinstance(last.comma, cst.Comma) else None
    if comma is None and _shares_line(source, start, end, closing, limit - len(addition) - 2):
        yield Change(source.path, end, end, f", {addition}")
    elif begins_line(source.text, closing) and has_newline(source.text[end:closing]):
        if comma is None:
            yield Change(source.path, end, end, ",")
        line = line_start(source.text, closing)
        ending = "," if comma is not None else ""
        text = indentation(source.text, start) + addition + ending + source.newline
        yield Change(source.path, line, line, text)
    elif comma is not None:
        yield Change(source.path, comma, comma, f" {addition}")
    else:
        yield Change(source.path, end, end, f", {addition}")
