"""What an expression carries. Each function takes the study and the record, and gives a flow."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.values import Const
from fastapi_lint.project.taint import calls, uses
from fastapi_lint.project.taint.flows import (
    ANY,
    CHECKED,
    CLEAN,
    FIELD,
    FORMATTED,
    PLACED,
    SLASHED,
    STRIPPED,
    TEXT,
    Flow,
    Label,
    Steps,
    gathered,
    held,
    merged,
    part,
    renamed,
)
from fastapi_lint.project.taint.kinds import PARSED_URL, REQUEST, declared_field

if TYPE_CHECKING:
    from fastapi_lint.project.taint.study import Study

MESSAGES = frozenset({"args", "message", "msg", "strerror", "description", "errmsg"})
"""Attributes of an exception that are its text."""
CAUSES = frozenset({"__cause__", "__context__", "exceptions", "orig", "original_exception", "last_exception"})
"""Attributes of an exception that are exceptions."""
REQUEST_PARTS = frozenset({"query_params", "path_params", "cookies", "headers"})
FORM_FILE = frozenset({"filename", "file"})

LAST_PARTS = frozenset({"name", "stem", "suffix", "suffixes"})
"""Attributes of a path that hold no directory."""

OPEN_HOST = re.compile(r"(?:(?:https?|wss?):)?//[^/?#\\]*")
LEADING_HOLE = re.compile(rf"(?:{OPEN_HOST.pattern})?(?:%(?:\(\w+\))?[sra]|{{)")
"""What text begins with whose first filled-in value is a URL or its host."""

Evaluate = Callable[["Study", Any], Flow]
EVALUATE: dict[type, Evaluate] = {}


def evaluates(*kinds: type) -> Callable[[Evaluate], Evaluate]:
    def register(evaluate: Evaluate) -> Evaluate:
        EVALUATE.update(dict.fromkeys(kinds, evaluate))
        return evaluate

    return register


def evaluate(study: Study, node: Any) -> Flow:
    return EVALUATE[type(node)](study, node)


@evaluates(s.Constant, s.Slice, s.Lambda)
def _nothing(study: Study, node: Any) -> Flow:
    return CLEAN


@evaluates(s.Name)
def _name(study: Study, node: s.Name) -> Flow:
    flow = study.look_up(node.id)
    return checked(study, flow) if study.checked else flow


def checked(study: Study, flow: Flow) -> Flow:
    """The flow, with the labels marked that were looked at before."""
    if flow is CLEAN:
        return CLEAN
    labels = {known(study, label): steps for label, steps in flow.labels.items()}
    return Flow(labels, {name: checked(study, field) for name, field in flow.fields.items()}, flow.cls)


def known(study: Study, label: Label) -> Label:
    return label.marked(CHECKED) if (label.place, label.name) in study.checked else label


@evaluates(s.Attribute)
def _attribute(study: Study, node: s.Attribute) -> Flow:
    base = evaluate(study, node.value)
    return attribute(study, base, node.attr, node)


def attribute(study: Study, base: Flow, name: str, node: Any) -> Flow:
    if base is CLEAN:
        return CLEAN
    if base.cls == REQUEST:
        if name in REQUEST_PARTS:
            return Flow({Label("request", study.anchor(node), f"request.{name}"): ()})
        return base if name in ("_form", "_json") else CLEAN
    if base.cls == PARSED_URL:
        return Flow(base.labels) if name in uses.hosts() else CLEAN
    if (name.startswith("__") and name not in CAUSES) or (base.cls is None and name in LAST_PARTS):
        return CLEAN
    if isinstance(base.cls, ClassDefinition):
        read = calls.read_property(study, base, base.cls, name, node)
        if read is not None:
            return read
    declared = declared_field(study.taint.project, base.cls, name)
    if declared == "safe":
        return CLEAN
    labels: dict[Label, Steps] = {}
    for label, steps in base.labels.items():
        found = _read(study, label, name, node)
        if found is not None:
            labels[known(study, found)] = steps
    own = Flow(labels, {}, declared if declared is not None else None)
    return merged((own, base.fields.get(name, CLEAN), base.fields.get(ANY, CLEAN)))


def _read(study: Study, label: Label, name: str, node: Any) -> Label | None:
    """A label after an attribute was read."""
    if label.is_text:
        return label
    if label.kind == "exception":
        if name in MESSAGES:
            return None if study.gates else label.marked(TEXT)._replace(said=study.anchor(node))
        return label if name in CAUSES else None
    inner = renamed(label, name)
    if label.kind == "parameter" and name in MESSAGES:
        return inner if study.gates else inner.marked(TEXT)
    return inner if name in CAUSES else inner.marked(FIELD)


@evaluates(s.Call)
def _call(study: Study, node: s.Call) -> Flow:
    return calls.call(study, node)


@evaluates(s.FormattedString)
def _formatted(study: Study, node: s.FormattedString) -> Flow:
    return concatenated(study, [(piece, evaluate(study, piece)) for piece in node.parts], node)


def concatenated(study: Study, parts: list[tuple[Any, Flow]], node: Any) -> Flow:
    """Text put together. Behind anything but the beginning of a URL a value no longer decides where it leads."""
    labels: dict[Label, Steps] = {}
    decides = True
    before = ""
    for piece, flow in parts:
        known = _text_of(study, piece) if flow is CLEAN else None
        if known is not None:
            before += known
            decides = decides and _leads_nowhere(before)
            continue
        for label, steps in text(study, flow, node).labels.items():
            leads = decides and (before == "" or PLACED not in label.marks)
            labels.setdefault(label.marked(FORMATTED) if leads else _placed(label, before), steps)
        decides, before = False, "..."
    return Flow(labels) if labels else CLEAN


def _placed(label: Label, before: str) -> Label:
    """The label of a value behind other text. `before`: what stands there, as far as it is known."""
    marks = label.marks - {SLASHED} | {FORMATTED, PLACED}
    return label._replace(marks=marks | {SLASHED} if before == "/" and STRIPPED not in marks else marks)


def _text_of(study: Study, piece: Any) -> str | None:
    """A piece of text that is written in the source, here or under the name of a variable; what is no text counts as nothing."""
    if type(piece) is s.Constant:
        return piece.value if isinstance(piece.value, str) else ""
    if type(piece) is s.Name and piece.id in study.definition.locals:
        return study.texts.get(piece.id)
    value = study.value(piece) if type(piece) in (s.Name, s.Attribute) else None
    return value.value if type(value) is Const and isinstance(value.value, str) else None


def _leads_nowhere(text: str) -> bool:
    """Whether what follows this text at the beginning of a URL is still the host: `https://a.example` goes on with `.b.example`."""
    return text == "" or OPEN_HOST.fullmatch(text) is not None


def text(study: Study, flow: Flow, node: Any) -> Flow:
    """A value put into words: an exception becomes its message."""
    if flow is CLEAN:
        return CLEAN
    labels: dict[Label, Steps] = {}
    for label, steps in flow.whole().items():
        if label.is_text:
            labels[label] = steps
        elif label.kind == "exception":
            if not study.gates:
                labels[label.marked(TEXT)._replace(said=study.anchor(node))] = steps
        elif study.gates:
            labels[label.marked(FIELD)] = steps
        else:
            labels[label.marked(TEXT)] = steps
    return Flow(labels) if labels else CLEAN


@evaluates(s.Subscript)
def _subscript(study: Study, node: s.Subscript) -> Flow:
    base = evaluate(study, node.value)
    for item in node.items:
        if type(item) is not s.Slice:
            evaluate(study, item)
    if base is CLEAN or (len(node.items) == 1 and type(node.items[0]) is s.Slice):
        return base
    return part(base, constant_key(node))


def constant_key(node: s.Subscript) -> str | None:
    item = node.items[0] if len(node.items) == 1 else None
    if type(item) is s.Constant and isinstance(item.value, (str, int)):
        return str(item.value)
    return None


@evaluates(s.Collection)
def _collection(study: Study, node: s.Collection) -> Flow:
    fields: dict[str, Flow] = {}
    starred = False
    for index, item in enumerate(node.items):
        flow = evaluate(study, item)
        starred = starred or type(item) is s.Starred
        key = ANY if starred or node.kind == "set" else str(index)
        fields[key] = merged((fields.get(key, CLEAN), flow))
    return held(fields)


@evaluates(s.Dictionary)
def _dictionary(study: Study, node: s.Dictionary) -> Flow:
    fields: dict[str, Flow] = {}
    spread: list[Flow] = []
    for key, item in zip(node.keys, node.values):
        flow = evaluate(study, item)
        if key is None:
            spread.append(flow)
            continue
        name = str(key.value) if type(key) is s.Constant else ANY
        if name == ANY:
            flow = merged((flow, evaluate(study, key)))
        fields[name] = merged((fields[name], flow)) if name == ANY and name in fields else flow
    return merged((held(fields), *spread))


@evaluates(s.BinaryOperation)
def _binary(study: Study, node: s.BinaryOperation) -> Flow:
    if node.operator == "+":
        terms = [(term, evaluate(study, term)) for term in _terms(node)]
        if any(type(term) is s.Collection for term, _ in terms):
            return _prolonged(terms[0][1], [flow for _, flow in terms[1:]])
        if any(flow.fields for _, flow in terms):
            return merged(flow for _, flow in terms)
        return concatenated(study, terms, node)
    left, right = evaluate(study, node.left), evaluate(study, node.right)
    if node.operator == "%":
        words = text(study, gathered((left, right)), node)
        marks = (FORMATTED,) if _begins_with_hole(node.left) else (FORMATTED, PLACED)
        return Flow({label.marked(*marks): steps for label, steps in words.labels.items()})
    if node.operator == "/":
        return gathered((left, right))
    return merged((left, right)) if node.operator == "|" else CLEAN


def _prolonged(first: Flow, rest: list[Flow]) -> Flow:
    """A list with the items of others behind its own."""
    added = merged(part(flow, None) for flow in rest)
    return first if added is CLEAN else merged((first, held({ANY: added})))


def _begins_with_hole(node: Any) -> bool:
    value = node.value if type(node) is s.Constant else None
    return isinstance(value, str) and LEADING_HOLE.match(value) is not None


def _terms(node: Any) -> tuple[Any, ...]:
    """The terms of a sum, the pieces of f-strings among them."""
    if type(node) is s.BinaryOperation and node.operator == "+":
        return (*_terms(node.left), *_terms(node.right))
    return node.parts if type(node) is s.FormattedString else (node,)


@evaluates(s.BooleanOperation)
def _boolean(study: Study, node: s.BooleanOperation) -> Flow:
    left, right = evaluate(study, node.left), evaluate(study, node.right)
    return merged((left, right)) if node.operator == "or" else right


@evaluates(s.UnaryOperation)
def _unary(study: Study, node: s.UnaryOperation) -> Flow:
    evaluate(study, node.value)
    return CLEAN


@evaluates(s.Comparison)
def _comparison(study: Study, node: s.Comparison) -> Flow:
    for value in (node.left, *node.comparators):
        evaluate(study, value)
    return CLEAN


@evaluates(s.Conditional)
def _conditional(study: Study, node: s.Conditional) -> Flow:
    evaluate(study, node.test)
    study.look_at(node.test)
    found = []
    for outcome, branch in ((True, node.body), (False, node.orelse)):
        before = study.env
        with study.branch(node.test, outcome=outcome):
            found.append(evaluate(study, branch))
        study.env = before
    return merged(found)


@evaluates(s.Await, s.Starred)
def _inner(study: Study, node: s.Await | s.Starred) -> Flow:
    flow = evaluate(study, node.value)
    return part(flow, None) if type(node) is s.Starred else flow


@evaluates(s.Yield)
def _yield(study: Study, node: s.Yield) -> Flow:
    if node.value is not None:
        flow = evaluate(study, node.value)
        study.yields.append((node, part(flow, None) if node.is_from else flow))
    return CLEAN


@evaluates(s.Comprehension)
def _comprehension(study: Study, node: s.Comprehension) -> Flow:
    before = study.env
    study.env = dict(before)
    for clause in node.clauses:
        study.bind(clause.target, part(evaluate(study, clause.iter), None))
        for condition in clause.conditions:
            evaluate(study, condition)
            study.look_at(condition)
            study.tell_exceptions(condition, outcome=True)
    elements = merged([evaluate(study, element) for element in node.elements])
    study.env = before
    return held({ANY: elements})


@evaluates(s.NamedExpression)
def _named(study: Study, node: s.NamedExpression) -> Flow:
    flow = evaluate(study, node.value)
    study.bind(node.target, flow)
    return flow
