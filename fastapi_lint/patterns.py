"""Patterns as in a `.gitignore`: for the ignore files themselves, for `exclude` and for `per-file-ignores`.

Semantics: gitignore(5) and git's wildmatch. Written here since discovery runs on every start, where importing pathspec
(30 ms) and trying one regular expression a line cost more than the walk: most lines are names or `*.suffix`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

SPECIAL = re.compile(r"[*?\[\\]")
CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line. Its regular expression is for the name, or if `anchored` for the path from the patterns' directory."""

    text: str
    expression: str
    anchored: bool
    negated: bool
    directories_only: bool


@dataclass(frozen=True, slots=True)
class Patterns:
    """The patterns of one directory; the last one that matches decides."""

    patterns: tuple[Pattern, ...]
    names: frozenset[str]
    suffixes: tuple[str, ...]
    name_filter: re.Pattern[str] | None
    path_filter: re.Pattern[str] | None

    def deciding(self, path: str, *, directory: bool) -> Pattern | None:
        """The pattern that decides about an entry. `path` is relative to the patterns' directory, with `/`."""
        name = path[path.rfind("/") + 1 :]
        if not (
            name in self.names
            or (self.suffixes and name.endswith(self.suffixes))
            or (self.name_filter is not None and self.name_filter.match(name))
            or (self.path_filter is not None and self.path_filter.match(path))
        ):
            return None
        for pattern in reversed(self.patterns):
            if pattern.directories_only and not directory:
                continue
            if re.match(pattern.expression, path if pattern.anchored else name):
                return pattern
        return None

    def covering(self, path: str) -> Pattern | None:
        """The pattern that takes a path in, by itself or by a directory above it. A directory's path ends in `/`."""
        end = path.find("/")
        while end >= 0:
            pattern = self.deciding(path[:end], directory=True)
            if pattern is not None and not pattern.negated:
                return pattern
            end = path.find("/", end + 1)
        if path.endswith("/"):
            return None
        pattern = self.deciding(path, directory=False)
        return None if pattern is None or pattern.negated else pattern


def compiled(lines: Iterable[str]) -> Patterns:
    """The patterns of an ignore file's lines. As in git, a malformed line matches nothing."""
    patterns: list[Pattern] = []
    names: set[str] = set()
    suffixes: list[str] = []
    name_globs: list[str] = []
    path_globs: list[str] = []
    for line in lines:
        split = _split(line)
        if split is None:
            continue
        body, anchored, negated, directories_only = split
        expression = _expression(body)
        patterns.append(Pattern(line, rf"(?s:{expression})\Z", anchored, negated, directories_only))
        if anchored:
            path_globs.append(expression)
        elif not SPECIAL.search(body):
            names.add(body)
        elif body.startswith("*") and not SPECIAL.search(body, 1):
            suffixes.append(body[1:])
        else:
            name_globs.append(expression)
    return Patterns(tuple(patterns), frozenset(names), tuple(suffixes), _any(name_globs), _any(path_globs))


def _any(expressions: list[str]) -> re.Pattern[str] | None:
    return re.compile(f"(?:{'|'.join(expressions)})\\Z", re.DOTALL) if expressions else None


def _split(line: str) -> tuple[str, bool, bool, bool] | None:
    """A line's glob, and whether it is anchored, negated, for directories only."""
    line = line.rstrip("\r\n")
    body = line.rstrip(" ")
    if body != line and (len(body) - len(body.rstrip("\\"))) % 2:
        body += " "  # the first of the spaces is escaped
    if not body or body.startswith("#"):
        return None
    negated = body.startswith("!")
    if negated:
        body = body[1:]
    directories_only = body.endswith("/")
    if directories_only:
        body = body[:-1]
    anchored = "/" in body
    if body.startswith("/"):
        body = body[1:]
    return (body, anchored, negated, directories_only) if body else None


def _expression(glob: str) -> str:
    """A regular expression for a glob, in which `*` and `?` stop at `/`; a malformed glob never matches."""
    parts: list[str] = []
    at = 0
    while at < len(glob):
        char = glob[at]
        if char == "*":
            end = at
            while glob[end : end + 1] == "*":
                end += 1
            begins = at == 0 or glob[at - 1] == "/"
            if end - at >= 2 and begins and glob[end : end + 1] == "/":
                parts.append("(?:.*/)?")
                end += 1
            elif end - at >= 2 and begins and end == len(glob):
                parts.append(".*" if at == 0 else ".+")
            else:
                parts.append("[^/]*")
            at = end
        elif char == "?":
            parts.append("[^/]")
            at += 1
        elif char == "[":
            expression, at = _bracket(glob, at + 1)
            parts.append(expression)
        else:
            at += char == "\\"
            parts.append(re.escape(glob[at]) if at < len(glob) else "(?!)")
            at += 1
    return "".join(parts)


def _bracket(glob: str, at: int) -> tuple[str, int]:
    """The character class that begins after `[` at `at`, and where the glob goes on."""
    negated = glob[at : at + 1] in ("!", "^")
    at += negated
    first = at
    members: list[str] = []
    while True:
        char = glob[at : at + 1]
        if not char:
            return "(?!)", len(glob)
        if char == "]" and at > first:
            break
        named = re.compile(r"\[:(\w*):\]").match(glob, at)
        if named:
            if named[1] not in CLASSES:
                return "(?!)", len(glob)
            members.append(CLASSES[named[1]])
            at = named.end()
            continue
        low, at = _member(glob, at)
        members.append(re.escape(low))
        if glob[at : at + 1] == "-" and glob[at + 1 : at + 2] not in ("", "]"):
            high, at = _member(glob, at + 1)
            if low <= high:
                members.append(f"{re.escape(low)}-{re.escape(high)}")
    return f"(?!/)[{'^' if negated else ''}{''.join(members)}]", at + 1


def _member(glob: str, at: int) -> tuple[str, int]:
    if glob[at : at + 1] == "\\" and at + 1 < len(glob):
        at += 1
    return glob[at], at + 1
