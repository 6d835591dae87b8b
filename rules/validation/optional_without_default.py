"""An optional field that pydantic 2 nevertheless requires.

## What it does
Reports a field that may be None and has no default, in a pydantic model that is read from outside: from the body or form of a request, by
`model_validate` and the like, by `TypeAdapter`, or from a dictionary (`Book(**data)`), on its own or inside of another model. Where the
project's own code fills a model in, as it does for those that only responses are made of, nobody else can forget a field.

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
Safe where no response is made of the model, with the one difference that is meant: the field may be left out, and in the OpenAPI
document it is no longer among those that are required. Unsafe where a response has it, too: the document then
says that the answer may lack it.
"""

from collections.abc import Iterable, Iterator, Set

from fastapi_lint.context import Context
from fastapi_lint.findings import Applicability, Finding, Fix, Insert
from fastapi_lint.project import ClassDefinition, Project, written_calls
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    ClassValue,
    External,
    Instance,
    Method,
    Value,
)
from fastapi_lint.project.models import schemas
from fastapi_lint.project.models.kinds import kind_of
from fastapi_lint.project.models.pydantic_releases import is_pydantic_2
from fastapi_lint.project.serving.models_in_use import request_models, response_models, with_nested
from fastapi_lint.rule import Rule

rule = Rule("FAL212", default=False, fix="safe")


READING = (
    "model_validate",
    "model_validate_json",
    "model_validate_strings",
    "parse_obj",
    "parse_raw",
    "validate_python",
    "validate_json",
)


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    if not is_pydantic_2(project):
        return
    answered = _with_ancestors(response_models(project))
    read = _with_ancestors(request_models(project))
    read |= _with_ancestors(_validated(project)) - answered  # what answers are made of is the project's own
    for _, definition in sorted(project.it.classes.items()):
        if definition in read and not project.is_test(definition.module.path) and _is_model(project, definition):
            yield from _fields(definition, "unsafe" if definition in answered else "safe")


def _with_ancestors(definitions: Iterable[ClassDefinition]) -> Set[ClassDefinition | str]:
    return {ancestor for definition in definitions for ancestor in classes.ancestors(definition)}


def _validated(project: Project) -> Iterator[ClassDefinition]:
    """The models, with those inside them, that the project reads from data whose keys are not written in the source."""
    found: list[Value] = []
    for word in READING:
        for site in written_calls.sites(project, word):
            if type(site.callee) is Method and site.callee.name == word:
                found.append(
                    ClassValue(cls) if isinstance(cls := site.callee.receiver.cls, ClassDefinition) else UNKNOWN
                )
    for site in written_calls.sites(project, "TypeAdapter"):
        if type(site.callee) is External and site.callee.name.endswith(".TypeAdapter"):
            found.append(site.arguments.get("type", 0) or UNKNOWN)
    for site in written_calls.sites(project, "**"):
        if type(site.callee) is ClassValue and any(argument.star == "**" for argument in site.node.args):
            found.append(site.callee)
    for value in found:
        yield from with_nested(project, value)


def _is_model(project: Project, definition: ClassDefinition) -> bool:
    """Whether a class is a model of pydantic 2 of which somebody else may send a part."""
    if kind_of(project.it, definition) != "model":
        return False
    return not any(
        name.endswith(("SQLModel", "BaseSettings")) or ".v1." in name for name in classes.externals(definition)
    )


def _fields(definition: ClassDefinition, applicability: Applicability) -> Iterator[Finding]:
    for field in classes.fields(definition).values():
        if (
            field.default is not None
            or field.node.annotation.at == field.node.at
            or not schemas.may_be_none(field.annotation)
        ):
            continue
        if any(
            type(one) is Instance and one.made is not None and _has_default(one) for one in annotated(field.annotation)
        ):
            continue
        place = field.anchor._replace(at=field.node.annotation.at)
        yield Finding(
            field.anchor,
            f"`{field.name}` may be None and must be sent all the same",
            fix=Fix("Default it to None", (Insert(place, "after", (" = None",)),), applicability),
            symbol=definition.qualname,
        )


def _has_default(described: Instance) -> bool:
    made = described.made
    return made is not None and (made.get("default", 0) is not None or "default_factory" in made.keywords)
