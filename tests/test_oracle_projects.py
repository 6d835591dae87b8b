"""The applications under fixtures/projects, imported by FastAPI and modelled without importing: not one difference."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from oracle.compared import Job, compare_all

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

PROJECTS = sorted((Path(__file__).resolve().parent.parent / "fixtures" / "projects").glob("*/expected.toml"))


def job(project: Path, expected: dict[str, Any]) -> Job:
    module, _, name = expected["application"].partition(":")
    path = tuple(expected["path_entries"])
    stems = [Path(entry) / module.replace(".", "/") for entry in path]
    files = [
        file for stem in stems for file in (stem.with_suffix(".py"), stem / "__init__.py") if (project / file).is_file()
    ]
    return Job(project, module, files[0].as_posix(), path, (name,))


@pytest.mark.parametrize("file", PROJECTS, ids=lambda file: file.parent.name)
def test_agrees_with_the_framework(file: Path, tmp_path: Path) -> None:
    expected = tomllib.loads(file.read_text(encoding="utf-8"))
    env = {name: value.format(tmp=tmp_path) for name, value in expected.get("env", {}).items()}
    found = compare_all(
        file.parent, [job(file.parent, expected)], env={**env, "TMPDIR": str(tmp_path)}, directory=tmp_path
    )
    assert found.wrong == []
    assert found.unknown == []
    assert found.failed == []
    assert found.agreed == expected["routes"]
