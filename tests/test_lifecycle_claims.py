"""What the lifecycle rules say of FastAPI, tried on the installed release, and what they say of projects on others."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from fastapi_lint.findings import Diagnostic
from fastapi_lint.project.versions import parsed
from fastapi_lint.testing.projects import lint

fastapi = pytest.importorskip("fastapi")
testclient = pytest.importorskip("fastapi.testclient")

INSTALLED = parsed(fastapi.__version__)


def findings(program: str, rule: str, version: str | None = None) -> list[Diagnostic]:
    settings = {"select": [rule], **({"fastapi-version": version} if version else {})}
    return [one for one in lint({"main.py": program}, settings=settings) if one.code == rule]


def imported(program: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "main"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(program, "main.py", "exec"), namespace)
    return namespace


def client(program: str) -> Any:
    return testclient.TestClient(imported(program)["app"], raise_server_exceptions=False)


# ---- FAL112 ----------------------------------------------------------------------------------------------------------

TASK = """\
from fastapi import BackgroundTasks, Depends, FastAPI

app = FastAPI()
order = []

def get_session():
    yield order
    order.append("exit")

def use(session):
    session.append("task")

@app.get("/")
def route(tasks: BackgroundTasks, session=Depends(get_session{})) -> None:
    tasks.add_task(use, session)
"""


@pytest.mark.parametrize(
    ("scope", "order"),
    [("", ["task", "exit"]), (', scope="request"', ["task", "exit"]), (', scope="function"', ["exit", "task"])],
)
@pytest.mark.skipif(INSTALLED < (0, 121), reason="dependencies have no scope before")
def test_request_resource_is_closed_before_the_task(scope: str, order: list[str]) -> None:
    program = TASK.format(scope)
    namespace = imported(program)
    testclient.TestClient(namespace["app"]).get("/")
    assert namespace["order"] == order
    assert bool(findings(program, "FAL112")) is (order[0] == "exit")


@pytest.mark.parametrize(
    ("version", "closed"),
    [
        ("0.105", False),
        ("0.106", True),
        ("0.115.14", True),
        ("0.117.1", True),
        ("0.118", False),
        ("0.165", False),
        (">=0.106,<0.118", True),
        (">=0.105,<0.118", False),
        (">=0.110", False),
    ],
)
def test_request_resource_by_version(version: str, closed: bool) -> None:
    """Run on 0.88, 0.100, 0.105, 0.106, 0.115.14, 0.117.1, 0.118 and 0.165: of these, 0.106 to 0.117.1 exit first."""
    assert bool(findings(TASK.format(""), "FAL112", version)) is closed
