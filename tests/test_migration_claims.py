"""What the migration rules say of FastAPI, Starlette and Pydantic, tried on the installed releases, and what they say of others.

What the installed ones cannot show was run on older ones when it was written down: FastAPI 0.88 to 0.150 and Starlette 0.28 to 1.10.
"""

from __future__ import annotations

import importlib
import inspect
import warnings
from importlib.metadata import version
from typing import Any

import pytest

from fastapi_lint.findings import Diagnostic
from fastapi_lint.project import releases
from fastapi_lint.project.versions import exactly, parsed
from fastapi_lint.testing.projects import lint

fastapi = pytest.importorskip("fastapi")
testclient = pytest.importorskip("fastapi.testclient")

INSTALLED = {package: exactly(version(package)) for package in ("fastapi", "starlette", "pydantic")}


def findings(program: str, rule: str, release: str | None = None) -> list[Diagnostic]:
    settings = {"select": [rule], **({"fastapi-version": release} if release else {})}
    return [one for one in lint({"main.py": program}, settings=settings) if one.code == rule]


def ran(program: str) -> tuple[dict[str, Any], list[str]]:
    """What a program defines, and the deprecation warnings that it gives."""
    namespace: dict[str, Any] = {"__name__": "main"}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(compile(program, "main.py", "exec"), namespace)
    return namespace, [str(one.message) for one in caught if "deprecated" in str(one.message).lower()]


def is_since(package: str, release: str) -> bool:
    return INSTALLED[package].since(release) is True


# ---- FAL901 to FAL905, FAL909 ------------------------------------------------------------------------------------------------

DEPRECATED = {
    "FAL901": (
        '@app.on_event("startup")\ndef start(): ...',
        "@asynccontextmanager\nasync def lifespan(app):\n    yield\n\napp = FastAPI(lifespan=lifespan)",
    ),
    "FAL902": (
        'class A(BaseModel):\n    x: int = 1\n    @validator("x")\n    def check(cls, v): return v',
        'class A(BaseModel):\n    x: int = 1\n    @field_validator("x")\n    @classmethod\n    def check(cls, v): return v',
    ),
    "FAL903": (
        "class A(BaseModel):\n    x: int = 1\n    class Config:\n        from_attributes = True",
        "class A(BaseModel):\n    model_config = ConfigDict(from_attributes=True)\n    x: int = 1",
    ),
    "FAL904": (
        "class A(BaseModel):\n    x: int = 1\nA().dict()",
        "class A(BaseModel):\n    x: int = 1\nA().model_dump()",
    ),
    "FAL905": (
        '@app.get("/")\ndef read(x: str = Query("a", regex="a")): ...',
        '@app.get("/")\ndef read(x: str = Query("a", pattern="a")): ...',
    ),
    "FAL906": (
        '@app.get("/")\ndef read(x: str = Query("a", example="a")): ...',
        '@app.get("/")\ndef read(x: str = Query("a", examples=["a"])): ...',
    ),
    "FAL908": ("status.HTTP_422_UNPROCESSABLE_ENTITY", "status.HTTP_422_UNPROCESSABLE_CONTENT"),
}
HEAD = """\
from contextlib import asynccontextmanager
from fastapi import FastAPI, Query, status
from pydantic import BaseModel, ConfigDict, field_validator, validator
app = FastAPI()
"""


@pytest.mark.parametrize("rule", DEPRECATED)
def test_what_is_reported_warns_and_its_successor_does_not(rule: str) -> None:
    if rule == "FAL908" and not is_since("starlette", "0.48"):
        pytest.skip("renamed in Starlette 0.48")
    old, new = DEPRECATED[rule]
    assert ran(HEAD + old)[1]
    assert not ran(HEAD + new)[1]
    assert findings(HEAD + old, rule)
    assert not findings(HEAD + new, rule)


@pytest.mark.parametrize(("release", "has_lifespan"), [("0.92", False), ("0.93", True), (">=0.92", True)])
def test_on_event_by_release(release: str, has_lifespan: bool) -> None:
    """0.93 is the first whose FastAPI takes a lifespan; where it may be there, it is what to use."""
    assert bool(findings(HEAD + DEPRECATED["FAL901"][0], "FAL901", release)) is has_lifespan


