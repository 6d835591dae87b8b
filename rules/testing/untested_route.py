"""A route that no test requests.

## What it does
Follows test clients through fixtures, factories and helper functions, matches the paths that tests request as the application would, and
reports each route that is never requested. `fastapi-lint routes --untested` lists the same routes.

## Why is this bad?
Nothing notices when the route breaks. What FastAPI does for it by itself (parse, validate, serialise) is part of that.

## Bad
```python title="books.py"
from fastapi import FastAPI

app = FastAPI()


@app.get("/books")
def list_books() -> list[str]:
    return ["Emma"]


@app.get("/books/{isbn}")
def read_book(isbn: str) -> str:
    return isbn
```

```python title="test_books.py"
from fastapi.testclient import TestClient

from books import app

client = TestClient(app)


def test_list() -> None:
    assert client.get("/books").json() == ["Emma"]
```

## Good
```python title="test_books.py"
from fastapi.testclient import TestClient

from books import app

client = TestClient(app)


def test_list() -> None:
    assert client.get("/books").json() == ["Emma"]


def test_read() -> None:
    assert client.get("/books/9780141439600").json() == "9780141439600"
```

## Known misses
A request to a path of which nothing is known, such as `client.get(path)` for every path of a list that is made elsewhere, counts for every
route that it may mean. So does a request by something that looks like a client, but cannot be traced to an application.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Operation, Project
from fastapi_lint.project.serving.served import served
from fastapi_lint.rule import Rule

rule = Rule("FAL501", default=False)


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for application in served(project):
        for operation in application.operations:
            if not project.is_test(operation.route.site.path):
                yield from _of(operation, project)


def _of(operation: Operation, project: Project) -> Iterator[Finding]:
    tested = project.suite.tested
    if tested.calls(operation) or tested.is_unclear(operation):
        return
    function = operation.route.function
    yield Finding(
        operation.route.site,
        f"no test requests `{operation.method} {operation.path}`",
        symbol=function.definition.qualname if function is not None else None,
    )
