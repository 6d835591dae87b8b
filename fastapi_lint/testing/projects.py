"""Small projects that exist as long as a test needs them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi_lint.config import OWN_FILE, find, load
from fastapi_lint.config_keys import read
from fastapi_lint.findings import Diagnostic
from fastapi_lint.run import check
from fastapi_lint.settings import Settings


def lint(
    files: Mapping[str, str | bytes],
    *,
    select: Iterable[str] = (),
    options: Mapping[str, Mapping[str, Any]] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[Diagnostic]:
    """The diagnostics for a project that is made of these files; paths in them are the keys of `files`.

    An empty `select` stands for the default rules. `options` maps a rule's name to its options, `settings` is a table
    as in a fastapi-lint.toml. While it runs, the working directory is another one. Raises ConfigurationError.
    """
    table = {**(settings or {}), "rules": options or {}}
    if select:
        table["select"] = list(select)
    with project(files, table) as chosen:
        return list(check(["."], chosen).diagnostics)


@contextmanager
def project(files: Mapping[str, str | bytes], table: Mapping[str, Any]) -> Iterator[Settings]:
    """A temporary directory with the files as the working directory, and the settings in force there.

    `table` comes on top of a configuration file among the files. Raises ConfigurationError.
    """
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="case-") as name:
        root = Path(name).resolve()
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode() if isinstance(text, str) else text)
        settings = _settings(root, table)
        os.chdir(root)
        try:
            yield settings
        finally:
            os.chdir(before)


def _settings(root: Path, table: Mapping[str, Any]) -> Settings:
    ours = read(root / OWN_FILE, table)
    file = find(root)
    if file is None or file.parent != root:
        return ours
    theirs = load(root)
    changed = {key.replace("-", "_") for key in table} - {"rules"}
    return replace(theirs, **{name: getattr(ours, name) for name in changed}, rules={**theirs.rules, **ours.rules})
