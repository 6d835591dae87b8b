"""An application without a title or version.

## What it does
Reports `FastAPI()` without `title` or without `version`, where it shows an OpenAPI document.

## Why is this bad?
The document is titled `FastAPI`, version `0.1.0`, like everybody else's; generated clients take both from it.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()
```

## Good
```python
from fastapi import FastAPI

app = FastAPI(title="Bookshop", version="2.1.0")
```

## Known misses
Attributes that are set afterwards are seen only where the application is made.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project.interpreting.values import Const
from fastapi_lint.project.serving.application import Application
from fastapi_lint.rule import Rule

rule = Rule("FAL406", severity="info", default=False)


@rule.on(Application)
def check(application: Application, ctx: Context) -> Iterator[Finding]:
    made = application.instance
    routing = ctx.project.it.routing
    if routing.base(made) != "fastapi.FastAPI" or made.site is None or made.made is None or made.made.starred:
        return
    if ctx.project.is_test(made.site.path):
        return
    document = routing.setting(made, "openapi_url")
    if type(document) is Const and document.value is None:
        return
    missing = [
        name
        for name in ("title", "version")
        if routing.setting(made, name) is None and name not in (made.attributes or ())
    ]
    if missing:
        yield Finding(made.site, f"The document has FastAPI's own {' and '.join(f'`{name}`' for name in missing)}")
