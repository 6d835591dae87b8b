"""What a run loads: one that repeats an earlier one, or has nothing to lint, must not wait for the engine."""

import subprocess
import sys
from pathlib import Path

import pytest

LOADED = """
import sys
from fastapi_lint.cli import main
try:
    main(sys.argv[1:])
finally:
    print(*sorted(sys.modules), file=sys.stderr)
"""
APPLICATION = "from fastapi import FastAPI\napp = FastAPI(debug=True)\n"


def _loaded(folder: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return set(done.stderr.split())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    (tmp_path / "project").mkdir()
    (tmp_path / "project/main.py").write_text(APPLICATION)
    return tmp_path / "project"


@pytest.mark.parametrize("form", ["concise", "json", "full"])
def test_a_run_that_repeats_another_loads_no_engine(project: Path, form: str) -> None:
    arguments = ("-q", "--select", "FAL318", "--output-format", form, ".")
    assert "libcst" in _loaded(project, *arguments)
    again = _loaded(project, *arguments)
    assert not {"libcst", "fastapi_lint.run", "fastapi_lint.project", "fastapi_lint.rules"} & again
    assert "fastapi_lint.recall" in again


def test_a_project_without_the_framework_loads_no_libcst(project: Path) -> None:
    (project / "main.py").write_text("x = 1\n")
    assert "libcst" not in _loaded(project, "--no-cache", ".")


def test_the_package_gives_its_names_on_demand() -> None:
    import fastapi_lint

    for name in fastapi_lint.__all__:
        assert getattr(fastapi_lint, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        _ = fastapi_lint.nothing
