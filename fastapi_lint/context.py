"""What a rule may ask: the linked project, and what the user configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from fastapi_lint.project import CallSite, Chain, Function, Project, Route
from fastapi_lint.project.blocking import REPORTED
from fastapi_lint.rule import Rule
from fastapi_lint.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """One for each rule and run."""

    project: Project
    settings: Settings
    rule: Rule
    options: Mapping[str, Any]

    def chain(self, site: CallSite, tiers: frozenset[str] = REPORTED) -> Chain | None:
        """How a call holds up whoever makes it; None where it does not, or where that cannot be known."""
        return self.project.chain(site, tiers)

    def advice(self, chain: Chain) -> str:
        """What to add to a message about a call for which the configuration names something else; else nothing."""
        told = self.settings.blocking_calls
        if not any(told.values()):
            return ""
        fitting = [name for name in told if fnmatchcase(chain.leaf.name, self.project.library.canonical(name))]
        text = told[max(fitting, key=lambda name: ("*" not in name, len(name)))] if fitting else None
        return f"; the configuration says: {text}" if text else ""

    def route_of(self, function: Function) -> Route | None:
        """The route that a function handles."""
        return self.project.handlers.get(function.definition)

    def is_dependency(self, function: Function) -> bool:
        """Whether some route depends on a function, directly or not."""
        return function.definition in self.project.dependency_functions
