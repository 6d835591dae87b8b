"""The table of fields holds what pydantic, dataclasses and typed dictionaries hold: names, aliases, types, what is required."""

from __future__ import annotations

import dataclasses
import sys
import types
from typing import Any

import pytest
from pydantic import BaseModel

from fastapi_lint.project import Project
from fastapi_lint.project.describe import type_text
from fastapi_lint.project.interpreting.values import ClassValue, Generic
from fastapi_lint.project.models.fields import SchemaField, fields_of
from fastapi_lint.project.models.schemas import fields
from fastapi_lint.run import with_project
from fastapi_lint.testing import project

PROGRAM = """
import dataclasses
from datetime import date
from typing import Annotated, Any, ClassVar, Dict, Generic, List, NamedTuple, Optional, TypeVar

from fastapi import FastAPI
from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, PrivateAttr, RootModel, computed_field, create_model
from pydantic.alias_generators import to_camel, to_pascal
from typing_extensions import NotRequired, Required, TypedDict

app = FastAPI()
T = TypeVar("T")
K = TypeVar("K")


class Plain(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: ClassVar[str] = "plain"
    _hidden: int = PrivateAttr(3)
    name: str
    age: int = 3
    note: Optional[str] = None
    must: int = Field()
    may: int = Field(4)
    made: List[int] = Field(default_factory=list)
    ellipsis: int = Field(...)
    told: Annotated[int, Field(default_factory=int)]
    renamed: str = Field(alias="newName")
    read: str = Field(validation_alias="readAs", serialization_alias="writtenAs")
    written: Annotated[str, Field(serialization_alias="wire")] = ""
    gone: str = Field("", exclude=True)


class Derived(Plain):
    name: int = 0
    extra_one: date

    @computed_field
    @property
    def total(self) -> int:
        return 1


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)
    user_id: int
    item_2: int
    a1_b: int
    plain: int
    user__id: int
    own_name: int = Field(alias="OWN")


class CamelBelow(Camel):
    another_one: int

    @computed_field
    def the_sum(self) -> int:
        return 1


class Pascal(BaseModel):
    model_config = {"alias_generator": to_pascal}
    user_id: int
    userId: int


class TwoWays(BaseModel):
    model_config = ConfigDict(alias_generator=AliasGenerator(validation_alias=to_camel, serialization_alias=to_pascal))
    user_id: int


class OneAlias(BaseModel):
    model_config = ConfigDict(alias_generator=AliasGenerator(alias=to_camel))
    user_id: int


class Page(BaseModel, Generic[T]):
    items: List[T]
    by_name: Dict[str, T]
    following: Optional["Page[T]"] = None


class Pair(Page[T], Generic[T, K]):
    other: K


class Later(BaseModel):
    inner: "Inner"
    many: "List[Inner]"


class Inner(BaseModel):
    value: int


class Numbers(RootModel[List[int]]):
    pass


class OfSomething(RootModel[Dict[str, T]], Generic[T]):
    pass


class Named(RootModel):
    root: List[str] = []


@dataclasses.dataclass
class Record:
    kind: ClassVar[str]
    name: str
    start: dataclasses.InitVar[int]
    _: dataclasses.KW_ONLY
    age: int = dataclasses.field(default=3)
    tags: List[str] = dataclasses.field(default_factory=list)
    bare: int = dataclasses.field()
    late: int = dataclasses.field(default=0, init=False)
    _private: int = 0


class Partly(TypedDict, total=False):
    a: int
    b: Required[int]


class Whole(Partly):
    c: str
    d: NotRequired[str]


class Point(NamedTuple):
    x: int
    y: int = 0


Made = create_model("Made", name=(str, ...), age=(int, 3))
MadeBelow = create_model("MadeBelow", __base__=Plain, more=(int, Field(alias="MORE")))
"""
MODELS = ("Plain", "Derived", "Camel", "CamelBelow", "Pascal", "TwoWays", "OneAlias", "Later", "Numbers", "Named", "Made", "MadeBelow")  # fmt: skip


@pytest.fixture(scope="module")
def real() -> Any:
    module = types.ModuleType("fields_of_program")
    sys.modules[module.__name__] = module
    exec(compile(PROGRAM, "main.py", "exec", dont_inherit=True), module.__dict__)
    yield module
    del sys.modules[module.__name__]


def table(name: str, *arguments: str) -> tuple[SchemaField, ...]:
    def work(found: Project) -> tuple[SchemaField, ...]:
        module = found.index.module("main.py")
        assert module is not None
        kind = found.it.module_attribute(module, name)
        if arguments:
            kind = Generic(kind, tuple(found.it.module_attribute(module, one) for one in arguments))
        given = fields(found.it, kind)
        assert given is not None
        return given

    with project({"main.py": PROGRAM}, {}) as settings:
        result: tuple[SchemaField, ...] = with_project(["."], settings, work)
        return result


