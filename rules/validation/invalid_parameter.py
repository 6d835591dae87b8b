"""A parameter declaration that FastAPI refuses at import, or cannot pass.

## What it does
Reports declarations in the signature of a route or dependency on which FastAPI raises as soon as the module is imported: a default for
`Path()`, `Query()` and the like on a name that is in the path, a default inside `Annotated`, two declarations for one parameter, `Depends`
of something that cannot be called, a default beside a `default_factory`, a dictionary or a list of models as a query parameter, a model
as a path parameter. Reports positional-only parameters as well: FastAPI passes everything by name; and a `Depends()` that has neither a
callable nor a type.

## Why is this bad?
The application does not start; with a positional-only parameter it does, and answers 500 to every request. A `Depends()` of nothing
becomes two required query parameters that nobody knows of.

## Bad
```python
from typing import Annotated

from fastapi import FastAPI, Path

app = FastAPI()


@app.get("/books/{number}")
def read_book(number: Annotated[int, Path(ge=1)] = 1) -> int:
    return number
```

## Good
```python
from typing import Annotated

from fastapi import FastAPI, Path

app = FastAPI()


@app.get("/books/{number}")
def read_book(number: Annotated[int, Path(ge=1)]) -> int:
    return number
```

## Known misses
Types that pydantic cannot make a schema of.

## Fix safety
Safe: there is no behaviour to keep, since the module cannot be imported. Where it is not plain what was meant, there is no fix.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.edits import remove_argument
from fastapi_lint.findings import AddImport, Finding, Fix, Replace
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import MAPPINGS, canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import Const, External, Generic, Instance, Mapping, Sequence, Value
from fastapi_lint.project.models import schemas
from fastapi_lint.project.models.kinds import class_of, kind_of
from fastapi_lint.project.serving.parameters import SEQUENCES, parameter_class
from fastapi_lint.project.serving.paths import path_names
from fastapi_lint.project.serving.signatures import Declaration, declarations
from fastapi_lint.rule import Rule

rule = Rule("FAL209", severity="error", fix="safe")

Problem = tuple[str, Fix | None]


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for one in declarations(project):
        if one.node.kind == "positional_only":
            message = f"`{one.node.name}` is positional-only, and FastAPI passes everything by name: every request is answered 500"
            yield Finding(one.anchor, message, symbol=one.symbol)
            continue
        if _depends_on_nothing(one):
            message = f"`{one.node.name}` depends on nothing: FastAPI makes up two query parameters and answers 422 without them"
            yield Finding(one.anchor, message, symbol=one.symbol)
            continue
        problem = next(_problems(project, one), None)
        if problem is not None:
            yield Finding(one.anchor, f"{problem[0]}, on which FastAPI raises at import", problem[1], symbol=one.symbol)


def _problems(project: Project, one: Declaration) -> Iterator[Problem]:
    inside = [m for m in annotated(one.annotation) if type(m) is Instance and _kind(project, m) is not None]
    beside = one.default if type(one.default) is Instance and _kind(project, one.default) is not None else None
    yield from _twice(project, one, inside, beside)
    yield from _uncallable(project, one)
    if one.depends is not None:
        return
    for declared in inside[:1]:
        yield from _in_annotated(project, one, declared)
    if beside is not None and not inside:
        yield from _as_default(project, one, beside)
    if not inside and beside is None:
        yield from _plain(project, one)


def _kind(project: Project, declared: Instance) -> str | None:
    if project.it.routing.depends(None, declared) is not None:
        return "depends"
    return parameter_class(project.it, declared)


def _twice(project: Project, one: Declaration, inside: list[Instance], beside: Instance | None) -> Iterator[Problem]:
    if not inside or beside is None:
        return
    first, second = (_kind(project, declared) for declared in (inside[0], beside))
    if (first == "depends") == (second == "depends") or second == "depends":
        yield f"`{one.node.name}` is declared both in `Annotated` and by its default", None


def _uncallable(project: Project, one: Declaration) -> Iterator[Problem]:
    if one.depends is None:
        return
    given = one.depends[0].made.get("dependency", 0) if one.depends[0].made is not None else None
    if (
        (type(given) is Const and given.value is not None)
        or type(given) in (Mapping, Sequence)
        or _cannot_be_called(given)
    ):
        yield f"`{one.node.name}` depends on what cannot be called", None


def _cannot_be_called(given: Value | None) -> bool:
    """Whether this is an object of a class of the project that nothing makes callable."""
    definition = given.cls if type(given) is Instance else None
    return (
        isinstance(definition, ClassDefinition)
        and not definition.decorators
        and not set(classes.externals(definition)) - {"builtins.object"}
        and not classes.has_unknown_base(definition)
        and classes.member(definition, "__call__") is None
    )


def _depends_on_nothing(one: Declaration) -> bool:
    """Whether there is a bare `Depends()` without a type beside it that would say what to call."""
    if one.depends is None or one.annotation is not None or one.node.annotation is not None:
        return False
    made = one.depends[0].made
    return made is not None and not made.starred and made.get("dependency", 0) is None


def _in_annotated(project: Project, one: Declaration, declared: Instance) -> Iterator[Problem]:
    default = _default(declared)
    call = one.is_written_in_place(declared)
    if default is not None:
        fix = None
        if call is not None and _kind(project, declared) != "path" and one.node.default is None:
            fix = _moved_out(one, call)
        yield f"`{one.node.name}` has its default inside `Annotated`", fix
    yield from _on_path(project, one, declared)
    if _kind(project, declared) == "path" and one.node.default is not None:
        yield f"`{one.node.name}` is a path parameter with a default", _without_default(one)


def _as_default(project: Project, one: Declaration, declared: Instance) -> Iterator[Problem]:
    default = _default(declared)
    if _kind(project, declared) == "path" and default is not None:
        call = one.is_written_in_place(declared)
        fix = _without_argument(one, call) if call is not None else None
        yield f"`{one.node.name}` is a path parameter with a default", fix
    if default is not None and declared.made is not None and "default_factory" in declared.made.keywords:
        yield f"`{one.node.name}` has a default and a `default_factory`", None
    yield from _on_path(project, one, declared)


def _on_path(project: Project, one: Declaration, declared: Instance) -> Iterator[Problem]:
    """What the declaration says about where the value comes from, against the path and the type."""
    kind = _kind(project, declared)
    if kind not in ("path", "depends") and one.path is not None and one.node.name in path_names(one.path):
        call = one.is_written_in_place(declared)
        fix = None
        if call is not None and not call.args:
            path = AddImport(one.anchor.path, "fastapi", "Path")
            fix = Fix("Make it a `Path`", (Replace(one.place(call.func), (path,)),), "safe")
        yield f"`{one.node.name}` is in the path and is declared as a {kind} parameter", fix
    elif kind == "query" and _is_structured(project, one.annotation):
        yield f"`{one.node.name}` is a query parameter of a type that no query string can carry", None


def _plain(project: Project, one: Declaration) -> Iterator[Problem]:
    in_path = one.path is not None and one.node.name in path_names(one.path)
    if in_path and one.annotation is not None and one.parameter is not None and one.parameter.kind == "path":
        kind = schemas.plain(one.annotation)
        definition = class_of(kind)
        if _is_structured(project, kind) or (definition is not None and kind_of(project.it, definition) == "model"):
            yield f"`{one.node.name}` is a path parameter of a type that no path can carry", None


def _is_structured(project: Project, annotation: Value | None) -> bool:
    """A dictionary, or a list of models or dictionaries."""
    kind = schemas.plain(annotation) if annotation is not None else annotation
    base = kind.base if type(kind) is Generic else kind
    if type(base) is not External:
        return False
    name = canonical_typing(base.name)
    if name in MAPPINGS:
        return True
    if name not in SEQUENCES or type(kind) is not Generic or not kind.args:
        return False
    inner = schemas.plain(kind.args[0])
    definition = class_of(inner)
    return (definition is not None and kind_of(project.it, definition) == "model") or _is_structured(project, inner)


# ---- defaults ------------------------------------------------------------------------------------------------------------------


def _default(declared: Instance) -> Value | None:
    """The default that a `Query(...)` or the like is given; None where there is none, or `...`."""
    given = declared.made.get("default", 0) if declared.made is not None else None
    if type(given) is External and given.name in (
        "builtins.Ellipsis",
        "pydantic_core.PydanticUndefined",
        "fastapi.params.Undefined",
    ):
        return None
    return given


def _without_argument(one: Declaration, call: s.Call) -> Fix | None:
    place = one.place(call)
    if any(argument.keyword == "default" for argument in call.args):
        return Fix("Drop the default", remove_argument(place, "default"), "safe")
    if call.args and call.args[0].keyword is None and not call.args[0].star:
        return Fix("Drop the default", (Replace(place.of("args.0"), ()),), "safe")
    return None


def _moved_out(one: Declaration, call: s.Call) -> Fix | None:
    """`Annotated[int, Query(3)]` to `Annotated[int, Query()] = 3`."""
    dropped = _without_argument(one, call)
    given = next(
        (arg.value for arg in call.args if arg.keyword == "default"), call.args[0].value if call.args else None
    )
    if dropped is None or given is None or one.node.annotation is None or _is_followed_by_required(one):
        return None
    from fastapi_lint.findings import Insert

    moved = Insert(one.place(one.node.annotation), "after", (" = ", one.place(given)))
    return Fix("Move the default behind the annotation", (*dropped.edits, moved), "safe")


def _without_default(one: Declaration) -> Fix | None:
    names = [
        p for p in one.function.definition.node.parameters if p.kind in ("positional_only", "positional_or_keyword")
    ]
    before = names[: names.index(one.node)] if one.node in names else []
    if any(parameter.default is not None for parameter in before) or one.node.annotation is None:
        return None
    text = (f"{one.node.name}: ", one.place(one.node.annotation))
    return Fix("Drop the default", (Replace(one.anchor, text),), "safe")


def _is_followed_by_required(one: Declaration) -> bool:
    names = [
        p for p in one.function.definition.node.parameters if p.kind in ("positional_only", "positional_or_keyword")
    ]
    return one.node in names and any(parameter.default is None for parameter in names[names.index(one.node) + 1 :])
