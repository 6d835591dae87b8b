"""A file path that a request decides.

## What it does
Follows the values of a request to where files are opened, sent, moved or removed, through local variables, f-strings, `+`, `%`,
`format`, `join`, model fields, dependencies and the project's own functions; the trace shows the way. A value that was compared with
something, looked up in a list, handed to a function that validates it, or whose type leaves no choice (`int`, `UUID`, `Enum`, `Literal`,
a `pattern`), is left alone. So are a path
parameter that cannot hold a slash (`{name}`, not `{name:path}`), the last part of a path (`Path(x).name`, `os.path.basename`), and a path
that was checked with `is_relative_to` or the like.

## Why is this bad?
`../../etc/passwd` is a fine file name: with it a client reads, overwrites or removes whatever the service can.

## Bad
```python
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse

app = FastAPI()
FILES = Path("/srv/files")


@app.get("/files")
def read_file(name: str) -> FileResponse:
    return FileResponse(FILES / name)
```

## Good
```python
from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse

app = FastAPI()
FILES = Path("/srv/files")


@app.get("/files")
def read_file(name: str) -> FileResponse:
    path = (FILES / name).resolve()
    if not path.is_relative_to(FILES):
        raise HTTPException(404)
    return FileResponse(path)
```

## Known misses
Files that a library opens by a name it is given (archives, images, data frames), and `..` as the whole of a path parameter.

## Fix safety
There is no fix: only the author knows which directory a path has to stay in.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.taint.exposures import exposures
from fastapi_lint.rule import Rule

rule = Rule("FAL313", severity="error")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for found in exposures(project, "path"):
        message = f"`{found.name}` of the request decides which file `{found.use}` works on"
        yield Finding(found.place, message, trace=found.way, symbol=found.function.qualname)
