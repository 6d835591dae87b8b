"""The facts about tests: which requests they make, and that what answers them is what FastAPI says."""

from __future__ import annotations

import importlib.util
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from fastapi_lint import run
from fastapi_lint.project import Project
from fastapi_lint.project.serving.matching import pattern
from fastapi_lint.project.suite import pytest_settings
from fastapi_lint.project.suite.request_paths import HOLE, NUMBER, may_match, normalised
from fastapi_lint.settings import Settings
from fastapi_lint.testing import lint

Result = TypeVar("Result")

APPLICATION = """\
from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles

app = FastAPI(docs_url="/documentation")
items = APIRouter(prefix="/items")
inner = FastAPI(openapi_url=None)


def route(target, method, path, name):
    def handler():
        return name

    target.add_api_route(path, handler, methods=[method], name=name)


route(items, "GET", "", "list")
route(items, "POST", "", "create")
route(items, "GET", "/me", "me")
route(items, "GET", "/{item:int}", "number")
route(items, "GET", "/{item}", "word")
route(items, "DELETE", "/{item}", "delete")
route(items, "GET", "/{item}/parts/{part}", "part")
route(app, "GET", "/", "root")
route(app, "GET", "/files/{rest:path}", "file")
route(app, "GET", "/scores/{score:float}", "score")
route(app, "PUT", "/both", "put")
route(app, "PATCH", "/both/", "patch")
route(inner, "GET", "/status", "status")
route(inner, "GET", "/", "inner root")
app.include_router(items)
app.include_router(items, prefix="/v2")
app.mount("/inner", inner)
app.mount("/static", StaticFiles(directory="."), name="static")
route(app, "GET", "/inner/late", "never")
route(app, "GET", "/{anything}", "rest")
"""
PATHS = [
    "/", "/items", "/items/", "/items/me", "/items/7", "/items/7/", "/items/x", "/items/7/parts/a", "/items/7/parts", "/v2/items", "/v2/items/me",
    "/files/", "/files/a/b", "/files", "/scores/1.5", "/scores/1", "/scores/x", "/both", "/both/", "/inner", "/inner/", "/inner/status",
    "/inner/late", "/inner/nothing", "/openapi.json", "/docs", "/documentation", "/redoc", "/a/b", "/v2", "/v3/items/me", "/static",
]  # fmt: skip
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]


def project(directory: Path, work: Callable[[Project], Result], monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.chdir(directory)
    return run.with_project(["."], Settings(), work)


def test_what_answers_is_what_fastapi_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "service.py").write_text(APPLICATION)
    spec = importlib.util.spec_from_file_location("service_of_suite", tmp_path / "service.py")
    assert spec is not None
    assert spec.loader is not None
    monkeypatch.chdir(tmp_path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    client = TestClient(module.app)

    def work(project: Project) -> list[str]:
        served = project.suite.served(project.applications[0].instance)
        differences = []
        for method, path in itertools.product(METHODS, PATHS):
            response = client.request(method, path)
            answer = served.answer(method, path)
            names = [str(operation.route.keyword("name").value) for operation in answer.operations]  # type: ignore[union-attr]
            own = (
                response.headers.get("content-type") == "application/json"
                and method != "HEAD"
                and response.text[:1] == '"'
            )
            if response.status_code == 200 and own:
                right = names == [response.json()]
            elif response.status_code in (404, 405):
                right = not names
                right = right and (
                    not answer.is_open or path.startswith(("/static", "/documentation", "/docs", "/redoc", "/openapi"))
                )
            else:
                right = not names and answer.is_open
            if not right:
                differences.append(
                    f"{method} {path}: {response.status_code} {response.text[:40]}, not {names} {answer.is_open}"
                )
        return differences

    assert project(tmp_path, work, monkeypatch) == []


PIECES = ["a", "7", "/", "{x}", "{x:int}", "{x:path}", "ab"]
REQUESTED = ["a", "7", "/", HOLE, NUMBER, "b"]
FILLINGS = ["", "a", "7", "a/b", "/", "b7", "77"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=4), st.lists(st.sampled_from(REQUESTED), max_size=4))
def test_a_path_with_holes_may_match_what_some_filling_matches(route: list[str], path: list[str]) -> None:
    numbered = (piece.replace("x", f"x{index}") for index, piece in enumerate(route))
    template, wanted = "/" + "".join(numbered), "/" + "".join(path)
    matcher = pattern(template)
    assert matcher is not None
    holes = len(re.findall(f"[{HOLE}{NUMBER}]", wanted))
    filled = []
    for fillings in itertools.product(FILLINGS, repeat=holes):
        values = iter(fillings)
        pieces = [(char, next(values) if char in (HOLE, NUMBER) else char) for char in wanted]
        if all(value.isdigit() for char, value in pieces if char == NUMBER):
            filled.append("".join(value for _, value in pieces))
    if any(matcher.match(text) for text in filled):
        assert may_match(template, wanted)
    elif not holes:
        assert not may_match(template, wanted)


