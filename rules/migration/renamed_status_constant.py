"""A status constant under its former name.

## What it does
Reports the names of `status` that Starlette 0.48 renamed after RFC 9110: `HTTP_413_REQUEST_ENTITY_TOO_LARGE`, `HTTP_414_REQUEST_URI_TOO_LONG`,
`HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE`, `HTTP_422_UNPROCESSABLE_ENTITY`.

## Why is this bad?
Each use warns, and the names will go.

## Bad
```python
from fastapi import FastAPI, HTTPException, status

app = FastAPI()


@app.get("/books")
def find_books(isbn: str) -> str:
    if len(isbn) != 13:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_ENTITY)
    return isbn
```

## Good
```python
from fastapi import FastAPI, HTTPException, status

app = FastAPI()


@app.get("/books")
def find_books(isbn: str) -> str:
    if len(isbn) != 13:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT)
    return isbn
```

## Known misses
Names that come by way of another module of the project.

## Fix safety
Safe: the number is the same. A name that other modules import from this one is left to the author.
"""

from collections import defaultdict
from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, Replace
from fastapi_lint.project import Project, references, releases
from fastapi_lint.project.references import Reference
from fastapi_lint.rule import Rule

rule = Rule("FAL908", fix="safe")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    renamed = {old: new for change in releases.changes(project, "renamed") for old, new in change.names.items()}
    if not renamed:
        return
    found: dict[str, list[Reference]] = defaultdict(list)
    for one in references.named(project, renamed.keys()):
        if one.name.startswith(("fastapi.status.", "starlette.status.")) and not one.guarded:
            found[one.module.path].append(one)
    for uses in found.values():
        for one in uses:
            old = one.name.rpartition(".")[2]
            yield Finding(
                one.anchor,
                f"`{old}` is called `{renamed[old]}` now",
                fix=_fix(project, one, uses, renamed[old]),
                symbol=one.symbol,
            )


def _fix(project: Project, one: Reference, uses: list[Reference], new: str) -> Fix | None:
    """An attribute changes alone; a name that was imported changes together with its import and all other uses."""
    title = f"Call it `{new}`"
    if not one.is_import and one.is_attribute:
        return Fix(title, (Replace(one.anchor, (new,)),), "safe")
    old = one.name.rpartition(".")[2]
    same = [use for use in uses if not use.is_attribute and use.name.rpartition(".")[2] == old]
    if references.is_imported_elsewhere(project, one.module, old):
        return None
    imports = [use for use in same if use.is_import]
    if len(imports) != 1 or one.module.has(new):
        return None
    plain = [use for use in same if not use.is_import and use.written == old]
    return Fix(title, tuple(Replace(use.anchor, (new,)) for use in (*imports, *plain)), "safe")
