"""An asynchronous test that nothing runs.

## What it does
Reports an `async def` test without a marker of a plugin (`anyio`, `asyncio`, `trio`), on itself, its class or its module, where no mode or plugin
of the project's pytest settings runs such tests, and no fixture of the test makes AnyIO run it. In a class of `unittest`, one that is no
`IsolatedAsyncioTestCase`.

## Why is this bad?
pytest does not run coroutines: it skips the test with a warning, since 8.4 it fails it. `unittest.TestCase` calls the method and drops
the coroutine: the test passes, whatever is in it.

## Bad
```python title="test_books.py"
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

app = FastAPI()


@pytest.mark.anyio
async def test_documentation() -> None:
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
        response = await client.get("/docs")
    assert response.status_code == 200


async def test_description() -> None:
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
        response = await client.get("/openapi.json")
    assert response.status_code == 200
```

## Good
```python title="test_books.py"
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

app = FastAPI()


@pytest.mark.anyio
async def test_documentation() -> None:
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
        response = await client.get("/docs")
    assert response.status_code == 200


@pytest.mark.anyio
async def test_description() -> None:
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
        response = await client.get("/openapi.json")
    assert response.status_code == 200
```

## Known misses
Tests with a decorator that is not known, which may run them, and projects in which a hook of `conftest.py` adds
markers. A project that installs a plugin and leaves many of its tests unmarked is taken to set the mode elsewhere, such as
on pytest's command line.

## Fix safety
Safe: the marker is the one that other tests of the project have, or that of the plugin that it asks for. The one intended difference is that
the test runs. Where nothing tells which marker that is, the fix adds AnyIO's, which comes with FastAPI, and is unsafe.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Finding, Fix, Insert
from fastapi_lint.project.suite import Suite, TestFunction
from fastapi_lint.project.suite.running import is_run, marker
from fastapi_lint.rule import Rule

rule = Rule("FAL507", severity="error", fix="safe")

MOST_FORGOTTEN = 5
"""How many tests without a marker are taken for forgotten ones, where a plugin is installed; or a tenth of all."""


@rule.on(TestFunction)
def check(test: TestFunction, ctx: Context) -> Iterator[Finding]:
    suite = ctx.project.suite
    if is_run(suite, test) is not False or (not test.is_of_unittest and _are_settings_missing(suite, test)):
        return
    definition = test.function.definition
    if test.is_of_unittest:
        message = f"`{test.name}` never runs: `unittest.TestCase` calls it and drops the coroutine"
        yield Finding(definition.anchor, message, symbol=test.symbol)
        return
    name, is_known = marker(suite, test)
    edit = Insert(definition.anchor, "before", ("@", AddImport(definition.module.path, "pytest"), f".mark.{name}"))
    fix = Fix(f"Mark it with `pytest.mark.{name}`", (edit,), "safe" if is_known else "unsafe")
    yield Finding(
        definition.anchor,
        f"`{test.name}` never runs: no marker or setting tells pytest what runs a coroutine",
        fix=fix,
        symbol=test.symbol,
    )


def _are_settings_missing(suite: Suite, test: TestFunction) -> bool:
    """Whether a project that installs a plugin leaves so many tests unmarked that the mode must be set elsewhere."""
    if not suite.settings(test.module).plugins:
        return False
    outcomes = [is_run(suite, one) for one in suite.async_tests if not one.is_of_unittest]
    unmarked, marked = outcomes.count(False), outcomes.count(True)
    return unmarked > marked or unmarked > max(MOST_FORGOTTEN, len(outcomes) // 10)
