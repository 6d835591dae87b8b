"""What the validation rules say of FastAPI, tried on the installed release: whoever is right, the rule must agree."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fastapi_lint.findings import Diagnostic
from fastapi_lint.testing.projects import lint

fastapi = pytest.importorskip("fastapi")
testclient = pytest.importorskip("fastapi.testclient")

PROGRAM = """\
import uuid
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, Optional

from fastapi import Body, Cookie, Depends, FastAPI, File, Form, Header, Path, Query, Request, UploadFile
from pydantic import BaseModel, Field, field_validator, model_validator

app = FastAPI()


class Model(BaseModel):
    a: int = 1


class Text(str, Enum):
    ONE = "1"


class Number(IntEnum):
    ONE = 1


def dep() -> int:
    return 1


class Plain:
    def read(self) -> int:
        return 1


plain = Plain()
"""


def findings(code: str, rule: str) -> list[Diagnostic]:
    found = lint({"main.py": PROGRAM + code}, settings={"select": [rule]})
    return [one for one in found if one.code == rule]


def imported(code: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "main"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(PROGRAM + code, "main.py", "exec"), namespace)
    return namespace


def client(code: str) -> Any:
    return testclient.TestClient(imported(code)["app"], raise_server_exceptions=False)


# ---- FAL209 ----------------------------------------------------------------------------------------------------------


ACCEPTED_LATER = {
    "y: Request = Depends(dep)",
    "y: Model = Query()",
    "y: dict = Header()",
    "y: Annotated[int, Field(3)]",
    "m: Annotated[Model, Form()]",
}
"""What raises or is refused before 0.115, and is fine since."""
IS_OLD = tuple(int(part) for part in fastapi.__version__.split(".")[:2]) < (0, 115)
DECLARED = """
x: int = Path(3)
x: int = Path(default=3)
x: int = Path(None)
x: int = Path(...)
x: Annotated[int, Path()] = 3
x: Annotated[int, Path()] = None
x: Annotated[int, Path(...)]
x: int = Query()
x: Annotated[int, Query()]
x: int = Header()
x: int = Body()
x: Model
x: list[Model]
x: int = 3
y: Annotated[int, Query(3)]
y: Annotated[int, Query(default=3)]
y: Annotated[int, Query(...)]
y: Annotated[int, Query(None)]
y: Annotated[int, Body(3)]
y: Annotated[int, Query(default_factory=int)]
y: Annotated[int, Field(3)]
y: Annotated[int, Query()] = Query()
y: Annotated[int, Query()] = Body()
y: Annotated[int, Depends(dep)] = Depends(dep)
y: Annotated[int, Depends(dep)] = 3
y: Annotated[int, Query()] = Depends(dep)
y: Annotated[int, Depends(dep)] = Query()
y=Depends("x")
y=Depends(3)
y=Depends(plain)
y=Depends(plain.read)
y=Depends(dep)
y: Request = Depends(dep)
y: dict = Query()
y: Optional[dict[str, int]] = Query(None)
y: Model = Query()
y: list[Model] = Query()
y: list[int] = Query()
y: set[str] = Query()
y: dict = Header()
y: int = Path()
y: int = dep
y: int = Query(3, default_factory=int)
y: int = Query(3)
y: dict
"""
DECLARATIONS = DECLARED.strip().splitlines()


@pytest.mark.parametrize("declaration", DECLARATIONS)
def test_invalid_parameter_is_what_raises(declaration: str) -> None:
    if IS_OLD and declaration in ACCEPTED_LATER:
        pytest.skip("a later release accepts it")
    given = declaration if declaration.startswith("x") else f"x: str, {declaration}"
    code = f'@app.post("/{{x}}")\ndef route({given}): ...\n'
    found = findings(code, "FAL209")
    try:
        imported(code)
    except (AssertionError, TypeError):
        assert found
    else:
        assert not found


@pytest.mark.parametrize("declaration", DECLARATIONS)
def test_invalid_parameter_fix_can_be_imported(declaration: str) -> None:
    given = declaration if declaration.startswith("x") else f"x: str, {declaration}"
    code = PROGRAM + f'@app.post("/{{x}}")\ndef route({given}): ...\n'
    for one in lint({"main.py": code}, settings={"select": ["FAL209"]}):
        for edit in sorted(one.fix.edits if one.fix else (), key=lambda edit: -edit.start):
            code = code[: edit.start] + edit.replacement + code[edit.end :]
        if one.fix:
            imported(code.removeprefix(PROGRAM))


def test_depends_on_nothing_asks_for_arguments() -> None:
    code = '@app.get("/")\ndef route(y=Depends()) -> int:\n    return 1\n'
    answer = client(code).get("/")
    assert answer.status_code == 422
    assert [one["loc"][0] for one in answer.json()["detail"]] == ["query", "query"]
    assert findings(code, "FAL209")


# ---- FAL206 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declaration", "sent", "works"),
    [
        ("m: Model", '{"a": 2}', False),
        ("m: dict", '{"a": 2}', False),
        ("m: Annotated[Model, Body()]", '{"a": 2}', False),
        ("m: Optional[Model] = None", '{"a": 2}', False),
        ("m: list[Model]", '[{"a": 2}]', False),
        ("m: list[str]", "x", True),
        ("m: Annotated[str, Body()]", "x", True),
        ("m: Annotated[Model, Form()]", "x", True),
        ("m: Annotated[Model, Depends()]", "x", True),
    ],
)
def test_body_with_upload_is_what_is_refused(declaration: str, sent: str, works: bool) -> None:
    if IS_OLD and declaration in ACCEPTED_LATER:
        pytest.skip("a later release accepts it")
    code = f'@app.post("/")\ndef route(f: UploadFile, {declaration}) -> int:\n    return 1\n'
    answer = client(code).post("/", files={"f": ("f", b"f")}, data={"m": sent})
    assert (answer.status_code == 200) is works
    assert bool(findings(code, "FAL206")) is not works


# ---- FAL207 ----------------------------------------------------------------------------------------------------------


TYPES = ["str", "bytes", "int", "float", "bool", "uuid.UUID", "Text", "Number", 'Literal["1"]', "Any", "str | int"]
SENT = {"int": "1", "float": "1.5", "uuid": "d2f0b5c8-2a5e-4b7c-9a37-2f1f0a1d6c11", "str": "1"}
KNOWN_MISSES = {("float", "int"), ("float", "bool"), ("float", "Number"), ("uuid", "Number"), ("float", "str | int")}


@pytest.mark.parametrize("convertor", SENT)
@pytest.mark.parametrize("kind", TYPES)
def test_convertor_type_mismatch_is_what_answers_422(convertor: str, kind: str) -> None:
    code = f'@app.get("/{{x:{convertor}}}")\ndef route(x: {kind}) -> int:\n    return 1\n'
    refused = client(code).get("/" + SENT[convertor]).status_code == 422
    found = bool(findings(code, "FAL207"))
    if convertor == "str":
        assert not found
    elif (convertor, kind) not in KNOWN_MISSES:
        assert found is refused
    else:
        assert not found


# ---- FAL208 ----------------------------------------------------------------------------------------------------------


POSTPONED = """\
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal
"""


@pytest.mark.parametrize(
    ("signature", "works"),
    [
        ("(y: Decimal = 3)", False),
        ("(y: Annotated[Decimal, Query()] = 3)", False),
        ("(y: Annotated[Decimal, Depends(dep)])", False),
        ("(y: Decimal = Depends(dep))", True),
        ("() -> Decimal", False),
        ("() -> list[Decimal]", False),
        ("(y: int = 3) -> int", True),
    ],
)
def test_type_checking_annotation_is_what_fails(signature: str, works: bool) -> None:
    program = POSTPONED + PROGRAM + f'@app.get("/")\ndef route{signature}: return 1\n'
    namespace: dict[str, Any] = {"__name__": "main"}
    try:
        exec(compile(program, "main.py", "exec"), namespace)
    except NameError:  # pydantic's own is one: older releases resolve annotations at import
        assert not works
    else:
        answer = testclient.TestClient(namespace["app"], raise_server_exceptions=False).get("/?y=1")
        assert (answer.status_code == 200) is works
    found = lint({"main.py": program}, settings={"select": ["FAL208"]})
    assert bool(found) is not works


# ---- FAL210, FAL211, FAL407 ------------------------------------------------------------------------------------------------


def test_missing_depends_gives_the_function_itself() -> None:
    code = '@app.get("/")\ndef route(y: Any = dep) -> bool:\n    return callable(y)\n'
    assert client(code).get("/").json() is True
    assert findings(code, "FAL210")


@pytest.mark.parametrize(
    ("validator", "received"),
    [
        (
            '    @field_validator("a")\n    @classmethod\n    def check(cls, value: int) -> None: pass\n',
            "Checked(a=None)",
        ),
        ('    @model_validator(mode="after")\n    def check(self) -> None: pass\n', "None"),
    ],
)
def test_validator_that_returns_nothing_makes_none(validator: str, received: str) -> None:
    code = f"class Checked(BaseModel):\n    a: int = 1\n{validator}\n"
    code += '@app.post("/")\ndef route(given: Checked) -> str:\n    return repr(given)\n'
    assert client(code).post("/", json={"a": 1}).json() == received
    assert findings(code, "FAL211")


def _ids(document: dict[str, Any]) -> Iterator[str]:
    for operations in document["paths"].values():
        for operation in operations.values():
            yield operation["operationId"]


def test_duplicate_operation_ids_are_those_in_the_document() -> None:
    code = """
