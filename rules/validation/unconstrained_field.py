"""A text or list of a request model that may be of any length.

## What it does
Reports fields of type `str` or `list` in the models of request bodies that have no `max_length`, pattern or other constraint.

## Why is this bad?
Clients choose how much ends up in memory, in the database and in whatever the text is handed to.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Book(BaseModel):
    title: str


@app.post("/books")
def add_book(book: Book) -> str:
    return book.title
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()


class Book(BaseModel):
    title: str = Field(max_length=200)


@app.post("/books")
def add_book(book: Book) -> str:
    return book.title
```

## Known misses
Items of lists, and text in dictionaries.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import canonical_typing
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import UNKNOWN, External, Generic, Instance, Value
from fastapi_lint.project.models import schemas
from fastapi_lint.project.serving import bounds
from fastapi_lint.project.serving.models_in_use import request_models
from fastapi_lint.project.serving.parameters import SEQUENCES
from fastapi_lint.rule import Rule

rule = Rule("FAL215", severity="info", default=False)

CONSTRAINTS = frozenset({"max_length", "pattern", "regex", "max_items", "max_digits"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition in request_models(project):
        if project.is_test(definition.module.path):
            continue
        for field in classes.fields(definition).values():
            kind = _kind(schemas.plain(field.annotation))
            described = [field.default, *annotated(field.annotation)]
            if kind is None or field.name == "model_config" or any(_constrains(one) for one in described):
                continue
            if not bounds.is_validated(definition, field.name):
                yield Finding(
                    field.anchor,
                    f"`{field.name}` is {kind} of any length that a client likes",
                    symbol=definition.qualname,
                )


def _kind(annotation: Value) -> str | None:
    if type(annotation) is External and annotation.name == "builtins.str":
        return "a text"
    base = annotation.base if type(annotation) is Generic else annotation
    if type(base) is External and canonical_typing(base.name) in SEQUENCES - {"builtins.tuple", "typing.Tuple"}:
        return "a list"
    return None


def _constrains(value: Value | None) -> bool:
    if value is UNKNOWN:
        return True
    if type(value) is not Instance or value.made is None:
        return False
    name = value.class_name.rpartition(".")[2]
    return bool(CONSTRAINTS & value.made.keywords.keys()) or name in ("MaxLen", "Len") or name.endswith("Validator")
