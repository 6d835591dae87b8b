"""A pydantic validator that may return nothing.

## What it does
Reports a `field_validator`, `model_validator`, `validator` or `root_validator` with a path on which it returns no value: a bare `return`,
or the end of the function. `if value is None: return`, an explicit `return None`, and a return annotation that allows None beside
something else, are taken at their word.

## Why is this bad?
Pydantic takes what the validator returns for the value. A forgotten `return` silently makes the field, or the whole body of a request,
None, whatever its type says.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel, field_validator

app = FastAPI()


class Book(BaseModel):
    title: str

    @field_validator("title")
    @classmethod
    def strip(cls, value: str) -> str:
        if not value:
            raise ValueError("a book needs a title")
        value.strip()


@app.post("/books")
def add_book(book: Book) -> str:
    return book.title
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
    def strip(cls, value: str) -> str:
        if not value:
            raise ValueError("a book needs a title")
        return value.strip()


@app.post("/books")
def add_book(book: Book) -> str:
    return book.title
```

## Known misses
Functions in `BeforeValidator(...)` and its like.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding
from fastapi_lint.project import ClassDefinition
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import UNIONS, canonical_typing
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import Const, External, Generic, Value
from fastapi_lint.rule import Rule

rule = Rule("FAL211", severity="error")

VALIDATORS = frozenset(
    f"{module}.{name}"
    for module in ("pydantic", "pydantic.functional_validators", "pydantic.class_validators", "pydantic.v1")
    for name in ("field_validator", "model_validator", "validator", "root_validator")
)


@rule.on(ClassDefinition)
def check(definition: ClassDefinition, ctx: Context) -> Iterator[Finding]:
    for method in classes.methods(definition):
        function = method.definition
        if not function.decorator_names & VALIDATORS or (function.is_abstract and not _is_empty(function)):
            continue
        if _may_be_none(ctx.project.it.studies.signature(method).returns):
            continue
        for node, _ in ctx.project.it.analysis(method).returns:
            if node.value is None and not _is_meant(function, node):
                yield _finding(function, Anchor(function.module.path, node.at))
        if function.is_abstract:
            yield _finding(function, function.anchor)


def _finding(function: FunctionDefinition, place: Anchor) -> Finding:
    where = "may end" if place == function.anchor else "returns here"
    return Finding(
        place,
        f"`{function.name}` {where} without a value, which makes what it validates None",
        symbol=function.qualname,
    )


def _is_meant(function: FunctionDefinition, node: s.Return) -> bool:
    """Whether None went in (`if value is None: return`), or a `match` that covers everything is the end."""
    last = function.node.body[-1]
    if node.at == function.node.at:
        return type(last) is s.Match and all(type(case.body[-1]) in (s.Return, s.Raise) for case in last.cases)
    for one in s.walk(*function.node.body):
        if type(one) is s.If and any(inner is node for inner in one.body):
            match one.test:
                case s.Comparison(left=s.Name(), operators=("is",), comparators=(s.Constant(value=None),)):
                    return True
                case s.UnaryOperation(operator="not", value=s.Name()):
                    return True
    return False


def _is_empty(function: FunctionDefinition) -> bool:
    """Whether the body is `pass` or `...`, rather than an error for subclasses to replace."""
    return (
        not any(type(statement) is s.Raise for statement in function.node.body)
        and "abc.abstractmethod" not in function.decorator_names
    )


def _may_be_none(returns: Value | None) -> bool:
    """Whether None is one of the things that the annotation allows."""
    if type(returns) is Generic and type(returns.base) is External and canonical_typing(returns.base.name) in UNIONS:
        optional = canonical_typing(returns.base.name) == "typing.Optional"
        return optional or any(type(arg) is Const and arg.value is None for arg in returns.args)
    return False
