"""What a test does with a response: whether it looks at it at all, and which status it expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.definitions import target_names

RAISING = frozenset({"raises", "assertRaises", "assertRaisesRegex", "warns", "fail", "suppress"})
SUCCESSFUL = frozenset({"is_success", "ok", "raise_for_status"})
FAILED = frozenset({"is_error", "is_client_error"})
STATUS = frozenset({"status_code", "status"})

Code = Callable[[Any], "int | None"]
"""From an expression to the status code that it stands for."""


@dataclass(frozen=True, slots=True)
class Use:
    """`is_looked_at`: other than by returning it. `statuses`: those that the test says it expects. `is_unclear`: the response is handed on, or its status compared with something that
    is not known. `is_returned`: by the function that got it. `raises`: the test expects an exception, or bars one."""

    is_looked_at: bool = False
    statuses: frozenset[int] = frozenset()
    is_unclear: bool = False
    is_returned: bool = False
    raises: bool = False

    def __or__(self, other: Use) -> Use:
        return Use(
            self.is_looked_at or other.is_looked_at,
            self.statuses | other.statuses,
            self.is_unclear or other.is_unclear,
            self.is_returned or other.is_returned,
            self.raises or other.raises,
        )


class Body:
    """The records of a function's body, each with the one around it, in the order in which they are written."""

    def __init__(self, function: s.Function) -> None:
        self.function = function
        self.order: list[s.Node] = []
        self.parents: dict[int, s.Node] = {}
        self.index: dict[int, int] = {}
        for statement in function.body:
            self._add(statement, function)

    def _add(self, item: Any, parent: s.Node) -> None:
        if isinstance(item, tuple):
            for one in item:
                self._add(one, parent)
        elif isinstance(item, msgspec.Struct):
            around = parent
            if isinstance(item, s.Node):
                self.index[id(item)] = len(self.order)
                self.order.append(item)
                self.parents[id(item)] = parent
                around = item
            for name in item.__struct_fields__:
                value = getattr(item, name)
                if isinstance(value, (tuple, msgspec.Struct)):
                    self._add(value, around)

    def around(self, node: s.Node) -> Iterator[s.Node]:
        """What is around a record, innermost first, the function itself excluded."""
        parent = self.parents.get(id(node))
        while parent is not None and parent is not self.function:
            yield parent
            parent = self.parents.get(id(parent))

    def holds(self, node: s.Node) -> bool:
        return id(node) in self.index

    def behind(self, node: s.Node) -> list[s.Node]:
        """The records that run after one: what is written behind it, and all of the loops around it."""
        start = self.index.get(id(node), len(self.order))
        for one in self.around(node):
            if type(one) in (s.For, s.While):
                start = self.index[id(one)]
        return self.order[start + 1 :]


def use(body: Body, call: s.Node, code: Code) -> Use:
    """What a function does with what a call gives."""
    if not body.holds(call):
        return Use(is_looked_at=True, is_unclear=True)
    raises = any(_expects_exception(one) for one in body.around(call))
    found = _of_expression(body, call, code)
    return found | Use(raises=raises, is_looked_at=raises)


def _expects_exception(node: s.Node) -> bool:
    if type(node) is s.With:
        return any(type(item.context) is s.Call and called(item.context) in RAISING for item in node.items)
    return type(node) is s.Try and bool(node.handlers)


def called(call: s.Call) -> str:
    """The last part of the name of what is called."""
    func = call.func
    return func.attr if type(func) is s.Attribute else func.id if type(func) is s.Name else ""


def _of_expression(body: Body, node: s.Node, code: Code) -> Use:
    parent = body.parents[id(node)]
    while type(parent) in (s.Await, s.Starred):
        node, parent = parent, body.parents[id(parent)]
    if isinstance(parent, s.ExpressionStatement):
        return Use()
    if isinstance(parent, (s.Assign, s.AnnotatedAssign, s.NamedExpression)):
        return _of_assignment(body, node, parent, code)
    if isinstance(parent, s.Return) or parent is body.function:
        return Use(is_returned=True)
    if isinstance(parent, s.Attribute):
        return _of_attribute(body, parent, code)
    if isinstance(parent, s.With):
        return _of_with(body, node, parent, code)
    return Use(is_looked_at=True, is_unclear=True)