@app.get("/a-b")
def dashed(): ...
@app.get("/a_b", name="dashed")
def underlined(): ...
@app.get("/a/b")
def other(): ...
@app.get("/x/{y:int}", operation_id="explicit")
def first(y: int): ...
@app.get("/z", operation_id="explicit")
def second(): ...
"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ids = list(_ids(imported(code)["app"].openapi()))
    twice = {one for one in ids if ids.count(one) > 1}
    said = {re.search(r"operation id `(\w+)`", one.message)[1] for one in findings(code, "FAL407")}  # type: ignore[index]
    assert twice == said == {"dashed_a_b_get", "explicit"}


# ---- FAL205, FAL214 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature",
    [
        "x: int = Path(...), user: int = Depends(dep)",
        "x: int = Path(ge=1), q: Optional[str] = Query(None, max_length=3)",
        'x: int = Path(), q: list[str] = Query(default=["a"], alias="queue")',
        'x: int = Path(), token: str = Header(..., alias="x-token"), c: str = Cookie("x")',
        "x: int = Path(), m: Model = Body(embed=True), n: Optional[Model] = Body(None)",
        "x: int = Path(), f: UploadFile = File(...), g: str = Form('x')",
        "x: int = Path(), m: Model = Depends()",
    ],
)
def test_annotated_leaves_the_document_as_it_is(signature: str) -> None:
    code = f'@app.post("/{{x}}")\ndef route({signature}) -> int:\n    return 1\n'
    before = imported(code)["app"].openapi()
    for rule in ("FAL205", "FAL214"):
        found = findings(code, rule)
        fixed = PROGRAM + code
        edits = {edit for one in found for edit in (one.fix.edits if one.fix else ())}
        for edit in sorted(edits, key=lambda edit: -edit.start):
            fixed = fixed[: edit.start] + edit.replacement + fixed[edit.end :]
        assert all(one.fix and one.fix.applicability == "safe" for one in found)
        assert imported(fixed.removeprefix(PROGRAM))["app"].openapi() == before


