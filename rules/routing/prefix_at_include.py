"""A router's prefix or tags, given where it is included.

## What it does
Reports `prefix=` and `tags=` of the only include of a router that has none itself, where they are written out and no other router is
included there with the same prefix.

## Why is this bad?
Whoever reads the router does not see under which paths it is served. What belongs to the router alone is best said where it is made; what
several routers share (`/api/v1`), where they are included.

## Bad
```python
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter()


@router.get("")
def list_books() -> list[str]:
    return []


app.include_router(router, prefix="/books", tags=["books"])
```

## Good
```python
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter(prefix="/books", tags=["books"])


@router.get("")
def list_books() -> list[str]:
    return []


app.include_router(router)
```

## Known misses
Prefixes and tags that are constants, or put together from some: they may come from the configuration.
"""

from collections import Counter
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Step
from fastapi_lint.project import Project, written_calls
from fastapi_lint.project.interpreting.events import Event
from fastapi_lint.project.interpreting.values import Const, Instance
from fastapi_lint.rule import Rule

rule = Rule("FAL715", severity="info", default=False)

OWN = ("prefix", "tags")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    routing = project.it.routing
    includes = [(made, event) for made in routing.made for event in made.events or () if event.kind == "include"]
    times = Counter(id(event.handler) for _, event in includes)
    prefixes = Counter((id(made), _constant(event, "prefix")) for made, event in includes)
    for made, event in includes:
        router = event.handler
        if type(router) is not Instance or times[id(router)] > 1 or not routing.is_router(router):
            continue
        if (
            router.site is None
            or not isinstance(router.cls, str)
            or event.conditional
            or project.is_test(event.site.path)
        ):
            continue
        prefix = _constant(event, "prefix")
        if prefix is not None and prefixes[id(made), prefix] > 1:
            continue  # what several share
        written = [
            name for name in OWN if _is_written(project, event.site, name) and routing.setting(router, name) is None
        ]
        if written:
            yield Finding(
                event.site.of(f"keyword:{written[0]}"),
                f"The router is included nowhere else: `{'` and `'.join(written)}` can be its own",
                trace=(Step(router.site, "It is made here"),),
            )


def _constant(event: Event, name: str) -> object:
    given = event.arguments.keywords.get(name)
    return given.value if type(given) is Const else None


def _is_written(project: Project, site: Anchor, name: str) -> bool:
    """Whether a call is given an argument in so many words."""
    node = written_calls.call_at(project, site)
    given = written_calls.keyword(node, name) if node is not None else None
    if type(given) is s.Collection:
        return bool(given.items) and all(type(item) is s.Constant for item in given.items)
    return type(given) is s.Constant and bool(given.value)
