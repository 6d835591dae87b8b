"""Tests behind which something is made once and kept: `if self.client is None: self.client = connect()`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi_lint import syntax as s


def fills_what_is_missing(node: s.If) -> bool:
    """Whether the body sets what the test found missing."""
    missing = set(absent(node.test))
    return bool(missing) and any(
        _key(target.value if isinstance(target, s.Subscript) else target) in missing
        for statement in s.walk(*node.body)
        if isinstance(statement, (s.Assign, s.AnnotatedAssign))
        for target in (statement.targets if isinstance(statement, s.Assign) else (statement.target,))
    )


def returns_what_is_there(node: s.If) -> bool:
    """Whether the body returns what the test found present, so that what follows has to make it."""
    present = set(_present(node.test))
    last = node.body[-1]
    if not present or node.orelse or not isinstance(last, s.Return) or last.value is None:
        return False
    value = last.value.value if isinstance(last.value, s.Subscript) else last.value
    return _key(value) in present


def filled_by_calls(body: tuple[s.Statement, ...]) -> Iterator[tuple[int, str]]:
    """The calls behind a test that an attribute is missing, with the attribute: `if self.store is None: self.open()`."""
    for node in s.walk(*body):
        if type(node) is s.If:
            for key in absent(node.test):
                for call in s.walk(*node.body):
                    if type(call) is s.Call:
                        yield call.at, key.rpartition(".")[2]


def absent(test: Any) -> Iterator[str]:
    """What a test says is missing: `x is None`, `not x`, `k not in x`. A plain local name is not kept anywhere."""
    if isinstance(test, s.UnaryOperation) and test.operator == "not":
        yield from _kept(test.value)
    elif isinstance(test, s.Comparison) and len(test.operators) == 1:
        if test.operators[0] == "not in":
            yield from _kept(test.comparators[0])
        elif test.operators[0] in ("is", "==") and _is_none(test.comparators[0]):
            yield from _kept(test.left)
    elif isinstance(test, s.BooleanOperation) and test.operator == "or":
        yield from absent(test.left)


def _present(test: Any) -> Iterator[str]:
    if isinstance(test, s.Comparison) and len(test.operators) == 1:
        if test.operators[0] == "in":
            yield from _kept(test.comparators[0])
        elif test.operators[0] in ("is not", "!=") and _is_none(test.comparators[0]):
            yield from _kept(test.left)
    else:
        yield from _kept(test)


def _kept(node: Any) -> Iterator[str]:
    key = _key(node)
    if key is not None:
        yield key


def _is_none(node: Any) -> bool:
    return isinstance(node, s.Constant) and node.value is None and not node.kind


def _key(node: Any) -> str | None:
    """`self.client` or `_CACHE` as text: an attribute, or a name that is written as a module keeps one."""
    if isinstance(node, s.Attribute):
        owner = node.value.id if isinstance(node.value, s.Name) else _key(node.value)
        return None if owner is None else f"{owner}.{node.attr}"
    return node.id if isinstance(node, s.Name) and (node.id.startswith("_") or node.id.isupper()) else None
