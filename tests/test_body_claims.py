"""What the rules about bodies, uploads and page sizes say happens, tried on the installed FastAPI: the rule must agree."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from fastapi_lint.testing.projects import lint

fastapi = pytest.importorskip("fastapi")
testclient = pytest.importorskip("fastapi.testclient")

PROGRAM = """\
import json
from datetime import datetime
from enum import Enum, IntEnum
from typing import Annotated, Any, Dict, List, Literal, Optional
from uuid import UUID

from annotated_types import Le, MaxLen
from fastapi import Body, Depends, FastAPI, File, HTTPException, Query, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, conint, constr

app = FastAPI()


class Model(BaseModel):
    a: int = 1


class Size(IntEnum):
    SMALL = 10


class Kind(str, Enum):
    ONE = "one"


"""
IS_OLD = tuple(int(part) for part in fastapi.__version__.split(".")[:2]) < (0, 115)
REFUSED_BEFORE = ("Annotated[int, Field", "Annotated[int, Le", "conint")
"""Ways to bound a parameter on which FastAPI 0.100 raises at import."""
MANY = 100_000_000
UPLOAD = 3_000_000


def flagged(code: str, rule: str, options: dict[str, Any] | None = None) -> bool:
    return any(one.code == rule for one in lint({"main.py": PROGRAM + code}, select=[rule], options=options))


def served(code: str) -> Any:
    namespace: dict[str, Any] = {"__name__": "main"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(PROGRAM + code, "main.py", "exec", dont_inherit=True), namespace)
    return testclient.TestClient(namespace["app"], raise_server_exceptions=False)


def body_schema(client: Any) -> dict[str, Any] | None:
    """What the document says of the body of `POST /`, of a model what that says; None where there is none."""
    document = client.get("/openapi.json").json()
    body = document["paths"]["/"]["post"].get("requestBody")
    if body is None:
        return None
    found: dict[str, Any] = next(iter(body["content"].values()))["schema"]
    reference = found.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][reference] if reference else found


# ---- FAL202 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signature", "lines", "answer"),
    [
        ("request: Request", ["data = await request.json()", 'return data["a"]'], 500),
        ("request: Request", ['return (await request.json())["a"]'], 500),
        ("request: Request", ["data = json.loads(await request.body())", 'return data["a"]'], 500),
        ("request: Request", ["data = await request.json()", 'return data.get("a")'], 200),
        ("request: Request", ["data = await request.form()", 'return data.get("a")'], 200),
        ("request: Request", ["return Model(**await request.json()).a"], None),
        ("request: Request", ["return len(await request.body())"], None),
        ("model: Model", ["return model.a"], None),
    ],
)
def test_raw_body_is_what_no_document_mentions_and_no_model_checks(
    signature: str, lines: list[str], answer: int | None
) -> None:
    body = "".join(f"    {line}\n" for line in lines)
    code = f'@app.post("/")\nasync def route({signature}) -> Any:\n{body}'
    client = served(code)
    if answer is not None:
        assert body_schema(client) is None
        assert client.post("/", json={}).status_code == answer  # what a model with a required field refuses with 422
    assert flagged(code, "FAL202") is (answer is not None)


# ---- FAL203 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "sent", "is_strict"),
    [
        ("dict", {"x": [1, None]}, False),
        ("Annotated[dict, Body()]", {"x": [1, None]}, False),
        ("Optional[dict] = None", {"x": [1, None]}, False),
        ("Dict", {"x": [1, None]}, False),
        ("Annotated[list, Body()]", [1, None, {"x": 1}], False),
        ("Annotated[Any, Body()]", {"x": [1, None]}, False),
        ("dict[str, Any]", {"x": [1, None]}, True),
        ("List[Dict[str, Any]]", [{"x": [1, None]}], True),
        ("dict[str, int]", {"x": [1, None]}, None),
        ("list[Model]", [{"a": [1, None]}], None),
        ("Model", {"a": [1, None]}, None),
        ("Annotated[int, Body()]", [1, None], None),
    ],
)
def test_untyped_body_is_what_takes_anything(kind: str, sent: Any, is_strict: bool | None) -> None:
    code = f'@app.post("/")\ndef route(body: {kind}) -> int:\n    return 1\n'
    client = served(code)
    accepted = client.post("/", json=sent).status_code == 200
    assert accepted is (is_strict is not None)
    assert flagged(code, "FAL203") is (is_strict is False)
    assert flagged(code, "FAL203", {"untyped-body": {"strict": True}}) is accepted
    schema = body_schema(client) or {}
    if is_strict is False and not kind.startswith("Optional"):
        assert "properties" not in schema
        assert schema.get("items", {}) == {}
        assert schema.get("additionalProperties", True) is True


# ---- FAL204 ------------------------------------------------------------------------------------------------------------------

FILTERS = """
class Filters(BaseModel):
    limit: int = Field(20{})

