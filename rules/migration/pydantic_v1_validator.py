"""A validator in the style of Pydantic 1.

## What it does
Reports `@validator` and `@root_validator` of Pydantic 2, which keeps them for old code.

## Why is this bad?
They are deprecated and will go. `@root_validator` without `pre=True` or `skip_on_failure=True` already raises when the class is made.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel, validator

app = FastAPI()


class Book(BaseModel):
    title: str

    @validator("title")
    def is_named(cls, value: str) -> str:
        if not value:
            raise ValueError("a book has a title")
        return value


@app.post("/books")
def add_book(book: Book) -> Book:
    return book
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel, field_validator

app = FastAPI()


class Book(BaseModel):
    title: str

    @field_validator("title")
    @classmethod
    def is_named(cls, value: str) -> str:
        if not value:
            raise ValueError("a book has a title")
        return value


@app.post("/books")
def add_book(book: Book) -> Book:
    return book
```

## Known misses
Validators that a function makes and a class takes over (`check = validator("title")(function)`).

## Fix safety
Unsafe: a validator of an optional field, of each item or of other fields' values works otherwise in Pydantic 2. Offered only for
validators that take the class and the value, and for root validators with `pre=True`.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Finding, Fix, Insert, Replace, SymbolicEdit
from fastapi_lint.project import Project, searching
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import External
from fastapi_lint.project.models.pydantic_releases import is_pydantic_2
from fastapi_lint.rule import Rule

rule = Rule("FAL902", fix="unsafe")

OLD = re.compile(r"@\s*[\w.]*\b\w*(?:validator|root)\w*", re.IGNORECASE)
SUCCESSORS = {
    "pydantic.validator": "field_validator", "pydantic.class_validators.validator": "field_validator",
    "pydantic.deprecated.class_validators.validator": "field_validator", "pydantic.root_validator": "model_validator",
    "pydantic.class_validators.root_validator": "model_validator", "pydantic.deprecated.class_validators.root_validator": "model_validator",
}  # fmt: skip


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for function in searching.functions(project, OLD):
        definition = function.definition
        if definition.owner is None or definition.owner.frame is None:
            continue
        for decorator in definition.node.decorators:
            func = decorator.func if type(decorator) is s.Call else decorator
            if type(func) not in (s.Name, s.Attribute):
                continue
            found = project.it.evaluate(definition.owner.frame, func)
            if type(found) is External and found.name in SUCCESSORS and is_pydantic_2(project):
                yield Finding(
                    Anchor(definition.module.path, decorator.at),
                    f"`{definition.name}` is a validator of Pydantic 1: use `{SUCCESSORS[found.name]}`",
                    fix=_fix(definition, decorator, SUCCESSORS[found.name]),
                    symbol=definition.qualname,
                )


def _fix(definition: FunctionDefinition, decorator: s.Expression, successor: str) -> Fix | None:
    path = definition.module.path
    if type(decorator) is not s.Call or len(definition.node.parameters) != 2 or any(a.star for a in decorator.args):
        return None
    if any(p.kind not in ("positional_or_keyword", "positional_only") for p in definition.node.parameters):
        return None
    keywords = {a.keyword: a.value for a in decorator.args if a.keyword is not None}
    first = keywords.get("pre")
    before = type(first) is s.Constant and first.value is True
    if keywords.keys() - {"pre", "check_fields"} or (first is not None and not before):
        return None
    if successor == "model_validator" and not before:
        return None
    call = Anchor(path, decorator.at)
    edits: list[SymbolicEdit] = [Replace(call.of("func"), (AddImport(path, "pydantic", successor),))]
    if before:
        edits.append(Replace(call.of("keyword:pre"), ('mode="before"',)))
    if not definition.is_class_method:
        edits.append(Insert(call, "after", ("\n@classmethod",)))
    return Fix(f"Use `{successor}`", tuple(edits))
