"""What a test says about the values it mentions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.values import Generic, Sequence, Value
from fastapi_lint.project.taint import uses
from fastapi_lint.project.taint.flows import SETTLED
from fastapi_lint.project.taint.kinds import is_broad, is_exception_class

if TYPE_CHECKING:
    from fastapi_lint.project.taint.study import Study

DEVELOPERS = (
    "debug",
    "develop",
    "is_dev",
    "dev_mode",
    "is_local",
    "expose_error",
    "show_error",
    "include_trace",
    "show_trace",
)
SMALL_PARTS = frozenset({"suffix", "suffixes", "content_type", "splitext", "guess_type", "size", "scheme"})
"""What is asked of a file's name to learn its type, or of a URL to learn its protocol: that restrains nothing else of it."""


def restrained(test: Any) -> Iterator[Any]:
    """The names and attributes that a test restrains: compared with something, looked up, handed to a validating call."""
    match test:
        case s.UnaryOperation():
            yield from restrained(test.value)
        case s.BooleanOperation():
            yield from restrained(test.left)
            yield from restrained(test.right)
        case s.NamedExpression() | s.Await():
            yield from restrained(test.value)
        case s.Comparison():
            if not any(_is_nothing(value) for value in (test.left, *test.comparators)) and not _counts(test):
                for value in (test.left, *test.comparators):
                    yield from mentioned(value)
        case s.Call():
            yield from _by_call(test)
        case s.Attribute():
            if test.attr in uses.hosts():
                yield test


def _by_call(test: s.Call) -> Iterator[Any]:
    func = test.func
    name = func.attr if type(func) is s.Attribute else func.id if type(func) is s.Name else ""
    first = test.args[0].value if test.args else None
    if name == "startswith" and type(first) is s.Constant and str(first.value).startswith("http"):
        return
    if uses.asks_harmlessly(name):
        if name in ("any", "all"):
            yield from mentioned(test)
        return
    yield from mentioned(test)


def _is_nothing(value: Any) -> bool:
    return type(value) is s.Constant and (value.value is None or value.value in ("", True, False)) and not value.kind


def _counts(test: s.Comparison) -> bool:
    return type(test.left) is s.Call and type(test.left.func) is s.Name and test.left.func.id == "len"


def mentioned(node: Any) -> Iterator[Any]:
    """The names, with their attributes, in an expression; less those that are only asked for a small part."""
    match node:
        case s.Name():
            yield node
        case s.Attribute():
            if node.attr not in SMALL_PARTS:
                if type(node.value) in (s.Name, s.Attribute):
                    yield node
                yield from (
                    inner
                    for inner in mentioned(node.value)
                    if type(inner) is not s.Name or type(node.value) is not s.Name
                )
        case s.Call():
            name = (
                node.func.attr if type(node.func) is s.Attribute else node.func.id if type(node.func) is s.Name else ""
            )
            if name in SMALL_PARTS:
                return
            if type(node.func) is s.Attribute:
                yield from mentioned(node.func.value)
            for argument in node.args:
                yield from mentioned(argument.value)
        case s.Subscript() | s.Starred() | s.Await() | s.UnaryOperation() | s.NamedExpression():
            yield from mentioned(node.value)
        case s.BinaryOperation() | s.BooleanOperation():
            yield from mentioned(node.left)
            yield from mentioned(node.right)
        case s.Comparison():
            for value in (node.left, *node.comparators):
                yield from mentioned(value)
        case s.Collection():
            for value in node.items:
                yield from mentioned(value)
        case s.Comprehension():
            for clause in node.clauses:
                yield from mentioned(clause.iter)
            for value in node.elements:
                yield from mentioned(value)
        case s.FormattedString():
            for value in node.parts:
                yield from mentioned(value)


def inspected(test: Any) -> frozenset[str]:
    """The local names whose attributes a test looks at."""
    found: set[str] = set()
    for node in mentioned(test):
        while type(node) is s.Attribute:
            node = node.value
            if type(node) is s.Name:
                found.add(node.id)
    return frozenset(found)


@cache
def _says_developers(name: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in DEVELOPERS)


def is_for_developers(test: Any) -> bool:
    """Whether a test asks for a debug mode: what happens then is not meant for the public."""
    pending = [test]
    while pending:
        node = pending.pop()
        match node:
            case s.Name(id=name) | s.Attribute(attr=name):
                if _says_developers(name):
                    return True
                if type(node) is s.Attribute:
                    pending.append(node.value)
            case s.Constant(value=str() as text):
                if "debug" in text.lower():
                    return True
            case s.UnaryOperation() | s.Await() | s.NamedExpression() | s.Subscript():
                pending.append(node.value)
            case s.BooleanOperation():
                pending += (node.left, node.right)
            case s.Comparison():
                pending += (node.left, *node.comparators)
            case s.Call():
                pending += (node.func, *(argument.value for argument in node.args))
    return False


def narrowed(study: Study, test: Any, *, outcome: bool) -> frozenset[Anchor]:
    """The places of exceptions that a test tells to be of a narrow class where it came out this way."""
    match test:
        case s.UnaryOperation(operator="not"):
            return narrowed(study, test.value, outcome=not outcome)
        case s.BooleanOperation():
            if (test.operator == "and") is outcome:
                return narrowed(study, test.left, outcome=outcome) | narrowed(study, test.right, outcome=outcome)
        case s.Call(func=s.Name(id="isinstance"), args=(first, second)) if outcome:
            if type(first.value) is s.Name and _is_narrow(study, study.value(second.value)):
                labels = study.look_up(first.value.id).labels
                return frozenset(label.place for label in labels)
    return frozenset()


def found_to_be_exceptions(study: Study, test: Any, *, outcome: bool) -> Iterator[str]:
    """The local names that hold a gathered exception of any class where a test came out this way."""
    match test:
        case s.UnaryOperation(operator="not"):
            yield from found_to_be_exceptions(study, test.value, outcome=not outcome)
        case s.BooleanOperation():
            if (test.operator == "and") is outcome:
                yield from found_to_be_exceptions(study, test.left, outcome=outcome)
                yield from found_to_be_exceptions(study, test.right, outcome=outcome)
        case s.Call(func=s.Name(id="isinstance"), args=(s.Argument(value=s.Name(id=name)), second)) if outcome:
            if study.look_up(name).cls == SETTLED and is_broad(study.value(second.value)):
                yield name


def _is_narrow(study: Study, kind: Value) -> bool:
    if is_broad(kind):
        return False
    several = kind.items if type(kind) is Sequence else kind.args if type(kind) is Generic else [kind]
    return any(is_exception_class(study.taint.project, value) for value in several or ())
