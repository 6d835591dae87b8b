"""`fastapi-lint routes`: the table, its filters, and what changed since a revision."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fastapi_lint.commands.routes import linked
from fastapi_lint.routes import Filter
from fastapi_lint.testing import lint
from fastapi_lint.testing import project as scratch

MAIN = """\
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from pydantic import BaseModel

bearer = HTTPBearer()


class Item(BaseModel):
    name: str
    price: float = 0


app = FastAPI()


@app.get("/items", response_model=list[Item])
def list_items(limit: int = 10):
    return []


@app.post(
    "/items",
    status_code=201,
    dependencies=[Depends(bearer)],
)
async def create_item(item: Item) -> Item:
    return item


@app.websocket("/live")
async def live(socket): ...
"""
TESTS = """\
def test_list(client):
    assert client.get("/items?limit=3").status_code == 200
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    (tmp_path / "shop.py").write_text(MAIN)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_shop.py").write_text(TESTS)
    return tmp_path


def routes(project: Path, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "fastapi_lint", "routes", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def rows(project: Path, *arguments: str) -> list[dict[str, Any]]:
    code, out, err = routes(project, "--output-format", "json", *arguments, ".")
    assert code == 0, err
    found: list[dict[str, Any]] = json.loads(out)["routes"]
    return found


def test_json(project: Path) -> None:
    first, second, third = rows(project)
    assert first["application"] == {"module": "shop", "name": "app", "path": "shop.py", "line": 13}
    assert {key: first[key] for key in ("method", "path", "handler", "file", "line", "async")} == {
        "method": "GET", "path": "/items", "handler": "list_items", "file": "shop.py", "line": 16, "async": False,
    }  # fmt: skip
    assert first["response_model"] == "list[shop.Item]"
    assert first["response_fields"] == {"name": "str", "price": "float"}
    assert first["tests"] == ["tests/test_shop.py:2"]
    assert first["authenticated"] is False
    assert first["parameters"] == [{"name": "limit", "in": "query", "required": False, "type": "int"}]
    assert (second["line"], second["status_code"], second["authenticated"]) == (21, 201, True)
    assert second["dependencies"] == ["fastapi.security.HTTPBearer"]
    assert second["security"] == [{"scheme": "HTTPBearer", "scopes": []}]
    assert third["method"] == "WEBSOCKET"


def test_table(project: Path) -> None:
    code, out, _ = routes(project)
    assert code == 0
    header, columns, *lines = out.splitlines()
    assert header == "shop:app (shop.py:13)"
    assert columns.split() == ["Method", "Path", "Handler", "Place", "Response", "Auth", "Status", "Tests"]
    assert [line.split()[1] for line in lines] == ["/items", "/items", "/live"]


@pytest.mark.parametrize(
    ("arguments", "paths"),
    [
        (("--method", "post"), ["POST /items"]),
        (("--path", "/l*"), ["WEBSOCKET /live"]),
        (("--path", "/items", "--untested"), ["POST /items"]),
        (("--unauthenticated", "--method", "GET"), ["GET /items"]),
    ],
)
def test_filters(project: Path, arguments: tuple[str, ...], paths: list[str]) -> None:
    assert [f"{row['method']} {row['path']}" for row in rows(project, *arguments)] == paths


@pytest.mark.parametrize(
    ("decorator", "parameters", "message"),
    [
        ("app.get('/', dependencies=elsewhere.guards())", "", "a list of dependencies cannot be resolved"),
        ("app.get('/')", "me=Depends(elsewhere.user)", "what `elsewhere.user` takes is not known"),
        ("app.get('/')", "me=Depends(elsewhere.make())", "what is depended on cannot be resolved"),
        ("app.get('/')", "thing: elsewhere.Thing", "where FastAPI takes `thing` from is not known"),
        ("app.get('/', response_model=elsewhere.Thing)", "", "the fields of the response model are not known"),
        ("app.get('/', status_code=elsewhere.code())", "", "the status code is not known"),
    ],
)
def test_an_empty_cell_has_a_reason(decorator: str, parameters: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import elsewhere\nfrom fastapi import Depends, FastAPI\n\napp = FastAPI()\n\n\n"
        f"@{decorator}\ndef read({parameters}): ...\n"
    )
    _, out, _ = routes(tmp_path, "--output-format", "json")
    (gap,) = json.loads(out)["unresolved"]
    assert gap["message"] == message
    assert gap["path"] == "main.py"


def test_unresolved_is_said(project: Path) -> None:
    text = MAIN + "\nfrom elsewhere import router\n\napp.include_router(router)\n"
    (project / "shop.py").write_text(text)
    _, out, _ = routes(project, "--output-format", "json")
    (gap,) = json.loads(out)["unresolved"]
    assert gap["path"] == "shop.py"
    assert gap["line"] == text.splitlines().index("app.include_router(router)") + 1
    assert "router" in gap["message"]


def git(project: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)


@pytest.fixture
def repository(project: Path) -> Path:
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "first")
    return project


