"""Documentation pages that are served to everybody.

## What it does
Reports `FastAPI(...)` that says nothing of `docs_url`, `redoc_url` and `openapi_url`, so that `/docs`, `/redoc` and `/openapi.json` are
served wherever it runs. One that sets `openapi_url` or `docs_url`, whatever to, is left alone, and so
is one in a branch that only a debug or development mode takes.

## Why is this bad?
For a public API that is a service to its users. For an internal one it is a map for whoever gets that far.

## Bad
```python
from fastapi import FastAPI

app = FastAPI(title="Shop")
```

## Good
```python
import os

from fastapi import FastAPI

app = FastAPI(title="Shop", openapi_url="/openapi.json" if os.getenv("ENVIRONMENT") == "development" else None)
```

## Known misses
An application whose arguments come out of a dictionary.

## Fix safety
There is no fix: only the author knows who may read the documentation.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.values import Instance
from fastapi_lint.project.written_calls import is_for_developers, names, sites, spreads, symbol
from fastapi_lint.rule import Rule

rule = Rule("FAL320", severity="info", default=False)

SAID = frozenset({"openapi_url", "docs_url"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in sites(project, "FastAPI"):
        if "fastapi.FastAPI" not in names(site.callee) or not isinstance(site.result, Instance) or spreads(site.node):
            continue
        if not SAID & site.arguments.keywords.keys() and not is_for_developers(site):
            yield Finding(site.anchor, "The documentation pages are served wherever this runs", symbol=symbol(site))
