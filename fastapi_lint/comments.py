"""Where the comments of a text are.

Not `tokenize`: it rejects syntax newer than the running Python, and text that does not parse. Only strings hide a `#`,
so only strings are followed; f-strings and t-strings with what PEP 701 and PEP 750 let nest in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

TOKENS = r"""
    (?P<comment>\#[^\r\n]*)
  | (?P<template>(?<!\w)(?:[ft]r?|r[ft])(?P<quote>\"{3}|'{3}|["']))
  | (?P<string>
        \"{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:\"{3}|\Z)
      | '{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:'{3}|\Z)
      | "(?:[^"\\\r\n]|\\(?:\r\n|.))*"?
      | '(?:[^'\\\r\n]|\\(?:\r\n|.))*'?
    )
"""
CODE = re.compile(TOKENS, re.VERBOSE | re.DOTALL | re.IGNORECASE)
FIELD = re.compile(
    TOKENS + r"| (?P<open>[\[({]) | (?P<close>[\])}]) | (?P<colon>:)", re.VERBOSE | re.DOTALL | re.IGNORECASE
)


@dataclass(slots=True)
class _Level:
    """A level of an f-string or t-string: its literal text, a replacement field, or a field's format specification."""

    part: str  # "text", "field" or "format"
    quote: str
    raw: bool
    depth: int = 0  # brackets open in a field


def comments(text: str) -> Iterator[tuple[int, int]]:
    """The offsets of each comment, from its `#` to the end of its line."""
    levels: list[_Level] = []
    at = 0
    while True:
        level = levels[-1] if levels else None
        if level is None or level.part == "field":
            match = (FIELD if level else CODE).search(text, at)
            if match is None:
                return
            kind = match.lastgroup
            if kind == "comment":
                yield match.span()
            elif kind == "template":
                levels.append(_Level("text", match["quote"], "r" in match["template"].lower()))
            elif level is not None:
                _in_field(levels, kind)
        else:
            match = _literal(level.quote, level.raw, level.part).search(text, at)
            if match is None:
                return
            _in_literal(levels, match.lastgroup)
        at = match.end()


def _in_field(levels: list[_Level], kind: str | None) -> None:
    level = levels[-1]
    if kind == "open":
        level.depth += 1
    elif kind == "close" and level.depth:
        level.depth -= 1
    elif kind == "close":
        levels.pop()
    elif kind == "colon" and not level.depth:
        level.part = "format"


def _in_literal(levels: list[_Level], kind: str | None) -> None:
    level = levels[-1]
    if kind == "open":
        levels.append(_Level("field", level.quote, level.raw))
    elif kind == "close" and level.part == "format":
        levels.pop()
    elif kind == "end":
        while levels.pop().part != "text":
            pass


@cache
def _literal(quote: str, raw: bool, part: str) -> re.Pattern[str]:
    """What ends or interrupts literal text: a field, the quote, and for an unclosed one-line string the line's end.

    A backslash never escapes a brace, but `\\N{NAME}` is no field, and neither is `{{` outside a format specification.
    """
    skipped = [r"\\(?:\r\n|[^{])"]
    if not raw:
        skipped.insert(0, r"\\N\{[^{}\r\n]*\}")
    if part == "text":
        skipped.append(r"\{\{")
    end = quote if len(quote) == 3 else rf"{quote}|[\r\n]"
    return re.compile(rf"{'|'.join(skipped)}|(?P<end>{end})|(?P<open>\{{)|(?P<close>\}})", re.DOTALL)
