"""A synchronous test client in an asynchronous test.

## What it does
Reports requests by `TestClient` in an `async def` test.

## Why is this bad?
`TestClient` blocks until the response is there, and runs the application in an event loop of its own, in another thread. What the test has
opened in its loop, such as a database connection, does not work in the other one.

## Bad
```python title="books.py"
from fastapi import FastAPI

app = FastAPI()


@app.get("/books")
def list_books() -> list[str]:
    return ["Emma"]
```

```python title="test_books.py"
import pytest
from fastapi.testclient import TestClient

from books import app

client = TestClient(app)


@pytest.mark.anyio
async def test_list() -> None:
    assert client.get("/books").json() == ["Emma"]
```

## Good
```python title="test_books.py"
import pytest
from httpx import ASGITransport, AsyncClient

from books import app


@pytest.mark.anyio
async def test_list() -> None:
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
        response = await client.get("/books")
    assert response.json() == ["Emma"]
```

## Known misses
Requests in functions that the test calls. Tests of websockets are left alone: `AsyncClient` has none.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding
from fastapi_lint.project import Project
from fastapi_lint.project.suite import TestCall
from fastapi_lint.rule import Rule

rule = Rule("FAL506")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    first: dict[Anchor, TestCall] = {}
    sockets: set[Anchor] = set()
    for call in project.suite.calls:
        client, test = call.client, call.test
        if client is None or client.kind != "sync" or test.kind != "test" or not test.is_async:
            continue
        anchor = test.function.definition.anchor
        if call.method == "WEBSOCKET":
            sockets.add(anchor)
        elif call.site.function is test.function.definition:
            first.setdefault(anchor, call)
    for anchor, call in first.items():
        if anchor not in sockets:
            yield Finding(
                call.site.anchor,
                f"`TestClient` holds up the event loop of `{call.test.name}`, and runs the application in another one",
                symbol=call.test.symbol,
            )
