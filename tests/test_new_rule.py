"""The skeleton that scripts/new_rule.py writes: it is found, it runs, and only what is left to do fails."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from fastapi_lint.registry import all_rules
from fastapi_lint.rule import Rule
from fastapi_lint.testing import examine, fixture_cases

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("new_rule", ROOT / "scripts" / "new_rule.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "rules" / "concurrency").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("fix", [None, "safe"])
def test_the_skeleton_works(
    script: ModuleType, tree: Path, fix: str | None, add_rule: Callable[[str, str], Rule]
) -> None:
    module, fixture = script.write(tree, "FAL199", "held-breath", severity="info", fix=fix, default=False)
    assert module.relative_to(tree).as_posix() == "rules/concurrency/held_breath.py"
    rule = add_rule("concurrency/held_breath.py", module.read_text(encoding="utf-8"))
    assert (rule.code, rule.name, rule.severity, rule.fix, rule.default) == (
        "FAL199",
        "held-breath",
        "info",
        fix,
        False,
    )
    (case,) = fixture_cases(rule, fixture.parent)
    assert case.expected
    assert examine(rule, case).problems == ()


def test_the_skeleton_is_formatted(script: ModuleType, tree: Path) -> None:
    pytest.importorskip("ruff")
    module, _ = script.write(tree, "FAL199", "held-breath", severity="warning", fix="unsafe", default=False)
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, str(module)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_family_is_packaged(script: ModuleType, tree: Path) -> None:
    family, prefix = next((f, p) for f, p in script.FAMILIES.items() if not (tree / "rules" / f).exists())
    before = (tree / "pyproject.toml").read_text(encoding="utf-8")
    listed = f'"fastapi_lint.rules.{family}",'
    (tree / "pyproject.toml").write_text(before.replace(f"    {listed}\n", ""), encoding="utf-8")
    module, _ = script.write(tree, f"{prefix}99", "held-breath", severity="warning", fix=None, default=True)
    assert (module.parent / "__init__.py").exists()
    assert (tree / "pyproject.toml").read_text(encoding="utf-8").count(listed) == 1


@pytest.mark.parametrize(
    ("code", "name", "complaint"),
    [
        ("FAL1", "held-breath", "FAL1 is no code of a family"),
        ("E501", "held-breath", "E501 is no code of a family"),
        ("FAL199", "held_breath", "`held_breath` is no name"),
        ("FAL199", all_rules()[0].name, f"{all_rules()[0].name} exists"),
        (all_rules()[0].code, "held-breath", f"{all_rules()[0].name} exists"),
    ],
)
def test_what_cannot_be_a_rule(script: ModuleType, tree: Path, code: str, name: str, complaint: str) -> None:
    with pytest.raises(script.NotNew, match=complaint):
        script.write(tree, code, name, severity="warning", fix=None, default=True)
    assert list(tree.rglob("*.py")) == []


def test_the_rule_gets_a_row_in_the_catalogue(script: ModuleType, tree: Path) -> None:
    (tree / "tests").mkdir()
    catalogue = tree / "tests" / "catalogue.toml"
    shutil.copy(ROOT / "tests" / "catalogue.toml", catalogue)
    before = catalogue.read_text(encoding="utf-8").splitlines()
    written = script.write(tree, "FAL199", "held-breath", severity="info", fix="safe", default=False)
    assert written[-1] == catalogue
    after = catalogue.read_text(encoding="utf-8").splitlines()
    at = after.index('    ["FAL199", "held-breath", "opt", "info", "safe"],')
    assert after[:at] + after[at + 1 :] == before
    codes = [line[6:12] for line in after if line.startswith('    ["FAL')]
    assert codes == sorted(codes)
