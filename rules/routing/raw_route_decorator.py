"""A route that goes past FastAPI.

## What it does
Reports `@router.route(...)`, and `@app.route(...)` where the project's Starlette still has it. A route that says `include_in_schema`, of a
function that takes the request and nothing else, is taken to be meant so.

## Why is this bad?
`route` is Starlette's: the function is called with the request alone. FastAPI does not fill in its parameters, does not run the
dependencies of the router and the application (authentication among them), does not validate, does not make JSON of what it returns, and
does not document it.

## Bad
```python
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter()


@router.route("/books", methods=["GET"])
def list_books(first: int = 1) -> list[int]:
    return [first]


app.include_router(router)
```

## Good
```python
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter()


@router.api_route("/books", methods=["GET"])
def list_books(first: int = 1) -> list[int]:
    return [first]


app.include_router(router)
```

## Known misses
`add_route`, which is what Starlette's routes are added with on purpose.

## Fix safety
Unsafe: the dependencies run from then on, the parameters are validated and the route is documented.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Annotate, Finding, Fix, Replace, SymbolicEdit
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.events import Event
from fastapi_lint.project.interpreting.values import FunctionValue, Instance
from fastapi_lint.rule import Rule

rule = Rule("FAL706", severity="error", fix="unsafe")

FRAMEWORK = ("fastapi.FastAPI", "fastapi.APIRouter")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for made in project.it.routing.made:
        if project.it.routing.base(made) not in FRAMEWORK or _is_gone(project, made):
            continue
        for event in made.events or ():
            if event.kind != "raw_route" or event.name != "route" or project.is_test(event.site.path):
                continue
            handler = event.handler if type(event.handler) is FunctionValue else None
            if handler is None or _is_meant(event, handler):
                continue
            yield Finding(
                event.site,
                f"FastAPI does not see `{handler.definition.name}`: no dependencies, no validation, no documentation",
                fix=_fix(event, handler),
                symbol=handler.definition.qualname,
            )


def _is_gone(project: Project, made: Instance) -> bool:
    """Applications lost the decorator with Starlette 1.0, routers of FastAPI kept it."""
    return project.it.routing.is_application(made) and project.versions.starlette.since("1.0") is True


def _is_meant(event: Event, handler: FunctionValue) -> bool:
    return "include_in_schema" in event.arguments.keywords and len(handler.definition.node.parameters) == 1


def _fix(event: Event, handler: FunctionValue) -> Fix:
    edits: list[SymbolicEdit] = [Replace(event.site.of("func.attr"), ("api_route",))]
    path = handler.definition.module.path
    request = next(iter(handler.definition.node.parameters), None)
    if request is not None and request.annotation is None and request.name in ("request", "req"):
        kind = AddImport(path, "fastapi", "Request", ("starlette.requests",))
        edits.append(Annotate(Anchor(path, request.at), (kind,)))
    return Fix("Make it FastAPI's: `api_route`", tuple(edits))
