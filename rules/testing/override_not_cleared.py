"""A dependency override that a test leaves behind.

## What it does
Reports `app.dependency_overrides[...] = ...` of an application that tests share, in a test, fixture or set-up method where nothing takes it back:
neither the function itself, nor its fixtures, nor what the runner calls behind it. At the top of a test module it is reported where other
test modules send requests to the same application.

## Why is this bad?
The override stays for all tests that run later, in other modules too. They pass or fail by the order in which they run.

## Bad
```python title="books.py"
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


def language() -> str:
    return "en"


@app.get("/greeting")
def greet(language: Annotated[str, Depends(language)]) -> str:
    return {"en": "Hello", "pl": "Witaj"}[language]
```

```python title="test_books.py"
from fastapi.testclient import TestClient

from books import app, language

client = TestClient(app)


def test_polish() -> None:
    app.dependency_overrides[language] = lambda: "pl"
    assert client.get("/greeting").json() == "Witaj"
```

## Good
```python title="test_books.py"
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from books import app, language

client = TestClient(app)


@pytest.fixture
def polish() -> Iterator[None]:
    app.dependency_overrides[language] = lambda: "pl"
    yield
    app.dependency_overrides.clear()


@pytest.mark.usefixtures("polish")
def test_polish() -> None:
    assert client.get("/greeting").json() == "Witaj"
```

## Known misses
Overrides that a helper function sets, overrides in `conftest.py` outside of functions and in fixtures for the whole session, which are meant for
all tests, and applications that are made anew for each test.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.suite.overrides import Override
from fastapi_lint.rule import Rule

rule = Rule("FAL504")

LASTING = ("session", "package", None)


@rule.on(Override)
def check(override: Override, ctx: Context) -> Iterator[Finding]:
    project = ctx.project
    if override.application is None or not project.is_test(override.place.path):
        return
    overrides = project.suite.overrides
    if not overrides.is_shared(override.application):
        return
    if override.owner is None:
        others = _others(project, override)
        if others and not override.module.path.endswith("conftest.py"):
            message = f"the override of `{override.text}` holds in `{others[0]}` too: nothing takes it back"
            yield Finding(override.place, message)
    elif not _lasts(project, override) and not overrides.is_undone(override):
        yield Finding(
            override.place,
            f"`{override.owner.name}` overrides `{override.text}` and never takes it back: later tests get the override too",
            symbol=override.owner.symbol,
        )


def _lasts(project: Project, override: Override) -> bool:
    """Whether a fixture is meant to hold for all tests."""
    assert override.owner is not None
    definition = override.owner.function.definition
    fixtures = project.suite.collection.of_module(definition.module).values()
    return any(f.function.definition is definition and f.scope in LASTING for f in fixtures)


def _others(project: Project, override: Override) -> list[str]:
    """The other test modules that send requests to the application."""
    found = {
        call.test.module.path
        for call in project.suite.calls
        if call.client is not None and call.client.application is override.application and call.test.kind == "test"
    }
    return sorted(found - {override.module.path})
