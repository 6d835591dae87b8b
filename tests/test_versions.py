"""Which releases a project runs on: what its files say, in the order in which they are believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastapi_lint.project.versions import NEWEST, Range, Versions, exactly, found, parsed, specified


@pytest.mark.parametrize(
    ("specifier", "version", "answer"),
    [
        ("==0.115.4", "0.115.4", False),
        ("==0.115.4", "0.115.5", True),
        ("0.115", "0.115.1", True),
        (">=0.100", "0.100", False),
        (">=0.100", "0.101", None),
        (">=0.100,<0.137", "0.137", True),
        (">=0.100,<=0.137", "0.137", None),
        (">=0.100,<=0.137", "0.137.1", True),
        ("<0.137", "0.136", None),
        ("==0.115.*", "0.116", True),
        ("~=0.115.4", "0.116", True),
        ("~=0.115", "0.116", None),
        ("^0.110", "0.111", True),
        ("^1.2", "1.9", None),
        ("^1.2", "2", True),
        ("*", "0.1", None),
        ("!=0.110.0", "0.1", None),
        ("something else", "0.1", None),
    ],
)
def test_before(specifier: str, version: str, answer: bool | None) -> None:
    assert specified(specifier).before(version) is answer
    assert specified(specifier).since(version) is (None if answer is None else not answer)


def test_pre_releases_count_as_their_release() -> None:
    assert parsed("0.115.4rc1") == (0, 115, 4)
    assert parsed("main") == ()


def test_a_project_that_says_nothing_runs_on_the_newest(tmp_path: Path) -> None:
    assert found([tmp_path]) == Versions()
    assert Versions().fastapi.since(NEWEST["fastapi"]) is True


LOCK = '[[package]]\nname = "fastapi"\nversion = "{}"\n\n[[package]]\nname = "starlette"\nversion = "0.41.0"\n'


@pytest.mark.parametrize("lock", ["uv.lock", "poetry.lock", "pdm.lock"])
def test_a_lock_file_is_believed_first(tmp_path: Path, lock: str) -> None:
    (tmp_path / lock).write_text(LOCK.format("0.115.4"))
    (tmp_path / "requirements.txt").write_text("fastapi==0.90\n")
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["fastapi>=0.80"]\n')
    versions = found([tmp_path])
    assert versions.fastapi == exactly("0.115.4")
    assert versions.starlette == exactly("0.41.0")
    assert versions.pydantic == Range()  # some older one, but which?


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "requirements.txt",
            "uvicorn\nfastapi[standard]==0.110.2 ; python_version > '3.8'  # comment\nfastapi-users==13\n",
        ),
        ("requirements-dev.txt", "FastAPI == 0.110.2\n"),
        ("requirements/base.in", "fastapi===0.110.2\n"),
        ("pyproject.toml", '[project]\ndependencies = [\n  "fastapi[all]==0.110.2",\n  "fastapi-cache==1",\n]\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nfastapi = {version = "==0.110.2", extras = ["all"]}\n'),
        ("pyproject.toml", '[dependency-groups]\nweb = ["fastapi==0.110.2"]\n'),
        ("setup.py", "setup(install_requires=['fastapi==0.110.2'])\n"),
        ("setup.cfg", "[options]\ninstall_requires =\n    fastapi==0.110.2\n    starlette\n"),
        ("Pipfile.lock", '{"default": {"fastapi": {"hashes": ["sha256:1"], "version": "==0.110.2"}}}'),
    ],
)
def test_where_a_version_is_written(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    assert found([tmp_path]).fastapi == exactly("0.110.2")


def test_several_files_that_differ_span_a_range(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("fastapi==0.110.0\n")
    (tmp_path / "requirements-new.txt").write_text("fastapi==0.140.0\n")
    fastapi = found([tmp_path]).fastapi
    assert fastapi.before("0.137") is None
    assert fastapi.before("0.141") is True


def test_the_configuration_wins(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(LOCK.format("0.115.4"))
    assert found([tmp_path], "0.104").fastapi == exactly("0.104")


def test_python(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.10"\n')
    assert found([tmp_path]).python.before("3.12") is None
    (tmp_path / ".python-version").write_text("3.11.7\n")
    assert found([tmp_path]).python.before("3.12") is True


METADATA = """\
Metadata-Version: 2.3
Name: shop
Requires-Python: <3.15,>=3.11
Requires-Dist: fastapi-users>=13
Requires-Dist: fastapi[standard]<0.137,>=0.118
Requires-Dist: pydantic (>=2.7)
Requires-Dist: pydantic<3; extra == "new"
Requires-Dist: starlette>=0.40; extra == "old"

fastapi==0.90 is not what we need.
"""


def test_an_unpacked_wheel_says_itself_what_it_requires(tmp_path: Path) -> None:
    (tmp_path / "shop-1.0.dist-info").mkdir()
    (tmp_path / "shop-1.0.dist-info" / "METADATA").write_text(METADATA)
    versions = found([tmp_path])
    assert versions.fastapi == specified(">=0.118,<0.137")
    assert versions.pydantic == specified(">=2.7")
    assert versions.starlette == specified(">=0.40")
    assert versions.python == specified(">=3.11,<3.15")


def test_the_metadata_of_several_distributions_says_nothing_of_one(tmp_path: Path) -> None:
    for name in ("shop", "fastapi"):
        (tmp_path / f"{name}-1.0.dist-info").mkdir()
        (tmp_path / f"{name}-1.0.dist-info" / "METADATA").write_text(METADATA)
    assert found([tmp_path]) == Versions()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("requirements.txt", "fastapi[standard]\nhttpx\n"),
        ("pyproject.toml", '[project]\ndependencies = ["fastapi", "httpx"]\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nfastapi = "*"\n'),
    ],
)
def test_a_requirement_without_bounds_says_nothing(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text)
    assert found([tmp_path]) == Versions()
