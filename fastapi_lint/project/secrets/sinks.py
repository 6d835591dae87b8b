"""Texts of the source that something is given as a secret: an argument, a header, a module's setting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.frames import CallSite, Frame, TextUse
from fastapi_lint.project.interpreting.functions import paired
from fastapi_lint.project.interpreting.modules import chunk_of
from fastapi_lint.project.interpreting.values import (
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
)
from fastapi_lint.project.secrets.clues import Clue, clue, qualified, texts, variable_of
from fastapi_lint.secret_text import (
    Kind,
    is_made_up,
    is_missing,
    kind_of,
    knowledge,
    login_in,
    names_variable,
    serves_as,
    variable_name,
    words,
)

if TYPE_CHECKING:
    from fastapi_lint.project import Project


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


def _of_call(project: Project, site: CallSite) -> Iterator[Clue]:
    callee, arguments = site.callee, site.arguments
    if not any(map(_may_hold_text, arguments.positional)) and not any(map(_may_hold_text, arguments.keywords.values())):
        return
    called = _last_name(site.node)
    if called in knowledge()["deferred"]["names"] and arguments.positional:
        callee = arguments.positional[0]
        arguments = Arguments(arguments.positional[1:], arguments.keywords, arguments.starred)
        called = _last(callee) or called
    if called in _shown("callees"):
        return
    for member in known_members(callee):
        if qualified(member) in knowledge()["environment"]:
            return
        yield from _of_known(project, site, member, arguments)
        if type(member) is FunctionValue:
            yield from _of_wrapper(project, site, member, arguments)
    yield from _of_names(site, callee, called, arguments)
    yield from _of_texts(site, callee, called, arguments)


def _may_hold_text(value: Value) -> bool:
    kind = type(value)
    return isinstance(value.value, str) if kind is Const else kind in HOLDERS  # type: ignore[attr-defined]


USES_KEYS = re.compile(
    r"jwt|jws|jose|Fernet|AES|hmac|Serializer|Signer|SessionMiddleware|login\(|Auth\(", re.IGNORECASE
)
"""Text of a function that may hand an argument on as a secret."""
HOLDERS = frozenset({Text, Union, Mapping, Sequence, Instance})


def _last_name(node: Any) -> str:
    """What a callee is called on the spot."""
    match node:
        case s.Call(func=s.Name(id=name) | s.Attribute(attr=name)):
            return name
        case _:
            return ""


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
    if type(site.node) is s.Call and _is_published(_variable(site.node, keyword, position)):
        return
    value = arguments.get(keyword, position)
    for const in texts(value) if value is not None else ():
        if serves_as(str(const.value), kind):
            yield clue(const, f"`{keyword}` of `{name}`", site.anchor, variable_of(name, keyword, kind))


def _of_wrapper(project: Project, site: CallSite, callee: FunctionValue, arguments: Arguments) -> Iterator[Clue]:
    """Arguments that a function of the project hands on to what uses them as a secret."""
    definition = callee.definition
    if not definition.module.has(USES_KEYS, chunk_of(definition.node.at)):
        return
    given = {name: value for name, value in paired(callee, arguments) if _may_hold_text(value)}
    for inner in project.it.analysis(callee).sites if given else ():
        for member in known_members(inner.callee):
            sink = _sinks().get(qualified(member)) if type(inner.node) is s.Call else None
            handed_on = _variable(inner.node, sink[0], sink[1]) if sink is not None else None
            if sink is None or handed_on not in given or _is_published(handed_on):
                continue
            keyword, _, kind = sink
            for const in texts(given[handed_on]):
                if serves_as(str(const.value), kind):
                    name = qualified(member)
                    yield clue(const, f"`{keyword}` of `{name}`", inner.anchor, variable_of(name, keyword, kind))


PUBLISHED = frozenset({"salt", "info", "label", "context", "purpose"})


def _is_published(name: str | None) -> bool:
    """Whether a variable is called what a derivation of keys takes beside the secret, and which a protocol may prescribe."""
    return name is not None and not PUBLISHED.isdisjoint(words(name)[-1:])


def _variable(call: s.Call, keyword: str, position: int) -> str | None:
    """The variable that a call is given as an argument."""
    node = next((argument.value for argument in call.args if argument.keyword == keyword), None)
    if node is None and position < len(call.args) and call.args[position].keyword is None:
        node = call.args[position].value
    return node.id if type(node) is s.Name else None


def _of_names(site: CallSite, callee: Value, called: str, arguments: Arguments) -> Iterator[Clue]:
    """Arguments whose own names say what they are."""
    given = dict(arguments.keywords)
    for member in known_members(callee):
        given.update(_parameters(member, arguments))
    if _is_built_in(callee) or _is_test(called) or is_made_up(called):
        return
    for keyword, value in given.items():
        kind = kind_of(keyword)
        for const in texts(value) if kind is not None else ():
            if kind is not None and _names_enough(str(const.value), kind, keyword):
                name = qualified(callee) or called
                used = f"`{keyword}` of `{called or name}`"
                yield clue(const, used, site.anchor, variable_of(name, keyword, kind))


def _is_built_in(callee: Value) -> bool:
    return type(callee) is Method and callee.owner.startswith("builtins.")


TESTS = (["verify"], ["check"], ["compare"], ["validate"], ["is"], ["has"])
"""Where functions begin that are given something to test, which harms nobody."""


@cache
def _is_test(called: str) -> bool:
    return words(called)[:1] in TESTS


def _names_enough(text: str, kind: Kind, name: str) -> bool:
    if not serves_as(text, kind) or names_variable(text) or text.strip().count(" ") > 1:
        return False
    if kind is Kind.PASSWORD:
        return True
    return not is_missing(text) and words(text) != words(name) and _has_digit(text)


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


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
    if _is_built_in(callee):
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
            for const, is_whole in passwords(value):
                used = f"the URL of `{called}`" if called else "a URL"
                yield clue(const, used, site.anchor, variable_of(name, keyword, None), is_whole)


def _of_headers(site: CallSite, headers: Mapping) -> Iterator[Clue]:
    for header, value in headers.entries.items():
        if isinstance(header, str) and header.lower() in knowledge()["texts"]["headers"]:
            yield from _of_header(site.anchor, header, value)


def _of_header(site: Anchor, header: str, value: Value) -> Iterator[Clue]:
    for const in texts(value):
        scheme, _, rest = str(const.value).partition(" ")
        token = rest if scheme.lower() in ("bearer", "basic", "token", "bot", "apikey") else str(const.value)
        if serves_as(token, Kind.TOKEN) and _has_digit(token):
            is_whole = token == const.value
            yield clue(_piece(const, token), f"the header `{header}`", site, variable_name(header), is_whole)


def _of_pair(site: CallSite, keyword: str, name: str, value: Sequence) -> Iterator[Clue]:
    if value.items is not None and len(value.items) == 2:
        for const in texts(value.items[1]):
            if serves_as(str(const.value), Kind.PASSWORD):
                used = f"the password in `{keyword}` of `{name}`"
                yield clue(const, used, site.anchor, variable_of(name, "password", None))


def passwords(value: Value) -> Iterator[tuple[Const, bool]]:
    """The texts that hold the password of a URL, and whether they are the URL itself."""
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
                yield whole, whole is piece and len(pieces) == 1
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
        yield from _of_header(site, use.name, use.right)
        return
    kind = kind_of(use.name)
    if kind is None or not _is_setting(use):
        return
    owner = qualified(use.left)
    for const in texts(use.right):
        if serves_as(str(const.value), kind):
            used = f"`{use.name}` of `{owner}`" if owner and type(use.left) is External else f"`{use.name}`"
            variable = variable_of(f"{owner}.{use.name}" if owner else "", use.name, kind)
            yield clue(const, used, site, variable, owner != ENVIRONMENT)


def _is_setting(use: TextUse) -> bool:
    """Whether assigning to the attribute or key configures something outside the project."""
    if type(use.node) is s.Attribute:
        return type(use.left) is External or (type(use.left) is Instance and isinstance(use.left.cls, str))
    return (type(use.left) is External and use.left.name == ENVIRONMENT) or use.name.isupper()


ENVIRONMENT = "os.environ"
