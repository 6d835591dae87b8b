"""A loop over `app.routes` that takes each for a route.

## What it does
Reports loops and comprehensions over the `routes` of an application or router that includes others, from FastAPI 0.137 on: those that read
`path`, `methods`, `name` or the like of each, and those that pass over whatever is no `APIRoute`.

## Why is this bad?
Since 0.137 `include_router` does not copy the routes. `app.routes` holds the included router as one entry, which has no `path`: reading it
raises `AttributeError`. With an `isinstance` before it nothing raises, and the routes of all included routers are missed.

## Bad
```python
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter()


@router.get("/books")
def list_books() -> list[str]:
    return ["Momo"]


app.include_router(router)


@app.get("/paths")
def list_paths() -> list[str]:
    return [route.path for route in app.routes]
```

## Good
```python
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts

app = FastAPI()
router = APIRouter()


@router.get("/books")
def list_books() -> list[str]:
    return ["Momo"]


app.include_router(router)


@app.get("/paths")
def list_paths() -> list[str]:
    return [context.path for context in iter_route_contexts(app.routes) if context.path]
```

## Known misses
Routes that are put into a variable first, or handed to a function. A function that mounts something looks for mounts, which are still there.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding
from fastapi_lint.project import Project, searching
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import Instance, Value, members
from fastapi_lint.rule import Rule

rule = Rule("FAL911", since="0.137")

ROUTES = re.compile(r"\.\s*routes\b")
AWARE = re.compile(r"\b(?:iter_route_contexts|original_router)\b")
READ = frozenset({
    "body_field", "callbacks", "dependant", "dependencies", "deprecated", "description", "endpoint", "include_in_schema", "methods", "name",
    "operation_id", "path", "path_format", "path_regex", "response_class", "response_model", "responses", "status_code", "summary", "tags",
    "unique_id",
})  # fmt: skip
"""What a route has and an included router has not."""
ASKING = frozenset({"isinstance", "hasattr", "getattr"})


class Loop(NamedTuple):
    """`body` is all that runs for each item."""

    node: s.Node
    target: s.Expression
    iter: s.Expression
    body: tuple[Any, ...]


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for frame, body in _scopes(project):
        if frame.module.has(AWARE):
            continue
        if any(type(node) is s.Attribute and node.attr == "mount" for node in s.walk(*body)):
            continue  # it looks for mounts, which stand in `routes` themselves
        for loop in _loops(body):
            item, routes = loop.target, loop.iter
            if type(item) is not s.Name or type(routes) is not s.Attribute or not _is_name(routes.value):
                continue
            if not _has_children(project, project.it.evaluate(frame, routes.value)):
                continue
            place = Anchor(frame.module.path, routes.at)
            symbol = frame.function.qualname if frame.function is not None else frame.module.name
            if any(_asks(node, item.id) for node in s.walk(*loop.body, into_functions=True)):
                message = "`routes` holds included routers since FastAPI 0.137, and this loop passes over their routes"
                yield Finding(place, message, symbol=symbol)
                continue
            read = next((n for n in s.walk(*loop.body) if _reads(n, item.id)), None)
            if type(read) is s.Attribute:
                message = (
                    f"`routes` holds included routers since FastAPI 0.137, which have no `{read.attr}`: this raises"
                )
                yield Finding(place, message, symbol=symbol)


def _scopes(project: Project) -> Iterator[tuple[Frame, tuple[s.Statement, ...]]]:
    for module in searching.modules(project, ROUTES):
        frame = project.module_frame(module)
        for index in range(len(module.chunks)):
            if module.has(ROUTES, index):
                yield frame, module.unit(index).statements
    for function in searching.functions(project, ROUTES):
        yield project.it.analysis(function), function.definition.node.body


def _loops(body: tuple[s.Statement, ...]) -> Iterator[Loop]:
    for node in s.walk(*body):
        if type(node) is s.For and type(node.iter) is s.Attribute and node.iter.attr == "routes":
            yield Loop(node, node.target, node.iter, node.body)
        elif type(node) is s.Comprehension:
            conditions = tuple(one for clause in node.clauses for one in clause.conditions)
            for clause in node.clauses:
                if type(clause.iter) is s.Attribute and clause.iter.attr == "routes":
                    yield Loop(node, clause.target, clause.iter, (*node.elements, *conditions))


def _is_name(node: s.Expression) -> bool:
    return type(node) is s.Name or (type(node) is s.Attribute and _is_name(node.value))


def _has_children(project: Project, value: Value) -> bool:
    """Whether a value is a router that includes another. One that was made elsewhere may be any application of the project."""
    found = members(value)
    if not found or not all(type(one) is Instance and project.it.routing.is_router(one) for one in found):
        return False
    known = [one for one in found if type(one) is Instance and one in project.it.routing.made]
    candidates = known or [application.instance for application in project.applications]
    return bool(candidates) and all(
        any(event.kind == "include" for event in candidate.events or ()) for candidate in candidates
    )


def _asks(node: s.Node, name: str) -> bool:
    """Whether a call looks at what kind of thing the item is."""
    if type(node) is not s.Call or type(node.func) is not s.Name or node.func.id not in ASKING or not node.args:
        return False
    first = node.args[0].value
    return type(first) is s.Name and first.id == name


def _reads(node: s.Node, name: str) -> bool:
    return type(node) is s.Attribute and node.attr in READ and type(node.value) is s.Name and node.value.id == name
