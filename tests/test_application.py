"""The model of an application: the order of its dependencies, the kinds of its parameters, its models' fields, its versions."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

from fastapi_lint.project import Operation, Project
from fastapi_lint.project.interpreting.values import FunctionValue, Instance
from fastapi_lint.project.serving.contract import Contracts
from fastapi_lint.project.serving.dependencies import Dependency
from fastapi_lint.run import with_project
from fastapi_lint.testing import project


def linked(work: Callable[[Project], Any], text: str, **settings: Any) -> Any:
    with project(
        {"main.py": dedent(text)}, {name.replace("_", "-"): value for name, value in settings.items()}
    ) as made:
        return with_project(["."], made, work)


def of_first(work: Callable[[Contracts, Operation], Any], text: str, **settings: Any) -> Any:
    """What is known of the first operation."""
    return linked(lambda found: work(Contracts(found), found.operations[0]), text, **settings)


# ---- dependencies -----------------------------------------------------------------------------------------------------------


def called(dependency: Dependency) -> str:
    call = dependency.call
    name = call.definition.name if type(call) is FunctionValue else call.class_name if type(call) is Instance else "?"
    inner = ", ".join(called(child) for child in dependency.children)
    return f"{name}({inner})" if inner else name


def tree(text: str) -> list[str] | None:
    def work(contracts: Contracts, operation: Operation) -> list[str] | None:
        found = contracts.dependencies(operation)
        return None if found is None else [called(one) for one in found]

    result: list[str] | None = of_first(work, text)
    return result


def test_dependencies_from_outside_in() -> None:
    assert tree("""
        from typing import Annotated
        from fastapi import APIRouter, Depends, FastAPI

        def session(): ...
        def user(db=Depends(session)): ...
        def of_application(): ...
        def of_include(): ...
        def of_outer(): ...
        def of_inner_include(): ...
        def of_router(): ...
        def of_decorator(): ...

        User = Annotated[str, Depends(user)]
        router = APIRouter(dependencies=[Depends(of_router)])
        outer = APIRouter(dependencies=[Depends(of_outer)])

        @router.get("/", dependencies=[Depends(of_decorator)])
        def read(me: User, db=Depends(session)): ...

        outer.include_router(router, dependencies=[Depends(of_inner_include)])
        app = FastAPI(dependencies=[Depends(of_application)])
        app.include_router(outer, dependencies=[Depends(of_include)])
        """) == [
        "of_application", "of_include", "of_outer", "of_inner_include", "of_router", "of_decorator", "user(session)", "session",
    ]  # fmt: skip


def test_a_mounted_application_has_its_own_dependencies_alone() -> None:
    assert tree("""
        from fastapi import Depends, FastAPI

        def outside(): ...
        def inside(): ...

        inner = FastAPI(dependencies=[Depends(inside)])

        @inner.get("/")
        def read(): ...

        app = FastAPI(dependencies=[Depends(outside)])
        app.mount("/inner", inner)
        """) == ["inside"]


def test_a_list_that_is_not_known_leaves_the_tree_unknown() -> None:
    text = """
        from fastapi import FastAPI
        from elsewhere import guards

        app = FastAPI(dependencies=guards())

        @app.get("/")
        def read(): ...
        """
    assert tree(text) is None
    assert of_first(lambda contracts, operation: contracts.parameters(operation), text) is None
    assert of_first(lambda contracts, operation: contracts.security_is_known(operation), text) is False


@pytest.mark.parametrize(
    ("given", "conditional"),
    [
        ("[Depends(always)]", [("always", False)]),
        ("[Depends(always)] if os.getenv('X') else []", [("always", True)]),
        ("[Depends(always)] if os.getenv('X') else None", [("always", True)]),
        ("both", [("always", False), ("sometimes", True)]),
    ],
)
def test_what_a_switch_decides(given: str, conditional: list[tuple[str, bool]]) -> None:
    def work(contracts: Contracts, operation: Operation) -> list[tuple[str, bool]]:
        return [(called(one), one.is_conditional) for one in contracts.dependencies(operation) or ()]

    text = f"""
        import os
        from fastapi import Depends, FastAPI

        def always(): ...
        def sometimes(): ...

        both = [Depends(always)]
        if os.getenv("Y"):
            both.append(Depends(sometimes))

        app = FastAPI(dependencies={given})

        @app.get("/")
        def read(): ...
        """
    assert of_first(work, text) == conditional


def test_the_study_of_a_function_changes_no_list() -> None:
    assert tree("""
        from fastapi import Depends, FastAPI

        def always(): ...
        def never(): ...

        guards = [Depends(always)]

        async def nobody_calls_this():
            guards.append(Depends(never))

        app = FastAPI(dependencies=guards)

        @app.get("/")
        def read(): ...
        """) == ["always"]


# ---- parameters -------------------------------------------------------------------------------------------------------------

HANDLER = """
    from dataclasses import dataclass
    from enum import Enum
    from typing import Annotated, Literal, TypedDict
    from fastapi import *
    from pydantic import BaseModel

    class Item(BaseModel):
        name: str
        page_size: int = 1

    @dataclass
    class Point:
        x: int

    class Pair(TypedDict):
        a: int

    class Color(str, Enum):
        RED = "red"

    app = FastAPI()

    @app.post("/{{item_id}}/{{rest:path}}")
    def handler({parameter}): ...
    """


@pytest.mark.parametrize(
    ("parameter", "kind", "names"),
    [
        ("item_id: int", "path", ["item_id"]),
        ("rest: str", "path", ["rest"]),
        ("item_id: Annotated[int, Path(gt=0)]", "path", ["item_id"]),
        ("q: str = ''", "query", ["q"]),
        ("q", "query", ["q"]),
        ("q: Color", "query", ["q"]),
        ("q: Literal['a']", "query", ["q"]),
        ("q: int | None = None", "query", ["q"]),
        ("q: list[str] = Query()", "query", ["q"]),
        ("q: Annotated[str, Query(alias='item-query')] = ''", "query", ["item-query"]),
        ("q: Annotated[Item, Query()]", "query", ["name", "page_size"]),
        ("user_agent: str = Header()", "header", ["user-agent"]),
        ("user_agent: str = Header(convert_underscores=False)", "header", ["user_agent"]),
        ("h: Annotated[Item, Header()]", "header", ["name", "page-size"]),
        ("session: Annotated[str, Cookie()]", "cookie", ["session"]),
        ("c: Annotated[Item, Cookie()]", "cookie", ["name", "page_size"]),
        ("item: Item", "body", ["item"]),
        ("item: Item | None = None", "body", ["item"]),
        ("items: list[Item]", "body", ["items"]),
        ("names: list[str]", "body", ["names"]),
        ("point: Point", "body", ["point"]),
        ("pair: Pair", "body", ["pair"]),
        ("data: dict[str, int]", "body", ["data"]),
        ("n: int = Body()", "body", ["n"]),
        ("name: str = Form()", "form", ["name"]),
        ("f: Annotated[Item, Form()]", "form", ["name", "page_size"]),
        ("data: bytes = File()", "file", ["data"]),
        ("upload: UploadFile", "file", ["upload"]),
        ("uploads: list[UploadFile]", "file", ["uploads"]),
        ("request: Request", "special", ["request"]),
        ("tasks: BackgroundTasks", "special", ["tasks"]),
        ("thing: Missing", "unknown", ["thing"]),
    ],
)
def test_the_kind_of_a_parameter(parameter: str, kind: str, names: list[str]) -> None:
    def work(contracts: Contracts, operation: Operation) -> list[tuple[str, list[str | None]]]:
        return [(one.kind, list(one.wire_names)) for one in contracts.parameters(operation) or ()]

    assert of_first(work, HANDLER.format(parameter=parameter)) == [(kind, names)]


# ---- models ---------------------------------------------------------------------------------------------------------------------

MODELS = """
    from dataclasses import dataclass
    from typing import Annotated, Generic, NamedTuple, TypeVar
    from fastapi import FastAPI
    from pydantic import BaseModel, ConfigDict, Field, RootModel, computed_field, create_model
    from pydantic.alias_generators import to_camel
    from sqlmodel import Field as Column, Relationship, SQLModel

    T = TypeVar("T")

    class User(BaseModel):
        id: int
        full_name: str = Field(alias="fullName")
        password: str = Field(exclude=True)
        _cache: int = 0

    class Admin(User):
        rights: list[str] = []

        @computed_field
        @property
        def label(self) -> str:
            return ""

    class Page(BaseModel, Generic[T]):
        items: list[T]
        total: int

    class Camel(BaseModel):
        model_config = ConfigDict(alias_generator=to_camel)
        first_name: str

    class Hero(SQLModel, table=True):
        id: int | None = Column(default=None, primary_key=True)
        team: "Hero" = Relationship()

    @dataclass
    class Point:
        x: int
        y: int = 0

    class Pair(NamedTuple):
        left: int
        right: int

    Names = RootModel[list[str]]
    Made = create_model("Made", name=(str, ...), size=(int, 1))
    app = FastAPI()

    @app.get("/", {options})
    def handler(){returns}: ...
    """


@pytest.mark.parametrize(
    ("options", "returns", "names"),
    [
        ("", " -> User", ["id", "fullName"]),
        ("response_model=User", " -> dict", ["id", "fullName"]),
        ("response_model=list[User]", "", ["id", "fullName"]),
        ("response_model_by_alias=False", " -> User", ["id", "full_name"]),
        ("", " -> Admin | None", ["id", "fullName", "rights", "label"]),
        ("", " -> Page[Admin]", ["items", "total"]),
        ("", " -> Camel", ["firstName"]),
        ("", " -> Hero", ["id"]),
        ("", " -> Point", ["x", "y"]),
        ("", " -> dict[str, Point]", ["x", "y"]),
        ("", " -> Pair", ["left", "right"]),
        ("", " -> Made", ["name", "size"]),
        ("response_model_include={'id'}", " -> User", ["id"]),
        ("response_model_exclude=['id']", " -> User", ["fullName"]),
        ("response_model_exclude={'rights': True, 'id': {'x'}}", " -> Admin", ["id", "fullName", "label"]),
        ("", " -> dict[str, int]", []),
        ("", " -> User | Missing", None),
        ("response_model=None", " -> User", "none"),
        ("", "", "none"),
    ],
)
def test_the_fields_of_a_response(options: str, returns: str, names: Any) -> None:
    def work(contracts: Contracts, operation: Operation) -> Any:
        response = contracts.response(operation)
        if response is None:
            return "none"
        return None if response.fields is None else list(response.names)

    assert of_first(work, MODELS.format(options=options, returns=returns)) == names


# ---- versions -------------------------------------------------------------------------------------------------------------------

LATE = """
    from fastapi import APIRouter, FastAPI

    router = APIRouter()
    app = FastAPI()
    app.include_router(router)

    @router.get("/late")
    def late(): ...
    """


@pytest.mark.parametrize(
    ("version", "served"),
    [("0.136.0", []), ("0.137.0", [("/late", False)]), (">=0.110", [("/late", True)]), (">=0.140", [("/late", False)])],
)
def test_a_release_decides(version: str, served: list[tuple[str, bool]]) -> None:
    def work(found: Project) -> list[tuple[str | None, bool]]:
        return [(operation.path, operation.conditional) for operation in found.operations]

    if version[0].isdigit():
        assert linked(work, LATE, fastapi_version=version) == served
        return
    files = {"main.py": dedent(LATE), "requirements.txt": f"fastapi{version}\n"}
    with project(files, {}) as made:
        assert with_project(["."], made, work) == served


# ---- what is not known ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("app.include_router(elsewhere.router)", "the included router cannot be resolved"),
        ("app.include_router(promised())", "the included router cannot be resolved"),
        ("app.include_router(router, prefix=elsewhere.prefix())", "the prefix is not known"),
        ("app.mount('/x', elsewhere.make())", "the mounted application cannot be resolved"),
    ],
)
def test_what_cannot_be_resolved_is_said(statement: str, message: str) -> None:
    text = f"""
        import elsewhere
        from fastapi import APIRouter, FastAPI

        def promised() -> APIRouter:
            return elsewhere.find()

        router = APIRouter()
        app = FastAPI()
        {statement}

        @router.get("/")
        def read(): ...
        """
    assert linked(lambda found: [one.message for one in found.model.unresolved], text) == [message]
