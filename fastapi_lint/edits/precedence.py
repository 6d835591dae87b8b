"""Where an expression needs parentheses, and where `await` may stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from fastapi_lint.edits.changes import Unfixable

if TYPE_CHECKING:
    from fastapi_lint.reading.locate import Unit

ATOMS = (
    cst.Attribute, cst.Call, cst.ConcatenatedString, cst.Dict, cst.DictComp, cst.Ellipsis, cst.Float,
    cst.FormattedString, cst.Imaginary, cst.Integer, cst.List, cst.ListComp, cst.Name, cst.Set, cst.SetComp,
    cst.SimpleString, cst.Subscript, cst.TemplatedString,
)  # fmt: skip
LOOSE = (cst.GeneratorExp, cst.NamedExpr, cst.Tuple, cst.Yield)
"""Without parentheses of their own these can stand in few places only."""
ROOMY = (
    cst.AnnAssign, cst.Annotation, cst.Assert, cst.Assign, cst.AugAssign, cst.DictElement, cst.Element, cst.Expr,
    cst.For, cst.FormattedStringExpression, cst.If, cst.Index, cst.Param, cst.Return, cst.While, cst.WithItem,
)  # fmt: skip
"""Parents that take any expression but a loose one."""


def needs_parentheses(unit: Unit, node: cst.CSTNode, text: str) -> bool:
    """Whether the text of an expression must be put into parentheses to stand where the node stands."""
    if not isinstance(node, cst.BaseExpression) or node.lpar:
        return False
    new = _expression(text.strip())
    if new is None:
        return _expression(f"({text.strip()})") is not None
    parent = unit.positions.parent(node)
    if new.lpar:
        return False
    if isinstance(new, ATOMS):
        return isinstance(new, (cst.Integer, cst.Float)) and isinstance(parent, cst.Attribute)
    if isinstance(new, LOOSE) or _is_operand(parent, node):
        return True
    if isinstance(new, cst.Await):
        return False
    return not (isinstance(parent, ROOMY) or (isinstance(parent, cst.Arg) and not parent.star))


def _expression(text: str) -> cst.BaseExpression | None:
    try:
        return cst.parse_expression(text)
    except (cst.ParserSyntaxError, cst.CSTValidationError):
        return None


def _is_operand(parent: cst.CSTNode | None, node: cst.CSTNode) -> bool:
    """Whether the node is what something binds to as tightly as nothing else does: `node.x`, `node[0]`, `node()`."""
    if isinstance(parent, (cst.Attribute, cst.Subscript)):
        return parent.value is node
    return isinstance(parent, cst.Await) or (isinstance(parent, cst.Call) and parent.func is node)


def await_needs_parentheses(unit: Unit, node: cst.BaseExpression) -> bool:
    return not node.lpar and _is_operand(unit.positions.parent(node), node)


def check_await(unit: Unit, node: cst.CSTNode) -> None:
    """Raises Unfixable where `await` is no valid syntax or would change what the expression around it is."""
    child = node
    layers = 0
    for parent in unit.ancestors(node):
        if isinstance(parent, cst.FunctionDef) and child is parent.body:
            if parent.asynchronous is None:
                raise Unfixable(f"`{parent.name.value}` is no coroutine function")
            return
        if isinstance(parent, (cst.Lambda, cst.ClassDef)) and child is parent.body:
            raise Unfixable("a lambda or a class body cannot await")
        if isinstance(parent, cst.BaseComp) and not _in_first_iterable(unit, node, parent):
            layers += 1
            if isinstance(parent, cst.GeneratorExp) or layers > 1:  # Python 3.10 does not take the latter
                raise Unfixable("`await` would make the generator an asynchronous one")
        child = parent
    raise Unfixable("`await` outside of a function")


def _in_first_iterable(unit: Unit, node: cst.CSTNode, comprehension: cst.BaseComp) -> bool:
    """Whether the node is in the part of a comprehension that is evaluated outside of it."""
    return any(one is comprehension.for_in.iter for one in unit.ancestors(node))
