"""What must not reach a build log: the values of secrets, wherever a report or a diff shows the lines that hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi_lint.diagnostics import Diagnostic, LocatedFix, TextEdit
from fastapi_lint.token_formats import hits

if TYPE_CHECKING:
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


def shareable(diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source]) -> tuple[Diagnostic, ...]:
    """The diagnostics with fixes whose texts hold no secret, though they do the same. One that cannot do without is left out."""
    values = secrets(diagnostics, sources)
    return tuple(
        found if found.fix is None else replace(found, fix=_shareable(found.fix, sources, values))
        for found in diagnostics
    )


def _shareable(fix: LocatedFix, sources: Mapping[str, Source], values: Set[str]) -> LocatedFix | None:
    edits = tuple(
        piece
        for edit in fix.edits
        for piece in (_around_strings(edit, sources[edit.path]) if edit.path in sources else (edit,))
    )
    if any(masked(edit.replacement, values) != edit.replacement for edit in edits):
        return None
    return replace(fix, edits=edits)


def _around_strings(edit: TextEdit, source: Source) -> Iterator[TextEdit]:
    """An edit as several that leave the strings where they are which the text had before and has afterwards."""
    old, new = source.text[edit.start : edit.end], edit.replacement
    at_old = at_new = 0
    for match in (*STRING.finditer(new), None):
        kept = "" if match is None else match.group()
        to_old = len(old) if match is None else old.find(kept, at_old)
        to_new = len(new) if match is None else match.start()
        if to_old < 0:
            continue
        if match is None and not at_new:
            yield edit
        elif old[at_old:to_old] != new[at_new:to_new]:
            start, end = edit.start + at_old, edit.start + to_old
            yield TextEdit(edit.path, start, end, new[at_new:to_new], source.span(start, end))
        at_old, at_new = to_old + len(kept), to_new + len(kept)


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
