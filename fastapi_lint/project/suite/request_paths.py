"""The paths that a test requests, as far as they are known, and the operations that would answer.

A path is text in which a character of `HOLES` stands for what is not known: `f"/users/{user.id}"` is `/users/` and a hole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple
from urllib.parse import unquote

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.routing import URL_PATH
from fastapi_lint.project.interpreting.values import Arguments, Const, Instance, Text, Union, Value, members
from fastapi_lint.project.serving.paths import PARAMETER

HOLE, NUMBER = "\x00", "\x01"
HOLES = HOLE + NUMBER
MOST = 64
"""How many ways to fill a path in are looked at."""
ORIGIN = re.compile(rf"^[a-zA-Z][a-zA-Z+]*://[^/{HOLES}?#]*")
FIELD = re.compile(r"{[^{}]*}|%[sdr]")
SAMPLES = ("x-y~z", "7", "0f8fad5b-d9cb-469f-a165-70867728950e", "2.5")

Reverse = Callable[[Arguments], "str | None"]
"""From the arguments of `url_path_for` to a path, with holes; None for a route that is not known."""


def alternatives(value: Value, node: object, reverse: Reverse) -> tuple[str, ...] | None:
    """The paths that a value may stand for; None where nothing of it is known. `node` is how it is written."""
    found = _texts(value, reverse)
    if found is None:
        found = _written(node)
    return tuple(dict.fromkeys(found)) if found else None


def _texts(value: Value, reverse: Reverse) -> list[str] | None:
    if type(value) is Const:
        return [value.value] if isinstance(value.value, str) else None
    if type(value) is Text:
        pieces = [_piece(part, reverse) for part in value.parts]
        return ["".join(chosen) for chosen in islice(product(*pieces), MOST)]
    if type(value) is Union:
        each = [_texts(member, reverse) for member in members(value)]
        return None if any(one is None for one in each) else [text for one in each for text in one or ()]
    if type(value) is Instance and value.made is not None:
        if value.cls == URL_PATH:
            path = reverse(value.made)
            return [path] if path is not None else None
        if value.cls in ("httpx.URL", "httpx2.URL", "pathlib.PurePosixPath"):
            return _texts(value.made.positional[0], reverse) if len(value.made.positional) == 1 else None
    return None


def _piece(part: Value, reverse: Reverse) -> list[str]:
    """What a part of a text may be."""
    if type(part) is Const:
        return [str(part.value)]
    if type(part) is Union and all(type(member) is Const for member in part.members):
        return [str(member.value) for member in part.members if type(member) is Const]
    if type(part) is Instance and part.cls == "builtins.int":
        return [NUMBER]
    return _texts(part, reverse) or [HOLE]


def _written(node: object) -> list[str] | None:
    """`"/users/{}".format(x)` and `"/users/%s" % x`, whose values are not known, still tell the rest."""
    if type(node) is s.Call and type(node.func) is s.Attribute and node.func.attr == "format":
        node = node.func.value
    elif type(node) is s.BinaryOperation and node.operator == "%":
        node = node.left
    else:
        return None
    if type(node) is s.Constant and isinstance(node.value, str) and not node.kind:
        return [FIELD.sub(HOLE, node.value)]
    return None


def normalised(path: str, base: str) -> str | None:
    """A path as the application sees it: without origin, query and fragment, below the path of the client's base URL; None where nothing is left."""
    absolute = ORIGIN.match(path) is not None
    path = re.split(r"[?#]", ORIGIN.sub("", path), maxsplit=1)[0]
    if not path.strip(HOLES):
        return None if path else "/" if absolute else base or "/"
    if not absolute and path[0] not in HOLES:
        path = base + ("" if path.startswith("/") else "/") + path
    return unquote(path)


# ---- which operation answers --------------------------------------------------------------------------------------------------


def samples(path: str) -> Iterator[str]:
    """A path with its holes filled in, first as a name, then as a number and the like."""
    if not any(char in path for char in HOLES):
        yield path
        return
    for sample in SAMPLES:
        yield path.replace(HOLE, sample).replace(NUMBER, "7")


class _Step(NamedTuple):
    """Characters that a pattern takes next: `literal`, or any (`/` too, or not), or digits; `repeats`: as often as it likes."""

    kind: str
    repeats: bool = False


ANY, SEGMENT, DIGITS = "any", "segment", "digits"


@lru_cache(maxsize=4096)
def _of_route(path: str) -> tuple[_Step, ...] | None:
    """What a route's path takes, a little generously: every convertor that is not `int` takes what a name may hold."""
    found: list[_Step] = []
    position = 0
    for match in PARAMETER.finditer(path):
        found += [_Step(char) for char in path[position : match.start()]]
        kind = match[2] or "str"
        if kind == "path":
            found.append(_Step(ANY, repeats=True))
        elif kind == "int":
            found += [_Step(DIGITS), _Step(DIGITS, repeats=True)]
        elif kind in ("str", "float", "uuid"):
            found += [_Step(SEGMENT), _Step(SEGMENT, repeats=True)]
        else:
            return None  # a convertor of the project's own
        position = match.end()
    return (*found, *(_Step(char) for char in path[position:]))


@lru_cache(maxsize=4096)
def _of_request(path: str) -> tuple[_Step, ...]:
    steps: list[_Step] = []
    for char in path:
        if char == NUMBER:
            steps += [_Step(DIGITS), _Step(DIGITS, repeats=True)]
        else:
            steps.append(_Step(ANY, repeats=True) if char == HOLE else _Step(char))
    return tuple(steps)


def may_match(route: str, path: str) -> bool:
    """Whether some text for the holes of a path makes it one that a route takes."""
    left = _of_route(route)
    if left is None:
        return True
    right = _of_request(path)
    pending = [(0, 0)]
    seen = set(pending)
    while pending:
        i, j = pending.pop()
        if i == len(left) and j == len(right):
            return True
        for following in _following(left, right, i, j):
            if following not in seen:
                seen.add(following)
                pending.append(following)
    return False


def _following(left: Sequence[_Step], right: Sequence[_Step], i: int, j: int) -> Iterator[tuple[int, int]]:
    one = left[i] if i < len(left) else None
    other = right[j] if j < len(right) else None
    if one is not None and one.repeats:
        yield i + 1, j
    if other is not None and other.repeats:
        yield i, j + 1
    if one is not None and other is not None and _share(one.kind, other.kind):
        yield i + (not one.repeats), j + (not other.repeats)


def _share(left: str, right: str) -> bool:
    """Whether two steps may take the same character."""
    if len(left) == 1 and len(right) == 1:
        return left == right
    if len(left) == 1:
        left, right = right, left
    if len(right) == 1:
        return left == ANY or (right != "/" if left == SEGMENT else right.isdigit())
    return True
