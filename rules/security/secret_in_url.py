"""A password, token or key as a query or path parameter.

## What it does
Reports a text parameter of a route or of one of its dependencies that is taken from the query string or the path and whose name says
password, secret, API key or token. Headers, cookies, bodies and forms are where such values belong. Links that carry a one-time token,
to verify an address, reset a password or accept an invitation, are left alone.

## Why is this bad?
URLs are written down everywhere: in access logs, proxies, the browser's history, `Referer` headers and monitoring. A secret in one is
known to everybody who can read any of these.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/report")
def report(api_key: str) -> dict[str, int]:
    return {"length": len(api_key)}
```

## Good
```python
from typing import Annotated

from fastapi import FastAPI, Header

app = FastAPI()


@app.get("/report")
def report(api_key: Annotated[str, Header()]) -> dict[str, int]:
    return {"length": len(api_key)}
```

## Known misses
Values that are read from `request.query_params` by hand, and names that say nothing (`code`, `state`).

## Fix safety
Unsafe: clients must send the value in a header from then on. Passwords and path parameters get no fix: where they should go instead is
for the author to say. For a websocket the fix is only shown: browsers cannot send headers of their own with one.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Annotate, Applicability, Finding, Fix, Replace
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.values import FunctionValue
from fastapi_lint.project.serving import parameters
from fastapi_lint.project.serving.application import Route
from fastapi_lint.project.taint.kinds import SAFE, declared
from fastapi_lint.rule import Rule
from fastapi_lint.sensitive import category, words

rule = Rule("FAL307", fix="unsafe")

SECRETS = frozenset({"password", "secret", "key", "token"})
IN_HEADERS = frozenset({"key", "token"})
ONE_TIME = frozenset({
    "verify", "verification", "confirm", "confirmation", "activate", "activation", "reset", "invite", "invites",
    "invitation", "invitations",
    "unsubscribe", "magic", "share", "shared", "callback", "webhook", "webhooks", "hook", "hooks", "download", "preview", "link", "recover",
    "accept", "join", "optout", "optin",
})  # fmt: skip
"""Words of a path or handler that is meant to be opened from a link."""


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    classifier = parameters.Classifier(project.it)
    for route in project.routes:
        for function, path in _functions(project, route):
            one_time = bool(ONE_TIME & {*words(path), *words((function.wrapped or function).definition.name)})
            if project.is_test(function.definition.module.path):
                continue
            for parameter in classifier.parameters(project.dependencies.takes(function) or (), path):
                name = parameter.alias or parameter.name
                kind = category(name) or category(parameter.name)
                if parameter.kind not in ("path", "query") or kind not in SECRETS or (one_time and kind == "token"):
                    continue
                if declared(project, parameter.annotation, parameter.default) == SAFE:
                    continue
                yield Finding(
                    parameter.site,
                    f"`{name}` is sent in the {'path' if parameter.kind == 'path' else 'query string'}, which ends up in logs",
                    fix=_in_header(function, parameter.site, "display" if route.is_websocket else "unsafe")
                    if kind in IN_HEADERS and parameter.kind == "query"
                    else None,
                    symbol=function.definition.qualname,
                )


def _functions(project: Project, route: Route) -> Iterator[tuple[FunctionValue, str]]:
    """The handler and the functions that it depends on, with the path that they are served under."""
    if route.handler is None or route.path is None:
        return
    served = project.served(route)
    yield route.handler, next((operation.path for operation in served if operation.path is not None), route.path)
    dependencies = project.dependencies.of_operation(served[0]) if served else project.dependencies.of_route(route)
    for dependency in dependencies or ():
        for one in dependency.walk():
            if one.function is not None and one.function.definition.name != "__init__":
                yield one.function, route.path


def _in_header(function: FunctionValue, site: Anchor, applicability: Applicability) -> Fix | None:
    """`Header` in the place of `Query`, or beside the annotation where nothing says where the value comes from."""
    node = next((one for one in function.definition.node.parameters if one.at == site.at), None)
    if node is None:
        return None
    header = AddImport(site.path, "fastapi", "Header")
    metadata = node.annotation.items if type(node.annotation) is s.Subscript else ()
    for expression in (node.default, *metadata):
        if type(expression) is s.Call and _is_query(expression.func):
            edit = Replace(Anchor(site.path, expression.func.at), (header,))
            return Fix("Take it from a header", (edit,), applicability)
    if node.annotation is None or type(node.default) is s.Call or (metadata and len(metadata) > 1):
        return None
    annotated = AddImport(site.path, "typing", "Annotated")
    text = (annotated, "[", Anchor(site.path, node.annotation.at), ", ", header, "()]")
    return Fix("Take it from a header", (Annotate(site, text),), applicability)


def _is_query(node: s.Expression) -> bool:
    return (type(node) is s.Name and node.id == "Query") or (type(node) is s.Attribute and node.attr == "Query")
