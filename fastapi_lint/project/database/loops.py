"""Loops over items, and what in them depends on the item."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.definitions import target_names

BATCHED = re.compile(r"batch|chunk|page|slice|attempt|retry|retries", re.IGNORECASE)
STEPS = frozenset({"range", "count", "repeat", "batched"})


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """`iter` is what it goes over; `body` runs once an item; `dependent` are the names in it that hold the item, or come from it.

    `last`: the numbers of the nodes in blocks that leave the loop, which run for one item at most.
    """

    node: s.For | s.Comprehension
    iter: s.Expression
    body: tuple[s.Expression | s.Statement, ...]
    dependent: frozenset[str]
    is_async: bool
    last: frozenset[int] = frozenset()

    def depends(self, node: s.Node) -> bool:
        """Whether an expression of the body uses the item."""
        return any(type(one) is s.Name and one.id in self.dependent for one in s.walk(node, into_functions=True))  # type: ignore[arg-type]


def item_loops(body: tuple[s.Statement, ...]) -> Iterator[Loop]:
    """The loops of a function's own body that go on for each of an unknown number of items, outer ones first.

    Not those over numbers (retries, pages), over batches, over a few things that are written down, and not those that end with their
    first item.
    """
    written = _written_down(body)
    for node in s.walk(*body):
        if type(node) is s.For:
            known = _root(node.iter) in written
            if not known and _goes_over_items(node.target, node.iter) and not _ends_at_once(node.body):
                names = dependent_names(frozenset(target_names(node.target)), node.body)
                yield Loop(node, node.iter, node.body, names, node.is_async, frozenset(_leaving(node.body)))
        elif type(node) is s.Comprehension:
            first = node.clauses[0]
            if _root(first.iter) not in written and _goes_over_items(first.target, first.iter):
                inner = [part for clause in node.clauses[1:] for part in (clause.iter, *clause.conditions)]
                names = frozenset(name for clause in node.clauses for name in target_names(clause.target))
                yield Loop(node, first.iter, (*node.elements, *first.conditions, *inner), names, first.is_async)


def _written_down(body: tuple[s.Statement, ...]) -> frozenset[str]:
    """The names that hold a few things which are written out, and that nothing changes."""
    given: dict[str, list[s.Expression]] = {}
    changed: set[str] = set()
    for node in s.walk(*body, into_functions=True):
        match node:
            case s.Assign(targets=targets, value=value):
                for target in targets:
                    for name in target_names(target):
                        given.setdefault(name, []).append(value)
                    if type(target) is s.Subscript and type(target.value) is s.Name:
                        changed.add(target.value.id)
            case s.AnnotatedAssign(target=s.Name(id=name), value=value) if value is not None:
                given.setdefault(name, []).append(value)
            case s.AugmentedAssign(target=target):
                changed.update(target_names(target))
            case s.Call(func=s.Attribute(value=s.Name(id=name), attr=attr)) if attr not in LOOKING:
                changed.add(name)
    return frozenset(
        name for name, values in given.items() if name not in changed and len(values) == 1 and _is_written(values[0])
    )


LOOKING = frozenset({"items", "keys", "values", "get", "index", "count", "copy"})


def _is_written(node: s.Expression) -> bool:
    match node:
        case s.Collection(items=items):
            return bool(items) and not any(type(one) is s.Starred for one in items)
        case s.Dictionary(keys=keys):
            return bool(keys) and None not in keys
    return False


def _root(node: s.Expression) -> str | None:
    """The name that a loop goes over, by itself or by its `items()`."""
    match node:
        case (
            s.Name(id=name) | s.Call(func=s.Attribute(value=s.Name(id=name), attr="items" | "keys" | "values"), args=())
        ):
            return name
    return None


def _leaving(body: tuple[s.Statement, ...]) -> Iterator[int]:
    """The numbers of the nodes in blocks below a loop's body that end by leaving the loop."""
    for statement in body:
        for block in _blocks(statement):
            if _ends_at_once(block):
                yield from (node.at for node in s.walk(*block))
            else:
                yield from _leaving(block)


def _blocks(statement: s.Statement) -> Iterator[tuple[s.Statement, ...]]:
    match statement:
        case s.If(body=body, orelse=other):
            yield body
            yield other
        case s.With(body=body):
            yield body
        case s.Try(body=body, handlers=handlers, orelse=other, final=final):
            yield body
            yield from (handler.body for handler in handlers)
            yield other
            yield final
        case s.Match(cases=cases):
            yield from (case.body for case in cases)


def _goes_over_items(target: s.Expression, items: s.Expression) -> bool:
    if any(BATCHED.search(name) for name in target_names(target)):
        return False
    match items:
        case s.Collection(items=written):
            return any(type(one) is s.Starred for one in written)
        case s.Call(func=s.Name(id=name) | s.Attribute(attr=name), args=args):
            if name in STEPS:
                return name == "range" and len(args) == 1 and _is_length(args[0].value)
            if name == "enumerate" and args:
                return _goes_over_items(s.Collection(0, "tuple", ()), args[0].value)
            return BATCHED.search(name) is None
        case s.Constant():
            return False
    return True


def _is_length(node: s.Expression) -> bool:
    return type(node) is s.Call and type(node.func) is s.Name and node.func.id == "len"


def _ends_at_once(body: tuple[s.Statement, ...]) -> bool:
    last = body[-1] if body else None
    return type(last) in (s.Return, s.Raise) or (type(last) is s.Flow and last.kind == "break")


def dependent_names(names: frozenset[str], body: tuple[s.Statement, ...]) -> frozenset[str]:
    """The names that are given something made of these ones, and those themselves."""
    found = set(names)
    for _ in range(3):
        before = len(found)
        for node in s.walk(*body):
            targets: tuple[s.Expression, ...] = ()
            value: s.Expression | None = None
            if type(node) is s.Assign:
                targets, value = node.targets, node.value
            elif type(node) in (s.AnnotatedAssign, s.AugmentedAssign, s.NamedExpression):
                targets, value = (node.target,), node.value  # type: ignore[attr-defined]
            elif type(node) is s.For:
                targets, value = (node.target,), node.iter
            elif type(node) is s.With:
                for item in node.items:
                    if item.target is not None and _uses(item.context, found):
                        found.update(target_names(item.target))
            if value is not None and _uses(value, found):
                found.update(name for target in targets for name in target_names(target))
        if len(found) == before:
            break
    return frozenset(found)


def _uses(node: s.Expression, names: set[str]) -> bool:
    return any(type(one) is s.Name and one.id in names for one in s.walk(node, into_functions=True))
