"""What the security rules say happens, tried on the installed FastAPI: the rule must agree with what an attacker gets."""

from __future__ import annotations

import warnings
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from fastapi_lint.testing.projects import lint

pytest.importorskip("fastapi")
testclient = pytest.importorskip("fastapi.testclient")

PROGRAM = """\
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field, SecretStr

app = FastAPI()


"""
OWN = "shop.example"
"""The host that the programs below mean to stay on."""


def flagged(code: str, rule: str) -> bool:
    return any(one.code == rule for one in lint({"main.py": PROGRAM + code}, select=[rule]))


def served(code: str) -> Any:
    namespace: dict[str, Any] = {"__name__": "main"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(PROGRAM + code, "main.py", "exec", dont_inherit=True), namespace)
    return testclient.TestClient(namespace["app"], raise_server_exceptions=False, base_url=f"https://{OWN}")


# ---- FAL303 ------------------------------------------------------------------------------------------------------------------

USERS = """
class Public(BaseModel):
    name: str = "emma"

class User(Public):
    password: str = "sesame"

class Excluding(Public):
    password: str = Field("sesame", exclude=True)

class Hiding(Public):
    password: SecretStr = SecretStr("sesame")

class Group(BaseModel):
    members: list[User] = [User()]

"""


@pytest.mark.parametrize(
    ("decorator", "annotation", "returned"),
    [
        ("", " -> User", "User()"),
        ("", " -> list[User]", "[User()]"),
        ("", " -> User | None", "User()"),
        ("", " -> Group", "Group()"),
        ("", "", "User()"),
        ("", "", "User().model_dump()"),
        ("", " -> Any", "User()"),
        (", response_model=User", "", "User()"),
        (", response_model=None", "", "User()"),
        ("", " -> Public", "User()"),
        (", response_model=Public", " -> Any", "User()"),
        (', response_model=User, response_model_exclude={"password"}', "", "User()"),
        (', response_model=User, response_model_include={"name"}', "", "User()"),
        ("", "", 'User().model_dump(exclude={"password"})'),
        ("", " -> Excluding", "Excluding()"),
        ("", " -> Hiding", "Hiding()"),
        ("", " -> Public", "JSONResponse(User().model_dump())"),
    ],
)
def test_sensitive_response_field_is_what_is_sent(decorator: str, annotation: str, returned: str) -> None:
    code = f'{USERS}@app.get("/"{decorator})\ndef route(){annotation}:\n    return {returned}\n'
    answer = served(code).get("/")
    assert answer.status_code == 200
    assert flagged(code, "FAL303") is ("sesame" in answer.text)


# ---- FAL305 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        'allow_origins=["*"], allow_credentials=True',
        'allow_origins=["https://shop.example", "*"], allow_credentials=True',
        'allow_origin_regex=".*", allow_credentials=True',
        'allow_origins=["*"]',
        'allow_origins=["https://shop.example"], allow_credentials=True',
        'allow_origin_regex="https://.*[.]shop[.]example", allow_credentials=True',
        "allow_credentials=True",
    ],
)
def test_any_origin_gets_credentials(given: str) -> None:
    code = f'app.add_middleware(CORSMiddleware, {given})\n\n@app.get("/")\ndef route() -> int:\n    return 1\n'
    headers = {"Origin": "https://evil.example", "Cookie": "session=x"}
    answer = served(code).get("/", headers=headers).headers
    trusted = answer.get("access-control-allow-origin") == headers["Origin"]
    assert flagged(code, "FAL305") is (trusted and answer.get("access-control-allow-credentials") == "true")


# ---- FAL308, FAL318 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caught", "answered"),
    [
        ("Exception as e", "raise HTTPException(500, str(e))"),
        ("Exception as e", 'raise HTTPException(500, {"error": f"{e!r}"})'),
        ("Exception as e", 'return JSONResponse({"error": str(e)}, 500)'),
        ("(ValueError, Exception) as e", 'return {"error": e.args[0]}'),
        ("Exception as e", "raise HTTPException(500, type(e).__name__)"),
        ("Exception as e", 'raise HTTPException(500, "failed") from e'),
        ("Exception as e", "raise"),
        ("KeyError as e", "raise HTTPException(500, str(e))"),
    ],
)
def test_exception_detail_leak_is_what_the_client_reads(caught: str, answered: str) -> None:
    code = '@app.get("/")\ndef route() -> Any:\n    try:\n        raise RuntimeError("at db.internal")\n'
    code += f"    except {caught}:\n        {answered}\n"
    assert flagged(code, "FAL308") is ("db.internal" in served(code).get("/").text)


