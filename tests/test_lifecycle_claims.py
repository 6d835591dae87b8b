"""What the lifecycle rules say of FastAPI, tried on the installed release, and what they say of projects on others."""

from __future__ import annotations

import sys
import types
import warnings
from contextlib import suppress
from typing import Any

import pytest

from fastapi_lint.findings import Diagnostic
from fastapi_lint.project.versions import parsed
from fastapi_lint.testing.projects import lint

fastapi = pytest.importorskip("fastapi")
testclient = pytest.importorskip("fastapi.testclient")

INSTALLED = parsed(fastapi.__version__)


def findings(program: str, rule: str, version: str | None = None) -> list[Diagnostic]:
    settings = {"select": [rule], **({"fastapi-version": version} if version else {})}
    return [one for one in lint({"main.py": program}, settings=settings) if one.code == rule]


def imported(program: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "main"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(program, "main.py", "exec"), namespace)
    return namespace


def client(program: str) -> Any:
    return testclient.TestClient(imported(program)["app"], raise_server_exceptions=False)


# ---- FAL112 ----------------------------------------------------------------------------------------------------------

TASK = """\
from fastapi import BackgroundTasks, Depends, FastAPI

app = FastAPI()
order = []

def get_session():
    yield order
    order.append("exit")

def use(session):
    session.append("task")

@app.get("/")
def route(tasks: BackgroundTasks, session=Depends(get_session{})) -> None:
    tasks.add_task(use, session)
"""


@pytest.mark.parametrize(
    ("scope", "order"),
    [("", ["task", "exit"]), (', scope="request"', ["task", "exit"]), (', scope="function"', ["exit", "task"])],
)
@pytest.mark.skipif(INSTALLED < (0, 121), reason="dependencies have no scope before")
def test_request_resource_is_closed_before_the_task(scope: str, order: list[str]) -> None:
    program = TASK.format(scope)
    namespace = imported(program)
    testclient.TestClient(namespace["app"]).get("/")
    assert namespace["order"] == order
    assert bool(findings(program, "FAL112")) is (order[0] == "exit")


@pytest.mark.parametrize(
    ("version", "closed"),
    [
        ("0.105", False),
        ("0.106", True),
        ("0.115.14", True),
        ("0.117.1", True),
        ("0.118", False),
        ("0.165", False),
        (">=0.106,<0.118", True),
        (">=0.105,<0.118", False),
        (">=0.110", False),
    ],
)
def test_request_resource_by_version(version: str, closed: bool) -> None:
    """Run on 0.88, 0.100, 0.105, 0.106, 0.115.14, 0.117.1, 0.118 and 0.165: of these, 0.106 to 0.117.1 exit first."""
    assert bool(findings(TASK.format(""), "FAL112", version)) is closed


# ---- FAL801 to FAL804 ------------------------------------------------------------------------------------------------------

HEAD = """\
from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, WebSocket
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
from starlette.middleware import Middleware

app = FastAPI()
order = []

"""


def fails(program: str) -> bool:
    """Whether a program cannot be imported, or its first request is answered by 500."""
    try:
        return bool(client(HEAD + program).get("/").status_code == 500)
    except Exception:
        return True


@pytest.mark.parametrize(
    "made",
    ["    return 20", "    return [20]", "    yield 20", "    return lambda: 20", "    return get_other"],
)
def test_called_dependency_fails_where_the_result_is_no_dependency(made: str) -> None:
    program = f'def get_other(): return 20\n\ndef get_limit():\n{made}\n\n@app.get("/")\ndef route(limit: Any = Depends(get_limit())):\n    return 1\n'
    assert bool(findings(HEAD + program, "FAL801")) is fails(program)


SESSION = """\
class Session:
    def close(self): order.append("closed")

def get_session():
    {}

@app.get("/")
def route(session: Any = Depends(get_session)):
    raise ValueError
"""


@pytest.mark.parametrize(
    ("body", "closed"),
    [
        ("session = Session()\n    yield session\n    session.close()", False),
        ("session = Session()\n    try:\n        yield session\n    finally:\n        session.close()", True),
        ("session = Session()\n    return session", False),
    ],
)
def test_what_stands_behind_a_yield_runs_only_in_a_finally(body: str, closed: bool) -> None:
    namespace = imported(HEAD + SESSION.format(body))
    testclient.TestClient(namespace["app"], raise_server_exceptions=False).get("/")
    assert bool(namespace["order"]) is closed


