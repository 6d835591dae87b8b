"""A route parameter without an annotation.

## What it does
Reports a parameter of a route that has no annotation, whether it is part of the request or comes from a dependency.

## Why is this bad?
FastAPI validates and converts by annotation. Without one, a path or query parameter is whatever text the client sent, and the OpenAPI
document says nothing about it. What a dependency gives is not checked, but type checkers and editors lose track of it there, and so of
everything that the route does with it.

## Bad
```python
from fastapi import Depends, FastAPI

app = FastAPI()


class Catalogue:
    def title(self, number: int) -> str:
        return str(number)


def get_catalogue() -> Catalogue:
    return Catalogue()


@app.get("/books/{number}")
def read_book(number: int, catalogue=Depends(get_catalogue)) -> str:
    return catalogue.title(number)
```

## Good
```python
from fastapi import Depends, FastAPI

app = FastAPI()


class Catalogue:
    def title(self, number: int) -> str:
        return str(number)


def get_catalogue() -> Catalogue:
    return Catalogue()


@app.get("/books/{number}")
def read_book(number: int, catalogue: Catalogue = Depends(get_catalogue)) -> str:
    return catalogue.title(number)
```

## Known misses
`*args` and `**kwargs`, which come from decorators that hide a signature, and the parameters of dependencies.

## Fix safety
Unsafe: the annotation is what the dependency returns, or the type of the default; with the latter, values of another type are refused
from then on.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Annotate, Finding, Fix
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.annotations import yielded
from fastapi_lint.project.interpreting.values import Const, FunctionValue, Instance, Value
from fastapi_lint.project.serving.signatures import Declaration, declarations
from fastapi_lint.project.spelling import spelled, type_of
from fastapi_lint.rule import Rule

rule = Rule("FAL201", fix="unsafe")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for one in declarations(project):
        if not one.is_handler or one.node.annotation is not None:
            continue
        consequence = "what it is gets lost" if one.depends is not None else "the client's value is taken as it comes"
        yield Finding(
            one.anchor,
            f"`{one.node.name}` has no annotation, so {consequence}",
            fix=_fix(project, one),
            symbol=one.symbol,
        )


def _fix(project: Project, one: Declaration) -> Fix | None:
    kind = _kind(project, one)
    text = spelled(project, kind, one.function.definition) if kind is not None else None
    return Fix("Annotate the parameter", (Annotate(one.anchor, text),)) if text is not None else None


def _kind(project: Project, one: Declaration) -> Value | None:
    """The type of what the route gets, where that is known."""
    if one.depends is not None:
        return _provided(project, project.it.routing.dependency(*one.depends))
    default = one.default
    if type(default) is Instance and default.made is not None:  # `Query(10)`
        default = default.made.get("default", 0)
    return type_of(default) if type(default) is Const and default.value is not None else None


def _provided(project: Project, dependency: Value) -> Value | None:
    if type(dependency) is FunctionValue:
        returns = project.it.studies.signature(dependency).returns
        if returns is not None:
            return returns if not dependency.definition.node.is_generator else type_of(yielded(returns) or returns)
    return type_of(project.it.routing.provided(dependency))