@pytest.mark.parametrize("name", MODELS)
def test_fields_of_models(name: str, real: Any) -> None:
    model: type[BaseModel] = getattr(real, name)
    said = [(f.name, f.request_name, f.response_name, f.required, f.excluded) for f in table(name) if not f.is_computed]
    assert said == [
        (
            key,
            one.validation_alias or one.alias or key,
            one.serialization_alias or one.alias or key,
            one.is_required(),
            bool(one.exclude),
        )
        for key, one in model.model_fields.items()
    ]
    computed = [(f.name, f.response_name) for f in table(name) if f.is_computed]
    assert computed == [(key, one.alias or key) for key, one in model.model_computed_fields.items()]


def test_fields_of_a_dataclass(real: Any) -> None:
    found = table("Record")
    assert [f.name for f in found if not f.excluded] == [f.name for f in dataclasses.fields(real.Record)]
    assert [f.name for f in found if f.excluded] == ["start"]
    required = {f.name for f in dataclasses.fields(real.Record) if _is_required(f)}
    assert {f.name for f in found if f.required} == required | {"start"}
    assert {f.name for f in found if not f.is_init} == {"late"}


def _is_required(field: Any) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


@pytest.mark.parametrize("name", ["Partly", "Whole"])
def test_fields_of_a_typed_dictionary(name: str, real: Any) -> None:
    kind = getattr(real, name)
    found = table(name)
    assert [f.name for f in found] == list(kind.__annotations__)
    assert {f.name for f in found if f.required} == kind.__required_keys__


def test_fields_of_a_named_tuple(real: Any) -> None:
    assert [(f.name, f.required) for f in table("Point")] == [
        (name, name not in real.Point._field_defaults) for name in real.Point._fields
    ]


@pytest.mark.parametrize(
    ("name", "arguments", "types"),
    [
        ("Page", ("Inner",), ["List[main.Inner]", "Dict[str, main.Inner]", "main.Page[main.Inner] | None"]),
        ("Pair", ("Inner", "Point"), ["List[main.Inner]", "Dict[str, main.Inner]", "main.Page[main.Inner] | None", "main.Point"]),
        ("OfSomething", ("Inner",), ["Dict[str, main.Inner]"]),
        ("Numbers", (), ["List[int]"]),
        ("Named", (), ["List[str]"]),
        ("Later", (), ["main.Inner", "List[main.Inner]"]),
    ],
)  # fmt: skip
def test_types_with_arguments(name: str, arguments: tuple[str, ...], types: list[str]) -> None:
    assert [type_text(f.type) for f in table(name, *arguments)] == types


def test_own_fields_are_those_of_the_body() -> None:
    def work(found: Project) -> list[str]:
        module = found.index.module("main.py")
        assert module is not None
        kind = found.it.module_attribute(module, "Derived")
        assert isinstance(kind, ClassValue)
        return [field.name for field in fields_of(found.it, kind.definition) if field.owner is kind.definition]

    with project({"main.py": PROGRAM}, {}) as settings:
        assert with_project(["."], settings, work) == ["name", "extra_one", "total"]


ALIASES = """
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

app = FastAPI()


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def shout(name: str) -> str:
    return name.upper()


class Shouting(BaseModel):
    model_config = ConfigDict(alias_generator=shout)
    user_id: int


class Lambda(BaseModel):
    model_config = ConfigDict(alias_generator=lambda name: "x-" + name)
    user_id: int


class Own(BaseModel):
    model_config = ConfigDict(alias_generator=camel)
    user_id: int


@app.get("/a")
def a() -> Shouting: ...


@app.get("/b")
def b() -> Own: ...


@app.get("/c")
def c() -> Lambda: ...
"""


def test_alias_generators_of_the_project_are_run_or_unknown() -> None:
    def work(found: Project) -> dict[str, list[str | None]]:
        module = found.index.module("main.py")
        assert module is not None
        names = {}
        for name in ("Shouting", "Lambda", "Own"):
            given = fields(found.it, found.it.module_attribute(module, name))
            names[name] = [field.response_name for field in given or ()]
        return names

    with project({"main.py": ALIASES}, {}) as settings:
        found = with_project(["."], settings, work)
    assert found["Shouting"] == ["USER_ID"]
    for name, right in (("Lambda", "x-user_id"), ("Own", "userId")):
        assert found[name] in ([right], [None])
