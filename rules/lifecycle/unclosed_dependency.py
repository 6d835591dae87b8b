"""A `yield` dependency that does not close what it opened.

## What it does
Reports a dependency that makes a database session, a connection or an HTTP client, yields it, and closes it neither in a `finally` nor by
`with`; and one that makes a session or connection and returns it, so that nobody can close it after the request.

## Why is this bad?
Where the route raises, what stands behind the `yield` never runs: the connection does not go back to the pool. After a handful of errors
the pool is empty and every request waits. A session that is returned keeps its connection until the garbage collector comes by.

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
Files, what the project's own classes hold, and sessions that a function of the project makes for the dependency. A session that some route
closes itself is left alone.

## Fix safety
Unsafe: a transaction that was left open is rolled back. Offered where the dependency does nothing but make it and give it away, and for
what `with` really closes: the `with` of a SQLite connection does not.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Annotate, Finding, Fix, Replace, SymbolicEdit
from fastapi_lint.project import CallSite, Project
from fastapi_lint.project.database import queries, sessions
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import FunctionValue, members
from fastapi_lint.project.serving.dependencies import Dependency
from fastapi_lint.rule import Rule

rule = Rule("FAL802", fix="unsafe")

YIELDED = (*sessions.SESSIONS, *sessions.CONNECTIONS, *sessions.CLIENTS)
RETURNED = (*sessions.SESSIONS, *sessions.CONNECTIONS)


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition, dependency in project.dependency_functions.items():
        if dependency.function is None or project.is_test(definition.module.path):
            continue
        sites = {site.node.at: site for site in project.it.analysis(dependency.function).sites if site.kind == "call"}
        if definition.node.is_generator:
            yield from _yielded(project, definition, sites)
        elif not queries.is_cached(definition) and definition.name != "__init__":
            yield from _returned(project, definition, dependency, sites)


def _yielded(project: Project, definition: FunctionDefinition, sites: dict[int, CallSite]) -> Iterator[Finding]:
    body = definition.node.body
    yielded = {node.value.id for node in s.walk(*body) if type(node) is s.Yield and type(node.value) is s.Name}
    for name, value in _assigned(body):
        site = _opening(sites, value)
        if site is None or name not in yielded or not sessions.is_one_of(project, sessions.opened(site), YIELDED):
            continue
        if not _is_closed(body, name):
            yield Finding(
                site.anchor,
                f"`{name}` stays open where the route raises: close it in a `finally`, or use `with`",
                fix=_fix_of_yield(project, definition, name, site),
                symbol=definition.qualname,
            )
    for node in s.walk(*body):
        if type(node) is s.Yield and node.value is not None:
            site = _opening(sites, node.value)
            if site is not None and sessions.is_one_of(project, sessions.opened(site), YIELDED):
                message = f"what `{definition.name}` opens here is never closed"
                yield Finding(site.anchor, message, symbol=definition.qualname)


def _returned(
    project: Project, definition: FunctionDefinition, dependency: Dependency, sites: dict[int, CallSite]
) -> Iterator[Finding]:
    body = definition.node.body
    assigned = dict(_assigned(body))
    for node in s.walk(*body):
        if type(node) is not s.Return or node.value is None:
            continue
        name = node.value.id if type(node.value) is s.Name else ""
        if name and (name not in assigned or _is_closed(body, name) or _is_kept(body, name)):
            continue
        site = _opening(sites, assigned[name] if name else node.value)
        if site is None or not sessions.is_one_of(project, sessions.opened(site), RETURNED):
            continue
        if any(type(callee) is FunctionValue for callee in members(site.callee)) or _is_closed_by_route(
            project, definition
        ):
            continue
        yield Finding(
            site.anchor,
            f"nobody closes what `{definition.name}` returns: only a dependency with `yield` can, after the request",
            fix=_fix_of_return(project, definition, node, site),
            symbol=definition.qualname,
        )


def _assigned(body: tuple[s.Statement, ...]) -> Iterator[tuple[str, s.Expression]]:
    for node in s.walk(*body):
        if type(node) is s.Assign and len(node.targets) == 1 and type(node.targets[0]) is s.Name:
            yield node.targets[0].id, node.value
        elif type(node) is s.AnnotatedAssign and type(node.target) is s.Name and node.value is not None:
            yield node.target.id, node.value


def _opening(sites: dict[int, CallSite], value: s.Expression) -> CallSite | None:
    return sites.get(value.value.at if type(value) is s.Await else value.at)


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


def _is_kept(body: tuple[s.Statement, ...], name: str) -> bool:
    """Whether it is put into an attribute or container, from which others may close it, or made somewhere else too."""
    outer = {one for node in s.walk(*body) if type(node) is s.Flow and node.kind == "global" for one in node.names}
    return name in outer or any(
        type(node) is s.Assign
        and type(node.value) is s.Name
        and node.value.id == name
        and any(type(target) in (s.Attribute, s.Subscript) for target in node.targets)
        for node in s.walk(*body)
    )


def _is_closed_by_route(project: Project, definition: FunctionDefinition) -> bool:
    """Whether some function that gets it enters or closes it."""
    takers = [
        *(route.function for route in project.routes),
        *(d.function for d in project.dependency_functions.values()),
    ]
    for taker in takers:
        for one in project.dependencies.of_function(taker) if taker is not None else ():
            if one.function is None or one.function.definition is not definition or one.name is None or taker is None:
                continue
            if any(_closes(node, one.name) for node in s.walk(*taker.definition.node.body, into_functions=True)):
                return True
    return False


def _closes(node: s.Node, name: str) -> bool:
    if type(node) is s.With:
        return any(_mentions((item.context,), name) for item in node.items)
    match node:
        case s.Call(func=s.Attribute(value=s.Name(id=found), attr="close" | "aclose")):
            return found == name
    return False


def _mentions(nodes: tuple[s.Statement | s.Expression, ...], name: str) -> bool:
    return any(type(node) is s.Name and node.id == name for node in s.walk(*nodes, into_functions=True))


# ---- fixes ------------------------------------------------------------------------------------------------------------------


def _keyword(project: Project, definition: FunctionDefinition, site: CallSite) -> str | None:
    """`with` or `async with`, as it closes what a call makes; None where neither does, or the function cannot have it."""
    made = sessions.opened(site)
    if not sessions.is_one_of(project, made, sessions.MANAGED) or made is not site.result:
        return None
    if not sessions.is_one_of(project, made, sessions.ASYNC):
        return "with "
    return "async with " if definition.node.is_async else None


def _fix_of_yield(project: Project, definition: FunctionDefinition, name: str, site: CallSite) -> Fix | None:
    body, keyword = definition.node.body, _keyword(project, definition, site)
    path = definition.module.path
    at = next((i for i, one in enumerate(body) if type(one) is s.Assign and one.value.at == site.node.at), len(body))
    rest = body[at:]
    match rest:
        case (s.Assign(), s.ExpressionStatement(value=s.Yield(value=s.Name(id=found))) as given, *after) if (
            found == name and keyword is not None and len(after) <= 1 and all(_is_close(one, name) for one in after)
        ):
            edits: list[SymbolicEdit] = [
                Replace(Anchor(path, rest[0].at), (keyword, site.anchor, f" as {name}:")),
                Replace(Anchor(path, given.at), (f"    yield {name}",)),
                *(Replace(Anchor(path, one.at), ()) for one in after),
            ]
            return Fix("Open it by `with`", tuple(edits))
    return None


def _is_close(statement: s.Statement, name: str) -> bool:
    if type(statement) is not s.ExpressionStatement:
        return False
    called = statement.value.value if type(statement.value) is s.Await else statement.value
    return _closes(called, name)


def _fix_of_return(project: Project, definition: FunctionDefinition, node: s.Return, site: CallSite) -> Fix | None:
    body, keyword = definition.node.body, _keyword(project, definition, site)
    path, returns = definition.module.path, definition.node.returns
    start = len(body) - (1 if type(node.value) is not s.Name else 2)
    others = [one for one in s.walk(*body) if type(one) is s.Return and one is not node]
    if keyword is None or others or start < 0 or body[-1] is not node or project.is_awaited(definition):
        return None
    name = node.value.id if type(node.value) is s.Name else "session"
    edits: list[SymbolicEdit] = []
    if start == len(body) - 2:
        first = body[start]
        if type(first) is not s.Assign or first.value.at != site.node.at:
            return None
        edits = [
            Replace(Anchor(path, first.at), (keyword, site.anchor, f" as {name}:")),
            Replace(Anchor(path, node.at), (f"    yield {name}",)),
        ]
    else:
        edits = [Replace(Anchor(path, node.at), (keyword, site.anchor, f" as {name}:\n    yield {name}"))]
    if returns is not None:
        kind = "AsyncIterator" if definition.node.is_async else "Iterator"
        iterator = AddImport(path, "collections.abc", kind, ("typing",))
        edits.append(Annotate(definition.anchor, (iterator, "[", Anchor(path, returns.at), "]")))
    return Fix("Yield it from a `with`", tuple(edits))
