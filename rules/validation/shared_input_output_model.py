"""One model for what clients send and for what they get.

## What it does
Reports a model that is the body of one route and the response of another (or the same), and that has fields which the server sets: `id`,
`created_at`, `updated_at` and the like.

## Why is this bad?
Clients may, or must, send what is not theirs to say: a route that stores the model as it came lets them choose ids and rewrite dates.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Book(BaseModel):
    id: int
    title: str


@app.post("/books")
def add_book(book: Book) -> Book:
    return book
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class NewBook(BaseModel):
    title: str


class Book(NewBook):
    id: int


@app.post("/books")
def add_book(book: NewBook) -> Book:
    return Book(id=1, title=book.title)
```

## Known misses
Server-set fields of other names, and models inside the one that is sent.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import Project
from fastapi_lint.project.models.fields import fields_of
from fastapi_lint.project.serving.models_in_use import request_models, response_models
from fastapi_lint.rule import Rule

rule = Rule("FAL217", severity="info", default=False)

SERVER_SET = frozenset({
    "id", "uuid", "created_at", "updated_at", "modified_at", "deleted_at", "created", "updated", "created_on", "updated_on", "created_by",
    "updated_by", "date_created", "date_updated", "last_modified", "is_superuser", "is_admin",
})  # fmt: skip


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    answered = response_models(project)
    for definition, one in request_models(project, nested=False).items():
        route = answered.get(definition)
        if route is None or project.is_test(definition.module.path):
            continue
        fields = [field.name for field in fields_of(project.it, definition) if field.name in SERVER_SET]
        if fields:
            yield Finding(
                definition.anchor.of("name"),
                f"`{definition.name}` is both sent and received, so clients may set `{fields[0]}`",
                trace=(Step(one.anchor, "sent by clients"), Step(route.site, "part of the answer")),
                symbol=definition.qualname,
            )
