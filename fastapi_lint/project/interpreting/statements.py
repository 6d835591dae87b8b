"""Run statements: bind names, follow branches, note what is called.

Each function takes the interpreter, the frame and the record, and says whether the statement can complete (rather than return,
raise, break or continue).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.project import filling
from fastapi_lint.project.interpreting.annotations import canonical_typing
from fastapi_lint.project.interpreting.frames import Frame, TextUse, joined
from fastapi_lint.project.interpreting.importing import ModuleFrame
from fastapi_lint.project.interpreting.routing import METHODS
from fastapi_lint.project.interpreting.truth import decided
from fastapi_lint.project.interpreting.values import (
    NONE,
    UNKNOWN,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Generic,
    Instance,
    Mapping,
    Sequence,
    Union,
    Value,
    has_text,
    known_members,
    members,
    union,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

UNROLLED = 64
"""The longest literal list over which a loop of the application's own set-up is run item by item."""
MOST_ROUTES = 5_000
"""The same for a loop that adds something to a router."""

Execute = Callable[["Interpreter", Frame, Any], bool]
EXECUTE: dict[type, Execute] = {}


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


# ---- binding --------------------------------------------------------------------------------------------------------------


def bind(it: Interpreter, frame: Frame, target: Any, value: Value) -> None:
    kind = type(target)
    if kind is s.Name:
        it.assign(frame, target.id, value)
    elif kind is s.Attribute:
        receiver = it.evaluate(frame, target.value)
        for member in known_members(receiver):
            set_attribute(it, frame, member, target.attr, value)
            if has_text(value):
                frame.texts.append(TextUse("store", target, member, value, target.attr))
    elif kind is s.Collection:
        _unpack(it, frame, target.items, value)
    elif kind is s.Subscript:
        receiver = it.evaluate(frame, target.value)
        keys = [it.evaluate(frame, item) for item in target.items]
        if len(keys) == 1 and type(keys[0]) is Const:
            if type(receiver) is Mapping:
                receiver.entries[keys[0].value] = value
            if isinstance(keys[0].value, str) and has_text(value):
                frame.texts.append(TextUse("store", target, receiver, value, keys[0].value))
    elif kind is s.Starred:
        bind(it, frame, target.value, Sequence("list", None, UNKNOWN))


def set_attribute(it: Interpreter, frame: Frame, receiver: Value, name: str, value: Value) -> None:
    """`receiver.name = value`."""
    if type(receiver) is Instance:
        _set_attribute(frame, receiver, name, value)
    elif type(receiver) is ClassValue and receiver.definition.frame is not None and frame.effects:
        receiver.definition.frame.env[name] = value
    elif type(receiver) is FunctionValue and frame.effects:
        receiver.attributes[name] = value


def _set_attribute(frame: Frame, receiver: Instance, name: str, value: Value) -> None:
    if frame.effects or receiver is frame.receiver:
        old = receiver.attributes.get(name) if receiver.attributes else None
        if old is not None and not frame.effects:
            value = union((old, value))
        receiver.set(name, value)


def _unpack(it: Interpreter, frame: Frame, targets: tuple[Any, ...], value: Value) -> None:
    items: list[Value] | None = None
    if type(value) is Sequence:
        items = value.items
        if items is None and value.kind != "tuple":
            items = [value.element] * len(targets)
    if items is not None and len(items) == len(targets) and not any(type(t) is s.Starred for t in targets):
        for target, item in zip(targets, items):
            bind(it, frame, target, item)
        return
    for target in targets:
        bind(it, frame, target, UNKNOWN)


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
    narrow(it, frame, node.test, True)
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


# ---- branches -------------------------------------------------------------------------------------------------------------


@executes(s.If)
def _if(it: Interpreter, frame: Frame, node: s.If) -> bool:
    test = it.evaluate(frame, node.test)
    frame.note_use(node.test, test)
    outcome = decided(it, frame, node.test, test)
    if outcome is not None:
        narrow(it, frame, node.test, outcome)
        return block(it, frame, node.body if outcome else node.orelse)
    chosen = _without_imports(frame, node.body) if is_type_checking(test) else node.body
    before = frame.env
    frame.env = dict(before)
    frame.open_tests += 1
    narrow(it, frame, node.test, True)
    fills = filling.fills_what_is_missing(node)
    frame.once += fills
    body = block(it, frame, chosen)
    frame.once -= fills
    after_body = frame.env
    frame.env = dict(before)
    narrow(it, frame, node.test, False)
    orelse = block(it, frame, node.orelse)
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


@executes(s.While)
def _while(it: Interpreter, frame: Frame, node: s.While) -> bool:
    frame.note_use(node.test, it.evaluate(frame, node.test))
    before = dict(frame.env)
    frame.loops += 1
    narrow(it, frame, node.test, True)
    block(it, frame, node.body)
    frame.loops -= 1
    frame.env = joined(frame.env, before)
    block(it, frame, node.orelse)
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


@executes(s.For)
def _for(it: Interpreter, frame: Frame, node: s.For) -> bool:
    iterated = it.evaluate(frame, node.iter)
    if not node.is_async:
        frame.note_use(node.iter, iterated)
    items = it.items(iterated)
    if frame.effects and items is not None and not node.is_async and len(items) <= _most_rounds(node):
        frame.repeats += 1
        open_tests = frame.open_tests
        for item in items:
            bind(it, frame, node.target, item)
            block(it, frame, node.body)
            frame.open_tests = open_tests
        frame.repeats -= 1
        block(it, frame, node.orelse)
        return True
    element = it.iterate(frame, node.iter, iterated, is_async=node.is_async)
    before = dict(frame.env)
    bind(it, frame, node.target, element)
    frame.loops += 1
    block(it, frame, node.body)
    frame.loops -= 1
    frame.env = joined(frame.env, before)
    block(it, frame, node.orelse)
    return True


def _most_rounds(node: s.For) -> int:
    """How many rounds of a loop are gone through one by one: more where it adds something to a router."""
    adds = any(
        type(one) is s.Call and type(one.func) is s.Attribute and one.func.attr in METHODS for one in s.walk(*node.body)
    )
    return MOST_ROUTES if adds else UNROLLED


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


@executes(s.Match)
def _match(it: Interpreter, frame: Frame, node: s.Match) -> bool:
    it.evaluate(frame, node.subject)
    before = frame.env
    results: list[dict[str, Value]] = [before]
    for case in node.cases:
        frame.env = dict(before)
        for name in case.names:
            frame.env[name] = UNKNOWN
        if case.guard is not None:
            it.evaluate(frame, case.guard)
        if block(it, frame, case.body):
            results.append(frame.env)
    frame.env = results[0]
    for other in results[1:]:
        frame.env = joined(frame.env, other)
    return True
