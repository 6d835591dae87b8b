"""An HTTP error raised far from the web.

## What it does
Reports `raise HTTPException(...)`, and of subclasses, in modules that hold no route, dependency, middleware, exception handler or router; not in methods of what
Starlette itself calls, such as a subclass of `StaticFiles`.

## Why is this bad?
A service or repository that raises `HTTPException` decides what a browser sees. A command, a task queue or a test that calls it gets an error
that nobody there understands, and the same mistake is a 404 in one function and a 400 in the next.

## Bad
```python title="app/main.py"
from fastapi import FastAPI

from app import shelf

app = FastAPI()


@app.get("/books/{title}")
def read_book(title: str) -> int:
    return shelf.pages(title)
```
```python title="app/shelf.py"
from fastapi import HTTPException

PAGES = {"Momo": 304}


def pages(title: str) -> int:
    if title not in PAGES:
        raise HTTPException(404)
    return PAGES[title]
```

## Good
```python title="app/main.py"
from fastapi import FastAPI, HTTPException

from app import shelf

app = FastAPI()


@app.get("/books/{title}")
def read_book(title: str) -> int:
    try:
        return shelf.pages(title)
    except shelf.Missing:
        raise HTTPException(404) from None
```
```python title="app/shelf.py"
PAGES = {"Momo": 304}


class Missing(Exception):
    pass


def pages(title: str) -> int:
    if title not in PAGES:
        raise Missing(title)
    return PAGES[title]
```

## Known misses
Helpers that stand in one module with routes.
"""

import re
from collections.abc import Iterator
from typing import Any

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding
from fastapi_lint.project import Project, failures, searching
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.values import ClassValue, FunctionValue, Value, known_members, members
from fastapi_lint.rule import Rule

rule = Rule("FAL815", severity="info", default=False)

RAISING = re.compile(r"\braise\s+\w")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    if not project.routes:
        return
    web = set(_web_layer(project))
    for function in searching.functions(project, RAISING):
        definition = function.definition
        if definition.module.path in web or _speaks_http(definition):
            continue
        frame = project.it.analysis(function)
        sites = {site.node.at: site for site in frame.sites if site.kind == "call"}
        for node in s.walk(*definition.node.body):
            if type(node) is s.Raise and node.exception is not None and _is_http(project, frame, sites, node.exception):
                yield Finding(
                    Anchor(definition.module.path, node.at),
                    f"`{definition.name}` decides on an HTTP answer in a module that holds no route",
                    symbol=definition.qualname,
                )


def _web_layer(project: Project) -> Iterator[str]:
    """The modules that speak HTTP anyhow."""
    for route in project.routes:
        yield route.site.path
        for function in (route.handler, route.function):
            if function is not None:
                yield function.definition.module.path
    yield from (definition.module.path for definition in project.dependency_functions)
    yield from (definition.module.path for definition in project.lifecycle_functions)
    for made in project.it.routing.made:
        if made.site is not None:
            yield made.site.path
        for event in made.events or ():
            if event.kind in ("middleware", "exception_handler"):
                yield event.site.path
                yield from _homes(event.handler)


def _speaks_http(definition: FunctionDefinition) -> bool:
    """Whether it is a method of a class that the framework calls: static files, a route class, a security scheme."""
    owner = definition.owner
    return owner is not None and any(
        name.startswith(("starlette.", "fastapi.")) and ".exceptions." not in name and not name.endswith("Exception")
        for name in classes.externals(owner)
    )


def _homes(value: Value) -> Iterator[str]:
    for one in members(value):
        if type(one) is FunctionValue or type(one) is ClassValue:
            yield one.definition.module.path


def _is_http(project: Project, frame: Frame, sites: dict[int, CallSite], node: Any) -> bool:
    site = sites.get(node.at)
    if site is not None:
        return any(failures.is_http_exception(project, one) for one in known_members(site.callee)) or (
            site.result is not None and failures.makes_http_exception(project, site.result)
        )
    if type(node) not in (s.Name, s.Attribute):
        return False
    value = project.it.evaluate(frame, node)
    return failures.is_http_exception(project, value) or failures.makes_http_exception(project, value)
