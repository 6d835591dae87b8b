"""Findings that a project knows of and accepts for now: what each is known by, and the file that lists them.

Nothing in an entry depends on where in its file a finding stands, so that code above it may come and go. The file is
TOML with one entry on a line, each line with its own comma, so that version control can merge two people's changes.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi_lint.comments import comments
from fastapi_lint.confidential import RULES as CONFIDENTIAL
from fastapi_lint.confidential import blotted
from fastapi_lint.suppress import BEYOND_BLANKETS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic
    from fastapi_lint.run import Report
    from fastapi_lint.source import Source

VERSION = 1
CONFLICT = re.compile(rb"^(?:<{7}|>{7}) ", re.MULTILINE)
HEADER = """\
# Findings of fastapi-lint that are accepted for now. `fastapi-lint --update-baseline` takes out what is no longer found.
version = {version}
findings = [
"""
DEFINED = re.compile(r"(?P<head>(?:async)?(?:def|class)[^(:\[]+)[(:\[].*", re.DOTALL)
CLOSING = re.compile(r",(?=[)\]}])")


class BaselineError(Exception):
    """A baseline that cannot be used; the message names the file."""


class Key(NamedTuple):
    """What a finding is known by. `path` is relative to the baseline's directory, with `/`.

    `symbol` is what the finding is in, without the module's name, which a renamed file changes. `source` is a hash of
    the code that the finding is about, without what a formatter may change, and without the values of secrets.
    """

    path: str
    rule: str
    symbol: str
    source: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A report without what the baseline accepts, and what the baseline has in vain.

    `found` are the entries as they are now, with how often each was found; `moved` are old and new keys of findings in
    renamed files.
    """

    report: Report
    found: Counter[Key] = field(default_factory=Counter)
    expired: Counter[Key] = field(default_factory=Counter)
    moved: Mapping[Key, Key] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Without a file, nothing is accepted. `looked_at`: whether this run would have found such a finding."""

    file: Path | None = None
    entries: Counter[Key] = field(default_factory=Counter)
    looked_at: Callable[[Key], bool] = lambda key: True

    @property
    def directory(self) -> Path:
        return self.file.parent if self.file is not None else Path.cwd()

    def applied(self, report: Report) -> Report:
        return self.compared(report).report

    def compared(self, report: Report) -> Comparison:
        if not self.entries:
            return Comparison(report)
        open_ = Counter(self.entries)
        unchanged: dict[int, Key] = {}
        others: list[tuple[Diagnostic, Key]] = []
        for found, key in keyed(report.diagnostics, report.sources, self.directory):
            if open_[key] > 0:
                open_[key] -= 1
                unchanged[id(found)] = key
            else:
                others.append((found, key))
        moved = self._moved(others, open_, unchanged)
        fresh = tuple(one for one in report.diagnostics if id(one) not in unchanged)
        known = tuple(one for one in report.diagnostics if id(one) in unchanged)
        expired = Counter({key: number for key, number in open_.items() if number > 0 and self.looked_at(key)})
        return Comparison(
            replace(report, diagnostics=fresh, unchanged=known), Counter(unchanged.values()), expired, moved
        )

    def _moved(
        self, others: Iterable[tuple[Diagnostic, Key]], open_: Counter[Key], unchanged: dict[int, Key]
    ) -> dict[Key, Key]:
        """Match what is left over of files that are gone with what was found in files that no entry is about."""
        gone: dict[Key, list[Key]] = defaultdict(list)
        exists: dict[str, bool] = {}
        for key in sorted(self.entries):
            if key.path not in exists:
                exists[key.path] = (self.directory / key.path).exists()
            if not exists[key.path]:
                gone[key._replace(path="")].append(key)
        moved: dict[Key, Key] = {}
        for found, key in others if gone else ():
            if key.path in exists:
                continue
            for old in gone[key._replace(path="")]:
                if open_[old] > 0 and moved.get(old, key) == key:
                    open_[old] -= 1
                    unchanged[id(found)] = key
                    moved[old] = key
                    break
        return moved


def keyed(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source], directory: Path
) -> Iterator[tuple[Diagnostic, Key]]:
    """The findings that a baseline can accept, each with its key. `sources` by display path."""
    paths: dict[str, str] = {}
    for found in diagnostics:
        if found.code in BEYOND_BLANKETS or found.path not in sources:
            continue
        if found.path not in paths:
            paths[found.path] = _relative(found.path, directory)
        symbol = within_module(found.symbol or "", found.path)
        yield found, Key(paths[found.path], found.code, symbol, fingerprint(found, sources[found.path]))


def _relative(path: str, directory: Path) -> str:
    import os

    return os.path.relpath(path, directory).replace(os.sep, "/")


def within_module(symbol: str, path: str) -> str:
    """A qualified name without the name of the module that the file at `path` is."""
    parts = PurePosixPath(path.replace("\\", "/")).with_suffix("").parts
    parts = parts[:-1] if parts[-1:] == ("__init__",) else parts
    for first in range(len(parts)):
        module = ".".join(parts[first:])
        if symbol == module:
            return ""
        if symbol.startswith(f"{module}."):
            return symbol[len(module) + 1 :]
    return symbol


def fingerprint(found: Diagnostic, source: Source) -> str:
    """A hash of the code that a finding is about: 16 hexadecimal digits.

    Comments, blank space, line breaks, trailing commas and the kind of quotes do not count, and neither do parameters
    and bases where the finding is about a whole function or class.
    """
    text = source.text[source.offset(*found.span.start) : source.offset(*found.span.end)]
    for start, end in reversed(list(comments(text))):
        text = text[:start] + text[end:]
    if found.name in CONFIDENTIAL:
        text = blotted(text)
    text = CLOSING.sub("", re.sub(r"[\s\\]+", "", text)).replace("'", '"')
    definition = DEFINED.fullmatch(text)
    if definition:
        text = definition["head"]
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def read(file: Path) -> Counter[Key]:
    """The entries of a baseline, each with how often its finding is accepted. Raises BaselineError."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BaselineError(f"{file}: cannot be read: {error.strerror or error}") from None
    return parsed(file, data)


def parsed(file: Path, data: bytes) -> Counter[Key]:
    """What a baseline holds. An entry that a merge has put there twice counts once, with the larger number.

    Raises BaselineError.
    """
    try:
        document = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        if CONFLICT.search(data) is not None:
            raise BaselineError(f"{file}: was not merged to the end: keep the entries of both sides") from None
        raise BaselineError(f"{file}: is no baseline: {error}") from None
    if document.get("version") != VERSION:
        raise BaselineError(f"{file}: is no baseline that this version can read: it does not say `version = {VERSION}`")
    entries: Counter[Key] = Counter()
    findings = document.get("findings", [])
    if not isinstance(findings, list):
        raise BaselineError(f"{file}: is no baseline: `findings` must be a list")
    for number, entry in enumerate(findings, 1):
        key, count = _entry(file, number, entry)
        entries[key] = max(entries[key], count)
    return entries


def _entry(file: Path, number: int, entry: Any) -> tuple[Key, int]:
    names = Key._fields
    count = entry.get("count", 1) if isinstance(entry, dict) else None
    if (
        not isinstance(entry, dict)
        or not all(isinstance(entry.get(name), str) for name in names)
        or not isinstance(count, int)
        or count < 1
    ):
        raise BaselineError(
            f"{file}: finding {number} must be a table with {', '.join(f'`{name}`' for name in names)} and `count`"
        )
    return Key(*(entry[name] for name in names)), count


def written(entries: Mapping[Key, int]) -> str:
    """The text of a baseline."""
    lines = [HEADER.format(version=VERSION)]
    for key, count in sorted(entries.items()):
        values = ", ".join(f"{name} = {_string(value)}" for name, value in key._asdict().items())
        lines.append(f"    {{ {values}{f', count = {count}' if count != 1 else ''} }},\n")
    return "".join([*lines, "]\n"])


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
