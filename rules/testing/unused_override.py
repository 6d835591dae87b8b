"""An override of something that no route depends on.

## What it does
Reports `app.dependency_overrides[f] = ...` where no route of the application depends on `f`, directly or not.

## Why is this bad?
FastAPI looks overrides up by the very function that a route depends on. An override of another one, such as the function that the dependency
calls, or one that was replaced since, does nothing: the test talks to the real database, or the real user.

## Bad
```python title="books.py"
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


def read_catalogue() -> list[str]:
    return ["Emma"]


def catalogue() -> list[str]:
    return read_catalogue()


@app.get("/books")
def list_books(books: Annotated[list[str], Depends(catalogue)]) -> list[str]:
    return books
```

```python title="test_books.py"
from fastapi.testclient import TestClient

from books import app, read_catalogue


def test_list() -> None:
    app.dependency_overrides[read_catalogue] = lambda: ["Persuasion"]
    with TestClient(app) as client:
        assert client.get("/books").json() == ["Persuasion"]
    app.dependency_overrides.clear()
```

## Good
```python title="test_books.py"
from fastapi.testclient import TestClient

from books import app, catalogue


def test_list() -> None:
    app.dependency_overrides[catalogue] = lambda: ["Persuasion"]
    with TestClient(app) as client:
        assert client.get("/books").json() == ["Persuasion"]
    app.dependency_overrides.clear()
```

## Known misses
Overrides by keys that are not plain names, and applications of which some router or dependency is not known, or whose code reads
`dependency_overrides` itself.
"""

import re
from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.values import ClassValue, FunctionValue
from fastapi_lint.project.suite.overrides import Override
from fastapi_lint.rule import Rule

rule = Rule("FAL508")

READ = re.compile(r"\bdependency_overrides\b")


@rule.on(Override)
def check(override: Override, ctx: Context) -> Iterator[Finding]:
    project, dependency = ctx.project, override.dependency
    if override.application is None or type(dependency) not in (FunctionValue, ClassValue):
        return
    if not project.is_test(override.place.path) or _is_read(project):
        return
    if project.suite.overrides.is_depended_on(override.application, dependency) is False:
        yield Finding(
            override.place,
            f"no route of the application depends on `{override.text}`, so that its override does nothing",
            symbol=override.owner.symbol if override.owner is not None else None,
        )


def _is_read(project: Project) -> bool:
    return any(module.has(READ) for module in project.modules if not project.is_test(module.path))
