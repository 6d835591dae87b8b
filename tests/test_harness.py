"""The harness itself: rules that are wrong in one way each, and what it says of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fastapi_lint.config_keys import ConfigurationError
from fastapi_lint.registry import find
from fastapi_lint.rule import Rule
from fastapi_lint.testing import (
    Case,
    examine,
    fixability_problem,
    fixture_cases,
    import_problems,
    lint,
    page_cases,
    page_problems,
)
from fastapi_lint.testing.pages import parse

AddRule = Callable[[str, str], Rule]

BLOCKING = """\
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def read() -> int:
    await asyncio.sleep(0)
    time.sleep(1)
    return 1
"""
PAGE = """\
\"\"\"A function called `bad`.

## What it does
Reports functions called `bad`.

## Why is this bad?
It says so itself.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


async def bad() -> int:
    return 1
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


async def good() -> int:
    return 1
```

## Known misses
Methods.

## Fix safety
Unsafe: callers break.
\"\"\"
from fastapi_lint.findings import Finding, Fix, Replace, TextRange
from fastapi_lint.project import Function
from fastapi_lint.rule import Rule

rule = Rule("FAL199", fix="unsafe")


@rule.on(Function)
def check(function, ctx):
    definition = function.definition
    if definition.name == "bad":
        yield Finding(definition.anchor, "`bad` is bad", fix=fix(definition.anchor))


def fix(anchor):
    return Fix("Call it `good`", (Replace(anchor.of("name"), ("good",)),))
"""
IN_GOOD = "## Good\n```python\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\nasync def good"
FLAGGED = b"from fastapi import FastAPI\n\napp = FastAPI()\n\n\nasync def bad() -> int:  # FAL199\n    return 1\n"


def bad_rule(add_rule: AddRule, *changes: tuple[str, str]) -> Rule:
    text = PAGE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return add_rule("concurrency/bad_name.py", text)


def case_of(data: bytes, *lines: int, fixed: bytes | None = None) -> Case:
    expected = frozenset(("main.py", line, "FAL199") for line in lines)
    return Case("case", {"main.py": data}, frozenset({"FAL199"}), expected, {"main.py": fixed} if fixed else {})


def test_a_rule_that_is_right(add_rule: AddRule) -> None:
    rule = bad_rule(add_rule)
    assert list(page_problems(rule)) == []
    assert import_problems([rule]) == {"bad-name": []}
    examinations = [examine(rule, case) for case in page_cases(rule)]
    examinations.append(examine(rule, case_of(FLAGGED, 6, fixed=FLAGGED.replace(b"bad", b"good"))))
    assert [one.problems for one in examinations] == [()] * 3
    assert fixability_problem(rule, examinations) is None


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ([("## Known misses", "## Misses")], "the page has no `## Known misses`"),
        ([("## Fix safety", "## Safety")], "the page has no `## Fix safety`"),
        ([(IN_GOOD, "## Good\n```\nasync def good")], "`## Good` has no ```python example"),
        ([("async def bad() -> int:", "async def worse() -> int:")], "Bad 1 does not yield FAL199"),
        ([("async def good() -> int:", "async def bad() -> int:")], "Good 1 yields main.py:6:1: FAL199 `bad` is bad"),
        ([("A function called `bad`.", "A" * 101)], "the docstring's first line is the title"),
        (
            [('"unsafe")', '"unsafe", options={"size": Option(1, "")})'), ("import Rule", "import Option, Rule")],
            "the page has no `## Options`",
        ),
        (
            [("async def bad() -> int:", "import time\n\n\nasync def bad() -> int:\n    time.sleep(1)")],
            "Bad 1 also yields main.py:10:5: FAL101",
        ),
    ],
)
def test_wrong_pages(add_rule: AddRule, changes: list[tuple[str, str]], complaint: str) -> None:
    problems = list(page_problems(bad_rule(add_rule, *changes)))
    assert any(complaint in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("good", "complaint"),
    [
        ("from fastapi import FastAPY", "cannot import name 'FastAPY'"),
        ("from fastapi import FastAPI\n\napp = FastAPI(title=Title)", "name 'Title' is not defined"),
        ("from fastapi import FastAPI\n\napp = FastAPI()\napp.on_event('startup')(print)", "deprecated"),
    ],
)
def test_good_examples_that_fastapi_refuses(add_rule: AddRule, good: str, complaint: str) -> None:
    rule = bad_rule(add_rule, (IN_GOOD, f"## Good\n```python\n{good}\n\n\nasync def good"))
    (problem,) = import_problems([find("FAL002"), rule])["bad-name"]
    assert problem.startswith("Good 1 cannot be imported")
    assert complaint in problem


def test_a_fix_that_is_called_safe_and_changes_the_document(add_rule: AddRule) -> None:
    rule = bad_rule(
        add_rule,
        ('"unsafe"', '"safe"'),
        ("\n\nasync def bad()", "\n@app.get('/')\nasync def bad()"),
        ("\n\nasync def good()", "\n@app.get('/')\nasync def good()"),
    )
    (problem,) = import_problems([rule])["bad-name"]  # the operation's id comes from the function's name
    assert problem == "the fix is called safe, but the OpenAPI documents of Bad and Good differ"


