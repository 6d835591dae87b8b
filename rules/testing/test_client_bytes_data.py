"""Bytes or text as the `data` of a test's request.

## What it does
Reports `data=` with bytes or text in a request of a test client.

## Why is this bad?
`data` is for the fields of a form. httpx still sends bytes and text as the body, with a `DeprecationWarning`; `content` is what they are for.

## Bad
```python title="books.py"
from fastapi import FastAPI

app = FastAPI()


@app.post("/books", status_code=201)
def add_books(titles: list[str]) -> int:
    return len(titles)
```

```python title="test_books.py"
import json

from fastapi.testclient import TestClient

from books import app

client = TestClient(app)


def test_add() -> None:
    response = client.post("/books", data=json.dumps(["Emma"]), headers={"Content-Type": "application/json"})
    assert response.json() == 1
```

## Good
```python title="test_books.py"
import json

from fastapi.testclient import TestClient

from books import app

client = TestClient(app)


def test_add() -> None:
    response = client.post("/books", content=json.dumps(["Emma"]), headers={"Content-Type": "application/json"})
    assert response.json() == 1
```

## Known misses
Data whose type is not known, and test clients before Starlette 0.21, which had no `content`.

## Fix safety
Safe: httpx sends the same body and the same headers.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, Replace
from fastapi_lint.project.interpreting.values import Const, Instance, Text, Value, members
from fastapi_lint.project.suite import TestCall
from fastapi_lint.rule import Rule

rule = Rule("FAL510", fix="safe", since="0.87")

RAW = frozenset({"builtins.str", "builtins.bytes", "builtins.bytearray"})


@rule.on(TestCall)
def check(call: TestCall, ctx: Context) -> Iterator[Finding]:
    given = call.site.arguments.keywords.get("data")
    if call.client is None or given is None or not all(_is_raw(one) for one in members(given)):
        return
    if (
        not any(argument.keyword == "data" for argument in call.site.node.args)
        or "content" in call.site.arguments.keywords
    ):
        return
    place = call.site.anchor.of("keyword:data")
    yield Finding(
        place,
        "`data` is for form fields: httpx warns of bytes and text in it",
        fix=Fix("Use `content`", (Replace(place.of("keyword"), ("content",)),), "safe"),
        symbol=call.test.symbol,
    )


def _is_raw(value: Value) -> bool:
    if type(value) is Const:
        return isinstance(value.value, str)
    return type(value) is Text or (type(value) is Instance and value.class_name in RAW)
