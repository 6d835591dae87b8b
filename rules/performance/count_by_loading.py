"""Rows that are loaded to be counted.

## What it does
Reports `len(...)` of all the rows of a query, where the rows themselves are not used: `len(session.scalars(statement).all())`, `len()` of a
Django query set, `sum(1 for row in rows)`. Queries are known by their types. Queries with a limit are fine, since then the number of rows
loaded is known, and so is what a statement that writes gives back.

## Why is this bad?
The database could have counted them without sending any. So each row travels, becomes an object, and is thrown away.

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


@app.get("/books/count")
def count_books(session: Session = Depends(get_session)) -> int:
    return len(session.execute(text("SELECT title FROM books")).all())
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


@app.get("/books/count")
def count_books(session: Session = Depends(get_session)) -> int:
    return session.execute(text("SELECT count(*) FROM books")).scalar_one()
```

## Known misses
Relations (`len(author.books)`), rows that are filtered in Python before they are counted, and functions that no route calls, unless they count
on the line that loads.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import CallSite, Project, describe, searching
from fastapi_lint.project.database import queries, rows
from fastapi_lint.project.database.limits import Statements
from fastapi_lint.project.database.row_flow import Flow
from fastapi_lint.project.interpreting.definitions import FunctionDefinition, target_names
from fastapi_lint.project.interpreting.values import External, FunctionValue, known_members
from fastapi_lint.rule import Rule

rule = Rule("FAL606")

AT_ONCE = re.compile(r"\b(?:len|sum)\(.*(?:\.all\(|fetchall\(|to_list\(|\.objects\b)")
LISTING = frozenset({"list", "tuple", "sorted"})
MEASURED = frozenset({"django.db.models.QuerySet", "peewee.ModelSelect"})
"""Queries that know their length, by reading everything."""


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    known = rows.of(project)
    for function in _functions(project):
        flow = known.flow(function)
        if flow is None:
            continue
        definition = function.definition
        for node in s.walk(*definition.node.body):
            source = _counted(node, flow, definition) if type(node) is s.Call else None
            if source is not None and _selects(source):
                helped = source.function is not definition
                yield Finding(
                    definition.anchor._replace(at=node.at),
                    f"`{definition.name}` loads every row that `{describe.called(source)}` finds, only to count them",
                    trace=(Step(source.anchor, f"`{describe.caller(source)}` calls `{describe.called(source)}`"),)
                    if helped
                    else (),
                    symbol=definition.qualname,
                )


def _functions(project: Project) -> Iterator[FunctionValue]:
    seen: set[FunctionDefinition] = set()
    for definition, _ in queries.runs(project, _counts):
        function = project.it.functions.get(definition)
        if function is not None and definition not in seen:
            seen.add(definition)
            yield function
    for function in searching.functions(project, AT_ONCE):
        if function.definition not in seen and _counts(function.definition):
            yield function


def _counts(definition: FunctionDefinition) -> bool:
    return any(_is_called(node, "len", "sum") for node in definition.records.get(s.Call, ()))


def _is_called(node: s.Node, *names: str) -> bool:
    return type(node) is s.Call and type(node.func) is s.Name and node.func.id in names and len(node.args) == 1


def _counted(node: s.Call, flow: Flow, definition: FunctionDefinition) -> CallSite | None:
    """The call that loads the rows which another one counts."""
    site = flow.sites.get(node.at)
    callee = next(known_members(site.callee), None) if site is not None else None
    if type(callee) is not External or len(node.args) != 1:
        return None
    given = node.args[0].value
    if callee.name == "builtins.len":
        return _loaded(given, flow, definition)
    if callee.name == "builtins.sum" and type(given) is s.Comprehension:
        clause = given.clauses[0]
        one = given.elements[0]
        if len(given.clauses) == 1 and not clause.conditions and type(one) is s.Constant and one.value == 1:
            return _loaded(clause.iter, flow, definition) or flow.cursor(clause.iter)
    return None


def _loaded(node: s.Expression, flow: Flow, definition: FunctionDefinition) -> CallSite | None:
    """The call behind an expression that is a list of rows, which nothing else uses."""
    match node:
        case s.Await(value=value):
            return _loaded(value, flow, definition)
        case s.Name(id=name):
            given = _only_value(name, definition)
            return _loaded(given, flow, definition) if given is not None else None
        case s.Call(at=at) if at in flow.sources:
            return flow.sources[at]
        case s.Call(func=s.Name(id=name), args=(argument,)) if name in LISTING:
            return _loaded(argument.value, flow, definition) or flow.cursor(argument.value)
        case s.Call(at=at) if at in flow.sites and _is_measured(flow.sites[at]):
            return flow.cursor(node)
    return None


def _is_measured(site: CallSite) -> bool:
    return rows.is_lazy(site.result, MEASURED)


def _only_value(name: str, definition: FunctionDefinition) -> s.Expression | None:
    """What a name is given, where that happens once and nothing is done with it but counting."""
    given: list[s.Expression] = []
    used = counted = 0
    for node in s.walk(*definition.node.body, into_functions=True):
        match node:
            case s.Assign(targets=targets, value=value) if name in [n for t in targets for n in target_names(t)]:
                given.append(value)
                used -= 1
            case s.AnnotatedAssign(target=s.Name(id=target), value=value) if target == name and value is not None:
                given.append(value)
                used -= 1
            case s.Name(id=found) if found == name:
                used += 1
            case s.Call(func=s.Name(id="len"), args=(argument,)) if type(argument.value) is s.Name:
                counted += argument.value.id == name
    return given[0] if len(given) == 1 and used == counted else None


def _selects(source: CallSite) -> bool:
    """Whether we can see that a call reads: what a statement that writes gives back cannot be counted otherwise."""
    body = source.function.node.body if source.function is not None else ()
    return rows.is_lazy(source.result) or Statements(source.frame, body).selects(source.node)
