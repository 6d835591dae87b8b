"""An application none of whose paths has a version.

## What it does
Reports an application that serves routes in its OpenAPI document and has no version, such as `/v1` or `/api/v2`, in any of their paths.

## Why is this bad?
The first incompatible change breaks every client at once: there is no second path to serve the old ones from.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books")
def books() -> list[str]:
    return []
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/v1/books")
def books() -> list[str]:
    return []
```

## Known misses
Versions in a header, a host name or a proxy's path.
"""

import re
from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project.serving.application import Application, text
from fastapi_lint.project.serving.responses import hidden
from fastapi_lint.rule import Rule

rule = Rule("FAL408", severity="info", default=False)

VERSION = re.compile(r"(?:^|[/_.-])(?:v|version|api)?-?\d+(?:[._]\d+)*(?:alpha\d*|beta\d*)?(?:/|$)", re.IGNORECASE)


@rule.on(Application)
def check(application: Application, ctx: Context) -> Iterator[Finding]:
    made = application.instance
    if made.site is None or ctx.project.is_test(made.site.path) or _is_mounted(application, ctx):
        return
    shown = [one for one in application.operations if not one.route.is_websocket and not hidden(ctx.project, one.route)]
    if not shown or application.unresolved or any(one.path is None or VERSION.search(one.path) for one in shown):
        return
    root = ctx.project.it.routing.setting(made, "root_path")
    if root is None or not VERSION.search(text(root) or "/v1"):
        yield Finding(
            made.site, "No path of this application has a version, so every incompatible change breaks all clients"
        )


def _is_mounted(application: Application, ctx: Context) -> bool:
    return any(
        event.handler is application.instance for router in ctx.project.it.routing.made for event in router.events or ()
    )
