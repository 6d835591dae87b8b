"""A test client that is not entered, of an application that has a lifespan.

## What it does
Reports `TestClient(app)` where the client sends requests, no `with` ever enters it, and the application does something when it starts: in its
lifespan, or in start-up handlers.

## Why is this bad?
Only `with TestClient(app) as client` runs the lifespan. Without, the tests run an application that was never started: what is put into
`app.state` is missing, connections are not there, and a broken start-up goes unnoticed.

## Bad
```python title="books.py"
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.titles = ["Emma"]
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/books")
def list_books(request: Request) -> list[str]:
    return list(request.app.state.titles)
```

```python title="test_books.py"
import pytest
from fastapi.testclient import TestClient

from books import app


@pytest.fixture
def client():
    return TestClient(app)


def test_list(client: TestClient) -> None:
    assert client.get("/books").json() == ["Emma"]
```

## Good
```python title="test_books.py"
import pytest
from fastapi.testclient import TestClient

from books import app


@pytest.fixture
def client():
    with TestClient(app) as client:
        yield client


def test_list(client: TestClient) -> None:
    assert client.get("/books").json() == ["Emma"]
```

## Known misses
httpx's `AsyncClient`, which never runs the lifespan, and modules that run it themselves (`lifespan_context`, `LifespanManager`). A lifespan that
only logs before it yields is left alone.

## Fix safety
Unsafe: the start-up runs in the tests, which may need what it connects to. Offered for a fixture that returns or yields the client,
and not where the lifespan ends the process (`os._exit`).
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Annotate, Finding, Fix, Replace, Step, SymbolicEdit
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.serving.starting import starts
from fastapi_lint.project.suite import TestCall
from fastapi_lint.project.suite.collection import is_fixture
from fastapi_lint.rule import Rule

rule = Rule("FAL503", fix="unsafe")

STARTED = re.compile(r"\b(?:lifespan_context|LifespanManager|router\.startup|router\.lifespan)\b")

ENDING = frozenset({"_exit", "abort", "kill", "killpg"})
"""Functions of `os`."""


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    calls = [call for call in project.suite.calls if _starts_nothing(call)]
    entered = project.suite.entered if calls else frozenset()
    seen: set[Anchor] = set()
    for call in calls:
        assert call.client is not None
        place, application = call.client.site, call.client.application
        if place is None or application is None or place in seen or place in entered or not project.is_test(place.path):
            continue
        seen.add(place)
        module = project.index.module(place.path)
        starter = starts(project, call.applications[0])
        if starter is None or module is None or module.has(STARTED) or call.test.module.has(STARTED):
            continue
        yield Finding(
            place,
            f"`TestClient` is not entered, so `{starter.name}` does not run before the requests",
            fix=None if _ends_process(starter) else _fix(project, place),
            trace=(Step(starter.anchor, f"`{starter.name}` starts the application"),),
        )


def _starts_nothing(call: TestCall) -> bool:
    return call.client is not None and call.client.kind == "sync" and call.is_resolved


def _ends_process(starter: FunctionDefinition) -> bool:
    """Whether a lifespan stops the program that runs it, which would be the tests."""
    body = s.walk(*starter.node.body, into_functions=True)
    return any(isinstance(node, s.Attribute) and node.attr in ENDING for node in body)


def _fix(project: Project, place: Anchor) -> Fix | None:
    """For `return TestClient(app)`, or `yield`, as the last statement of a fixture."""
    for fixture, _, _ in project.suite.trials.fixtures.values():
        definition = fixture.function.definition
        if definition.module.path != place.path or definition.node.is_async or not is_fixture(fixture.function):
            continue
        last = definition.node.body[-1] if definition.node.body else None
        if _gives(last, place) and _is_simple(definition):
            entered: SymbolicEdit = Replace(place.of("statement"), ("with ", place, " as client:\n    yield client"))
            edits: tuple[SymbolicEdit, ...] = (entered,)
            returns = definition.node.returns
            if returns is not None and isinstance(last, s.Return):
                promised = Anchor(place.path, returns.at)
                iterator = AddImport(place.path, "collections.abc", "Iterator", same_in=("typing",))
                edits = (entered, Annotate(definition.anchor, (iterator, "[", promised, "]")))
            return Fix("Enter the client", edits)
    return None


def _gives(last: object, place: Anchor) -> bool:
    if isinstance(last, s.Return):
        return last.value is not None and last.value.at == place.at
    value = last.value if isinstance(last, s.ExpressionStatement) else None
    return isinstance(value, s.Yield) and value.value is not None and value.value.at == place.at


def _is_simple(definition: FunctionDefinition) -> bool:
    """Whether nothing else leaves the fixture, and nothing in it is called `client`."""
    exits = [node for node in s.walk(*definition.node.body) if isinstance(node, (s.Return, s.Yield))]
    return len(exits) == 1 and "client" not in definition.locals
