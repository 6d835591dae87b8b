"""An error that a route answers with and its document does not mention.

## What it does
Reports a status code that a route, one of its dependencies or a function that they call raises as an `HTTPException`, or as a subclass
with a status code of its own, and that is in no `responses=`: neither the route's, its router's, an include's nor the application's.
FastAPI mentions 422 by itself where a request brings something to validate.

## Why is this bad?
Generated clients know only what the document says: an error that it leaves out surfaces as an unexpected answer.

## Bad
```python
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/books/{number}")
def read_book(number: int) -> str:
    if number > 3:
        raise HTTPException(status_code=404)
    return "Emma"
```

## Good
```python
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/books/{number}", responses={404: {"description": "Not Found"}})
def read_book(number: int) -> str:
    if number > 3:
        raise HTTPException(status_code=404)
    return "Emma"
```

## Known misses
Exceptions of other classes that a handler turns into answers, and status codes that are worked out. A router that no application
includes may yet get dependencies that validate.

## Fix safety
Unsafe: the OpenAPI document changes, and so do the clients that are made from it.
"""

from collections.abc import Iterator
from http import HTTPStatus

from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, SetKeyword, Step
from fastapi_lint.project import Route
from fastapi_lint.project.interpreting.values import Const, Mapping, Value
from fastapi_lint.project.raised import raised_by
from fastapi_lint.project.serving.contract import Contracts, status_code
from fastapi_lint.project.serving.responses import beside, hidden
from fastapi_lint.rule import Rule

rule = Rule("FAL403", severity="info", default=False, fix="unsafe")

VALIDATION = 422
IN_ONE_LINE = 2
"""How many responses."""


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    raised = _undocumented(route, ctx)
    if not raised or route.function is None:
        return
    codes = sorted(raised)
    shown = ", ".join(str(code) for code in codes)
    yield Finding(
        route.function.definition.anchor,
        f"`{route.function.definition.name}` may answer {shown}, which its document does not mention",
        fix=_fix(route, codes, ctx),
        trace=tuple(Step(raised[code], f"{code} is raised") for code in codes),
        symbol=route.function.definition.qualname,
    )


def _fix(route: Route, codes: list[int], ctx: Context) -> Fix | None:
    """For all routes of the function that lack the same, which are one finding."""
    alike = [one for one in beside(ctx.project, route) if sorted(_undocumented(one, ctx)) == codes]
    if any(one.keyword("responses") is not None for one in alike):
        return None
    entries = [f'{code}: {{"description": "{_phrase(code)}"}}' for code in codes]
    one_line = len(entries) <= IN_ONE_LINE
    text = ", ".join(entries) if one_line else "".join(f"\n    {entry}," for entry in entries) + "\n"
    places = dict.fromkeys(one.site for one in alike)
    return Fix("Document them", tuple(SetKeyword(place, "responses", (f"{{{text}}}",)) for place in places))


def _undocumented(route: Route, ctx: Context) -> dict[int, Anchor]:
    """The statuses that a route may answer and its document does not mention, with where they are raised."""
    raised: dict[int, Anchor] = {}
    if route.function is None or route.is_websocket or route.arguments.starred or hidden(ctx.project, route):
        return raised
    documented = _documented(route, ctx)
    if documented is None or "default" in documented:
        return raised
    for code, place in raised_by(ctx.project, route):
        if (
            str(code) in documented
            or f"{code // 100}XX" in documented
            or (code == VALIDATION and _validates(route, ctx))
        ):
            continue
        raised.setdefault(code, place)
    return raised


def _validates(route: Route, ctx: Context) -> bool:
    """Whether a route or something that it depends on takes anything from the request; yes where that is unknown."""
    contracts = Contracts(ctx.project)
    served = ctx.project.served(route)
    if not served:
        return True
    found = contracts.parameters(served[0])
    return found is None or bool(found)


def _phrase(code: int) -> str:
    return HTTPStatus(code).phrase if code in HTTPStatus._value2member_map_ else "Error"


def _documented(route: Route, ctx: Context) -> frozenset[str] | None:
    """The status codes in `responses=` at any level; None where some of them are not known."""
    given: list[Value | None] = [route.keyword("responses"), ctx.project.it.routing.setting(route.router, "responses")]
    for operation in ctx.project.served(route):
        given += [event.arguments.keywords.get("responses") for event in operation.chain]
        given += [ctx.project.it.routing.setting(router, "responses") for router in operation.routers]
    found: set[str] = set()
    for value in given:
        if value is None or (type(value) is Const and value.value is None):
            continue
        if type(value) is not Mapping or value.open:
            return None
        for key in value.entries:
            code = key if isinstance(key, (int, str)) else status_code(key)
            if code is None:
                return None
            found.add(str(code).upper() if str(code) != "default" else "default")
    return frozenset(found)
