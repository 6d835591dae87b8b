"""What routes send: the fields that the linter sees are those that FastAPI documents; names, masks and filters."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi import FastAPI

from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.models.serialization import Schema, described, is_open, of, walk
from fastapi_lint.project.serving.promises import promise_of
from fastapi_lint.run import with_project
from fastapi_lint.sensitive import Endpoint, category, issues
from fastapi_lint.testing import lint, project

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "rules" / "sensitive-response-field"
COMPARED = ("decorator", "generic", "issued", "names", "registered", "configured_names")
Fields = dict[tuple[str, str], set[str]]


def linked(text: str, work: Callable[[Project], Any]) -> Any:
    with project({"main.py": text}, {}) as settings:
        return with_project(["."], settings, work)


def sent(text: str, *, filtered: bool = True) -> Fields:
    """The names that each route sends, at whatever depth, by method and path."""

    def work(found: Project) -> Fields:
        fields: Fields = {}
        for operation in found.operations:
            response = promise_of(found.it, operation.route)
            if response.kind is None:
                continue
            allowed = response.sends if filtered else lambda path: True
            reached = walk(found.it, of(found.it, response.kind), allowed)
            names = {one.field.alias for one in reached} - {"root"}
            fields[operation.method, operation.path or "?"] = names
        return fields

    result: Fields = linked(text, work)
    return result


# ---- against FastAPI -------------------------------------------------------------------------------------------------


def documented(application: FastAPI) -> Fields:
    """The properties of each operation's successful response, through references."""
    document = application.openapi()
    found: Fields = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answer = (
                operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
            )
            found[method.upper(), path] = set(_properties(document["components"]["schemas"], answer, set()))
    return found


def _properties(components: dict[str, Any], schema: Any, seen: set[str]) -> Iterator[str]:
    if isinstance(schema, list):
        for item in schema:
            yield from _properties(components, item, seen)
    elif isinstance(schema, dict):
        reference = schema.get("$ref", "").rpartition("/")[2]
        if reference and reference not in seen:
            seen.add(reference)
            yield from _properties(components, components[reference], seen)
        for name, inner in schema.get("properties", {}).items():
            yield name
            yield from _properties(components, inner, seen)
        for key in ("items", "prefixItems", "anyOf", "additionalProperties", "allOf"):
            yield from _properties(components, schema.get(key), seen)


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fixture_{name}", FIXTURES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = written
    return module


@pytest.mark.parametrize("name", COMPARED)
def test_fields_are_those_of_the_document(name: str) -> None:
    ours = sent((FIXTURES / f"{name}.py").read_text("utf-8"), filtered=False)
    theirs = documented(loaded(name).app)
    named_tuples = {key for key, names in theirs.items() if not names}  # arrays in the document
    assert any(ours.values())
    for key in ours.keys() - named_tuples:
        assert ours[key] == theirs[key], key


def test_response_model_filters_what_is_returned() -> None:
    """What `response_of` says of FastAPI, on FastAPI."""
    from fastapi.testclient import TestClient

    client = TestClient(loaded("decorator").app)
    assert client.get("/shown").json() == {"name": "emma"}
    assert client.get("/filtered").json() == {"name": "emma"}
    assert client.get("/chosen").json() == {"name": "emma"}
    ours = sent((FIXTURES / "decorator.py").read_text("utf-8"))
    assert ours["GET", "/shown"] == ours["GET", "/filtered"] == ours["GET", "/chosen"] == {"name"}
    assert ours["GET", "/pair"] == {"left", "right", "name"}


# ---- schemas ---------------------------------------------------------------------------------------------------------

PREAMBLE = """\
from typing import Any, ClassVar, Generic, Optional, TypeVar

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
T = TypeVar("T")
"""


def schema_of(text: str, name: str, check: Callable[[Project, Schema], Any]) -> Any:
    def work(found: Project) -> Any:
        module = next(one for one in found.modules if one.path == "main.py")
        value = found.module_frame(module).local(name)
        assert value is not None
        (schema,) = of(found.it, value)
        return check(found, schema)

    return linked(PREAMBLE + text, work)


def test_last_word_and_owner() -> None:
    text = """
class Base(BaseModel):
    password: str
    name: str = ""

class User(Base):
    name: int
    password: ClassVar[str] = ""
"""

    def check(found: Project, schema: Schema) -> list[tuple[str, str, bool, str]]:
        return [(f.name, f.owner.name, f.required, described(f.type)) for f in schema.fields]

    assert schema_of(text, "User", check) == [("name", "User", True, "int")]


def test_unknown_is_said_and_not_guessed() -> None:
    text = """
from nowhere.at_all import *
from nowhere.either import *
class User(Unheard):
    password: str

class Page(BaseModel):
    items: list[AlsoUnheard]
"""
    assert schema_of(text, "User", lambda _, schema: schema.unknown) is True

    def items(found: Project, schema: Schema) -> list[ClassDefinition | None]:
        return [one.definition for one in of(found.it, schema.fields[0].type)]

    assert schema_of(text, "Page", items) == [None]