@pytest.mark.parametrize(
    ("before", "after", "breaking", "said"),
    [
        ("limit: int = 10", "limit: int = 10, page: int = 1", False, "`page` is new"),
        ("limit: int = 10", "limit: int", True, "is required now"),
        ("dependencies=[Depends(bearer)],", "", True, "no longer asks who calls it"),
        ('"/items", response', '"/things", response', True, "- GET /items"),
        ("    price: float = 0\n", "", True, "the field `price` of the response is gone"),
        ("    price: float = 0\n", "    price: float = 0\n    tax: float = 0\n", False, "`tax`"),
        ("status_code=201", "status_code=202", True, "was 201 and is 202"),
    ],
)
def test_diff(repository: Path, before: str, after: str, breaking: bool, said: str) -> None:
    assert before in MAIN
    (repository / "shop.py").write_text(MAIN.replace(before, after))
    code, out, err = routes(repository, "--diff", "HEAD")
    assert said in out, out + err
    assert code == (1 if breaking else 0)
    _, document, _ = routes(repository, "--diff", "HEAD", "--output-format", "json")
    assert json.loads(document)["breaking"] is bool(code)


UNCLEAR = """\
from elsewhere import thing
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

bearer = HTTPBearer()
app = FastAPI()


@app.get("/a", dependencies=[Depends(thing), Depends(bearer)])
def a(): ...
"""


@pytest.mark.parametrize(
    ("after", "code", "said"),
    [
        ("Depends(thing)", 1, "what asked who calls the operation is gone"),
        ("Depends(thing), Depends(other)", 0, "it is no longer clear that the operation asks who calls it"),
        ("Depends(bearer)", 0, ""),
        ("", 1, "the operation no longer asks who calls it"),
    ],
)
def test_diff_where_a_dependency_is_unknown(repository: Path, after: str, code: int, said: str) -> None:
    """What is left may authenticate for all that we know, but what did is gone."""
    (repository / "shop.py").write_text(UNCLEAR)
    git(repository, "commit", "-qam", "unclear")
    changed = UNCLEAR.replace("Depends(thing), Depends(bearer)", after).replace("import thing", "import other, thing")
    (repository / "shop.py").write_text(changed)
    found, out, err = routes(repository, "--diff", "HEAD")
    assert said in out, out + err
    assert found == code


UNKNOWN_PARAMETERS = """\
from elsewhere import thing
from fastapi import Depends, FastAPI

app = FastAPI()


@app.get("/a", dependencies=[Depends(thing)])
def a(q: int = 0, size: int = 1): ...
"""


@pytest.mark.parametrize(
    ("before", "after", "code", "said"),
    [
        ("q: int = 0", "q: int", 1, "query parameter `q` is required now"),
        ("q: int = 0", "q: str = ''", 0, "was `int` and is `str`"),
        ("size: int = 1", "size: int = 1, *, page: int", 1, "query parameter `page` is new and required"),
        (", size: int = 1", "", 0, "query parameter `size` is gone"),
        ("[Depends(thing)]", "[Depends(other)]", 0, ""),
        ('[Depends(thing)])\ndef a(q: int = 0, size: int = 1)', '[Depends(other)])\ndef a(q: int, page: int)', 1, "`q` is required now"),
    ],
)  # fmt: skip
def test_diff_of_parameters_beside_unknown_ones(
    repository: Path, before: str, after: str, code: int, said: str
) -> None:
    assert before in UNKNOWN_PARAMETERS
    (repository / "shop.py").write_text(UNKNOWN_PARAMETERS)
    git(repository, "commit", "-qam", "unknown")
    changed = UNKNOWN_PARAMETERS.replace(before, after).replace("import thing", "import other, thing")
    (repository / "shop.py").write_text(changed)
    found, out, err = routes(repository, "--diff", "HEAD")
    assert said in out, out + err
    assert found == code, out
    assert "`page`" not in out or "other" not in after


def test_diff_without_a_change(repository: Path) -> None:
    (repository / "shop.py").write_text("# moved down\n\n" + MAIN.replace("return item", "return Item(name='x')"))
    assert routes(repository, "--diff", "HEAD")[:2] == (0, "")


def test_a_revision_that_does_not_exist(repository: Path) -> None:
    code, out, err = routes(repository, "--diff", "nowhere")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")


FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "rules" / "untested-route"


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.iterdir()))
def test_untested_routes_are_those_of_the_rule(name: str) -> None:
    files = {path.relative_to(FIXTURES / name).as_posix(): path.read_text() for path in (FIXTURES / name).rglob("*.py")}
    with scratch(files, {}) as settings:
        found = linked(["."], settings)
    untested = {f"no test requests `{row.method} {row.path}`" for row in found.rows if Filter(untested=True).keeps(row)}
    assert untested == {one.message for one in lint(files, select=["FAL501"])}


def test_a_request_through_a_helper_is_where_the_test_calls_it(project: Path) -> None:
    text = """\
from fastapi.testclient import TestClient

from shop import app


def items(client):
    return client.get("/items")


def test_items():
    assert items(TestClient(app)).status_code == 200
"""
    (project / "tests" / "test_shop.py").write_text(text)
    assert rows(project)[0]["tests"] == ["tests/test_shop.py:11"]
