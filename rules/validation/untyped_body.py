"""A body that may be anything: a bare `dict`, `list` or `Any`.

## What it does
Reports a parameter of a route or of one of its dependencies that FastAPI fills with the request's body and whose type says no more than
that it is a dictionary, a list or anything at all.

## Why is this bad?
Whatever the client sends gets through: missing keys and wrong types surface later, as a 500. The OpenAPI document shows an empty object,
so clients cannot know what to send.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.post("/books")
def add_book(book: dict) -> str:
    return book["title"]
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class NewBook(BaseModel):
    title: str


@app.post("/books")
def add_book(book: NewBook) -> str:
    return book.title
```

## Options
`strict`: also reports `dict[str, Any]`, `list[dict]` and the like (off by default).

## Known misses
Fields of a model that are bare dictionaries.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.describe import type_text
from fastapi_lint.project.interpreting.annotations import MAPPINGS, canonical_typing
from fastapi_lint.project.interpreting.values import External, Generic, Value
from fastapi_lint.project.models import schemas
from fastapi_lint.project.serving.signatures import declarations
from fastapi_lint.rule import Option, Rule

rule = Rule("FAL203", options={"strict": Option(False, "also report `dict[str, Any]` and the like")})

ANYTHING = frozenset({"typing.Any", "builtins.object"})
CONTAINERS = frozenset({
    *MAPPINGS, "builtins.list", "typing.List", "builtins.set", "typing.Set", "builtins.tuple", "typing.Tuple", "typing.Sequence",
    "collections.abc.Sequence",
})  # fmt: skip


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    strict = bool(ctx.options["strict"])
    for one in declarations(project):
        if one.parameter is None or one.parameter.kind != "body" or one.annotation is None:
            continue
        kind = schemas.plain(one.annotation)
        if _says_nothing(kind, strict=strict):
            yield Finding(
                one.anchor,
                f"`{one.node.name}` is a body of type `{type_text(kind) or 'dict'}`, so whatever the client sends gets through",
                symbol=one.symbol,
            )


def _says_nothing(kind: Value, *, strict: bool) -> bool:
    if type(kind) is External:
        name = canonical_typing(kind.name)
        return name in ANYTHING or name in CONTAINERS
    if not strict or type(kind) is not Generic or type(kind.base) is not External or not kind.args:
        return False
    return canonical_typing(kind.base.name) in CONTAINERS and _says_nothing(schemas.plain(kind.args[-1]), strict=True)
