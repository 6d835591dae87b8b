"""A router that is included twice under the same prefix.

## What it does
Reports an `include_router` of a router that the same application includes already under the same full prefix.

## Why is this bad?
Each of its routes exists twice. The second ones never answer, their operation ids clash, and what the second include says about
dependencies has no effect.

## Bad
```python
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter()


@router.get("/books")
def list_books() -> list[str]:
    return []


app.include_router(router, prefix="/v1")
app.include_router(router, prefix="/v1")
```

## Good
```python
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter()


@router.get("/books")
def list_books() -> list[str]:
    return []


app.include_router(router, prefix="/v1")
app.include_router(router, prefix="/v2")
```

## Known misses
Routers without routes, and prefixes that are not known.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Step
from fastapi_lint.project.serving.application import Application, Operation
from fastapi_lint.rule import Rule

rule = Rule("FAL713")


@rule.on(Application)
def check(application: Application, ctx: Context) -> Iterator[Finding]:
    seen: dict[tuple[int, str, str], Operation] = {}
    said: set[Anchor] = set()
    for operation in () if application.is_mounted else application.operations:
        if operation.path is None or operation.conditional:
            continue
        first = seen.setdefault((id(operation.route), operation.method, operation.path), operation)
        pairs = zip(operation.chain, first.chain)
        change = next(((late, early) for late, early in pairs if late is not early), None)
        if change is None or change[0].site in said or ctx.project.is_test(change[0].site.path):
            continue
        said.add(change[0].site)
        yield Finding(
            change[0].site,
            f"The router is included a second time, so `{operation.method} {operation.path}` exists twice",
            trace=(Step(change[1].site, "It is included here first"),),
        )
