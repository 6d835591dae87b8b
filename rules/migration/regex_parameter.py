"""`regex=` where it is called `pattern=` now.

## What it does
Reports the argument `regex=` of `Query`, `Path`, `Header`, `Cookie`, `Body`, `Form`, `File`, and of Pydantic's `Field`, `constr` and
`StringConstraints`, in projects on Pydantic 2.

## Why is this bad?
FastAPI deprecates it, and Pydantic 2 refuses it when the class is made.

## Bad
```python
from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/books")
def find_books(isbn: str = Query(regex="^[0-9]{13}$")) -> str:
    return isbn
```

## Good
```python
from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/books")
def find_books(isbn: str = Query(pattern="^[0-9]{13}$")) -> str:
    return isbn
```

## Known misses
Arguments that come out of a dictionary (`Query(**settings)`).

## Fix safety
Safe: only the name of the argument changes. Pydantic 2 knows no look-around in either case.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, Replace
from fastapi_lint.project import Project, searching
from fastapi_lint.project.interpreting.values import External, members
from fastapi_lint.project.models.pydantic_releases import is_pydantic_2
from fastapi_lint.rule import Rule

rule = Rule("FAL905", fix="safe")

REGEX = re.compile(r"regex\s*=")
FASTAPI = frozenset({"Query", "Path", "Header", "Cookie", "Body", "Form", "File"})
PYDANTIC = frozenset({"Field", "constr", "StringConstraints"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in searching.sites(project, REGEX):
        node = site.node
        if type(node) is not s.Call or all(argument.keyword != "regex" for argument in node.args):
            continue
        name = next((m.name for m in members(site.callee) if type(m) is External and _takes_pattern(m.name)), None)
        if name is None or not is_pydantic_2(project):
            continue
        place = site.anchor.of("keyword:regex")
        is_doubled = any(argument.keyword == "pattern" for argument in node.args)
        yield Finding(
            place,
            f"`regex` of `{name.rpartition('.')[2]}` is called `pattern` now",
            fix=None if is_doubled else Fix("Call it `pattern`", (Replace(place.of("keyword"), ("pattern",)),), "safe"),
            symbol=site.function.qualname if site.function is not None else site.frame.module.name,
        )


def _takes_pattern(name: str) -> bool:
    package, last = name.partition(".")[0], name.rpartition(".")[2]
    if name.startswith("pydantic.v1"):
        return False
    return (package == "fastapi" and last in FASTAPI) or (package in ("pydantic", "sqlmodel") and last in PYDANTIC)
