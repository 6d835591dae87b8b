"""An HTTP exception that is returned instead of raised.

## What it does
Reports `return HTTPException(...)`, also of a class derived from it, in a route or a dependency.

## Why is this bad?
FastAPI takes it for data: the client gets a 200 with the exception's fields as JSON, or a 500 where a response model does not fit. What a
dependency returns lets the request pass.

## Bad
```python
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/books/{number}", response_model=None)
def read_book(number: int):
    if number < 1:
        return HTTPException(status_code=404)
    return number
```

## Good
```python
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/books/{number}", response_model=None)
def read_book(number: int):
    if number < 1:
        raise HTTPException(status_code=404)
    return number
```

## Known misses
Exceptions that a function makes and returns through a variable that may be something else too.

## Fix safety
Safe: nothing else can have been meant. Not offered inside a `try` that would catch it.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, Replace
from fastapi_lint.project import Project, failures
from fastapi_lint.project.database import queries
from fastapi_lint.rule import Rule

rule = Rule("FAL708", severity="error", fix="safe")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition, function in queries.served(project).items():
        guarded = {node.at for one in failures.tries(definition.node.body) for node in s.walk(*one.body)}
        for node, value in project.it.analysis(function).returns:
            if node.value is None or not failures.makes_http_exception(project, value):
                continue
            place = Anchor(definition.module.path, node.at)
            text = ("raise ", Anchor(definition.module.path, node.value.at))
            yield Finding(
                place,
                f"`{definition.name}` returns an HTTP exception, which is answered as data: raise it",
                fix=None if node.at in guarded else Fix("Raise it", (Replace(place, text),), "safe"),
                symbol=definition.qualname,
            )
