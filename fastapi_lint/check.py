"""Run the rules over the linked project."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import CallSite, Function, Module, Operation, Project, Route
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.serving.application import Application
from fastapi_lint.project.suite import TestCall, TestFunction
from fastapi_lint.project.suite.overrides import Override
from fastapi_lint.rule import Rule, RuleError
from fastapi_lint.settings import Settings


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that raised. `path` is None where it was looking at the whole project; `place` is where in the linter, file and line."""

    rule: Rule
    path: str | None
    error: Exception
    place: str

    @property
    def message(self) -> str:
        reason = f"{type(self.error).__name__}: {self.error}".rstrip(": ")
        return f"rule `{self.rule.name}` failed: {reason} ({self.place})"


Subject = tuple[Any, "str | None"]
Subjects = Callable[[Project], Iterable[Subject]]


def _functions(project: Project) -> Iterator[Subject]:
    for function in project.functions:
        if not project.is_test(function.definition.module.path):
            yield function, function.definition.module.path


def _sites(project: Project) -> Iterator[Subject]:
    for function, path in _functions(project):
        for site in function.frame.sites:
            yield site, path
    for module, path in _modules(project):
        for site in project.module_frame(module).sites:
            yield site, path


def _modules(project: Project) -> Iterator[Subject]:
    for module in project.modules:
        if not project.is_test(module.path):
            yield module, module.path


def _routes(project: Project) -> Iterator[Subject]:
    for route in project.routes:
        path = route.handler.definition.module.path if route.handler is not None else route.site.path
        if not project.is_test(path):
            yield route, path


def _operations(project: Project) -> Iterator[Subject]:
    for operation in project.operations:
        handler = operation.route.handler
        path = handler.definition.module.path if handler is not None else operation.route.site.path
        if not project.is_test(path):
            yield operation, path


def _classes(project: Project) -> Iterator[Subject]:
    for _, definition in sorted(project.it.classes.items()):
        if not project.is_test(definition.module.path):
            yield definition, definition.module.path


def _test_calls(project: Project) -> Iterator[Subject]:
    for call in project.suite.calls:
        yield call, call.site.anchor.path


def _overrides(project: Project) -> Iterator[Subject]:
    for override in project.suite.overrides.all():
        yield override, override.place.path


def _test_functions(project: Project) -> Iterator[Subject]:
    for test in project.suite.async_tests:
        yield test, test.function.definition.module.path


SUBJECTS: dict[type, Subjects] = {
    Application: lambda project: ((application, None) for application in project.applications),
    CallSite: _sites,
    ClassDefinition: _classes,
    Function: _functions,
    Module: _modules,
    Operation: _operations,
    Override: _overrides,
    Project: lambda project: [(project, None)],
    Route: _routes,
    TestCall: _test_calls,
    TestFunction: _test_functions,
}
"""What a rule can subscribe to. Tests are left out, except for rules that ask for them, or for the project itself.

A `TestFunction` is an asynchronous test: what concerns others is found by their requests and overrides.
"""


def findings(
    project: Project, rules: Iterable[Rule], settings: Settings, failures: list[Failure]
) -> Iterator[tuple[Rule, Finding]]:
    """What the rules find, each finding once. A rule that raises is put into `failures`, and the others go on."""
    seen: set[tuple[str, object, str]] = set()
    for rule in rules:
        if not _holds(rule, project):
            continue
        context = Context(project, settings, rule, settings.rule_options(rule))
        for kind, check in rule.checks:
            for subject, path in _subjects(kind, rule, project):
                try:
                    found = list(check(subject, context))
                except Exception as error:
                    failures.append(Failure(rule, path, error, _place(error)))
                    continue
                for finding in found:
                    key = (rule.code, finding.place, finding.message)
                    if key not in seen:
                        seen.add(key)
                        yield rule, finding


def _holds(rule: Rule, project: Project) -> bool:
    """Whether a rule is true of every FastAPI that the project may run on."""
    releases = project.versions.fastapi
    return (rule.since is None or releases.since(rule.since) is True) and (
        rule.until is None or releases.before(rule.until) is True
    )


def _subjects(kind: type, rule: Rule, project: Project) -> Iterable[Subject]:
    subjects = SUBJECTS.get(kind)
    if subjects is None:
        known = ", ".join(sorted(known.__name__ for known in SUBJECTS))
        raise RuleError(f"{rule.module} subscribes to {kind.__name__}, which is none of {known}")
    return subjects(project)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
