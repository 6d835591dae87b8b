"""A dependency that depends on itself.

## What it does
Reports dependencies that lead back to themselves, directly or through others.

## Why is this bad?
FastAPI follows dependencies when a route is declared, and follows these without end: the import fails with `RecursionError`.

## Bad
```python
from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


def get_user(team: Annotated[str, Depends(get_team)]) -> str:
    return f"someone of {team}"


def get_team(user: Annotated[str, Depends(get_user)]) -> str:
    return f"the team of {user}"


@app.get("/me")
def read_me(user: Annotated[str, Depends(get_user)]) -> str:
    return user
```

## Good
```python
from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


def get_user() -> str:
    return "someone"


def get_team(user: Annotated[str, Depends(get_user)]) -> str:
    return f"the team of {user}"


@app.get("/me")
def read_me(user: Annotated[str, Depends(get_user)]) -> str:
    return user
```

## Known misses
Dependencies that objects and closures make.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.serving.dependencies import Dependency
from fastapi_lint.rule import Rule

rule = Rule("FAL805", severity="error")

Way = tuple[Dependency, ...]


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    reported: set[frozenset[FunctionDefinition]] = set()
    for definition, dependency in sorted(project.dependency_functions.items(), key=lambda item: _order(item[0])):
        if project.is_test(definition.module.path) or definition.parent is not None:
            continue  # a function of a factory may depend on another that the factory made
        way = _back(project, definition, dependency)
        members = frozenset(one.function.definition for one in way if one.function is not None)
        if not way or members in reported:
            continue
        reported.add(members)
        names = [_name(definition), *(_name(one.function.definition) for one in way if one.function is not None)]
        place = way[0].site
        if place is not None:
            through = ", through " + ", ".join(f"`{name}`" for name in names[1:-1]) if len(names) > 2 else ""
            yield Finding(
                place,
                f"`{names[0]}` depends on itself{through}",
                trace=tuple(_steps(way)),
                symbol=definition.qualname,
            )


def _name(definition: FunctionDefinition) -> str:
    is_constructor = definition.owner is not None and definition.name in ("__init__", "__call__")
    return definition.owner.name if is_constructor and definition.owner is not None else definition.name


def _order(definition: FunctionDefinition) -> tuple[str, int]:
    return definition.module.path, definition.node.at


def _back(project: Project, start: FunctionDefinition, dependency: Dependency) -> Way:
    """The shortest way from a dependency to itself; empty where there is none."""
    pending: list[Way] = [(dependency,)]
    seen: set[FunctionDefinition] = set()
    while pending:
        way = pending.pop(0)
        for child in project.dependencies.of_call(way[-1].call):
            if child.function is None:
                continue
            definition = child.function.definition
            if definition is start:
                return (*way[1:], child)
            if definition not in seen:
                seen.add(definition)
                pending.append((*way, child))
    return ()


def _steps(way: Way) -> Iterator[Step]:
    for one in way:
        if one.site is not None and one.function is not None:
            yield Step(one.site, f"depends on `{_name(one.function.definition)}`")
