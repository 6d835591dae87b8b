"""A list route that returns every row.

## What it does
Reports a GET route that gives back all the rows that a query finds, itself or by way of the project's functions, and that takes nothing by
which a client could ask for a part of them. Queries that limit what they read are fine, and so are routes with a page, a limit, a cursor or
the like among their parameters or those of their dependencies.

## Why is this bad?
The answer grows with the table. What takes a millisecond with the rows of a test reads the whole table into memory in production, twice:
as objects and as JSON.

## Bad
```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite://")


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@app.get("/titles")
def list_titles(session: Session = Depends(get_session)) -> list[str]:
    return [row.title for row in session.execute(text("SELECT title FROM books")).all()]
```

## Good
```python
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite://")


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@app.get("/titles")
def list_titles(limit: Annotated[int, Query(le=100)] = 20, session: Session = Depends(get_session)) -> list[str]:
    statement = text("SELECT title FROM books ORDER BY title LIMIT :limit")
    return [row.title for row in session.execute(statement, {"limit": limit}).all()]
```

## Known misses
Rows of stores that the linter does not know (directories, object stores, graphs), queries whose text is put together elsewhere, and an
abstract method of which only some implementations are known to read everything.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import Project, Route, describe
from fastapi_lint.project.database import rows
from fastapi_lint.project.database.limits import limits
from fastapi_lint.project.interpreting.values import External, Generic
from fastapi_lint.project.models import schemas
from fastapi_lint.project.serving.callables import Taken
from fastapi_lint.project.serving.dependencies import Dependency
from fastapi_lint.rule import Rule

rule = Rule("FAL602")


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    function, project = route.function, ctx.project
    if function is None or route.methods != ("GET",) or _is_paged(project, route):
        return
    source = rows.of(project).returned(function)
    if source is not None:
        where = (
            [Step(source.anchor, f"`{describe.caller(source)}` calls `{describe.called(source)}`")]
            if source.function is not function.definition
            else []
        )
        yield Finding(
            function.definition.anchor,
            f"`{function.definition.name}` returns every row that `{describe.called(source)}` finds, however many",
            trace=tuple(where),
            symbol=function.definition.qualname,
        )


def _is_paged(project: Project, route: Route) -> bool:
    """Whether the route takes something to choose a part by, or may do so for all that we can tell."""
    served = project.served(route)
    found = project.dependencies.of_operation(served[0]) if served else project.dependencies.of_route(route)
    if found is None or _is_page(route):
        return True
    taken: list[Taken] = list(project.dependencies.takes(route.event.handler) or ())
    every: list[Dependency] = [one for dependency in found for one in dependency.walk()]
    for dependency in every:
        taken += dependency.takes or ()
    return any(
        limits(one.name) and not _is_switch(one)
        for one in taken
        if project.it.routing.depends(one.annotation, one.default) is None
    )


def _is_switch(taken: Taken) -> bool:
    """Whether a parameter only switches something on: `count: bool` is no page."""
    kind = schemas.plain(taken.annotation) if taken.annotation is not None else None
    return type(kind) is External and kind.name == "builtins.bool"


def _is_page(route: Route) -> bool:
    """Whether the response model is some library's page."""
    declared = route.keyword("response_model")
    kind = declared.base if type(declared) is Generic else declared
    return type(kind) is External and "Page" in kind.name
