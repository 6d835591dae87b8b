"""Whether a number that a client sends has an upper bound: in its declaration, or in the code that it reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import CallSite
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import (
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Value,
    known_members,
)
from fastapi_lint.project.models import schemas
from fastapi_lint.project.models.fields import fields_of
from fastapi_lint.project.serving.callables import parameters
from fastapi_lint.sensitive import words

if TYPE_CHECKING:
    from fastapi_lint.project import Project

WHOLE_NUMBERS = frozenset({"builtins.int", "pydantic.PositiveInt", "pydantic.NonNegativeInt"})
CLAMPS = frozenset({"min", "clamp", "clip", "minimum"})
CONVERTING = frozenset({"int", "max", "abs", "round"})
ORDERS = frozenset({"<", ">", "<=", ">="})
BOUNDING = frozenset({"max", "maximum", "most", "cap", "ceiling", "bound", "upper", "limit", "highest"})
DEEPEST = 4
"""How many calls a number is followed through."""


def is_whole_number(annotation: Value | None, default: Value | None) -> bool:
    if annotation is None:
        return type(default) is Const and type(default.value) is int
    kind = schemas.plain(annotation)
    return type(kind) is External and kind.name in WHOLE_NUMBERS


def declares_upper_bound(annotation: Value | None, default: Value | None) -> bool:
    """Whether `le`, `lt` or the like is given. What we cannot read is taken to be one."""
    return any(_bounds(one) for one in (default, *_metadata(annotation)))


def _metadata(annotation: Value | None) -> Iterator[Value]:
    yield from annotated(annotation)
    for member in schemas.flat_union(annotation) if annotation is not None else ():
        if member is not annotation:
            yield from annotated(member)


def _bounds(value: Value | None) -> bool:
    if type(value) is not Instance or value.made is None:
        return False
    if value.made.starred:
        return True
    name = value.class_name.rpartition(".")[2]
    if name in ("Le", "Lt", "Interval"):
        return name != "Interval" or bool({"le", "lt"} & value.made.keywords.keys())
    return name.endswith("Validator") or any(_is_given(value.made.keywords.get(bound)) for bound in ("le", "lt"))


def _is_given(value: Value | None) -> bool:
    return value is not None and not (type(value) is Const and value.value is None)


# ---- in the code --------------------------------------------------------------------------------------------------------------


def is_clamped(project: Project, function: FunctionValue, name: str, depth: int = 0) -> bool:
    """Whether a function holds its parameter against some limit, or hands it to one that does."""
    node = function.definition.node
    names = _aliases(node, name)
    if any(_limits(one, names) for one in s.walk(*node.body, into_functions=True)):
        return True
    if depth >= DEEPEST:
        return False
    return any(_is_clamped_by(project, site, names, depth) for site in project.it.analysis(function).sites)


def is_attribute_clamped(function: FunctionValue, name: str) -> bool:
    """Whether a function holds an attribute of that name against some limit."""
    return any(_limits(one, {"." + name}) for one in s.walk(*function.definition.node.body, into_functions=True))


def _aliases(node: s.Function, name: str) -> set[str]:
    names = {name}
    for one in s.walk(*node.body):
        match one:
            case s.Assign(targets=(s.Name(id=target),), value=value) if _is_any(value, names):
                names.add(target)
    return names


def _is_any(node: s.Expression, names: set[str]) -> bool:
    """Whether an expression is one of the names, give or take a fallback or a conversion."""
    match node:
        case s.Name(id=name):
            return name in names
        case s.Attribute(attr=name):
            return "." + name in names
        case s.BooleanOperation(left=left, right=right) | s.Conditional(body=left, orelse=right):
            return _is_any(left, names) or _is_any(right, names)
        case s.BinaryOperation(left=left, right=right):
            return _is_any(left, names) or _is_any(right, names)
        case s.Call(func=s.Name(id=called), args=args) if called in CONVERTING:
            return any(_is_any(arg.value, names) for arg in args)
    return False


def _limits(node: s.Node, names: set[str]) -> bool:
    match node:
        case s.Call(func=s.Name(id=called) | s.Attribute(attr=called), args=args) if called in CLAMPS and len(args) > 1:
            others = [arg.value for arg in args if not _is_any(arg.value, names)]
            return len(others) < len(args) and not all(_counts(other) for other in others)
        case s.Comparison(left=left, operators=operators, comparators=comparators):
            terms = (left, *comparators)
            return any(
                _compares(terms[at], operator, terms[at + 1], names)
                or (operator in ORDERS and _compares(terms[at + 1], operator, terms[at], names))
                for at, operator in enumerate(operators)
            )
    return False


def _compares(left: s.Expression, operator: str, right: s.Expression, names: set[str]) -> bool:
    """Whether a comparison says anything about the upper end: `limit < 1` does not."""
    if not _is_any(left, names):
        return False
    if operator in ("in", "not in"):
        return True
    return operator in ORDERS and _is_bound(right)


def _is_bound(node: s.Expression) -> bool:
    """Whether the other side of a comparison is a number to stay below, rather than a count of what there is so far."""
    match node:
        case s.Constant(value=int() | float() as number):
            return number > 1
        case s.Name(id=name):
            return name.isupper() or bool(BOUNDING & {*words(name)})
        case s.Attribute() | s.Subscript() | s.BinaryOperation():
            return True
    return type(node) is s.Call and not _counts(node)


def _counts(node: s.Expression) -> bool:
    return type(node) is s.Call and type(node.func) is s.Name and node.func.id == "len"


def _is_clamped_by(project: Project, site: CallSite, names: set[str], depth: int) -> bool:
    if type(site.node) is not s.Call:
        return False
    passed = [(at, arg) for at, arg in enumerate(site.node.args) if not arg.star and _is_any(arg.value, names)]
    if not passed:
        return False
    called = list(_implementations(project, site))
    for callee in called:
        for at, arg in passed:
            if type(callee) is FunctionValue:
                if callee.definition.is_abstract and len(called) == 1:
                    return True  # whoever implements it is not known
                target = _parameter(callee, at, arg)
                if target is not None and is_clamped(project, callee, target, depth + 1):
                    return True
            elif type(callee) is ClassValue and _constructor_clamps(project, callee, at, arg, depth):
                return True
    return False


def _implementations(project: Project, site: CallSite) -> Iterator[Value]:
    """What may be called; for a method that is left to subclasses, theirs."""
    for callee in known_members(site.callee):
        yield callee
        owner = callee.definition.owner if type(callee) is FunctionValue and callee.definition.is_abstract else None
        pending = list(project.it.subclasses.get(owner, ())) if owner is not None else []
        while pending:
            definition = pending.pop()
            pending += project.it.subclasses.get(definition, ())
            for method in classes.methods(definition):
                if type(callee) is FunctionValue and method.definition.name == callee.definition.name:
                    yield method.bound(Instance(definition))


def _parameter(function: FunctionValue, at: int, argument: s.Argument) -> str | None:
    if argument.keyword is not None:
        return argument.keyword
    taken = [p.name for p in parameters(function) if p.kind in ("positional_only", "positional_or_keyword")]
    return taken[at] if at < len(taken) else None


def _constructor_clamps(project: Project, callee: ClassValue, at: int, argument: s.Argument, depth: int) -> bool:
    found = classes.member(callee.definition, "__init__")
    if found is not None and type(found[1]) is FunctionValue:
        made = found[1].bound(Instance(callee.definition))
        target = _parameter(made, at, argument)
        return target is not None and is_clamped(project, made, target, depth + 1)
    if any(is_attribute_clamped(method, argument.keyword or "") for method in classes.methods(callee.definition)):
        return True
    field = next((f for f in fields_of(project.it, callee.definition) if f.name == argument.keyword), None)
    return field is not None and (
        declares_upper_bound(field.type, field.assigned) or is_validated(callee.definition, field.name)
    )


def is_validated(definition: ClassDefinition, name: str) -> bool:
    """Whether a class has code of its own that looks at a field."""
    for ancestor in classes.ancestors(definition):
        if not isinstance(ancestor, str):
            for method in classes.methods(ancestor):
                body = method.definition.node.body
                if method.definition.node.decorators or method.definition.name == "__post_init__":
                    constants = s.walk(*method.definition.node.decorators, *body)
                    if any(_names(one, name) for one in constants):
                        return True
    return False


def _names(node: s.Node, name: str) -> bool:
    match node:
        case s.Constant(value=str(text)):
            return text == name
        case s.Attribute(attr=attr):
            return attr == name
    return False
