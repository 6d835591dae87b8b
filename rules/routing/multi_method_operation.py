"""One function that answers several methods.

## What it does
Reports a route with several methods, and a function that is registered under the same path for another method once more.

## Why is this bad?
The operations share a name, a summary, a status code and a body, though reading and changing hardly have the same. Where it is one
registration, they share their operation id too, of which FastAPI warns when it builds the document: this rule stands for
`duplicate-operation-id` there.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.api_route("/books", methods=["GET", "POST"])
def books() -> list[str]:
    return []
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books")
def list_books() -> list[str]:
    return []


@app.post("/books")
def make_book() -> list[str]:
    return []
```

## Known misses
Lists of methods that are not known.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import Project, Route
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.serving import responses
from fastapi_lint.rule import Rule

rule = Rule("FAL717", severity="info", default=False)


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    first: dict[tuple[FunctionDefinition, int, str], Route] = {}
    for route in project.routes:
        function = route.function
        if function is None or route.path is None or route.is_websocket or project.is_test(route.site.path):
            continue
        if responses.hidden(project, route):
            continue
        name, key = function.definition.name, (function.definition, id(route.router), route.path)
        earlier = first.setdefault(key, route)
        together = sorted({*earlier.methods, *route.methods})
        if len(together) < 2:
            continue
        yield Finding(
            route.site,
            f"`{name}` answers {', '.join(together[:-1])} and {together[-1]}",
            trace=(Step(earlier.site, f"{' and '.join(earlier.methods)} here"),) if earlier is not route else (),
            symbol=function.definition.qualname,
        )
