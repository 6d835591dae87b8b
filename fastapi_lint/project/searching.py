"""Scopes whose text has a pattern: for rules that look for something that few functions have.

Definitions that nothing has asked for are read on the way, so the answer does not depend on what other rules wanted to know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.modules import Module, chunk_of
from fastapi_lint.project.interpreting.values import FunctionValue

if TYPE_CHECKING:
    from fastapi_lint.project import Project


def modules(project: Project, pattern: re.Pattern[str]) -> list[Module]:
    """The modules that were read and whose text has the pattern, tests left out; their definitions that have it are run."""
    found: list[Module] = []
    for path, frame in sorted(project.it.importer.frames.items()):
        if project.is_test(path) or not frame.module.has(pattern):
            continue
        found.append(frame.module)
        for name, index in list(frame.waiting.items()):
            if frame.module.has(pattern, index):
                frame.local(name)
    return found


def functions(project: Project, pattern: re.Pattern[str]) -> Iterator[FunctionValue]:
    """The functions, methods and nested ones, of top-level statements that have the pattern."""
    paths = {module.path for module in modules(project, pattern)}
    seen: set[object] = set()
    while pending := [d for d in project.it.functions if d not in seen and d.module.path in paths]:
        for definition in sorted(pending, key=lambda d: (d.module.path, d.node.at)):
            seen.add(definition)
            if definition.module.has(pattern, chunk_of(definition.node.at)):
                value = project.it.functions[definition]
                project.it.analysis(value)
                yield value


def sites(project: Project, pattern: re.Pattern[str]) -> Iterator[CallSite]:
    """The calls in modules and functions whose text has the pattern; one call may come more than once."""
    frames: list[Frame] = [project.module_frame(module) for module in modules(project, pattern)]
    frames += [project.it.analysis(function) for function in functions(project, pattern)]
    for frame in frames:
        yield from frame.sites


def classes(project: Project, pattern: re.Pattern[str]) -> Iterator[ClassDefinition]:
    """The classes, nested ones too, of top-level statements that have the pattern."""
    paths = {function.definition.module.path for function in functions(project, pattern)}
    paths |= {module.path for module in modules(project, pattern)}
    for _, definition in sorted(project.it.classes.items()):
        if definition.module.path in paths and definition.module.has(pattern, chunk_of(definition.node.at)):
            yield definition
