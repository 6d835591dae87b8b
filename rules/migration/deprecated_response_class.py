"""A response class that FastAPI no longer needs.

## What it does
Reports `ORJSONResponse` and `UJSONResponse` from FastAPI 0.131 on: as `response_class=`, as `default_response_class=`, or called.

## Why is this bad?
They are deprecated. Where a response model or return annotation says what is returned, FastAPI has Pydantic write the JSON at once, which is
faster than to make plain values first and to hand these to another library.

## Bad
```python
from fastapi import FastAPI
from fastapi.responses import JSONResponse, ORJSONResponse

app = FastAPI()


@app.get("/books", response_class=ORJSONResponse)
def list_books() -> list[str]:
    return ["Momo"]
```

## Good
```python
from fastapi import FastAPI
from fastapi.responses import JSONResponse

app = FastAPI()


@app.get("/books")
def list_books() -> list[str]:
    return ["Momo"]
```

## Known misses
A subclass of one of them.

## Fix safety
Unsafe: what only the other library can write (NumPy arrays, keys that are no text) is refused afterwards. Offered for the arguments; a call
(`return ORJSONResponse(books)`) is left to the author, since what is in it need not be what the response model says.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, Replace
from fastapi_lint.project import CallSite, Project, searching
from fastapi_lint.project.interpreting.values import External, Value, members
from fastapi_lint.rule import Rule

rule = Rule("FAL907", fix="unsafe", since="0.131")

CLASSES = re.compile(r"[RU]JSONResponse\b")
NAMES = frozenset({"ORJSONResponse", "UJSONResponse"})
ARGUMENTS = ("response_class", "default_response_class")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in searching.sites(project, CLASSES):
        if type(site.node) is not s.Call:
            continue
        symbol = site.function.qualname if site.function is not None else site.frame.module.name
        called = _deprecated(site.callee)
        if called is not None:
            yield Finding(site.anchor, _message(called), symbol=symbol)
        for name in ARGUMENTS:
            given = _deprecated(site.arguments.keywords.get(name))
            if given is not None and _is_written(site, name):
                place = site.anchor.of(f"keyword:{name}")
                fix = Fix("Leave it to FastAPI", (Replace(place, ()),))
                yield Finding(place, _message(given), fix=fix, symbol=symbol)


def _is_written(site: CallSite, name: str) -> bool:
    return any(argument.keyword == name and not argument.star for argument in site.node.args)


def _deprecated(value: Value | None) -> str | None:
    found = members(value) if value is not None else ()
    if len(found) == 1 and type(found[0]) is External:
        package, last = found[0].name.partition(".")[0], found[0].name.rpartition(".")[2]
        return last if package in ("fastapi", "starlette") and last in NAMES else None
    return None


def _message(name: str) -> str:
    return f"`{name}` is deprecated: with a response model, FastAPI writes JSON faster by itself"
