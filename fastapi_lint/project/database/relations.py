"""Collections of mapped objects that an ORM loads when they are read: one query for each object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.database.loops import Loop
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition, target_names
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.values import (
    External,
    FunctionValue,
    Instance,
    Method,
    Sequence,
    Value,
    known_members,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

DECLARING = frozenset({"sqlalchemy.orm.relationship", "sqlmodel.Relationship", "sqlmodel.main.Relationship"})
NOT_LAZY = frozenset(
    {"selectin", "joined", "subquery", "immediate", "dynamic", "raise", "raise_on_sql", "noload", "write_only"}
)
"""Values of `lazy=` by which reading the attribute asks nothing, or nothing yet."""
LOADING = frozenset({
    "options", "selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager", "raiseload", "noload", "undefer", "execution_options",
})  # fmt: skip
"""What a query says about relations."""
DEEPEST = 3


def collections(it: Interpreter, definition: ClassDefinition) -> frozenset[str]:
    """The attributes of a mapped class that hold many objects, and that are loaded when they are read."""
    found: set[str] = set()
    for name, (owner, field) in classes.all_fields(definition).items():
        call = field.node.value
        if type(call) is not s.Call or not _declares(it, owner, call):
            continue
        held = owner.frame.env.get(name) if owner.frame is not None else None
        said = {str(one.value) for one in s.walk(call) if type(one) is s.Constant}
        if type(held) is Sequence and NOT_LAZY.isdisjoint(said) and all(arg.star != "**" for arg in call.args):
            found.add(name)
    return frozenset(found)


def _declares(it: Interpreter, owner: ClassDefinition, call: s.Call) -> bool:
    name = call.func.attr if type(call.func) is s.Attribute else call.func.id if type(call.func) is s.Name else ""
    if name not in ("relationship", "Relationship"):
        return False
    if type(call.func) is s.Attribute:
        return True
    value = it.module_frame(owner.module).env.get(name)
    return type(value) is External and value.name in DECLARING


def lazy_read(it: Interpreter, definition: FunctionDefinition, frame: Frame, loop: Loop) -> s.Attribute | None:
    """The attribute in a loop's body that asks the database for each item.

    None where the rows come from somewhere that we cannot see, where anything is said about how their relations are loaded, and in an
    `async def`, whose sessions refuse to ask behind the scenes.
    """
    if definition.node.is_async or _is_loaded(definition):
        return None
    source = _source(definition, frame, loop.iter)
    if source is None or not all(_leaves_lazy(it, one, DEEPEST) for one in known_members(source.callee)):
        return None
    element = it.element(_result(frame, loop.iter, source))
    if type(element) is not Instance or not isinstance(element.cls, ClassDefinition):
        return None
    lazy = collections(it, element.cls)
    items = frozenset(target_names(_target(loop)))
    return (
        next((node for node in _reads(loop) if node.attr in lazy and _is_one(node.value, items)), None)
        if lazy
        else None
    )


def _target(loop: Loop) -> s.Expression:
    node = loop.node
    return node.clauses[0].target if isinstance(node, s.Comprehension) else node.target


def _reads(loop: Loop) -> Iterator[s.Attribute]:
    written = {target.at for node in s.walk(*loop.body) if type(node) is s.Assign for target in node.targets}
    for node in s.walk(*loop.body):
        if type(node) is s.Attribute and node.at not in written and node.at not in loop.last:
            yield node


def _is_one(node: s.Expression, names: frozenset[str]) -> bool:
    return type(node) is s.Name and node.id in names


def _source(definition: FunctionDefinition, frame: Frame, rows: s.Expression) -> CallSite | None:
    """The call that a loop's rows come from, in the function itself."""
    if type(rows) is s.Name:
        given = [
            node.value
            for node in s.walk(*definition.node.body)
            if type(node) is s.Assign and any(rows.id in target_names(target) for target in node.targets)
        ]
        if len(given) != 1 or any(parameter.name == rows.id for parameter in definition.node.parameters):
            return None
        rows = given[0]
    return next((site for site in frame.sites if site.kind == "call" and site.node.at == rows.at), None)


def _result(frame: Frame, rows: s.Expression, source: CallSite) -> Value:
    held = frame.env.get(rows.id) if type(rows) is s.Name else source.result
    return held if held is not None else Instance("builtins.object")


def _leaves_lazy(it: Interpreter, callee: Value, depth: int) -> bool:
    """Whether what is called reads rows by a session's own method, and says nothing of their relations."""
    if type(callee) is Method:
        return callee.owner.startswith(("sqlalchemy.", "sqlmodel."))
    if (
        type(callee) is not FunctionValue
        or depth == 0
        or callee.definition.node.is_async
        or _is_loaded(callee.definition)
    ):
        return False
    called = [
        member
        for site in it.analysis(callee).sites
        if site.kind == "call"
        for member in known_members(site.callee)
        if type(member) in (FunctionValue, Method)
    ]
    return bool(called) and all(
        _leaves_lazy(it, member, depth - 1) if type(member) is FunctionValue else True for member in called
    )


def _is_loaded(definition: FunctionDefinition) -> bool:
    """Whether a function's body says how relations are to be loaded."""
    return any(
        (type(node) is s.Attribute and node.attr in LOADING) or (type(node) is s.Name and node.id in LOADING)
        for node in s.walk(*definition.node.body, into_functions=True)
    )
