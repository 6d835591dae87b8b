"""A JWT that never expires.

## What it does
Reports `jwt.encode` of PyJWT and python-jose with claims that are all known and have no `exp`. Claims that are passed in, and functions
that mention `exp` anywhere, are left alone.

## Why is this bad?
A token that leaks, from a log, a laptop or a backup, is good for ever: there is no way to take it back.

## Bad
```python
import os

import jwt
from fastapi import FastAPI

app = FastAPI()
KEY = os.environ["JWT_KEY"]


@app.post("/token")
def token(name: str) -> str:
    return jwt.encode({"sub": name}, KEY, algorithm="HS256")
```

## Good
```python
import os
from datetime import datetime, timedelta, timezone

import jwt
from fastapi import FastAPI

app = FastAPI()
KEY = os.environ["JWT_KEY"]


@app.post("/token")
def token(name: str) -> str:
    expires = datetime.now(timezone.utc) + timedelta(minutes=15)
    return jwt.encode({"sub": name, "exp": expires}, KEY, algorithm="HS256")
```

## Known misses
Claims that a function is given, or that a model holds.

## Fix safety
There is no fix: how long a token is good for is for the author to say.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import CallSite, Project
from fastapi_lint.project.interpreting.modules import chunk_of
from fastapi_lint.project.interpreting.values import Mapping
from fastapi_lint.project.written_calls import names, nodes, sites, symbol
from fastapi_lint.rule import Rule

rule = Rule("FAL310")

ENCODERS = frozenset({"jwt.encode", "jose.jwt.encode"})
EXPIRY = frozenset({"exp", "expires_in", "expire", "expires", "expires_at", "expires_delta"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in sites(project, "encode"):
        if not names(site.callee) & ENCODERS:
            continue
        claims = site.arguments.get("payload", 0) or site.arguments.get("claims", 0)
        if (
            type(claims) is Mapping
            and not claims.open
            and claims.entries
            and "exp" not in claims.entries
            and not _mentions_expiry(site)
        ):
            yield Finding(site.anchor, "This token never expires", symbol=symbol(site))


def _mentions_expiry(site: CallSite) -> bool:
    if site.function is not None:
        root: object = site.function.node
    else:
        root = site.frame.module.unit(chunk_of(site.node.at)).statements
    for node in nodes(root):
        match node:
            case s.Constant(value="exp") | s.Name(id="exp"):
                return True
            case s.Call():
                if any(argument.keyword in EXPIRY for argument in node.args):
                    return True
            case s.Parameter():
                if node.name in EXPIRY:
                    return True
    return False
