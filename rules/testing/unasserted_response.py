"""A response that nothing looks at.

## What it does
Reports a request of a test whose response is dropped, or kept in a variable that is never read, where the test checks nothing after it.

## Why is this bad?
`TestClient` raises what the application does not handle. Everything else, 404, 401 and 422 among it, is a response like any other: a test that
does not look at it passes.

## Bad
```python title="books.py"
from fastapi import FastAPI

app = FastAPI()


@app.post("/books", status_code=201)
def add_book(title: str) -> str:
    return title
```

```python title="test_books.py"
from fastapi.testclient import TestClient

from books import app

client = TestClient(app)


def test_add() -> None:
    client.post("/books", params={"name": "Emma"})
```

## Good
```python title="test_books.py"
from fastapi.testclient import TestClient

from books import app

client = TestClient(app)


def test_add() -> None:
    response = client.post("/books", params={"title": "Emma"})
    assert response.status_code == 201
```

## Options
`requests = "final"` (default) leaves requests alone that prepare what the test checks later. `"all"` reports every response of a test that nothing
looks at.

## Known misses
Requests in fixtures and in functions that the test calls.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project.suite import TestCall
from fastapi_lint.rule import Option, Rule

rule = Rule(
    "FAL509",
    options={
        "requests": Option("final", "which requests of a test have to be looked at", ("final", "all")),
    },
)


@rule.on(TestCall)
def check(call: TestCall, ctx: Context) -> Iterator[Finding]:
    if call.client is None or not call.is_resolved or call.use.is_looked_at or call.method == "WEBSOCKET":
        return
    definition = call.test.function.definition
    if call.test.kind != "test" or call.test.is_expected_to_fail or call.site.function is not definition:
        return
    if ctx.options["requests"] == "final" and ctx.project.suite.checks_after(call):
        return
    yield Finding(
        call.site.anchor,
        f"`{call.test.name}` does not look at the response: an error passes",
        symbol=call.test.symbol,
    )
