"""What the security rules rest on: how values flow, and what Starlette really does with them."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from fastapi.testclient import TestClient
from starlette.middleware.trustedhost import TrustedHostMiddleware

from fastapi_lint.findings import Anchor, Step
from fastapi_lint.project.serving.cross_origin import STRANGERS
from fastapi_lint.project.taint.flows import CHECKED, TEXT, Flow, Label, held, merged, part, replaced, substituted
from fastapi_lint.testing import lint

PLACE = Anchor("a.py", 1)
STEP = Step(Anchor("a.py", 9), "`f` is called")


def labelled(name: str, *marks: str, kind: str = "request", at: int = 2) -> Flow:
    return Flow({Label(kind, Anchor("a.py", at), name, frozenset(marks)): ()})  # type: ignore[arg-type]


def test_a_part_carries_only_its_own_label() -> None:
    flow = held({"name": labelled("name"), "size": labelled("size", at=3)})
    assert {label.name for label in part(flow, "name").whole()} == {"name"}
    assert {label.name for label in part(flow, None).whole()} == {"name", "size"}


def test_an_assignment_replaces_what_was_there() -> None:
    flow = replaced(held({"error": labelled("text")}), ("error",), Flow())
    assert not part(flow, "error").whole()


def test_the_callers_label_takes_the_place_of_the_parameters() -> None:
    parameter = Flow({Label("parameter", PLACE, "path", frozenset({CHECKED})): ()})
    found = substituted(parameter, {PLACE: labelled("url")}, STEP)
    assert [(label.name, label.marks) for label in found.whole()] == [("url", frozenset({CHECKED}))]


def test_only_the_field_that_a_callee_reads_matters() -> None:
    parameter = Flow({Label("parameter", PLACE, "item.name", frozenset({TEXT})): ()})
    given = held({"name": labelled("name"), "size": labelled("size", at=3)})
    assert {label.name for label in substituted(parameter, {PLACE: given}, STEP).whole()} == {"name"}


def test_merging_keeps_every_label() -> None:
    assert len(merged([labelled("a"), labelled("b", at=3)]).whole()) == 2


@pytest.mark.parametrize(
    "arguments", [{"allow_origins": ["*"]}, {"allow_origins": "*"}, {"allow_origin_regex": ".*"}], ids=str
)
def test_starlette_lets_any_origin_use_credentials(arguments: dict[str, object]) -> None:
    """FAL305: with credentials allowed, the answer names the stranger's own origin."""
    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_credentials=True, **arguments)  # type: ignore[arg-type]
    for stranger in STRANGERS:
        headers = {"Origin": stranger, "Access-Control-Request-Method": "POST"}
        answer = TestClient(app).options("/", headers=headers)
        assert answer.headers["access-control-allow-origin"] == stranger
        assert answer.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize("arguments", [{"allowed_hosts": ["*"]}, {}], ids=str)
def test_starlette_lets_any_host_in(arguments: dict[str, list[str]]) -> None:
    """FAL322: without `allowed_hosts` nothing is checked either."""
    app = FastAPI()
    app.add_middleware(TrustedHostMiddleware, **arguments)  # type: ignore[arg-type]
    assert TestClient(app, base_url="http://attacker.example").get("/openapi.json").status_code == 200


def test_what_an_http_error_says_reaches_the_client() -> None:
    """FAL308: the detail is sent as it is, and so is what a handler for `Exception` answers."""
    app = FastAPI()

    @app.get("/")
    def fail() -> None:
        raise HTTPException(500, detail={"error": str(ValueError("secret"))})

    assert TestClient(app).get("/").json() == {"detail": {"error": "secret"}}


def test_an_exception_itself_says_nothing() -> None:
    """FAL308 is about its text: an exception that is returned as it is becomes an empty object."""
    app = FastAPI()

    @app.get("/")
    def fail():  # type: ignore[no-untyped-def]
        return {"error": ValueError("secret")}

    assert "secret" not in TestClient(app).get("/").text


@pytest.mark.parametrize(("sent", "path"), [("a/b", "/x/a/b"), ("..%2Fb", "/x/..%2Fb")])
def test_a_path_parameter_holds_no_slash(sent: str, path: str) -> None:
    """FAL313 leaves `{name}` alone and looks at `{name:path}`."""
    app = FastAPI()

    @app.get("/x/{name}")
    def one(name: str) -> str:
        return name

    @app.get("/y/{name:path}")
    def whole(name: str) -> str:
        return name

    assert TestClient(app).get(path).status_code == 404
    assert TestClient(app).get(path.replace("/x/", "/y/")).json() == sent.replace("%2F", "/")


HELPER = """
from pathlib import Path

from fastapi import HTTPException

FILES = Path("/srv/files")


def read(name: str) -> str:
    return (FILES / name).read_text()
"""
MAIN = """
from fastapi import FastAPI

from helper import read

app = FastAPI()


@app.get("/files")
def show(name: str) -> str:
    return read(name)
"""


def test_the_trace_leads_from_the_request_to_the_use() -> None:
    (found,) = lint({"helper.py": HELPER, "main.py": MAIN}, select=["FAL313"])
    assert (found.path, found.span.start.line) == ("helper.py", 10)
    assert [(step.path, step.message) for step in found.trace] == [
        ("main.py", "`name` comes from the request"),
        ("main.py", "`read` is called"),
    ]


def test_a_check_in_the_helper_is_enough() -> None:
    checked = HELPER.replace("    return", '    if "/" in name:\n        raise HTTPException(404)\n    return')
    assert lint({"helper.py": checked, "main.py": MAIN}, select=["FAL313"]) == []
