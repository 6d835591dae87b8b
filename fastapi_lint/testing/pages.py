"""A rule's docstring, taken apart: what its sections say, and the examples that can be run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

HEADING = re.compile(r"## +(?P<heading>.+?) *")
FENCE = re.compile(r"(?P<ticks>`{3,})(?P<language>\w*)(?: +title=\"(?P<title>[^\"]+)\")? *")
UNTITLED = "main.py"


@dataclass(frozen=True, slots=True)
class Example:
    """Files that are checked together, by path: a fence without a title is a `main.py` of its own."""

    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """`sections` maps a heading to the Markdown below it.

    A file of several that a Good example does not show is as it was in the Bad one in the same place.
    """

    title: str
    sections: Mapping[str, str]
    bad: tuple[Example, ...]
    good: tuple[Example, ...]


def parse(documentation: str) -> Page:
    """A page from a docstring without indentation. Headings inside fences are text."""
    title, _, rest = documentation.partition("\n")
    sections: dict[str, list[str]] = {}
    lines = sections.setdefault("", [])
    ticks: str | None = None
    for line in rest.splitlines():
        heading, fence = HEADING.fullmatch(line), FENCE.fullmatch(line)
        if ticks is None and heading:
            lines = sections.setdefault(heading["heading"], [])
            continue
        if fence and ticks is None:
            ticks = fence["ticks"]
        elif line.rstrip() == ticks:
            ticks = None
        lines.append(line)
    texts = {heading: "\n".join(body).strip() for heading, body in sections.items()}
    bad = tuple(examples(texts.get("Bad", "")))
    shown = examples(texts.get("Good", ""))
    good = (_completed(example, before) for example, before in zip_longest(shown, bad) if example)
    return Page(title, texts, bad, tuple(good))


def _completed(good: Example, bad: Example | None) -> Example:
    if bad is None or UNTITLED in good.files or UNTITLED in bad.files:
        return good
    return Example({**bad.files, **good.files})


def examples(markdown: str) -> Iterator[Example]:
    """The examples in a section. Titled fences belong together until a title comes again or an untitled one comes."""
    together: dict[str, str] = {}
    for language, title, code in _fences(markdown):
        if title is None and language != "python":
            continue
        if together and (title is None or title in together):
            yield Example(together)
            together = {}
        if title is None:
            yield Example({UNTITLED: code})
        else:
            together[title] = code
    if together:
        yield Example(together)


def _fences(markdown: str) -> Iterator[tuple[str, str | None, str]]:
    """The language, title and text of each fenced block."""
    opening: re.Match[str] | None = None
    lines: list[str] = []
    for line in markdown.splitlines():
        if opening is None:
            opening = FENCE.fullmatch(line)
            lines = []
        elif line.rstrip() == opening["ticks"]:
            yield opening["language"], opening["title"], "".join(f"{text}\n" for text in lines)
            opening = None
        else:
            lines.append(line)
