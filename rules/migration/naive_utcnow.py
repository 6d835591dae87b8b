"""A time in UTC that does not know that it is.

## What it does
Reports `datetime.utcnow` and `datetime.utcfromtimestamp`, called or handed over (`default_factory=datetime.utcnow`).

## Why is this bad?
What they give has no time zone, so `timestamp()`, `astimezone()` and a comparison with an aware time take it for local time or fail. They
are deprecated since Python 3.12.

## Bad
```python
from datetime import datetime

from fastapi import FastAPI

app = FastAPI()


@app.get("/time")
def read_time() -> datetime:
    return datetime.utcnow()
```

## Good
```python
from datetime import datetime, timezone

from fastapi import FastAPI

app = FastAPI()


@app.get("/time")
def read_time() -> datetime:
    return datetime.now(timezone.utc)
```

## Known misses
Modules that no part of the application imports.

## Fix safety
Unsafe: the new value is aware. It has an offset in JSON, and what it meets later must be aware too. Where it is compared or subtracted on
the spot, or by a variable of the same function, and where it fills a database column, the change is only shown: naive values are refused
there, so all of them have to change together.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Applicability, Finding, Fix, Insert, Replace
from fastapi_lint.project import Module, Project
from fastapi_lint.project.interpreting.values import External
from fastapi_lint.rule import Rule

rule = Rule("FAL909", fix="unsafe")

NAIVE = re.compile(r"\.\s*(?:utcnow|utcfromtimestamp)\b")
REPLACED = {"utcnow": "now", "utcfromtimestamp": "fromtimestamp"}
CLASS = "datetime.datetime"


@rule.on(Module)
def check(module: Module, ctx: Context) -> Iterator[Finding]:
    if not module.has(NAIVE):
        return
    for index in range(len(module.chunks)):
        if module.has(NAIVE, index):
            statements = module.unit(index).statements
            imported = dict(_imported(statements))
            calls = {node.func.at: node for node in s.walk(*statements, into_functions=True) if type(node) is s.Call}
            mixed = _mixed(statements, COLUMNS | ({"Field"} if module.has("sqlmodel") else set()))
            for node, symbol in _attributes(statements, module.name):
                if node.attr in REPLACED and _is_datetime(ctx.project, module, node.value, imported):
                    yield Finding(
                        Anchor(module.path, node.at),
                        f"`{node.attr}` gives a time without a time zone, and is deprecated",
                        fix=_fix(module.path, node, calls.get(node.at), "display" if node.at in mixed else "unsafe"),
                        symbol=symbol,
                    )


def _attributes(statements: tuple[s.Statement, ...], symbol: str) -> Iterator[tuple[s.Attribute, str]]:
    """The attributes in statements, with the function or class that they stand in."""
    for node in s.walk(*statements):
        if type(node) is s.Attribute:
            yield node, symbol
        elif type(node) in (s.Function, s.Class):
            parts = (*node.decorators, *node.body)  # type: ignore[attr-defined]
            if type(node) is s.Function:
                given = (part for p in node.parameters for part in (p.annotation, p.default) if part is not None)
                parts = (*parts, *given)
            yield from _attributes(parts, f"{symbol}.{node.name}")  # type: ignore[attr-defined]
        elif type(node) is s.Lambda:
            yield from _attributes(node.function.body, symbol)


def _imported(statements: tuple[s.Statement, ...]) -> Iterator[tuple[str, str]]:
    """What functions import for themselves: qualified names by local ones."""
    for node in s.walk(*statements, into_functions=True):
        if type(node) is s.ImportFrom and node.module == "datetime" and not node.level:
            yield from ((name.alias or name.name, f"datetime.{name.name}") for name in node.names)
        elif type(node) is s.Import:
            yield from ((name.alias or name.name, name.name) for name in node.names if name.name == "datetime")


def _is_datetime(project: Project, module: Module, node: s.Expression, imported: dict[str, str]) -> bool:
    match node:
        case s.Name(id=name) if name in imported:
            return imported[name] == CLASS
        case s.Attribute(value=s.Name(id=name), attr="datetime") if name in imported:
            return imported[name] == "datetime"
        case s.Name() | s.Attribute(value=s.Name()):
            found = project.it.evaluate(project.module_frame(module), node)
            return type(found) is External and found.name == CLASS
    return False


COLUMNS = frozenset({"Column", "mapped_column"})


def _mixed(statements: tuple[s.Statement, ...], columns: frozenset[str]) -> frozenset[int]:
    """What meets other times that may be naive: it is compared with them, subtracted from them, or fills the same column."""
    found: set[int] = set()
    named: dict[str, list[s.Expression]] = {}
    meeting: list[s.Expression] = []
    for node in s.walk(*statements, into_functions=True):
        match node:
            case s.Assign(targets=(s.Name(id=name),), value=value):
                named.setdefault(name, []).append(value)
            case s.Comparison():
                meeting += (node.left, *node.comparators)
            case s.BinaryOperation(operator="-") if not any(_is_length(side) for side in (node.left, node.right)):
                meeting += (node.left, node.right)
            case s.Call() if _last_name(node.func) in columns:
                meeting += (argument.value for argument in node.args)
    for expression in meeting:
        given = named.get(expression.id, []) if type(expression) is s.Name else []
        for one in s.walk(expression, *given, into_functions=True):
            found.add(one.at)
    return frozenset(found)


def _is_length(node: s.Expression) -> bool:
    return type(node) is s.Call and _last_name(node.func) == "timedelta"


def _last_name(node: s.Expression) -> str:
    match node:
        case s.Name(id=name) | s.Attribute(attr=name):
            return name
    return ""


def _fix(path: str, node: s.Attribute, call: s.Call | None, applicability: Applicability) -> Fix:
    title, zone = f"Use `datetime.{REPLACED[node.attr]}` with a time zone", AddImport(path, "datetime", "timezone")
    name, owner = REPLACED[node.attr], Anchor(path, node.value.at)
    if call is None:
        given = ("lambda: ", "now(") if node.attr == "utcnow" else ("lambda timestamp: ", "fromtimestamp(timestamp, ")
        replaced = Replace(Anchor(path, node.at), (given[0], owner, ".", given[1], zone, ".utc)"))
        return Fix(title, (replaced,), applicability)
    if not call.args:
        replaced = Replace(Anchor(path, call.at), (owner, f".{name}(", zone, ".utc)"))
        return Fix(title, (replaced,), applicability)
    last = Anchor(path, call.args[-1].value.at)
    edits = (Replace(Anchor(path, node.at), (owner, f".{name}")), Insert(last, "after", (", ", zone, ".utc")))
    return Fix(title, edits, applicability)
