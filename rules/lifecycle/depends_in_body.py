"""`Depends` where nobody resolves it.

## What it does
Reports `Depends(...)` in the body of a function that goes on to use it as if it were the dependency's value, and calls of a route or dependency
that leave out parameters whose default is `Depends(...)`.

## Why is this bad?
FastAPI resolves dependencies of the functions that it calls itself, by their signatures. Anywhere else `Depends(get_session)` is an object
that does nothing: the code that expects a session finds no `execute` on it.

## Bad
```python
from fastapi import Depends, FastAPI

app = FastAPI()


def get_names() -> list[str]:
    return ["Momo"]


@app.get("/first")
def read_first(names: list[str] = Depends(get_names)) -> str:
    return names[0]


@app.get("/loud")
def read_loud() -> str:
    return read_first().upper()
```

## Good
```python
from fastapi import Depends, FastAPI

app = FastAPI()


def get_names() -> list[str]:
    return ["Momo"]


@app.get("/first")
def read_first(names: list[str] = Depends(get_names)) -> str:
    return names[0]


@app.get("/loud")
def read_loud(names: list[str] = Depends(get_names)) -> str:
    return read_first(names).upper()
```

## Known misses
A `Depends` that goes through a container or another function before it is used.
"""

import re
from collections.abc import Iterator
from typing import Any

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import CallSite, Project, searching
from fastapi_lint.project.database import queries
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.routing import DECLARING
from fastapi_lint.project.interpreting.values import External, FunctionValue, Instance, known_members
from fastapi_lint.project.serving.callables import parameters
from fastapi_lint.rule import Rule

rule = Rule("FAL806", severity="error")

DECLARED = re.compile(r"(?:Depends|Security)\(")


@rule.on(Project)
def in_bodies(project: Project, ctx: Context) -> Iterator[Finding]:
    for function in searching.functions(project, DECLARED):
        definition = function.definition
        sites = {site.node.at: site for site in project.it.analysis(function).sites if _declares(site)}
        if not sites:
            continue
        is_called = definition in project.handlers or definition in project.dependency_functions
        for node in s.walk(*definition.node.body):
            site = _used(node, sites, definition, is_called=is_called)
            if site is not None:
                message = "`Depends` is resolved in signatures only: here it is an object that does nothing"
                yield Finding(site.anchor, message, symbol=definition.qualname)


def _declares(site: CallSite) -> bool:
    return site.kind == "call" and any(
        type(member) is External and member.name in DECLARING for member in known_members(site.callee)
    )


def _used(node: Any, sites: dict[int, CallSite], definition: FunctionDefinition, *, is_called: bool) -> CallSite | None:
    """The `Depends` that a statement or expression takes for the value of the dependency."""
    kind = type(node)
    if kind in (s.ExpressionStatement, s.Await, s.Attribute, s.Subscript):
        return sites.get(node.value.at)
    if kind not in (s.Assign, s.AnnotatedAssign) or node.value is None or node.value.at not in sites:
        return None
    targets = node.targets if kind is s.Assign else (node.target,)
    names = {target.id for target in targets if type(target) is s.Name}
    if len(names) == len(targets) and any(
        _takes(one, names, strictly=not is_called) for one in s.walk(*definition.node.body)
    ):
        return sites[node.value.at]
    return None


def _takes(node: Any, names: set[str], *, strictly: bool) -> bool:
    """Whether an expression uses one of the names as a value of some kind; where FastAPI calls the function, passing it on counts."""
    match node:
        case s.Attribute(value=s.Name(id=name)) | s.Subscript(value=s.Name(id=name)) | s.Await(value=s.Name(id=name)):
            return name in names
        case s.Call(func=s.Name(id=name)) if name in names:
            return True
        case s.For(iter=s.Name(id=name)):
            return name in names
        case s.Call(args=args) if not strictly:
            return any(type(one.value) is s.Name and one.value.id in names for one in args)
    return False


@rule.on(Project)
def of_calls(project: Project, ctx: Context) -> Iterator[Finding]:
    injected = {one for one in {**project.handlers, **project.dependency_functions} if _has_default(one)}
    for site in _sites(project) if injected else ():
        function = site.callee
        if site.kind != "call" or type(function) is not FunctionValue or type(site.node) is not s.Call:
            continue
        definition = function.definition
        if definition not in injected or function.wrapped is not None:
            continue
        left_out = next(_left_out(project, site, function), None)
        if left_out is not None and project.it.routing.leaves_alone(definition.decorators):
            yield Finding(
                site.anchor,
                f"`{definition.name}` is called without `{left_out}`, and so gets the `Depends` itself",
                symbol=site.function.qualname if site.function is not None else site.frame.module.name,
            )


def _sites(project: Project) -> Iterator[CallSite]:
    """The calls in functions that rules look at, in those that requests run, and in modules."""
    functions = {function.definition: function.value for function in project.functions}
    functions.update(queries.served(project))
    frames = [project.it.analysis(function) for function in functions.values()]
    for frame in (*frames, *(project.module_frame(module) for module in project.modules)):
        if not project.is_test(frame.module.path):
            yield from frame.sites


def _has_default(definition: FunctionDefinition) -> bool:
    return any(p.default is not None for p in definition.node.parameters)


def _left_out(project: Project, site: CallSite, function: FunctionValue) -> Iterator[str]:
    if site.arguments.starred or any(argument.star for argument in site.node.args):
        return
    defaults = project.it.studies.signature(function).defaults
    used = {node.id for node in s.walk(*function.definition.node.body, into_functions=True) if type(node) is s.Name}
    for index, parameter in enumerate(parameters(function)):
        given = defaults.get(parameter.name)
        is_given = site.arguments.get(parameter.name) is not None or (
            index < len(site.arguments.positional) and parameter.kind != "keyword_only"
        )
        if type(given) is Instance and given.cls in DECLARING and not is_given and parameter.name in used:
            yield parameter.name
