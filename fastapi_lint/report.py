"""What a run found, as those who write it down get it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi_lint.diagnostics import Diagnostic
from fastapi_lint.source import Source

if TYPE_CHECKING:
    from fastapi_lint.reading.looks import Look


@dataclass(frozen=True, slots=True)
class Basis:
    """What the findings rest on, of files of which nothing was used but their records and answers to `looks`.

    `files`: their display paths.
    """

    looks: frozenset[Look] = frozenset()
    files: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Report:
    """`sources` has the files with diagnostics or edits, by display path; `files` counts those reported on.

    `unchanged`: what a baseline accepts. `contents`: the bytes of every file of the project that was looked at, by display path.
    """

    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source] = field(default_factory=dict)
    files: int = 0
    routes: int = 0
    internal_error: bool = False
    unchanged: tuple[Diagnostic, ...] = ()
    contents: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    basis: Basis = field(default_factory=Basis, repr=False)
