"""Texts of the source that something is given as a secret: an argument, a header, a module's setting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project import classes
from fastapi_lint.project.attributes import SECRET_TYPES
from fastapi_lint.project.frames import CallSite, Frame, TextUse
from fastapi_lint.project.functions import paired
from fastapi_lint.project.values import (
    Arguments,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Mapping,
    Method,
    Sequence,
    Text,
    Union,
    Value,
    known_members,
    unboxed,
)
from fastapi_lint.secret_text import (
    Kind,
    is_missing,
    kind_of,
    knowledge,
    login_in,
    looks_random,
    serves_as,
    words,
)

if TYPE_CHECKING:
    from fastapi_lint.project import Project


@dataclass(frozen=True, slots=True, repr=False)
class Clue:
    """Why a text is a secret. `const` has the text, which is to be shown to nobody, and its place.

    `used`: what it is, for a message; `site`: where that shows; `variable`: a name for the environment variable that could hold it.
    `strength` orders the clues to one text: which is the first to be told.
    """

    const: Const
    used: str
    site: Anchor
    variable: str
    strength: int
    is_whole: bool = True  # not part of a longer text

    @property
    def is_default(self) -> bool:
        return self.strength in (DEFAULT, USED_DEFAULT)


USED, DEFAULT, USED_DEFAULT, NAMED = range(4)
"""Used as a secret; the default of something that is called one; used where something else is missing; called a secret."""


def texts(value: Value) -> Iterator[Const]:
    """The texts of the source that a value is or may be."""
    if type(value) is Const:
        if isinstance(value.value, str):
            yield value
    elif type(value) is Union:
        for member in value.members:
            yield from texts(member)
    elif type(value) is Instance:
        inner = unboxed(value)
        if inner is not value:
            yield from texts(inner)
        elif value.class_name in SECRET_TYPES and value.made is not None and value.made.positional:
            yield from texts(value.made.positional[0])


def clues(project: Project, frame: Frame) -> Iterator[Clue]:
    for site in frame.sites:
        if site.kind == "call":
            yield from _of_call(project, site)
    for use in frame.texts:
        if use.kind == "store":
            yield from _of_store(frame, use)


# ---- arguments ----------------------------------------------------------------------------------------------------------------


@cache
def _sinks() -> dict[str, tuple[str, int, Kind]]:
    """The argument of each known callee: keyword, position, kind."""
    found: dict[str, tuple[str, int, Kind]] = {}
    for kind in Kind:
        for callee, argument in knowledge()["arguments"][kind.value].items():
            keyword, _, position = argument.partition(" ")
            found[callee] = (keyword, int(position), kind)
    return found


@cache
def _shown(key: str) -> frozenset[str]:
    return frozenset(knowledge()["shown"][key])


@cache
def deferring() -> frozenset[str]:
    return frozenset(knowledge()["deferred"]["names"])


def last_name(node: Any) -> str:
    """What a callee is called on the spot."""
    kind = type(node)
    return node.id if kind is s.Name else node.attr if kind is s.Attribute else ""


def qualified(callee: Value) -> str:
    match callee:
        case External():
            return callee.name
        case Method():
            return callee.qualname
        case Instance(cls=str() as name):
            return f"{name}.__call__"
        case _:
            return ""


def _of_call(project: Project, site: CallSite) -> Iterator[Clue]:
    callee, arguments, called = site.callee, site.arguments, last_name(site.node.func) if type(site.node) is s.Call else ""
    if not arguments.positional and not arguments.keywords:
        return
    if called in deferring() and arguments.positional:
        callee = arguments.positional[0]
        arguments = Arguments(arguments.positional[1:], arguments.keywords, arguments.starred)
        called = _last(callee) or called
    if called in _shown("callees"):
        return
    for member in known_members(callee):
        if qualified(member) in knowledge()["environment"]:
            return
        yield from _of_known(project, site, member, arguments)
    yield from _of_names(site, callee, called, arguments)
    yield from _of_texts(site, callee, called, arguments)


def _last(callee: Value) -> str:
    match callee:
        case External():
            return callee.name.rpartition(".")[2]
        case ClassValue() | FunctionValue():
            return callee.definition.name
        case _:
            return ""


def _of_known(project: Project, site: CallSite, callee: Value, arguments: Arguments) -> Iterator[Clue]:
    name = qualified(callee)
    sink = _sinks().get(name)
    if sink is None:
        return
    keyword, position, kind = sink
    value = arguments.get(keyword, position)
    for const in texts(value) if value is not None else ():
        if serves_as(str(const.value), kind):
            yield clue(const, f"`{keyword}` of `{name}`", site.anchor, _variable(name, keyword, kind))


def _of_names(site: CallSite, callee: Value, called: str, arguments: Arguments) -> Iterator[Clue]:
    """Arguments whose own names say what they are."""
    given = dict(arguments.keywords)
    for member in known_members(callee):
        given.update(_parameters(member, arguments))
    if (type(callee) is Method and callee.owner.startswith("builtins.")) or words(called)[:1] in TESTS:
        return
    for keyword, value in given.items():
        kind = kind_of(keyword)
        for const in texts(value) if kind is not None else ():
            if kind is not None and _names_enough(str(const.value), kind, keyword):
                name = qualified(callee) or called
                yield clue(const, f"`{keyword}` of `{called or name}`", site.anchor, _variable(name, keyword, kind))


TESTS = (["verify"], ["check"], ["compare"], ["validate"], ["is"], ["has"])
"""Where functions begin that are given something to test, which harms nobody."""


def _names_enough(text: str, kind: Kind, name: str) -> bool:
    if not serves_as(text, kind) or text.strip().count(" ") > 1:
        return False
    if kind is Kind.PASSWORD:
        return True
    return not is_missing(text) and words(text) != words(name) and (any(c.isdigit() for c in text) or looks_random(text))


def _parameters(callee: Value, arguments: Arguments) -> list[tuple[str, Value]]:
    """The arguments of a function or class of the project, by the names of its parameters."""
    if type(callee) is FunctionValue:
        return paired(callee, arguments)
    if type(callee) is ClassValue:
        found = classes.member(callee.definition, "__init__")
        if found is not None and type(found[1]) is FunctionValue:
            return paired(found[1], arguments)
    return []


def _of_texts(site: CallSite, callee: Value, called: str, arguments: Arguments) -> Iterator[Clue]:
    """Arguments whose texts say what they are: a URL with a password, a header, a pair of name and password."""
    if type(callee) is Method and callee.owner.startswith("builtins."):
        return
    name = qualified(callee) or called
    for keyword, value in [*(("", v) for v in arguments.positional), *arguments.keywords.items()]:
        if keyword in _shown("keywords"):
            continue
        if type(value) is Mapping:
            yield from _of_headers(site, value)
        elif type(value) is Sequence and keyword in ("auth", "basic_auth", "http_auth"):
            yield from _of_pair(site, keyword, name, value)
        else:
            yield from _of_url(site, f"the URL of `{called}`" if called else "a URL", value, _variable(name, keyword, None))


def _of_headers(site: CallSite, headers: Mapping) -> Iterator[Clue]:
    for header, value in headers.entries.items():
        if isinstance(header, str) and header.lower() in knowledge()["texts"]["headers"]:
            yield from of_header(site.anchor, header, value)


def of_header(site: Anchor, header: str, value: Value) -> Iterator[Clue]:
    for const in texts(value):
        scheme, _, rest = str(const.value).partition(" ")
        token = rest if scheme.lower() in ("bearer", "basic", "token", "bot", "apikey") else str(const.value)
        if serves_as(token, Kind.TOKEN) and (any(c.isdigit() for c in token) or looks_random(token)):
            yield clue(_piece(const, token), f"the header `{header}`", site, "_".join(words(header)).upper(), token == const.value)


def _of_pair(site: CallSite, keyword: str, name: str, value: Sequence) -> Iterator[Clue]:
    if value.items is not None and len(value.items) == 2:
        for const in texts(value.items[1]):
            if serves_as(str(const.value), Kind.PASSWORD):
                yield clue(const, f"the password in `{keyword}` of `{name}`", site.anchor, _variable(name, "password", None))


def _of_url(site: CallSite, used: str, value: Value, variable: str) -> Iterator[Clue]:
    for member in known_members(value):
        pieces = member.parts if type(member) is Text else tuple(texts(member))
        text = "".join(str(piece.value) if type(piece) is Const else "\0" for piece in pieces)
        found = login_in(text) if "://" in text[:40] else None
        if found is None:
            continue
        start = 0
        for piece in pieces:
            size = len(str(piece.value)) if type(piece) is Const else 1
            if type(piece) is Const and start <= found.start and found.end <= start + size:
                whole = _piece(piece, text[found.start : found.end])
                yield clue(whole, used, site.anchor, variable, whole is piece and len(pieces) == 1)
            start += size


def _piece(const: Const, text: str) -> Const:
    """Of a text that was put together, the piece that holds the secret; else the text itself."""
    for piece in const.parts:
        if piece.place is not None and text in str(piece.value):
            return piece
    return const


# ---- assignments --------------------------------------------------------------------------------------------------------------


def _of_store(frame: Frame, use: TextUse) -> Iterator[Clue]:
    site = frame.anchor(use.node)
    if type(use.node) is s.Subscript and use.name.lower() in knowledge()["texts"]["headers"]:
        yield from of_header(site, use.name, use.right)
        return
    kind = kind_of(use.name)
    if kind is None or not _is_setting(use):
        return
    owner = qualified(use.left)
    for const in texts(use.right):
        if serves_as(str(const.value), kind) and not is_missing(str(const.value)):
            used = f"`{use.name}` of `{owner}`" if owner and type(use.left) is External else f"`{use.name}`"
            yield clue(const, used, site, _variable(owner, use.name, kind))


def _is_setting(use: TextUse) -> bool:
    """Whether assigning to the attribute or key configures something outside the project."""
    if type(use.node) is s.Attribute:
        return type(use.left) is External or (type(use.left) is Instance and isinstance(use.left.cls, str))
    return (type(use.left) is External and use.left.name == "os.environ") or use.name.isupper()


# ---- clues --------------------------------------------------------------------------------------------------------------------


def clue(const: Const, used: str, site: Anchor, variable: str, is_whole: bool = True) -> Clue:
    for part in const.parts:
        if part.place is not None and len(str(part.value)) * 4 > len(str(const.value)) * 3:
            const, is_whole = part.as_(const.origin), False
    return Clue(const, used, site, variable, USED if const.origin == "literal" else USED_DEFAULT, is_whole)


def _variable(callee: str, keyword: str, kind: Kind | None) -> str:
    """A name for an environment variable that an argument could come from."""
    package, _, rest = callee.partition(".")
    prefix = knowledge()["variables"].get(package, package.upper() if rest else "")
    if kind is None:
        keyword = keyword if "password" in keyword else "url"
    elif kind_of(keyword) is None:
        keyword = {Kind.KEY: "secret_key", Kind.PASSWORD: "password", Kind.TOKEN: "api_key"}[kind]
    name = "_".join(words(keyword)).upper()
    return name if not prefix or name.startswith(prefix) else f"{prefix}_{name}"
