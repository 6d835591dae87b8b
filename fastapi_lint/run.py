"""The main job, as a table of contents: discover, link, check, locate, suppress, report."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fastapi_lint import broken
from fastapi_lint.discover import DiscoveryError, File, discovered, interest
from fastapi_lint.findings import Diagnostic
from fastapi_lint.keeping import Kept, Pack
from fastapi_lint.reading.shelf import Shelf
from fastapi_lint.report import Basis
from fastapi_lint.report import Report as Report
from fastapi_lint.rule import Rule
from fastapi_lint.settings import Settings
from fastapi_lint.source import Source, SourceError
from fastapi_lint.suppress import apply, blanket, own_suppressions, span_lines, unused
from fastapi_lint.timings import Effort

STACK = 512 * 1024 * 1024
"""Bytes of stack for the working thread: generated code nests deeply."""
DEEPEST = 100_000

if TYPE_CHECKING:
    from fastapi_lint.project import Project

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Stdin:
    """An unsaved buffer, and the file that it stands for."""

    path: str
    data: bytes


def check(
    paths: Sequence[str],
    settings: Settings,
    *,
    stdin: Stdin | None = None,
    overlays: Mapping[str, str] | None = None,
    effort: Effort | None = None,
    kept: Kept | None = None,
) -> Report:
    """Lint files and directories.

    `overlays` gives texts, by display path, that stand for what is on disk; `kept` is what earlier checks have found out about files.
    Raises DiscoveryError for a path that does not exist.
    """
    return _with_deep_stack(lambda: _check(paths, settings, stdin, overlays or {}, effort or Effort(), kept or Kept()))


def with_project(paths: Sequence[str], settings: Settings, work: Callable[[Project], Result]) -> Result:
    """Link the project behind some paths and put it to work. Raises DiscoveryError for a path that does not exist."""

    def linked() -> Result:
        from fastapi_lint.linting import link

        files = _discover(paths, settings, None, {})
        return work(link(files.known, files.read, _seeds(files), settings, Shelf(Pack())))

    return _with_deep_stack(linked)


def _with_deep_stack(work: Callable[[], Result]) -> Result:
    outcome: list[Result] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            failure.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size(STACK)
    collecting = gc.isenabled()
    gc.disable()  # trees are large and live to the end
    sys.setrecursionlimit(max(limit, DEEPEST))
    try:
        thread = threading.Thread(target=run, name="fastapi-lint")
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)
        if collecting:
            gc.enable()
    if failure:
        raise failure[0]
    return outcome[0]


@dataclass(slots=True)
class Linted:
    """What the rules found.

    `statement_lines`: by a diagnostic's id, the 1-based lines on which its suppression may stand. `parsed`: the files that are known
    to have no syntax error.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)
    statement_lines: dict[int, set[int]] = field(default_factory=dict)
    parsed: set[str] = field(default_factory=set)
    routes: int = 0
    failed: bool = False
    basis: Basis = field(default_factory=Basis)