SQLALCHEMY = """\
from collections.abc import Iterator
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool
app = FastAPI()
engine = create_engine("sqlite://", poolclass=QueuePool, connect_args={{"check_same_thread": False}})
opened = []

{}

@app.get("/")
def route(session: Session = Depends(get_session)) -> int:
    opened.append(session)
    session.execute(text("SELECT 1"))
    raise ValueError
"""


@pytest.mark.parametrize(
    ("dependency", "kept"),
    [
        ("def get_session() -> Session:\n    return Session(engine)\n", 1),
        (
            "def get_session() -> Iterator[Session]:\n    session = Session(engine)\n    yield session\n    session.close()\n",
            1,
        ),
        ("def get_session() -> Iterator[Session]:\n    with Session(engine) as session:\n        yield session\n", 0),
    ],
)
def test_an_unclosed_session_keeps_its_connection(dependency: str, kept: int) -> None:
    pytest.importorskip("sqlalchemy")
    program = SQLALCHEMY.format(dependency)
    namespace = imported(program)
    testclient.TestClient(namespace["app"], raise_server_exceptions=False).get("/")
    assert namespace["engine"].pool.checkedout() == kept
    assert bool(findings(program, "FAL802")) is bool(kept)


@pytest.mark.parametrize(
    ("clause", "raised", "status"),
    [
        ("except Exception:\n        order.append(1)", "HTTPException(404)", 500),
        ("except Exception:\n        order.append(1)\n        raise", "HTTPException(404)", 404),
        ("except HTTPException:\n        order.append(1)", "HTTPException(404)", 500),
        ("except KeyError:\n        order.append(1)", "HTTPException(404)", 404),
        ("except Exception:\n        raise HTTPException(409)", "ValueError", 409),
    ],
)
def test_a_swallowed_exception_becomes_a_500(clause: str, raised: str, status: int) -> None:
    if INSTALLED < (0, 110):
        pytest.skip("swallowing is allowed before 0.110")
    program = f'def get():\n    try:\n        yield 1\n    {clause}\n\n@app.get("/")\ndef route(got: int = Depends(get)):\n    raise {raised}\n'
    assert client(HEAD + program).get("/").status_code == status
    assert bool(findings(HEAD + program, "FAL803")) is (status == 500)


@pytest.mark.parametrize(("release", "is_lost"), [("0.109.2", False), ("0.110.0", True), (">=0.109", False)])
def test_swallowing_by_release(release: str, is_lost: bool) -> None:
    """0.88, 0.105, 0.106 and 0.109.2 answer 404 all the same; 0.110, 0.115.14, 0.121 and 0.165 answer 500."""
    program = f'{HEAD}def get():\n    try:\n        yield 1\n    except Exception:\n        pass\n\n@app.get("/")\ndef route(got: int = Depends(get)): ...\n'
    assert bool(findings(program, "FAL803", release)) is is_lost


@pytest.mark.parametrize(
    ("release", "raises"), [("0.120", False), ("0.121", True), (">=0.121,<0.130", True), (">=0.120", False)]
)
def test_scopes_by_release(release: str, raises: bool) -> None:
    program = f'{HEAD}def inner(): yield 1\ndef outer(x: int = Depends(inner, scope="function")): yield x\n@app.get("/")\ndef route(x: int = Depends(outer)): ...\n'
    assert bool(findings(program, "FAL809", release)) is raises


@pytest.mark.parametrize("decorator", ["@contextmanager\ndef", "@asynccontextmanager\nasync def", "def", "async def"])
def test_a_decorated_dependency_gives_the_manager(decorator: str) -> None:
    program = f'{decorator} get():\n    yield "a"\n\n@app.get("/")\ndef route(got: Any = Depends(get)) -> bool:\n    return got == "a"\n'
    answer = client(HEAD + program).get("/")
    is_right = answer.status_code == 200 and answer.json() is True
    assert bool(findings(HEAD + program, "FAL804")) is not is_right


