"""Texts of the source that let in whoever presents them: what a header, a password or a token is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition, target_names
from fastapi_lint.project.interpreting.frames import CallSite, Frame, TextUse
from fastapi_lint.project.interpreting.values import Const, FunctionValue, Instance, Sequence, Value, known_members
from fastapi_lint.project.secrets.clues import Clue, clue, qualified, texts
from fastapi_lint.secret_text import Kind, is_beside, is_presented, kind_of, knowledge, serves_as, variable_name

if TYPE_CHECKING:
    from fastapi_lint.project import Project

PARTS = frozenset({"headers", "cookies", "query_params"})
"""Of a request: what its sender chooses."""
MODELS = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel"})


def gates(project: Project) -> frozenset[FunctionDefinition]:
    """The functions that decide about requests: handlers, dependencies, middleware, and what they call."""
    found = {function.definition for function in project.functions if _takes_call_next(function.definition)}
    found |= project.handlers.keys() | project.dependency_functions.keys()
    reached = set(found)
    for function in project.functions:
        if function.definition in found:
            reached.update(callee.definition for site in function.frame.sites for callee in _functions(site))
    return frozenset(reached)


def _takes_call_next(definition: FunctionDefinition) -> bool:
    return any(parameter.name == "call_next" for parameter in definition.node.parameters)


def _functions(site: CallSite) -> Iterator[FunctionValue]:
    for member in known_members(site.callee):
        if type(member) is FunctionValue:
            yield member


def clues(project: Project, frame: Frame, gates: frozenset[FunctionDefinition]) -> Iterator[Clue]:
    for use in frame.texts:
        if use.kind == "compare" and len(use.node.operators) == 1:
            yield from _of_comparison(project, frame, use, gates)
    for site in frame.sites:
        if site.kind == "call" and any(qualified(m) in knowledge()["comparisons"] for m in known_members(site.callee)):
            yield from _of_digest(site)


def _of_digest(site: CallSite) -> Iterator[Clue]:
    """`compare_digest` is for secrets, so what it is given is one, unless a name says that it is a user's name."""
    nodes = [argument.value for argument in site.node.args]
    names = [name_of(node) for node in nodes]
    if any(is_beside(name) for name in names):
        return
    for index, value in enumerate(site.arguments.positional[:2]):
        for const in texts(value):
            if serves_as(str(const.value), Kind.KEY):
                other = names[1 - index] if len(names) > 1 else ""
                used = f"what `{qualified(site.callee)}` compares with"
                yield clue(const, used, site.anchor, variable_name(other))


def _of_comparison(
    project: Project, frame: Frame, use: TextUse, gates: frozenset[FunctionDefinition]
) -> Iterator[Clue]:
    node: s.Comparison = use.node
    sides = [(node.left, use.right)]
    if use.name in ("==", "!="):
        sides.append((node.comparators[0], use.left))
    elif use.name not in ("in", "not in"):
        return
    for side, value in sides:
        name = presented(project, frame, side, gates)
        if name:
            for const in _alternatives(value):
                yield from _accepted(frame, node, name, const)


def _alternatives(value: Value) -> Iterator[Const]:
    if type(value) is Sequence and value.items is not None:
        for item in value.items:
            yield from texts(item)
    else:
        yield from texts(value)


def _accepted(frame: Frame, node: s.Comparison, name: str, const: Const) -> Iterator[Clue]:
    scheme, _, rest = str(const.value).partition(" ")
    is_whole = scheme.lower() not in ("bearer", "basic", "token")
    text = str(const.value) if is_whole else rest
    if serves_as(text, Kind.KEY) and text.strip().lower() not in knowledge()["texts"]["no_token"]:
        used = f"what `{name}` is compared with"
        yield clue(const, used, frame.anchor(node), variable_name(name), is_whole)


# ---- what somebody presents -----------------------------------------------------------------------------------------------


