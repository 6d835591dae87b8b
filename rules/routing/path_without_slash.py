"""A path that does not start with a slash.

## What it does
Reports a route whose own path is not empty and does not start with `/`, nor with a `{name:path}`, which takes the slash too.

## Why is this bad?
FastAPI accepts `"books"` and no request ever matches it. Behind a prefix the two grow together: `/shop` and `books` make `/shopbooks`.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("books")
def list_books() -> list[str]:
    return []
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books")
def list_books() -> list[str]:
    return []
```

## Known misses
Paths that are put together from parts which are not known.

## Fix safety
Safe where nothing comes before the path: the one difference in the OpenAPI document is the slash, and the route answers from then on.
Unsafe behind a prefix, where the route is served already, under another path.
"""

import re
from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Applicability, Finding, Fix, Replace
from fastapi_lint.project import Route, written_calls
from fastapi_lint.project.interpreting.values import Sequence
from fastapi_lint.rule import Rule

rule = Rule("FAL704", severity="error", fix="safe")

TAKES_SLASH = re.compile(r"{[a-zA-Z_][a-zA-Z0-9_]*:path}")
"""What matches any path by itself, its slash included."""


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    if not route.path or route.path.startswith("/") or TAKES_SLASH.match(route.path):
        return
    served = ctx.project.served(route)
    if not served and _is_elsewhere(ctx, route):
        return
    never = bool(served) and all(operation.path == route.path for operation in served)
    handler = route.function
    yield Finding(
        route.site,
        f"The path `{route.path}` does not start with a slash",
        fix=_fix(ctx, route, "safe" if never else "unsafe"),
        symbol=handler.definition.qualname if handler is not None else None,
    )


def _is_elsewhere(ctx: Context, route: Route) -> bool:
    """Whether the path is no path of this application: a callback's URL, a webhook's name."""
    if "{$" in (route.path or "") or "://" in (route.path or ""):
        return True
    if any(
        ctx.project.it.routing.setting(app.instance, "webhooks") is route.router for app in ctx.project.applications
    ):
        return True
    callbacks = (one.keyword("callbacks") for one in ctx.project.routes)
    return any(type(given) is Sequence and given.source is route.router for given in callbacks)


def _fix(ctx: Context, route: Route, applicability: Applicability) -> Fix | None:
    literal, path = written_calls.literal(ctx.project, route.site, "path", 0), route.path
    if literal is None or path is None or literal.value != path or not path.isprintable() or set(path) & set('"\\'):
        return None
    return Fix("Put a slash in front", (Replace(Anchor(route.site.path, literal.at), (f'"/{path}"',)),), applicability)
