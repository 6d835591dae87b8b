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


EITHER = """
    CHECKING = os.getenv("CHECKING", "basic")

    def basic(found=Depends(bearer)): ...

    def key(request: Request):
        if request.headers.get("X-Key") != "x":
            raise HTTPException(401)

    def nobody(): ...

    def refuse(request: Request):
        raise HTTPException(403)

    def provider(first, second):
        return first if CHECKING == "basic" else second

    KNOWN = {"basic": basic, "key": key}
    OPEN = {"basic": basic, "none": nobody}

    def wrapping(request: Request):
        return provider(key, refuse)(request)

    def perhaps(request: Request):
        return provider(key, nobody)(request)
    """


@pytest.mark.parametrize(
    ("dependency", "wanted"),
    [
        ("provider(basic, key)", Authenticated.YES),
        ("provider(nobody, nobody)", Authenticated.NO),
        ("provider(basic, nobody)", Authenticated.UNKNOWN),
        ("provider(basic, elsewhere.thing)", Authenticated.UNKNOWN),
        ("provider(basic, elsewhere.get_current_user)", Authenticated.YES),
        ("KNOWN[CHECKING]", Authenticated.YES),
        ("OPEN[CHECKING]", Authenticated.UNKNOWN),
        ("OPEN['basic']", Authenticated.YES),
        ("OPEN['none']", Authenticated.NO),
        ("KNOWN.get(CHECKING, nobody)", Authenticated.UNKNOWN),
        ("KNOWN.get(CHECKING, key)", Authenticated.YES),
        ("wrapping", Authenticated.YES),
        ("perhaps", Authenticated.UNKNOWN),
    ],
)
def test_one_of_several_dependencies(dependency: str, wanted: Authenticated) -> None:
    """Yes where every alternative asks, no where none does, else unknown."""
    assert answer(route(f"me=Depends({dependency})", before=EITHER)) is wanted


def test_a_configured_alternative_does_not_answer_for_the_others() -> None:
    text = route("me=Depends(provider(nobody, key))", before=EITHER)
    assert answer(text, ("nobody",)) is Authenticated.YES
    text = route("me=Depends(provider(nobody, elsewhere.thing))", before=EITHER)
    assert answer(text, ("nobody",)) is Authenticated.UNKNOWN
