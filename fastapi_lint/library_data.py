"""The records in which the library data is held, and how its files are read.

`knowledge/libraries/README.md` describes the format of `knowledge/libraries/<top-level package>.toml`.
"""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

DATA = Path(__file__).parent / "knowledge" / "libraries"
TIERS = ("sleep", "network", "database", "disk", "process", "input", "lock", "cpu", "metadata")
CONFIGURED = "configured"
"""The tier of what only the user's configuration calls blocking."""

BUILTIN_TYPES = frozenset(name for name, value in vars(builtins).items() if isinstance(value, type))


@dataclass(frozen=True, slots=True)
class Entry:
    """What calling something does. All fields empty: known, and harmless.

    An argument is meant by its 0-based position (the receiver does not count) or by its keyword.
    """

    blocks: str | None = None
    """One of TIERS, or CONFIGURED. Of a generator: what iterating it does; of a coroutine: nothing, it is None."""
    in_memory: str | None = None
    """The tier in place of `blocks` where the first argument is an `io.BytesIO` or `io.StringIO`."""
    returns: str | None = None
    """A type expression (`type_expression`). Of a coroutine: what awaiting it gives."""
    coroutine: bool = False
    """Nothing happens before it is awaited, or entered by `async with`."""
    generator: bool = False
    """Nothing happens before it is iterated; `async for` where it is a coroutine as well."""
    awaitable_twin: str | None = None
    """What to await instead, with the same arguments: a qualified name, or of a method the name of its sibling."""
    runs_in_thread: int | str | None = None
    """The callable or iterator among the arguments that runs elsewhere, off the event loop."""
    runs_on_loop: int | str | None = None
    """The callable among the arguments that the event loop calls later."""
    calls: int | str | None = None
    """The callable among the arguments that is called at once."""
    consumes: int | str | None = None
    """The argument that is iterated at once."""
    when: tuple[int | str, ...] = ()
    """It blocks only in calls that pass one of these arguments; () for in any call."""
    unless: tuple[int | str, ...] = ()
    """It may not block in calls that pass one of these arguments."""
    takes_coroutine: bool = False
    """Arguments may be coroutines that need no `await`."""
    is_property: bool = False
    """Reading the attribute is the call."""
    decorates: str | None = None
    """The type of what it leaves behind as a decorator, with or without arguments."""

    def tier_of(self, positional: int, keywords: Container[str], *, in_memory: bool) -> str | None:
        """How a call with that many positional arguments and these keywords blocks; None where it may not."""

        def passes(argument: int | str) -> bool:
            return argument in keywords if isinstance(argument, str) else argument < positional

        if any(map(passes, self.unless)) or (self.when and not any(map(passes, self.when))):
            return None
        return self.in_memory if in_memory and self.in_memory is not None else self.blocks


