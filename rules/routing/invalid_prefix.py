"""A prefix that FastAPI refuses at import.

## What it does
Reports a prefix of a router or an include that does not start with a slash or that ends with one, the path of a mount that does not
start with a slash, and a route with an empty path that is included without any prefix.

## Why is this bad?
FastAPI raises an error as soon as the module is imported: the application does not start.

## Bad
```python
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter(prefix="books/")


@router.get("/{number}")
def read_book(number: int) -> int:
    return number


app.include_router(router)
```

## Good
```python
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter(prefix="/books")


@router.get("/{number}")
def read_book(number: int) -> int:
    return number


app.include_router(router)
```

## Known misses
Prefixes that are put together from parts which are not known.

## Fix safety
Safe: a module that could not be imported can be. Only a prefix that is written at the place is changed.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, Replace, Step
from fastapi_lint.project import Operation, Project, written_calls
from fastapi_lint.project.interpreting.events import Event
from fastapi_lint.project.interpreting.values import Const, Text, Value
from fastapi_lint.project.serving.application import text
from fastapi_lint.rule import Rule

rule = Rule("FAL718", severity="error", fix="safe")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    routing = project.it.routing
    for made in routing.made:
        if not routing.is_application(made) and made.site is not None and isinstance(made.cls, str):
            yield from _of_call(project, made.site, made.made.keywords.get("prefix") if made.made is not None else None)
        for event in made.events or ():
            if event.kind == "include":
                yield from _of_call(project, event.site, event.arguments.keywords.get("prefix"))
            elif event.kind == "mount":
                yield from _of_mount(project, event)


def _of_call(project: Project, site: Anchor, prefix: Value | None) -> Iterator[Finding]:
    problem = _problem(prefix)
    if problem is None or project.is_test(site.path):
        return
    literal = written_calls.literal(project, site, "prefix", 99)
    fix, place = None, site
    if literal is not None and isinstance(literal.value, str):
        place = Anchor(site.path, literal.at)
        inner = literal.value.strip("/")
        if not inner:
            fix = Fix("Leave it out", (Replace(site.of("keyword:prefix"), ()),), "safe")
        elif inner.isprintable() and not set(inner) & set('"\\'):
            fix = Fix(f'Write it as `"/{inner}"`', (Replace(place, (f'"/{inner}"',)),), "safe")
    yield Finding(place, problem, fix=fix)


def _of_mount(project: Project, event: Event) -> Iterator[Finding]:
    path = text(event.arguments.get("path", 0))
    if not path or path.startswith("/") or project.is_test(event.site.path):
        return
    literal = written_calls.literal(project, event.site, "path", 0)
    fix = None
    if literal is not None and path.isprintable() and not set(path) & set('"\\'):
        fix = Fix("Put a slash in front", (Replace(Anchor(event.site.path, literal.at), (f'"/{path}"',)),), "safe")
    yield Finding(event.site, f"A mount at `{path}`, which does not start with a slash, fails at import", fix=fix)


def _problem(prefix: Value | None) -> str | None:
    """What FastAPI has against a prefix; None for nothing, or where that is not known."""
    first, last = _ends(prefix)
    if first is not None and not first.startswith("/"):
        return f"The prefix `{text(prefix) or first}` does not start with a slash, so the import fails"
    if last is not None and last.endswith("/"):
        return f"The prefix `{text(prefix) or last}` ends with a slash, so the import fails"
    return None


def _ends(prefix: Value | None) -> tuple[str | None, str | None]:
    """How a text begins and ends; None for what is not known, and for an empty text, which is no prefix."""
    whole = text(prefix)
    if whole is not None:
        return whole or None, whole or None
    if type(prefix) is not Text or not prefix.parts:
        return None, None
    first, last = (part.value if type(part) is Const else None for part in (prefix.parts[0], prefix.parts[-1]))
    return first if isinstance(first, str) and first else None, last if isinstance(last, str) and last else None


@rule.on(Operation)
def check_empty(operation: Operation, ctx: Context) -> Iterator[Finding]:
    include = operation.chain[-1] if operation.chain else None
    event, routing = operation.route.event, ctx.project.it.routing
    if include is None or include.kind == "mount" or operation.route.path != "" or event.order > include.order:
        return  # a route that is added later is not looked at
    given, own = include.arguments.keywords.get("prefix"), routing.setting(operation.route.router, "prefix")
    if not operation.conditional and _is_empty(given) and _is_empty(own):
        handler = operation.route.function
        yield Finding(
            operation.route.site,
            "An empty path under no prefix fails when the router is included",
            trace=(Step(include.site, "It is included here"),),
            symbol=handler.definition.qualname if handler is not None else None,
        )


def _is_empty(prefix: Value | None) -> bool:
    return prefix is None or text(prefix) == ""
