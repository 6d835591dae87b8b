"""Requests that wait for one another without need.

## What it does
Reports statements in a row, in an `async def` that a route or dependency runs, that each wait for something to be read over the network
(`client.get(...)`, a query through a pool) and do not use what the ones before them gave. Only reads are looked at, and only by way of clients that
several tasks may use at once: a SQLAlchemy session or a single connection is none. The project's own coroutine functions count where all
that they wait for are such reads.

## Why is this bad?
The answer takes as long as all of them together, where it could take as long as the slowest one.

## Bad
```python
import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient(base_url="https://example.org")


@app.get("/book")
async def read_book() -> dict[str, str]:
    book = await client.get("/book")
    price = await client.get("/price")
    return {"book": book.text, "price": price.text}
```

## Good
```python
import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient(base_url="https://example.org")


@app.get("/book")
async def read_book() -> dict[str, str]:
    book, price = await asyncio.gather(client.get("/book"), client.get("/price"))
    return {"book": book.text, "price": price.text}
```

## Known misses
Statements with others between them, requests that write, and clients that the linter does not know.

## Fix safety
Only shown: with `asyncio.gather`, both requests are sent even if the first one fails, and both at once.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Finding, Fix, Replace, Template
from fastapi_lint.project import CallSite, Project, describe
from fastapi_lint.project.database import queries
from fastapi_lint.project.database.limits import SQL_READS, SQL_WRITES
from fastapi_lint.project.interpreting.definitions import FunctionDefinition, target_names
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import Const, FunctionValue, Instance, Method, known_members
from fastapi_lint.rule import Rule

rule = Rule("FAL605", severity="info", default=False, fix="display")

HTTP = frozenset({"get", "head", "options"})
MONGO = frozenset({"find_one", "count_documents", "estimated_document_count", "distinct"})
REDIS = frozenset({
    "exists", "get", "hexists", "hget", "hgetall", "hkeys", "hlen", "hmget", "hvals", "keys", "lindex", "llen", "lrange", "mget", "scard", "sismember",
    "smembers", "strlen", "ttl", "zcard", "zrange", "zscore",
})  # fmt: skip
SEARCH = frozenset({"count", "exists", "get", "search"})
SQL = frozenset({"fetch", "fetchrow", "fetchval", "fetch_all", "fetch_one", "fetch_val"})
CONCURRENT = {
    "aiohttp.ClientSession": HTTP,
    "httpx.AsyncClient": HTTP,
    "motor.motor_asyncio.AsyncIOMotorCollection": MONGO,
    "pymongo.asynchronous.collection.AsyncCollection": MONGO,
    "redis.asyncio.Redis": REDIS,
    "elasticsearch.AsyncElasticsearch": SEARCH,
    "opensearchpy.AsyncOpenSearch": SEARCH,
    "asyncpg.Pool": SQL,
    "databases.Database": SQL,
}
"""Clients that give each task a connection of its own, and what only reads."""
DEEPEST = 3


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition, frame in queries.runs(project, lambda one: one.node.is_async and one.node.awaits):
        sites = {site.node.at: site for site in frame.sites if site.kind == "call"}
        for block in _blocks(definition.node.body):
            for run in _runs(block):
                waiting = _independent(project, run, sites)
                if len(waiting) > 1:
                    yield _finding(definition, frame, waiting)


def _finding(definition: FunctionDefinition, frame: Frame, waiting: list[tuple[s.Assign, CallSite]]) -> Finding:
    names = " and ".join(f"`{describe.called(site)}`" for _, site in waiting[:2])
    return Finding(
        waiting[1][1].anchor,
        f"{names} wait for one another, though neither needs what the other gives",
        fix=_fix(frame, waiting),
        symbol=definition.qualname,
    )


def _blocks(body: tuple[s.Statement, ...]) -> Iterator[tuple[s.Statement, ...]]:
    yield body
    for statement in body:
        match statement:
            case s.If(body=inner, orelse=other) | s.For(body=inner, orelse=other) | s.While(body=inner, orelse=other):
                yield from _blocks(inner)
                yield from _blocks(other)
            case s.With(body=inner):
                yield from _blocks(inner)
            case s.Try(body=inner, handlers=handlers, orelse=other, final=final):
                for part in (inner, other, final, *(handler.body for handler in handlers)):
                    yield from _blocks(part)
            case s.Match(cases=cases):
                for case in cases:
                    yield from _blocks(case.body)


def _runs(block: tuple[s.Statement, ...]) -> Iterator[list[s.Assign]]:
    """The assignments of awaited calls that stand directly one after another."""
    run: list[s.Assign] = []
    for statement in (*block, None):
        if type(statement) is s.Assign and type(statement.value) is s.Await and type(statement.value.value) is s.Call:
            run.append(statement)
        else:
            if len(run) > 1:
                yield run
            run = []


def _independent(project: Project, run: list[s.Assign], sites: dict[int, CallSite]) -> list[tuple[s.Assign, CallSite]]:
    """The first statements of a run that read, none of which uses what another one gives."""
    found: list[tuple[s.Assign, CallSite]] = []
    bound: set[str] = set()
    for statement in run:
        call = statement.value.value if type(statement.value) is s.Await else statement.value
        site = sites.get(call.at)
        used = {node.id for node in s.walk(call, into_functions=True) if type(node) is s.Name}
        names = {name for target in statement.targets for name in target_names(target)}
        plain = all(type(target) is s.Name for target in statement.targets) and len(statement.targets) == 1
        if site is None or not plain or used & bound or names & bound or not _reads(project, site, 0):
            if len(found) > 1:
                break
            found, bound = [], set()
            if site is None or not plain or not _reads(project, site, 0):
                continue
        found.append((statement, site))
        bound |= names
    return found


def _reads(project: Project, site: CallSite, depth: int) -> bool:
    """Whether all that a call waits for is read by clients that several tasks may use at once."""
    callees = list(known_members(site.callee))
    return bool(callees) and all(_callee_reads(project, site, callee, depth) for callee in callees)


def _callee_reads(project: Project, site: CallSite, callee: object, depth: int) -> bool:
    if type(callee) is Method:
        if callee.name not in CONCURRENT.get(callee.owner, ()):
            return False
        return callee.name not in SQL or callee.owner not in ("asyncpg.Pool", "databases.Database") or _selects(site)
    if type(callee) is not FunctionValue or depth >= DEEPEST:
        return False
    node = callee.definition.node
    if not node.is_async or node.is_generator or _keeps_something(node.body) or callee.definition.is_abstract:
        return False
    frame = project.it.analysis(callee, site.arguments)
    waits = [one for one in frame.sites if one.awaited or one.kind == "enter"]
    return bool(waits) and all(_is_client(one) or _reads(project, one, depth + 1) for one in waits)


def _is_client(site: CallSite) -> bool:
    """Whether a `with` only opens a client, or a client's answer."""
    return site.kind == "enter" and all(
        type(one) is Instance and (one.class_name in CONCURRENT or one.class_name == "aiohttp.ClientResponse")
        for one in known_members(site.callee)
    )