HARMLESS = Entry()


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """A class with all that it inherits from known bases.

    `patterns` stand for the methods that are not listed: what their names begin and end with, the longest first.
    """

    name: str
    ancestors: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ("T",)
    """The type parameters in their order."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """The type expression that a type parameter stands for when none is given."""
    constructor: Entry = HARMLESS
    attributes: Mapping[str, str] = field(default_factory=dict)
    methods: Mapping[str, Entry] = field(default_factory=dict)
    patterns: tuple[tuple[str, str, Entry], ...] = ()
    iterates: str | None = None
    iteration_blocks: str | None = None
    async_iterates: str | None = None
    enters: str = "self"
    enter_blocks: str | None = None
    exit_blocks: str | None = None
    async_enters: str = "self"
    awaits: str | None = None
    shown: str = ""
    """What messages call it: of a class that stands for many, the name by which a reader knows it."""


@dataclass(frozen=True, slots=True)
class TypeExpression:
    """`list[redis.Redis]` is `builtins.list` with one argument.

    Words instead of a name: `self` (the receiver's own type), `arg0` and `keyword.NAME` (an instance of the class that
    is the first argument, or the argument of that keyword), and the type parameters of the receiver.
    """

    name: str
    arguments: tuple[TypeExpression, ...] = ()


@cache
def type_expression(text: str) -> TypeExpression:
    """Raises ValueError for anything but names with bracketed, comma-separated arguments."""
    tokens = re.findall(r"[\w.]+|[\[\],]|\S", text)
    expression, rest = _expression(tokens, text)
    if rest:
        raise ValueError(f"not a type expression: {text}")
    return expression


def _expression(tokens: list[str], text: str) -> tuple[TypeExpression, list[str]]:
    if not tokens or not re.fullmatch(r"[A-Za-z_][\w.]*", tokens[0]):
        raise ValueError(f"not a type expression: {text}")
    name, rest = tokens[0], tokens[1:]
    if name in BUILTIN_TYPES:
        name = f"builtins.{name}"
    arguments: list[TypeExpression] = []
    if rest and rest[0] == "[":
        while rest and rest[0] in "[,":
            argument, rest = _expression(rest[1:], text)
            arguments.append(argument)
        if not rest or rest[0] != "]":
            raise ValueError(f"not a type expression: {text}")
        rest = rest[1:]
    return TypeExpression(name, tuple(arguments)), rest


@dataclass(frozen=True, slots=True)
class Package:
    """One data file, as it stands: classes do not hold what they inherit yet."""

    aliases: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, Entry] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


NOTHING = Package()


@cache
def packages() -> frozenset[str]:
    """The top-level packages that have a data file."""
    return frozenset(file.stem for file in DATA.glob("*.toml"))


def document(name: str) -> dict[str, Any]:
    """A data file as it stands."""
    data: dict[str, Any] = tomllib.loads((DATA / f"{name}.toml").read_text("utf-8"))
    return data


@cache
def package(name: str) -> Package:
    """The data of a top-level package; nothing for one without a file."""
    if name not in packages():
        return NOTHING
    data = document(name)
    functions = {key: entry(value) for key, value in data.get("functions", {}).items()}
    for module, groups in data.get("modules", {}).items():
        functions.update((f"{module}.{key}", value) for key, value in grouped(groups))
    classes = dict(data.get("classes", {}))
    for base, table in data.get("classes", {}).items():
        classes.update((subclass, {"bases": [base]}) for subclass in table.get("subclasses", ()))
    return Package(data.get("aliases", {}), functions, data.get("variables", {}), classes)


FIELDS = {"async": "coroutine", "property": "is_property", "instead": "awaitable_twin"}
"""Keys of the data that are called otherwise in Entry."""


@cache
def tier(name: str) -> Entry:
    return Entry(blocks=name)


COROUTINE = Entry(coroutine=True)


def entry(value: str | Mapping[str, Any]) -> Entry:
    """An entry as it stands in the data: a tier, or a table. Raises TypeError for an unknown key."""
    if isinstance(value, str):
        return tier(value)
    if not value:
        return HARMLESS
    fields: dict[str, Any] = {
        FIELDS.get(key, key): tuple(item) if isinstance(item, list) else item for key, item in value.items()
    }
    return Entry(**fields)


def grouped(table: Mapping[str, Any]) -> Iterator[tuple[str, Entry]]:
    """The members that a module's or class's table names in bulk, each with its entry."""
    for name in table.get("harmless", ()):
        yield name, HARMLESS
    for name in table.get("coroutines", ()):
        yield name, COROUTINE
    for blocks, names in table.get("blocking", {}).items():
        for name in names:
            yield name, tier(blocks)
    for returns, names in table.get("returning", {}).items():
        result = Entry(returns=returns)
        for name in names:
            yield name, result


def constructor(table: Mapping[str, Any], bases: Sequence[ClassEntry]) -> Entry:
    if "constructor" in table:
        return entry(table["constructor"])
    return next((base.constructor for base in bases if base.constructor != HARMLESS), HARMLESS)


def assembled(name: str, table: Mapping[str, Any], bases: Sequence[ClassEntry]) -> ClassEntry:
    """A class with what it inherits: its own word first, then that of its bases from left to right."""
    ancestors: dict[str, None] = {}
    attributes: dict[str, str] = {}
    methods: dict[str, Entry] = {}
    for base in reversed(bases):
        attributes.update(base.attributes)
        methods.update(base.methods)
    for base in bases:
        ancestors.update(dict.fromkeys((base.name, *base.ancestors)))
    attributes.update(table.get("attributes", {}))
    methods.update(grouped(table))
    methods.update((key, entry(value)) for key, value in table.get("methods", {}).items())
    patterns = {front + "*" + end: value for base in reversed(bases) for front, end, value in base.patterns}
    patterns.update((key, methods.pop(key)) for key in list(methods) if "*" in key)
    inherited: dict[str, Any] = {
        key: table.get(key) or next((getattr(base, key) for base in bases if getattr(base, key) != default), default)
        for key, default in {
            "iterates": None,
            "iteration_blocks": None,
            "async_iterates": None,
            "enters": "self",
            "enter_blocks": None,
            "exit_blocks": None,
            "async_enters": "self",
            "awaits": None,
        }.items()
    }
    parameters = {"T": ""}
    if "parameters" in table:
        parameters = table["parameters"]
    elif bases:
        parameters = {key: bases[0].defaults.get(key, "") for key in bases[0].parameters}
    return ClassEntry(
        name,
        tuple(ancestors),
        tuple(parameters),
        {key: text for key, text in parameters.items() if text},
        constructor(table, bases),
        attributes,
        methods,
        tuple((*_parted(key), patterns[key]) for key in sorted(patterns, key=len, reverse=True)),
        **inherited,
        shown=table.get("shown", name),
    )


def _parted(pattern: str) -> tuple[str, str]:
    front, _, end = pattern.partition("*")
    return front, end
