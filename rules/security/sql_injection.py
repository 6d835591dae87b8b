"""A value of a request in the text of an SQL statement.

## What it does
Follows the values of a request into SQL text, through local variables, f-strings, `+`, `%`,
`format`, `join`, model fields, dependencies and the project's own functions; the trace shows the way. A value that was compared with
something, looked up in a list, handed to a function that validates it, or whose type leaves no choice (`int`, `UUID`, `Enum`, `Literal`,
a `pattern`), is left alone. So are bound parameters.

## Why is this bad?
Whoever sends the request writes a part of the statement, and can read, change or drop what the connection may.

## Bad
```python
import sqlite3

from fastapi import FastAPI

app = FastAPI()


@app.get("/user")
def find(name: str) -> str:
    connection = sqlite3.connect("users.db")
    rows = connection.execute(f"SELECT email FROM users WHERE name = '{name}'")
    return str(rows.fetchone())
```

## Good
```python
import sqlite3

from fastapi import FastAPI

app = FastAPI()


@app.get("/user")
def find(name: str) -> str:
    connection = sqlite3.connect("users.db")
    rows = connection.execute("SELECT email FROM users WHERE name = ?", (name,))
    return str(rows.fetchone())
```

## Known misses
Statements that a request holds as a whole, and query builders that take pieces of SQL as text.

## Fix safety
There is no fix: how parameters are bound depends on the driver.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.taint.exposures import exposures
from fastapi_lint.rule import Rule

rule = Rule("FAL314", severity="error")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for found in exposures(project, "sql"):
        message = f"`{found.name}` of the request is part of the SQL text that `{found.use}` runs"
        yield Finding(found.place, message, trace=found.way, symbol=found.function.qualname)
