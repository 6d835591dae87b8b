"""An upload that is held in memory as a whole.

## What it does
Reports a `File()` that is typed `bytes`, and `await file.read()` of an `UploadFile` without a size, in a route or dependency that does not
look at the upload's size either.

## Why is this bad?
Starlette keeps large uploads on disk. Reading one whole puts it into memory, for every request that is under way; a few large files at
once are enough to end the process.

## Bad
```python
from typing import Annotated

from fastapi import FastAPI, File

app = FastAPI()


@app.post("/cover")
def add_cover(cover: Annotated[bytes, File()]) -> int:
    return len(cover)
```

## Good
```python
from fastapi import FastAPI, UploadFile

app = FastAPI()


@app.post("/cover")
async def add_cover(cover: UploadFile) -> int:
    length = 0
    while chunk := await cover.read(65536):
        length += len(chunk)
    return length
```

## Known misses
Uploads that another function reads.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import External, FunctionValue, Generic, Method, Value, known_members
from fastapi_lint.project.models import schemas
from fastapi_lint.project.serving.signatures import declarations
from fastapi_lint.rule import Rule

rule = Rule("FAL213", severity="info", default=False)

UPLOADS = frozenset({"starlette.datastructures.UploadFile", "fastapi.UploadFile"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    functions: dict[FunctionDefinition, FunctionValue] = {}
    for one in declarations(project):
        functions.setdefault(one.function.definition, one.function)
        if one.parameter is not None and one.parameter.kind == "file" and _is_bytes(one.annotation):
            yield Finding(one.anchor, f"`{one.node.name}` is read into memory as a whole", symbol=one.symbol)
    for definition, function in functions.items():
        if _looks_at_size(definition):
            continue
        for site in project.it.analysis(function).sites:
            if (
                site.kind == "call"
                and not site.node.args
                and any(_reads(member) for member in known_members(site.callee))
            ):
                yield Finding(site.anchor, "The upload is read into memory as a whole", symbol=definition.qualname)


def _is_bytes(annotation: Value | None) -> bool:
    kind = schemas.plain(annotation) if annotation is not None else annotation
    if type(kind) is Generic:
        return any(_is_bytes(arg) for arg in kind.args)
    return type(kind) is External and kind.name == "builtins.bytes"


def _reads(callee: Value) -> bool:
    return type(callee) is Method and callee.name == "read" and callee.owner in UPLOADS


def _looks_at_size(definition: FunctionDefinition) -> bool:
    for node in s.walk(*definition.node.body):
        match node:
            case s.Attribute(attr="size"):
                return True
            case s.Constant(value=str(text)) if text.lower() == "content-length":
                return True
    return False
