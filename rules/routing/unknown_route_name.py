"""A URL that is asked for by a name that no route has.

## What it does
Reports `request.url_for(...)`, `app.url_path_for(...)` and the like with a name that no route, mount or page of the project has, or with
other parameters than those in the path of the route that it names.

## Why is this bad?
Starlette finds no route and raises `NoMatchFound`: the request ends with a 500.

## Bad
```python
from fastapi import FastAPI, Request

app = FastAPI()


@app.get("/books/{number}")
def read_book(number: int) -> int:
    return number


@app.get("/first")
def read_first(request: Request) -> str:
    return str(request.url_for("read_books", number=1))
```

## Good
```python
from fastapi import FastAPI, Request

app = FastAPI()


@app.get("/books/{number}")
def read_book(number: int) -> int:
    return number


@app.get("/first")
def read_first(request: Request) -> str:
    return str(request.url_for("read_book", number=1))
```

## Known misses
Names in templates. Projects that include or mount what is not known: there may be routes of any name.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import CallSite, Project, written_calls
from fastapi_lint.project.interpreting.values import Const, Method, members
from fastapi_lint.project.serving import route_names
from fastapi_lint.rule import Rule

rule = Rule("FAL716")

FINDERS = ("url_for", "url_path_for")
CONNECTION = "starlette.requests.HTTPConnection"


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    sites = [site for word in FINDERS for site in written_calls.sites(project, word) if _asks(project, site)]
    if not sites:
        return
    of_requests, of_routers = route_names.of(project, in_requests=True), route_names.of(project, in_requests=False)
    for site in sites:
        names = of_requests if _is_of_request(project, site) else of_routers
        given = site.arguments.positional[0] if site.arguments.positional else None
        name = given.value if type(given) is Const else None
        if not isinstance(name, str) or site.handlers:
            continue
        message = _problem(names, name, site)
        if message is not None:
            yield Finding(site.anchor, message, symbol=written_calls.symbol(site))


def _problem(names: route_names.RouteNames, name: str, site: CallSite) -> str | None:
    wanted = names.known.get(name)
    if not names.has(name):
        return None if names.is_open else f"No route is called `{name}`"
    given = frozenset(site.arguments.keywords)
    if names.is_open or not wanted or site.arguments.starred or written_calls.spreads(site.node) or given in wanted:
        return None
    takes = " or ".join(sorted(", ".join(f"`{one}`" for one in sorted(each)) or "nothing" for each in wanted))
    return f"The path of `{name}` takes {takes}, not {', '.join(f'`{one}`' for one in sorted(given)) or 'nothing'}"


def _is_of_request(project: Project, site: CallSite) -> bool:
    return all(
        type(one) is Method and project.it.is_subclass(one.receiver.cls, CONNECTION) for one in members(site.callee)
    )


def _asks(project: Project, site: CallSite) -> bool:
    """Whether a call is a look-up of a route, by a request, a websocket, a router or an application."""
    found = [one for one in members(site.callee) if type(one) is Method and one.name in FINDERS]
    return bool(found) and all(
        project.it.routing.is_router(one.receiver) or project.it.is_subclass(one.receiver.cls, CONNECTION)
        for one in found
    )
