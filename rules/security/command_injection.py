"""A value of a request in a shell command, or as the program to run.

## What it does
Follows the values of a request to `os.system`, `os.popen`, `create_subprocess_shell`, `subprocess` with `shell=True`, commands of
the form `["sh", "-c", ...]`, and, where no shell runs, to the place of the program, through local variables, f-strings, `+`, `%`,
`format`, `join`, model fields, dependencies and the project's own functions; the trace shows the way. A value that was compared with
something, looked up in a list, handed to a function that validates it, or whose type leaves no choice (`int`, `UUID`, `Enum`, `Literal`,
a `pattern`), is left alone. So are values that went through `shlex.quote`, and
arguments of a program that is written in the source.

## Why is this bad?
`; rm -rf ~` is all it takes: the client runs what it likes with the rights of the service.

## Bad
```python
import subprocess

from fastapi import FastAPI

app = FastAPI()


@app.get("/ping")
def ping(host: str) -> str:
    done = subprocess.run(f"ping -c 1 {host}", shell=True, capture_output=True, text=True)
    return done.stdout
```

## Good
```python
import subprocess

from fastapi import FastAPI

app = FastAPI()


@app.get("/ping")
def ping(host: str) -> str:
    done = subprocess.run(["ping", "-c", "1", "--", host], capture_output=True, text=True)
    return done.stdout
```

## Known misses
Programs that take commands as arguments of their own, and commands run on other machines.

## Fix safety
There is no fix: splitting a command into arguments can change what it does.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.taint.exposures import exposures
from fastapi_lint.rule import Rule

rule = Rule("FAL315", severity="error")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for found in exposures(project, "shell"):
        message = f"`{found.name}` of the request is part of the command that a shell runs"
        yield Finding(found.place, message, trace=found.way, symbol=found.function.qualname)
    for found in exposures(project, "program"):
        message = f"`{found.name}` of the request decides which program `{found.use}` starts"
        yield Finding(found.place, message, trace=found.way, symbol=found.function.qualname)