# ---- FAL805 to FAL807 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "program",
    [
        "def a(x: Annotated[int, Depends(b)]): ...\ndef b(x: Annotated[int, Depends(a)]): ...\n",
        "def a(x: Annotated[int, Depends(a)]): ...\n",
        "class a:\n    def __init__(self, x: a = Depends()): ...\n",
        "def a(x: Annotated[int, Depends(b)]): ...\ndef b(): ...\n",
    ],
)
def test_a_dependency_cycle_cannot_be_imported(program: str) -> None:
    program = HEAD + program + '@app.get("/")\ndef route(x: Annotated[Any, Depends(a)]): ...\n'
    if findings(program, "FAL805"):
        with pytest.raises(RecursionError):
            imported(program)
    else:
        assert client(program).get("/").status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("names = Depends(get_names)\n    return names[0]", 500),
        ("return Depends(get_names).copy()", 500),
        ("return read_first()", 500),
        ("return read_first(get_names())", 200),
        ("return read_first(names=[])", 500),
        ("return unused()", 200),
    ],
)
def test_depends_in_a_body_is_no_value(body: str, status: int) -> None:
    program = f"""\
def get_names(): return ["Momo"]
def read_first(names=Depends(get_names)): return names[0]
def unused(names=Depends(get_names)): return 1
app.get("/first")(read_first)
app.get("/unused")(unused)
@app.get("/")
def route():
    {body}
"""
    assert client(HEAD + program).get("/").status_code == status
    if "names=[]" not in body:  # an IndexError of its own
        assert bool(findings(HEAD + program, "FAL806")) is (status == 500)


@pytest.mark.parametrize("lifespan", ["lifespan", "None"])
def test_event_handlers_beside_a_lifespan_are_ignored(lifespan: str) -> None:
    program = f"""\
@asynccontextmanager
async def lifespan(app):
    yield

app = FastAPI(lifespan={lifespan})

@app.on_event("startup")
def start():
    order.append("started")
"""
    namespace = imported(HEAD + program)
    with testclient.TestClient(namespace["app"]):
        pass
    assert bool(namespace["order"]) is (lifespan == "None")
    assert bool(findings(HEAD + program, "FAL807")) is (lifespan != "None")


# ---- FAL808 ----------------------------------------------------------------------------------------------------------------

CORS = 'app.add_middleware(CORSMiddleware, allow_origins=["https://example.org"])\n'
GUARD = """\
@app.middleware("http")
async def guard(request: Request, call_next):
    if "token" not in request.headers:
        return JSONResponse({}, 401)
    return await call_next(request)
"""
FAILING = """\
@app.middleware("http")
async def guard(request: Request, call_next):
    try:
        return await call_next(request)
    except Exception:
        return JSONResponse({}, 500)
"""
CHANGING = """\
@app.middleware("http")
async def stamp(request: Request, call_next):
    response = await call_next(request)
    response.headers["x-stamp"] = "1"
    return response
app.add_middleware(GZipMiddleware)
"""
ASGI = """\
class Guard:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await JSONResponse({}, 401)(scope, receive, send)
            return
        await self.app(scope, receive, send)
"""


@pytest.mark.parametrize(
    "program",
    [
        CORS + GUARD,
        GUARD + CORS,
        CORS + FAILING,
        CORS + CHANGING,
        ASGI + CORS + "app.add_middleware(Guard)\n",
        ASGI + "app.add_middleware(Guard)\n" + CORS,
        ASGI
        + 'app = FastAPI(middleware=[Middleware(Guard), Middleware(CORSMiddleware, allow_origins=["https://example.org"])])\n',
        ASGI
        + 'app = FastAPI(middleware=[Middleware(CORSMiddleware, allow_origins=["https://example.org"]), Middleware(Guard)])\n',
    ],
)
def test_an_answer_from_outside_of_cors_has_no_headers(program: str) -> None:
    program += (
        '@app.get("/")\ndef route():\n    raise ValueError\n' if "call_next(request)\n    except" in program else ""
    )
    program += '@app.get("/plain")\ndef plain(): return 1\n'
    path = "/" if "raise ValueError" in program else "/plain"
    answer = client(HEAD + program).get(path, headers={"Origin": "https://example.org"})
    assert ("access-control-allow-origin" in answer.headers) is not bool(findings(HEAD + program, "FAL808"))


def test_cors_that_is_added_last_covers_the_answer() -> None:
    program = HEAD + CORS + GUARD
    (found,) = findings(program, "FAL808")
    assert found.fix is not None
    for edit in sorted(found.fix.edits, key=lambda edit: -edit.start):
        program = program[: edit.start] + edit.replacement + program[edit.end :]
    answer = client(program).get("/", headers={"Origin": "https://example.org"})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "https://example.org"


# ---- FAL809 ----------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(INSTALLED < (0, 121), reason="dependencies have no scope before")
@pytest.mark.parametrize("outer", ["", ', scope="request"', ', scope="function"'])
@pytest.mark.parametrize("inner", ["", ', scope="request"', ', scope="function"'])
@pytest.mark.parametrize("keyword", ["yield", "return"])
@pytest.mark.parametrize("below", ["yield", "return"])
def test_a_scope_that_does_not_fit_raises(outer: str, inner: str, keyword: str, below: str) -> None:
    program = f"""\
def inner(): {below} 1
def outer(x: Annotated[int, Depends(inner{inner})]): {keyword} x
@app.get("/")
def route(x: Annotated[int, Depends(outer{outer})]) -> int: return x
"""
    found = findings(HEAD + program, "FAL809")
    if found:
        with pytest.raises(Exception, match="scope"):
            imported(HEAD + program)
    else:
        imported(HEAD + program)


