"""A parameter that the document does not describe.

## What it does
Reports a path, query, header or cookie parameter, or a single value of the body or form, without a `description`. Models speak for
themselves, and routes that are left out of the OpenAPI document are left alone.

## Why is this bad?
`?mode=` and `?since=` mean nothing to somebody who has only the document: neither which values there are nor what they do.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books")
def books(since: int = 0) -> list[str]:
    return []
```

## Good
```python
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/books")
def books(since: Annotated[int, Query(description="the year of the oldest")] = 0) -> list[str]:
    return []
```

## Known misses
Descriptions that say nothing, and what the route's docstring says.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import Const, Instance, Value
from fastapi_lint.project.models import schemas
from fastapi_lint.project.serving.responses import hidden
from fastapi_lint.project.serving.signatures import Declaration, declarations
from fastapi_lint.rule import Rule

rule = Rule("FAL409", severity="info", default=False)

KINDS = frozenset({"path", "query", "header", "cookie", "body", "form", "file"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for one in declarations(project):
        parameter = one.parameter
        if parameter is None or parameter.kind not in KINDS or parameter.fields is not None or one.route is None:
            continue
        if one.route.is_websocket or hidden(project, one.route) or _is_modelled(project, one):
            continue
        if not any(_describes(value) for value in (one.default, *annotated(one.annotation))):
            yield Finding(one.anchor, f"`{one.node.name}` has no description in the document", symbol=one.symbol)


def _is_modelled(project: Project, one: Declaration) -> bool:
    return one.annotation is not None and schemas.models(project.it, one.annotation) != []


def _describes(value: Value | None) -> bool:
    """Whether a declaration has a description, or hides the parameter, or cannot be read."""
    if type(value) is not Instance or value.made is None:
        return value is not None and type(value) not in (Const, Instance)
    if value.made.starred or value.class_name.rpartition(".")[2] in ("Doc", "Depends", "Security"):
        return True
    given = value.made.keywords
    shown = given.get("include_in_schema")
    return "description" in given or "title" in given or (type(shown) is Const and shown.value is False)
