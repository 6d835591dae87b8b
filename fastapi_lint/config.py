"""Find the configuration file and read our table in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

from fastapi_lint.config_keys import TABLE, ConfigurationError, display, kind, read
from fastapi_lint.settings import Settings

OWN_FILE = "fastapi-lint.toml"
PROJECT_FILE = "pyproject.toml"


class Configuration(NamedTuple):
    """A configuration file, by its absolute path, and our table in it as TOML has it."""

    file: Path
    table: dict[str, Any]


def located(start: Path, *, config: Path | None = None, isolated: bool = False) -> Configuration | None:
    """The configuration for a run that begins at `start`, a file or a directory.

    `config`: that file alone. `isolated`: no file. Raises ConfigurationError.
    """
    if isolated:
        return None
    if config is None:
        config = find(start)
        if config is None:
            return None
    elif not os.path.isfile(config):
        raise ConfigurationError(f"{config}: no such configuration file")
    file = Path(os.path.abspath(config))
    table = _table(file)
    if table is None:
        raise ConfigurationError(f"{display(file)}: has no table `[{TABLE}]`")
    return Configuration(file, table)


def load(start: Path, *, config: Path | None = None, isolated: bool = False) -> Settings:
    """The settings of what `located` finds, or the default ones. Raises ConfigurationError."""
    found = located(start, config=config, isolated=isolated)
    return Settings() if found is None else settings_of(found)


def settings_of(configuration: Configuration) -> Settings:
    """Raises ConfigurationError."""
    file, table = configuration
    return read(file, table, prefix=f"{TABLE}." if file.name == PROJECT_FILE else "")


def find(start: Path) -> Path | None:
    """The nearest file with our table in `start` or a directory above it. Raises ConfigurationError.

    The walk stops below the home directory and the file system's root, unless it begins there.
    """
    start = Path(os.path.abspath(start))
    directory = start if start.is_dir() else start.parent
    home = Path(os.path.expanduser("~"))
    for candidate in (directory, *directory.parents):
        if candidate != directory and (candidate == home or candidate == candidate.parent):
            return None
        own = candidate / OWN_FILE
        if os.path.isfile(own):
            return own
        project = candidate / PROJECT_FILE
        if os.path.isfile(project) and _table(project) is not None:
            return project
    return None


def _table(file: Path) -> dict[str, Any] | None:
    """Our table in a file, None for a pyproject.toml without one."""
    shown = display(file)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{shown}: cannot be read: {error.strerror or error}") from None
    if file.name == PROJECT_FILE and b"fastapi-lint" not in data and b"fastapi_lint" not in data:
        return None
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed
    try:
        document: dict[str, Any] = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{shown}: is not valid UTF-8: byte 0x{data[error.start]:02x}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{shown}: is not valid TOML: {error}") from None
    if file.name != PROJECT_FILE:
        return document
    tools = document.get("tool", {})
    if isinstance(tools, dict) and "fastapi_lint" in tools:
        raise ConfigurationError(f"{shown}: `tool.fastapi_lint` is not read; write `[{TABLE}]`")
    table = tools.get("fastapi-lint") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigurationError(f"{shown}: `{TABLE}` must be a table, not {kind(table)}")
    return table
