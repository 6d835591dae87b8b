"""What the routing rules say of FastAPI, tried on the installed release: whoever is right, the rule must agree."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from fastapi_lint.findings import Diagnostic
from fastapi_lint.testing.projects import lint

fastapi = pytest.importorskip("fastapi")
testclient = pytest.importorskip("fastapi.testclient")
exceptions = pytest.importorskip("fastapi.exceptions")

HEADER = """\
import functools
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

app = FastAPI()
router = APIRouter()
called = []


"""


def findings(code: str, rule: str, **settings: Any) -> list[Diagnostic]:
    found = lint({"main.py": HEADER + code}, settings={"select": [rule], **settings})
    return [one for one in found if one.code == rule]


def run(code: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "main"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(HEADER + code, "main.py", "exec"), namespace)
    return namespace


def client(code: str) -> tuple[Any, dict[str, Any]]:
    namespace = run(code)
    return testclient.TestClient(namespace["app"], raise_server_exceptions=False), namespace


# ---- FAL704, FAL705, FAL714 --------------------------------------------------------------------------------------------------

SLASHES = [
    ("books", "", True, None),
    ("books", "/shop", True, "/shopbooks"),
    ("/books", "", False, "/books"),
    ("{rest:path}", "", False, "/anything/at/all"),
    ("", "/shop", False, "/shop"),
]


@pytest.mark.parametrize(("path", "prefix", "flagged", "served"), SLASHES)
def test_a_path_without_a_slash(path: str, prefix: str, flagged: bool, served: str | None) -> None:
    code = f'@router.get("{path}")\ndef read() -> str:\n    return "read"\n\n\napp.include_router(router, prefix="{prefix}")\n'
    assert bool(findings(code, "FAL704")) is flagged
    asked, _ = client(code)
    for one in ("/books", "/shop/books", "/shopbooks", "/anything/at/all", "/shop"):
        assert (asked.get(one).status_code == 200) is (
            one == served or (path.startswith("{") and one.startswith("/"))
        ), one


def test_a_router_that_nothing_includes_is_not_served() -> None:
    routes = '@router.get("/books")\ndef read() -> str:\n    return ""\n\n\n@app.get("/")\ndef root() -> str:\n    return ""\n'
    assert findings(routes, "FAL705")
    assert client(routes)[0].get("/books").status_code == 404
    included = routes + "\n\napp.include_router(router)\n"
    assert not findings(included, "FAL705")
    assert client(included)[0].get("/books").status_code == 200


def test_a_late_route_is_served_since_routers_are_kept_as_trees() -> None:
    code = 'app.include_router(router)\n\n\n@router.get("/late")\ndef late() -> str:\n    return ""\n'
    assert findings(code, "FAL714", **{"fastapi-version": "0.136.0"})
    assert not findings(code, "FAL714", **{"fastapi-version": "0.137.0"})
    served = client(code)[0].get("/late").status_code == 200
    assert served is (tuple(map(int, fastapi.__version__.split(".")[:2])) >= (0, 137))


# ---- FAL706, FAL707 ----------------------------------------------------------------------------------------------------------


def test_a_raw_route_is_called_with_the_request_alone() -> None:
    code = """\
def noted() -> None:
    called.append(1)


@router.route("/parameters")
def parameters(first: int = 1) -> dict[str, str]:
    return {"first": str(first)}


@router.route("/none")
def none() -> str:
    return ""


@router.route("/data")
def data(request: Request) -> dict[str, str]:
    return {}


@router.route("/response")
def response(request: Request) -> PlainTextResponse:
    return PlainTextResponse("")


