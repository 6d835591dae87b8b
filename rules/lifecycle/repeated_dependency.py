"""A dependency that many signatures spell out.

## What it does
Reports a dependency whose `Depends(...)` is written in full in many signatures, once for each dependency.

## Why is this bad?
What the parameter is and where it comes from is said again and again, and a change has to find every place. An alias
(`SessionDep = Annotated[Session, Depends(get_session)]`) says it once, and type checkers read it the same way.

## Bad
```python
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


def get_language() -> str:
    return "de"


@app.get("/books")
def list_books(language: Annotated[str, Depends(get_language)]) -> list[str]:
    return [language]


@app.get("/authors")
def list_authors(language: Annotated[str, Depends(get_language)]) -> list[str]:
    return [language]


@app.get("/shops")
def list_shops(language: Annotated[str, Depends(get_language)]) -> list[str]:
    return [language]
```

## Good
```python
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


def get_language() -> str:
    return "de"


LanguageDep = Annotated[str, Depends(get_language)]


@app.get("/books")
def list_books(language: LanguageDep) -> list[str]:
    return [language]


@app.get("/authors")
def list_authors(language: LanguageDep) -> list[str]:
    return [language]


@app.get("/shops")
def list_shops(language: LanguageDep) -> list[str]:
    return [language]
```

## Options
`signatures` (default 3): how many signatures must spell it out.

## Known misses
Dependencies with scopes, a cache setting or a life of their own, and those in `dependencies=[...]`.

## Fix safety
Unsafe: the alias is put before the first function of the module that uses it, and whatever the names in it mean there is what counts. Offered
for parameters that are written with `Annotated` and one type; those with a default have to be converted first (FAL205). Where other modules
spell the dependency out as well it is only shown: the alias belongs beside the dependency then, for all of them to import.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Annotate, Finding, Fix, Insert, Step, SymbolicEdit
from fastapi_lint.project import Project
from fastapi_lint.project.database import queries
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import ClassValue, External, FunctionValue, Value
from fastapi_lint.rule import Option, Rule

rule = Rule(
    "FAL814",
    severity="info",
    default=False,
    fix="unsafe",
    options={"signatures": Option(3, "how many signatures must spell a dependency out")},
)

SHOWN = 10
FUTURE = "from __future__ import annotations"


class Use(NamedTuple):
    """A parameter that spells a dependency out. `site`: its `Depends(...)`."""

    definition: FunctionDefinition
    parameter: s.Parameter
    site: Anchor


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    found: dict[object, list[Use]] = defaultdict(list)
    names: dict[object, str] = {}
    for definition, function in queries.served(project).items():
        for dependency in project.dependencies.of_function(function):
            key, name = _identity(dependency.call)
            parameter = next((p for p in definition.node.parameters if p.name == dependency.name), None)
            if key is None or parameter is None or dependency.site is None:
                continue
            if _is_spelled_out(parameter, definition, dependency.site):
                found[key].append(Use(definition, parameter, dependency.site))
                names[key] = name
    for key, uses in found.items():
        if len(uses) < ctx.options["signatures"]:
            continue
        uses = _in_order(uses)
        first = uses[0]
        yield Finding(
            first.site,
            f"`Depends({names[key]})` is spelled out in {len(uses)} signatures: an alias says it once",
            fix=_fix(uses, names[key], ctx.options["signatures"]),
            trace=tuple(Step(use.site, f"again in `{use.definition.name}`") for use in uses[1 : SHOWN + 1]),
            symbol=first.definition.qualname,
        )


def _in_order(uses: list[Use]) -> list[Use]:
    """Those of the module with the most come first."""
    modules = Counter(use.definition.module.path for use in uses)
    return sorted(
        uses, key=lambda use: (-modules[use.site.path], use.site.path, use.definition.node.at, use.parameter.at)
    )


def _identity(call: Value) -> tuple[object, str]:
    """What tells dependencies apart, and how messages call it; None for what is made each time anew."""
    if type(call) is FunctionValue and call.definition.parent is None and call.receiver is None:
        return call.definition, call.definition.name
    if type(call) is ClassValue:
        return call.definition, call.definition.name
    return (call.name, call.name.rpartition(".")[2]) if type(call) is External else (None, "")


def _is_spelled_out(parameter: s.Parameter, definition: FunctionDefinition, site: Anchor) -> bool:
    """Whether the call stands in the parameter itself, and says nothing but the dependency."""
    if site.path != definition.module.path:
        return False
    given = (part for part in (parameter.annotation, parameter.default) if part is not None)
    for node in s.walk(*given):
        if type(node) is s.Call and node.at == site.at:
            return len(node.args) == 1 and node.args[0].keyword in (None, "dependency") and not node.args[0].star
    return False


def _fix(uses: list[Use], name: str, limit: int) -> Fix | None:
    """An alias for the parameters of the first use's module that are written alike. Shown only where too many others are left."""
    module = uses[0].definition.module
    here = [use for use in uses if use.definition.module is module]
    first = here[0]
    pattern = _shape(first.parameter.annotation)
    alike = [use for use in here if use.parameter.default is None and _shape(use.parameter.annotation) == pattern]
    if pattern is None or len(alike) < 2 or alike[0] is not first or module.has(FUTURE):
        return None
    alias = _alias(name)
    at_top = first.definition.parent is None and first.definition.owner is None
    if not at_top or not alias.isidentifier() or module.has(alias) or first.parameter.annotation is None:
        return None
    annotation = Anchor(module.path, first.parameter.annotation.at)
    edits: tuple[SymbolicEdit, ...] = (
        Insert(first.definition.anchor, "before", (f"{alias} = ", annotation, "\n\n")),
        *(Annotate(Anchor(module.path, use.parameter.at), (alias,)) for use in alike),
    )
    return Fix(f"Call it `{alias}`", edits, "unsafe" if len(uses) - len(alike) < limit else "display")


def _alias(name: str) -> str:
    words = [word for word in name.strip("_").split("_") if word]
    if len(words) > 1 and words[0] in ("get", "require", "make", "provide"):
        words = words[1:]
    return "".join(word[:1].upper() + word[1:] for word in words) + "Dep"


def _shape(annotation: Any) -> object:
    """What an annotation says, to be compared; None for what is no plain `Annotated[type, Depends(name)]`."""
    if type(annotation) is not s.Subscript or len(annotation.items) != 2:
        return None
    shape = tuple(_word(node) for node in s.walk(annotation))
    return None if None in shape else shape


def _word(node: Any) -> object:
    match node:
        case s.Name(id=name):
            return name
        case s.Attribute(attr=attr):
            return f".{attr}"
        case s.Constant(value=None):
            return "None"
        case s.Call():
            return "()"
        case s.Subscript():
            return "[]"
        case s.BinaryOperation(operator=operator):
            return operator
        case s.Collection(kind=kind):
            return kind
    return None
