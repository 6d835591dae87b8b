"""A route that changes something for anybody who asks.

## What it does
Reports POST, PUT, PATCH and DELETE routes with no authentication at any level (parameters, decorator, router, `include_router`,
application, middleware) in an application that authenticates the callers of other routes. Left alone are

- routes that are there for strangers: login, registration, token refresh, password reset, webhooks, health checks and the like, by the
  words of their path, name and tags;
- routes whose handler looks at the caller itself: it reads a credential from the request, takes a token as a part of the path or of the
  body, checks a signature, or refuses with 401;
- routes that change nothing: they redirect, their name says that they read or work something out (`search`, `decode`), or their
  code can be seen to do no more than that.

## Why is this bad?
Where all other doors are locked, this one was most likely forgotten.

## Bad
```python
import os
import secrets

from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI()


def require_key(x_api_key: str = Header()) -> None:
    if not secrets.compare_digest(x_api_key, os.environ["API_KEY"]):
        raise HTTPException(401)


@app.get("/items", dependencies=[Depends(require_key)])
def read_items() -> list[str]:
    return ["tea"]


@app.delete("/items/{name}")
def delete_item(name: str) -> str:
    return name
```

## Good
```python
import os
import secrets

from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI()


def require_key(x_api_key: str = Header()) -> None:
    if not secrets.compare_digest(x_api_key, os.environ["API_KEY"]):
        raise HTTPException(401)


@app.get("/items", dependencies=[Depends(require_key)])
def read_items() -> list[str]:
    return ["tea"]


@app.delete("/items/{name}", dependencies=[Depends(require_key)])
def delete_item(name: str) -> str:
    return name
```

## Options
`public-routes`: paths (`/feedback`, `/public/*`) or handlers (`app.routes.feedback`) that anybody may call.

## Known misses
A route whose dependencies, decorators or middleware cannot be told, and an application that authenticates nobody.

## Fix safety
There is no fix: who may call the route is for the author to say.
"""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import pairwise

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Operation, Project, describe
from fastapi_lint.project.effects import changes_nothing
from fastapi_lint.project.interpreting.values import Const, External, FunctionValue, Instance, Method, members
from fastapi_lint.project.serving.application import Application
from fastapi_lint.project.serving.authentication import AUTHENTICATING_NAME, Authenticated, Authentication
from fastapi_lint.project.serving.contract import Contracts
from fastapi_lint.rule import Option, Rule
from fastapi_lint.sensitive import vocabulary, words

rule = Rule("FAL304", options={"public-routes": Option([], "paths or handlers that anybody may call")})

MUTATING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
CREATING = frozenset({"create", "new", "open", "make"})
ASKING = frozenset(
    {"auth", "authenticate", "authenticated", "authorize", "authorized", "permission", "permissions", "signature"}
)
HARMLESS = ("functools.", "contextlib.", "builtins.", "typing.", "fastapi.", "starlette.routing.")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    authentication = Authentication(project, Contracts(project), ctx.settings.auth_dependencies)
    for application in project.applications:
        yield from _of_application(application, authentication, project, ctx.options["public-routes"])


def _of_application(
    application: Application, authentication: Authentication, project: Project, public: Iterable[str]
) -> Iterator[Finding]:
    answers = [(operation, authentication.of(operation)) for operation in application.operations]
    if not any(answer is Authenticated.YES for _, answer in answers):
        return
    for operation, answer in answers:
        handler = operation.route.handler
        if operation.method not in MUTATING or answer is not Authenticated.NO or handler is None:
            continue
        definition = handler.definition
        if project.is_test(definition.module.path) or _is_public(project, operation, public) or _is_wrapped(operation):
            continue
        if _only_redirects(project, handler) or authentication.looks_at_caller(operation) or _asks(project, handler):
            continue
        if operation.method == "POST" and _changes_nothing(project, operation):
            continue
        yield Finding(
            definition.anchor,
            f"Anybody may call `{operation.method} {operation.path or '?'}`, while other routes ask who is calling",
            symbol=definition.qualname,
        )


def _asks(project: Project, handler: FunctionValue) -> bool:
    """Whether a handler calls something that says it authenticates."""
    for site in project.it.analysis(handler).sites:
        called = describe.called(site).rpartition(".")[2]
        if ASKING & set(words(called)) or AUTHENTICATING_NAME.search(called):
            return True
    return False


def _only_redirects(project: Project, handler: FunctionValue) -> bool:
    """Whether a handler sends its callers elsewhere, and changes nothing itself."""
    returned = [member for _, value in project.it.analysis(handler).returns for member in members(value)]
    return bool(returned) and all(
        type(value) is Instance and project.it.is_subclass(value.cls, "starlette.responses.RedirectResponse")
        for value in returned
    )


def _is_public(project: Project, operation: Operation, public: Iterable[str]) -> bool:
    handler = operation.route.handler
    assert handler is not None
    path = operation.path or operation.route.path or ""
    name = handler.definition.qualname
    if any(fnmatchcase(path, wanted) or fnmatchcase(name, wanted) for wanted in public):
        return True
    said = _said(project, operation)
    if said & CREATING and "account" in said:
        return True
    known = vocabulary()
    posting = known.for_strangers_posting if operation.method == "POST" else frozenset()
    return not said.isdisjoint(known.for_strangers | posting)


def _changes_nothing(project: Project, operation: Operation) -> bool:
    """Whether a handler that does not call itself a change only reads or works something out."""
    handler = operation.route.handler
    assert handler is not None
    known = vocabulary()
    last = _literal(operation).rstrip("/").rpartition("/")[2]
    if not known.reading.isdisjoint(words(last)) and known.changing.isdisjoint(words(handler.definition.name)[:1]):
        return True
    said = _said(project, operation)
    if said & known.changing:
        return False
    adds = last.endswith("s") and not last.endswith("ss")  # a collection, to which something is sent
    return not said.isdisjoint(known.reading) or (not adds and changes_nothing(project, handler))


def _literal(operation: Operation) -> str:
    """The path of an operation without its parameters."""
    return re.sub(r"\{[^}]*\}", "/", operation.path or operation.route.path or "")


def _said(project: Project, operation: Operation) -> frozenset[str]:
    """The words of an operation's path, name and tags, and neighbouring ones joined: `sign-up` says `signup` as well."""
    handler = operation.route.handler
    assert handler is not None
    found: set[str] = set()
    for text in (_literal(operation), handler.definition.name, *_tags(project, operation)):
        said = words(text)
        found |= {*said, *(left + right for left, right in pairwise(said))}
    return frozenset(found)


def _tags(project: Project, operation: Operation) -> Iterator[str]:
    """The tags of an operation, those of its routers and of what includes them among them."""
    given = [operation.route.keyword("tags")]
    given += [project.it.routing.setting(router, "tags") for router in operation.routers]
    given += [event.arguments.keywords.get("tags") for event in operation.chain]
    for value in given:
        for item in (project.it.items(value) if value is not None else None) or ():
            if type(item) is Const and isinstance(item.value, str):
                yield item.value


def _is_wrapped(operation: Operation) -> bool:
    """Whether a decorator stands between the caller and the handler: it may ask who is calling."""
    handler = operation.route.handler
    assert handler is not None
    if handler.wrapped is not None:
        return True
    for decorator in handler.definition.decorators:
        if type(decorator) is Method or (type(decorator) is External and decorator.name.startswith(HARMLESS)):
            continue
        return True
    return False
