"""`...` as the default of something that is required.

## What it does
Reports `Query(...)`, `Path(...)`, `Body(...)` and the like in signatures, and `Field(...)` in models. Without a default they are required
anyway.

## Why is this bad?
It says nothing, and it reads as if a default were given. Type checkers take the field for one with a default.

## Bad
```python
from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/search")
def search(q: str = Query(..., min_length=3)) -> str:
    return q
```

## Good
```python
from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/search")
def search(q: str = Query(min_length=3)) -> str:
    return q
```

## Known misses
`Optional` fields of Pydantic 1, which `...` makes required. Parameters that are declared elsewhere and used as a default.

## Fix safety
Safe: required stays required.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.edits import remove_argument
from fastapi_lint.findings import Anchor, Finding, Fix, Replace
from fastapi_lint.project import ClassDefinition, Project
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import Instance, Value
from fastapi_lint.project.models import schemas
from fastapi_lint.project.models.pydantic_releases import is_pydantic_2
from fastapi_lint.project.serving.parameters import parameter_class
from fastapi_lint.project.serving.signatures import declarations
from fastapi_lint.rule import Rule

rule = Rule("FAL214", severity="info", default=False, fix="safe")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for one in declarations(project):
        for value in (one.default, *annotated(one.annotation)):
            if type(value) is Instance and parameter_class(project.it, value) is not None:
                call = one.is_written_in_place(value)
                if call is not None:
                    yield from _ellipsis(call, one.place(call), one.symbol)


@rule.on(ClassDefinition)
def check_fields(definition: ClassDefinition, ctx: Context) -> Iterator[Finding]:
    requires = not is_pydantic_2(ctx.project)
    for field in classes.fields(definition).values():
        call = field.node.value
        if requires and schemas.may_be_none(field.annotation):
            continue  # before Pydantic 2 it says that the field is required, though it may be None
        if type(call) is s.Call and _is_field(field.default):
            yield from _ellipsis(call, field.anchor._replace(at=call.at), definition.qualname)


def _is_field(value: Value | None) -> bool:
    return type(value) is Instance and value.class_name in ("pydantic.Field", "pydantic.fields.Field", "sqlmodel.Field")


def _ellipsis(call: s.Call, place: Anchor, symbol: str) -> Iterator[Finding]:
    for at, argument in enumerate(call.args):
        is_default = argument.keyword == "default" or (at == 0 and argument.keyword is None and not argument.star)
        if is_default and type(argument.value) is s.Constant and argument.value.kind == "ellipsis":
            edits = remove_argument(place, "default") if argument.keyword else (Replace(place.of(f"args.{at}"), ()),)
            yield Finding(
                place,
                "`...` says no more than leaving the default out",
                Fix("Leave it out", edits, "safe"),
                symbol=symbol,
            )
