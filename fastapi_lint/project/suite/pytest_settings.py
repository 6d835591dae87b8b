"""What the project tells pytest: which files, classes and functions are tests, and which plugin runs asynchronous ones."""

from __future__ import annotations

import configparser
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
"""In the order in which pytest asks them."""
SECTIONS = {"setup.cfg": "tool:pytest"}
COMMANDS = ("noxfile.py", "tox.ini", "setup.cfg", "pyproject.toml", "hatch.toml")
"""Files beside the settings in which the command that runs the tests may stand."""
AUTOMATIC = re.compile(
    r"(?:asyncio|anyio)[-_]mode\s*[= ]\s*[\"']?auto|--(?:asyncio|anyio)-mode[= ]auto|\btrio_mode\s*=\s*true",
    re.IGNORECASE,
)
RUNNERS = re.compile(
    r"^[^#\n]*\b(?:pytest[-_]aiohttp|pytest[-_]tornasync|alt[-_]pytest[-_]asyncio|pytest[-_]twisted|pytest[-_]sanic)\b",
    re.MULTILINE | re.IGNORECASE,
)
"""Plugins that run asynchronous tests without a marker."""
REQUIREMENTS = ("requirements*.txt", "requirements*.in", "requirements/*.txt", "requirements/*.in", "setup.py")
TELLING = (".toml", ".ini", ".cfg", ".txt", ".in", "setup.py", "noxfile.py")


@dataclass(frozen=True, slots=True)
class PytestSettings:
    """`runs_async`: a mode or plugin runs asynchronous tests that have no marker. `plugins`: those that need one and that the project asks for."""

    files: tuple[str, ...] = ("test_*.py", "*_test.py")
    classes: tuple[str, ...] = ("Test",)
    functions: tuple[str, ...] = ("test",)
    runs_async: bool = False
    plugins: frozenset[str] = frozenset()

    def is_test_file(self, path: str) -> bool:
        return any(_matches_path(path, pattern) for pattern in self.files)

    def is_test_class(self, name: str) -> bool:
        return any(_matches(name, pattern) for pattern in self.classes)

    def is_test_function(self, name: str) -> bool:
        return any(_matches(name, pattern) for pattern in self.functions)


def _matches(name: str, pattern: str) -> bool:
    return name.startswith(pattern) or (any(char in pattern for char in "*?[") and fnmatchcase(name, pattern))


def _matches_path(path: str, pattern: str) -> bool:
    return fnmatchcase(path if "/" in pattern else PurePosixPath(path).name, pattern)


def found(directory: Path) -> PytestSettings:
    """The settings in force for tests in a directory: the nearest file above that has some, within the repository."""
    above: list[Path] = []
    for place in (directory, *directory.parents):
        above.append(place)
        for name in FILES:
            table = _table(place / name)
            if table is not None:
                return _settings(table, [*above, *_to_top(place)])
        if (place / ".git").exists():
            break
    return _settings({}, above)


def is_silent(directory: Path) -> bool:
    """Whether nothing in a directory itself can say anything of the settings, so that those of the one above hold."""
    try:
        names = os.listdir(directory)
    except OSError:
        return True
    return not any(name.endswith(TELLING) or name in (".git", "requirements") for name in names)


def _to_top(place: Path) -> Iterator[Path]:
    """The directories above one, up to the top of its repository; none outside of a repository."""
    outer: list[Path] = []
    for above in (place, *place.parents):
        outer.append(above)
        if (above / ".git").exists():
            yield from outer[1:]
            return


def _table(file: Path) -> Mapping[str, Any] | None:
    """What a file says for pytest; None where it says nothing, or cannot be read."""
    text = _text(file)
    if not text or "pytest" not in text:
        return None
    if file.suffix == ".toml":
        try:
            whole = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            return None
        if file.name != "pyproject.toml":
            return _of(whole, "pytest")
        tool = _of(_of(whole, "tool") or {}, "pytest")
        return None if tool is None else tool.get("ini_options", tool)
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    section = SECTIONS.get(file.name, "pytest")
    return dict(parser[section]) if parser.has_section(section) else None


def _of(table: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    found = table.get(name)
    return found if isinstance(found, Mapping) else None


def _settings(table: Mapping[str, Any], places: list[Path]) -> PytestSettings:
    plain = PytestSettings()
    return PytestSettings(
        _words(table.get("python_files")) or plain.files,
        _words(table.get("python_classes")) or plain.classes,
        _words(table.get("python_functions")) or plain.functions,
        _runs_async(table, places),
        frozenset(name for name in ("asyncio", "trio") if any(_asks_for(place, f"pytest-{name}") for place in places)),
    )


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _runs_async(table: Mapping[str, Any], places: list[Path]) -> bool:
    if any(str(table.get(mode, "")).strip() == "auto" for mode in ("asyncio_mode", "anyio_mode")):
        return True
    if str(table.get("trio_mode", "")).strip().lower() == "true":
        return True
    if AUTOMATIC.search(" ".join(_words(table.get("addopts")))):
        return True
    return any(AUTOMATIC.search(text) or RUNNERS.search(text) for place in places for text in _told(place))


def _told(place: Path) -> Iterator[str]:
    """The files beside the settings that say what is installed for the tests, and how they are run."""
    for name in COMMANDS:
        yield _text(place / name)
    for pattern in REQUIREMENTS:
        for file in sorted(place.glob(pattern)):
            yield _text(file)


def _asks_for(place: Path, package: str) -> bool:
    wanted = re.compile(rf"(?<![\w-]){package.replace('-', '[-_]')}(?![\w-])", re.IGNORECASE)
    return any(wanted.search(text) for text in _told(place))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
