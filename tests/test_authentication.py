"""Who may call an operation: yes, no, unknown, or only a middleware asks."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from fastapi_lint.project import Project
from fastapi_lint.project.serving.authentication import Authenticated, Authentication
from fastapi_lint.project.serving.contract import Contracts
from fastapi_lint.run import with_project
from fastapi_lint.testing import project

START = """\
import os
import elsewhere
import jwt
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer, OAuth2PasswordRequestForm

bearer = HTTPBearer()
"""


def answer(text: str, configured: tuple[str, ...] = ()) -> Authenticated:
    def work(found: Project) -> Authenticated:
        authentication = Authentication(found, Contracts(found), configured)
        return authentication.of(found.operations[-1])

    with project({"main.py": START + dedent(text)}, {}) as settings:
        result: Any = with_project(["."], settings, work)
    assert isinstance(result, Authenticated)
    return result


def route(parameters: str = "", *, before: str = "", application: str = "", decorator: str = "") -> str:
    return f"{dedent(before)}\napp = FastAPI({application})\n@app.get('/', {decorator})\ndef read({parameters}): ...\n"


REFUSING = """
    def user(token: str = Header()):
        if not token:
            raise HTTPException(401)
    """
DEEP = """
    def credentials(found=Depends(bearer)): ...
    def user(found=Depends(credentials)): ...
    def admin(found=Depends(user)): ...
    """
VERIFYING = """
    def decode(token):
        return jwt.decode(token, "x", algorithms=["HS256"])

    def user(request: Request):
        return decode(request.headers.get("Authorization"))
    """


@pytest.mark.parametrize(
    "text",
    [
        route("me=Depends(bearer)"),
        route("me=Security(APIKeyHeader(name='X-Key'), scopes=['a'])"),
        route(application="dependencies=[Depends(bearer)]"),
        route(decorator="dependencies=[Depends(OAuth2PasswordBearer(tokenUrl='t'))]"),
        route("me=Depends(admin)", before=DEEP),
        route("me=Depends(user)", before=REFUSING),
        route("me=Depends(user)", before=VERIFYING),
        route("me=Depends(elsewhere.get_current_user)"),
    ],
)
def test_yes(text: str) -> None:
    assert answer(text) is Authenticated.YES


@pytest.mark.parametrize(
    "text",
    [
        route(),
        route("q: str = ''"),
        route("db=Depends(session)", before="def session(): ..."),
        route("form: OAuth2PasswordRequestForm = Depends()"),
    ],
)
def test_no(text: str) -> None:
    assert answer(text) is Authenticated.NO


@pytest.mark.parametrize(
    "text",
    [
        route("thing=Depends(elsewhere.thing)"),
        route(application="dependencies=elsewhere.guards()"),
        route(application="dependencies=[Depends(bearer)] if os.getenv('GUARDED') else []"),
        route(application="dependencies=guards", before="guards = []\nif os.getenv('GUARDED'):\n    guards.append(Depends(bearer))"),
    ],
)  # fmt: skip
def test_unknown(text: str) -> None:
    assert answer(text) is Authenticated.UNKNOWN


@pytest.mark.parametrize(
    "place", ["headers.get('Authorization')", "cookies.get('session')", "headers.get('x-api-key')"]
)
def test_a_middleware_that_asks(place: str) -> None:
    text = f"""
        app = FastAPI()

        @app.middleware("http")
        async def guard(request: Request, call_next):
            if request.{place} != "x":
                raise HTTPException(401)
            return await call_next(request)

        @app.get("/")
        def read(): ...
        """
    assert answer(text) is Authenticated.MIDDLEWARE
    assert answer(f"{dedent(text)}\n@app.get('/me')\ndef me(user=Depends(bearer)): ...\n") is Authenticated.YES


def test_a_middleware_that_only_counts() -> None:
    text = """
        app = FastAPI()

        @app.middleware("http")
        async def count(request: Request, call_next):
            request.headers.get("X-Language")
            return await call_next(request)

        @app.get("/")
        def read(): ...
        """
    assert answer(text) is Authenticated.NO


def test_what_the_user_says_authenticates() -> None:
    text = route("me=Depends(membership)", before="def membership(q: str = ''): ...")
    assert answer(text) is Authenticated.NO
    assert answer(text, ("main.membership",)) is Authenticated.YES
    assert answer(text, ("membership",)) is Authenticated.YES
