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
from fastapi_lint.project import ClassDefinition, Project
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.values import ClassValue, Const, External, Instance, Mapping, Value
from fastapi_lint.project.serving.models_in_use import request_models
from fastapi_lint.rule import Rule

rule = Rule("FAL216", default=False)


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition, one in request_models(project).items():
        if not project.is_test(definition.module.path) and _allows(_extra(definition)):
            yield Finding(
                definition.anchor.of("name"),
                f"`{definition.name}` keeps whatever else a client sends to `{one.function.definition.name}`",
                symbol=definition.qualname,
            )


def _extra(definition: ClassDefinition) -> Value | None:
    """What the nearest class says about fields that are not declared."""
    for ancestor in classes.ancestors(definition):
        if isinstance(ancestor, str) or ancestor.frame is None:
            continue
        if "extra" in ancestor.keywords:
            return ancestor.keywords["extra"]
        config = ancestor.frame.env.get("model_config")
        if type(config) is Mapping and "extra" in config.entries:
            return config.entries["extra"]
        if type(config) is Instance and config.made is not None and "extra" in config.made.keywords:
            return config.made.keywords["extra"]
        old = ancestor.frame.env.get("Config")
        found = classes.member(old.definition, "extra") if type(old) is ClassValue else None
        if found is not None:
            return found[1]
    return None


def _allows(value: Value | None) -> bool:
    return (type(value) is Const and value.value == "allow") or (
        type(value) is External and value.name.endswith(".Extra.allow")
    )
