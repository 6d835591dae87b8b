"""A dependency given as a default, without `Depends`.

## What it does
Reports a parameter of a route or dependency whose default is a function or a class of the project itself: `db: Session = get_db`.

## Why is this bad?
FastAPI takes the parameter for a part of the request. Nothing calls the function: the route gets the function object instead of what it
returns, and where the parameter is a query parameter, any client may put a text in its place.

## Bad
```python
from fastapi import Depends, FastAPI

app = FastAPI()


def get_user() -> str:
    return "ann"


@app.get("/me")
def read_me(user: str = get_user) -> str:
    return user
```

## Good
```python
from fastapi import Depends, FastAPI

app = FastAPI()


def get_user() -> str:
    return "ann"


@app.get("/me")
def read_me(user: str = Depends(get_user)) -> str:
    return user
```

## Known misses
Instances that are called as dependencies.

## Fix safety
Unsafe: the dependency runs for each request from then on, and takes parameters of its own from it.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Finding, Fix, Replace
from fastapi_lint.project import Project
from fastapi_lint.project.describe import name
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import canonical_typing
from fastapi_lint.project.interpreting.values import ClassValue, External, FunctionValue, Generic, Value
from fastapi_lint.project.serving.signatures import declarations
from fastapi_lint.rule import Rule

rule = Rule("FAL210", severity="error", fix="unsafe")

CALLABLE = frozenset({"typing.Callable", "collections.abc.Callable", "typing.Type", "builtins.type"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for one in declarations(project):
        default = one.default
        if one.node.default is None or one.depends is not None or _wants_callable(one.annotation):
            continue
        if type(default) is FunctionValue or (type(default) is ClassValue and not classes.is_enum(default.definition)):
            depends = AddImport(one.anchor.path, "fastapi", "Depends")
            text = (depends, "(", one.place(one.node.default), ")")
            yield Finding(
                one.anchor,
                f"`{one.node.name}` is `{name(default)}` itself, which nothing calls: its default is no dependency",
                fix=Fix("Depend on it", (Replace(one.place(one.node.default), text),)),
                symbol=one.symbol,
            )


def _wants_callable(annotation: Value | None) -> bool:
    base = annotation.base if type(annotation) is Generic else annotation
    return type(base) is External and canonical_typing(base.name) in CALLABLE
