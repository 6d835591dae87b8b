"""The OpenAPI oracle: safe fixes, applied until nothing changes, leave what an application serves as it was.

For the bundled applications, whose own tests pass afterwards too, and for applications made at random.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from oracle import generator
from test_fixture_projects import PROJECT_DIRECTORIES, WITH_TESTS, expected, run_python

from fastapi_lint import fix
from fastapi_lint.run import Report, check
from fastapi_lint.settings import Settings
from fastapi_lint.testing.trial import tried

APPLICATIONS = int(os.environ.get("FIXED_APPLICATIONS", "12"))
CHANGES_THE_DOCUMENT = ("FAL212",)
"""Rules whose page says how their safe fix changes the document: an optional field is no longer required."""
DOCUMENT = """\
import importlib, json, os, sys
if os.environ.get("PYTHONHASHSEED") != "0":  # an operation's methods are a set, whose order is in its id
    os.execve(sys.executable, [sys.executable, "-c", {script}], {{**os.environ, "PYTHONHASHSEED": "0"}})
for name in {path_entries!r}:
    sys.path.insert(0, name)
module, _, names = {application!r}.partition(":")
application = importlib.import_module(module)
for name in names.rstrip("()").split("."):
    application = getattr(application, name)
application = application() if {application!r}.endswith("()") else application
print(json.dumps(application.openapi(), sort_keys=True))
"""


def fixed(root: Path, *, unsafe: bool = False) -> fix.FixResult[Report]:
    """Fix what is below a directory with every rule, and say what was fixed."""
    settings = Settings(root=root, select=("ALL",), unfixable=CHANGES_THE_DOCUMENT)
    before = Path.cwd()
    os.chdir(root)
    try:

        def again(texts: Mapping[str, str]) -> Report:
            return check(["."], settings, overlays=texts)

        result = fix.plan(again({}), again, settings, unsafe=unsafe)
        fix.write(result)
        assert fix.plan(again({}), again, settings, unsafe=unsafe).texts == {}
    finally:
        os.chdir(before)
    return result


@pytest.mark.parametrize("project", PROJECT_DIRECTORIES, ids=lambda project: project.name)
def test_bundled_applications(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / project.name
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = document(copy, tmp_path)
    result = fixed(copy)
    assert document(copy, tmp_path) == before
    assert result.dropped == ()
    if project in WITH_TESTS:
        done = run_python(copy, tmp_path, "-m", "pytest", "-p", "no:cacheprovider", expected(copy)["tests"])
        assert done.returncode == 0, done.stdout + done.stderr


def document(project: Path, tmp_path: Path) -> str:
    table = expected(project)
    facts = {"application": table["application"], "path_entries": table.get("path_entries", ["."])}
    script = DOCUMENT.format(script="None", **facts)
    done = run_python(project, tmp_path, "-c", DOCUMENT.format(script=repr(script), **facts))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_generated_applications() -> None:
    """Each is a package of its own below one directory, so that one interpreter imports them all."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        (root / "pyproject.toml").write_text("[project]\nname = 'generated'\n")
        packages = [f"app{index}" for index in range(APPLICATIONS)]
        for index, package in enumerate(packages):
            generator.write(root, package, generator.application(Random(1000 + index), package, query_models=True))
        before = [files(root, package) for package in packages]
        result = fixed(root)
        after = [files(root, package) for package in packages]
    trials = tried([*before, *after])
    compared: Counter[str] = Counter()
    for was, is_now, package in zip(trials[: len(before)], trials[len(before) :], packages, strict=True):
        assert (was.error is None) == (is_now.error is None), (package, is_now.error)
        if was.error is None:
            assert is_now.schemas == was.schemas, package
            compared["alike"] += 1
    assert compared["alike"] >= APPLICATIONS * 2 // 3
    assert sum(result.applied.values()) >= APPLICATIONS
    assert result.dropped == ()


def files(root: Path, package: str) -> dict[str, str]:
    return {file.relative_to(root).as_posix(): file.read_text() for file in sorted((root / package).rglob("*.py"))}
