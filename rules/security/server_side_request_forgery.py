"""A request that goes where the client says.

## What it does
Follows the values of a request to the URL of an outbound request (requests, httpx, aiohttp, urllib),
through local variables, f-strings, `+`, `%`,
`format`, `join`, model fields, dependencies and the project's own functions; the trace shows the way. A value that was compared with
something, looked up in a list, handed to a function that validates it, or whose type leaves no choice (`int`, `UUID`, `Enum`, `Literal`,
a `pattern`), is left alone. So
is a URL of which the request only decides what comes behind the host.

## Why is this bad?
The service can reach what the client cannot: databases and dashboards of the internal network, the cloud's metadata service with its
credentials. Whoever chooses the URL borrows that reach.

## Bad
```python
import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/title")
def title(url: str) -> str:
    return httpx.get(url, timeout=5).text[:100]
```

## Good
```python
import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/title")
def title(page: str) -> str:
    return httpx.get(f"https://pages.example/{page}", timeout=5).text[:100]
```

## Known misses
URLs that are handed to a library which fetches them, and redirects that a checked URL answers with.

## Fix safety
There is no fix: only the author knows which hosts are meant.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.taint.exposures import exposures
from fastapi_lint.rule import Rule

rule = Rule("FAL316")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for found in exposures(project, "url"):
        message = f"`{found.name}` of the request decides where `{found.use}` sends its own request"
        yield Finding(found.place, message, trace=found.way, symbol=found.function.qualname)
