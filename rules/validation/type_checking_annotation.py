"""A type that only type checkers import, in a signature that FastAPI reads.

## What it does
Reports a name that is imported under `if TYPE_CHECKING:` only and that stands in the annotation of a parameter of a route or dependency,
or in the return annotation of a route without `response_model`. A plain `x: T = Depends(f)`, whose type FastAPI does not need, is left
alone.

## Why is this bad?
FastAPI resolves these annotations when the application runs, and the name does not exist then: the route answers 500, and so does
`/openapi.json`. In `Annotated[T, Depends(f)]` the dependency is not seen at all.

## Bad
```python
from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

if TYPE_CHECKING:
    from decimal import Decimal

app = FastAPI()


@app.get("/double")
def double(price: Decimal) -> str:
    return str(price * 2)
```

## Good
```python
from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from fastapi import FastAPI

if TYPE_CHECKING:
    pass

app = FastAPI()


@app.get("/double")
def double(price: Decimal) -> str:
    return str(price * 2)
```

## Known misses
Names in the fields of models, which pydantic resolves.

## Fix safety
Unsafe: the module is imported when the application starts, which may close a circle of imports.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Finding, Fix, Replace
from fastapi_lint.project import Module, Project
from fastapi_lint.project.checker_imports import Imported, missing_name, only_for_checkers
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import Instance
from fastapi_lint.project.serving.signatures import Declaration, declarations
from fastapi_lint.rule import Rule

rule = Rule("FAL208", severity="error", fix="unsafe")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    known: dict[str, Imported] = {}
    for one in declarations(project):
        if one.node.annotation is not None and not _is_left_unread(one):
            yield from _missing(project, one.function.definition, one.node.annotation, known)
    for route in project.routes:
        function = route.function
        if function is None or function.definition.node.returns is None or route.is_websocket:
            continue
        if route.keyword("response_model") is None and not project.is_test(function.definition.module.path):
            yield from _missing(project, function.definition, function.definition.node.returns, known)


def _is_left_unread(one: Declaration) -> bool:
    """Whether the default alone says what the parameter is: `x: T = Depends(f)`."""
    if one.depends is None or one.depends[0] is not one.default:
        return False
    made = one.depends[0].made
    return type(one.default) is Instance and made is not None and made.get("dependency", 0) is not None


def _missing(
    project: Project, function: FunctionDefinition, annotation: s.Expression, known: dict[str, Imported]
) -> Iterator[Finding]:
    module = function.module
    if module.path not in known:
        known[module.path] = only_for_checkers(module)
    name = missing_name(function, annotation, known[module.path])
    if name is not None:
        yield Finding(
            Anchor(module.path, annotation.at),
            f"`{name}` is imported for type checkers only, and FastAPI needs it to read `{function.name}`",
            fix=_fix(project, module, *known[module.path][name]),
            symbol=function.qualname,
        )


def _fix(project: Project, module: Module, statement: s.ImportFrom, at: int) -> Fix | None:
    name = statement.names[at]
    source = statement.module
    if statement.level:
        target = project.index.relative(module, statement.level, statement.module)
        if target is None or isinstance(target, str):
            return None
        source = target.name
    if name.alias is not None or name.name == "*":
        return None
    dropped = Replace(Anchor(module.path, statement.at).of(f"names.{at}"), ())
    return Fix("Import it at run time", (dropped, AddImport(module.path, source, name.name)))
