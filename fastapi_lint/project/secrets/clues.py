"""What shows a text of the source to be a secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.attributes import SECRET_TYPES
from fastapi_lint.project.interpreting.values import Const, External, Instance, Method, Union, Value, unboxed
from fastapi_lint.secret_text import Kind, kind_of, knowledge, variable_name


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


def clue(const: Const, used: str, site: Anchor, variable: str, is_whole: bool = True) -> Clue:
    for part in const.parts:
        if part.place is not None and len(str(part.value)) * 4 > len(str(const.value)) * 3:
            const, is_whole = part.as_(const.origin), False
    return Clue(const, used, site, variable, USED if const.origin == "literal" else USED_DEFAULT, is_whole)


def variable_of(callee: str, keyword: str, kind: Kind | None) -> str:
    """A name for an environment variable that an argument could come from."""
    package, _, rest = callee.partition(".")
    prefix = knowledge()["variables"].get(package, package.upper() if rest else "")
    if kind is None:
        keyword = keyword if "password" in keyword else "url"
    elif kind_of(keyword) is None:
        keyword = {Kind.KEY: "secret_key", Kind.PASSWORD: "password", Kind.TOKEN: "api_key"}[kind]
    name = variable_name(keyword)
    return name if not prefix or name.partition("_")[0] in prefix.split("_") else f"{prefix}_{name}"
