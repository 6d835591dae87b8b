"""What the pages of FAL5 say about pytest, FastAPI and httpx, run for real."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from fastapi_lint.registry import find
from fastapi_lint.testing.pages import parse

RULES = [f"FAL{number}" for number in range(501, 511)]
OUTCOME = re.compile(r"(\d+) (passed|failed|skipped|errors?)")


def outcome(files: Mapping[str, str], directory: Path, *arguments: str) -> tuple[dict[str, int], str]:
    """How many tests of some files pass and fail under pytest, and what it says."""
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    (directory / "pytest.ini").write_text("[pytest]\n")
    (directory / "conftest.py").write_text(
        "import pytest\n\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=120)
    return {kind: int(count) for count, kind in OUTCOME.findall(done.stdout.splitlines()[-1])}, done.stdout


def page(code: str, kind: str) -> Mapping[str, str]:
    found = parse(find(code).documentation)
    return (found.bad if kind == "bad" else found.good)[0].files


@pytest.mark.parametrize("code", RULES)
def test_good_examples_pass(code: str, tmp_path: Path) -> None:
    counts, said = outcome(page(code, "good"), tmp_path)
    assert set(counts) == {"passed"}, said


@pytest.mark.parametrize(
    ("code", "counts", "reason"),
    [
        ("FAL503", {"failed": 1}, "'State' object has no attribute 'titles'"),
        ("FAL507", {"failed": 1, "passed": 1}, "async def functions are not natively supported"),
        ("FAL508", {"failed": 1}, r"\['Emma'\] == \['Persuasion'\]"),
    ],
)
def test_bad_examples_fail(code: str, counts: dict[str, int], reason: str, tmp_path: Path) -> None:
    found, said = outcome(page(code, "bad"), tmp_path)
    assert found == counts, said
    assert re.search(reason, said), said


@pytest.mark.parametrize("code", ["FAL505", "FAL509", "FAL510"])
def test_bad_examples_pass_all_the_same(code: str, tmp_path: Path) -> None:
    counts, said = outcome(page(code, "bad"), tmp_path)
    assert set(counts) == {"passed"}, said


def test_an_override_reaches_other_tests(tmp_path: Path) -> None:
    files = dict(page("FAL504", "bad"))
    later = (
        files["test_books.py"]
        .replace('    app.dependency_overrides[language] = lambda: "pl"\n', "")
        .replace("Witaj", "Hello")
    )
    counts, said = outcome({**files, "test_later.py": later}, tmp_path)
    assert counts == {"failed": 1, "passed": 1}, said
    assert "'Witaj' == 'Hello'" in said


def test_an_override_at_the_top_of_a_module_holds_before_its_tests_run(tmp_path: Path) -> None:
    files = dict(page("FAL504", "bad"))
    first = (
        files["test_books.py"]
        .replace('    app.dependency_overrides[language] = lambda: "pl"\n', "")
        .replace("Witaj", "Hello")
    )
    last = 'from books import app, language\n\napp.dependency_overrides[language] = lambda: "pl"\n'
    counts, said = outcome({"books.py": files["books.py"], "test_a.py": first, "test_z.py": last}, tmp_path)
    assert counts == {"failed": 1}, said


def test_a_test_case_drops_coroutines(tmp_path: Path) -> None:
    text = (
        "import unittest\n\n\nclass A(unittest.TestCase):\n    async def test_a(self):\n        raise AssertionError\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "unittest", "-q", "a"],
        cwd=tmp_path if (tmp_path / "a.py").write_text(text) else None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "OK" in done.stderr


@pytest.mark.parametrize("setting", ["anyio_mode = auto", pytest.param("", id="fixture")])
def test_what_runs_a_test_without_a_marker(setting: str, tmp_path: Path) -> None:
    argument = "" if setting else "anyio_backend"
    files = {"test_a.py": f"async def test_a({argument}):\n    assert True\n"}
    counts, said = outcome(files, tmp_path, *(["-o", "anyio_mode=auto"] if setting else []))
    assert counts == {"passed": 1}, said


def test_the_client_runs_the_application_in_another_loop(tmp_path: Path) -> None:
    text = """\
import asyncio

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import ASGITransport, AsyncClient

app = FastAPI()
loops = []


@app.get("/")
async def root() -> None:
    loops.append(asyncio.get_running_loop())


@pytest.mark.anyio
async def test_loops():
    TestClient(app).get("/")
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
        await client.get("/")
    own = asyncio.get_running_loop()
    assert [loop is own for loop in loops] == [False, True]
"""
    counts, said = outcome({"test_loops.py": text}, tmp_path)
    assert counts == {"passed": 1}, said


def test_without_with_nothing_starts() -> None:
    started: list[str] = []

    class Started:
        def __init__(self, app: FastAPI) -> None: ...

        async def __aenter__(self) -> None:
            started.append("lifespan")

        async def __aexit__(self, *error: object) -> None: ...

    app = FastAPI(lifespan=Started)
    TestClient(app).get("/docs")
    assert not started
    with TestClient(app) as client:
        client.get("/docs")
    assert started == ["lifespan"]


def test_content_sends_what_data_sent() -> None:
    app = FastAPI()
    client = TestClient(app)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        old = client.build_request("POST", "/", data="x")  # type: ignore[arg-type, unused-ignore]
    assert any("content" in str(one.message) for one in caught if one.category is DeprecationWarning)
    new = client.build_request("POST", "/", content="x")
    assert (old.read(), old.headers) == (new.read(), new.headers)


def test_no_route_answers_404_and_405() -> None:
    app = FastAPI()

    @app.get("/items/{item_id:int}")
    def read(item_id: int) -> int:
        return item_id

    client = TestClient(app)
    assert [client.get("/items/a").status_code, client.post("/items/1").status_code] == [404, 405]
    assert client.get("/items/1/").status_code == 200  # a redirect drops the slash
    assert client.head("/items/1").status_code == 405


def test_base_url_and_root_path() -> None:
    app = FastAPI(root_path="/proxy")

    @app.get("/api/items")
    def items() -> int:
        return 1

    assert TestClient(app, base_url="http://testserver/api").get("/items").status_code == 200
    assert TestClient(app, base_url="http://testserver/api").get("items").status_code == 200
    assert TestClient(app, base_url="http://testserver/api").get("/api/items").status_code == 404
    assert TestClient(app).get("/proxy/api/items").status_code == 200


def who() -> str:
    return "real"


def test_a_mounted_application_has_overrides_of_its_own() -> None:
    outer, inner = FastAPI(), FastAPI()

    @inner.get("/name")
    def read(name: Annotated[str, Depends(who)]) -> str:
        return name

    outer.mount("/inner", inner)
    outer.dependency_overrides[who] = lambda: "fake"
    assert TestClient(outer).get("/inner/name").json() == "real"
    inner.dependency_overrides[who] = lambda: "fake"
    assert TestClient(outer).get("/inner/name").json() == "fake"
