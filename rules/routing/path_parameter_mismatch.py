"""A path parameter that nothing takes, or one that the path does not have.

## What it does
Reports a `{name}` of a route's full path that neither the handler nor one of its dependencies has as a parameter, and a parameter with
`Path()` whose name the full path lacks.

## Why is this bad?
A name that nobody takes is matched and thrown away: the route answers the same for every value. A parameter that the path lacks can
never be filled, so every request is answered with 422.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books/{number}")
def read_book(book: int = 1) -> int:
    return book
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books/{number}")
def read_book(number: int) -> int:
    return number
```

## Known misses
A trailing `{name:path}`, which pages that answer everything have. Routes that have a dependency whose parameters are not known, and those that read `request.path_params`.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Operation, Project, Route
from fastapi_lint.project.dependencies import Taken
from fastapi_lint.project.parameters import Classifier, Parameter, path_names
from fastapi_lint.project.values import FunctionValue
from fastapi_lint.rule import Rule

rule = Rule("FAL701", severity="error")

CATCHING_ALL = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*):path}$")
"""Whatever comes at the end of a path: a page that answers everything need not know what was asked for."""


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    served, function = ctx.project.served(route), route.function
    if function is None or not served or any(operation.path is None for operation in served):
        return
    found = [(operation, _parameters(ctx.project, operation)) for operation in served]
    unused: set[str] | None = None
    for operation, parameters in found:
        if parameters is None:
            return
        names = {name for p in parameters if p.kind in ("path", "unknown") for name in p.wire_names}
        if None in names or any(p.kind == "unknown" for p in parameters):
            return
        free = set(path_names(operation.path or "")) - names - set(CATCHING_ALL.findall(operation.path or ""))
        unused = free if unused is None else unused & free
    for name in sorted(unused or ()):
        yield Finding(
            function.definition.anchor,
            f"Nothing takes `{{{name}}}` of the path `{served[0].path}`",
            symbol=function.definition.qualname,
        )
    yield from _absent(function, found)


def _absent(function: FunctionValue, found: list[tuple[Operation, list[Parameter] | None]]) -> Iterator[Finding]:
    first = [p for p in found[0][1] or () if p.kind == "path" and p.fields is None and p.site.path]
    for one in first:
        if all(one.alias not in path_names(operation.path or "") for operation, _ in found) and one.alias is not None:
            yield Finding(
                one.site,
                f"The path `{found[0][0].path}` has no `{{{one.alias}}}`, so no request can give it",
                symbol=function.definition.qualname,
            )


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
