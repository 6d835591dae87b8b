"""Something that the project's release of FastAPI or Starlette no longer has.

## What it does
Reports methods, arguments and names that are gone: `app.route`, `app.add_event_handler`, `app.add_websocket_route` and `router.startup()` since
Starlette 1.0, `FastAPI(openapi_prefix=)` since FastAPI 0.145, `TemplateResponse("page.html", {"request": request})` with the name before the
request, and others. Only where the project is known to run on a release without them, and not in a `try`, which may be meant for older ones.

## Why is this bad?
It raises when the line is reached: at import, or in the first request.

## Bad
```python
from fastapi import FastAPI

app = FastAPI(openapi_prefix="/api")


@app.get("/books")
def list_books() -> list[str]:
    return ["Momo"]
```

## Good
```python
from fastapi import FastAPI

app = FastAPI(root_path="/api")


@app.get("/books")
def list_books() -> list[str]:
    return ["Momo"]
```

## Known misses
What is not in `knowledge/releases.toml`, and methods of objects whose class is not known.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding
from fastapi_lint.project import CallSite, Project, references, releases, searching
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.values import Const, External, Instance, Method, Text, known_members
from fastapi_lint.project.releases import Change
from fastapi_lint.rule import Rule

rule = Rule("FAL910", severity="error")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    rows = {table: list(releases.changes(project, table)) for table in ("methods", "keywords", "order", "names")}
    methods = {name for table in ("methods", "order") for change in rows[table] for name in change.names}
    for site in _sites(project, rf"\.\s*(?:{'|'.join(sorted(methods))})\(", methods):
        yield from _of_method(project, site, rows)
    classes_of_keywords = {_last(change.of) for change in rows["keywords"]}
    for site in _sites(project, rf"(?:{'|'.join(sorted(classes_of_keywords))})\(", classes_of_keywords):
        yield from _of_constructor(site, rows["keywords"])
    yield from _names(project, rows["names"])


def _sites(project: Project, pattern: str, names: set[str]) -> Iterator[CallSite]:
    """The calls in statements that have the pattern; those in a `try` may be meant for older releases."""
    if names:
        for site in searching.sites(project, re.compile(pattern)):
            if type(site.node) is s.Call and not site.handlers:
                yield site


def _symbol(site: CallSite) -> str:
    return site.function.qualname if site.function is not None else site.frame.module.name


def _of_constructor(site: CallSite, changes: list[Change]) -> Iterator[Finding]:
    for change in changes:
        if any(type(one) is External and one.name == change.of for one in known_members(site.callee)):
            for argument in site.node.args:
                if argument.keyword in change.names:
                    place = site.anchor.of(f"keyword:{argument.keyword}")
                    shown = f"{argument.keyword}=` of `{_last(change.of)}"
                    yield Finding(place, _gone(change, shown, argument.keyword), symbol=_symbol(site))


def _of_method(project: Project, site: CallSite, rows: dict[str, list[Change]]) -> Iterator[Finding]:
    symbol = _symbol(site)
    for change in rows["methods"]:
        name = _method(project, site, change)
        if name is not None:
            yield Finding(site.anchor.of("func"), _gone(change, f"{_last(change.of)}.{name}", name), symbol=symbol)
    for change in rows["order"]:
        name = _method(project, site, change)
        first = site.arguments.positional[0] if site.arguments.positional else None
        is_text = type(first) is Text or (type(first) is Const and isinstance(first.value, str))
        if name is not None and is_text:
            place = Anchor(site.anchor.path, site.node.args[0].value.at)
            message = f"`{name}` takes {change.names[name]} first since {change.release}, and raises here"
            yield Finding(place, message, symbol=symbol)


def _method(project: Project, site: CallSite, change: Change) -> str | None:
    """The method that a call asks of an object of the class or of one below it."""
    for callee in known_members(site.callee):
        if type(callee) is not Method or callee.name not in change.names or type(callee.receiver) is not Instance:
            return None
        cls = callee.receiver.cls
        owners = (cls,) if isinstance(cls, str) else classes.externals(cls)
        if not any(owner == change.of or project.library.is_subclass(owner, change.of) for owner in owners):
            return None
        return callee.name
    return None


def _names(project: Project, rows: list[Change]) -> Iterator[Finding]:
    wanted = {f"{change.of}.{name}": change for change in rows for name in change.names}
    if not wanted:
        return
    for one in references.named(project, {_last(name) for name in wanted}):
        name = one.name.replace("fastapi.status.", "starlette.status.")
        if name not in wanted or one.guarded or (not one.is_import and not one.is_attribute):
            continue
        change = wanted[name]
        yield Finding(one.anchor, _gone(change, _last(name), _last(name)), symbol=one.symbol)


def _gone(change: Change, shown: str, name: str) -> str:
    instead = change.names[name]
    said = instead if " " in instead else f"`{instead}`"
    return f"`{shown}` is gone since {change.release}: there is {said}"


def _last(name: str) -> str:
    return name.rpartition(".")[2]
