"""A path parameter that nothing takes, or one that the path does not have.

## What it does
Reports a `{name}` of a route's full path that neither the handler nor one of its dependencies has as a parameter, and a parameter with
`Path()` whose name the full path lacks. Where one of each kind is there, it is one mistake and one finding.

## Why is this bad?
A name that nobody takes is matched and thrown away: the route answers the same for every value. A parameter that the path lacks can
never be filled, so every request is answered with 422.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books/{book}")
def read_book(number: int) -> int:
    return number


@app.get("/books/{number}/pages")
def count_pages() -> int:
    return 100
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books/{number}")
def read_book(number: int) -> int:
    return number


@app.get("/books/{number}/pages")
def count_pages(number: str) -> int:
    return 100
```

## Known misses
A trailing `{name:path}`, which pages that answer everything have. Routes that have a dependency whose parameters are not known, and those that read `request.path_params`.

## Fix safety
Unsafe. Where the handler has one required parameter that would come from the query, and the path one name too many, the path is given the
parameter's name: what clients sent in the query goes into the path. Else the handler is given the parameter, of the type that the
convertor makes, and still does nothing with it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from keyword import iskeyword

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Finding, Fix, Insert, Replace, Template
from fastapi_lint.project import Operation, Project, Route, written_calls
from fastapi_lint.project.interpreting.values import FunctionValue
from fastapi_lint.project.serving.callables import Taken, parameters
from fastapi_lint.project.serving.parameters import Classifier, Parameter
from fastapi_lint.project.serving.paths import PARAMETER, convertors, path_names
from fastapi_lint.rule import Rule

rule = Rule("FAL701", severity="error", fix="unsafe")

CATCHING_ALL = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*):path}$")
"""Whatever comes at the end of a path: a page that answers everything need not know what was asked for."""
TYPES = {"int": "int", "float": "float"}
"""Of what a convertor makes; the others make text, or a UUID."""


@dataclass(frozen=True, slots=True)
class _Study:
    """One operation of a route: what it takes from the request, and the names of its path that nothing takes."""

    operation: Operation
    parameters: list[Parameter]
    free: frozenset[str]


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    served, function = ctx.project.served(route), route.function
    if function is None or not served or any(operation.path is None for operation in served):
        return
    studies: list[_Study] = []
    for operation in served:
        taken = _parameters(ctx.project, operation)
        names = {name for one in taken or () if one.kind in ("path", "unknown") for name in one.wire_names}
        if taken is None or None in names or any(one.kind == "unknown" for one in taken):
            return
        full = operation.path or ""
        known = {name for name in names if name is not None} | set(CATCHING_ALL.findall(full))
        studies.append(_Study(operation, taken, path_names(full) - known))
    unused = sorted(frozenset.intersection(*(study.free for study in studies)))
    absent = _absent(studies)
    path = served[0].path
    for one in absent:
        yield Finding(
            one.site,
            f"The path `{path}` has no `{{{one.alias}}}`, so no request can give it",
            fix=_renamed(ctx, route, unused[0], one.alias or "") if len(absent) == len(unused) == 1 else None,
            symbol=function.definition.qualname,
        )
    for name in unused[len(absent) :]:
        yield Finding(
            function.definition.anchor,
            f"Nothing takes `{{{name}}}` of the path `{path}`",
            fix=_fix(ctx, route, studies, name) if len(unused) == 1 else _added(ctx, function, name, path or ""),
            symbol=function.definition.qualname,
        )


def _absent(studies: list[_Study]) -> list[Parameter]:
    """The parameters with `Path()` that no path of the route has."""
    return [
        one
        for one in studies[0].parameters
        if one.kind == "path" and one.fields is None and one.site.path and one.alias is not None
        if all(one.alias not in path_names(study.operation.path or "") for study in studies)
    ]


def _fix(ctx: Context, route: Route, studies: list[_Study], name: str) -> Fix | None:
    assert route.function is not None
    own = {Anchor(route.function.definition.module.path, one.at) for one in parameters(route.function)}
    meant = [
        one.name
        for one in studies[0].parameters
        if one.kind == "query" and one.required and one.alias == one.name and one.site in own
    ]
    if len(meant) == 1:
        return _renamed(ctx, route, name, meant[0])
    return _added(ctx, route.function, name, studies[0].operation.path or "")


def _renamed(ctx: Context, route: Route, name: str, wanted: str) -> Fix | None:
    """The route's own path with another name in it."""
    literal = written_calls.literal(ctx.project, route.site, "path", 0)
    if literal is None or literal.value != route.path or route.path is None:
        return None
    path = PARAMETER.sub(lambda m: f"{{{wanted}{m[0][1 + len(name) :]}" if m[1] == name else m[0], route.path)
    if path == route.path or not path.isprintable() or set(path) & set('"\\'):
        return None
    place = Anchor(route.site.path, literal.at)
    return Fix(f"Call it `{wanted}` in the path", (Replace(place, (f'"{path}"',)),))


def _added(ctx: Context, function: FunctionValue, name: str, path: str) -> Fix | None:
    """The handler with one more parameter, before its others. Any route of it that lacks the name would ask for it in the query."""
    definition = function.definition
    if not all(name in path_names(other) for other in _paths(ctx.project, function)):
        return None
    convertor = convertors(path).get(name, "str")
    kind: Template = (TYPES.get(convertor, "str"),)
    if convertor == "uuid":
        kind = (AddImport(definition.module.path, "uuid", "UUID"),)
    shown = parameters(function)
    if name in {one.name for one in definition.node.parameters} or not name.isidentifier() or iskeyword(name):
        return None
    if shown:
        place = Anchor(definition.module.path, shown[0].at)
        return Fix(f"Take `{name}`", (Insert(place, "before", (f"{name}: ", *kind, ", ")),))
    if definition.node.parameters:
        place = Anchor(definition.module.path, definition.node.parameters[-1].at)
        return Fix(f"Take `{name}`", (Insert(place, "after", (f", {name}: ", *kind)),))
    return Fix(f"Take `{name}`", (Insert(definition.anchor.of("params"), "before", (f"{name}: ", *kind)),))


def _paths(project: Project, function: FunctionValue) -> Iterator[str]:
    """The paths under which a function is served; an empty one where that is not known."""
    for route in project.routes:
        if route.function is not None and route.function.definition is function.definition:
            yield from (operation.path or "" for operation in project.served(route))


def _parameters(project: Project, operation: Operation) -> list[Parameter] | None:
    """What the handler and all it depends on take from the request; None where some of it is not known."""
    dependencies = project.dependencies.of_operation(operation)
    own = project.dependencies.takes(operation.route.event.handler)
    if dependencies is None or own is None:
        return None
    taken: list[Taken] = list(own)
    functions = [operation.route.function]
    for dependency in (one for each in dependencies for one in each.walk()):
        if dependency.takes is None:
            return None
        taken += dependency.takes
        functions.append(dependency.function)
    if any(function is not None and _reads_path_parameters(function) for function in functions):
        return None
    classifier = Classifier(project.it)
    found = [classifier.parameter(one.name, one.annotation, one.default, one.site, operation.path) for one in taken]
    return [one for one in found if one is not None]


def _reads_path_parameters(function: FunctionValue) -> bool:
    """Whether a function may get at the path by way of the request: it says so, or hands the request on."""
    node = function.definition.node
    if any(p.kind in ("var_positional", "var_keyword") for p in node.parameters):
        return True
    return any(
        (type(one) is s.Attribute and one.attr == "path_params")
        or (type(one) is s.Constant and one.value in ("path_params", "path"))
        for one in s.walk(*node.body, into_functions=True)
    )
