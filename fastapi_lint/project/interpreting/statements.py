"""Run statements: bind names, follow branches (`branches`) and loops (`loops`), note what is called.

Each function takes the interpreter, the frame and the record, and says whether the statement can complete (rather than return,
raise, break or continue).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting import branches, loops
from fastapi_lint.project.interpreting.frames import Frame, joined
from fastapi_lint.project.interpreting.targets import bind
from fastapi_lint.project.interpreting.values import (
    NONE,
    UNKNOWN,
    Const,
    External,
    Mapping,
    Sequence,
    Union,
    Value,
    union,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

Execute = Callable[["Interpreter", Frame, Any], bool]
EXECUTE: dict[type, Execute] = {
    s.For: loops.loop_for,
    s.If: branches.branch,
    s.Match: branches.match,
    s.While: loops.loop_while,
}


def executes(*kinds: type) -> Callable[[Execute], Execute]:
    def register(run: Execute) -> Execute:
        EXECUTE.update(dict.fromkeys(kinds, run))
        return run

    return register


def block(it: Interpreter, frame: Frame, statements: tuple[Any, ...]) -> bool:
    for statement in statements:
        if not EXECUTE[type(statement)](it, frame, statement):
            return False
    return True


@executes(s.Assign)
def _assign(it: Interpreter, frame: Frame, node: s.Assign) -> bool:
    value = it.evaluate(frame, node.value)
    for target in node.targets:
        bind(it, frame, target, value)
    return True


@executes(s.AnnotatedAssign)
def _annotated(it: Interpreter, frame: Frame, node: s.AnnotatedAssign) -> bool:
    value = it.evaluate(frame, node.value) if node.value is not None else None
    annotation = it.evaluate(frame, node.annotation)
    if frame.cls is not None and frame.function is None and type(node.target) is s.Name:
        it.annotate(frame, node.target.id, annotation, node, value)
    declared = it.instance_of(annotation)
    if value is None and type(node.target) is s.Name:
        if frame.cls is None:
            it.assign(frame, node.target.id, declared)
        return True
    bind(it, frame, node.target, _refined(declared, value))
    return True


def _refined(declared: Value, value: Value | None) -> Value:
    """A declared variable holds what it was given, unless that is unknown or nothing."""
    if value is None or value is UNKNOWN:
        return declared
    if type(value) is Const and value.value is None:
        return union((declared, value)) if declared is not UNKNOWN else UNKNOWN
    if type(value) is Union and any(member is UNKNOWN for member in value.members):
        return declared if declared is not UNKNOWN else value
    if type(value) in (Sequence, Mapping) and type(declared) is type(value):
        empty = not value.items if type(value) is Sequence else not value.entries  # type: ignore[attr-defined]
        return declared if empty else value
    return value


@executes(s.AugmentedAssign)
def _augmented(it: Interpreter, frame: Frame, node: s.AugmentedAssign) -> bool:
    left = it.evaluate(frame, node.target)
    right = it.evaluate(frame, node.value)
    if type(left) is Sequence and left.items is not None and node.operator == "+":
        more = right.items if type(right) is Sequence else None
        bind(it, frame, node.target, Sequence(left.kind, None if more is None else [*left.items, *more]))
    else:
        bind(it, frame, node.target, it.operation(frame, node.operator, left, right))
    return True


@executes(s.ExpressionStatement)
def _expression(it: Interpreter, frame: Frame, node: s.ExpressionStatement) -> bool:
    it.evaluate(frame, node.value)
    if frame.sites and frame.sites[-1].node is node.value:
        frame.sites[-1].dropped = True
    return True


@executes(s.Return)
def _return(it: Interpreter, frame: Frame, node: s.Return) -> bool:
    frame.returns.append((node, it.evaluate(frame, node.value) if node.value is not None else NONE))
    return False


@executes(s.Raise)
def _raise(it: Interpreter, frame: Frame, node: s.Raise) -> bool:
    for value in (node.exception, node.cause):
        if value is not None:
            it.evaluate(frame, value)
    return False


@executes(s.Assert)
def _assert(it: Interpreter, frame: Frame, node: s.Assert) -> bool:
    frame.note_use(node.test, it.evaluate(frame, node.test))
    branches.narrow(it, frame, node.test, True)
    return True


@executes(s.Delete)
def _delete(it: Interpreter, frame: Frame, node: s.Delete) -> bool:
    return True


@executes(s.Flow)
def _flow(it: Interpreter, frame: Frame, node: s.Flow) -> bool:
    return node.kind not in ("break", "continue")


@executes(s.Import)
def _import(it: Interpreter, frame: Frame, node: s.Import) -> bool:
    it.imports(frame, node)
    return True


@executes(s.ImportFrom)
def _import_from(it: Interpreter, frame: Frame, node: s.ImportFrom) -> bool:
    it.imports_from(frame, node)
    return True


@executes(s.TypeAlias)
def _type_alias(it: Interpreter, frame: Frame, node: s.TypeAlias) -> bool:
    scope = frame
    if node.type_parameters:
        scope = frame.overlay()
        scope.env = {name: External("typing.TypeVar") for name in node.type_parameters}
    it.assign(frame, node.name, it.evaluate(scope, node.value))
    return True


@executes(s.Function)
def _function(it: Interpreter, frame: Frame, node: s.Function) -> bool:
    it.define_function(frame, node)
    return True


@executes(s.Class)
def _class(it: Interpreter, frame: Frame, node: s.Class) -> bool:
    it.define_class(frame, node)
    return True


@executes(s.With)
def _with(it: Interpreter, frame: Frame, node: s.With) -> bool:
    for item in node.items:
        context = it.evaluate(frame, item.context)
        value = it.enter(frame, item.context, context, is_async=node.is_async)
        if item.target is not None:
            bind(it, frame, item.target, value)
    return block(it, frame, node.body)


@executes(s.Try)
def _try(it: Interpreter, frame: Frame, node: s.Try) -> bool:
    before = dict(frame.env)
    outer = frame.handlers
    frame.handlers = (*outer, node)
    body = block(it, frame, node.body)
    frame.handlers = outer
    after_body = frame.env
    if body:
        body = block(it, frame, node.orelse)
        after_body = frame.env
    results: list[dict[str, Value]] = [after_body] if body else []
    raised = joined(after_body, before)
    for handler in node.handlers:
        frame.env = dict(raised)
        caught = it.evaluate(frame, handler.caught) if handler.caught is not None else UNKNOWN
        if handler.name:
            frame.env[handler.name] = it.caught(caught)
        if block(it, frame, handler.body):
            if body and _is_import_error(caught):
                frame.env = {**frame.env, **{k: v for k, v in after_body.items() if k not in before}}
            results.append(frame.env)
    frame.env = results[0] if results else dict(raised)
    for other in results[1:]:
        frame.env = joined(frame.env, other)
    final = block(it, frame, node.final)
    return final and bool(results)


def _is_import_error(caught: Value) -> bool:
    """`try: import x except ImportError: x = None` means x, wherever the code that uses it runs."""
    values = caught.items if type(caught) is Sequence and caught.items else [caught]
    return any(type(v) is External and v.name in IMPORT_ERRORS for v in values)


IMPORT_ERRORS = frozenset({"builtins.ImportError", "builtins.ModuleNotFoundError"})
