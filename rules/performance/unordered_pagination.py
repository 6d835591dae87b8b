"""Pages of rows that have no order.

## What it does
Reports a query that skips rows, by `offset`, `skip`, `slice`, `paginate` or `OFFSET` in its text, and that nothing in the function puts into
an order. Queries are known by their types. What a function is given, or gets from another function of the project, may be ordered already,
so such queries are fine.

## Why is this bad?
Without an order a database may give the rows in another one each time. Then a client that reads page by page gets some rows twice and
others never, mostly when rows are changed in between or the plan of the query changes: not in the tests.

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


@app.get("/titles")
def list_titles(offset: int = 0, session: Session = Depends(get_session)) -> list[str]:
    statement = text("SELECT title FROM books LIMIT 20 OFFSET :offset")
    return [row.title for row in session.execute(statement, {"offset": offset})]
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


@app.get("/titles")
def list_titles(offset: int = 0, session: Session = Depends(get_session)) -> list[str]:
    statement = text("SELECT title FROM books ORDER BY title, id LIMIT 20 OFFSET :offset")
    return [row.title for row in session.execute(statement, {"offset": offset})]
```

## Known misses
Slices of Django query sets, an order by something that several rows share, and functions in which another query is ordered.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import CallSite, Project, searching
from fastapi_lint.project.database.limits import Statements
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import (
    Const,
    External,
    FunctionValue,
    Instance,
    Method,
    Text,
    Value,
    known_members,
)
from fastapi_lint.rule import Rule

rule = Rule("FAL607", default=False)

PAGED = re.compile(r"\.(?:offset|skip|paginate|slice)\(|\boffset\b", re.IGNORECASE)
SKIPPING = {
    "sqlalchemy.Select": ("offset", "slice"),
    "sqlalchemy.orm.Query": ("offset", "slice"),
    "tortoise.queryset.QuerySet": ("offset",),
    "peewee.ModelSelect": ("offset", "paginate"),
    "beanie.odm.queries.find.FindMany": ("skip",),
    "pymongo.cursor.Cursor": ("skip",),
    "pymongo.asynchronous.cursor.AsyncCursor": ("skip",),
    "motor.motor_asyncio.AsyncIOMotorCursor": ("skip",),
}
ORDERING = frozenset({"order_by", "sort", "sort_by"})
SQL_ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)
SQL_PAGE = re.compile(r"\bselect\b.*\boffset\b", re.IGNORECASE | re.DOTALL)
RUNNING = frozenset({"sqlalchemy.text", "sqlmodel.text"})
RUNNING_METHODS = frozenset({"execute", "fetch", "fetch_all", "execute_fetchall", "exec_driver_sql"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for function in searching.functions(project, PAGED):
        body = function.definition.node.body
        if any(map(_orders, s.walk(*body, into_functions=True))):
            continue
        frame = project.it.analysis(function)
        statements = Statements(frame, body)
        for site in frame.sites:
            what = _skips(site)
            if what is not None and _is_made_here(site, frame, statements):
                yield Finding(
                    site.anchor,
                    f"`{what}` skips rows that have no order: pages may repeat some and miss others",
                    symbol=function.definition.qualname,
                )


def _orders(node: s.Node) -> bool:
    match node:
        case s.Call(func=s.Attribute(attr=attr), args=args):
            return attr in ORDERING or any(argument.keyword in ("sort", "order_by") for argument in args)
        case s.Constant(value=str(text)):
            return SQL_ORDER.search(text) is not None or text == "$sort"
    return False


def _skips(site: CallSite) -> str | None:
    """What a call that leaves rows out is called; None for one that does not, or of which we cannot tell."""
    if site.kind != "call" or type(site.node) is not s.Call:
        return None
    for member in known_members(site.callee):
        if type(member) is Method and member.name in SKIPPING.get(member.owner, ()):
            given = site.node.args[0].value if site.node.args else None
            is_nothing = type(given) is s.Constant and given.value in (0, None)
            return None if is_nothing else f"{member.owner.rpartition('.')[2]}.{member.name}"
        runs = (type(member) is External and member.name in RUNNING) or (
            type(member) is Method and member.name in RUNNING_METHODS
        )
        if runs and site.arguments.positional and _is_page(site.arguments.positional[0]):
            return "OFFSET"
    return None


def _is_page(statement: Value) -> bool:
    """Whether the text of a query is known to its end, and has an OFFSET without an order."""
    parts = statement.parts if type(statement) is Text else (statement,)
    text = " ".join(str(part.value) for part in parts if type(part) is Const)
    known = all(type(part) is Const for part in parts) or (type(statement) is Text and _has_plain_holes(statement))
    return known and SQL_PAGE.search(text) is not None and SQL_ORDER.search(text) is None


def _has_plain_holes(statement: Text) -> bool:
    """Whether what is not known of a text are numbers."""
    holes = [part for part in statement.parts if type(part) is not Const]
    return all(type(hole) is Instance and hole.class_name == "builtins.int" for hole in holes)


def _is_made_here(site: CallSite, frame: Frame, statements: Statements) -> bool:
    """Whether a query is begun in the function itself: what comes from elsewhere may be ordered."""
    sites = {one.node.at: one for one in frame.sites if one.kind == "call"}
    parameters = {p.name for p in site.function.node.parameters} if site.function is not None else set()
    begun = False
    for node in statements.behind(site.node):
        if type(node) is s.Call and node.at in sites:
            callees = list(known_members(sites[node.at].callee))
            if any(type(one) is FunctionValue for one in callees):
                return False
            begun = begun or any(_begins(one) for one in callees)
        elif type(node) is s.Name and node.id in parameters and _is_query(frame.env.get(node.id)):
            return False
    return begun


def _begins(callee: Value) -> bool:
    if type(callee) is External:
        return callee.name in RUNNING or callee.name.rpartition(".")[2] == "select"
    return type(callee) is Method and (
        callee.name in ("query", "find", "find_many", "find_all", "select", *RUNNING_METHODS)
        or callee.owner in ("tortoise.models.Model", "peewee.Model", "beanie.Document")
    )


def _is_query(value: Value | None) -> bool:
    return value is None or any(
        type(one) is not Instance or one.class_name in SKIPPING or one.class_name == "builtins.object"
        for one in known_members(value)
    )
