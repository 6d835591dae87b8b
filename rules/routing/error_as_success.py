"""A broad `except` that answers as if nothing had happened.

## What it does
Reports a route whose `except Exception` (or a bare one) returns data, or nothing, with the status code of success. Not one that gets the
data from somewhere else instead.

## Why is this bad?
Clients, monitoring and retries look at the status code. A 200 with an error text in it is a success for all of them, and a bug in the route
looks like an empty result. Without the `except`, the client would get a 500 and the log a traceback.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/price")
def read_price(name: str) -> dict[str, object]:
    try:
        return {"price": {"tea": 3}[name]}
    except Exception:
        return {"error": "no price"}
```

## Good
```python
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/price")
def read_price(name: str) -> dict[str, object]:
    try:
        return {"price": {"tea": 3}[name]}
    except KeyError:
        raise HTTPException(status_code=404, detail="no price") from None
```

## Known misses
What a function of the project swallows below the route, and answers that go through a variable for longer than the next statement.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding
from fastapi_lint.project import Project, Route, failures
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import Const, Instance, Mapping, Sequence, Text, Value, members
from fastapi_lint.project.serving import responses
from fastapi_lint.rule import Rule

rule = Rule("FAL712")

PLAIN_RESPONSES = frozenset({
    "starlette.responses.Response", "starlette.responses.JSONResponse", "starlette.responses.PlainTextResponse", "starlette.responses.HTMLResponse",
    "fastapi.responses.ORJSONResponse", "fastapi.responses.UJSONResponse", "fastapi.Response",
})  # fmt: skip

BUILTINS = frozenset(dir(__import__("builtins")))


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    function = route.function
    if function is None or route.is_websocket:
        return
    frame = ctx.project.it.analysis(function)
    body = function.definition.node.body
    returned = {node.at: value for node, value in frame.returns}
    for one, following in _tries(body):
        for handler in one.handlers:
            if failures.is_broad(ctx.project, frame, handler) and _succeeds(
                ctx.project, frame, handler, following, returned
            ):
                yield Finding(
                    Anchor(function.definition.module.path, handler.at, "header"),
                    f"Any error in `{function.definition.name}` is answered as a success",
                    symbol=function.definition.qualname,
                )


def _tries(body: tuple[s.Statement, ...]) -> Iterator[tuple[s.Try, s.Statement | None]]:
    """The `try` statements that are no part of a loop, each with what comes next."""
    for position, node in enumerate(body):
        following = body[position + 1] if position + 1 < len(body) else None
        if type(node) is s.Try:
            yield node, following
            yield from _tries(node.body)
        elif type(node) is s.If:
            yield from _tries(node.body)
            yield from _tries(node.orelse)
        elif type(node) is s.With:
            yield from _tries(node.body)


def _succeeds(
    project: Project, frame: Frame, handler: s.Handler, following: s.Statement | None, returned: dict[int, Value]
) -> bool:
    if failures.raises(handler.body) or _sets_status(handler.body):
        return False
    given = [node for node in s.walk(*handler.body) if type(node) is s.Return]
    if given:
        return type(handler.body[-1]) is s.Return and all(
            _is_success(project, node, returned.get(node.at)) for node in given
        )
    if type(following) is not s.Return or type(following.value) is not s.Name:
        return False
    return following.value.id in _changed(handler.body) and _is_success(project, following, returned.get(following.at))


def _is_success(project: Project, node: s.Return, value: Value | None) -> bool:
    """Whether a value is answered with 200 for sure, and is no second source of what was asked for."""
    if node.value is None:
        return True
    if any(type(one) in (s.Call, s.Await) and _fetches(one) for one in _below(node.value)):
        return False
    return value is not None and all(_answers_200(project, member) for member in members(value))


def _below(value: s.Expression) -> Iterator[s.Node]:
    """What an answer is made of, without the class or function that makes it."""
    if type(value) is s.Call:
        yield from s.walk(*(given.value for given in value.args))
    else:
        yield from s.walk(value)


def _fetches(node: s.Node) -> bool:
    """Whether a call gets data: not one of the built-in functions, an exception's or a text's method, or a class that holds what it is given."""
    if type(node) is not s.Call:
        return True
    match node.func:
        case s.Name(id=name):
            return not (name in BUILTINS or name[:1].isupper())
        case s.Attribute(attr=name):
            return not (
                name[:1].isupper()
                or hasattr(str, name)
                or hasattr(dict, name)
                or name in ("now", "utcnow", "today", "isoformat", "time")
            )
    return True


def _answers_200(project: Project, value: Value) -> bool:
    if type(value) is Sequence and value.kind == "tuple":
        return False  # `return data, 500`: another rule
    if isinstance(value, (Const, Mapping, Sequence, Text)):
        return True
    if type(value) is not Instance:
        return False
    if responses.is_response(project, value):
        made = value.made
        plain = value.class_name in PLAIN_RESPONSES and made is not None and not made.starred
        return plain and made is not None and made.get("status_code", 1) is None
    return isinstance(value.cls, ClassDefinition) and not failures.makes_http_exception(project, value)


def _sets_status(body: tuple[s.Statement, ...]) -> bool:
    return any(type(node) is s.Attribute and node.attr == "status_code" for node in s.walk(*body))


def _changed(body: tuple[s.Statement, ...]) -> set[str]:
    """The names that statements assign to, or to an attribute or key of."""
    found: set[str] = set()
    for node in s.walk(*body):
        if type(node) is s.Assign:
            found.update(name for name in map(_root, node.targets) if name is not None)
    return found


def _root(target: s.Expression) -> str | None:
    if type(target) is s.Attribute or type(target) is s.Subscript:
        return _root(target.value)
    return target.id if type(target) is s.Name else None
