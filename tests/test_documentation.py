"""What the documents say is so: their commands, samples, tables and links."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from fastapi_lint.config_keys import READERS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

ROOT = Path(__file__).resolve().parent.parent
BOOKSHOP = ROOT / "fixtures" / "projects" / "bookshop"
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
CONSOLE = re.compile(r"```console\n\$ fastapi-lint (?P<arguments>[^\n]*)\n(?P<output>.*?)```", re.DOTALL)


def section(heading: str) -> str:
    return README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_samples_are_what_the_linter_says() -> None:
    samples = list(CONSOLE.finditer(README))
    assert samples
    for sample in samples:
        command = [sys.executable, "-m", "fastapi_lint", *shlex.split(sample["arguments"])]
        done = subprocess.run(
            command, cwd=BOOKSHOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False
        )
        assert done.stdout == sample["output"]


def test_every_key_is_explained() -> None:
    rows = re.findall(r"^\| (.+?) \|", section("Configuration"), re.M)
    explained = {name.partition(".")[0] for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert explained == set(READERS)


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    from fastapi_lint.config import load

    tables = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert len(tables) == 2
    document = "\n".join(tables)
    assert tomllib.loads(document)["tool"]["ruff"]["lint"]["external"] == ["FAL"]
    (tmp_path / "pyproject.toml").write_text(document, encoding="utf-8")
    assert load(tmp_path).src == ("src",)


def test_the_hooks_exist() -> None:
    offered = re.findall(r"^- id: (\S+)", (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"), re.M)
    assert re.findall(r"- id: (\S+)", section("pre-commit")) == offered


def test_the_commands_are_those_of_continuous_integration() -> None:
    commands = re.findall(r"```sh\n(.+)\n```", README)
    assert len(commands) == 2
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in commands:
        assert re.search(rf"^(?:run )?{re.escape(command.partition(' && ')[2])}\b", script, re.M), command


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)", text)
    assert links or document == "CONTRIBUTING.md"
    for link in links:
        assert link.startswith("https://") or (ROOT / link).exists(), link


def rule_pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rule_pages", ROOT / "scripts" / "rule_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_rules_pages_are_up_to_date() -> None:
    script = rule_pages()
    assert list(script.stale(script.pages())) == []


def test_outdated_pages_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = rule_pages()
    monkeypatch.setattr(script, "PAGES", tmp_path)
    wanted = script.pages()
    for name, text in wanted.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert list(script.stale(wanted)) == []
    changed, missing = sorted(wanted)[:2]
    (tmp_path / changed).write_text("something else", encoding="utf-8")
    (tmp_path / missing).unlink()
    (tmp_path / "no-such-rule.md").write_text("left over", encoding="utf-8")
    assert list(script.stale(wanted)) == [changed, missing, "no-such-rule.md"]