@pytest.mark.parametrize(
    ("path", "base", "found"),
    [
        ("/a?b=c#d", "", "/a"),
        ("http://test/a", "/api", "/a"),
        ("a", "/api", "/api/a"),
        ("/a", "/api", "/api/a"),
        ("/a%20b", "", "/a b"),
        ("", "/api", "/api"),
        ("http://test", "/api", "/"),
        (f"{HOLE}/a", "/api", f"{HOLE}/a"),
        (HOLE, "", None),
    ],
)
def test_paths_as_the_application_sees_them(path: str, base: str, found: str | None) -> None:
    assert normalised(path, base) == found


@pytest.mark.parametrize(
    ("file", "text", "runs"),
    [
        ("pytest.ini", "[pytest]\nasyncio_mode = auto\n", True),
        ("pytest.ini", "[pytest]\nasyncio_mode = strict\n", False),
        ("pytest.ini", "[pytest]\naddopts = -q --anyio-mode=auto\n", True),
        ("pytest.ini", "[pytest]\ntrio_mode = true\n", True),
        ("setup.cfg", "[tool:pytest]\nasyncio_mode=auto\n", True),
        ("tox.ini", "[tox]\n[testenv]\ncommands = pytest --asyncio-mode=auto\n", True),
        ("pyproject.toml", '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n', True),
        ("pyproject.toml", '[tool.pytest]\nanyio_mode = "auto"\n', True),
        ("pytest.toml", '[pytest]\nasyncio_mode = "auto"\n', True),
        ("pyproject.toml", '[dependency-groups]\ntest = ["pytest-aiohttp"]\n', True),
        ("pyproject.toml", "[project]\nname = 'x'\n", False),
        ("requirements-dev.txt", "alt-pytest-asyncio==0.8\n", True),
    ],
)
def test_what_runs_asynchronous_tests(file: str, text: str, runs: bool, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / file).write_text(text)
    assert pytest_settings.found(tmp_path / "tests").runs_async is runs


def test_the_settings_name_tests(tmp_path: Path) -> None:
    text = "[pytest]\npython_files = check_*.py tests/*.py\npython_classes = *Suite\npython_functions = it_* test\n"
    (tmp_path / "pytest.ini").write_text(text)
    found = pytest_settings.found(tmp_path)
    assert found.is_test_file("a/check_x.py")
    assert not found.is_test_file("a/test_x.py")
    assert found.is_test_class("BookSuite")
    assert not found.is_test_class("TestBook")
    assert found.is_test_function("it_works")
    assert found.is_test_function("test_works")


def test_tests_change_nothing_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "service.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    (tmp_path / "test_service.py").write_text(
        "from fastapi.testclient import TestClient\n\nfrom service import app\n\n\ndef test_added():\n"
        "    @app.get('/added')\n    def added() -> int:\n        return 1\n\n"
        "    assert TestClient(app).get('/added').json() == 1\n\n\n"
        "def test_not_added():\n    assert TestClient(app).get('/added').json() == 1\n"
    )

    def work(project: Project) -> tuple[list[bool], int, list[object]]:
        answered = [bool(call.answers[0].operations) for call in project.suite.calls]
        return answered, len(project.it.routing.made), list(project.applications[0].instance.events or ())

    assert project(tmp_path, work, monkeypatch) == ([True, False], 1, [])


def test_of_very_many_applications_a_client_that_is_not_known_says_nothing(tmp_path: Path) -> None:
    for number in range(25):
        text = f"from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/{number % 2}')\ndef read() -> int:\n    return 1\n"
        (tmp_path / f"app{number}.py").write_text(text)
    test = "def test_zero(client):\n    assert client.get('/0').json() == 1\n"
    files = {path.name: path.read_text() for path in tmp_path.glob("*.py")}
    assert len(lint(files, select=["FAL501"])) == 25
    assert len(lint({**files, "test_apps.py": test}, select=["FAL501"])) == 25
    known = "from fastapi.testclient import TestClient\n\n\ndef test_zero(app):\n    assert TestClient(app).get('/0').json() == 1\n"
    assert lint({**files, "test_apps.py": known}, select=["FAL501"]) == []
