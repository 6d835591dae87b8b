"""What a rule is: one value, its documentation, and the functions that subscribe to kinds of things."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi_lint.diagnostics import Applicability, Severity

if TYPE_CHECKING:
    from fastapi_lint.context import Context
    from fastapi_lint.findings import Finding

Entity = TypeVar("Entity")
Check = Callable[[Any, "Context"], "Iterable[Finding]"]


class RuleError(Exception):
    """A rule that is not well-formed; the message names the module and what to change."""


class UnknownRule(ValueError):
    """A code, name or family that no rule has; the message suggests the nearest."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of one rule, set in `[tool.fastapi-lint.rules.<slug>]`."""

    default: Any
    description: str
    choices: tuple[str, ...] = ()


@dataclass(slots=True)
class Rule:
    """A rule. Its slug is its module's name, its documentation the module's docstring.

    `default`: in the set that runs when nothing is selected. `fix`: the best applicability its fixes may have.
    `companions`: codes of rules that by design report another side of the same code, so that an example of this one may show them.
    `since`/`until`: FastAPI versions in which it is true, `until` exclusive; a project that straddles them is left alone.
    """

    code: str
    severity: Severity = "warning"
    default: bool = True
    fix: Applicability | None = None
    options: dict[str, Option] = field(default_factory=dict)
    since: str | None = None
    until: str | None = None
    companions: tuple[str, ...] = ()
    module: str = ""
    checks: list[tuple[type, Check]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.module:
            caller = sys._getframe(2)
            self.module = caller.f_globals["__name__"]

    def on(self, kind: type[Entity]) -> Callable[[Callable[[Entity, Context], Iterable[Finding]]], Check]:
        """Subscribe a generator function to a kind of thing: it is called with each one and a `Context`."""

        def register(check: Callable[[Entity, Context], Iterable[Finding]]) -> Check:
            self.checks.append((kind, check))
            return check

        return register

    @property
    def name(self) -> str:
        """The slug, as users write it: `blocking-call`."""
        return self.module.rpartition(".")[2].replace("_", "-")

    @property
    def category(self) -> str:
        """The family: the package the rule's module lives in."""
        return self.module.rpartition(".")[0].rpartition(".")[2]

    @property
    def documentation(self) -> str:
        from inspect import cleandoc

        return cleandoc(sys.modules[self.module].__doc__ or "")

    @property
    def title(self) -> str:
        return self.documentation.partition("\n")[0]

    @property
    def url(self) -> str:
        return f"https://github.com/fastapi-lint/fastapi-lint/blob/main/docs/rules/{self.name}.md"
