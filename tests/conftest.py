"""What several test modules need: the tree as a clone would have it, its wheel, and rules that exist for one test."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fastapi_lint import registry, run
from fastapi_lint.rule import Rule

ROOT = Path(__file__).resolve().parent.parent
NO_SOURCE = frozenset({".git", ".venv", "build", "dist", "node_modules", "__pycache__"})


def _no_source(directory: str, names: list[str]) -> set[str]:
    """Names of what git leaves out: caches, builds and virtual environments."""
    return {
        name
        for name in names
        if name in NO_SOURCE
        or name.endswith((".egg-info", "_cache", ".pyc"))
        or name == ".hypothesis"
        or (Path(directory) / name / "pyvenv.cfg").exists()
    }


@pytest.fixture(scope="session")
def source_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the working tree, so that no build leaves anything behind in it."""
    copy = tmp_path_factory.mktemp("source") / "fastapi-lint"
    shutil.copytree(ROOT, copy, ignore=_no_source)
    return copy


@pytest.fixture(scope="session")
def wheel(source_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `pip install` would build."""
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(directory), str(source_tree)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = directory.glob("*.whl")
    return built


AddRule = Callable[[str, str], Rule]


@pytest.fixture
def add_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AddRule]:
    """`add_rule("concurrency/slow.py", text)` puts a module into a family and returns the rule that is found there."""
    known = set(sys.modules)
    families: set[str] = set()

    def add(path: str, text: str) -> Rule:
        family, _, name = path.partition("/")
        directory = tmp_path / "rules" / family
        directory.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
        if family not in families:
            families.add(family)
            package = importlib.import_module(f"{registry.PACKAGE}.{family}")
            monkeypatch.setattr(package, "__path__", [*package.__path__, str(directory)])
        importlib.invalidate_caches()
        registry.all_rules.cache_clear()
        return registry.find(name.removesuffix(".py").replace("_", "-"))

    yield add
    for name in set(sys.modules) - known:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if name.partition(".")[0] == "rules" or file.startswith(str(tmp_path)):
            del sys.modules[name]
    registry.all_rules.cache_clear()


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows whenever files are really checked."""
    done: list[object] = []
    real = run.check

    def check(*args: object, **keywords: object) -> object:
        done.append(args)
        return real(*args, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "check", check)
    return done
