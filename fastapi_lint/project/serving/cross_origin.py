"""What CORS settings let in. Starlette's own reading: a `"*"` among the origins, or a pattern that fits every origin, means any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING

from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.values import Const, Sequence, Value, known_members, members
from fastapi_lint.project.serving.middleware import Added, added

if TYPE_CHECKING:
    from fastapi_lint.project import Project

STRANGERS = ("https://attacker.example", "http://attacker.example:8080", "https://sub.attacker.test")
ORIGINS = ("allow_origins", "allow_origin_regex")


class Certainty(Enum):
    """`DEFAULT`: unless the settings say something else."""

    ALWAYS = "always"
    DEFAULT = "default"


def open_to_all(project: Project) -> Iterator[tuple[Added, Anchor, Certainty]]:
    """The places that let any origin in: the middleware, the argument that does so, and how sure that is."""
    for one in added(project, "CORSMiddleware"):
        for name in ORIGINS:
            certainty = _lets_all_in(one.argument(name), name)
            if certainty is not None:
                yield one, one.place(name), certainty
                break


def with_credentials(one: Added) -> bool:
    """Whether credentials are allowed, whatever happens."""
    given = one.argument("allow_credentials")
    return given is not None and all(type(member) is Const and bool(member.value) for member in members(given))


def _lets_all_in(value: Value | None, name: str) -> Certainty | None:
    if value is None:
        return None
    found: set[Certainty | None] = set()
    for member in known_members(value):
        found.add(_of_pattern(member) if name == "allow_origin_regex" else _of_origins(member))
    if found == {Certainty.ALWAYS}:
        return Certainty.ALWAYS
    unsettled = [member for member in known_members(value) if not _is_settled(member)]
    return Certainty.DEFAULT if Certainty.DEFAULT in found and (None not in found or unsettled) else None


def _of_origins(value: Value) -> Certainty | None:
    """`"*"`, or a list with it."""
    if type(value) is Const:
        return _by_origin(value) if isinstance(value.value, str) and "*" in value.value.split(",") else None
    if type(value) is not Sequence:
        return None
    if value.default is not None:
        return Certainty.DEFAULT if _of_origins(value.default) is not None else None
    for item in value.items or ():
        for member in members(item):
            if type(member) is Const and member.value == "*":
                return _by_origin(member)
    return None


def _of_pattern(value: Value) -> Certainty | None:
    if type(value) is not Const or not isinstance(value.value, str):
        return None
    try:
        pattern = re.compile(value.value)
    except re.error:
        return None
    return _by_origin(value) if all(pattern.fullmatch(stranger) for stranger in STRANGERS) else None


def _by_origin(value: Const) -> Certainty:
    return Certainty.ALWAYS if value.origin == "literal" else Certainty.DEFAULT


def _is_settled(value: Value) -> bool:
    """Whether a value is written out in the code."""
    return type(value) is Const or (type(value) is Sequence and value.items is not None)
