"""A path convertor that makes what the parameter's type refuses.

## What it does
Reports a path such as `/items/{item_id:int}` whose parameter has a type that the convertor's value never fits: text, a UUID, an
enumeration of texts.

## Why is this bad?
The convertor turns the piece of the path into an `int`, a `float` or a `UUID` before FastAPI validates it, and pydantic does not turn it
back into text. Every request that matches the path is answered 422.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/items/{item_id:int}")
def read_item(item_id: str) -> str:
    return item_id
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/items/{item_id}")
def read_item(item_id: str) -> str:
    return item_id
```

## Known misses
`{value:float}` with `value: int`, which works for `3.0`, and convertors that the project registers.

## Fix safety
The convertor goes and the annotation alone decides, as the OpenAPI document has it already: that stays as it is, and requests that were
answered 422 or, where the text is none of the convertor's, 404 get through to the route. Unsafe where the wider path may match what
another route of the application is there for, or where the application is not known.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Fix, Replace
from fastapi_lint.project import Operation, Project, Route
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.values import Const, External, Generic, Value
from fastapi_lint.project.models import schemas
from fastapi_lint.project.models.kinds import class_of
from fastapi_lint.project.serving.paths import PARAMETER, convertors
from fastapi_lint.project.serving.signatures import Declaration, declarations
from fastapi_lint.rule import Rule

rule = Rule("FAL207", severity="error", fix="safe")

TEXTS = frozenset(
    {"builtins.str", "builtins.bytes", "pydantic.constr", "pydantic.EmailStr", "pathlib.Path", "pydantic.StrictStr"}
)
REFUSING = {
    "int": TEXTS | {"uuid.UUID", "pydantic.UUID4"},
    "float": TEXTS | {"uuid.UUID", "pydantic.UUID4"},
    "uuid": TEXTS | {"builtins.int", "builtins.float", "builtins.bool"},
}
"""The types that refuse what a convertor makes."""


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for one in declarations(project):
        if one.path is None or one.parameter is None or one.parameter.kind != "path" or one.annotation is None:
            continue
        for name, convertor in convertors(one.path).items():
            if (
                convertor in REFUSING
                and name == (one.parameter.alias or one.node.name)
                and _refuses(schemas.plain(one.annotation), convertor)
            ):
                yield Finding(
                    one.anchor,
                    f"`{{{name}:{convertor}}}` never makes what `{one.node.name}` is annotated as, so each request is answered 422",
                    fix=_fix(project, one, f"{{{name}:{convertor}}}", f"{{{name}}}"),
                    symbol=one.symbol,
                )


def _refuses(kind: Value, convertor: str) -> bool:
    match kind:
        case External(name=name):
            return canonical_typing(name) in REFUSING[convertor]
        case Generic(base=External(name=name), args=args) if canonical_typing(name) == "typing.Literal":
            return all(type(arg) is Const and isinstance(arg.value, str) for arg in args)
        case Generic():
            return len(members := list(schemas.flat_union(kind))) > 1 and all(
                _refuses(member, convertor)
                for member in members
                if not (type(member) is Const and member.value is None)
            )
    definition = class_of(kind)
    return definition is not None and _is_textual_enum(definition)


def _is_textual_enum(definition: ClassDefinition) -> bool:
    names = classes.externals(definition)
    return "enum.StrEnum" in names or (classes.is_enum(definition) and "builtins.str" in names)


# ---- the fix -------------------------------------------------------------------------------------------------------------------


def _fix(project: Project, one: Declaration, old: str, new: str) -> Fix | None:
    """The path without the convertor, where it is written out in the one route that has it."""
    path = one.route.arguments.get("path", 0) if one.route is not None else None
    if type(path) is not Const or path.place is None or not isinstance(path.value, str) or path.value.count(old) != 1:
        return None
    same = [route for route in project.routes if _place(route) == path.place]
    if len(same) != 1 or any(character in path.value for character in "\"'\\\n"):
        return None
    wider = path.value.replace(old, new)
    quote = "'" if _is_written(project, path.place.path, f"'{path.value}'") else '"'
    claim = "safe" if _is_apart(project, same[0], wider, path.value) else "unsafe"
    return Fix("Leave it to the annotation", (Replace(path.place, (quote + wider + quote,)),), claim)  # type: ignore[arg-type]


def _place(route: Route) -> object:
    path = route.arguments.get("path", 0)
    return path.place if type(path) is Const else None


def _is_apart(project: Project, route: Route, wider: str, before: str) -> bool:
    """Whether no other route of its applications could match what the wider path matches."""
    served = project.served(route)
    for operation in served:
        application = next(app for app in project.applications if app.instance is operation.application)
        if operation.path is None or application.unresolved or not operation.path.endswith(before):
            return False
        full = operation.path.removesuffix(before) + wider
        if any(
            _overlaps(other, operation.method, full) for other in application.operations if other.route is not route
        ):
            return False
    return bool(served)


def _overlaps(other: Operation, method: str, path: str) -> bool:
    if other.method != method:
        return False
    if other.path is None or ":path}" in other.path + path:
        return True
    ours, theirs = path.split("/"), other.path.split("/")
    return len(ours) == len(theirs) and all(
        a == b or PARAMETER.search(a) is not None or PARAMETER.search(b) is not None
        for a, b in zip(ours, theirs, strict=True)
    )


def _is_written(project: Project, path: str, text: str) -> bool:
    module = project.index.module(path)
    return module is not None and module.has(text)
