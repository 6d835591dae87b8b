"""`example=` where `examples=` takes a list now.

## What it does
Reports the argument `example=` of `Query`, `Path`, `Header`, `Cookie`, `Body`, `Form`, `File` from FastAPI 0.99 on, and of Pydantic's `Field`
in projects on Pydantic 2.

## Why is this bad?
OpenAPI 3.1, which FastAPI writes since 0.99, takes JSON Schema as it is, and that knows `examples`, a list. FastAPI warns at `example`, and
Pydantic 2 takes it for an unknown argument, which it warns of and will refuse.

## Bad
```python
from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/books")
def find_books(isbn: str = Query(example="9783161484100")) -> str:
    return isbn
```

## Good
```python
from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/books")
def find_books(isbn: str = Query(examples=["9783161484100"])) -> str:
    return isbn
```

## Known misses
Arguments that come out of a dictionary (`Query(**settings)`), and `example` in a `json_schema_extra`.

## Fix safety
Safe: the one difference in the OpenAPI document is the point, `examples` in the parameter's schema in the place of `example` beside it.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, Insert, Replace
from fastapi_lint.project import Project, searching
from fastapi_lint.project.interpreting.values import External, members
from fastapi_lint.project.models.pydantic_releases import is_pydantic_2
from fastapi_lint.rule import Rule

rule = Rule("FAL906", fix="safe", since="0.99")

EXAMPLE = re.compile(r"example\s*=")
FASTAPI = frozenset({"Query", "Path", "Header", "Cookie", "Body", "Form", "File"})
FIELDS = frozenset({"pydantic.Field", "pydantic.fields.Field"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in searching.sites(project, EXAMPLE):
        node = site.node
        if type(node) is not s.Call:
            continue
        given = next((argument.value for argument in node.args if argument.keyword == "example"), None)
        if given is None or (type(given) is s.Constant and given.value is None and not given.kind):
            continue
        name = next((m.name for m in members(site.callee) if type(m) is External and _is_old(project, m.name)), None)
        if name is None:
            continue
        place, value = site.anchor.of("keyword:example"), Anchor(site.anchor.path, given.at)
        edits = (
            Replace(place.of("keyword"), ("examples",)),
            Insert(value, "before", ("[",)),
            Insert(value, "after", ("]",)),
        )
        is_doubled = any(argument.keyword in ("examples", "openapi_examples") for argument in node.args)
        yield Finding(
            place,
            f"`example` of `{name.rpartition('.')[2]}` is deprecated: `examples` takes a list",
            fix=None if is_doubled else Fix("Make it a list of examples", edits, "safe"),
            symbol=site.function.qualname if site.function is not None else site.frame.module.name,
        )


def _is_old(project: Project, name: str) -> bool:
    package, last = name.partition(".")[0], name.rpartition(".")[2]
    return (package == "fastapi" and last in FASTAPI) or (name in FIELDS and is_pydantic_2(project))
