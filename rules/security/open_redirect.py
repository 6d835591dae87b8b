"""A redirect to a URL taken from the request.

## What it does
Follows the values of a request to the URL of a `RedirectResponse`, through local variables, f-strings, `+`, `%`,
`format`, `join`, model fields, dependencies and the project's own functions; the trace shows the way. A value that was compared with
something, looked up in a list, handed to a function that validates it, or whose type leaves no choice (`int`, `UUID`, `Enum`, `Literal`,
a `pattern`), is left alone. So is a URL of which the request
only decides what comes behind the host.

## Why is this bad?
A link to your site that ends on somebody else's is what phishing is made of, and a login flow that follows it hands over its tokens.

## Bad
```python
from fastapi import FastAPI
from fastapi.responses import RedirectResponse

app = FastAPI()


@app.get("/leave")
def leave(target: str) -> RedirectResponse:
    return RedirectResponse(target)
```

## Good
```python
from fastapi import FastAPI, HTTPException
from fastapi.responses import RedirectResponse

app = FastAPI()
TARGETS = {"/", "/account"}


@app.get("/leave")
def leave(target: str) -> RedirectResponse:
    if target not in TARGETS:
        raise HTTPException(400)
    return RedirectResponse(target)
```

## Known misses
A `Location` header that is set by hand, the `Referer` header, and values that a library function passes on.

## Fix safety
There is no fix: only the author knows where clients may be sent.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.taint.exposures import exposures
from fastapi_lint.rule import Rule

rule = Rule("FAL312")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for found in exposures(project, "redirect"):
        message = f"`{found.name}` of the request decides where the client is sent"
        yield Finding(found.place, message, trace=found.way, symbol=found.function.qualname)
