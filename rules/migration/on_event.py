"""A start-up or shutdown handler instead of a lifespan.

## What it does
Reports `@app.on_event("startup")` and `@app.on_event("shutdown")`, of applications and routers, and `router.add_event_handler(...)`.

## Why is this bad?
They are deprecated. What start-up opens and shutdown closes belongs together, and a lifespan keeps it in one function, in which a local
variable or a `with` block does what takes a global with two handlers. An application that has a lifespan ignores its handlers.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()
cache: dict[str, int] = {}


@app.on_event("startup")
async def fill() -> None:
    cache["answer"] = 42


@app.on_event("shutdown")
def empty() -> None:
    cache.clear()
```

## Good
```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    await fill()
    yield
    empty()


app = FastAPI(lifespan=lifespan)
cache: dict[str, int] = {}


async def fill() -> None:
    cache["answer"] = 42


def empty() -> None:
    cache.clear()
```

## Known misses
Handlers of a router that no module makes at import.

## Fix safety
Unsafe: handlers of routers run when the application starts in either case, but in another order. Offered where application and handlers
stand in one module or one function, and no lifespan is there.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Finding, Fix, Insert, Replace, SetKeyword, SymbolicEdit, Template
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.events import Event
from fastapi_lint.project.interpreting.values import FunctionValue, Instance, Value
from fastapi_lint.rule import Rule

rule = Rule("FAL901", fix="unsafe")

EVENTS = ("startup", "shutdown")
LIFESPAN = "0.93"
"""The FastAPI that brought the lifespan."""


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    if project.versions.fastapi.before(LIFESPAN) is True:
        return
    for made in project.it.routing.made:
        events = [event for event in made.events or () if event.kind == "lifecycle" and event.name in EVENTS]
        is_application = project.it.routing.is_application(made)
        if is_application and project.it.routing.setting(made, "lifespan") is not None:
            continue  # nobody calls them: FAL807
        fix = _fix(project, made, events) if is_application else None
        for event in events:
            handler = event.handler
            if project.is_test(event.site.path) or (is_application and event.arguments.get("func", 1) is not None):
                continue
            name = handler.definition.name if type(handler) is FunctionValue else "the handler"
            yield Finding(
                event.site,
                f"`{name}` runs at {event.name} by a deprecated event handler: a lifespan does both ends",
                fix=fix,
                symbol=handler.definition.qualname if type(handler) is FunctionValue else None,
            )


def _home(site: Anchor, handlers: Sequence[Value | None]) -> FunctionDefinition | None:
    """The function whose own statements make the application and define the handlers; None for a module, or where it is another."""
    parents = {handler.definition.parent for handler in handlers if type(handler) is FunctionValue}
    parent = next(iter(parents), None)
    if len(parents) != 1 or parent is None or parent.module.path != site.path:
        return None
    values = (one.value for one in parent.node.body if isinstance(one, s.Assign | s.AnnotatedAssign))
    if all(value is None or value.at != site.at for value in values):
        return None
    defined = Counter(one.name for one in parent.node.body if isinstance(one, s.Function))
    named = Counter(handler.definition.name for handler in handlers if type(handler) is FunctionValue)
    return parent if named == Counter({name: defined[name] for name in named}) else None


def _fix(project: Project, made: Instance, events: list[Event]) -> Fix | None:
    """One lifespan that calls the handlers, and their decorators gone."""
    site = made.site
    handlers = [event.handler for event in events]
    if site is None or made.made is None or made.made.starred or not isinstance(made.cls, str):
        return None
    frame = project.it.importer.frames.get(site.path)
    home = _home(site, handlers)
    if frame is None or "lifespan" in frame.env or (home is not None and "lifespan" in home.locals):
        return None
    if home is None and all(value is not made for value in frame.env.values()):
        return None
    calls: dict[str, list[str]] = {name: [] for name in EVENTS}
    removals: list[SymbolicEdit] = []
    for event, handler in zip(events, handlers):
        if type(handler) is not FunctionValue or event.arguments.get("func", 1) is not None or event.conditional:
            return None
        definition = handler.definition
        beside = definition.parent is home and definition.owner is None and definition.module.path == site.path
        if not beside or definition.node.parameters or definition.node.is_generator:
            return None
        index = next((i for i, d in enumerate(definition.node.decorators) if d.at == event.site.at), None)
        if index is None:
            return None
        calls[event.name].append(f"{'await ' if definition.node.is_async else ''}{definition.name}()")
        removals.append(Replace(definition.anchor.of(f"decorators.{index}"), ()))
    text: Template = (
        "@", AddImport(site.path, "contextlib", "asynccontextmanager"), "\nasync def lifespan(app: ",
        AddImport(site.path, "fastapi", "FastAPI"), ") -> ", AddImport(site.path, "collections.abc", "AsyncIterator", ("typing",)),
        "[None]:", *(f"\n    {call}" for call in calls["startup"]), "\n    yield", *(f"\n    {call}" for call in calls["shutdown"]), "\n" if home else "\n\n",
    )  # fmt: skip
    statement = Anchor(site.path, site.at, "statement")
    edits = (Insert(statement, "before", text), SetKeyword(site, "lifespan", ("lifespan",)), *removals)
    return Fix("Make a lifespan of the handlers", edits)
