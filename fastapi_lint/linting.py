"""Link the project, run the rules, locate what they found: all that needs LibCST, imported only when there is something to lint."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from fastapi_lint import broken, shards
from fastapi_lint.check import Failure, findings
from fastapi_lint.discover import File, project_root
from fastapi_lint.edits.concrete import loses_comment
from fastapi_lint.findings import Diagnostic, Position, Span
from fastapi_lint.library import Library
from fastapi_lint.project import Project, versions
from fastapi_lint.project.interpreting.modules import ModuleIndex
from fastapi_lint.reading.locate import Locator, diagnostic
from fastapi_lint.registry import find
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


def link(known: Mapping[str, File], read: Callable[[str], Source], seeds: list[str], settings: Settings) -> Project:
    """The project behind some files. `seeds` mention the framework; the rest is read where these lead to it."""
    sources = [os.path.relpath(directory).replace(os.sep, "/") for directory in settings.source_directories]
    index = ModuleIndex(known, ["" if source == "." else source for source in sources], read)
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


class Found(msgspec.Struct, array_like=True):
    """What one process found. `lines`: for each diagnostic, the 1-based lines on which its suppression may stand."""

    diagnostics: list[Diagnostic]
    lines: list[list[int]]
    errors: list[Diagnostic]
    failed: bool
    parsed: list[str]
    read: list[str]
    rules: dict[str, float]
    locating: float


def lint(
    known: Mapping[str, File],
    read: Callable[[str], Source],
    seeds: list[str],
    reported: Sequence[str],
    rules: Sequence[Rule],
    settings: Settings,
    effort: Effort,
) -> Linted:
    """What the rules find in the project behind some files. Files to report on that it does not reach are only parsed."""
    seen: set[str] = set()

    def reading(path: str) -> Source:
        seen.add(path)
        return read(path)

    with effort.timings.stage("understand the project"):
        project = link(known, reading, seeds, settings)
        routes = len(project.operations)
        size = len(project.functions)
    unreached = [path for path in reported if path not in project.index.loaded]
    tasks: list[_Task] = [*_families(rules), *(unreached[at::BATCHES] for at in range(BATCHES))]

    def share(numbers: Iterator[int]) -> Found:
        return _found(project, (tasks[number] for number in numbers), reading, seen, settings)

    with effort.timings.stage("rules, places and fixes"):
        parts = _shared(share, len(tasks), effort.processes if size >= WORTH_SHARING else 1)
    effort.timings.add([part.rules for part in parts], sum(part.locating for part in parts), len(parts))
    return _together(parts, project, rules, settings, read, routes)


def _families(rules: Sequence[Rule]) -> list[list[Rule]]:
    """The rules by family, which share what they ask the project; the largest first."""
    families: dict[str, list[Rule]] = {}
    for rule in rules:
        families.setdefault(rule.category, []).append(rule)
    return sorted(families.values(), key=lambda family: (-len(family), family[0].code))


def _shared(share: Callable[[Iterator[int]], Found], tasks: int, processes: int) -> list[Found]:
    """The findings of all families, by process. A process that is lost costs time, and nothing else."""
    if processes > 1 and tasks > 1:
        results = None
        with suppress(UnicodeEncodeError):  # a lone surrogate in a message
            results = shards.done(tasks, processes, lambda numbers: msgspec.msgpack.encode(share(numbers)))
        if results is not None:
            return [msgspec.msgpack.decode(result, type=Found) for result in results]
    return [share(iter(range(tasks)))]


def _found(
    project: Project, tasks: Iterator[_Task], read: Callable[[str], Source], seen: set[str], settings: Settings
) -> Found:
    before = frozenset(seen)
    failures: list[Failure] = []
    locator = Locator(read)
    found = Found([], [], [], failed=False, parsed=[], read=[], rules={}, locating=0.0)
    for task in tasks:
        for one in task:
            if isinstance(one, Rule):
                _run(one, project, settings, locator, failures, found)
            else:
                _parse(one, read, settings, found)
    found.errors += _syntax_errors(project, settings)
    found.diagnostics += [_internal_error(failure, settings) for failure in failures]
    found.lines += [[] for _ in failures]
    found.failed = bool(failures)
    found.parsed += [module.path for module in project.modules if module.is_parsed]
    found.read = sorted(seen - before)
    return found


def _run(
    rule: Rule, project: Project, settings: Settings, locator: Locator, failures: list[Failure], found: Found
) -> None:
    started = time.process_time()
    symbolic = [finding for _, finding in findings(project, [rule], settings, failures)]
    ended = time.process_time()
    found.rules[rule.code] = ended - started
    for finding in symbolic:
        made = diagnostic(finding, rule, locator, settings.severity_of(rule))
        found.diagnostics.append(as_configured(made, settings, locator))
        found.lines.append(sorted(locator.statement_lines(finding.place)))
    found.locating += time.process_time() - ended


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
    settings: Settings,
    read: Callable[[str], Source],
    routes: int,
) -> Linted:
    linted = Linted(routes=routes)
    for part in parts:
        linted.diagnostics += part.diagnostics
        for one, lines in zip(part.diagnostics, part.lines):
            if lines:
                linted.statement_lines[id(one)] = set(lines)
        linted.failed = linted.failed or part.failed
        linted.parsed.update(part.parsed)
        for path in part.read:
            with suppress(SourceError):
                read(path)
    if any(rule.code == "FAL001" for rule in rules):
        errors = {one.path: one for part in reversed(parts) for one in part.errors}
        linted.diagnostics += errors.values()
        linted.parsed -= errors.keys()
    return linted


def as_configured(found: Diagnostic, settings: Settings, locator: Locator) -> Diagnostic:
    """A fix goes as far as the user wants it to; one that loses a comment is never safe."""
    if found.fix is None:
        return found
    applicability = settings.applicability(found.code, found.fix.applicability)
    if applicability == "safe" != found.fix.applicability and loses_comment(found.fix.edits, locator):
        applicability = "unsafe"
    return replace(found, fix=replace(found.fix, applicability=applicability))


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
