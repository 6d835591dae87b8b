"""The text of any exception in what the client gets.

## What it does
Follows the exception of a broad `except` (`Exception`, `BaseException`, none at all, or a tuple that holds one of them) and of a
handler registered for `Exception` to the detail of an `HTTPException`, to a response and to what a route returns: `str(e)`, f-strings,
`repr`, `e.args`, through local variables, containers, attributes, `json.dumps`, the project's own functions, and streamed bodies. The
exceptions of any class that a test finds among what `gather(return_exceptions=True)` gave are followed as well.
Logging it is fine, and so is the text of an exception of a narrow class, which somebody wrote with its reader in mind.

## Why is this bad?
Nobody knows what such a text says. It may hold an SQL statement with its parameters, a path, a connection string, another user's
data. An attacker learns from it how the service is built, and can provoke it at will.

## Bad
```python
from fastapi import FastAPI, HTTPException

app = FastAPI()


def price(name: str) -> int:
    return {"tea": 3}[name]


@app.get("/prices/{name}")
def read_price(name: str) -> int:
    try:
        return price(name)
    except Exception as e:
        raise HTTPException(status_code=500, detail=f"No price: {e}") from e
```

## Good
```python
import logging

from fastapi import FastAPI, HTTPException

app = FastAPI()
logger = logging.getLogger(__name__)


def price(name: str) -> int:
    return {"tea": 3}[name]


@app.get("/prices/{name}")
def read_price(name: str) -> int:
    try:
        return price(name)
    except Exception as e:
        logger.exception("no price")
        raise HTTPException(status_code=500, detail="No price") from e
```

## Known misses
Text that is stored and served by another route later, that a library function passes on, or that goes to a websocket. Code that runs
in a debug mode only is left alone. A traceback is `returns-stack-trace`.

## Fix safety
Shown, never applied: what a client should read instead is for the author to say.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, Replace
from fastapi_lint.project import Project
from fastapi_lint.project.taint.leaks import Leak, leaks
from fastapi_lint.rule import Rule

rule = Rule("FAL308", fix="display")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for leak in leaks(project):
        if leak.kind == "exception":
            yield Finding(
                leak.place,
                f"The text of any exception (`{leak.source}`) reaches the client in {leak.outlet}",
                fix=_fix(leak),
                trace=leak.way,
                symbol=leak.function.qualname,
            )


def _fix(leak: Leak) -> Fix | None:
    if leak.outlet == "a rendered page":
        return None  # the whole page would have to be another
    text = Replace(leak.place, ('"Internal server error"',))
    return Fix("Say what the client may know instead", (text,), "display")