@pytest.mark.parametrize("debug", ["True", "False"])
def test_debug_answers_with_the_traceback(debug: str) -> None:
    code = f'app = FastAPI(debug={debug})\n\n@app.get("/")\ndef route() -> int:\n    return 1 // 0\n'
    assert flagged(code, "FAL318") is ("ZeroDivisionError" in served(code).get("/").text)


# ---- FAL312 ------------------------------------------------------------------------------------------------------------------

ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "/evil.example",
    ".evil.example",
    "@evil.example",
    "evil.example",
]


@pytest.mark.parametrize("code", [307, 303])
@pytest.mark.parametrize(
    "target",
    [
        "to",
        '"/" + to',
        'f"/{to}/"',
        '"https://shop.example" + to',
        'f"https://{to}/"',
        'to or "/"',
        '"/pages/" + to',
        'f"/?next={to}"',
        '"https://shop.example/" + to',
        '"https://shop.example:443/" + to',
        '"/" + to.lstrip("/")',
        '{"home": "/home"}.get(to, "/")',
    ],
)
def test_open_redirect_is_what_leads_to_another_host(target: str, code: int) -> None:
    program = f'@app.get("/")\ndef route(to: str = "") -> Any:\n    return RedirectResponse({target}, {code})\n'
    client = served(program)
    answers = [client.get("/", params={"to": to}, follow_redirects=False) for to in ELSEWHERE]
    hosts = {urlsplit(urljoin(f"https://{OWN}/", one.headers["location"])).hostname for one in answers}
    assert flagged(program, "FAL312") is (hosts != {OWN})


# ---- FAL313 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/files/{name}", "/files/..%2Fkey"),
        ("/files/{name:path}", "/files/..%2Fkey"),
        ("/files", "/files?name=../key"),
    ],
)
def test_path_traversal_is_what_a_parameter_can_carry(path: str, asked: str) -> None:
    code = f'@app.get("{path}")\ndef route(name: str) -> str:\n    return name\n'
    answer = served(code).get(asked)
    carried = answer.status_code == 200 and answer.json() == "../key"
    assert flagged(code.replace("return name", 'return open("data/" + name).read()'), "FAL313") is carried


# ---- FAL316 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "to",
        'f"https://{to}/"',
        '"https://shop.example" + to',
        '"https://%s/x" % to',
        '"https://shop.example%s" % to',
        '"https://{}".format(to)',
        'f"https://{to}.shop.example/"',
        '"https://shop.example/" + to',
        '"https://shop.example/%s" % to',
        '"https://shop.example/?q={}".format(to)',
        'f"https://shop.example/{to}/x"',
    ],
)
def test_request_forgery_is_what_goes_to_another_host(url: str) -> None:
    code = f'import httpx\n\n@app.get("/")\ndef route(to: str) -> str:\n    return httpx.get({url}).text\n'
    hosts = {urlsplit(eval(url, {"to": to})).hostname for to in [*ELSEWHERE, "evil.example/"]}
    assert flagged(code, "FAL316") is bool({"evil.example", "shop.example.evil.example"} & hosts)


# ---- FAL317 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        "",
        ", httponly=True",
        ", secure=True",
        ", httponly=True, secure=True",
        ", httponly=True, secure=True, samesite='strict'",
    ],
)
def test_insecure_cookie_is_what_lacks_an_attribute(given: str) -> None:
    code = (
        f'@app.get("/")\ndef route(response: Response, t: str) -> None:\n    response.set_cookie("session", t{given})\n'
    )
    said = served(code).get("/", params={"t": "x"}).headers["set-cookie"].lower()
    assert flagged(code, "FAL317") is not ("httponly" in said and "secure" in said)
    assert "samesite" in said