@pytest.mark.parametrize("rule", ["FAL902", "FAL903", "FAL904", "FAL905"])
@pytest.mark.parametrize(
    ("required", "is_2"), [("pydantic==1.10.13", False), ("pydantic==2.5.0", True), ("pydantic>=1.8", False)]
)
def test_pydantic_by_release(rule: str, required: str, is_2: bool) -> None:
    head = HEAD.replace(", ConfigDict, field_validator", "")  # which only Pydantic 2 has
    files = {"main.py": head + DEPRECATED[rule][0], "requirements.txt": f"fastapi==0.110\n{required}\n"}
    assert bool(lint(files, select=[rule])) is is_2


# ---- FAL906 ----------------------------------------------------------------------------------------------------------


def test_examples_are_in_the_schema() -> None:
    parameters = []
    for given in DEPRECATED["FAL906"]:
        paths = ran(HEAD + given)[0]["app"].openapi()["paths"]
        parameters.append(paths["/"]["get"]["parameters"][0])
    assert parameters[0]["example"] == "a"
    assert parameters[1]["schema"]["examples"] == ["a"]


@pytest.mark.parametrize(
    ("release", "takes_a_list"),
    [("0.98", False), ("0.99", True), ("0.99.1", True), ("0.150", True), (">=0.98", False), (">=0.99,<0.110", True)],
)
def test_example_by_release(release: str, takes_a_list: bool) -> None:
    """0.98 writes a list beside the schema, where the document wants a mapping; 0.99.1 writes it into the schema."""
    assert bool(findings(HEAD + DEPRECATED["FAL906"][0], "FAL906", release)) is takes_a_list


# ---- FAL907 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ORJSONResponse", "UJSONResponse"])
def test_deprecated_response_class_warns(name: str) -> None:
    program = f"from fastapi.responses import {name}\ntry:\n    {name}(1)\nexcept AssertionError:\n    pass  # not installed\n"
    assert bool(ran(program)[1]) is is_since("fastapi", "0.131")
    assert bool(findings(program, "FAL907", version("fastapi"))) is is_since("fastapi", "0.131")


@pytest.mark.parametrize(("release", "is_deprecated"), [("0.130", False), ("0.131", True), (">=0.130", False)])
def test_deprecated_response_class_by_release(release: str, is_deprecated: bool) -> None:
    program = "from fastapi import FastAPI\nfrom fastapi.responses import ORJSONResponse\napp = FastAPI(default_response_class=ORJSONResponse)\n"
    assert bool(findings(program, "FAL907", release)) is is_deprecated


# ---- FAL908, FAL910: the data ------------------------------------------------------------------------------------------------

ROWS = [
    (table, row, name)
    for table in ("renamed", "methods", "keywords", "names")
    for row in releases.knowledge()[table]
    for name in row["names"]
]


def _found(qualified: str) -> Any:
    module, _, name = qualified.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize(("table", "row", "name"), [pytest.param(*row, id=row[2]) for row in ROWS])
def test_every_row_is_true_of_the_installed_release(table: str, row: dict[str, Any], name: str) -> None:
    is_gone = is_since(row["package"], row["since"])
    if table == "methods":
        assert hasattr(_found(row["of"]), name) is not is_gone
    elif table == "keywords":
        parameters = inspect.signature(_found(row["of"])).parameters
        taken = name in parameters or any(one.kind is one.VAR_KEYWORD for one in parameters.values())
        assert taken is not is_gone
    elif table == "names":
        assert hasattr(importlib.import_module(row["module"]), name) is not is_gone
    else:
        module = importlib.import_module(row["module"])
        assert (row["names"][name] in dir(module)) is is_gone


@pytest.mark.parametrize("row", releases.knowledge()["order"], ids=lambda row: row["method"])
def test_the_first_argument_is_another_one(row: dict[str, Any]) -> None:
    method = getattr(_found(row["of"]), row["method"])
    first = list(inspect.signature(method).parameters)[1]
    assert (first == "request") is is_since(row["package"], row["since"])