@dataclass(slots=True)
class _Files:
    """The files of the run: what to report on, what there is besides, and their content as far as it was read."""

    reported: dict[str, File]
    known: dict[str, File]
    overlays: dict[str, bytes]
    data: dict[str, bytes] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)

    def read(self, path: str) -> Source:
        found = self.sources.get(path)
        if found is None:
            found = self.sources[path] = Source.decode(path, self.bytes(path))
        return found

    def contents(self, first: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The files that were read, by path, some of them first."""
        for path in dict.fromkeys([*first, *self.known]):
            content = self.overlays.get(path, self.data.get(path))
            if content is not None:
                yield path, content

    def bytes(self, path: str) -> bytes:
        """Raises SourceError."""
        if path in self.overlays:
            return self.overlays[path]
        if path not in self.data:
            try:
                self.data[path] = Path(self.known[path].absolute).read_bytes()
            except OSError as error:
                raise SourceError(f"cannot be read: {error.strerror or error}") from None
        return self.data[path]


def _check(
    paths: Sequence[str],
    settings: Settings,
    stdin: Stdin | None,
    overlays: Mapping[str, str],
    effort: Effort,
    kept: Kept,
) -> Report:
    stage = effort.timings.stage
    with stage("discover files"):
        files = _discover(paths, settings, stdin, overlays)
        seeds = _seeds(files)
        shelf = Shelf(kept.facts)
        if seeds and effort.processes > 1:
            shelf.read_ahead(files.contents(seeds))
    with stage("load rules"):
        rules = settings.rules_in_force()
    linted = Linted()
    if seeds:
        with stage("load the engine"):
            from fastapi_lint.linting import lint

        linted = lint(
            files.known, files.read, seeds, sorted(files.reported), rules, settings, effort, shelf, kept.places
        )
    with stage("suppress and sort"):
        return _concluded(files, linted, rules, settings)


def _concluded(files: _Files, linted: Linted, rules: Sequence[Rule], settings: Settings) -> Report:
    looked_at = linted.parsed | {d.path for d in linted.diagnostics if d.code == "FAL001"}
    linted.diagnostics.extend(_syntax_errors(files, rules, settings, looked_at))
    return _report(files, linted, rules, settings)


def _discover(paths: Sequence[str], settings: Settings, stdin: Stdin | None, overlays: Mapping[str, str]) -> _Files:
    for path in paths if stdin is None else ():
        if not os.path.exists(path):
            raise DiscoveryError(f"{path}: no such file or directory")
    found = discovered(paths, settings)
    files = _Files({file.display: file for file in found.requested}, {file.display: file for file in found.project}, {})
    if stdin is not None:
        absolute = str(Path(stdin.path).absolute())
        display = next((f.display for f in files.known.values() if f.absolute == absolute), stdin.path)
        file = File(display, absolute, explicit=True)
        files.reported[display] = files.known[display] = file
        files.overlays[display] = stdin.data
    for path, text in overlays.items():
        changed = files.read(path).encode(text)
        del files.sources[path]
        files.overlays[path] = changed
    return files


def _seeds(files: _Files) -> list[str]:
    """The files that mention the framework, and those that look as if they gave routes to an application of another file.

    Everything else matters only where these lead to it.
    """
    found: list[str] = []
    likely: list[str] = []
    for path in sorted(files.known):
        try:
            data = files.bytes(path)
        except SourceError:
            continue
        match interest(data):
            case "framework":
                found.append(path)
            case "routes":
                likely.append(path)
    return [*found, *likely] if found else []


def _syntax_errors(files: _Files, rules: Sequence[Rule], settings: Settings, said: set[str]) -> list[Diagnostic]:
    """FAL001 for the files to report on that cannot be read or parsed, whether or not they matter to the application."""
    rule = next((rule for rule in rules if rule.code == "FAL001"), None)
    if rule is None:
        return []
    found: list[Diagnostic] = []
    for path in sorted(files.reported):
        if path in said:
            continue
        try:
            error = broken.error(files.read(path))
        except SourceError as unreadable:
            error = unreadable
        if error is not None:
            found.append(broken.diagnostic(rule, settings, path, error))
    return found


def _report(files: _Files, linted: Linted, rules: Sequence[Rule], settings: Settings) -> Report:
    """Suppress, narrow down to the files asked for, sort."""
    kept = _without_suppressed(files, linted, rules, settings)
    shown = sorted((d for d in kept if d.path in files.reported or d.code == "FAL004"), key=lambda d: d.sort_key)
    touched = {d.path for d in shown} | {edit.path for d in shown if d.fix is not None for edit in d.fix.edits}
    sources = {path: files.sources[path] for path in touched if path in files.sources}
    return Report(
        tuple(shown),
        sources,
        len(files.reported),
        linted.routes,
        linted.failed,
        contents=files.data,
        basis=linted.basis,
    )


def _without_suppressed(
    files: _Files, linted: Linted, rules: Sequence[Rule], settings: Settings
) -> Iterator[Diagnostic]:
    in_force = frozenset(rule.code for rule in rules)

    def ran(path: str) -> frozenset[str]:
        return in_force - settings.ignored_in(Path(files.known[path].absolute)) if path in files.known else in_force

    found = [d for d in linted.diagnostics if d.code in ran(d.path) or d.code == "FAL004"]
    comments = [suppression for path in sorted(files.sources) for suppression in own_suppressions(files.sources[path])]
    lines = linted.statement_lines
    outcome = apply(found, comments, ran, lambda d: lines.get(id(d)) or span_lines(d))
    yield from outcome.kept
    by_code = {rule.code: rule for rule in rules}
    if rule := by_code.get("FAL003"):
        yield from blanket(rule, outcome.blankets, files.sources, settings.severity_of(rule))
    if rule := by_code.get("FAL002"):
        applicability = settings.applicability(rule.code, "safe")
        yield from unused(rule, outcome.unused, files.sources, settings.severity_of(rule), applicability)
