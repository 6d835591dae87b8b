"""A page size that the client may choose without an upper bound.

## What it does
Reports a whole-number query parameter that says how many items to return (`limit`, `page_size`, `per_page`, `top_k` and the like) and that
nothing bounds from above: neither `le` or `lt`, nor a comparison or `min(...)` in the route or in a function that it is passed to.

## Why is this bad?
`?limit=100000000` reads a whole table into memory. One request is enough to bring the server down, by mistake or on purpose.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/books")
def list_books(limit: int = 20) -> list[int]:
    return list(range(limit))
```

## Good
```python
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/books")
def list_books(limit: Annotated[int, Query(le=100)] = 20) -> list[int]:
    return list(range(limit))
```

## Known misses
Limits in a request's body, and names that do not say what they bound (`n`, `count`).

## Fix safety
Shown only: which bound is right is for the author to say.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Annotate, Finding, Fix, SetKeyword
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import Const, Instance
from fastapi_lint.project.models import schemas
from fastapi_lint.project.models.kinds import class_of
from fastapi_lint.project.serving import bounds
from fastapi_lint.project.serving.signatures import Declaration, declarations
from fastapi_lint.rule import Rule
from fastapi_lint.sensitive import words

rule = Rule("FAL204", fix="display")

PAGE_SIZES = frozenset({
    ("limit",), ("pagesize",), ("perpage",), ("topk",), ("page", "size"), ("per", "page"), ("page", "limit"), ("max", "results"),
    ("max", "items"), ("max", "rows"), ("max", "records"), ("top", "k"), ("top", "n"), ("num", "results"), ("num", "items"),
    ("num", "rows"), ("n", "results"), ("page", "length"), ("items", "per", "page"), ("results", "per", "page"),
    ("rows", "per", "page"), ("query", "limit"), ("result", "limit"), ("results", "limit"), ("row", "limit"), ("search", "limit"),
    ("item", "limit"), ("items", "limit"), ("limit", "per", "page"),
})  # fmt: skip
AMBIGUOUS = frozenset({("limit",), ("size",)})
"""What may as well be a quota to set or the size of a thing."""
PAGES = frozenset({"page", "offset", "skip", "cursor", "start", "after", "page_number", "page_num", "page_token"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    everything = declarations(project)
    paged = {one.function.definition for one in everything if one.node.name in PAGES}
    for one in everything:
        if one.parameter is None or one.parameter.kind != "query":
            continue
        if one.parameter.fields is not None:
            yield from _fields(one)
        elif _is_page_size(one, is_paged=one.function.definition in paged) and _is_unbounded(project, one):
            yield Finding(one.anchor, _message(one.node.name), fix=_fix(one), symbol=one.symbol)


def _message(name: str) -> str:
    return f"`{name}` has no upper bound, so one request may ask for everything at once"


def _is_page_size(one: Declaration, *, is_paged: bool) -> bool:
    assert one.parameter is not None
    for name in (one.node.name, one.parameter.alias or ""):
        parts = words(name)
        if parts in AMBIGUOUS and one.route is not None and not {"GET", "WEBSOCKET"} & {*one.route.methods}:
            continue
        if parts in PAGE_SIZES or (parts == ("size",) and is_paged):
            return True
    return False


def _is_unbounded(project: Project, one: Declaration) -> bool:
    if not bounds.is_whole_number(one.annotation, one.default):
        return False
    if bounds.declares_upper_bound(one.annotation, one.default) or bounds.is_clamped(
        project, one.function, one.node.name
    ):
        return False
    handler = one.route.function if one.route is not None else None
    return one.is_handler or handler is None or not bounds.is_attribute_clamped(handler, one.node.name)


def _fields(one: Declaration) -> Iterator[Finding]:
    """The fields of a model that describes the query."""
    assert one.parameter is not None
    definition = class_of(schemas.plain(one.annotation)) if one.annotation is not None else None
    for field in one.parameter.fields or ():
        bounded = bounds.declares_upper_bound(field.type, field.assigned) or definition is None
        if bounded or words(field.name) not in PAGE_SIZES or not bounds.is_whole_number(field.type, field.default):
            continue
        if definition is not None and bounds.is_validated(definition, field.name):
            continue
        if not bounds.is_attribute_clamped(one.function, field.name):
            yield Finding(
                field.anchor, _message(field.name), symbol=definition.qualname if definition is not None else one.symbol
            )


def _fix(one: Declaration) -> Fix | None:
    """`le=100`, or the default where that is more."""
    default = one.parameter.default if one.parameter is not None else None
    usual = default.value if type(default) is Const and isinstance(default.value, int) else 0
    bound = str(max(100, usual))
    for value in (one.default, *annotated(one.annotation)):
        call = one.is_written_in_place(value) if type(value) is Instance else None
        if call is not None:
            return Fix(f"Bound it: `le={bound}`", (SetKeyword(one.place(call), "le", (bound,)),), "display")
    if one.node.annotation is None or type(one.default) is Instance:
        return None
    path = one.anchor.path
    query, wrapper = AddImport(path, "fastapi", "Query"), AddImport(path, "typing", "Annotated")
    text = (wrapper, "[", one.place(one.node.annotation), ", ", query, f"(le={bound})]")
    return Fix(f"Bound it: `le={bound}`", (Annotate(one.anchor, text),), "display")
