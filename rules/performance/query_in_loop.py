"""A query or a request for each item of a loop.

## What it does
Reports a loop or comprehension in a route, in a dependency or in a function that one of them calls, which asks a database or another
service for each item and waits for the answer, also by way of the project's own functions. Functions inside others count as they run: those
left to a background task do not. Calls are told apart by type; to read a collection that SQLAlchemy loads lazily is a call too. Loops over
pages, batches, attempts and a few written things are fine, and so are `asyncio.gather`, tasks, what a session or a pipeline sends all at once,
what is kept once it is known, and what happens for the last item only.

## Why is this bad?
A hundred items are a hundred round trips, one after another. With a few rows in the tests nobody notices.

## Bad
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


@app.get("/prices")
def read_prices(ids: str, session: Session = Depends(get_session)) -> list[float]:
    found = []
    for one in ids.split(","):
        found.append(session.execute(text("SELECT price FROM books WHERE id = :id"), {"id": one}).scalar_one())
    return found
```

## Good
```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import bindparam, create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite://")


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@app.get("/prices")
def read_prices(ids: str, session: Session = Depends(get_session)) -> list[float]:
    statement = text("SELECT price FROM books WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))
    return [float(row.price) for row in session.execute(statement, {"ids": ids.split(",")})]
```

## Known misses
Relations other than SQLAlchemy's collections, and those of rows that the function is given, loops two calls below a route, `while` loops, and receivers of unknown type.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import CallSite, Project, describe
from fastapi_lint.project.database import queries, relations
from fastapi_lint.project.database.loops import Loop, item_loops
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import External, Method, Sequence, known_members
from fastapi_lint.rule import Rule

rule = Rule("FAL601")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    known = queries.of(project)
    for definition, frame in queries.runs(project, _has_loops):
        said: set[int] = set()
        for loop in reversed(list(item_loops(definition.node.body))):  # the innermost one has the word
            found = _repeated(frame, loop, known, said)
            if found is not None:
                site, query = found
                said |= {node.at for node in s.walk(*loop.body)}
                yield Finding(
                    site.anchor,
                    f"`{query.name}` is called once for each item of the loop in `{definition.name}`",
                    trace=tuple(_trace(query)) if len(query.sites) > 1 else (),
                    symbol=definition.qualname,
                )
                continue
            lazy = relations.lazy_read(project.it, definition, frame, loop)
            if lazy is not None and lazy.at not in said:
                said |= {node.at for node in s.walk(*loop.body)}
                yield Finding(
                    definition.anchor._replace(at=lazy.at),
                    f"`{lazy.attr}` is loaded once for each item of the loop in `{definition.name}`",
                    symbol=definition.qualname,
                )


def _has_loops(definition: FunctionDefinition) -> bool:
    has_some = s.For in definition.records or s.Comprehension in definition.records
    return has_some and next(item_loops(definition.node.body), None) is not None


def _repeated(
    frame: Frame, loop: Loop, known: queries.Queries, said: set[int]
) -> tuple[CallSite, queries.Query] | None:
    """The first query of a loop's body that depends on the item, but for those that were told of."""
    if (loop.is_async and not _reads_rows(frame, loop)) or _is_constant(frame, loop):
        return None
    inside = {node.at for node in s.walk(*loop.body)} - loop.last
    for site in sorted(frame.sites, key=lambda site: site.node.at):
        if site.node.at in inside and site.node.at not in said and loop.depends(site.node):
            query = known.query(site)
            if query is not None:
                return site, query
    return None


def _is_constant(frame: Frame, loop: Loop) -> bool:
    """Whether a loop goes over a few things that are written at the top of a module."""
    if type(loop.iter) is not s.Name or (frame.function is not None and loop.iter.id in frame.function.locals):
        return False
    outer: Frame | None = frame
    while outer is not None and loop.iter.id not in outer.env:
        outer = outer.parent
    value = outer.env[loop.iter.id] if outer is not None else None
    return type(value) is Sequence and bool(value.items) and outer is not None and outer.function is None


def _reads_rows(frame: Frame, loop: Loop) -> bool:
    """Whether an `async for` goes over rows, rather than over what arrives in the course of time."""
    for site in frame.sites:
        if site.node.at == loop.iter.at:
            for member in known_members(site.callee):
                name = member.name if type(member) is External else member.qualname if type(member) is Method else ""
                if name.partition(".")[0] in queries.REMOTE:
                    return True
    return False


def _trace(query: queries.Query) -> Iterator[Step]:
    for site in query.sites:
        yield Step(site.anchor, f"`{describe.caller(site)}` calls `{describe.called(site)}`")
