"""A declaration in the place of the default: `x: T = Depends(f)`.

## What it does
Reports parameters of routes and dependencies, websockets included, whose default is a call of `Depends`, `Security`, `Query`, `Path`,
`Body` and the like, rather than metadata in `Annotated`.

## Why is this bad?
The default is none: who calls the function directly, in a test say, gets the `Depends` object. Type checkers see a default of another
type, and the declaration cannot be shared under a name of its own.

## Bad
```python
from fastapi import Depends, FastAPI, Query

app = FastAPI()


def get_user() -> str:
    return "ann"


@app.get("/books")
def books(user: str = Depends(get_user), limit: int = Query(10, le=100)) -> str:
    return user
```

## Good
```python
from typing import Annotated

from fastapi import Depends, FastAPI, Query

app = FastAPI()


def get_user() -> str:
    return "ann"


@app.get("/books")
def books(user: Annotated[str, Depends(get_user)], limit: Annotated[int, Query(le=100)] = 10) -> str:
    return user
```

## Known misses
Declarations that are made elsewhere and used as a default.

## Fix safety
The whole signature is converted at once. Safe where the OpenAPI document stays as it is and nothing else changes. Unsafe where a parameter
that becomes required would follow one with a default, so that a `*` must go before them, and where the project itself calls the function.
There is no fix for parameters without an annotation (see `untyped-parameter`), for annotations in quotes, for ones of which a name exists for type checkers only, and with postponed annotations inside a
function or class, whose names FastAPI cannot resolve.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Finding, Fix, Insert, Replace, SymbolicEdit, Template, Without
from fastapi_lint.project import Project
from fastapi_lint.project.checker_imports import Imported, missing_name, only_for_checkers
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.modules import Module, chunk_of
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import Instance
from fastapi_lint.project.serving.parameters import parameter_class
from fastapi_lint.project.serving.signatures import Declaration, declarations
from fastapi_lint.rule import Rule

rule = Rule("FAL205", severity="info", default=False, fix="safe", since="0.95")

POSTPONED = re.compile(r"^from __future__ import [^\n]*\bannotations\b", re.MULTILINE)
POSITIONAL = frozenset({"positional_only", "positional_or_keyword"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    signatures: dict[FunctionDefinition, dict[int, Declaration]] = {}
    for one in declarations(project):
        if _declares(project, one):
            signatures.setdefault(one.function.definition, {}).setdefault(one.node.at, one)
    known: dict[str, Imported] = {}
    for definition, found in signatures.items():
        if definition.module.path not in known:
            known[definition.module.path] = only_for_checkers(definition.module)
        convertible = {at: one for at, one in found.items() if one.node.annotation is not None}
        fix = _fix(project, definition, convertible, known[definition.module.path]) if convertible else None
        for one in found.values():
            yield Finding(
                one.anchor,
                f"`{one.node.name}` has its declaration in the place of its default",
                fix=fix if one.node.annotation is not None else None,
                symbol=one.symbol,
            )


def _declares(project: Project, one: Declaration) -> bool:
    if type(one.default) is not Instance or one.is_written_in_place(one.default) is None:
        return False
    inside = [value for value in annotated(one.annotation) if type(value) is Instance]
    if any(
        project.it.routing.depends(None, value) is not None or parameter_class(project.it, value) for value in inside
    ):
        return False
    return one.depends is not None or parameter_class(project.it, one.default) is not None


def _fix(
    project: Project, definition: FunctionDefinition, found: dict[int, Declaration], known: Imported
) -> Fix | None:
    if not all(_can_convert(definition, one, known) for one in found.values()):
        return None
    texts: dict[int, Template] = {}
    required: set[int] = set()
    for at, one in found.items():
        call = one.is_written_in_place(one.default) if type(one.default) is Instance else None
        if call is None or any(argument.star for argument in call.args):
            return None
        default = _default(call) if one.depends is None else None
        if default is None or _is_ellipsis(default.value):
            required.add(at)
        texts[at] = _converted(one, call, default)
    first = _in_the_way(definition, required)
    edits: list[SymbolicEdit] = []
    if first is not None:
        if any(parameter.kind in ("keyword_only", "var_positional") for parameter in definition.node.parameters):
            return None
        edits.append(Insert(definition.anchor._replace(at=first.at), "before", ("*, ",)))
    edits += [Replace(one.anchor, texts[at]) for at, one in found.items()]
    alone = first is None and not project.is_awaited(definition)
    return Fix("Move the declarations into `Annotated`", tuple(edits), "safe" if alone else "unsafe")


def _can_convert(definition: FunctionDefinition, one: Declaration, known: Imported) -> bool:
    assert one.node.annotation is not None
    if missing_name(definition, one.node.annotation, known) is not None:
        return False
    quoted = re.compile(rf"\b{re.escape(one.node.name)}\s*:\s*[\"']")
    if definition.module.has(quoted, chunk_of(definition.node.at)):
        return False
    return not ((definition.parent or definition.owner) and _is_postponed(definition.module))


def _is_postponed(module: Module) -> bool:
    return module.has(POSTPONED)


def _default(call: s.Call) -> s.Argument | None:
    for at, argument in enumerate(call.args):
        if argument.keyword == "default" or (at == 0 and argument.keyword is None):
            return argument
    return None


def _is_ellipsis(value: s.Expression) -> bool:
    return type(value) is s.Constant and value.kind == "ellipsis"


def _converted(one: Declaration, call: s.Call, default: s.Argument | None) -> Template:
    assert one.node.annotation is not None
    wrapper = AddImport(one.anchor.path, "typing", "Annotated", same_in=("typing_extensions",))
    text: list[str | Anchor | AddImport | Without] = [
        f"{one.node.name}: ",
        wrapper,
        "[",
        one.place(one.node.annotation),
        ", ",
    ]
    if default is None:
        return (*text, one.place(call), "]")
    index = next(at for at, argument in enumerate(call.args) if argument is default)
    text += [Without(one.place(call), index), "]"]
    if not _is_ellipsis(default.value):
        text += [" = ", one.place(default.value)]
    return tuple(text)


def _in_the_way(definition: FunctionDefinition, required: set[int]) -> s.Parameter | None:
    """The first parameter that keeps a default and is followed by one that has none any more."""
    kept: s.Parameter | None = None
    for parameter in definition.node.parameters:
        if parameter.kind not in POSITIONAL:
            break
        has_default = parameter.default is not None and parameter.at not in required
        if has_default and kept is None:
            kept = parameter
        elif not has_default and kept is not None:
            return kept
    return None