# ---- FAL403 ----------------------------------------------------------------------------------------------------------------

WAYS = Path(__file__).parent.parent / "fixtures" / "rules" / "undocumented-exception" / "ways.py"
UNTOLD = {"/23"} | ({"/20"} if sys.version_info < (3, 11) else set())
"""A path of that program whose status code no reader of the source can tell, and one whose `HTTPStatus` as a key of `responses`
FastAPI misspells where `str()` of such a member is its name."""


def test_undocumented_exception_is_what_the_document_lacks() -> None:
    text = WAYS.read_text("utf-8")
    flagged = {one.symbol.rpartition(".")[2] for one in lint({"main.py": text}, select=["FAL403"]) if one.symbol}
    namespace: dict[str, Any] = {"__name__": "main"}
    exec(compile(text, "main.py", "exec", dont_inherit=True), namespace)
    app = namespace["app"]
    asking = testclient.TestClient(app, raise_server_exceptions=False)
    errors = 0
    for path, operations in app.openapi()["paths"].items():
        answered = asking.get(path, params={"flag": True, "kind": "a"}, headers={"x": "418"}).status_code
        documented = operations["get"]["responses"].keys() & {str(answered), f"{answered // 100}XX", "default"}
        name = operations["get"]["summary"].lower().replace(" ", "_")
        errors += answered >= 400
        if path not in UNTOLD and answered not in (200, 500):
            assert (name in flagged) is not bool(documented), (path, answered)
    assert errors > 15


# ---- FAL212 ----------------------------------------------------------------------------------------------------------------

OPTIONAL = "class Sent(BaseModel):\n    a: int\n    b: str | None\n"


def _without_required(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: _without_required(value) for key, value in document.items() if key != "required"}
    return [_without_required(item) for item in document] if isinstance(document, list) else document


@pytest.mark.parametrize(("answer", "applicability"), [("int", "safe"), ("Sent", "unsafe")])
def test_default_of_an_optional_field_changes_what_is_required(answer: str, applicability: str) -> None:
    code = f'{OPTIONAL}@app.post("/")\ndef route(sent: Sent) -> {answer}: ...\n'
    found = findings(code, "FAL212")
    assert [one.fix and one.fix.applicability for one in found] == [applicability]
    before = imported(code)["app"].openapi()
    after = imported(code.replace("str | None", "str | None = None"))["app"].openapi()
    assert "Sent" in before["components"]["schemas"]
    assert "b" in before["components"]["schemas"]["Sent"]["required"]
    schemas = after["components"]["schemas"]
    assert schemas.get("Sent-Input", schemas.get("Sent"))["required"] == ["a"]  # some releases tell the two apart
    if applicability == "safe":
        assert _without_required(before) == _without_required(after)


# ---- positional-only parameters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature", ["(y: int = 1, /)", "(request: Request, /)", "(y: int = Depends(dep), /, z: int = 1)"]
)
@pytest.mark.parametrize("in_dependency", [False, True])
def test_positional_only_parameters_are_never_filled(signature: str, in_dependency: bool) -> None:
    code = f"def called{signature}: return 1\n"
    code += (
        '@app.get("/")\ndef route(d: int = Depends(called)): return 1\n' if in_dependency else 'app.get("/")(called)\n'
    )
    assert client(code).get("/").status_code == 500
    assert findings(code, "FAL209")
    fixed = code.replace(", /", "")
    assert client(fixed).get("/").status_code == 200
    assert not findings(fixed, "FAL209")