def test_the_least_starlette_of_a_fastapi() -> None:
    for least_fastapi, least in releases.knowledge()["requires"]["starlette"].items():
        if is_since("fastapi", least_fastapi):
            from importlib.metadata import requires

            (wanted,) = (one for one in requires("fastapi") or () if one.startswith("starlette"))
            assert parsed(wanted.partition(">=")[2]) >= parsed(least)


GONE = """\
from fastapi import FastAPI
app = FastAPI()
try:
    app.route("/x")(lambda request: None)
except AttributeError as error:
    gone = True
else:
    gone = False
"""


def test_app_route_is_gone() -> None:
    assert ran(GONE)[0]["gone"] is is_since("starlette", "1.0")


@pytest.mark.parametrize(
    ("release", "gone"),
    [
        ("0.131", set()),
        ("0.144", set()),
        ("0.145", {"openapi_prefix"}),
        ("0.163", {"openapi_prefix"}),
        (">=0.144", set()),
    ],
)
def test_removed_by_release(release: str, gone: set[str]) -> None:
    """FastAPI 0.145 to 0.163 run on Starlette 0.46 as well as on 1.0, so nothing can be said about what that dropped."""
    program = (
        'from fastapi import FastAPI\napp = FastAPI(openapi_prefix="/x")\napp.add_event_handler("startup", print)\n'
    )
    assert {one.message.partition("=")[0].strip("`") for one in findings(program, "FAL910", release)} == gone


def test_removed_by_the_newest_release() -> None:
    program = (
        'from fastapi import FastAPI\napp = FastAPI(openapi_prefix="/x")\napp.add_event_handler("startup", print)\n'
    )
    assert len(findings(program, "FAL910", "0.165")) == 2
    assert len(findings(program, "FAL910")) == 2


def test_a_locked_starlette_counts() -> None:
    lock = '[[package]]\nname = "fastapi"\nversion = "0.136.0"\n\n[[package]]\nname = "starlette"\nversion = "{}"\n'
    program = 'from fastapi import FastAPI\napp = FastAPI()\napp.add_event_handler("startup", print)\n'
    for release, count in (("0.52.1", 0), ("1.0.0", 1)):
        found = lint({"main.py": program, "uv.lock": lock.format(release)}, select=["FAL910"])
        assert len(found) == count


# ---- FAL911 ----------------------------------------------------------------------------------------------------------

TREE = """\
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

app = FastAPI()
router = APIRouter()

@router.get("/books")
def list_books() -> int:
    return 1

app.include_router(router)
"""


@pytest.mark.skipif(not is_since("fastapi", "0.137"), reason="routes are copied before")
def test_reading_the_path_of_every_route_raises() -> None:
    program = TREE + "paths = [route.path for route in app.routes]\n"
    assert findings(program, "FAL911")
    with pytest.raises(AttributeError, match="path"):
        ran(program)


@pytest.mark.skipif(not is_since("fastapi", "0.137"), reason="routes are copied before")
def test_a_check_of_the_class_passes_over_included_routes() -> None:
    program = TREE + "paths = [route.path for route in app.routes if isinstance(route, APIRoute)]\n"
    assert findings(program, "FAL911")
    assert ran(program)[0]["paths"] == []


@pytest.mark.skipif(not is_since("fastapi", "0.137.2"), reason="there is no such function before")
def test_route_contexts_have_every_path() -> None:
    program = TREE + (
        "from fastapi.routing import iter_route_contexts\n"
        "paths = [context.path for context in iter_route_contexts(app.routes)]\n"
    )
    assert not findings(program, "FAL911")
    assert "/books" in ran(program)[0]["paths"]


@pytest.mark.parametrize(
    ("release", "raises"), [("0.136", False), ("0.137", True), ("0.150", True), (">=0.136", False)]
)
def test_route_tree_by_release(release: str, raises: bool) -> None:
    assert bool(findings(TREE + "paths = [route.path for route in app.routes]\n", "FAL911", release)) is raises
