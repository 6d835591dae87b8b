"""The settings in force, and the questions the other stages ask them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi_lint.diagnostics import Applicability, Severity
from fastapi_lint.patterns import Patterns, compiled

if TYPE_CHECKING:
    from fastapi_lint.rule import Rule

DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".fastapi-lint-cache",
    ".git",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    "__pycache__",
    "__pypackages__",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)


@dataclass(frozen=True)
class Settings:
    """Selectors are kept as the user wrote them; paths and patterns are relative to `root`.

    `root` is the configuration file's directory, without one the working directory. `exclude`, `extend_exclude` and the
    keys of `per_file_ignores` are patterns as in a `.gitignore`; a leading `!` in the latter means every other file.
    `blocking_calls` maps a qualified name to the text that says what to use instead, or to None.
    """

    root: Path = field(default_factory=Path.cwd)
    source_file: Path | None = None
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    extend_exclude: tuple[str, ...] = ()
    src: tuple[str, ...] = ()
    blocking_calls: Mapping[str, str | None] = field(default_factory=dict)
    non_blocking_calls: tuple[str, ...] = ()
    auth_dependencies: tuple[str, ...] = ()
    sensitive_names: tuple[str, ...] = ()
    output_format: str = "full"
    fixable: tuple[str, ...] = ("ALL",)
    unfixable: tuple[str, ...] = ()
    extend_safe_fixes: tuple[str, ...] = ()
    extend_unsafe_fixes: tuple[str, ...] = ()
    baseline: str | None = None
    cache_dir: str | None = None
    severity: Mapping[str, Severity] = field(default_factory=dict)
    fastapi_version: str | None = None
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def source_directories(self) -> tuple[Path, ...]:
        return tuple(self.root / directory for directory in self.src)

    def relative(self, file: Path) -> str | None:
        """An absolute path as patterns see it: below `root`, else below the working directory, else None."""
        for directory in (self.root, Path.cwd()):
            if file.is_relative_to(directory):
                return file.relative_to(directory).as_posix()
        return None

    @cached_property
    def excluded(self) -> Patterns:
        return compiled((*self.exclude, *self.extend_exclude))

    def rules_in_force(self) -> tuple[Rule, ...]:
        from fastapi_lint.registry import selected

        return selected(self.select, self.extend_select, self.ignore)

    def rule_options(self, rule: Rule) -> Mapping[str, Any]:
        """Every option of a rule under the name that the rule gives it: what the user set, else the default."""
        chosen = self.rules.get(rule.name, {})
        return {name: chosen.get(option_key(name), option.default) for name, option in rule.options.items()}

    def severity_of(self, rule: Rule) -> Severity:
        """The most specific selector of `severity` that names the rule decides, the later one among equals."""
        from fastapi_lint.registry import matching

        level, narrowest = rule.severity, None
        for selector, wanted in self.severity.items():
            codes = matching(selector)
            if rule.code in codes and (narrowest is None or len(codes) <= narrowest):
                level, narrowest = wanted, len(codes)
        return level

    def is_fixable(self, code: str) -> bool:
        return code in self._fixable

    @cached_property
    def _fixable(self) -> frozenset[str]:
        from fastapi_lint.registry import selected

        if not self.fixable:  # said in so many words: no fixes at all
            return frozenset()
        return frozenset(rule.code for rule in selected(self.fixable, (), self.unfixable))

    def applicability(self, code: str, claimed: Applicability) -> Applicability:
        """How far a rule's fix may go as the user has it. What is only shown stays so."""
        if claimed == "display" or not self.is_fixable(code):
            return "display"
        return self._applicability.get(code, claimed)

    @cached_property
    def _applicability(self) -> Mapping[str, Applicability]:
        """The rules whose fixes the user calls safe or unsafe: the more specific selector wins, unsafe among equals."""
        from fastapi_lint.registry import matching, selected

        chosen: dict[str, Applicability] = {}
        for selector in self.extend_unsafe_fixes:
            chosen.update(dict.fromkeys(matching(selector), "unsafe"))
        if self.extend_safe_fixes:
            safe = selected(self.extend_safe_fixes, (), self.extend_unsafe_fixes)
            chosen.update((rule.code, "safe") for rule in safe)
        return chosen

    def ignored_in(self, file: Path) -> frozenset[str]:
        """The codes that `per-file-ignores` switches off in a file, which is given by its absolute path."""
        relative = self.relative(file)
        codes: frozenset[str] = frozenset()
        for patterns, negated, ignored in self._per_file_ignores:
            inside = relative is not None and patterns.covering(relative) is not None
            if inside != negated:
                codes |= ignored
        return codes

    @cached_property
    def _per_file_ignores(self) -> tuple[tuple[Patterns, bool, frozenset[str]], ...]:
        if not self.per_file_ignores:
            return ()
        from fastapi_lint.registry import matching

        return tuple(
            (
                compiled([pattern.removeprefix("!")]),
                pattern.startswith("!"),
                frozenset().union(*map(matching, selectors)),
            )
            for pattern, selectors in self.per_file_ignores.items()
        )


def option_key(name: str) -> str:
    """How a rule's option is written in a configuration file."""
    return name.replace("_", "-")


def overridden(
    settings: Settings,
    *,
    select: tuple[str, ...] = (),
    extend_select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    output_format: str | None = None,
) -> Settings:
    """The settings with what the command line says on top: its selectors beat the file's, however specific those are.

    Raises UnknownRule.
    """
    if output_format is not None:
        settings = replace(settings, output_format=output_format)
    if not (select or extend_select or ignore):
        return settings
    from fastapi_lint.registry import matching, selected

    if select:
        named = [matching(selector) for selector in (*select, *extend_select)]
        carried = tuple(
            ignored for ignored in settings.ignore if not any(codes <= matching(ignored) for codes in named)
        )
        return replace(settings, select=select, extend_select=extend_select, ignore=(*carried, *ignore))
    switched_on = {rule.code for rule in selected(extend_select, (), ignore)} if extend_select else set()
    switched_off = {code for selector in ignore for code in matching(selector)}
    enabled = {rule.code for rule in settings.rules_in_force()} - switched_off | switched_on
    if not enabled:
        return replace(settings, select=("ALL",), extend_select=(), ignore=("ALL",))
    return replace(settings, select=tuple(sorted(enabled)), extend_select=(), ignore=())
