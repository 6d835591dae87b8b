"""Link the project, run the rules, locate what they found: all that needs LibCST, imported only when there is something to lint."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fastapi_lint import broken, shards
from fastapi_lint.check import Failure, findings
from fastapi_lint.discover import File, project_root
from fastapi_lint.findings import Diagnostic, Finding, Position, Span
from fastapi_lint.keeping import Pack
from fastapi_lint.library import Library
from fastapi_lint.locating import located
from fastapi_lint.project import Project, versions
from fastapi_lint.project.interpreting.modules import ModuleIndex
from fastapi_lint.reading.looks import Look
from fastapi_lint.reading.shelf import Shelf
from fastapi_lint.registry import find
from fastapi_lint.report import Basis
from fastapi_lint.rule import Rule
from fastapi_lint.run import Linted
from fastapi_lint.settings import Settings
from fastapi_lint.source import Source, SourceError
from fastapi_lint.timings import Effort

_Task = Sequence["Rule | str"]
"""Rules to run, or paths of files to parse."""
BATCHES = 8
"""Of files that are only parsed."""
WORTH_SHARING = 500
"""Functions of interest: a project with fewer is done before a second process has begun."""


def link(
    known: Mapping[str, File], read: Callable[[str], Source], seeds: list[str], settings: Settings, shelf: Shelf
) -> Project:
    """The project behind some files. `seeds` mention the framework; the rest is read where these lead to it."""
    sources = [os.path.relpath(directory).replace(os.sep, "/") for directory in settings.source_directories]
    index = ModuleIndex(known, ["" if source == "." else source for source in sources], read, shelf.facts)
    library = Library(settings.blocking_calls, settings.non_blocking_calls)
    return Project(
        index, library, seeds, versions.found(_directories(known, seeds, settings), settings.fastapi_version)
    )


def _directories(known: Mapping[str, File], seeds: list[str], settings: Settings) -> list[Path]:
    """Where files may say which releases the project runs on: beside the modules of interest, and above them in the project."""
    found: dict[Path, None] = {}
    for seed in seeds:
        directory = Path(known[seed].absolute).parent
        if directory not in found:
            top = project_root(known[seed].absolute, settings)
            found.update((one, None) for one in (directory, *directory.parents) if one.is_relative_to(top))
    return list(found)


@dataclass(slots=True)
class Found:
    """What one process found. `rules`: seconds of processor time by rule. `whole`: files whose text was used as a whole."""

    findings: list[tuple[str, Finding]] = field(default_factory=list)
    errors: list[Diagnostic] = field(default_factory=list)
    failures: list[Diagnostic] = field(default_factory=list)
    parsed: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    rules: dict[str, float] = field(default_factory=dict)
    looks: set[Look] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)


def lint(
    known: Mapping[str, File],
    read: Callable[[str], Source],
    seeds: list[str],
    reported: Sequence[str],
    rules: Sequence[Rule],
    settings: Settings,
    effort: Effort,
    shelf: Shelf,
    places: Pack,
) -> Linted:
    """What the rules find in the project behind some files. Files to report on that it does not reach are only parsed."""
    seen: set[str] = set()

    def reading(path: str) -> Source:
        seen.add(path)
        return read(path)

    try:
        with effort.timings.stage("understand the project"):
            project = link(known, reading, seeds, settings, shelf)
            routes = len(project.operations)
            size = len(project.functions)
    finally:
        shelf.stop_reading_ahead()
    unreached = [path for path in reported if path not in project.index.loaded]
    tasks: list[_Task] = [*_families(rules), *(unreached[at::BATCHES] for at in range(BATCHES))]

    def share(numbers: Iterator[int]) -> Found:
        return _found(project, (tasks[number] for number in numbers), reading, seen, settings)

    with effort.timings.stage("rules"):
        parts = shards.shared(len(tasks), effort.processes if size >= WORTH_SHARING else 1, share)
    effort.timings.add_rules([part.rules for part in parts])
    with effort.timings.stage("places and fixes"):
        return _together(parts, project, rules, frozenset(reported), settings, read, routes, places, effort)


def _families(rules: Sequence[Rule]) -> list[list[Rule]]:
    """The rules by family, which share what they ask the project; the largest first."""
    families: dict[str, list[Rule]] = {}
    for rule in rules:
        families.setdefault(rule.category, []).append(rule)
    return sorted(families.values(), key=lambda family: (-len(family), family[0].code))


def _found(
    project: Project, tasks: Iterator[_Task], read: Callable[[str], Source], seen: set[str], settings: Settings
) -> Found:
    before = frozenset(seen)
    failures: list[Failure] = []
    found = Found()
    for task in tasks:
        for one in task:
            if isinstance(one, Rule):
                started = time.process_time()
                found.findings += [(one.code, finding) for _, finding in findings(project, [one], settings, failures)]
                found.rules[one.code] = time.process_time() - started
            else:
                _parse(one, read, settings, found)
    found.errors += _syntax_errors(project, settings)
    found.failures += [_internal_error(failure, settings) for failure in failures]
    found.parsed += [module.path for module in project.modules if module.is_parsed]
    found.read = sorted(seen - before)
    found.looks = project.index.looks.everything()
    found.whole = project.index.looks.read
    return found


def _parse(path: str, read: Callable[[str], Source], settings: Settings, found: Found) -> None:
    try:
        error = broken.error(read(path))
    except SourceError as unreadable:
        error = unreadable
    if error is None:
        found.parsed.append(path)
    else:
        found.errors.append(broken.diagnostic(find("FAL001"), settings, path, error))


def _together(
    parts: Sequence[Found],
    project: Project,
    rules: Sequence[Rule],
    reported: Set[str],
    settings: Settings,
    read: Callable[[str], Source],
    routes: int,
    places: Pack,
    effort: Effort,
) -> Linted:
    linted = Linted(routes=routes, basis=_basis(parts, project))
    by_code = {rule.code: rule for rule in rules}
    symbolic = [
        (by_code[code], finding) for part in parts for code, finding in part.findings if _concerns(finding, reported)
    ]
    for placed in located(symbolic, read, settings, places, effort):
        linted.diagnostics.append(placed.diagnostic)
        if placed.lines:
            linted.statement_lines[id(placed.diagnostic)] = set(placed.lines)
    for part in parts:
        linted.diagnostics += part.failures
        linted.failed = linted.failed or bool(part.failures)
        linted.parsed.update(part.parsed)
        for path in part.read:
            with suppress(SourceError):
                read(path)
    if any(rule.code == "FAL001" for rule in rules):
        errors = {one.path: one for part in reversed(parts) for one in part.errors}
        linted.diagnostics += errors.values()
        linted.parsed -= errors.keys()
    return linted


def _basis(parts: Sequence[Found], project: Project) -> Basis:
    whole = {path for part in parts for path in part.whole}
    files = {module.path for module in project.modules if module.path not in whole and not module.errors}
    return Basis(frozenset().union(*(part.looks for part in parts)), frozenset(files))


def _concerns(finding: Finding, reported: Set[str]) -> bool:
    """Whether a finding is reported, or uses up a suppression in a file that is reported on."""
    return finding.place.path in reported or (bool(finding.trace) and finding.trace[-1].place.path in reported)


def _syntax_errors(project: Project, settings: Settings) -> list[Diagnostic]:
    rule = find("FAL001")
    found = [broken.diagnostic(rule, settings, path, error) for path, error in project.index.unreadable.items()]
    for module in project.modules:
        if module.errors:
            first = min(module.errors, key=lambda error: error.line)
            found.append(broken.diagnostic(rule, settings, module.path, first))
    return found


def _internal_error(failure: Failure, settings: Settings) -> Diagnostic:
    rule = find("FAL004")
    start = Span(Position(1, 1), Position(1, 1))
    return Diagnostic(
        rule.code, rule.name, settings.severity_of(rule), failure.message, failure.path or ".", start, url=rule.url
    )
