"""Data of a request that is loaded in a way that can run code.

## What it does
Follows the values of a request to `pickle`, `marshal`, `dill`, `jsonpickle`, `joblib.load`, `yaml.load` without a safe loader, `eval`
and `exec`, through local variables, f-strings, `+`, `%`,
`format`, `join`, model fields, dependencies and the project's own functions; the trace shows the way. A value that was compared with
something, looked up in a list, handed to a function that validates it, or whose type leaves no choice (`int`, `UUID`, `Enum`, `Literal`,
a `pattern`), is left alone.

## Why is this bad?
Each of these runs code that the data names. A client that may send such data runs what it likes on the server.

## Bad
```python
import pickle

from fastapi import FastAPI, UploadFile

app = FastAPI()


@app.post("/models")
def load(file: UploadFile) -> str:
    return str(pickle.loads(file.file.read()))
```

## Good
```python
import json

from fastapi import FastAPI, UploadFile

app = FastAPI()


@app.post("/models")
def load(file: UploadFile) -> str:
    return str(json.loads(file.file.read()))
```

## Known misses
Data that was stored first and is loaded later, and formats of other libraries that hold pickles.

## Fix safety
There is no fix: another format must be agreed with the clients.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.taint.exposures import exposures
from fastapi_lint.rule import Rule

rule = Rule("FAL323", severity="error")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for found in exposures(project, "deserialise"):
        message = f"`{found.name}` of the request is run as code by `{found.use}`"
        yield Finding(found.place, message, trace=found.way, symbol=found.function.qualname)
