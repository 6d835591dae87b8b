"""Class-based views of fastapi-utils, fastapi-restful and fastapi_class: the table is what they serve.

What each program serves was seen by running it under FastAPI 0.165 with fastapi-utils 0.8.0, fastapi-restful 0.6.0 and fastapi_class 3.7.0;
where they are installed, it is run again.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from oracle.compared import Comparison, Job, compare, modelled, running

from fastapi_lint.settings import Settings

DECORATED = """
from typing import ClassVar
from fastapi import APIRouter, Depends, FastAPI, Header, Query
from fastapi.security import OAuth2PasswordBearer
from fastapi_utils.cbv import cbv
from fastapi_utils.inferring_router import InferringRouter
from pydantic import BaseModel

oauth = OAuth2PasswordBearer(tokenUrl="t")
class Item(BaseModel):
    name: str
def session(limit: int = 3): yield 1
def user(token: str = Depends(oauth)): return token
router = InferringRouter()
plain = APIRouter(prefix="/plain", tags=["x"])

@router.get("/before")
def before() -> Item: ...

class Base:
    session: int = Depends(session)
    page: int = Query(1)

@cbv(router)
class Items(Base):
    kind: ClassVar[str] = "x"
    me: str = Depends(user)

    @router.get("/items")
    def read_all(self, q: str = "") -> list[Item]: ...

    @router.post("/items", status_code=201)
    async def create(self, item: Item) -> Item: ...

    @router.get("/items/{item_id}", response_model=Item)
    def read(self, item_id: int, x: str = Header()): ...

    def helper(self): ...

@router.get("/after")
def after() -> Item: ...

@cbv(plain)
class WithInit:
    def __init__(self, size: int = 3, db=Depends(session)): ...

    @plain.get("/{a}")
    def read(self, a: int): ...

plain2 = APIRouter(prefix="/plain2")
@cbv(plain2)
class Below(WithInit):
    other: int = Depends(session)

    @plain2.delete("/{a}")
    def remove(self, a: int): ...

app = FastAPI()
app.include_router(router, prefix="/api")
app.include_router(plain)
app.include_router(plain2)
"""
BY_NAME = """
from fastapi import APIRouter, Depends, FastAPI
from fastapi_restful.cbv import cbv
from pydantic import BaseModel
class Item(BaseModel):
    name: str
def session(limit: int = 3): yield 1
router = APIRouter()
@cbv(router, "/things", "/other")
class Things:
    db: int = Depends(session)
    def get(self, q: str = ""): ...
    def post(self, item: Item): ...
    def helper(self): ...
app = FastAPI()
app.include_router(router)
"""
VIEWS = """
from fastapi import APIRouter, FastAPI, Query
from fastapi_class import View, endpoint
from pydantic import BaseModel
class Item(BaseModel):
    name: str
app = FastAPI()
router = APIRouter(prefix="/r")
@View(app)
class MyView:
    async def get(self, q: str = Query()): ...
    async def post(self, item: Item): ...
@View(router, path="/x", default_status_code=202)
class Other:
    response_model = {"get": Item}
    async def get(self): ...
    @endpoint(("PUT", "PATCH"), path="/edit", name="edit", status_code=201)
    async def edit(self, item: Item): ...
app.include_router(router)
"""
RESOURCES = """
from fastapi import FastAPI
from fastapi_utils import Api, Resource, set_responses
from pydantic import BaseModel
class Item(BaseModel):
    name: str
class Things(Resource):
    def __init__(self, client): self.client = client
    @set_responses(Item, 201)
    def post(self, item: Item): ...
    def get(self, q: str = ""): ...
def create_app():
    app = FastAPI()
    api = Api(app)
    api.add_resource(Things(3), "/things")
    return app
app = create_app()
"""
SERVED: dict[str, tuple[str, list[Any]]] = {
    "fastapi_utils": (
        DECORATED,
        [
            ("GET", "/api/before", "before", 200, {}, ["name"]),
            ("GET", "/api/items", "Items.read_all", 200, {"query": ["limit", "page", "q"]}, ["name"]),
            ("POST", "/api/items", "Items.create", 201, {"body": ["item"], "query": ["limit", "page"]}, ["name"]),
            ("GET", "/api/items/{item_id}", "Items.read", 200, {"header": ["x"], "path": ["item_id"], "query": ["limit", "page"]}, ["name"]),
            ("GET", "/api/after", "after", 200, {}, ["name"]),
            ("GET", "/plain/{a}", "WithInit.read", 200, {"path": ["a"], "query": ["limit", "size"]}, None),
            ("DELETE", "/plain2/{a}", "Below.remove", 200, {"path": ["a"], "query": ["limit", "size"]}, None),
        ],
    ),
    "fastapi_restful": (
        BY_NAME,
        [
            ("GET", "/things", "Things.get", 200, {"query": ["limit", "q"]}, None),
            ("POST", "/things", "Things.post", 200, {"body": ["item"], "query": ["limit"]}, None),
            ("GET", "/other", "Things.get", 200, {"query": ["limit", "q"]}, None),
            ("POST", "/other", "Things.post", 200, {"body": ["item"], "query": ["limit"]}, None),
        ],
    ),
    "fastapi_class": (
        VIEWS,
        [
            ("GET", "/", "MyView.get", 200, {"query": ["q"]}, None),
            ("POST", "/", "MyView.post", 200, {"body": ["item"]}, None),
            ("PATCH", "/r/x/edit", "Other.edit", 201, {"body": ["item"]}, None),
            ("PUT", "/r/x/edit", "Other.edit", 201, {"body": ["item"]}, None),
            ("GET", "/r/x", "Other.get", 202, {}, ["name"]),
        ],
    ),
}  # fmt: skip


def said(text: str, root: Path) -> list[dict[str, Any]]:
    (root / "pyproject.toml").write_text("")
    (root / "main.py").write_text(text)
    found = modelled(root, [("main.py", ["app"])], Settings(root=root))
    return found[0]["app"]


@pytest.mark.parametrize("library", SERVED)
def test_what_was_seen_to_be_served(library: str, tmp_path: Path) -> None:
    text, served = SERVED[library]
    rows = [
        (
            one["method"],
            one["path"],
            one["handler"].partition(":")[2],
            one["status"],
            one["parameters"],
            one["response"],
        )
        for one in said(text, tmp_path)
    ]
    assert sorted(rows, key=str) == sorted(served, key=str)


@pytest.mark.parametrize("library", SERVED)
def test_what_is_served_here(library: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    text, _ = SERVED[library]
    job = Job(tmp_path, "main", "main.py", (".",), ("app",))
    given = said(text, tmp_path)
    found: Comparison = compare(job, running([job])[0], {"app": given})
    assert (found.failed, found.wrong, found.unknown) == ([], [], [])


def test_resources_are_unknown(tmp_path: Path) -> None:
    assert [one["handler"] for one in said(RESOURCES, tmp_path)] == [None]
