"""A decorator that does not reach the route, or that hides its parameters.

## What it does
Reports a decorator that wraps functions and stands above the route's, and a decorator of the project below it whose wrapper takes `*args`
and `**kwargs` without `functools.wraps`.

## Why is this bad?
`@app.get(...)` registers what is below it and gives the function back: what stands above wraps a function that nobody calls, so a cache,
a retry, a rate limit or a check of permissions has no effect. Below it, FastAPI reads the signature of the wrapper: `args` and `kwargs`
become required query parameters, and every request is answered with 422.

## Bad
```python
from collections.abc import Callable
from functools import wraps
from typing import Any

from fastapi import FastAPI

app = FastAPI()


def logged(func: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        print(func.__name__)
        return func(*args, **kwargs)

    return wrapper


@logged
@app.get("/books/{number}")
def read_book(number: int) -> int:
    return number
```

## Good
```python
from collections.abc import Callable
from functools import wraps
from typing import Any

from fastapi import FastAPI

app = FastAPI()


def logged(func: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        print(func.__name__)
        return func(*args, **kwargs)

    return wrapper


@app.get("/books/{number}")
@logged
def read_book(number: int) -> int:
    return number
```

## Known misses
Decorators of other packages than those that are known to wrap.

## Fix safety
Unsafe: the decorator takes effect from then on. A wrapper is given `functools.wraps` where it calls the function that it wraps.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Finding, Fix, Insert, Replace, Step
from fastapi_lint.project import Project, Route
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import External, FunctionValue, Method, Value
from fastapi_lint.rule import Rule

rule = Rule("FAL707", severity="error", fix="unsafe")

WRAPPING = frozenset({
    "aiocache.cached", "aiocache.decorators.cached", "async_lru.alru_cache", "asyncache.cached", "asyncstdlib.lru_cache", "backoff.on_exception",
    "backoff.on_predicate", "cachetools.cached", "cachetools.func.lru_cache", "cachetools.func.ttl_cache", "fastapi_cache.decorator.cache",
    "fastapi_cache2.decorator.cache", "functools.cache", "functools.lru_cache", "starlette.authentication.requires", "stamina.retry",
    "tenacity.retry", "tenacity.asyncio.retry",
})  # fmt: skip
"""Decorators of other packages that return a function which calls the one that they are given."""
WRAPPING_METHODS = frozenset(
    {
        "slowapi.Limiter.limit",
        "slowapi.Limiter.shared_limit",
        "slowapi.extension.Limiter.limit",
        "slowapi.extension.Limiter.shared_limit",
    }
)
VARIADIC = ("var_positional", "var_keyword")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    decorated = {
        (definition.module.path, node.at): (definition, index)
        for definition in project.it.functions
        if len(definition.node.decorators) > 1
        for index, node in enumerate(definition.node.decorators)
    }
    for route in project.routes:
        found = decorated.get((route.site.path, route.site.at))
        if found is not None and not project.is_test(route.site.path):
            yield from _above(project, route, *found)
            yield from _below(project, route, *found)


def _above(project: Project, route: Route, definition: FunctionDefinition, index: int) -> Iterator[Finding]:
    path = definition.module.path
    for node, value in zip(definition.node.decorators[:index], definition.decorators):
        if not _wraps(project, node, value):
            continue
        place = Anchor(path, node.at)
        move = (
            Insert(Anchor(path, definition.node.decorators[0].at), "before", (Anchor(path, route.site.at), "\n@")),
            Replace(definition.anchor.of(f"decorators.{index}"), ()),
        )
        yield Finding(
            place,
            f"The route is registered below this decorator, so no request to `{definition.name}` goes through it",
            trace=(Step(route.site, "What is below this line is registered"),),
            fix=Fix("Move the route's decorator to the top", move),
            symbol=definition.qualname,
        )


def _wraps(project: Project, node: s.Expression, value: Value) -> bool:
    """Whether what a decorator makes of a function is another function for sure."""
    if type(value) is External:
        return value.name in WRAPPING
    if type(value) is Method:
        return value.qualname in WRAPPING_METHODS
    if type(value) is not FunctionValue or value.definition.node.is_async:
        return False
    made = _made(project, value)
    if made is not None and type(node) is s.Call:
        made = _made(project, made)
    return made is not None


def _made(project: Project, function: FunctionValue) -> FunctionValue | None:
    """The function that a function defines and returns, whatever it is given."""
    returns = [value for _, value in project.it.analysis(function).returns]
    inner = [one for one in returns if type(one) is FunctionValue and one.definition.parent is function.definition]
    return inner[0] if inner and len(inner) == len(returns) else None


def _below(project: Project, route: Route, definition: FunctionDefinition, index: int) -> Iterator[Finding]:
    handler = route.handler
    if (
        handler is None
        or handler.wrapped is not None
        or handler.definition is definition
        or "__signature__" in handler.attributes
    ):
        return
    wrapper = handler.definition
    hidden = [one.name for one in wrapper.node.parameters if one.kind in VARIADIC]
    makers = {wrapper.parent, wrapper.parent.parent if wrapper.parent is not None else None} - {None}
    for node, value in zip(definition.node.decorators[index + 1 :], definition.decorators[index + 1 :]):
        if hidden and type(value) is FunctionValue and value.definition in makers:
            yield Finding(
                Anchor(definition.module.path, node.at),
                f"FastAPI sees the wrapper instead of `{definition.name}`: each request must have {' and '.join(f'`{one}`' for one in hidden)}",
                trace=(Step(wrapper.anchor, "The wrapper, which does not show what it wraps"),),
                fix=_wrapped(wrapper),
                symbol=definition.qualname,
            )
            return


def _wrapped(wrapper: FunctionDefinition) -> Fix | None:
    maker = wrapper.parent
    given = maker.node.parameters[0].name if maker is not None and maker.node.parameters else None
    if any(one.kind not in VARIADIC for one in wrapper.node.parameters):
        return None  # it would not be given what it takes itself
    calls = (node for node in s.walk(*wrapper.node.body) if type(node) is s.Call)
    if wrapper.node.decorators or not any(type(call.func) is s.Name and call.func.id == given for call in calls):
        return None
    wraps = AddImport(wrapper.module.path, "functools", "wraps")
    return Fix("Show what it wraps", (Insert(wrapper.anchor.of("header"), "before", ("@", wraps, f"({given})\n")),))
