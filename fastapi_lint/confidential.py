"""What must not reach a build log: the values of secrets, wherever a report or a diff shows the lines that hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import TYPE_CHECKING

from fastapi_lint.token_formats import hits

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic
    from fastapi_lint.source import Source

RULES = frozenset({"hardcoded-secret", "insecure-secret-default"})
"""Rules whose findings are about such values."""

STRING = re.compile(r"""(?P<quote>["'])(?P<body>(?:\\.|(?!(?P=quote)).)*)(?P<end>(?P=quote)?)""")
TRIPLE = re.compile(r"(?P<quote>\"{3}|'{3})(?P<body>.*?)(?P=quote)", re.DOTALL)
SHORTEST = 4
"""Code points of a value that is masked outside of quotes too."""


def secrets(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> frozenset[str]:
    """The values in the lines that such rules found, line by line. `sources` by display path."""
    return frozenset(
        value
        for found in diagnostics
        if found.name in RULES and found.path in sources
        for value in _values(found, sources[found.path])
    )


def _values(found: Diagnostic, source: Source) -> Iterator[str]:
    start, end = found.span.start, found.span.end
    text = source.text[source.offset(*start) : source.offset(*end)]
    if not re.search("[\"']", text):
        text = "\n".join(source.line(number) for number in range(start.line, end.line + 1))
    for match in TRIPLE.finditer(text):
        yield from filter(None, map(str.strip, match["body"].splitlines()))
    for match in STRING.finditer(TRIPLE.sub("", text)):
        yield from filter(None, [match["body"].strip()])


def masked(text: str, values: Set[str]) -> str:
    """The text with asterisks for the values and for tokens of well-known formats, as long as it was.

    A value that could be a name or is short is masked in strings only.
    """
    for hit in hits(text):
        text = text[: hit.start] + "*" * (hit.end - hit.start) + text[hit.end :]
    for value in sorted(values, key=lambda value: (-len(value), value)):
        if value not in text:
            continue
        if len(value) >= SHORTEST and not value.isidentifier():
            text = text.replace(value, "*" * len(value))
        else:
            text = STRING.sub(lambda match, value=value: _in_string(match, value), text)  # type: ignore[misc]
    return text


def _in_string(match: re.Match[str], value: str) -> str:
    body = match["body"]
    if len(value) < SHORTEST and body.strip() != value:
        return match.group()
    return match["quote"] + body.replace(value, "*" * len(value)) + match["end"]


def blotted(text: str) -> str:
    """A line with asterisks in the place of all its strings."""
    return STRING.sub(lambda match: match["quote"] + "*" * len(match["body"]) + match["end"], text)
