"""What an expression stands for. Each function takes the interpreter, the frame and the record, and gives a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.frames import Frame, TextUse
from fastapi_lint.project.interpreting.loops import UNROLLED
from fastapi_lint.project.interpreting.targets import bind
from fastapi_lint.project.interpreting.truth import compared, decided, truth
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    Arguments,
    ClassValue,
    Const,
    Coroutine,
    External,
    FunctionValue,
    Generic,
    Instance,
    Mapping,
    Sequence,
    Text,
    Union,
    Value,
    boxed,
    chosen,
    has_text,
    plain_key,
    union,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

Evaluate = Callable[["Interpreter", Frame, Any], Value]
EVALUATE: dict[type, Evaluate] = {}

COROUTINE_ATTRIBUTES = frozenset(
    {
        "__aenter__",
        "__aexit__",
        "__await__",
        "close",
        "send",
        "throw",
        "cr_await",
        "cr_code",
        "cr_frame",
        "cr_running",
        "add_done_callback",
        "cancel",
    }
)
BOOL = Instance("builtins.bool")
BYTES = Instance("builtins.bytes")
ELLIPSIS = External("builtins.Ellipsis")
INT = Instance("builtins.int")
STR = Instance("builtins.str")


def evaluates(*kinds: type) -> Callable[[Evaluate], Evaluate]:
    def register(evaluate: Evaluate) -> Evaluate:
        EVALUATE.update(dict.fromkeys(kinds, evaluate))
        return evaluate

    return register


@evaluates(s.Name)
def _name(it: Interpreter, frame: Frame, node: s.Name) -> Value:
    value = it.lookup(frame, node.id)
    if type(value) is Coroutine or (type(value) is Union and any(type(m) is Coroutine for m in value.members)):
        frame.loads.append((node, value))
    return value


@evaluates(s.Attribute)
def _attribute(it: Interpreter, frame: Frame, node: s.Attribute) -> Value:
    receiver = it.evaluate(frame, node.value)
    if receiver is UNKNOWN:
        return UNKNOWN
    if node.attr not in COROUTINE_ATTRIBUTES:
        frame.note_use(node.value, receiver)
    return it.attribute(frame, receiver, node.attr, node)


@evaluates(s.Constant)
def _constant(it: Interpreter, frame: Frame, node: s.Constant) -> Value:
    if node.kind == "bytes":
        return boxed(Const(node.value, frame.anchor(node)), "builtins.bytes")
    if node.kind:
        return ELLIPSIS if node.kind == "ellipsis" else UNKNOWN
    return Const(node.value, frame.anchor(node))


@evaluates(s.FormattedString)
def _formatted(it: Interpreter, frame: Frame, node: s.FormattedString) -> Value:
    parts = [it.evaluate(frame, part) for part in node.parts]
    for part, value in zip(node.parts, parts):
        frame.note_use(part, value)
    return text(parts, frame, node)


def text(parts: list[Value], frame: Frame, node: Any) -> Value:
    """A string put together: a constant where every part is one."""
    flat: list[Value] = []
    for part in parts:
        flat.extend(part.parts if type(part) is Text else (part,))
    if all(type(part) is Const for part in flat):
        constants: tuple[Const, ...] = tuple(flat)  # type: ignore[arg-type]
        origin = next((part.origin for part in constants if part.origin != "literal"), "literal")
        return Const("".join(str(part.value) for part in constants), frame.anchor(node), origin, constants)
    return Text(tuple(flat))


@evaluates(s.Call)
def _call(it: Interpreter, frame: Frame, node: s.Call) -> Value:
    callee = it.evaluate(frame, node.func)
    return it.call_site(frame, node, callee, arguments(it, frame, node.args))


def arguments(it: Interpreter, frame: Frame, args: tuple[s.Argument, ...]) -> Arguments:
    positional: list[Value] = []
    keywords: dict[str, Value] = {}
    starred = False
    for argument in args:
        value = it.evaluate(frame, argument.value)
        if argument.keyword is not None:
            keywords[argument.keyword] = value
        elif argument.star == "**":
            if type(value) is Mapping:
                keywords.update((key, item) for key, item in value.entries.items() if isinstance(key, str))
                starred = starred or value.open
            else:
                starred = True
        elif argument.star == "*":
            items = it.items(value)
            if items is not None and not starred:
                positional.extend(items)
            else:
                starred = True
        elif not starred:
            positional.append(value)
    return Arguments(tuple(positional), keywords, starred)


@evaluates(s.Subscript)
def _subscript(it: Interpreter, frame: Frame, node: s.Subscript) -> Value:
    value = it.evaluate(frame, node.value)
    frame.note_use(node.value, value)
    items = [it.evaluate(frame, item) for item in node.items]
    return it.subscript(value, items)


@evaluates(s.Slice)
def _slice(it: Interpreter, frame: Frame, node: s.Slice) -> Value:
    for part in (node.lower, node.upper, node.step):
        if part is not None:
            it.evaluate(frame, part)
    return External("builtins.slice")


@evaluates(s.Collection)
def _collection(it: Interpreter, frame: Frame, node: s.Collection) -> Value:
    items: list[Value] = []
    known = True
    for item in node.items:
        if type(item) is s.Starred:
            value = it.evaluate(frame, item.value)
            more = it.items(value)
            if more is None:
                known = False
                items.append(it.element(value))
            else:
                items.extend(more)
        else:
            items.append(it.evaluate(frame, item))
    found = Sequence(node.kind, items) if known else Sequence(node.kind, None, union(items))
    if frame.effects:
        found.open_tests = frame.open_tests
    return found


@evaluates(s.Dictionary)
def _dictionary(it: Interpreter, frame: Frame, node: s.Dictionary) -> Value:
    entries: dict[Any, Value] = {}
    anchors = {}
    others: list[Value] = []
    is_open = False
    source: Instance | None = None
    for key, item in zip(node.keys, node.values):
        value = it.evaluate(frame, item)
        if key is None:
            if type(value) is Mapping:
                entries.update(value.entries)
                anchors.update(value.keys)
                is_open = is_open or value.open
                source = value.source or source
            else:
                is_open = True
            continue
        name = plain_key(it.evaluate(frame, key))
        if type(name) is Const:
            entries[name.value] = value
            anchors[name.value] = frame.anchor(item)
        else:
            is_open = True
            others.append(value)
    mapping = Mapping(entries, union(others) if others else UNKNOWN, open=is_open)
    mapping.keys = anchors
    mapping.source = source
    return mapping


@evaluates(s.BinaryOperation)
def _binary(it: Interpreter, frame: Frame, node: s.BinaryOperation) -> Value:
    left = it.evaluate(frame, node.left)
    right = it.evaluate(frame, node.right)
    frame.note_use(node.left, left)
    frame.note_use(node.right, right)
    if node.operator == "+" and (_is_text(left) or _is_text(right)):
        return text([left, right], frame, node)
    return it.operation(frame, node.operator, left, right)


def _is_text(value: Value) -> bool:
    return type(value) is Text or (type(value) is Const and isinstance(value.value, str))


@evaluates(s.BooleanOperation)
def _boolean(it: Interpreter, frame: Frame, node: s.BooleanOperation) -> Value:
    left = it.evaluate(frame, node.left)
    right = it.evaluate(frame, node.right)
    if type(left) is Const:
        if bool(left.value) is (node.operator == "or"):
            return left
        return right
    if node.operator == "and":
        if frame.effects and truth(it, right) is True and truth(it, left) is not True:
            return BOOL if type(right) is Const else union((left, right))
        return right
    if frame.effects and truth(it, left) is True:
        return left
    if _is_text(right):
        frame.texts.append(TextUse("fallback", node, left, right))
        if type(right) is Const:
            right = right.as_("fallback")
    return union((left, right))


@evaluates(s.UnaryOperation)
def _unary(it: Interpreter, frame: Frame, node: s.UnaryOperation) -> Value:
    value = it.evaluate(frame, node.value)
    if node.operator == "not":
        frame.note_use(node.value, value)
        known = truth(it, value) if frame.effects else None
        return BOOL if known is None else Const(not known)
    return INT if type(value) is Const else UNKNOWN


@evaluates(s.Comparison)
def _comparison(it: Interpreter, frame: Frame, node: s.Comparison) -> Value:
    is_identity = node.operators[0] in ("is", "is not")
    before: Value | None = None
    operands: list[Value] = []
    for operator, operand in zip(("", *node.operators), (node.left, *node.comparators)):
        value = it.evaluate(frame, operand)
        operands.append(value)
        if is_identity:
            _note_none(frame, node, before, value)
        else:
            frame.note_use(operand, value)
            if before is not None and (has_text(before) or has_text(value)):
                frame.texts.append(TextUse("compare", node, before, value, operator))
        before = value
    if frame.effects and len(operands) == 2:
        known = compared(node.operators[0], *operands)
        return BOOL if known is None else Const(known)
    return BOOL


def _note_none(frame: Frame, node: s.Comparison, left: Value | None, right: Value) -> None:
    """A coroutine is never None: who asks whether it is, means its result."""
    if left is not None and type(right) is Const and right.value is None and len(node.comparators) == 1:
        frame.note_use(node.left, left)


@evaluates(s.Conditional)
def _conditional(it: Interpreter, frame: Frame, node: s.Conditional) -> Value:
    test = it.evaluate(frame, node.test)
    frame.note_use(node.test, test)
    outcome = decided(it, frame, node.test, test)
    if outcome is not None:
        return it.evaluate(frame, node.body if outcome else node.orelse)
    return union((it.evaluate(frame, node.body), it.evaluate(frame, node.orelse)))


@evaluates(s.Await)
def _await(it: Interpreter, frame: Frame, node: s.Await) -> Value:
    value = it.evaluate(frame, node.value)
    for site in reversed(frame.sites):
        if site.node is node.value:
            site.awaited = True
            break
    if frame.effects and type(value) is Coroutine and value.result is None:
        it.studies.run_awaited(frame, value)
    return it.awaited(value)


@evaluates(s.Yield)
def _yield(it: Interpreter, frame: Frame, node: s.Yield) -> Value:
    value = it.evaluate(frame, node.value) if node.value is not None else Const(None)
    if node.is_from:
        value = it.iterate(frame, node.value, value, is_async=False)
    frame.yields.append(value)
    return UNKNOWN


@evaluates(s.Lambda)
def _lambda(it: Interpreter, frame: Frame, node: s.Lambda) -> Value:
    return FunctionValue(it.function_definition(frame, node.function), frame.outside)


@evaluates(s.Comprehension)
def _comprehension(it: Interpreter, frame: Frame, node: s.Comprehension) -> Value:
    if frame.effects and (unrolled := _unrolled(it, frame.overlay(), node)) is not None:
        return unrolled
    inner = frame.overlay()
    first = True
    for clause in node.clauses:
        iterated = it.evaluate(frame if first else inner, clause.iter)
        element = it.iterate(inner, clause.iter, iterated, is_async=clause.is_async)
        first = False
        inner.loops += 1
        bind(it, inner, clause.target, element)
        for condition in clause.conditions:
            it.evaluate(inner, condition)
    values = [it.evaluate(inner, element) for element in node.elements]
    if node.kind == "dict":
        return Mapping({}, values[1])
    return Sequence("iterator" if node.kind == "generator" else node.kind, None, values[0])


def _unrolled(it: Interpreter, frame: Frame, node: s.Comprehension) -> Value | None:
    """A comprehension item by item; None where some item or condition is not known."""
    found: list[list[Value]] = []
    if not _each(it, frame, node, 0, found):
        return None
    if node.kind != "dict":
        return Sequence("iterator" if node.kind == "generator" else node.kind, [values[0] for values in found])
    if all(type(key) is Const for key, _ in found):
        return Mapping({key.value: value for key, value in found}, open=False)  # type: ignore[attr-defined]
    return None


def _each(it: Interpreter, frame: Frame, node: s.Comprehension, depth: int, found: list[list[Value]]) -> bool:
    """Run the clauses from `depth` on; False where something in them is not known."""
    if depth == len(node.clauses):
        found.append([it.evaluate(frame, element) for element in node.elements])
        return len(found) <= UNROLLED
    clause = node.clauses[depth]
    items = it.items(it.evaluate(frame, clause.iter))
    if items is None or len(items) > UNROLLED or clause.is_async:
        return False
    for item in items:
        bind(it, frame, clause.target, item)
        outcomes = [truth(it, it.evaluate(frame, condition)) for condition in clause.conditions]
        if False in outcomes:
            continue
        if None in outcomes or not _each(it, frame, node, depth + 1, found):
            return False
    return True


@evaluates(s.NamedExpression)
def _named(it: Interpreter, frame: Frame, node: s.NamedExpression) -> Value:
    value = it.evaluate(frame, node.value)
    bind(it, frame, node.target, value)
    return value


@evaluates(s.Starred)
def _starred(it: Interpreter, frame: Frame, node: s.Starred) -> Value:
    it.evaluate(frame, node.value)
    return UNKNOWN


def subscripted(it: Interpreter, value: Value, items: list[Value]) -> Value:
    """`value[items]`: a type with arguments, or an element."""
    kind = type(value)
    if kind is External and value.name == "os.environ":  # type: ignore[attr-defined]
        return STR
    if kind in (External, ClassValue, Generic):
        args = tuple(items)
        if len(items) == 1 and type(items[0]) is Sequence and items[0].kind == "tuple" and items[0].items is not None:
            args = tuple(items[0].items)
        return Generic(value, args)
    index = plain_key(items[0]) if len(items) == 1 else UNKNOWN
    if kind is Mapping:
        found = chosen(value, index)  # type: ignore[arg-type]
        if found is not None:
            return found
        if type(index) is Const and index.value in value.entries:  # type: ignore[attr-defined]
            return value.any()  # type: ignore[attr-defined, no-any-return]
        return value.any() if not value.open else value.element  # type: ignore[attr-defined, no-any-return]
    if kind is Sequence:
        known = value.items  # type: ignore[attr-defined]
        if (
            type(index) is Const
            and type(index.value) is int
            and known is not None
            and -len(known) <= index.value < len(known)
        ):
            return known[index.value]  # type: ignore[no-any-return]
        if type(index) is External:
            return Sequence(value.kind, None, value.any())  # type: ignore[attr-defined]
        return value.any()  # type: ignore[attr-defined, no-any-return]
    if kind is Instance:
        return it.item_of(value)  # type: ignore[arg-type]
    return UNKNOWN
