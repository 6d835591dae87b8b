"""Every rule: its page, its fixtures, its fix."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from fastapi_lint.registry import all_rules
from fastapi_lint.rule import Rule
from fastapi_lint.testing import (
    Case,
    Examination,
    examine,
    fixability_problem,
    fixture_cases,
    import_problems,
    page_cases,
    page_problems,
)

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "rules"
RULES = {rule.name: rule for rule in all_rules()}


def fixtures(rule: Rule) -> list[Case]:
    directory = FIXTURES / rule.name
    return fixture_cases(rule, directory) if directory.is_dir() else []


CASES = {(rule.name, case.name): case for rule in RULES.values() for case in (*page_cases(rule), *fixtures(rule))}

every_rule = pytest.mark.parametrize("name", RULES)


@cache
def examined(name: str, case: str) -> Examination:
    return examine(RULES[name], CASES[name, case])


@every_rule
def test_page(name: str) -> None:
    problems = list(page_problems(RULES[name]))
    assert not problems, "\n".join(("", *problems))


@cache
def imported() -> dict[str, list[str]]:
    return import_problems(list(RULES.values()))


@every_rule
def test_good_examples_run(name: str) -> None:
    problems = imported()[name]
    assert not problems, "\n".join(("", *problems))


@pytest.mark.parametrize(("name", "case"), [pytest.param(*key, id="/".join(key)) for key in CASES])
def test_case(name: str, case: str) -> None:
    problems = examined(name, case).problems
    assert not problems, "\n".join(("", *problems))


@every_rule
def test_declared_fix_is_offered(name: str) -> None:
    cases = [case for rule, case in CASES if rule == name]
    assert fixability_problem(RULES[name], (examined(name, case) for case in cases)) is None


@every_rule
def test_fixtures_show_the_problem(name: str) -> None:
    if RULES[name].checks:  # else the engine itself reports it
        assert any(place[2] == RULES[name].code for case in fixtures(RULES[name]) for place in case.expected)


def test_every_fixture_has_its_rule() -> None:
    assert {directory.name for directory in FIXTURES.iterdir() if directory.is_dir()} <= RULES.keys()
