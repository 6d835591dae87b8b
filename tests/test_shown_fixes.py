"""Fixes that are shown and not applied because they would break something, on code as real applications have it."""

from __future__ import annotations

import pytest

from fastapi_lint.findings import Diagnostic, LocatedFix
from fastapi_lint.testing import lint
from fastapi_lint.trial import applied_to

WEBSOCKET = """
from typing import Annotated
from fastapi import FastAPI, Query, WebSocket

app = FastAPI()

@app.websocket("/updates")
async def updates(websocket: WebSocket, api_key: Annotated[str, Query()] = "") -> None:
    await websocket.accept()
"""
COLUMN = """
from datetime import datetime
from fastapi import FastAPI
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

app = FastAPI()

class Base(DeclarativeBase): ...

class Row(Base):
    __tablename__ = "rows"
    at: Mapped[datetime] = mapped_column(default=datetime.utcnow, primary_key=True)
"""
DIFFERENCE = """
from datetime import datetime
from fastapi import FastAPI

app = FastAPI()

@app.get("/age")
def age(since: datetime) -> float:
    now = datetime.utcnow()
    return (now - since).total_seconds()
"""
OTHER_MODULES = """
from typing import Annotated
from fastapi import Depends, FastAPI

app = FastAPI()

def get_language() -> str:
    return "de"
""" + "\n".join(
    f'@app.get("/{n}")\ndef f{n}(language: Annotated[{"str" if n % 2 else "str | None"}, Depends(get_language)]) -> str: return ""'
    for n in range(6)
)
TASK = """
import asyncio
from fastapi import FastAPI

app = FastAPI()

async def work(task: str) -> None: ...

@app.get("/")
async def start(task: str) -> str:
    asyncio.create_task(work(task))
    return task
"""
QUERY_FIELD = """
from fastapi import FastAPI, Query
from pydantic import BaseModel

app = FastAPI()

class User(BaseModel):
    name: str
    password: str = Query(min_length=8)

@app.get("/me")
def me() -> User: ...
"""


LIFESPAN = """
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fastapi import FastAPI

@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.books = ["Emma"]
    yield
    os._exit(0)

app = FastAPI(lifespan=lifespan)

@app.get("/books")
def books() -> list[str]:
    return app.state.books
"""
CLIENT = """
import pytest
from fastapi.testclient import TestClient
from main import app

@pytest.fixture
def client():
    return TestClient(app)

def test_books(client):
    assert client.get("/books").json() == ["Emma"]
"""


@pytest.mark.parametrize(("end", "offered"), [("os._exit(0)", False), ("app.state.books.clear()", True)])
def test_tests_do_not_enter_a_lifespan_that_ends_the_process(end: str, offered: bool) -> None:
    files = {"main.py": LIFESPAN.lstrip().replace("os._exit(0)", end), "tests/test_books.py": CLIENT.lstrip()}
    [found] = [one for one in lint(files, select=["FAL503"]) if one.code == "FAL503"]
    assert (found.fix is not None) == offered


def only(code: str, rule: str) -> Diagnostic:
    [found] = [one for one in lint({"main.py": code.lstrip()}, select=[rule]) if one.code == rule]
    return found


def fix_of(code: str, rule: str) -> LocatedFix:
    fix = only(code, rule).fix
    assert fix is not None
    return fix


@pytest.mark.parametrize(
    ("code", "rule"),
    [(WEBSOCKET, "FAL307"), (COLUMN, "FAL909"), (DIFFERENCE, "FAL909"), (OTHER_MODULES, "FAL814"), (TASK, "FAL106")],
    ids=["a websocket's header", "a column", "a difference", "an alias for some of them", "a task"],
)
def test_only_shown(code: str, rule: str) -> None:
    assert fix_of(code, rule).applicability == "display"


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        (
            WEBSOCKET.replace("websocket(", "get(")
            .replace("websocket: WebSocket, ", "")
            .replace("await websocket.accept()", "pass"),
            "FAL307",
        ),
        (DIFFERENCE.replace("(now - since).total_seconds()", "now.timestamp()"), "FAL909"),
        (OTHER_MODULES.replace("str | None", "str"), "FAL814"),
    ],
    ids=["a header", "a time", "an alias for all of them"],
)
def test_applied_where_nothing_stands_against_it(code: str, rule: str) -> None:
    assert fix_of(code, rule).applicability == "unsafe"


def test_a_kept_task_takes_no_name_that_is_in_use() -> None:
    fixed = applied_to(TASK.lstrip(), fix_of(TASK, "FAL106").edits)
    assert "    background_task = asyncio.create_task(work(task))\n    tasks.add(background_task)\n" in fixed


def test_no_fix_puts_a_declaration_of_a_request_into_a_field() -> None:
    assert only(QUERY_FIELD, "FAL303").fix is None
    assert only(QUERY_FIELD.replace("Query(min_length=8)", '""'), "FAL303").fix is not None