class Paging:
    def __init__(self, limit: int = Query(20{})) -> None:
        self.limit = limit

def paging(limit: int = Query(20{})) -> int:
    return {}

"""


@pytest.mark.parametrize(
    ("declared", "returned"),
    [
        ("limit: int = 20", "limit"),
        ("limit: Optional[int] = None", "limit"),
        ("limit: Annotated[int, Query(ge=1)] = 20", "limit"),
        ("limit: int = Query(20, gt=0)", "limit"),
        ("limit: int = 20", "max(limit, 1)"),
        ("page_size: int = Query(20, alias='limit')", "page_size"),
        ("limit: Annotated[int, Query(le=100)] = 20", "limit"),
        ("limit: Annotated[int, Query(lt=100)] = 20", "limit"),
        ("limit: Annotated[int, Le(100)] = 20", "limit"),
        ("limit: int = Query(20, le=100)", "limit"),
        ("limit: conint(le=100) = 20", "limit"),
        ("limit: Size = Size.SMALL", "limit"),
        ("limit: Annotated[int, Field(le=100)] = 20", "limit"),
        ("limit: int = 20", "min(limit, 100)"),
        ("limit: int = 20", "limit if limit < 100 else 100"),
    ],
)
def test_unbounded_limit_is_what_passes_any_number(declared: str, returned: str) -> None:
    if IS_OLD and any(way in declared for way in REFUSED_BEFORE):
        pytest.skip("a later release accepts it")
    code = f'@app.get("/")\ndef route({declared}) -> int:\n    return len(range({returned}))\n'
    answer = served(code).get("/", params={"limit": MANY})
    assert flagged(code, "FAL204") is (answer.status_code == 200 and answer.json() == MANY)


@pytest.mark.parametrize("bound", ["", ", ge=1", ", le=100"])
@pytest.mark.parametrize("returned", ["limit", "min(limit, 100)"])
@pytest.mark.parametrize(
    "declared", ["limit: int = Depends(paging)", "f: Paging = Depends()", "f: Annotated[Filters, Query()]"]
)
def test_unbounded_limit_of_a_dependency_or_model(declared: str, returned: str, bound: str) -> None:
    if IS_OLD and "Filters" in declared:
        pytest.skip("models of query parameters came with 0.115")
    used = "limit" if declared.startswith("limit") else "f.limit"
    code = FILTERS.format(bound, bound, bound, returned if used == "limit" else "limit")
    code += f'@app.get("/")\ndef route({declared}) -> int:\n'
    code += f"    return len(range({used if used == 'limit' else returned.replace('limit', used)}))\n"
    answer = served(code).get("/", params={"limit": MANY})
    assert flagged(code, "FAL204") is (answer.status_code == 200 and answer.json() == MANY)


# ---- FAL213 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signature", "lines"),
    [
        ("f: Annotated[bytes, File()]", ["return len(f)"]),
        ("f: bytes = File()", ["return len(f)"]),
        ("f: UploadFile", ["return len(await f.read())"]),
        ("f: UploadFile", ["data = await f.read()", "return len(data)"]),
        ("f: UploadFile", ["return len(await f.read(65536))"]),
        ("f: UploadFile", ["held = 0", "while part := await f.read(65536):", "    held = len(part)", "return held"]),
        (
            "f: UploadFile",
            ["if f.size is None or f.size > 1000:", "    raise HTTPException(413)", "return len(await f.read())"],
        ),
    ],
)
def test_bytes_upload_is_what_is_held_as_a_whole(signature: str, lines: list[str]) -> None:
    body = "".join(f"    {line}\n" for line in lines)
    code = f'@app.post("/")\nasync def route({signature}) -> int:\n{body}'
    answer = served(code).post("/", files={"f": ("f", b"0" * UPLOAD)})
    held = answer.status_code == 200 and answer.json() == UPLOAD
    assert flagged(code, "FAL213") is held


def test_large_uploads_are_kept_on_disk() -> None:
    code = '@app.post("/")\nasync def route(f: UploadFile) -> bool:\n    return f.file._rolled\n'
    assert served(code).post("/", files={"f": ("f", b"0" * UPLOAD)}).json() is True
    assert served(code).post("/", files={"f": ("f", b"0")}).json() is False


# ---- FAL215 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("str", "a" * 1_000_000),
        ("Optional[str] = None", "a" * 1_000_000),
        ("str = Field(min_length=1)", "a" * 1_000_000),
        ("list[int]", [1] * 100_000),
        ("List[Model] = []", [{}] * 100_000),
        ("str = Field(max_length=200)", "a" * 1_000_000),
        ("Annotated[str, Field(max_length=200)]", "a" * 1_000_000),
        ("Annotated[str, MaxLen(200)]", "a" * 1_000_000),
        ("Annotated[str, StringConstraints(max_length=200)]", "a" * 1_000_000),
        ("constr(max_length=200)", "a" * 1_000_000),
        ('str = Field(pattern="^a{1,9}$")', "a" * 1_000_000),
        ("list[int] = Field(max_length=9)", [1] * 100_000),
        ('Literal["a"]', "a" * 1_000_000),
        ("Kind", "a" * 1_000_000),
        ("UUID", "a" * 1_000_000),
        ("HttpUrl", "http://a.example/" + "a" * 1_000_000),
        ("datetime", "2" * 1_000_000),
    ],
)
def test_unconstrained_field_is_what_takes_any_length(field: str, sent: Any) -> None:
    code = f'class Sent(BaseModel):\n    x: {field}\n\n@app.post("/")\ndef route(sent: Sent) -> int:\n    return 1\n'
    assert flagged(code, "FAL215") is (served(code).post("/", json={"x": sent}).status_code == 200)


# ---- FAL216 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "definition",
    [
        "class Sent(BaseModel):\n    model_config = ConfigDict(extra='allow')\n    a: int = 1",
        "class Sent(BaseModel):\n    model_config = {'extra': 'allow'}\n    a: int = 1",
        "class Sent(BaseModel, extra='allow'):\n    a: int = 1",
        "class Sent(BaseModel):\n    a: int = 1\n    class Config:\n        extra = 'allow'",
        "class Open(BaseModel, extra='allow'): ...\nclass Sent(Open):\n    a: int = 1",
        "class Open(BaseModel, extra='allow'): ...\nclass Sent(Open):\n    model_config = ConfigDict(extra='ignore')",
        "class Open(BaseModel, extra='allow'): ...\nclass Sent(Open):\n    model_config = ConfigDict(title='x')",
        "class Sent(BaseModel):\n    model_config = ConfigDict(extra='forbid')\n    a: int = 1",
        "class Sent(BaseModel):\n    model_config = ConfigDict(extra='ignore')\n    a: int = 1",
        "class Sent(BaseModel):\n    a: int = 1",
    ],
)
def test_extra_allowed_is_what_reaches_the_dump(definition: str) -> None:
    code = f'{definition}\n\n@app.post("/")\ndef route(sent: Sent) -> bool:\n    return "more" in sent.model_dump()\n'
    answer = served(code).post("/", json={"more": 1})
    assert flagged(code, "FAL216") is (answer.status_code == 200 and answer.json())


# ---- FAL217 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "answered", "returned"),
    [
        ("Book", "Book", "sent"),
        ("NewBook", "Book", "Book(id=1, title=sent.title)"),
        ("Book", "int", "sent.id"),
        ("NewBook", "NewBook", "sent"),
    ],
)
def test_shared_model_lets_clients_set_what_is_the_servers(sent: str, answered: str, returned: str) -> None:
    code = "class NewBook(BaseModel):\n    title: str\n\n\nclass Book(NewBook):\n    id: int = 0\n\n\n"
    code += f'@app.post("/")\ndef route(sent: {sent}) -> {answered}:\n    return {returned}\n'
    answer = served(code).post("/", json={"id": 99, "title": "x"}).json()
    chosen = isinstance(answer, dict) and answer.get("id") == 99
    assert flagged(code, "FAL217") is chosen
