"""Settings that are read anew for each request.

## What it does
Reports a dependency, or a function that a route or dependency calls, that gives back an object of a `BaseSettings` class which it makes each
time, and such a class as a dependency. A function that keeps the object is fine: by a cache decorator, in a global or an attribute. So is one
that is given something to make the object from, and one that only sometimes makes it.

## Why is this bad?
To make a settings object is to read the environment and the `.env` file from the disk, the secrets' directory too, and to validate all of
it: for each request the same work with the same result. A value that changes between two requests is rarely meant either. Where the class
itself is the dependency, `Depends(Settings)`, its fields become query parameters besides: a client chooses the settings.

## Bad
```python
from fastapi import Depends, FastAPI
from pydantic_settings import BaseSettings

app = FastAPI()


class Settings(BaseSettings):
    title: str = "Books"


def get_settings() -> Settings:
    return Settings()


@app.get("/title")
def read_title(settings: Settings = Depends(get_settings)) -> str:
    return settings.title
```

## Good
```python
from functools import lru_cache

from fastapi import Depends, FastAPI
from pydantic_settings import BaseSettings

app = FastAPI()


class Settings(BaseSettings):
    title: str = "Books"


@lru_cache
def get_settings() -> Settings:
    return Settings()


@app.get("/title")
def read_title(settings: Settings = Depends(get_settings)) -> str:
    return settings.title
```

## Known misses
Settings that a route makes for itself, functions with decorators that the linter does not know, and those two calls below a route.

## Fix safety
Unsafe: what changes in the environment while the program runs is not seen any more, and everybody gets the same object. Tests that change the
environment call `get_settings.cache_clear()`. Offered for a plain `def` at the top of a module that does nothing else.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Finding, Fix, Insert
from fastapi_lint.project import CallSite, Project, keeping
from fastapi_lint.project.database import queries
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import ClassValue, Instance, known_members
from fastapi_lint.rule import Rule

rule = Rule("FAL604", fix="unsafe")

SETTINGS = frozenset({"pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.v1.BaseSettings"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    made = {definition.node.name for definition in project.it.classes.values() if _is_settings(definition)}
    if not made:
        return
    yield from _classes_as_dependencies(project)
    for definition, frame in queries.runs(project, lambda one: _mentions(one, made)):
        if definition in project.handlers or definition.node.decorators:
            continue
        sites = {site.anchor: site for site in frame.sites if _makes_settings(site)}
        given = [
            one for value in (*(value for _, value in frame.returns), *frame.yields) for one in known_members(value)
        ]
        places = {one.site for one in given if type(one) is Instance and one.site is not None}
        if not given or not all(type(one) is Instance and one.site in sites for one in given):
            continue
        kept = keeping.kept(definition.node.body)
        for place in sorted(places):
            if not sites[place].once and place.at not in kept:
                yield Finding(
                    place,
                    f"`{definition.name}` reads the settings anew for each request",
                    fix=_fix(definition, frame),
                    symbol=definition.qualname,
                )


def _is_settings(definition: ClassDefinition) -> bool:
    return not SETTINGS.isdisjoint(classes.externals(definition))


def _mentions(definition: FunctionDefinition, names: set[str]) -> bool:
    """Whether a function may make an object of one of these classes, by its text."""
    return any(
        type(node) is s.Call and (node.func.attr if type(node.func) is s.Attribute else _name(node.func)) in names
        for node in s.walk(*definition.node.body)
    )


def _name(node: s.Expression) -> str:
    return node.id if type(node) is s.Name else ""


def _makes_settings(site: CallSite) -> bool:
    """Whether a call makes settings out of nothing but the environment."""
    if site.kind != "call" or any(argument.star or not _is_written(argument.value) for argument in site.node.args):
        return False
    found = list(known_members(site.callee))
    return bool(found) and all(type(one) is ClassValue and _is_settings(one.definition) for one in found)


def _is_written(node: s.Expression) -> bool:
    """Whether an argument is the same each time: a literal, or a constant by its name."""
    return type(node) is s.Constant or (type(node) is s.Name and node.id.isupper())


def _classes_as_dependencies(project: Project) -> Iterator[Finding]:
    for dependency in project.walk_dependencies():
        call, place = dependency.call, dependency.site
        if type(call) is ClassValue and _is_settings(call.definition) and place is not None:
            if not project.is_test(place.path):
                name = call.definition.node.name
                yield Finding(
                    place,
                    f"`{name}` as a dependency is read anew for each request, and its fields are taken from the query",
                    symbol=name,
                )


def _fix(definition: FunctionDefinition, frame: Frame) -> Fix | None:
    """The decorator, where the function does nothing but give the settings back."""
    node = definition.node
    if (
        node.is_async
        or node.is_generator
        or node.parameters
        or node.decorators
        or definition.parent
        or definition.owner
    ):
        return None
    if frame.yields or not all(map(_makes_settings, frame.sites)):
        return None
    cache = AddImport(definition.module.path, "functools", "lru_cache")
    return Fix("Keep the first one", (Insert(definition.anchor.of("header"), "before", ("@", cache, "\n")),))