def presented(project: Project, frame: Frame, node: Any, gates: frozenset[FunctionDefinition]) -> str:
    """The name under which somebody sends what an expression stands for, to be let in; empty where that cannot be said."""
    node = _bare(node)
    match node:
        case s.Subscript(value=s.Attribute(attr=part), items=(s.Constant(value=str() as key),)) if part in PARTS:
            return key if _lets_in(key) else ""
        case s.Call(
            func=s.Attribute(value=owner, attr="get"), args=(s.Argument(value=s.Constant(value=str() as key)), *_)
        ):
            part = owner.attr if type(owner) is s.Attribute else owner.id if type(owner) is s.Name else ""
            return key if part in PARTS and _lets_in(key) else ""
        case s.Name(id=name):
            return name if _is_sent(frame, name, gates) else ""
        case s.Attribute(value=s.Name(id=owner), attr=name):
            return name if kind_of(name) is not None and _holds_request(project, frame, owner) else ""
        case _:
            return ""


def _bare(node: Any) -> Any:
    """The expression inside of `x.strip()`, `str(x)`, `(y := x)`, `await x`."""
    while True:
        match node:
            case s.Call(
                func=s.Attribute(attr="strip" | "lower" | "upper" | "encode" | "decode" | "get_secret_value") as func
            ):
                node = func.value
            case s.Call(func=s.Name(id="str" | "bytes"), args=(s.Argument(value=inner), *_)):
                node = inner
            case s.NamedExpression() | s.Await():
                node = node.value
            case _:
                return node


def name_of(node: Any) -> str:
    """The name under which an expression keeps or gets what it stands for: a variable, an attribute, a key."""
    match _bare(node):
        case s.Name(id=name) | s.Attribute(attr=name) | s.Subscript(items=(s.Constant(value=str() as name),)):
            return name
        case s.Call(func=s.Attribute(attr="get"), args=(s.Argument(value=s.Constant(value=str() as name)), *_)):
            return name
        case _:
            return ""


def _lets_in(key: str) -> bool:
    return is_presented(key) or key.lower() in knowledge()["texts"]["headers"]


def _is_sent(frame: Frame, name: str, gates: frozenset[FunctionDefinition]) -> bool:
    """Whether a variable holds what a client sent to be let in."""
    for function in _around(frame.function):
        if any(p.name == name for p in function.node.parameters):
            return function in gates and _lets_in(name)
        if name in function.locals:
            values = _assigned(function.node.body, name)
            return _lets_in(name) and any(_is_of_request(function, value) for value in values)
    return False


def _assigned(record: Any, name: str) -> Iterator[Any]:
    """What a variable is assigned, alone or among others."""
    if isinstance(record, tuple):
        for item in record:
            yield from _assigned(item, name)
    elif isinstance(record, (s.Function, s.Class, s.Lambda)):
        return
    elif isinstance(record, msgspec.Struct):
        if type(record) is s.Assign and any(name in target_names(target) for target in record.targets):
            yield record.value
        for field in record.__struct_fields__:
            yield from _assigned(getattr(record, field), name)


def _is_of_request(function: FunctionDefinition, record: Any) -> bool:
    """Whether an expression is made from a part of the request or from a parameter with what lets somebody in."""
    if isinstance(record, tuple):
        return any(_is_of_request(function, item) for item in record)
    if type(record) is s.Attribute and record.attr in PARTS:
        return True
    if type(record) is s.Name:
        return any(p.name == record.id and _lets_in(p.name) for p in function.node.parameters)
    if isinstance(record, msgspec.Struct):
        return any(_is_of_request(function, getattr(record, field)) for field in record.__struct_fields__)
    return False


def _around(function: FunctionDefinition | None) -> Iterator[FunctionDefinition]:
    while function is not None:
        yield function
        function = function.parent


def _holds_request(project: Project, frame: Frame, name: str) -> bool:
    """Whether a variable holds the credentials or the body of a request."""
    for member in known_members(frame.env[name]) if name in frame.env else ():
        if type(member) is not Instance:
            continue
        if isinstance(member.cls, str) and member.cls.startswith("fastapi.security."):
            return True
        if isinstance(member.cls, ClassDefinition) and frame.function in project.handlers:
            return bool(MODELS & set(classes.externals(member.cls)))
    return False