def _of_assignment(
    body: Body, node: s.Node, parent: s.Assign | s.AnnotatedAssign | s.NamedExpression, code: Code
) -> Use:
    targets = parent.targets if isinstance(parent, s.Assign) else (parent.target,)
    if any(type(target) is not s.Name for target in targets):
        return Use(is_looked_at=True, is_unclear=True)
    names = {name for target in targets for name in target_names(target)}
    found = _of_names(body, parent, names, code)
    return found | _of_expression(body, parent, code) if isinstance(parent, s.NamedExpression) else found


def _of_with(body: Body, node: s.Node, parent: s.With, code: Code) -> Use:
    """`with client.stream(...) as response`."""
    for item in parent.items:
        if item.context is node and type(item.target) is s.Name:
            return _of_names(body, item.target, {item.target.id}, code) | Use(is_looked_at=True)
    return Use(is_looked_at=True)


def _of_names(body: Body, binding: s.Node, names: set[str], code: Code) -> Use:
    """What is done with a variable from where it is bound to where it is bound again."""
    found = Use()
    targets = _targets(binding)
    for node in body.behind(binding):
        if type(node) is not s.Name or node.id not in names or id(node) in targets:
            continue
        if _is_bound(body, node):
            if _is_certain(body, node, binding):
                break
            continue
        found = found | _of_expression(body, node, code)
    return found


def _targets(binding: s.Node) -> set[int]:
    targets: tuple[Any, ...] = ()
    if isinstance(binding, s.Assign):
        targets = binding.targets
    elif isinstance(binding, (s.AnnotatedAssign, s.NamedExpression)):
        targets = (binding.target,)
    return {id(target) for target in targets}


def _is_bound(body: Body, node: s.Name) -> bool:
    parent = body.parents[id(node)]
    if isinstance(parent, s.Assign):
        return any(target is node for target in parent.targets)
    if isinstance(parent, (s.AnnotatedAssign, s.NamedExpression, s.For)):
        return parent.target is node
    return type(parent) is s.With and any(item.target is node for item in parent.items)


def _is_certain(body: Body, node: s.Name, binding: s.Node) -> bool:
    """Whether a variable that is bound again has lost what it held: that happens in the same block, or further out."""
    outer = {id(one) for one in body.around(binding)}
    return all(id(one) in outer or isinstance(one, (s.Assign, s.AnnotatedAssign, s.With)) for one in body.around(node))


def _of_attribute(body: Body, node: s.Attribute, code: Code) -> Use:
    """`response.status_code == 200`, `response.is_success`, `response.json()`."""
    looked = Use(is_looked_at=True)
    if node.attr in SUCCESSFUL:
        return looked | Use(statuses=frozenset({200}))
    if node.attr in FAILED:
        return looked | Use(statuses=frozenset({400}))
    if node.attr not in STATUS:
        return looked
    parent = body.parents[id(node)]
    if isinstance(parent, s.Comparison) and len(parent.operators) == 1:
        return looked | _compared(parent, node, code)
    if (
        isinstance(parent, s.Call)
        and called(parent) in ("assertEqual", "assertEquals", "assertIn")
        and len(parent.args) >= 2
    ):
        other = parent.args[1].value if parent.args[0].value is node else parent.args[0].value
        return looked | _expected(other, code)
    return looked | Use(is_unclear=True)


def _compared(node: s.Comparison, status: s.Attribute, code: Code) -> Use:
    other = node.comparators[0] if node.left is status else node.left
    if node.operators[0] in ("==", "is", "in"):
        return _expected(other, code)
    return Use(is_unclear=True)


def _expected(node: Any, code: Code) -> Use:
    items = node.items if type(node) is s.Collection else (node,)
    codes = [code(item) for item in items]
    return Use(statuses=frozenset(one for one in codes if one is not None), is_unclear=None in codes)