def test_missed_and_false_alarms(add_rule: AddRule) -> None:
    rule = bad_rule(add_rule)
    assert examine(rule, case_of(FLAGGED, 5)).problems == (
        "missed alarm: main.py:5: FAL199",
        "false alarm: main.py:6:1: FAL199 `bad` is bad",
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('    if definition.name == "bad"', "    1 / 0\n    if definition.name"), "FAL004"),
        (("Finding(definition.anchor", "Finding(TextRange(definition.anchor.path, 0, 9999)"), "is outside of main.py"),
        (('fix="unsafe"', 'fix="display"'), "the rule makes unsafe fixes and declares display"),
        (('fix="unsafe"', 'severity="info"'), "the rule makes unsafe fixes and declares none"),
        (('"good",', '"bad_",'), "is not fixed as it should be"),
        (('"good",', '"1 2",'), "its fix was dropped: the result is no valid Python"),
        (('"good",', '"bad",'), "its fix was dropped: the finding is still there"),
        (('"`bad` is bad"', 'f"`bad` is {next(TIMES)}"'), "a second run says something else"),
    ],
)
def test_wrong_rules(add_rule: AddRule, change: tuple[str, str], complaint: str) -> None:
    rule = bad_rule(add_rule, change, ("rule = Rule", "TIMES = iter(range(1000))\nrule = Rule"))
    problems = examine(rule, case_of(FLAGGED, 6, fixed=FLAGGED.replace(b"bad", b"good"))).problems
    assert any(complaint in problem for problem in problems), problems


def test_a_declared_fix_that_no_case_shows(add_rule: AddRule) -> None:
    rule = bad_rule(add_rule, (", fix=fix(definition.anchor))", ")"))
    problem = fixability_problem(rule, [examine(rule, case_of(FLAGGED, 6))])
    assert problem == "bad-name declares unsafe fixes, and no case is offered more than None"


def test_fixtures_are_read(tmp_path: Path) -> None:
    rule = find("FAL101")
    (tmp_path / "alone.py").write_text('# options: {depth = 1}\nx = 1  # FAL101, FAL103\ny = "# FAL101"\n')
    (tmp_path / "alone.fixed.py").write_text("x = 2\n")
    (tmp_path / "several" / "app").mkdir(parents=True)
    (tmp_path / "several" / "app" / "main.py").write_text(
        "# settings: {ignore = ['FAL1']}\nx = 1  # noqa: E501 # FAL101\n"
    )
    (tmp_path / "several" / "pyproject.toml").write_text("")
    several, alone = fixture_cases(rule, tmp_path)
    assert (alone.name, set(alone.files), dict(alone.fixed)) == ("alone", {"alone.py"}, {"alone.py": b"x = 2\n"})
    assert alone.expected == {("alone.py", 2, "FAL101"), ("alone.py", 2, "FAL103")}
    assert alone.settings == {"rules": {"blocking-call": {"depth": 1}}}
    assert (several.name, set(several.files)) == ("several", {"app/main.py", "pyproject.toml"})
    assert several.expected == {("app/main.py", 2, "FAL101")}
    assert several.settings == {"ignore": ["FAL1"]}


def test_a_fixed_file_needs_its_file(tmp_path: Path) -> None:
    (tmp_path / "alone.fixed.py").write_text("x = 2\n")
    with pytest.raises(ValueError, match=r"there is a fixed alone\.py without the file"):
        fixture_cases(find("FAL101"), tmp_path)


def test_lint() -> None:
    before = os.getcwd()
    (found,) = lint({"app/main.py": BLOCKING}, select=["blocking-call"])
    assert (found.code, found.path, found.span.start.line) == ("FAL101", "app/main.py", 12)
    assert lint({"main.py": BLOCKING}, select=["FAL401"]) == []
    assert lint({"main.py": BLOCKING, "fastapi-lint.toml": 'ignore = ["FAL101"]'}) == []
    assert lint({"main.py": BLOCKING}, settings={"non-blocking-calls": ["time.sleep"]}) == []
    assert os.getcwd() == before


def test_lint_refuses_options_that_no_rule_has() -> None:
    with pytest.raises(ConfigurationError, match="unknown key"):
        lint({"main.py": BLOCKING}, options={"missing-response-model": {"stile": "either"}})


def test_pages_are_taken_apart() -> None:
    page = parse(
        "Title.\n\nIntroduction.\n\n## Bad\n```python\na\n## no heading\n```\nand\n"
        '```python title="app/a.py"\nb\n```\n```toml title="pyproject.toml"\nc\n```\n'
        '```python title="app/a.py"\nd\n```\n'
        "```\nshown only\n```\n"
        '## Good\n```python\ne\n```\n```python title="app/a.py"\nf\n```\n## Options\nNone.'
    )
    assert (page.title, page.sections[""], page.sections["Options"]) == ("Title.", "Introduction.", "None.")
    assert [example.files for example in page.bad] == [
        {"main.py": "a\n## no heading\n"},
        {"app/a.py": "b\n", "pyproject.toml": "c\n"},
        {"app/a.py": "d\n"},
    ]
    assert [example.files for example in page.good] == [
        {"main.py": "e\n"},
        {"app/a.py": "f\n", "pyproject.toml": "c\n"},
    ]
