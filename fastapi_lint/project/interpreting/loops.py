"""Loops: gone through item by item where the items are known, once for all items else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.branches import narrow
from fastapi_lint.project.interpreting.frames import Frame, joined
from fastapi_lint.project.interpreting.routing import METHODS
from fastapi_lint.project.interpreting.targets import bind

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


UNROLLED = 64
"""The longest literal list over which a loop of the application's own set-up is run item by item."""
MOST_ROUTES = 5_000
"""The same for a loop that adds something to a router."""


def loop_while(it: Interpreter, frame: Frame, node: s.While) -> bool:
    frame.note_use(node.test, it.evaluate(frame, node.test))
    before = dict(frame.env)
    frame.loops += 1
    narrow(it, frame, node.test, True)
    it.run(frame, node.body)
    frame.loops -= 1
    frame.env = joined(frame.env, before)
    it.run(frame, node.orelse)
    endless = type(node.test) is s.Constant and bool(node.test.value)
    return not endless or _breaks(node.body)


def _breaks(statements: tuple[Any, ...]) -> bool:
    pending = list(statements)
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is s.Flow and node.kind == "break":
            return True
        if kind is s.If:
            pending.extend((*node.body, *node.orelse))
        elif kind is s.With:
            pending.extend(node.body)
        elif kind is s.Try:
            pending.extend((*node.body, *node.orelse, *node.final))
            for handler in node.handlers:
                pending.extend(handler.body)
        elif kind is s.Match:
            for case in node.cases:
                pending.extend(case.body)
        elif kind in (s.For, s.While):
            pending.extend(node.orelse)
    return False


def loop_for(it: Interpreter, frame: Frame, node: s.For) -> bool:
    iterated = it.evaluate(frame, node.iter)
    if not node.is_async:
        frame.note_use(node.iter, iterated)
    items = it.items(iterated)
    if frame.effects and items is not None and not node.is_async and len(items) <= _most_rounds(node):
        frame.repeats += 1
        open_tests = frame.open_tests
        for item in items:
            bind(it, frame, node.target, item)
            it.run(frame, node.body)
            frame.open_tests = open_tests
        frame.repeats -= 1
        it.run(frame, node.orelse)
        return True
    element = it.iterate(frame, node.iter, iterated, is_async=node.is_async)
    before = dict(frame.env)
    bind(it, frame, node.target, element)
    frame.loops += 1
    it.run(frame, node.body)
    frame.loops -= 1
    frame.env = joined(frame.env, before)
    it.run(frame, node.orelse)
    return True


def _most_rounds(node: s.For) -> int:
    """How many rounds of a loop are gone through one by one: more where it adds something to a router."""
    adds = any(
        type(one) is s.Call and type(one.func) is s.Attribute and one.func.attr in METHODS for one in s.walk(*node.body)
    )
    return MOST_ROUTES if adds else UNROLLED