app.include_router(router, dependencies=[Depends(noted)])
"""
    assert len(findings(code, "FAL706")) == 4
    asked, namespace = client(code)
    assert [asked.get(f"/{name}").status_code for name in ("parameters", "none", "data", "response")] == [
        500,
        500,
        500,
        200,
    ]
    assert namespace["called"] == []
    assert namespace["app"].openapi()["paths"] == {}
    fixed = code.replace(".route(", ".api_route(")
    assert not findings(fixed, "FAL706")
    asked, namespace = client(fixed)
    assert [asked.get(f"/{name}").status_code for name in ("parameters", "none", "data", "response")] == [200] * 4
    assert len(namespace["called"]) == 4
    assert len(namespace["app"].openapi()["paths"]) == 4


DECORATORS = """\
def counting(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        called.append(func.__name__)
        return func(*args, **kwargs)

    return wrapper


def hiding(func):
    def wrapper(*args, **kwargs):
        called.append(func.__name__)
        return func(*args, **kwargs)

    return wrapper


"""
PLACES = [
    ('@counting\n@app.get("/{number}")', True, 200, 0),
    ('@functools.lru_cache\n@app.get("/{number}")', True, 200, 0),
    ('@app.get("/{number}")\n@counting', False, 200, 1),
    ('@app.get("/{number}")\n@hiding', True, 422, 0),
]


@pytest.mark.parametrize(("decorators", "flagged", "status", "calls"), PLACES)
def test_a_misplaced_decorator(decorators: str, flagged: bool, status: int, calls: int) -> None:
    code = f"{DECORATORS}{decorators}\ndef read(number: int) -> int:\n    return number\n"
    assert bool(findings(code, "FAL707")) is flagged
    asked, namespace = client(code)
    answer = asked.get("/7")
    assert answer.status_code == status
    assert len(namespace["called"]) == calls
    if status == 422:
        assert {error["loc"][1] for error in answer.json()["detail"]} == {"args", "kwargs"}


def test_cache_above_the_route_caches_nothing_and_below_it_does() -> None:
    body = "def read(number: int) -> int:\n    called.append(number)\n    return number\n"
    for decorators, times, flagged in (
        ('@functools.lru_cache\n@app.get("/{number}")\n', 2, True),
        ('@app.get("/{number}")\n@functools.lru_cache\n', 1, False),
    ):
        assert bool(findings(decorators + body, "FAL707")) is flagged
        asked, namespace = client(decorators + body)
        assert [asked.get("/7").json(), asked.get("/7").json()] == [7, 7]
        assert len(namespace["called"]) == times


# ---- FAL708, FAL709 ----------------------------------------------------------------------------------------------------------

RETURNS = [
    ("FAL708", "", "return HTTPException(status_code=404)", 200),
    ("FAL708", " -> dict[str, str]", "return HTTPException(status_code=404)", 500),
    ("", "", "raise HTTPException(status_code=404)", 404),
    ("FAL709", "", 'return {"error": "none"}, 404', 200),
    ("FAL709", " -> dict[str, str]", 'return {"error": "none"}, 404', 500),
    ("", " -> tuple[str, int]", 'return "pair", 404', 200),
    ("", "", 'return JSONResponse({"error": "none"}, status_code=404)', 404),
]


@pytest.mark.parametrize(("rule", "annotation", "statement", "status"), RETURNS)
def test_what_is_returned_instead_of_an_error(rule: str, annotation: str, statement: str, status: int) -> None:
    code = f'@app.get("/x")\ndef read(){annotation}:\n    {statement}\n'
    for one in ("FAL708", "FAL709"):
        assert bool(findings(code, one)) is (one == rule)
    answer = client(code)[0].get("/x")
    assert answer.status_code == status
    if rule == "FAL709" and status == 200:
        assert answer.json() == [{"error": "none"}, 404]


def test_a_returned_exception_of_a_dependency_lets_the_request_pass() -> None:
    code = (
        "def check(allowed: bool = False):\n    if not allowed:\n        return HTTPException(status_code=403)\n\n\n"
        '@app.get("/x", dependencies=[Depends(check)])\ndef read() -> str:\n    return "secret"\n'
    )
    assert findings(code, "FAL708")
    assert client(code)[0].get("/x").json() == "secret"


# ---- FAL710 ------------------------------------------------------------------------------------------------------------------

BODIES = [
    (204, "", 'return {"a": 1}', True, None),
    (304, "", 'return {"a": 1}', True, None),
    (204, "", "return None", False, None),
    (204, " -> None", "return None", False, None),
    (204, " -> Response", "return Response(status_code=204)", False, None),
    (202, " -> dict[str, int]", 'return {"a": 1}', False, None),
    (204, " -> dict[str, int]", "return {}", True, AssertionError),
    (205, " -> str", 'return ""', True, AssertionError),
    (304, " -> list[str]", "return []", True, AssertionError),
    (101, " -> int", "return 1", True, AssertionError),
]


@pytest.mark.parametrize(("status", "annotation", "statement", "flagged", "error"), BODIES)
def test_a_body_where_there_is_none(
    status: int, annotation: str, statement: str, flagged: bool, error: type[Exception] | None
) -> None:
    code = f'@app.get("/x", status_code={status})\ndef read(){annotation}:\n    {statement}\n'
    assert bool(findings(code, "FAL710")) is flagged
    if error is not None:
        with pytest.raises(error):
            run(code)
        return
    answer = client(code)[0].get("/x")
    assert answer.status_code == status
    assert (answer.content == b"") is (status != 202)


def test_a_response_model_where_there_is_no_body() -> None:
    code = '@app.get("/x", status_code=204, response_model=dict[str, int])\ndef read():\n    return {}\n'
    assert findings(code, "FAL710")
    with pytest.raises(AssertionError):
        run(code)


# ---- FAL711, FAL712 ----------------------------------------------------------------------------------------------------------

CLAUSES = [
    ("except Exception as e:\n        raise HTTPException(status_code=500) from e", True, 500),
    ("except Exception:\n        return None", True, 200),
    ("except:\n        return None", True, 200),
    ("except HTTPException:\n        raise\n    except Exception:\n        return None", False, 404),
    ("except StarletteHTTPException:\n        raise\n    except Exception:\n        return None", False, 404),
    ("except ValueError:\n        return None", False, 404),
    ("except Exception:\n        raise", False, 404),
]


@pytest.mark.parametrize(("clauses", "flagged", "status"), CLAUSES)
def test_an_http_exception_that_its_own_function_catches(clauses: str, flagged: bool, status: int) -> None:
    code = (
        f'@app.get("/x")\ndef read() -> None:\n    try:\n        raise HTTPException(status_code=404)\n    {clauses}\n'
    )
    assert bool(findings(code, "FAL711")) is flagged
    assert client(code)[0].get("/x").status_code == status


ANSWERS = [
    ('except Exception:\n        return {"error": "failed"}', True, 200),
    ("except Exception:\n        return None", True, 200),
    ('except KeyError:\n        return {"error": "no such key"}', False, 200),
    ('except Exception:\n        return JSONResponse({"error": "failed"}, status_code=500)', False, 500),
    ("except Exception as e:\n        raise HTTPException(status_code=500) from e", False, 500),
]


@pytest.mark.parametrize(("clause", "flagged", "status"), ANSWERS)
def test_a_failure_that_is_answered_as_a_success(clause: str, flagged: bool, status: int) -> None:
    code = f'@app.get("/x")\ndef read(key: str = "b"):\n    try:\n        return {{"a": 1}}[key]\n    {clause}\n'
    assert bool(findings(code, "FAL712")) is flagged
    assert client(code)[0].get("/x").status_code == status


# ---- FAL713, FAL717 ----------------------------------------------------------------------------------------------------------


def test_a_router_that_is_included_twice() -> None:
    code = (
        '@router.get("/books")\ndef read() -> str:\n    return ""\n\n\n'
        "def refuse() -> None:\n    raise HTTPException(status_code=403)\n\n\n"
        "app.include_router(router)\napp.include_router(router, dependencies=[Depends(refuse)])\n"
    )
    assert findings(code, "FAL713")
    for other in ("FAL407", "FAL702", "FAL703"):
        assert not findings(code, other)
    asked, namespace = client(code)
    assert asked.get("/books").status_code == 200  # the second include's dependency has no effect
    with pytest.warns(UserWarning, match="Duplicate Operation ID"):
        namespace["app"].openapi()


def test_several_methods_share_an_operation_id() -> None:
    together = '@app.api_route("/x", methods=["GET", "POST"])\ndef both() -> str:\n    return ""\n'
    assert findings(together, "FAL717")
    assert not findings(together, "FAL407")
    with pytest.warns(UserWarning, match="Duplicate Operation ID"):
        operations = run(together)["app"].openapi()["paths"]["/x"]
    assert len({one["operationId"] for one in operations.values()}) == 1
    stacked = '@app.get("/x")\n@app.post("/x")\ndef both() -> str:\n    return ""\n'
    assert findings(stacked, "FAL717")
    operations = run(stacked)["app"].openapi()["paths"]["/x"]
    assert len({one["operationId"] for one in operations.values()}) == 2


# ---- FAL716, FAL718, FAL719 --------------------------------------------------------------------------------------------------

NAMES = [
    ('request.url_for("read", number=1)', False),
    ('request.url_for("reads", number=1)', True),
    ('request.url_for("read")', True),
    ('request.url_for("read", number=1, other=2)', True),
    ('request.url_for("inner:page", name="a")', False),
    ('request.url_for("page", name="a")', True),
    ('request.url_for("redoc_html")', False),
    ('app.url_path_for("read", number=1)', False),
    ('app.url_path_for("other", number=1)', True),
]


@pytest.mark.parametrize(("call", "flagged"), NAMES)
def test_a_name_that_no_route_has(call: str, flagged: bool) -> None:
    code = (
        'inner = FastAPI()\n\n\n@inner.get("/{name}")\ndef page(name: str) -> str:\n    return name\n\n\n'
        '@app.get("/books/{number}")\ndef read(number: int) -> int:\n    return number\n\n\n'
        f'@app.get("/url")\ndef url(request: Request) -> str:\n    return str({call})\n\n\napp.mount("/inner", inner, name="inner")\n'
    )
    assert bool(findings(code, "FAL716")) is flagged
    assert client(code)[0].get("/url").status_code == (500 if flagged else 200)


ROUTE = '@router.get("/x")\ndef read() -> str:\n    return ""\n\n\n'
EMPTY = ROUTE.replace('"/x"', '""')
PREFIXES = [
    ('APIRouter(prefix="books")\n', True),
    ('APIRouter(prefix="/books/")\n', True),
    ('APIRouter(prefix="/")\n', True),
    ('APIRouter(prefix="")\n', False),
    ('APIRouter(prefix="/books")\n', False),
    (f'{ROUTE}app.include_router(router, prefix="v1")\n', True),
    (f'{ROUTE}app.include_router(router, prefix="/v1/")\n', True),
    (f'{ROUTE}app.include_router(router, prefix="/v1")\n', False),
    (f"{EMPTY}app.include_router(router)\n", True),
    (f'{EMPTY}app.include_router(router, prefix="/v1")\n', False),
    (f'outer = APIRouter(prefix="/outer")\n{EMPTY}outer.include_router(router)\napp.include_router(outer)\n', True),
    (f'outer = APIRouter()\n{EMPTY}outer.include_router(router, prefix="/a")\napp.include_router(outer)\n', False),
    ('app.mount("books", FastAPI())\n', True),
    ('app.mount("/books/", FastAPI())\n', False),
    ('app.mount("", FastAPI())\n', False),
]


@pytest.mark.parametrize(("code", "flagged"), PREFIXES)
def test_a_prefix_that_is_refused(code: str, flagged: bool) -> None:
    assert bool(findings(code, "FAL718")) is flagged
    if flagged:
        with pytest.raises((AssertionError, exceptions.FastAPIError)):
            run(code)
    else:
        run(code)


SERVERS = [
    ("app, reload=True", True),
    ("app, workers=2", True),
    ("app, workers=1", False),
    ('"main:app", reload=True', False),
]


@pytest.mark.parametrize(("arguments", "flagged"), SERVERS)
def test_a_server_that_needs_a_name(arguments: str, flagged: bool, tmp_path: Path) -> None:
    pytest.importorskip("uvicorn")
    code = f'import uvicorn\n\nif __name__ == "__main__":\n    uvicorn.run({arguments})\n'
    assert bool(findings(code, "FAL719")) is flagged
    if flagged:
        (tmp_path / "main.py").write_text(HEADER + code)
        done = subprocess.run(
            [sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode != 0
        assert "import string" in done.stderr


# ---- where a router's own prefix does not go ---------------------------------------------------------------------------------


def test_mounts_and_raw_routes_do_not_get_the_prefix_of_their_router() -> None:
    code = (
        'inner = FastAPI(openapi_url=None)\nprefixed = APIRouter(prefix="/own")\n\n\n'
        '@prefixed.route("/raw/{name}", include_in_schema=False)\ndef raw(request: Request) -> PlainTextResponse:\n    return PlainTextResponse("raw")\n\n\n'
        'prefixed.mount("/inner", inner)\n\n\n@inner.get("/page")\ndef page() -> str:\n    return "page"\n\n\n'
        'app.include_router(prefixed, prefix="/outer")\n\n\n'
        '@app.get("/outer/raw/a")\ndef behind_raw() -> str:\n    return ""\n\n\n@app.get("/outer/inner/a")\ndef behind_inner() -> str:\n    return ""\n\n\n'
        '@app.get("/outer/own/raw/a")\ndef free() -> str:\n    return "free"\n'
    )
    asked, _ = client(code)
    assert asked.get("/outer/raw/a").text == "raw"
    assert asked.get("/outer/inner/page").json() == "page"
    assert asked.get("/outer/inner/a").status_code == 404
    assert asked.get("/outer/own/raw/a").json() == "free"
    assert [one.message.split("`")[1] for one in findings(code, "FAL702")] == ["GET /outer/raw/a", "GET /outer/inner/a"]
