"""How long the project's formatter lets lines become."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

if TYPE_CHECKING:
    from fastapi_lint.reading.locate import Locator

DEFAULT = 88
"""Ruff's and Black's."""


def configured(directory: Path) -> int | None:
    """Code points of a line as ruff's or black's nearest configuration says; None where there is none."""
    for candidate in (directory, *directory.parents):
        for name in (".ruff.toml", "ruff.toml"):
            if (candidate / name).is_file():
                return _length(_read(candidate / name), candidate)
        tools = _read(candidate / "pyproject.toml").get("tool", {})
        for name in ("ruff", "black"):
            table = tools.get(name) if isinstance(tools, dict) else None
            if isinstance(table, dict):
                return _length(table, candidate)
        if (candidate / ".git").exists():
            return None
    return None


def of_file(locator: Locator, path: str) -> int | None:
    """As `configured`, for a file by its display path."""
    directory = Path(path).absolute().parent
    return locator.remembered((configured, directory), lambda: configured(directory))


def _length(table: dict[str, Any], directory: Path, depth: int = 5) -> int:
    """The length in a table; ruff's `extend` names the file to ask where it says nothing itself."""
    length = table.get("line-length", table.get("line_length"))
    if isinstance(length, int) and length > 0:
        return length
    extended = table.get("extend")
    if isinstance(extended, str) and depth:
        file = directory / os.path.expanduser(extended)
        document = _read(file)
        if file.name == "pyproject.toml":
            tools = document.get("tool", {})
            document = tools.get("ruff", {}) if isinstance(tools, dict) else {}
        if isinstance(document, dict):
            return _length(document, file.parent, depth - 1)
    return DEFAULT


def _read(file: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
    return document