def _selects(site: CallSite) -> bool:
    statement = site.arguments.get("query", 0)
    text = statement.value if type(statement) is Const else None
    return isinstance(text, str) and SQL_READS.search(text) is not None and SQL_WRITES.search(text) is None


def _keeps_something(body: tuple[s.Statement, ...]) -> bool:
    """Whether a function changes what others may see."""
    for node in s.walk(*body):
        if type(node) is s.Flow and node.kind in ("global", "nonlocal"):
            return True
        targets = node.targets if type(node) is s.Assign else ()
        if any(type(target) in (s.Attribute, s.Subscript) for target in targets):
            return True
    return False


def _fix(frame: Frame, waiting: list[tuple[s.Assign, CallSite]]) -> Fix:
    path = frame.module.path
    names = ", ".join(name for statement, _ in waiting for target in statement.targets for name in target_names(target))
    calls: list[str | Anchor | AddImport] = []
    for _, site in waiting:
        calls += [", ", site.anchor] if calls else [site.anchor]
    text: Template = (f"{names} = await ", AddImport(path, "asyncio"), ".gather(", *calls, ")")
    first, *rest = (Anchor(path, statement.at) for statement, _ in waiting)
    return Fix("Send them at once", (Replace(first, text), *(Replace(one, ()) for one in rest)), "display")
