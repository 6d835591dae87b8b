"""Calls where it matters what they are given, and calls that hand something on. The names are data: `knowledge/taint.toml`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastapi_lint.project.interpreting.values import (
    Arguments,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Method,
    Sequence,
    Text,
    Value,
    members,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

DATA = Path(__file__).parents[2] / "knowledge" / "taint.toml"
WORD = re.compile(r"[A-Za-z][a-z]*|[A-Z]+(?![a-z])")
KINDS = ("path", "sql", "shell", "program", "url", "redirect", "deserialise")
INTERPRETER = re.compile(r"(?:^|/)(?:(?:ba|z|k|da)?sh|cmd|powershell|pwsh|python[\d.]*|perl|ruby|node|php)(?:\.exe)?$")
PATHS = ("builtins.str", "pathlib.", "anyio.Path")
CODE_FOLLOWS = frozenset({"-c", "-lc", "/c", "-e", "-r", "--eval", "-Command"})


@dataclass(frozen=True, slots=True)
class Use:
    """A dangerous use of some arguments; of the receiver itself, where there are none. `item`: of a list, the 0-based one that matters."""

    kind: str
    name: str
    arguments: tuple[int | str, ...]
    item: int | None = None


@cache
def data() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(DATA.read_text("utf-8"))
    return found


@cache
def kept_functions() -> frozenset[str]:
    """Functions whose result holds what they are given."""
    return frozenset(data()["keeps"]["functions"])


@cache
def kept_methods() -> frozenset[str]:
    """Methods whose result holds what their object holds."""
    return frozenset(data()["keeps"]["methods"])


@cache
def parsers() -> frozenset[str]:
    """Functions that take a URL apart."""
    return frozenset(data()["takes_apart"]["functions"])


@cache
def hosts() -> frozenset[str]:
    """Attributes that tell of a URL, or of an address, to whom it leads."""
    return frozenset(data()["takes_apart"]["hosts"])


@cache
def looks_like_check(name: str) -> bool:
    """Whether a name says that what is called validates its arguments."""
    words = {word.lower() for word in WORD.findall(name)}
    return bool(words & set(data()["checks"]["words"]))


@cache
def asks_harmlessly(name: str) -> bool:
    """Whether a call of this name in a test restrains nothing: whether a file exists, how long a text is."""
    return name in data()["checks"]["harmless"]


def uses(callee: Value, arguments: Arguments, attribute: str | None) -> Iterator[Use]:
    """What a call does that its arguments could abuse. `attribute`: the name of the method as it is written."""
    known = False
    for member in members(callee):
        if type(member) is External:
            known = True
            yield from _of_function(member.name, arguments)
        elif type(member) is Method:
            known = True
            yield from _of_method(member)
        elif type(member) in (FunctionValue, ClassValue):
            known = True
    if not known and attribute in data()["sql_methods"]["names"]:
        yield Use("sql", attribute or "", (0,))


def _of_function(name: str, arguments: Arguments) -> Iterator[Use]:
    table = data()
    for kind in KINDS:
        if name in table[kind]:
            yield Use(kind, name, tuple(table[kind][name]))
    if name in table["shell_if_asked"]:
        given = tuple(table["shell_if_asked"][name])
        if _asks_for_shell(arguments):
            yield Use("shell", name, given)
        elif _has_code(arguments):
            yield Use("shell", name, given, item=2)
        elif not _names_program(arguments):
            yield Use("program", name, given, item=0)
    if name in table["path_or_file"]:
        given = tuple(table["path_or_file"][name])
        if any(_is_path(one) for one in _among(arguments, given)):
            yield Use("path", name, given)
    asked = table["deserialise_if_asked"].get(name)
    if asked is not None and _is(arguments.keywords.get(asked["keyword"]), asked["value"]):
        yield Use("deserialise", name, tuple(asked["arguments"]))
    if name in table["deserialise_unless_safe"] and not _has_safe_loader(arguments):
        yield Use("deserialise", name, tuple(table["deserialise_unless_safe"][name]))


def _of_method(method: Method) -> Iterator[Use]:
    table = data()
    owner = method.owner
    if owner in table["path_methods"]["owners"] and method.name in table["path_methods"]["names"]:
        yield Use("path", method.qualname, ())
    if owner in table["url_methods"]["owners"]:
        if method.name in table["url_methods"]["first"]:
            yield Use("url", method.qualname, (0, "url"))
        elif method.name in table["url_methods"]["second"]:
            yield Use("url", method.qualname, (1, "url"))
    if method.name in table["shell_methods"].get(owner, ()):
        yield Use("shell", method.qualname, (0, "command", "cmd"))
    if method.name in table["sql_methods_of"].get(owner, ()):
        yield Use("sql", method.qualname, (0, "query", "sql"))
    if method.name in table["sql_methods"]["names"] and not owner.startswith(
        ("builtins.", "asyncio.", "concurrent.", "redis.")
    ):
        yield Use("sql", method.qualname, (0, "statement", "query", "sql"))


def _asks_for_shell(arguments: Arguments) -> bool:
    asked = arguments.get("shell")
    return type(asked) is Const and bool(asked.value)


def _is(value: Value | None, wanted: object) -> bool:
    return type(value) is Const and value.value is wanted


def _among(arguments: Arguments, names: tuple[int | str, ...]) -> Iterator[Value]:
    for name in names:
        given = arguments.positional[name : name + 1] if isinstance(name, int) else (arguments.keywords.get(name),)
        yield from (value for value in given if value is not None)


def _is_path(value: Value) -> bool:
    """Whether a value is known to be text or a path."""
    return any(
        type(one) is Text
        or (type(one) is Const and isinstance(one.value, str))
        or (type(one) is Instance and isinstance(one.cls, str) and one.cls.startswith(PATHS))
        for one in members(value)
    )


def _words(arguments: Arguments) -> list[Value]:
    command = arguments.get("args", 0)
    return (command.items or []) if type(command) is Sequence else []


def _has_code(arguments: Arguments) -> bool:
    """Whether a command is `["sh", "-c", ...]` or the like."""
    words = _words(arguments)
    if len(words) < 3:
        return False
    first, second = words[0], words[1]
    return (
        type(first) is Const
        and INTERPRETER.search(str(first.value)) is not None
        and type(second) is Const
        and second.value in CODE_FOLLOWS
    )


def _names_program(arguments: Arguments) -> bool:
    """Whether a command begins with a program that is written in the source."""
    words = _words(arguments)
    return bool(words) and type(words[0]) is Const


def _has_safe_loader(arguments: Arguments) -> bool:
    loader = arguments.get("Loader", 1)
    return type(loader) is External and loader.name in data()["safe_loaders"]["names"]
