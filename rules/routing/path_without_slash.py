"""A path that does not start with a slash.

## What it does
Reports a route whose own path is not empty and does not start with `/`.

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
Unsafe: behind a prefix, the route is served under another path from then on.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, Replace
from fastapi_lint.project import Route
from fastapi_lint.project.values import Const, Value
from fastapi_lint.rule import Rule

rule = Rule("FAL704", severity="error", fix="unsafe")


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    if not route.path or route.path.startswith("/"):
        return
    handler = route.function
    yield Finding(
        route.site,
        f"The path `{route.path}` does not start with a slash",
        fix=_fix(route.arguments.get("path", 0)),
        symbol=handler.definition.qualname if handler is not None else None,
    )


def _fix(path: Value | None) -> Fix | None:
    if (
        type(path) is not Const
        or path.place is None
        or not isinstance(path.value, str)
        or path.parts
        or not path.value.isprintable()
    ):
        return None
    if '"' in path.value or "\\" in path.value:
        return None
    return Fix("Put a slash in front", (Replace(path.place, (f'"/{path.value}"',)),))
