"""Rules are found by looking, refused when they are not well-formed, and selected as users expect."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from fastapi_lint.registry import FAMILIES, PACKAGE, UnknownRule, all_rules, find, matching, selected
from fastapi_lint.rule import Rule, RuleError

ROOT = Path(__file__).resolve().parent.parent
AddRule = Callable[[str, str], Rule]
KNOWN = (
    Rule("FAL101", module=f"{PACKAGE}.concurrency.blocking_call"),
    Rule("FAL102", module=f"{PACKAGE}.concurrency.cheap_blocking_call", default=False),
    Rule("FAL103", module=f"{PACKAGE}.concurrency.blocking_chain"),
    Rule("FAL301", module=f"{PACKAGE}.security.hardcoded_secret"),
    Rule("FAL306", module=f"{PACKAGE}.security.cors_wildcard", default=False),
)
PAGE = '"""A title."""\n\nfrom fastapi_lint.rule import Rule\n\n'


def codes(rules: Iterable[Rule]) -> list[str]:
    return [rule.code for rule in rules]


def test_every_module_of_the_families_is_a_rule() -> None:
    files = {file.stem for file in (ROOT / "rules").glob("*/*.py") if not file.stem.startswith("_")}
    assert files
    assert {rule.name.replace("-", "_") for rule in all_rules()} == files


def test_rules_come_by_code_and_live_in_their_family() -> None:
    assert codes(all_rules()) == sorted(codes(all_rules()))
    for rule in all_rules():
        assert rule.code.startswith(FAMILIES[rule.category])


def test_a_new_file_is_a_new_rule(add_rule: AddRule) -> None:
    added = add_rule("concurrency/held_breath.py", PAGE + 'rule = Rule("FAL199", severity="info", default=False)\n')
    assert (added.code, added.name, added.category, added.title) == ("FAL199", "held-breath", "concurrency", "A title.")
    assert added in all_rules()
    assert matching("held-breath") == {"FAL199"}


def test_modules_with_an_underscore_are_no_rules(add_rule: AddRule) -> None:
    before = all_rules()
    with pytest.raises(UnknownRule):
        add_rule("concurrency/_breathing.py", PAGE + 'rule = Rule("FAL199")\n')
    assert all_rules() == before


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (PAGE, "has no `rule`"),
        (PAGE + "rule = 'FAL199'\n", "has no `rule`"),
        ('from fastapi_lint.rule import Rule\nrule = Rule("FAL199")\n', "has no docstring"),
        (PAGE + 'rule = Rule("FAL399")\n', "FAL399 is no code of the family concurrency"),
        (PAGE + 'rule = Rule("FAL1")\n', "FAL1 is no code"),
        (PAGE + 'rule = Rule("FAL101")\n', "both are FAL101"),
        (PAGE + 'rule = Rule("FAL199", module="elsewhere.odd")\n', "says it lives in elsewhere.odd"),
    ],
)
def test_what_is_not_well_formed_is_refused(add_rule: AddRule, text: str, complaint: str) -> None:
    with pytest.raises(RuleError, match=complaint):
        add_rule("concurrency/odd.py", text)


def test_two_rules_with_one_name_are_refused(add_rule: AddRule) -> None:
    add_rule("concurrency/odd.py", PAGE + 'rule = Rule("FAL199")\n')
    with pytest.raises(RuleError, match="both are odd"):
        add_rule("security/odd.py", PAGE + 'rule = Rule("FAL399")\n')


def test_rules_imported_from_the_directory_rules_are_refused(
    add_rule: AddRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the top of the repository `import rules` works by accident, and would make every rule exist twice."""
    monkeypatch.syspath_prepend(str(ROOT))
    some = all_rules()[0]
    elsewhere = some.module.removeprefix("fastapi_lint.")
    with pytest.raises(RuleError, match=f"says it lives in {elsewhere}"):
        add_rule("concurrency/odd.py", f'"""A title."""\n\nfrom {elsewhere} import rule as rule\n')


def test_the_working_directory_does_not_matter(tmp_path: Path) -> None:
    program = "import fastapi_lint.registry as r; print(*(rule.module for rule in r.all_rules()))"
    said = set()
    for directory in (ROOT, ROOT / "rules", tmp_path):
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=directory, env=environment, capture_output=True, text=True, check=True
        )
        said.add(done.stdout)
    assert said == {" ".join(rule.module for rule in all_rules()) + "\n"}


def test_nothing_imports_a_rule() -> None:
    """mypy would see each rule twice, as `rules.x` and as `fastapi_lint.rules.x`."""
    for directory in ("fastapi_lint", "rules", "scripts", "tests"):
        for file in sorted((ROOT / directory).rglob("*.py")):
            for name in imported(file):
                assert not f"{name}.".startswith((f"{PACKAGE}.", "rules.")), f"{file.relative_to(ROOT)} imports {name}"


def imported(file: Path) -> Iterable[str]:
    """What a file's absolute imports name."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ("ALL", ["FAL101", "FAL102", "FAL103", "FAL301", "FAL306"]),
        ("FAL", ["FAL101", "FAL102", "FAL103", "FAL301", "FAL306"]),
        ("FAL1", ["FAL101", "FAL102", "FAL103"]),
        ("FAL10", ["FAL101", "FAL102", "FAL103"]),
        ("fal103", ["FAL103"]),
        ("blocking-call", ["FAL101"]),
        ("security", ["FAL301", "FAL306"]),
    ],
)
def test_matching(selector: str, chosen: list[str]) -> None:
    assert sorted(matching(selector, KNOWN)) == chosen


@pytest.mark.parametrize(
    ("selector", "hint"),
    [
        ("FAL110", "did you mean `FAL1"),
        ("blocking-cal", "did you mean `blocking-call`?"),
        ("securty", "did you mean `security`?"),
        ("all", "did you mean `ALL`?"),
        ("E501", "`fastapi-lint rules` lists them"),
        ("", "`fastapi-lint rules` lists them"),
    ],
)
def test_unknown_selectors_are_refused_with_a_hint(selector: str, hint: str) -> None:
    with pytest.raises(UnknownRule) as refused:
        matching(selector, KNOWN)
    assert f"unknown rule `{selector}`" in str(refused.value)
    assert hint in str(refused.value)


@pytest.mark.parametrize(
    ("select", "extend", "ignore", "chosen"),
    [
        ([], [], [], ["FAL101", "FAL103", "FAL301"]),
        ([], ["FAL102"], [], ["FAL101", "FAL102", "FAL103", "FAL301"]),
        ([], [], ["FAL1"], ["FAL301"]),
        (["FAL1"], [], [], ["FAL101", "FAL102", "FAL103"]),
        (["FAL1"], [], ["FAL103"], ["FAL101", "FAL102"]),
        (["FAL103"], [], ["FAL1"], ["FAL103"]),
        (["FAL1"], [], ["FAL1"], []),
        (["ALL"], [], ["security"], ["FAL101", "FAL102", "FAL103"]),
        (["ALL"], [], ["ALL"], []),
        (["blocking-call"], ["security"], ["cors-wildcard"], ["FAL101", "FAL301"]),
        ([], [], ["ALL"], []),
    ],
)
def test_the_more_specific_selector_wins(
    select: list[str], extend: list[str], ignore: list[str], chosen: list[str]
) -> None:
    assert codes(selected(select, extend, ignore, KNOWN)) == chosen


def test_find() -> None:
    some = all_rules()[-1]
    assert find(some.code) is some
    assert find(some.name) is some
    assert find(some.code.lower()) is some
    with pytest.raises(UnknownRule, match="stands for"):
        find("ALL")
