"""A JSON body and an upload in one request.

## What it does
Reports a model or dictionary that FastAPI reads from the body of a route which also takes an `UploadFile` or a `File()`, in its own
signature or in that of a dependency.

## Why is this bad?
An upload makes the body a form, and a form has no place for JSON: what the client sends for the model arrives as text, and FastAPI
answers 422 whenever it is sent. The route cannot be called as it was meant.

## Bad
```python
from fastapi import FastAPI, UploadFile
from pydantic import BaseModel

app = FastAPI()


class Book(BaseModel):
    title: str


@app.post("/books")
def add_book(book: Book, cover: UploadFile) -> str:
    return book.title
```

## Good
```python
from typing import Annotated

from fastapi import FastAPI, Form, UploadFile
from pydantic import BaseModel

app = FastAPI()


class Book(BaseModel):
    title: str


@app.post("/books")
def add_book(book: Annotated[Book, Form()], cover: UploadFile) -> str:
    return book.title
```

## Known misses
Models with a validator that runs before their own: it may well decode the text.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project, Route
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import MAPPINGS, canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import External, Generic, Instance, Value
from fastapi_lint.project.models import schemas
from fastapi_lint.project.models.kinds import WITH_FIELDS, class_of, kind_of
from fastapi_lint.project.serving.parameters import SEQUENCES, Parameter
from fastapi_lint.project.serving.signatures import request_parameters
from fastapi_lint.rule import Rule

rule = Rule("FAL206", severity="error")

DECODING = frozenset({"model_validator", "root_validator", "__get_validators__", "__get_pydantic_core_schema__"})


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    if route.function is None or route.is_websocket:
        return
    parameters = request_parameters(ctx.project, route)
    upload = next((parameter for parameter in parameters if parameter.kind == "file"), None)
    if upload is None:
        return
    for parameter in parameters:
        if parameter.kind == "body" and _needs_json(ctx.project, parameter):
            yield Finding(
                parameter.site,
                f"`{parameter.name}` is read as JSON, which no request with the upload `{upload.name}` can carry: it is answered 422",
                symbol=route.function.definition.qualname,
            )


def _needs_json(project: Project, parameter: Parameter) -> bool:
    if parameter.annotation is None or any(not _is_declaration(one) for one in annotated(parameter.annotation)):
        return False
    return _is_structured(project, schemas.plain(parameter.annotation))


def _is_declaration(metadata: Value) -> bool:
    return type(metadata) is Instance and metadata.class_name.startswith("fastapi.")


def _is_structured(project: Project, kind: Value) -> bool:
    definition = class_of(kind)
    if definition is not None:
        return kind_of(project.it, definition) in WITH_FIELDS and not _decodes(definition)
    base = kind.base if type(kind) is Generic else kind
    if type(base) is not External:
        return False
    name = canonical_typing(base.name)
    if name in MAPPINGS:
        return True
    return (
        name in SEQUENCES
        and type(kind) is Generic
        and bool(kind.args)
        and _is_structured(project, schemas.plain(kind.args[0]))
    )


def _decodes(definition: ClassDefinition) -> bool:
    """Whether a class has code that sees the text before pydantic does."""
    own = [ancestor for ancestor in classes.ancestors(definition) if not isinstance(ancestor, str)]
    methods = [method.definition for ancestor in own for method in classes.methods(ancestor)]
    names = {name.rpartition(".")[2] for method in methods for name in (*method.decorator_names, method.name)}
    return bool(DECODING & names) or any(classes.member(definition, name) is not None for name in DECODING)
