"""Real commits in a real repository, checked by the hooks of a snapshot of this tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("wheel"),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]
pytest.importorskip("pre_commit", reason="pre-commit is not installed")

IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")

MAIN = """\
import asyncio

from fastapi import FastAPI

from shop.slow import wait

app = FastAPI()


@app.get("/")
async def read() -> int:
    await asyncio.sleep(0)
    wait()
    return 1
"""
SLOW = """\
import time


def wait() -> None:
    time.sleep(1)
"""
OTHER = """\
import asyncio
import time

from fastapi import APIRouter

router = APIRouter()


@router.get("/other")
async def other() -> int:
    await asyncio.sleep(0)
    time.sleep(1)
    return 1
"""


def git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=directory, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def environment() -> dict[str, str]:
    """Without what git sets in hooks, and without the user's own configuration of git."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))}
    return {**inherited, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def hooks(source_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the tree as it is now, committed."""
    snapshot = tmp_path_factory.mktemp("hooks") / "fastapi-lint"
    shutil.copytree(source_tree, snapshot)
    git(snapshot, "init", "--quiet")
    git(snapshot, "add", "--all")
    git(snapshot, "commit", "--quiet", "--message", "Snapshot")
    return snapshot


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environment that it installs, once for all tests."""
    return tmp_path_factory.mktemp("pre-commit")


class Shop:
    """A repository with an application in which one module blocks through another, and pre-commit configured."""

    def __init__(self, directory: Path, hooks: Path, home: Path) -> None:
        self.directory = directory
        self.hooks = hooks
        self.home = home
        git(directory, "init", "--quiet")
        self.write("shop/main.py", MAIN)
        self.write("shop/slow.py", SLOW)
        self.write("shop/other.py", OTHER)
        git(directory, "add", "--all")
        git(directory, "commit", "--quiet", "--message", "Before the linter")

    def write(self, path: str, text: str) -> None:
        (self.directory / path).parent.mkdir(exist_ok=True)
        (self.directory / path).write_text(text, encoding="utf-8")

    def configure(self, hook: str) -> None:
        revision = git(self.hooks, "rev-parse", "HEAD")
        self.write(
            ".pre-commit-config.yaml",
            f"repos:\n- repo: {self.hooks.as_posix()}\n  rev: {revision}\n  hooks:\n  - id: {hook}\n",
        )
        git(self.directory, "add", ".pre-commit-config.yaml")

    def run(self, *arguments: str) -> tuple[int, list[tuple[str, str]]]:
        """The exit code, and the path and code of each finding."""
        done = subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--verbose", *arguments],
            cwd=self.directory,
            env={**environment(), "PRE_COMMIT_HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        assert re.search(r"\.(?:Passed|Failed)$", done.stdout, re.M), done.stdout + done.stderr
        assert "- exit code: 2" not in done.stdout, done.stdout
        return done.returncode, re.findall(r"^(\S+?\.py):\d+:\d+: .*?\b(FAL\d{3})\b", done.stdout, re.M)


@pytest.fixture
def shop(tmp_path: Path, hooks: Path, home: Path) -> Shop:
    directory = tmp_path / "shop-repository"
    directory.mkdir()
    return Shop(directory, hooks, home)


def test_changed_files_say_what_to_report_and_not_what_to_look_at(shop: Shop) -> None:
    shop.configure("fastapi-lint")
    shop.write("shop/main.py", MAIN + "\n\nTITLE = 'Shop'\n")
    git(shop.directory, "add", "shop/main.py")
    code, found = shop.run()
    assert code == 1
    assert found == [("shop/main.py", "FAL103")]  # the reason is in slow.py; other.py has not changed


def test_a_clean_change_passes(shop: Shop) -> None:
    shop.configure("fastapi-lint")
    shop.write("shop/slow.py", SLOW + "\n\nSECONDS = 1\n")
    git(shop.directory, "add", "shop/slow.py")
    assert shop.run() == (0, [])


def test_all_files(shop: Shop) -> None:
    shop.configure("fastapi-lint")
    assert shop.run("--all-files") == (
        1,
        [("shop/main.py", "FAL103"), ("shop/other.py", "FAL705"), ("shop/other.py", "FAL101")],
    )


def test_the_whole_project_whatever_has_changed(shop: Shop) -> None:
    shop.configure("fastapi-lint-project")
    shop.write("README.md", "A shop.\n")
    git(shop.directory, "add", "README.md")
    assert shop.run() == (1, [("shop/main.py", "FAL103"), ("shop/other.py", "FAL705"), ("shop/other.py", "FAL101")])


def test_an_installed_hook_stops_the_commit(shop: Shop) -> None:
    shop.configure("fastapi-lint")
    command = [sys.executable, "-m", "pre_commit", "install"]
    subprocess.run(
        command,
        cwd=shop.directory,
        env={**environment(), "PRE_COMMIT_HOME": str(shop.home)},
        check=True,
        capture_output=True,
    )
    shop.write("shop/other.py", OTHER + "\n\nTITLE = 'Shop'\n")
    commit = ["git", *IDENTITY, "commit", "--all", "--message", "Change"]
    variables = {**environment(), "PRE_COMMIT_HOME": str(shop.home)}
    done = subprocess.run(commit, cwd=shop.directory, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "FAL101" in done.stdout + done.stderr
