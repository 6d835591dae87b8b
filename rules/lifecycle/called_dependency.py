"""A dependency that is called where it should be named.

## What it does
Reports `Depends(f())` where the project's `f` returns something that cannot be called, or is a coroutine or generator function.

## Why is this bad?
`f` runs once, when the module is imported, and FastAPI gets its result instead of a function. That is no dependency: the import fails, or
the first request does.

## Bad
```python
from fastapi import Depends, FastAPI

app = FastAPI()


def get_limit() -> int:
    return 20


@app.get("/books")
def list_books(limit: int = Depends(get_limit())) -> list[int]:
    return list(range(limit))
```

## Good
```python
from fastapi import Depends, FastAPI

app = FastAPI()


def get_limit() -> int:
    return 20


@app.get("/books")
def list_books(limit: int = Depends(get_limit)) -> list[int]:
    return list(range(limit))
```

## Known misses
Functions whose result is not known. One that returns a function is a factory, and right.

## Fix safety
Safe: without the call it is what FastAPI wants. Not offered where the call has arguments.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, Replace
from fastapi_lint.project import CallSite, Project, searching
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.routing import DECLARING
from fastapi_lint.project.interpreting.values import (
    Const,
    Coroutine,
    External,
    FunctionValue,
    GeneratorValue,
    Instance,
    Mapping,
    Sequence,
    Text,
    Value,
    known_members,
    members,
)
from fastapi_lint.rule import Rule

rule = Rule("FAL801", severity="error", fix="safe")

CALLED = re.compile(r"(?:Depends|Security)\(\s*(?:dependency\s*=\s*)?[\w.]+\(")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in searching.sites(project, CALLED):
        node = site.node
        if type(node) is not s.Call or not node.args or not _declares(site):
            continue
        given = next((a.value for a in node.args if a.keyword in (None, "dependency") and not a.star), None)
        inner = _call(site.frame, given)
        if inner is None or type(given) is not s.Call:
            continue
        function = inner.callee
        if (
            type(function) is FunctionValue
            and inner.result is not None
            and all(_is_no_callable(m) for m in members(inner.result))
        ):
            place = Anchor(site.frame.module.path, given.at)
            fix = Fix("Name it", (Replace(place, (place.of("func"),)),), "safe") if not given.args else None
            yield Finding(
                place,
                f"`{function.definition.name}` is called here once, and what it returns is no dependency: name it only",
                fix=fix,
                symbol=site.function.qualname if site.function is not None else site.frame.module.name,
            )


def _declares(site: CallSite) -> bool:
    return any(type(member) is External and member.name in DECLARING for member in known_members(site.callee))


def _call(frame: Frame, given: s.Expression | None) -> CallSite | None:
    if given is None:
        return None
    return next((site for site in frame.sites if site.kind == "call" and site.node.at == given.at), None)


def _is_no_callable(value: Value) -> bool:
    if isinstance(value, (Const, Mapping, Sequence, Text, Coroutine, GeneratorValue)):
        return True
    return (
        type(value) is Instance
        and isinstance(value.cls, str)
        and value.cls.startswith("builtins.")
        and value.cls != "builtins.object"
    )
