"""Authentication on a library that nobody maintains.

## What it does
Reports imports of `jose` (python-jose) and `passlib` in the application's code, once a file and library.

## Why is this bad?
Both have seen no release that matters for years, and hold what must not be wrong: passlib reads a module of the standard library that Python
3.13 no longer has, and a part of bcrypt that newer releases dropped; python-jose was left with known weaknesses for years. FastAPI's own
documentation moved to PyJWT and pwdlib.

## Bad
```python
from typing import Annotated

from fastapi import FastAPI, Header
from jose import jwt

app = FastAPI()


@app.get("/header")
def read_header(token: Annotated[str, Header()]) -> dict[str, str]:
    return jwt.get_unverified_header(token)
```

## Good
```python
from typing import Annotated

import jwt
from fastapi import FastAPI, Header

app = FastAPI()


@app.get("/header")
def read_header(token: Annotated[str, Header()]) -> dict[str, str]:
    return jwt.get_unverified_header(token)
```

## Known misses
Libraries that use them in turn.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding
from fastapi_lint.project import Module, releases
from fastapi_lint.rule import Rule

rule = Rule("FAL912", severity="info", default=False)

LIBRARIES = releases.knowledge()["unmaintained"]
IMPORTED = re.compile(rf"^[ \t]*(?:from|import)[ \t]+(?:{'|'.join(LIBRARIES)})\b", re.MULTILINE)


@rule.on(Module)
def check(module: Module, ctx: Context) -> Iterator[Finding]:
    seen: set[str] = set()
    for index in range(len(module.chunks)):
        if not module.has(IMPORTED, index):
            continue
        for node in s.walk(*module.unit(index).statements, into_functions=True):
            for name in _imported(node) & LIBRARIES.keys() - seen:
                seen.add(name)
                library = LIBRARIES[name]
                yield Finding(
                    Anchor(module.path, node.at),
                    f"`{library['distribution']}` is not maintained any more: `{library['instead']}` took its place",
                    symbol=module.name,
                )


def _imported(node: s.Node) -> set[str]:
    """The top-level packages that a statement imports."""
    if type(node) is s.ImportFrom:
        return {node.module.partition(".")[0]} if not node.level else set()
    return {name.name.partition(".")[0] for name in node.names} if type(node) is s.Import else set()
