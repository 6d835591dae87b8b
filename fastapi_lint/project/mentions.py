"""Calls, functions and classes by what their text mentions: for rules about things that are rare, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_lint.findings import Anchor
from fastapi_lint.project.definitions import ClassDefinition
from fastapi_lint.project.frames import CallSite
from fastapi_lint.project.modules import Module, chunk_of

if TYPE_CHECKING:
    from fastapi_lint.project import Function, Project


def sites(project: Project, pattern: re.Pattern[str]) -> Iterator[CallSite]:
    """Every call site outside of tests, in modules and functions whose text fits; each place once."""
    seen: set[Anchor] = set()
    for site in _sites(project, pattern):
        if site.anchor not in seen:
            seen.add(site.anchor)
            yield site


def _sites(project: Project, pattern: re.Pattern[str]) -> Iterator[CallSite]:
    for module in project.modules:
        if module.has(pattern) and not project.is_test(module.path):
            yield from project.module_frame(module).sites
    for function in functions(project, pattern):
        yield from function.frame.sites


def functions(project: Project, pattern: re.Pattern[str]) -> Iterator[Function]:
    """Every function outside of tests in a top-level statement whose text fits."""
    for definition, value in list(project.it.functions.items()):
        if _fits(project, definition.module, definition.node.at, pattern):
            yield project.function(value)


def classes(project: Project, pattern: re.Pattern[str]) -> Iterator[ClassDefinition]:
    """Every class outside of tests in a top-level statement whose text fits."""
    for _, definition in sorted(project.it.classes.items()):
        if _fits(project, definition.module, definition.node.at, pattern):
            yield definition


def _fits(project: Project, module: Module, at: int, pattern: re.Pattern[str]) -> bool:
    return not project.is_test(module.path) and module.has(pattern, chunk_of(at))
