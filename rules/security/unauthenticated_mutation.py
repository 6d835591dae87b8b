"""A route that changes something for anybody who asks.

## What it does
Reports POST, PUT, PATCH and DELETE routes with no authentication at any level (parameters, decorator, router, `include_router`,
application, middleware) in an application that authenticates the callers of other routes. Routes that are there for strangers are left
alone: login, registration, token refresh, password reset, webhooks, health checks and the like, by the words of their path and name, and routes that only
redirect.

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

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Operation, Project, describe
from fastapi_lint.project.application import Application
from fastapi_lint.project.authentication import AUTHENTICATING_NAME, Authenticated, Authentication
from fastapi_lint.project.contract import Contracts
from fastapi_lint.project.values import Const, External, FunctionValue, Instance, Method, members
from fastapi_lint.rule import Option, Rule
from fastapi_lint.sensitive import words

rule = Rule("FAL304", options={"public-routes": Option([], "paths or handlers that anybody may call")})

MUTATING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
PUBLIC = frozenset({
    "login", "logout", "logon", "signin", "signout", "signup", "register", "registration", "token", "tokens", "refresh", "auth", "authenticate",
    "authorize", "oauth", "oauth2", "oidc", "saml", "sso", "callback", "session", "sessions", "password", "forgot", "reset", "recover", "verify",
    "verification", "confirm", "activate", "otp", "mfa", "magic", "webhook", "webhooks", "hook", "hooks", "health", "healthz", "ready", "readyz",
    "live", "livez", "ping", "status", "metrics", "public", "contact", "subscribe", "unsubscribe", "waitlist", "invite", "invitation", "csp", "setup",
    "bootstrap", "initialize", "install", "heartbeat", "telemetry", "events",
})  # fmt: skip
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
        if project.is_test(definition.module.path) or _is_public(operation, public) or _is_wrapped(operation):
            continue
        if _only_redirects(project, handler) or _asks_itself(project, handler):
            continue
        yield Finding(
            definition.anchor,
            f"Anybody may call `{operation.method} {operation.path or '?'}`, while other routes ask who is calling",
            symbol=definition.qualname,
        )


def _asks_itself(project: Project, handler: FunctionValue) -> bool:
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


def _is_public(operation: Operation, public: Iterable[str]) -> bool:
    handler = operation.route.handler
    assert handler is not None
    path = operation.path or operation.route.path or ""
    name = handler.definition.qualname
    if any(fnmatchcase(path, wanted) or fnmatchcase(name, wanted) for wanted in public):
        return True
    tags = operation.route.keyword("tags")
    said = {*words(path), *words(handler.definition.name), *_tags(tags)}
    return bool(said & PUBLIC)


def _tags(value: object) -> Iterator[str]:
    for item in getattr(value, "items", None) or ():
        if type(item) is Const and isinstance(item.value, str):
            yield from words(item.value)


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
