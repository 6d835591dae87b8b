"""Statements that go one way or another, `if` and `match`, and what a test says about the names in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.project import filling
from fastapi_lint.project.interpreting.annotations import canonical_typing
from fastapi_lint.project.interpreting.frames import Frame, joined
from fastapi_lint.project.interpreting.importing import ModuleFrame
from fastapi_lint.project.interpreting.truth import decided
from fastapi_lint.project.interpreting.values import (
    NONE,
    UNKNOWN,
    External,
    Generic,
    Instance,
    Sequence,
    Union,
    Value,
    known_members,
    members,
    union,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


def branch(it: Interpreter, frame: Frame, node: s.If) -> bool:
    test = it.evaluate(frame, node.test)
    frame.note_use(node.test, test)
    outcome = decided(it, frame, node.test, test)
    if outcome is not None:
        narrow(it, frame, node.test, outcome)
        return it.run(frame, node.body if outcome else node.orelse)
    chosen = _without_imports(frame, node.body) if is_type_checking(test) else node.body
    before = frame.env
    frame.env = dict(before)
    frame.open_tests += 1
    narrow(it, frame, node.test, True)
    fills = filling.fills_what_is_missing(node)
    frame.once += fills
    body = it.run(frame, chosen)
    frame.once -= fills
    after_body = frame.env
    frame.env = dict(before)
    narrow(it, frame, node.test, False)
    orelse = it.run(frame, node.orelse)
    if is_type_checking(test) and isinstance(frame, ModuleFrame):
        _forget_stand_ins(frame)
    frame.once += filling.returns_what_is_there(node)  # the rest of the function fills it
    leaves = next((branch for branch, goes_on in ((node.body, body), (node.orelse, orelse)) if not goes_on), ())
    if not (leaves and type(leaves[-1]) in (s.Return, s.Flow)):
        frame.open_tests -= 1  # else the rest runs in one case only
    if body and orelse:
        frame.env = joined(after_body, frame.env)
    elif body:
        frame.env = after_body
    return body or orelse


def is_type_checking(test: Value) -> bool:
    return type(test) is External and canonical_typing(test.name) == "typing.TYPE_CHECKING"


def _without_imports(frame: Frame, statements: tuple[Any, ...]) -> tuple[Any, ...]:
    """The statements that are left when a module puts off the imports for type checkers until a name is asked for."""
    if not isinstance(frame, ModuleFrame):
        return statements
    left: list[Any] = []
    for statement in statements:
        if type(statement) in (s.Import, s.ImportFrom) and all(name.name != "*" for name in statement.names):
            frame.postpone(statement)
        else:
            left.append(statement)
    return tuple(left)


def _forget_stand_ins(frame: ModuleFrame) -> None:
    """An object that imports a module when it is first used stands for what the type checker is told to import."""
    for name in frame.postponed:
        value = frame.env.get(name)
        if value is UNKNOWN or type(value) is Instance:
            del frame.env[name]


def narrow(it: Interpreter, frame: Frame, test: Any, outcome: bool) -> None:
    """What a name stands for where a test came out this way: `isinstance`, `is None`, truth."""
    kind = type(test)
    if kind is s.UnaryOperation and test.operator == "not":
        narrow(it, frame, test.value, not outcome)
    elif kind is s.BooleanOperation:
        if (test.operator == "and") is outcome:
            narrow(it, frame, test.left, outcome)
            narrow(it, frame, test.right, outcome)
    elif kind is s.Name:
        if outcome:
            _without_none(frame, test.id)
    elif kind is s.Comparison and len(test.operators) == 1 and type(test.left) is s.Name:
        right = test.comparators[0]
        if type(right) is s.Constant and right.value is None and not right.kind:
            is_none = test.operators[0] in ("is", "==")
            if is_none is not outcome:
                _without_none(frame, test.left.id)
            elif test.left.id in frame.env:
                frame.env[test.left.id] = NONE
    elif kind is s.Call and type(test.func) is s.Name and test.func.id == "isinstance" and len(test.args) == 2:
        if type(test.args[0].value) is s.Name:
            _isinstance(it, frame, test.args[0].value.id, test.args[1].value, outcome)
    elif kind is s.NamedExpression and outcome and type(test.target) is s.Name:
        _without_none(frame, test.target.id)


def _without_none(frame: Frame, name: str) -> None:
    value = frame.env.get(name)
    if type(value) is Union:
        frame.env[name] = union(known_members(value))


def _isinstance(it: Interpreter, frame: Frame, name: str, classes: Any, outcome: bool) -> None:
    if not outcome:
        return
    named = it.evaluate(frame, classes)
    if type(named) is Sequence and named.items is not None:
        wanted = [it.instance_of(item) for item in named.items]
    elif type(named) is Generic:
        wanted = [it.instance_of(item) for item in named.args]
    else:
        wanted = [it.instance_of(named)]
    present = frame.env.get(name, UNKNOWN)
    fitting = [m for m in members(present) if type(m) is Instance and any(it.is_instance(m, w) for w in wanted)]
    frame.env[name] = union(fitting) if fitting else union(wanted)


def match(it: Interpreter, frame: Frame, node: s.Match) -> bool:
    it.evaluate(frame, node.subject)
    before = frame.env
    results: list[dict[str, Value]] = [before]
    for case in node.cases:
        frame.env = dict(before)
        for name in case.names:
            frame.env[name] = UNKNOWN
        if case.guard is not None:
            it.evaluate(frame, case.guard)
        if it.run(frame, case.body):
            results.append(frame.env)
    frame.env = results[0]
    for other in results[1:]:
        frame.env = joined(frame.env, other)
    return True