# ---- FAL811 to FAL813 --------------------------------------------------------------------------------------------------------


def test_a_shared_session_fails_for_everyone_after_one_error() -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    program = """\
from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

class Base(DeclarativeBase): ...
class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)

engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
session = Session(engine)
app = FastAPI()

@app.post("/{number}")
def add(number: int) -> int:
    session.add(Book(id=number))
    session.flush()
    return number
"""
    assert findings(program, "FAL811")
    module = types.ModuleType("shared_session_of_a_test")  # SQLAlchemy looks annotations up in it
    sys.modules[module.__name__] = module
    try:
        exec(compile(program, "main.py", "exec"), module.__dict__)
        asked = testclient.TestClient(module.__dict__["app"], raise_server_exceptions=True)
        assert asked.post("/1").status_code == 200
        module.__dict__["session"].expunge_all()
        with pytest.raises(sqlalchemy.exc.IntegrityError):
            asked.post("/1")
        with pytest.raises(sqlalchemy.exc.PendingRollbackError):
            asked.post("/2")  # another request, and nothing is wrong with it
    finally:
        del sys.modules[module.__name__]


@pytest.mark.parametrize(
    "body",
    [
        "await websocket.receive_text()",
        "await websocket.receive_json()",
        "await websocket.receive_bytes()",
        "await websocket.send_text('x')",
        "await websocket.send_json(1)",
        "await websocket.send_bytes(b'x')",
        "async for one in websocket.iter_text(): pass",
        "await websocket.close()",
        "await websocket.accept(); await websocket.send_text('x')",
        "await websocket.send({'type': 'websocket.accept'}); await websocket.send_text('x')",
    ],
)
def test_a_websocket_raises_before_it_is_accepted(body: str) -> None:
    program = HEAD + f'@app.websocket("/")\nasync def route(websocket: WebSocket):\n    {body}\n'
    asked = testclient.TestClient(imported(program)["app"])
    if findings(program, "FAL812"):
        with pytest.raises(RuntimeError, match="accept"), asked.websocket_connect("/"):
            pass
    else:
        with suppress(fastapi.WebSocketDisconnect), asked.websocket_connect("/"):
            pass


@pytest.mark.parametrize(
    "loop",
    [
        "while True:\n        await websocket.receive_text()",
        "async for text in websocket.iter_text():\n        order.append(text)",
        "try:\n        while True:\n            await websocket.receive_text()\n    except Exception:\n        pass",
    ],
)
def test_what_stands_behind_a_loop_runs_after_a_disconnect(loop: str) -> None:
    program = (
        HEAD
        + f"""\
@app.websocket("/")
async def route(websocket: WebSocket):
    await websocket.accept()
    {loop}
    order.append("end")
"""
    )
    namespace = imported(program)
    with (
        suppress(fastapi.WebSocketDisconnect),
        testclient.TestClient(namespace["app"]).websocket_connect("/") as socket,
    ):
        socket.send_text("x")
    assert ("end" in namespace["order"]) is not bool(findings(program, "FAL813"))


@pytest.mark.parametrize(
    ("received", "iterated"),
    [
        ("data = await websocket.receive_bytes()", "async for data in websocket.iter_bytes():"),
        ("data = await websocket.receive_json()", "async for data in websocket.iter_json():"),
        ('data = await websocket.receive_json(mode="binary")', None),
        ("data = await websocket.receive_text() + 'x'", None),
    ],
)
def test_a_loop_becomes_an_iteration_where_nothing_is_lost(received: str, iterated: str | None) -> None:
    loop = f"    while True:\n        {received}\n        order.append(1)  # kept\n"
    program = f'{HEAD}@app.websocket("/")\nasync def route(websocket: WebSocket):\n    await websocket.accept()\n{loop}'
    (found,) = findings(program, "FAL813")
    if iterated is None:
        assert found.fix is None
        return
    assert found.fix is not None
    for edit in sorted(found.fix.edits, key=lambda edit: -edit.start):
        program = program[: edit.start] + edit.replacement + program[edit.end :]
    assert program.endswith(f"    {iterated}\n        order.append(1)  # kept\n")
    compile(program, "main.py", "exec")
