"""Texts of the source that stand in for a secret that is missing: defaults of environment variables and of settings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.attributes import SECRET_TYPES
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame, TextUse
from fastapi_lint.project.interpreting.values import Const, External, FunctionValue, Generic, Value, known_members
from fastapi_lint.project.secrets.clues import DEFAULT, Clue, qualified, texts
from fastapi_lint.project.secrets.sinks import passwords
from fastapi_lint.secret_text import Kind, is_default_of, kind_of, knowledge, variable_name, words

if TYPE_CHECKING:
    from fastapi_lint.project import Project
    from fastapi_lint.project.interpreting.interpreter import Interpreter

Argument = tuple[str, int]
"""Keyword and 0-based position."""
DEEPEST_WRAPPER = 3
FALLBACKS = frozenset({"default", "fallback", "default_value", "alternative", "otherwise"})


@cache
def _readers() -> dict[str, tuple[Argument, Argument]]:
    """What reads the environment: the arguments that name the variable and that stand in for it."""
    found: dict[str, tuple[Argument, Argument]] = {}
    for callee, arguments in knowledge()["environment"].items():
        (name, at), (default, behind) = (argument.split() for argument in arguments)
        found[callee] = (name, int(at)), (default, int(behind))
    return found


def reader(it: Interpreter, callee: Value, depth: int = 0) -> tuple[Argument, Argument] | None:
    """How something reads the environment; None where it does not. Functions of the project that wrap such a thing count."""
    if type(callee) is FunctionValue:
        return _wrapper(it, callee, depth) if depth < DEEPEST_WRAPPER else None
    return _readers().get(qualified(callee))


def _wrapper(it: Interpreter, function: FunctionValue, depth: int) -> tuple[Argument, Argument] | None:
    parameters = [p.name for p in function.definition.node.parameters]
    if function.definition.owner is not None and not function.definition.is_static:
        parameters = parameters[1:]
    default = next((name for name in parameters if name in FALLBACKS), None)
    for site in it.analysis(function).sites if len(parameters) > 1 else ():
        inner = _reader_of(it, site, depth + 1)
        if inner is None or type(site.node) is not s.Call:
            continue
        read = _node_of(site.node, inner[0])
        named = next((name for name in parameters if read is not None and _mentions(read, name)), None)
        behind = _node_of(site.node, inner[1])
        if type(behind) is s.Name and behind.id in parameters:
            default = behind.id
        if named is not None and default is not None:
            return (named, parameters.index(named)), (default, parameters.index(default))
    return None


def _reader_of(it: Interpreter, site: CallSite, depth: int) -> tuple[Argument, Argument] | None:
    return next((found for m in known_members(site.callee) if (found := reader(it, m, depth)) is not None), None)


def _node_of(call: s.Call, argument: Argument) -> Any:
    keyword, position = argument
    for given in call.args:
        if given.keyword == keyword:
            return given.value
    if position < len(call.args) and call.args[position].keyword is None and not call.args[position].star:
        return call.args[position].value
    return None


def _mentions(node: Any, name: str) -> bool:
    """Whether an expression is made of a variable: itself, in upper case, behind a prefix."""
    match node:
        case s.Name():
            return bool(node.id == name)
        case s.FormattedString():
            return any(_mentions(part, name) for part in node.parts)
        case s.BinaryOperation():
            return _mentions(node.left, name) or _mentions(node.right, name)
        case s.Call(func=s.Attribute() as func):
            return _mentions(func.value, name)
        case _:
            return False


def clues(project: Project, frame: Frame) -> Iterator[Clue]:
    for site in frame.sites:
        if site.kind == "call" and len(site.arguments.positional) + len(site.arguments.keywords) > 1:
            yield from _of_reading(project, site)
    for use in frame.texts:
        if use.kind == "fallback" and type(use.node.left) is s.Call:
            yield from _of_fallback(project, frame, use)


def _of_reading(project: Project, site: CallSite) -> Iterator[Clue]:
    names = [v for v in (*site.arguments.positional[:2], *site.arguments.keywords.values()) if _is_name(v)]
    found = _reader_of(project.it, site, 0) if names else None
    if found is None:
        return
    (name, at), (default, behind) = found
    value = site.arguments.get(default, behind)
    if value is not None:
        yield from _behind(site.arguments.get(name, at), value, site.anchor)


def _is_name(value: Value) -> bool:
    return type(value) is Const and isinstance(value.value, str) and value.value.isupper()


def _behind(name: Value | None, value: Value, at: Anchor) -> Iterator[Clue]:
    """What stands in for an environment variable."""
    for variable in texts(name) if name is not None else ():
        for const in _secrets(str(variable.value), kind_of(str(variable.value)), value):
            used = f"what `{variable.value}` falls back to"
            yield Clue(const, used, at, str(variable.value), DEFAULT)


def _secrets(name: str, kind: Kind | None, value: Value) -> Iterator[Const]:
    """The texts of a default that are secrets: by the name of what they stand in for, or as a URL with a password."""
    for const in texts(value) if kind is not None else ():
        if kind is not None and is_default_of(str(const.value), name, kind):
            yield const
    for const, _ in passwords(value):
        yield const


def _of_fallback(project: Project, frame: Frame, use: TextUse) -> Iterator[Clue]:
    for site in frame.sites:
        if site.node is use.node.left:
            found = _reader_of(project.it, site, 0)
            if found is not None:
                (name, at), _ = found
                yield from _behind(site.arguments.get(name, at), use.right, frame.anchor(use.node))


# ---- settings -----------------------------------------------------------------------------------------------------------------

SETTINGS = frozenset({"settings", "setting", "config", "configuration", "conf", "environment", "secrets", "options"})
RECORDS = frozenset(
    {"pydantic.BaseModel", "pydantic.main.BaseModel", "typing.NamedTuple", "typing.TypedDict", "msgspec.Struct"}
)
RECORD_DECORATORS = frozenset({"dataclasses.dataclass", "attr.s", "attr.define", "attrs.define"})


def of_settings(project: Project, definition: ClassDefinition) -> Iterator[Clue]:
    """The defaults of the fields of a settings class that hold a secret."""
    if not _holds_settings(project, definition):
        return
    for name, field in classes.fields(definition).items():
        default = classes.default_value(field)
        kind = kind_of(name) or (Kind.PASSWORD if _is_secret_type(field.annotation) else None)
        for const in _secrets(name, kind, default) if default is not None else ():
            used = f"the default of `{definition.name}.{name}`"
            yield Clue(const, used, field.anchor, variable_name(name), DEFAULT)


def _holds_settings(project: Project, definition: ClassDefinition) -> bool:
    if set(words(definition.name)) & {"test", "tests", "testing"}:
        return False
    outside = classes.externals(definition)
    if any(name.endswith(".BaseSettings") for name in outside):
        return True
    is_record = any(name in RECORDS for name in outside) or any(
        type(decorator) is External and decorator.name in RECORD_DECORATORS for decorator in definition.decorators
    )
    return is_record and bool(set(words(definition.name)[-1:]) & SETTINGS)


def _is_secret_type(annotation: Value) -> bool:
    if type(annotation) is External:
        return annotation.name in SECRET_TYPES
    return type(annotation) is Generic and any(_is_secret_type(arg) for arg in annotation.args)
