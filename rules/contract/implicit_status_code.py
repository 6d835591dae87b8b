"""A route that creates something and answers 200.

## What it does
Reports a POST route without `status_code` whose name says that it creates something: `create_book`, `add_user`, `register`.

## Why is this bad?
201 tells a client, a cache and a reader of the document that something new exists now. 200 says no more than that the request was
understood.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.post("/books")
def create_book(title: str) -> str:
    return title
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.post("/books", status_code=201)
def create_book(title: str) -> str:
    return title
```

## Known misses
Routes whose names do not say what they do, and status codes that are set on the response.

## Fix safety
Unsafe: clients that insist on 200 no longer get it.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, SetKeyword
from fastapi_lint.project import Route
from fastapi_lint.project.serving.responses import Returned, beside, hidden, returned, without_body
from fastapi_lint.rule import Rule
from fastapi_lint.sensitive import words

rule = Rule("FAL410", severity="info", default=False, fix="unsafe")

CREATING = frozenset({"create", "add", "insert", "register", "new"})
ACTIONS = frozenset(
    {
        "token",
        "tokens",
        "session",
        "sessions",
        "login",
        "query",
        "search",
        "report",
        "task",
        "completion",
        "completions",
    }
)


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    function = route.function
    if function is None or not _leaves_it_out(route):
        return
    parts = words(function.definition.name)
    if (
        not parts
        or parts[0] not in CREATING
        or ACTIONS & {*parts}
        or hidden(ctx.project, route)
        or without_body(ctx.project, route)
    ):
        return
    if returned(ctx.project, function) is Returned.RESPONSE or _sets_status(function.definition.node):
        return
    yield Finding(
        function.definition.anchor,
        f"`{function.definition.name}` creates something and answers 200",
        fix=_fix(route, ctx),
        symbol=function.definition.qualname,
    )


def _leaves_it_out(route: Route) -> bool:
    return route.methods == ("POST",) and route.keyword("status_code") is None and not route.arguments.starred


def _fix(route: Route, ctx: Context) -> Fix:
    """For all routes of the function that say nothing, which are one finding."""
    places = dict.fromkeys(one.site for one in beside(ctx.project, route) if _leaves_it_out(one))
    return Fix("Answer 201", tuple(SetKeyword(place, "status_code", ("201",)) for place in places))


def _sets_status(node: s.Function) -> bool:
    for one in s.walk(*node.body):
        match one:
            case s.Assign(targets=(s.Attribute(attr="status_code"),)):
                return True
    return False
