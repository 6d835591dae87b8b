"""Each format is a module with one pure function `render(report, paint) -> str`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic
    from fastapi_lint.reporters.paint import Paint
    from fastapi_lint.source import Source

FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit")
FOR_PROGRAMS = frozenset({"json", "sarif", "gitlab", "junit"})
"""Formats whose readers want nothing else with them."""
OF_REPOSITORIES = frozenset({"sarif", "github", "gitlab"})
"""Formats whose paths are relative to the repository rather than to the working directory."""


class Report(Protocol):
    """What a run found. `sources` holds the files with diagnostics, by display path; the others are counts.

    `unchanged` are findings that a baseline accepts.
    """

    @property
    def diagnostics(self) -> Sequence[Diagnostic]: ...
    @property
    def unchanged(self) -> Sequence[Diagnostic]: ...
    @property
    def sources(self) -> Mapping[str, Source]: ...
    @property
    def files(self) -> int: ...
    @property
    def routes(self) -> int: ...
    @property
    def internal_error(self) -> bool: ...


def render(report: Report, output_format: str, paint: Paint) -> str:
    """The report as text, with a newline at its end unless it is empty. `output_format` is one of FORMATS."""
    module = importlib.import_module(f"{__name__}.{output_format}")
    text: str = module.render(report, paint)
    return text
