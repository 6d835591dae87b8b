"""A traceback in what the client gets.

## What it does
Follows `traceback.format_exc()`, `format_exception()`, `format_tb()` and their like to the detail of an `HTTPException`, to a response
and to what a route or an exception handler returns, through local variables, containers and the project's own functions.

## Why is this bad?
A traceback shows file names, source lines and the text of the exception to whoever can make the request fail. It is made for logs.

## Bad
```python
import traceback

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI()


@app.exception_handler(Exception)
def answer(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": "internal", "trace": traceback.format_exc()}, status_code=500)
```

## Good
```python
import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI()
logger = logging.getLogger(__name__)


@app.exception_handler(Exception)
def answer(request: Request, error: Exception) -> JSONResponse:
    logger.error("request failed", exc_info=error)
    return JSONResponse({"error": "internal"}, status_code=500)
```

## Known misses
A traceback that is stored and served by another route. Code that runs in a debug mode only is left alone. Where a traceback and the
exception's text go the same way, only the traceback is reported.

## Fix safety
There is no fix: what a client should read instead is for the author to say.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.taint.leaks import leaks
from fastapi_lint.rule import Rule

rule = Rule("FAL325", severity="error")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for leak in leaks(project):
        if leak.kind == "traceback":
            yield Finding(
                leak.place,
                f"A traceback reaches the client in {leak.outlet}",
                trace=leak.way,
                symbol=leak.function.qualname,
            )
