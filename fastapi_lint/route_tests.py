"""Which tests request which operation: by the paths that their calls of a test client are given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

HOLE = "\x00"
"""Stands for what an f-string fills in."""
CALL = re.compile(
    r"""\.(?P<verb>get|post|put|patch|delete|options|head|websocket_connect|request|stream)\(\s*
        (?:["'](?P<method>[A-Za-z]+)["']\s*,\s*)?(?:url\s*=\s*)?(?:(?P<before>[\w.]+)\s*\+\s*)?
        (?P<f>[fF]?)(?P<quote>["'])(?P<path>(?:(?!(?P=quote))[^\\\r\n])*)(?P=quote)""",
    re.VERBOSE,
)
FIELD = re.compile(r"{[^{}]*}")
PARAMETER = re.compile(r"{[a-zA-Z_]\w*(?::(\w+))?}")
ORIGIN = re.compile(r"^[a-z]+://[^/\x00]*")


class Request(NamedTuple):
    """A call in a test. `path` has `HOLE` for what is not written out; `place` is `file:line`, 1-based."""

    method: str
    path: str
    place: str


def requests(file: str, text: str) -> Iterator[Request]:
    """The requests that a test module makes, as far as their paths are written in the call."""
    for match in CALL.finditer(text):
        path = match["path"]
        if match["f"]:
            path = FIELD.sub(HOLE, path)
        if match["before"]:
            path = HOLE + path
        path = ORIGIN.sub("", path).partition("?")[0].partition("#")[0]
        if not path.startswith(("/", HOLE)) or path == HOLE:
            continue
        verb = match["method"] or match["verb"]
        method = "WEBSOCKET" if verb == "websocket_connect" else verb.upper()
        yield Request(method, path, f"{file}:{text.count(chr(10), 0, match.start()) + 1}")


def matched(wanted: Sequence[Request], operations: Sequence[tuple[str | None, str | None]]) -> list[list[str]]:
    """For each operation (method, path) of an application, in its order, the places that request it: the first match gets it."""
    found: list[list[str]] = [[] for _ in operations]
    patterns = [(method, _pattern(path)) for method, path in operations]
    for request in wanted:
        for index, (method, pattern) in enumerate(patterns):
            if method == request.method and pattern is not None and _fits(pattern, request.path):
                found[index].append(request.place)
                break
    return [list(dict.fromkeys(places)) for places in found]


def _pattern(path: str | None) -> re.Pattern[str] | None:
    """The paths that a route answers."""
    if path is None:
        return None
    parts: list[str] = []
    end = 0
    for match in PARAMETER.finditer(path):
        parts += [re.escape(path[end : match.start()]), ".+" if match[1] == "path" else "[^/]+"]
        end = match.end()
    return re.compile("".join([*parts, re.escape(path[end:])]) + "/?")


def _fits(pattern: re.Pattern[str], path: str) -> bool:
    if not path.startswith(HOLE):
        return pattern.fullmatch(path) is not None
    rest = path[1:]  # the hole may stand for any prefix
    return pattern.fullmatch(path) is not None or any(
        re.fullmatch(tail, rest) is not None for tail in _tails(pattern.pattern)
    )


def _tails(pattern: str) -> Iterator[str]:
    """A path's pattern without some of its first segments."""
    for match in re.finditer(r"(?<!\^)/(?!\?)", pattern):
        yield pattern[match.start() :]
