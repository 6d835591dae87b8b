"""Link the project, run the rules, locate what they found: all that needs LibCST, imported only when there is something to lint."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from fastapi_lint.check import Failure, findings
from fastapi_lint.discover import File, project_root
from fastapi_lint.edits.concrete import loses_comment
from fastapi_lint.findings import Diagnostic, Position, Span
from fastapi_lint.library import Library
from fastapi_lint.locate import Locator, diagnostic
from fastapi_lint.project import Project, versions
from fastapi_lint.project.modules import ModuleIndex
from fastapi_lint.rule import Rule
from fastapi_lint.run import Linted, syntax_diagnostic
from fastapi_lint.settings import Settings
from fastapi_lint.source import Source


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


def lint(
    known: Mapping[str, File],
    read: Callable[[str], Source],
    seeds: list[str],
    rules: Sequence[Rule],
    settings: Settings,
) -> Linted:
    project = link(known, read, seeds, settings)
    failures: list[Failure] = []
    locator = Locator(read)
    linted = Linted(routes=len(project.operations))
    for rule, finding in findings(project, rules, settings, failures):
        located = as_configured(diagnostic(finding, rule, locator, settings.severity_of(rule)), settings, locator)
        linted.diagnostics.append(located)
        linted.statement_lines[id(located)] = locator.statement_lines(finding.place)
    linted.diagnostics += _syntax_errors(project, rules, settings)
    linted.diagnostics += [_internal_error(failure, rules, settings) for failure in failures]
    linted.failed = bool(failures)
    linted.parsed = {module.path for module in project.modules if module.is_parsed}
    return linted


def as_configured(found: Diagnostic, settings: Settings, locator: Locator) -> Diagnostic:
    """A fix goes as far as the user wants it to; one that loses a comment is never safe."""
    if found.fix is None:
        return found
    applicability = settings.applicability(found.code, found.fix.applicability)
    if applicability == "safe" != found.fix.applicability and loses_comment(found.fix.edits, locator):
        applicability = "unsafe"
    return replace(found, fix=replace(found.fix, applicability=applicability))


def _syntax_errors(project: Project, rules: Sequence[Rule], settings: Settings) -> list[Diagnostic]:
    rule = next((rule for rule in rules if rule.code == "FAL001"), None)
    if rule is None:
        return []
    found = [syntax_diagnostic(rule, settings, path, error) for path, error in project.index.unreadable.items()]
    for module in project.modules:
        if module.errors:
            first = min(module.errors, key=lambda error: error.line)
            found.append(syntax_diagnostic(rule, settings, module.path, first))
    return found


def _internal_error(failure: Failure, rules: Sequence[Rule], settings: Settings) -> Diagnostic:
    from fastapi_lint.registry import find

    rule = find("FAL004")
    start = Span(Position(1, 1), Position(1, 1))
    return Diagnostic(
        rule.code, rule.name, settings.severity_of(rule), failure.message, failure.path or ".", start, url=rule.url
    )
