"""A `yield` dependency that does not close what it opened.

## What it does
Reports a dependency that makes a database session, a connection or an HTTP client, yields it, and closes it neither in a `finally` nor by
`with`.

## Why is this bad?
Where the route raises, what stands behind the `yield` never runs: the connection does not go back to the pool. After a handful of errors
the pool is empty and every request waits.

## Bad
```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite://")


def get_session() -> Iterator[Session]:
    session = Session(engine)
    yield session
    session.close()


@app.get("/one")
def read_one(session: Session = Depends(get_session)) -> int:
    return session.execute(text("SELECT 1")).scalar_one()
```

## Good
```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite://")


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@app.get("/one")
def read_one(session: Session = Depends(get_session)) -> int:
    return session.execute(text("SELECT 1")).scalar_one()
```

## Known misses
Sessions that a dependency returns, files, and what the project's own classes hold.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import CallSite, Project
from fastapi_lint.project.values import Coroutine, Instance, Value
from fastapi_lint.rule import Rule

rule = Rule("FAL802")

CLOSED = (
    "sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.engine.Connection", "sqlalchemy.ext.asyncio.AsyncConnection",
    "httpx.Client", "httpx.AsyncClient", "aiohttp.ClientSession", "sqlite3.Connection", "aiosqlite.Connection", "psycopg.Connection",
    "psycopg.AsyncConnection", "psycopg2.extensions.connection",
)  # fmt: skip


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition, dependency in project.dependency_functions.items():
        if not definition.node.is_generator or dependency.function is None or project.is_test(definition.module.path):
            continue
        body = definition.node.body
        yielded = {node.value.id for node in s.walk(*body) if type(node) is s.Yield and type(node.value) is s.Name}
        sites = {site.node.at: site for site in project.it.analysis(dependency.function).sites if site.kind == "call"}
        for node in s.walk(*body):
            if type(node) is not s.Assign or len(node.targets) != 1 or type(node.targets[0]) is not s.Name:
                continue
            name = node.targets[0].id
            site = _opening(sites, node.value)
            if site is None or name not in yielded or not _must_be_closed(project, site) or _is_closed(body, name):
                continue
            yield Finding(
                site.anchor,
                f"`{name}` stays open where the route raises: close it in a `finally`, or use `with`",
                symbol=definition.qualname,
            )


def _opening(sites: dict[int, CallSite], value: s.Expression) -> CallSite | None:
    return sites.get(value.value.at if type(value) is s.Await else value.at)


def _must_be_closed(project: Project, site: CallSite) -> bool:
    made: Value | None = site.result.result if type(site.result) is Coroutine else site.result
    return (
        type(made) is Instance
        and isinstance(made.cls, str)
        and any(project.library.is_subclass(made.cls, one) for one in CLOSED)
    )


def _is_closed(body: tuple[s.Statement, ...], name: str) -> bool:
    """Whether a `finally` or a `with` mentions it, or something takes it over: an exit stack, `closing`."""
    for node in s.walk(*body):
        if type(node) is s.Try and _mentions(node.final, name):
            return True
        if type(node) is s.With and any(_mentions((item.context,), name) for item in node.items):
            return True
        if type(node) is s.Call and any(type(a.value) is s.Name and a.value.id == name for a in node.args):
            return True
    return False


def _mentions(nodes: tuple[s.Statement | s.Expression, ...], name: str) -> bool:
    return any(type(node) is s.Name and node.id == name for node in s.walk(*nodes, into_functions=True))
