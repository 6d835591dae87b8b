"""A route that picks fields out of the raw body by hand.

## What it does
Reports a route that reads `await request.json()`, `request.form()` or `request.body()` itself and takes single fields out of what it
gets, by key. A route that verifies a signature over the body needs it raw and is left alone, as is one that accepts both JSON and forms,
one that passes the whole on, to a model or to another service, and one whose parameters have FastAPI validate the same body.

## Why is this bad?
What a model would refuse with a 422 becomes a `KeyError` and a 500 here, or a None that travels on. The OpenAPI document does not know
that the route has a body at all.

## Bad
```python
from fastapi import FastAPI, Request

app = FastAPI()


@app.post("/books")
async def add_book(request: Request) -> str:
    data = await request.json()
    return data["title"]
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class NewBook(BaseModel):
    title: str


@app.post("/books")
async def add_book(book: NewBook) -> str:
    return book.title
```

## Known misses
Fields that another function picks, and bodies that a dependency reads.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project, Route
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.values import FunctionValue, Method, known_members
from fastapi_lint.project.serving.signatures import request_parameters
from fastapi_lint.rule import Rule

rule = Rule("FAL202")

READING = frozenset({"json", "form", "body"})
PICKING = frozenset({"get", "pop", "getlist", "get_list"})
LOADING = frozenset({"loads", "dict", "parse_qs", "parse_qsl", "MultiDict", "decode"})
LOOKING = frozenset(
    {"isinstance", "len", "print", "str", "repr", "list", "debug", "info", "warning", "error", "exception", "type"}
)
SIGNED = re.compile(
    r"signature|hmac|construct_event|compare_digest|webhook_secret|svix|verify_(?:webhook|request)", re.IGNORECASE
)


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    function = route.function
    if function is None or route.is_websocket or not function.definition.node.awaits:
        return
    frame = ctx.project.it.analysis(function)
    reads = [site for site in frame.sites if site.kind == "call" and _reads(site)]
    if not reads or {"json", "form"} <= {_method(site) for site in reads}:
        return
    body = function.definition.node.body
    if _is_signed(ctx.project, body, frame, route):
        return
    declared = request_parameters(ctx.project, route)
    in_form = {name for one in declared if one.kind in ("form", "file") for name in one.wire_names}
    for site in reads:
        if _method(site) != "form" and any(one.kind == "body" for one in declared):
            continue
        picked = [name for name in dict.fromkeys(_picked(body, site.node)) if name not in in_form]
        if picked:
            shown = " and ".join(f"`{name}`" for name in picked[:2]) + (" and others" if len(picked) > 2 else "")
            yield Finding(
                site.anchor,
                f"`{function.definition.name}` picks {shown} out of the raw body, which nothing validates",
                symbol=function.definition.qualname,
            )
            return


def _method(site: CallSite) -> str:
    return next((member.name for member in known_members(site.callee) if type(member) is Method), "")


def _reads(site: CallSite) -> bool:
    return any(
        type(member) is Method and member.name in READING and member.owner == "starlette.requests.Request"
        for member in known_members(site.callee)
    )


def _is_signed(project: Project, body: tuple[s.Statement, ...], frame: Frame, route: Route) -> bool:
    """Whether the route, a function that it calls or a dependency deals with a signature."""
    called = [m.definition.node for site in frame.sites for m in known_members(site.callee) if type(m) is FunctionValue]
    needed = [one for dependency in project.dependencies.of_route(route) or () for one in dependency.walk()]
    called += [one.function.definition.node for one in needed if one.function is not None]
    return _mentions(body) or any(SIGNED.search(node.name) or _mentions(node.body) for node in called)


def _mentions(body: tuple[s.Statement, ...]) -> bool:
    for node in s.walk(*body, into_functions=True):
        match node:
            case s.Name(id=text) | s.Attribute(attr=text) | s.Constant(value=str(text), kind=""):
                if SIGNED.search(text):
                    return True
    return False


# ---- what is taken out -------------------------------------------------------------------------------------------------------


def _picked(body: tuple[s.Statement, ...], read: s.Call) -> Iterator[str]:
    """The keys that are taken out of what a call gave, through local names; none where the whole of it is passed on."""
    names: set[str] = set()
    written: set[int] = set()
    keys: list[str] = []
    for node in s.walk(*body):
        if type(node) is s.Assign:
            written.update(target.at for target in node.targets)
        match node:
            case (
                s.Assign(targets=(s.Name(id=name),), value=value)
                | s.NamedExpression(target=s.Name(id=name), value=value)
            ):
                if _holds(value, read, names):
                    names.add(name)
            case s.AnnotatedAssign(target=s.Name(id=name), value=value) if value is not None:
                if _holds(value, read, names):
                    names.add(name)
            case s.Subscript(value=value, items=(s.Constant(value=str(key)),)) if _holds(value, read, names):
                if node.at not in written:
                    keys.append(key)
            case s.Call(
                func=s.Attribute(value=value, attr=attr), args=(s.Argument(value=s.Constant(value=str(key))), *_)
            ):
                if attr in PICKING and _holds(value, read, names):
                    keys.append(key)
            case s.Call() if _passes_on(node, read, names):
                return
    yield from keys


def _passes_on(call: s.Call, read: s.Call, names: set[str]) -> bool:
    """Whether a call is given the whole body, to do more with it than to decode or to look at it."""
    called = call.func.attr if type(call.func) is s.Attribute else call.func.id if type(call.func) is s.Name else ""
    if called in LOADING or called in LOOKING:
        return False
    return any(_holds(arg.value, read, names) for arg in call.args)


def _holds(node: s.Expression, read: s.Call, names: set[str]) -> bool:
    """Whether an expression is the body, decoded or not."""
    match node:
        case s.Name(id=name):
            return name in names
        case s.Await(value=value) | s.NamedExpression(value=value):
            return _holds(value, read, names)
        case s.BooleanOperation(left=left):
            return _holds(left, read, names)
        case s.Conditional(body=left, orelse=right):
            return _holds(left, read, names) or _holds(right, read, names)
        case s.Call() if node is read or node.at == read.at:
            return True
        case s.Call(func=s.Attribute(value=value, attr="decode")):
            return _holds(value, read, names)
        case s.Call(func=s.Name(id=name) | s.Attribute(attr=name), args=(s.Argument(value=value), *_)) if (
            name in LOADING
        ):
            return _holds(value, read, names)
    return False
