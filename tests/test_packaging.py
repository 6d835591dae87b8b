"""What is in the wheel, and that it works where nothing else of the project is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fastapi_lint.registry import all_rules

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

ROOT = Path(__file__).resolve().parent.parent
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
SHIPPED = (".py", ".toml", "py.typed")
in_turn = pytest.mark.xdist_group("wheel")  # building takes longer than all that looks at the wheel


def pyproject() -> dict[str, Any]:
    document: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return document


def shipped_files(root: Path) -> Iterator[str]:
    """The files of the two source directories, by their path in the wheel."""
    for directory, target in ((root / "fastapi_lint", "fastapi_lint"), (root / "rules", "fastapi_lint/rules")):
        for file in directory.rglob("*"):
            if file.name.endswith(SHIPPED) and "__pycache__" not in file.parts:
                yield f"{target}/{file.relative_to(directory).as_posix()}"


def test_every_package_is_listed() -> None:
    """setuptools leaves out what is not listed, without a word; for it, a directory of data is a package too."""
    packages = {path.rpartition("/")[0].replace("/", ".") for path in shipped_files(ROOT)}
    assert {"fastapi_lint.rules.concurrency", "fastapi_lint.knowledge"} <= packages
    listed = pyproject()["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(packages)


def test_every_package_has_an_init() -> None:
    shipped = set(shipped_files(ROOT))
    packages = {path.rpartition("/")[0] for path in shipped if path.endswith(".py")}
    assert {f"{package}/__init__.py" for package in packages} <= shipped


@pytest.mark.slow
@in_turn
def test_wheel_has_one_top_level_package(wheel: Path) -> None:
    version = pyproject()["project"]["version"]
    with zipfile.ZipFile(wheel) as archive:
        top = {name.partition("/")[0] for name in archive.namelist()}
    assert top == {"fastapi_lint", f"fastapi_lint-{version}.dist-info"}


@pytest.mark.slow
@in_turn
def test_wheel_has_every_file(wheel: Path, source_tree: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("fastapi_lint/")}
    expected = set(shipped_files(source_tree))
    assert "fastapi_lint/py.typed" in expected
    assert any(name.startswith("fastapi_lint/knowledge/") and name.endswith(".toml") for name in expected)
    assert packed == expected


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts directory of a fresh environment with the wheel in it; dependencies come from the running one."""
    directory = tmp_path_factory.mktemp("installed")
    venv.create(directory, with_pip=True)
    scripts = directory / ("Scripts" if os.name == "nt" else "bin")
    install = [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(directory), "platbase": str(directory)})
    running = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    # a directory named in a .pth file comes after the environment's own, and its own .pth files are not read
    Path(packages, "dependencies.pth").write_text("\n".join(sorted(running)) + "\n", encoding="utf-8")
    return scripts


def run(directory: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@in_turn
def test_installed_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    located = run(tmp_path, installed / "python", "-c", "import fastapi_lint; print(fastapi_lint.__file__)")
    assert str(installed.parent) in located.stdout


@pytest.mark.slow
@in_turn
@pytest.mark.parametrize("command", [["fastapi-lint"], ["python", "-m", "fastapi_lint"]], ids=["script", "module"])
def test_the_command_works(installed: Path, tmp_path: Path, command: list[str]) -> None:
    command = [str(installed / command[0]), *command[1:]]
    version = run(tmp_path, *command, "--version")
    assert version.stdout == f"fastapi-lint {pyproject()['project']['version']}\n", version.stderr
    rules = run(tmp_path, *command, "rules", "--output-format", "json")
    assert rules.returncode == 0, rules.stderr
    assert [rule["code"] for rule in json.loads(rules.stdout)["rules"]] == [rule.code for rule in all_rules()]


@pytest.mark.slow
@in_turn
def test_the_command_finds_what_is_wrong(installed: Path, tmp_path: Path) -> None:
    """The rules, the knowledge files and the engine all came along."""
    (tmp_path / "main.py").write_text(BLOCKING, encoding="utf-8")
    done = run(tmp_path, installed / "fastapi-lint", "--output-format", "json", ".")
    assert done.returncode == 1, done.stderr
    found = [(one["code"], one["line"]) for one in json.loads(done.stdout)["diagnostics"]]
    assert found == [("FAL101", BLOCKING.splitlines().index("    time.sleep(1)") + 1)]


@pytest.mark.slow
@in_turn
def test_starting_from_the_repository_changes_nothing(installed: Path, source_tree: Path, tmp_path: Path) -> None:
    """The directory `rules` at the top of the repository is not what an installed linter runs."""
    here = run(source_tree, installed / "fastapi-lint", "rules")
    assert here.stdout
    assert here.stdout == run(tmp_path, installed / "fastapi-lint", "rules").stdout
