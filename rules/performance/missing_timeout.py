"""An outbound request that may wait for ever.

## What it does
Reports requests by `requests` without a `timeout`, and `timeout=None` for `httpx`, which has a timeout of its own.

## Why is this bad?
A server that accepts the connection and says nothing holds the thread for as long as it likes. Forty such requests, and FastAPI's pool of
threads is empty: the service stands still because another one does.

## Bad
```python
import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/status")
def read_status() -> int:
    return httpx.get("https://example.org", timeout=None).status_code
```

## Good
```python
import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/status")
def read_status() -> int:
    return httpx.get("https://example.org", timeout=10).status_code
```

## Known misses
Arguments that come out of a dictionary, and clients that other libraries make.

## Fix safety
Unsafe: a request that takes longer than ten seconds fails from then on.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, SetKeyword
from fastapi_lint.project import CallSite, Project, searching
from fastapi_lint.project.interpreting.values import Const, External, Method, known_members
from fastapi_lint.rule import Rule

rule = Rule("FAL609", fix="unsafe")

REQUESTING = re.compile(
    r"\brequests\b|\bhttpx\b|timeout\s*=\s*None|\.(?:get|post|put|patch|delete|head|options|request)\("
)
VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request"})
SESSIONS = frozenset({"requests.Session", "requests.sessions.Session"})
HTTPX = frozenset({"httpx", "httpx.Client", "httpx.AsyncClient"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in searching.sites(project, REQUESTING):
        if site.kind != "call" or type(site.node) is not s.Call or site.arguments.starred:
            continue
        name = next((found for found in map(_name, known_members(site.callee)) if found is not None), None)
        if name is None or not _waits_for_ever(site, name):
            continue
        place = site.anchor
        yield Finding(
            place,
            f"`{name}` waits for ever where the other side says nothing: give it a timeout",
            fix=Fix("Wait ten seconds at most", (SetKeyword(place, "timeout", ("10",)),)),
            symbol=site.function.qualname if site.function is not None else site.frame.module.name,
        )


def _name(callee: object) -> str | None:
    """The qualified name of a callee that sends a request, or makes a client which does."""
    if type(callee) is Method:
        owner, verb = callee.owner, callee.name
    elif type(callee) is External:
        owner, _, verb = callee.name.rpartition(".")
        if callee.name in HTTPX:
            return callee.name
    else:
        return None
    return f"{owner}.{verb}" if verb in VERBS and (owner == "requests" or owner in SESSIONS or owner in HTTPX) else None


def _waits_for_ever(site: CallSite, name: str) -> bool:
    given = site.arguments.keywords.get("timeout")
    if name.startswith("httpx") or given is not None:
        return type(given) is Const and given.value is None and _is_written(site)
    return all(argument.star != "**" for argument in site.node.args)


def _is_written(site: CallSite) -> bool:
    """Whether the call itself says None, or a constant: what a field or parameter has unless it is given is no answer."""
    node = next((argument.value for argument in site.node.args if argument.keyword == "timeout"), None)
    return type(node) is s.Constant or (type(node) is s.Name and node.id.isupper())