def test_a_class_that_grows_within_itself_ends() -> None:
    text = """
class Grown(BaseModel, Generic[T]):
    value: T
    inner: "Optional[Grown[list[T]]]" = None

class Leaf(BaseModel):
    secret: str

Whole = Grown[Leaf]
"""

    def paths(found: Project, schema: Schema) -> set[tuple[str, ...]]:
        return {reached.path for reached in walk(found.it, (schema,))}

    found = schema_of(text, "Whole", paths)
    assert {("value",), ("value", "secret"), ("inner", "value")} <= found
    assert len(found) < 100


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("None", True), ("Any", True), ("dict[str, str]", True), ("list[dict]", True), ("Optional[Any]", True),
        ("Model", False), ("list[Model]", False), ("str", False), ("Unheard", False),
    ],
)  # fmt: skip
def test_what_lets_everything_through(kind: str, wanted: bool) -> None:
    text = (
        PREAMBLE
        + f"""
class Model(BaseModel):
    x: int

@app.get("/", response_model={kind})
def read(): ...
"""
    )
    assert linked(text, lambda found: is_open(promise_of(found.it, found.routes[0]).kind)) is wanted


def test_precedence() -> None:
    text = (
        PREAMBLE
        + """
class A(BaseModel):
    x: int

class B(BaseModel):
    y: int

@app.get("/model", response_model=list[A])
def model() -> B: ...

@app.get("/none", response_model=None)
def none() -> B: ...

@app.get("/annotation")
def annotation() -> "B | None": ...

@app.get("/nothing")
def nothing(): ...
"""
    )

    def work(found: Project) -> dict[str, tuple[str, str]]:
        answers = {route.path or "": promise_of(found.it, route) for route in found.routes}
        return {
            path: (one.declared_by, "" if one.kind is None else described(one.kind)) for path, one in answers.items()
        }

    assert linked(text, work) == {
        "/model": ("response_model", "list[A]"),
        "/none": ("nothing", ""),
        "/annotation": ("annotation", "B | None"),
        "/nothing": ("nothing", ""),
    }


def test_imports_for_type_checkers_do_not_go_round_in_circles() -> None:
    files = {
        "a.py": "from fastapi import FastAPI\nfrom models import User\nfrom routes import router\n\napp = FastAPI()\n",
        "models.py": """\
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from routes import router


class User(BaseModel):
    password: str
""",
        "routes.py": """\
from fastapi import APIRouter
from models import User

router = APIRouter()


@router.get("/", response_model=User)
def read(): ...
""",
    }
    found = lint(files, select=["FAL303"])
    assert [(one.path, one.span.start.line) for one in found] == [("models.py", 10)]


def test_iterators_that_give_themselves_end() -> None:
    text = (
        PREAMBLE
        + """
class Item(BaseModel):
    secret: str

class Items:
    def __iter__(self) -> "Items":
        return self

    def __next__(self) -> Item:
        return Item(secret="x")

@app.get("/", response_model=None)
async def read():
    return [item for item in Items()]
"""
    )
    assert [one.message for one in lint({"main.py": text}, select=["FAL303"])] == [
        "`secret` reaches the client: `GET read` returns an instance of `Item`"
    ]


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("hashed_password", "password"), ("passwordHash", "password"), ("PASSWORD2", "password"), ("apiKey", "key"),
        ("APIKey", "key"), ("OPENAI_API_KEY", "key"), ("clientSecret", "secret"), ("private_key_pem", "secret"),
        ("refresh_token", "token"), ("access_tokens", "token"), ("ssn", "personal"), ("card-number", "personal"),
        ("password_last_changed", None), ("token_type", None), ("tokens", None), ("max_tokens", None), ("", None),
        ("secret_santa", None), ("ssn_last_4", None), ("has_password", None), ("next_page_token", None),
        ("token_hash", None), ("compass", None), ("public_key", None), ("api_key_id", None), ("masked_api_key", None),
    ],
)  # fmt: skip
def test_category(name: str, wanted: str | None) -> None:
    assert category(name) == wanted


def test_configured_names_are_compared_word_by_word() -> None:
    assert category("holderNationalId", ["national_id"]) == "configured"
    assert category("international_id", ["national_id"]) is None
    assert category("national_id_checked", ["national_id"]) is None


@pytest.mark.parametrize(
    ("method", "path", "handler", "field", "wanted"),
    [
        ("POST", "/login", "login", "access_token", True),
        ("POST", "/login", "login", "password", False),
        ("GET", "/auth/google/callback", "callback", "token", True),
        ("GET", "/api/tokens", "list_tokens", "token", False),
        ("GET", "/ws-token", "read", "token", True),
        ("POST", "/api/keys", "create_key", "api_key", True),
        ("POST", "/api/users", "create_user", "api_key", False),
        ("GET", "/api/users", "list_users", "api_key", False),
        ("PUT", "/clients/{id}/rotate-secret", "rotate", "client_secret", True),
        ("POST", "/webhooks", "create_webhook", "signing_secret", True),
        ("PATCH", "/webhooks/{id}", "update_webhook", "signing_secret", False),
    ],
)
def test_issuing(method: str, path: str, handler: str, field: str, wanted: bool) -> None:
    kind = category(field)
    assert kind is not None
    assert issues(Endpoint(method, path, handler, ()), field, kind) is wanted
