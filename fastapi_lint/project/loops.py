"""Loops over items, and what in them depends on the item."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fastapi_lint import syntax as s
from fastapi_lint.project.definitions import target_names

BATCHED = re.compile(r"batch|chunk|page|slice|attempt|retry|retries", re.IGNORECASE)
STEPS = frozenset({"range", "count", "repeat", "batched"})


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """`iter` is what it goes over; `body` runs once an item; `dependent` are the names in it that hold the item, or come from it."""

    node: s.For | s.Comprehension
    iter: s.Expression
    body: tuple[s.Expression | s.Statement, ...]
    dependent: frozenset[str]
    is_async: bool

    def depends(self, node: s.Node) -> bool:
        """Whether an expression of the body uses the item."""
        return any(type(one) is s.Name and one.id in self.dependent for one in s.walk(node, into_functions=True))  # type: ignore[arg-type]


def item_loops(body: tuple[s.Statement, ...]) -> Iterator[Loop]:
    """The loops of a function's own body that go on for each of an unknown number of items, outer ones first.

    Not those over numbers (retries, pages), over batches, over a few things that are written down, and not those that end with their
    first item.
    """
    for node in s.walk(*body):
        if type(node) is s.For:
            if _goes_over_items(node.target, node.iter) and not _ends_at_once(node.body):
                names = dependent_names(frozenset(target_names(node.target)), node.body)
                yield Loop(node, node.iter, node.body, names, node.is_async)
        elif type(node) is s.Comprehension:
            first = node.clauses[0]
            if _goes_over_items(first.target, first.iter):
                inner = [part for clause in node.clauses[1:] for part in (clause.iter, *clause.conditions)]
                names = frozenset(name for clause in node.clauses for name in target_names(clause.target))
                yield Loop(node, first.iter, (*node.elements, *first.conditions, *inner), names, first.is_async)


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
