"""A test that requests what no route serves.

## What it does
Reports a request of a test client whose path, or method on that path, no route of the application serves.

## Why is this bad?
The application answers 404 or 405 before any code of it runs, so the test says nothing of the route that it was written for. It may have
passed for another reason ever since the route was renamed.

## Bad
```python title="books.py"
from fastapi import FastAPI

app = FastAPI()


@app.delete("/books/{isbn}", status_code=204)
def delete_book(isbn: str) -> None:
    return None
```

```python title="test_books.py"
from fastapi.testclient import TestClient

from books import app

client = TestClient(app)


def test_delete() -> None:
    response = client.delete("/book/9780141439600")
    assert not response.json().get("errors")
```

## Good
```python title="test_books.py"
from fastapi.testclient import TestClient

from books import app

client = TestClient(app)


def test_delete() -> None:
    response = client.delete("/books/9780141439600")
    assert response.status_code == 204
```

## Known misses
Tests that expect 404, 405 or another status that something before the routes may answer with, tests that expect an exception, and applications
of which some router, mount or middleware is not known or looks at paths by itself.
"""

import re
from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project.interpreting.modules import chunk_of
from fastapi_lint.project.suite import Answer, TestCall
from fastapi_lint.rule import Rule

rule = Rule("FAL505")

ROUTES = re.compile(r"\.router\b|routes\b")
OUR_OWN = frozenset({200, 201, 202, 204, 206, 409, 410, 422})
"""Statuses that only a route answers with."""


@rule.on(TestCall)
def check(call: TestCall, ctx: Context) -> Iterator[Finding]:
    if not call.is_resolved or call.method is None or not call.answers:
        return
    if call.use.is_unclear or call.use.raises or not call.use.statuses <= OUR_OWN:
        return
    if any(answer.operations or answer.is_open for answer in call.answers) or not ctx.project.is_test(
        call.site.anchor.path
    ):
        return
    if call.test.is_expected_to_fail or _changes_routes(call):
        return
    path = (call.paths or ("",))[0].replace("\0", "{}").replace("\1", "{}")
    others = call.answers[0].others
    reason = _reason(call.answers[0])
    yield Finding(
        call.site.anchor,
        f"no route serves `{call.method} {path}`{reason}",
        trace=tuple(Step(other.route.site, f"serves `{other.method} {other.path}`") for other in others[:3]),
        symbol=call.test.symbol,
    )


def _changes_routes(call: TestCall) -> bool:
    """Whether the test reaches into the application's own list of routes."""
    definition = call.test.function.definition
    return definition.module.has(ROUTES, chunk_of(definition.node.at))


def _reason(answer: Answer) -> str:
    methods = dict.fromkeys(operation.method for operation in answer.others)
    return f": the path takes {', '.join(methods)}" if methods else ""
