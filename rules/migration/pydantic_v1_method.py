"""A method of models that Pydantic 2 calls otherwise.

## What it does
Reports `.dict()`, `.json()`, `.copy()`, `.parse_obj()`, `.parse_raw()`, `.parse_file()`, `.from_orm()`, `.construct()`, `.schema()`,
`.schema_json()` and `.update_forward_refs()` of what is known to be a model of Pydantic 2, whatever the variable is called.

## Why is this bad?
Pydantic 2 deprecates them and will drop them.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Book(BaseModel):
    title: str


@app.post("/books")
def add_book(book: Book) -> str:
    return book.dict()["title"]
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Book(BaseModel):
    title: str


@app.post("/books")
def add_book(book: Book) -> str:
    return book.model_dump()["title"]
```

## Known misses
Models whose type cannot be told: parameters without an annotation, items of untyped containers. Code that tries or asks for the new
method first, and falls back on the old one for Pydantic 1, is left alone.

## Fix safety
Safe: the old names only call the new ones. Calls with arguments that the new method does not take get no fix, nor do the methods that
have no direct successor.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, Insert, Replace, SymbolicEdit
from fastapi_lint.project import CallSite, Project, searching
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.values import ClassValue, Instance, Method, Value, known_members
from fastapi_lint.project.models.pydantic_releases import is_model, is_pydantic_2
from fastapi_lint.rule import Rule

rule = Rule("FAL904", fix="safe")

RENAMED = {
    "dict": "model_dump", "json": "model_dump_json", "copy": "model_copy", "construct": "model_construct", "schema": "model_json_schema",
    "parse_obj": "model_validate", "from_orm": "model_validate", "update_forward_refs": "model_rebuild", "parse_raw": "model_validate_json",
    "parse_file": "model_validate_json", "schema_json": "model_json_schema",
}  # fmt: skip
OLD = re.compile(rf"\.\s*(?:{'|'.join(RENAMED)})\(")
DUMPING = frozenset({"include", "exclude", "by_alias", "exclude_unset", "exclude_defaults", "exclude_none"})
TAKES = {
    "dict": DUMPING, "json": DUMPING | {"indent"}, "copy": frozenset({"update", "deep"}), "parse_obj": frozenset[str](),
    "schema": frozenset({"by_alias", "ref_template"}), "from_orm": frozenset[str](), "update_forward_refs": frozenset[str](),
}  # fmt: skip
"""The keywords that old and new method share, where the new one can stand in for the old."""
POSITIONAL = {"parse_obj": 1, "from_orm": 1}


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in searching.sites(project, OLD):
        found = _model_method(project, site)
        if found is None or not is_pydantic_2(project):
            continue
        model, method = found
        if _stands_in_for(site, RENAMED[method]):
            continue
        yield Finding(
            site.anchor,
            f"`{model.name}.{method}` is deprecated: use `{RENAMED[method]}`",
            fix=_fix(site, method),
            symbol=site.function.qualname if site.function is not None else site.frame.module.name,
        )


def _stands_in_for(site: CallSite, new: str) -> bool:
    """Whether the old method is what older releases get, where the new one is tried or asked for first."""
    body = site.function.node.body if site.function is not None else ()
    for node in s.walk(*body, into_functions=True):
        match node:
            case s.Try(body=tried, handlers=handlers):
                choice: tuple[s.Expression | s.Statement, ...] = tried
                inside: tuple[s.Expression | s.Statement, ...] = tuple(
                    one for handler in handlers for one in handler.body
                )
            case s.If(test=test, body=then, orelse=orelse):
                choice, inside = (test, *then), (*then, *orelse)
            case s.Conditional(test=test, body=value, orelse=other):
                choice, inside = (test, value), (value, other)
            case _:
                continue
        if any(one is site.node for one in s.walk(*inside)) and any(_names(one, new) for one in s.walk(*choice)):
            return True
    return False


def _names(node: s.Node, method: str) -> bool:
    match node:
        case s.Attribute(attr=name) | s.Constant(value=name):
            return name == method
        case s.Name(id=name):
            return "PYDANTIC_V" in name.upper()
    return False


def _model_method(project: Project, site: CallSite) -> tuple[ClassDefinition, str] | None:
    """The model and the old method that a call means."""
    func = site.node.func if type(site.node) is s.Call else None
    if type(func) is not s.Attribute or func.attr not in RENAMED:
        return None
    receivers = {id(one): one for one in map(_model, _receivers(project, site, func)) if one is not None}
    found = next(iter(receivers.values()), None)
    if found is None or not is_model(project, found) or classes.member(found, func.attr) is not None:
        return None
    return found, func.attr


def _receivers(project: Project, site: CallSite, func: s.Attribute) -> Iterator[Value]:
    """What the method is called on; for a method that is bound to an object, that object."""
    for member in known_members(site.callee):
        if type(member) is Method:
            yield member.receiver


def _model(value: Value) -> ClassDefinition | None:
    if type(value) is ClassValue:
        return value.definition
    return value.cls if type(value) is Instance and isinstance(value.cls, ClassDefinition) else None


def _fix(site: CallSite, method: str) -> Fix | None:
    args = site.node.args
    positional = [a for a in args if a.keyword is None and not a.star]
    if method not in TAKES or any(a.star or (a.keyword is not None and a.keyword not in TAKES[method]) for a in args):
        return None
    if len(positional) != POSITIONAL.get(method, 0):
        return None
    edits: tuple[SymbolicEdit, ...] = (Replace(site.anchor.of("func.attr"), (RENAMED[method],)),)
    if method == "from_orm":
        edits = (*edits, Insert(site.anchor._replace(at=positional[0].value.at), "after", (", from_attributes=True",)))
    return Fix(f"Use `{RENAMED[method]}`", edits, "safe")
