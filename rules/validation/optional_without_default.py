"""An optional field that pydantic 2 nevertheless requires.

## What it does
Reports a field of a pydantic model that may be None and has no default. Models that only responses are made of are left alone: there it
is the project's own code that must not forget a field.

## Why is this bad?
With pydantic 1, `Optional[str]` could be left out. With pydantic 2 it must be sent, if only as null: clients that leave it out get a 422,
often only after an upgrade.

## Bad
```python
from typing import Optional

from fastapi import FastAPI, Request
from pydantic import BaseModel

app = FastAPI()


class Book(BaseModel):
    title: str
    subtitle: Optional[str]


@app.post("/books")
async def add_book(request: Request) -> str:
    return Book.model_validate_json(await request.body()).title
```

## Good
```python
from typing import Optional

from fastapi import FastAPI, Request
from pydantic import BaseModel

app = FastAPI()


class Book(BaseModel):
    title: str
    subtitle: Optional[str] = None


@app.post("/books")
async def add_book(request: Request) -> str:
    return Book.model_validate_json(await request.body()).title
```

## Known misses
Fields whose type is an alias that cannot be resolved.

## Fix safety
Safe, with the one difference that is meant: the field may be left out, and where the model is part of the OpenAPI document, it is no
longer among those that are required.
"""

from collections.abc import Iterator, Set

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, Insert
from fastapi_lint.project import ClassDefinition, Project, classes, schemas
from fastapi_lint.project.models_in_use import request_models, response_models
from fastapi_lint.project.routing import annotated
from fastapi_lint.project.values import Const, External, Generic, Instance, Value
from fastapi_lint.rule import Rule

rule = Rule("FAL212", default=False, fix="safe")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    if project.versions.pydantic.before("2") is not False:
        return
    answers = {
        ancestor
        for definition in response_models(project).keys() - request_models(project).keys()
        for ancestor in classes.ancestors(definition)
    }
    for _, definition in sorted(project.it.classes.items()):
        if not project.is_test(definition.module.path) and _is_read(project, definition, answers):
            yield from _fields(definition)


def _is_read(project: Project, definition: ClassDefinition, answers: Set[ClassDefinition | str]) -> bool:
    """Whether the model of pydantic 2 may be what somebody else sends."""
    if schemas.kind_of(project.it, definition) != "model":
        return False
    if any(name.endswith(("SQLModel", "BaseSettings")) or ".v1." in name for name in classes.externals(definition)):
        return False
    return definition not in answers


def _fields(definition: ClassDefinition) -> Iterator[Finding]:
    for field in classes.fields(definition).values():
        if field.default is not None or field.node.annotation.at == field.node.at or not _may_be_none(field.annotation):
            continue
        if any(
            type(one) is Instance and one.made is not None and _has_default(one) for one in annotated(field.annotation)
        ):
            continue
        place = field.anchor._replace(at=field.node.annotation.at)
        yield Finding(
            field.anchor,
            f"`{field.name}` may be None and must be sent all the same",
            fix=Fix("Default it to None", (Insert(place, "after", (" = None",)),), "safe"),
            symbol=definition.qualname,
        )


def _has_default(described: Instance) -> bool:
    made = described.made
    return made is not None and (made.get("default", 0) is not None or "default_factory" in made.keywords)


def _may_be_none(annotation: Value) -> bool:
    if type(annotation) is Generic and type(annotation.base) is External:
        if annotation.base.name.endswith(".Annotated") and annotation.args:
            return _may_be_none(annotation.args[0])
        if annotation.base.name.endswith(".Optional"):
            return True
    members = list(schemas.flat_union(annotation))
    return len(members) > 1 and any(type(one) is Const and one.value is None for one in members)
