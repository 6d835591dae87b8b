"""A request model that takes whatever else the client sends.

## What it does
Reports models of request bodies with `extra="allow"`, in `model_config`, in `class Config` or in the class statement.

## Why is this bad?
Fields that nobody validated are attributes of the object and part of `model_dump()`. Where that is handed on, to a database row say, a
client sets columns that were never meant to be its own.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

app = FastAPI()


class Book(BaseModel):
    model_config = ConfigDict(extra="allow")

    title: str


@app.post("/books")
def add_book(book: Book) -> str:
    return book.title
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

app = FastAPI()


class Book(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str


@app.post("/books")
def add_book(book: Book) -> str:
    return book.title
```

## Known misses
Settings that are put together at run time.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.models.configuration import allows_extra
from fastapi_lint.project.serving.models_in_use import request_models
from fastapi_lint.rule import Rule

rule = Rule("FAL216", default=False)


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition, one in request_models(project).items():
        if not project.is_test(definition.module.path) and allows_extra(project.it, definition):
            yield Finding(
                definition.anchor.of("name"),
                f"`{definition.name}` keeps whatever else a client sends to `{one.function.definition.name}`",
                symbol=definition.qualname,
            )
