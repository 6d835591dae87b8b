"""Find the rules by looking into `fastapi_lint.rules`, and select among them."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from types import ModuleType

from fastapi_lint.rule import Rule, RuleError
from fastapi_lint.rule import UnknownRule as UnknownRule

PACKAGE = "fastapi_lint.rules"
FAMILIES = {
    "linter": "FAL0",
    "concurrency": "FAL1",
    "validation": "FAL2",
    "security": "FAL3",
    "contract": "FAL4",
    "testing": "FAL5",
    "performance": "FAL6",
    "routing": "FAL7",
    "lifecycle": "FAL8",
    "migration": "FAL9",
}


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code.

    Raises RuleError for a rule module that is not well-formed.
    """
    rules = sorted(_found(importlib.import_module(PACKAGE)), key=lambda rule: rule.code)
    seen: dict[str, Rule] = {}
    for rule in rules:
        for key in (rule.code, rule.name):
            if key in seen:
                raise RuleError(f"{rule.module} and {seen[key].module} both are {key}: codes and names are used once")
            seen[key] = rule
    return tuple(rules)


def _found(package: ModuleType) -> Iterator[Rule]:
    from pkgutil import walk_packages

    for info in walk_packages(package.__path__, package.__name__ + "."):
        if info.ispkg or info.name.rpartition(".")[2].startswith("_"):
            continue
        module = importlib.import_module(info.name)
        rule = getattr(module, "rule", None)
        if not isinstance(rule, Rule):
            raise RuleError(f"{info.name} has no `rule`: write `rule = Rule(...)`, or begin the module's name with `_`")
        if rule.module != info.name or not rule.module.startswith(PACKAGE + "."):
            raise RuleError(f"the rule of {info.name} says it lives in {rule.module}: import it as {PACKAGE}.…")
        family = FAMILIES.get(rule.category)
        if family is None or not re.fullmatch(family + r"\d\d", rule.code):
            raise RuleError(f"{info.name}: {rule.code} is no code of the family {rule.category} ({family}xx)")
        if not rule.documentation:
            raise RuleError(f"{info.name} has no docstring, which is the rule's page")
        yield rule


def matching(selector: str, rules: Iterable[Rule] | None = None) -> frozenset[str]:
    """The codes that `ALL`, a prefix (`FAL`, `FAL1`, `FAL101`), a rule's name or a family's name stand for.

    Raises UnknownRule.
    """
    known = tuple(rules) if rules is not None else all_rules()
    codes = codes_of(selector, known)
    if codes:
        return codes
    from difflib import get_close_matches

    words = ["ALL", *FAMILIES, *FAMILIES.values(), *(r.code for r in known), *(r.name for r in known)]
    near = get_close_matches(selector, words, n=1) or get_close_matches(selector.upper(), words, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else "; `fastapi-lint rules` lists them"
    raise UnknownRule(f"unknown rule `{selector}`{hint}")


def codes_of(selector: str, rules: Iterable[Rule] | None = None) -> frozenset[str]:
    """As `matching`, but nothing for what no rule has."""
    known = tuple(rules) if rules is not None else all_rules()
    if selector == "ALL":
        return frozenset(rule.code for rule in known)
    upper = selector.upper()
    codes = {rule.code for rule in known if rule.name == selector or rule.category == selector}
    if re.fullmatch(r"FAL\d{0,3}", upper):
        codes |= {rule.code for rule in known if rule.code.startswith(upper)}
    return frozenset(codes)


def selected(
    select: Iterable[str], extend_select: Iterable[str], ignore: Iterable[str], rules: Iterable[Rule] | None = None
) -> tuple[Rule, ...]:
    """The rules to run. An empty `select` stands for the default set; the more specific selector wins, as in ruff."""
    known = tuple(rules) if rules is not None else all_rules()
    chosen: dict[str, tuple[int, bool]] = {}
    select = tuple(select)
    if not select:
        chosen = {rule.code: (0, True) for rule in known if rule.default}
    for wanted, selectors in ((True, (*select, *extend_select)), (False, tuple(ignore))):
        for selector in selectors:
            weight = _weight(selector)
            for code in matching(selector, known):
                if weight >= chosen.get(code, (-1, False))[0]:
                    chosen[code] = (weight, wanted)
    return tuple(rule for rule in known if chosen.get(rule.code, (0, False))[1])


def _weight(selector: str) -> int:
    if selector == "ALL":
        return 0
    upper = selector.upper()
    if re.fullmatch(r"FAL\d{0,3}", upper):
        return len(upper)
    return len("FAL1") if selector in FAMILIES else len("FAL101")


def find(selector: str) -> Rule:
    """One rule by code or name. Raises UnknownRule."""
    codes = matching(selector)
    if len(codes) != 1:
        raise UnknownRule(f"`{selector}` stands for {len(codes)} rules; name one by code or slug")
    (code,) = codes
    return next(rule for rule in all_rules() if rule.code == code)
