"""Cases: files that are checked together, and what must be said of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi_lint.comments import comments
from fastapi_lint.rule import Rule
from fastapi_lint.source import NEWLINE, Source, SourceError
from fastapi_lint.testing.pages import parse

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

MARKER = re.compile(r"# *(FAL\d{3}(?:[ ,]+FAL\d{3})*) *$")
FIRST_LINE = re.compile(r"# (?P<key>options|settings): (?P<table>\{.*\}) *")
FIXED = ".fixed.py"

Place = tuple[str, int, str]
"""Path, 1-based line, code."""


@dataclass(frozen=True, slots=True)
class Case:
    """`expected` is every finding of the codes in `exact`; findings of other rules do not matter.

    `fixed` are the files that the rule's fixes change, as they leave them; empty where nothing is said about that.
    `settings` is a table as in a fastapi-lint.toml.
    """

    name: str
    files: Mapping[str, bytes]
    exact: frozenset[str] = frozenset()
    expected: frozenset[Place] = frozenset()
    fixed: Mapping[str, bytes] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def page_cases(rule: Rule) -> list[Case]:
    """The examples of a rule's page. Fixing the first Bad one gives the first Good one."""
    page = parse(rule.documentation)
    fixed = page.good[0].files if page.good and rule.fix in ("safe", "unsafe") else {}
    bad = [
        Case(f"Bad {at}", _encoded(example.files), fixed=_encoded(fixed) if at == 1 else {})
        for at, example in enumerate(page.bad, 1)
    ]
    return bad + [Case(f"Good {at}", _encoded(example.files)) for at, example in enumerate(page.good, 1)]


def _encoded(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def fixture_cases(rule: Rule, directory: Path) -> list[Case]:
    """The cases in a rule's fixture directory, by name.

    Raises ValueError for a `*.fixed.py` that has no `*.py` beside it and for a first line that is not valid TOML.
    """
    return [_case(rule, name, files) for name, files in _grouped(directory)]


def _grouped(directory: Path) -> Iterator[tuple[str, dict[str, Path]]]:
    """Each case's name and its files, `*.fixed.py` included, by their path in the case."""
    alone: dict[str, dict[str, Path]] = {}
    for entry in sorted(directory.iterdir()):
        if entry.name == "__pycache__":
            continue
        if entry.is_dir():
            inside = (file for file in sorted(entry.rglob("*")) if file.is_file() and "__pycache__" not in file.parts)
            yield entry.name, {file.relative_to(entry).as_posix(): file for file in inside}
        elif entry.suffix == ".py":
            alone.setdefault(entry.name.removesuffix(FIXED).removesuffix(".py"), {})[entry.name] = entry
    yield from alone.items()


def _case(rule: Rule, name: str, files: Mapping[str, Path]) -> Case:
    content = {path: file.read_bytes() for path, file in files.items()}
    fixed = {path.removesuffix(FIXED) + ".py": data for path, data in content.items() if path.endswith(FIXED)}
    given = {path: data for path, data in content.items() if not path.endswith(FIXED)}
    if not fixed.keys() <= given.keys():
        raise ValueError(
            f"{rule.name}/{name}: there is a fixed {sorted(fixed.keys() - given.keys())[0]} without the file"
        )
    texts = {path: decoded(data) for path, data in given.items() if path.endswith(".py")}
    expected = frozenset((path, line, code) for path, text in texts.items() for line, code in marked(text))
    settings: dict[str, Any] = {}
    for text in texts.values():
        settings.update(_first_lines(text, rule))
    return Case(name, given, frozenset({rule.code, *(code for *_, code in expected)}), expected, fixed, settings)


def marked(text: str) -> Iterator[tuple[int, str]]:
    """The 1-based lines that a trailing comment says are flagged, with each code."""
    for start, end in comments(text):
        marker = MARKER.search(text[start:end])
        if marker:
            line = len(NEWLINE.findall(text, 0, start)) + 1
            yield from ((line, code) for code in re.findall(r"FAL\d{3}", marker[1]))


def decoded(data: bytes) -> str:
    """A file's text, whatever it takes: broken files are cases too."""
    try:
        return Source.decode("", data).text
    except SourceError:
        return data.decode("latin-1")


def _first_lines(text: str, rule: Rule) -> Iterator[tuple[str, Any]]:
    for line in text.splitlines()[:2]:
        given = FIRST_LINE.fullmatch(line)
        if given:
            table = tomllib.loads(f"table = {given['table']}")["table"]
            yield from [("rules", {rule.name: table})] if given["key"] == "options" else table.items()
