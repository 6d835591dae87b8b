"""A route whose errors no test expects.

## What it does
Reports a tested route that raises HTTP errors, by itself or in a function that it calls, where no test of it expects any status of an error.

## Why is this bad?
Tests of the good case alone never see whether a missing item answers 404, or 500.

## Bad
```python title="books.py"
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/books/{isbn}")
def read_book(isbn: str) -> str:
    if isbn != "9780141439600":
        raise HTTPException(404)
    return "Emma"
```

```python title="test_books.py"
from fastapi.testclient import TestClient

from books import app

client = TestClient(app)


def test_read() -> None:
    assert client.get("/books/9780141439600").json() == "Emma"
```

## Good
```python title="test_books.py"
from fastapi.testclient import TestClient

from books import app

client = TestClient(app)


def test_read() -> None:
    assert client.get("/books/9780141439600").json() == "Emma"


def test_unknown() -> None:
    assert client.get("/books/0").status_code == 404
```

## Known misses
Errors that only dependencies raise, such as those of authentication, and requests whose status is compared with something that is not known.
An untested route is another rule's: `untested-route`.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import Operation, Project
from fastapi_lint.project.raised import raised_by_handler
from fastapi_lint.project.serving.served import served
from fastapi_lint.rule import Rule

rule = Rule("FAL502", severity="info", default=False)


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for application in served(project):
        for operation in application.operations:
            if not project.is_test(operation.route.site.path):
                yield from _of(operation, ctx)


def _of(operation: Operation, ctx: Context) -> Iterator[Finding]:
    calls = ctx.project.suite.tested.calls(operation)
    expected = {status for call in calls for status in call.use.statuses}
    if not calls or any(call.use.is_unclear or call.use.raises for call in calls) or any(s >= 400 for s in expected):
        return
    raised = dict(raised_by_handler(ctx.project, operation.route))
    function = operation.route.function
    if raised and function is not None:
        codes = ", ".join(str(code) for code in sorted(raised))
        yield Finding(
            operation.route.site,
            f"no test of `{operation.method} {operation.path}` expects an error: it raises {codes}",
            trace=tuple(Step(place, f"raises {code}") for code, place in sorted(raised.items())),
            symbol=function.definition.qualname,
        )
