"""What a class is to pydantic and to FastAPI: a model, a dataclass, a database table, none of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.values import ClassValue, External, Generic, Value

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

Kind = Literal["model", "dataclass", "typed dictionary", "named tuple", "table", "plain", "unknown"]
"""`plain`: certainly none of the others; `unknown`: it inherits from what we do not know."""
WITH_FIELDS: frozenset[Kind] = frozenset({"model", "dataclass", "typed dictionary", "named tuple"})
"""Those of whose fields FastAPI makes a schema."""

MODELS = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel", "pydantic_settings.BaseSettings",
                    "pydantic.v1.BaseModel", "pydantic.RootModel", "pydantic.root_model.RootModel", "pydantic.BaseSettings",
                    "pydantic.generics.GenericModel", "pydantic.v1.generics.GenericModel", "pydantic.v1.BaseSettings"})  # fmt: skip
ROOT_MODELS = frozenset({"pydantic.RootModel", "pydantic.root_model.RootModel"})
DATACLASSES = frozenset({"dataclasses.dataclass", "pydantic.dataclasses.dataclass"})
WITHOUT_FIELDS = frozenset({
    "builtins.object", "typing.Generic", "typing.Protocol", "abc.ABC", "enum.Enum", "enum.IntEnum", "enum.StrEnum",
})  # fmt: skip
PLAIN_PACKAGES = ("builtins.", "enum.", "collections.", "typing.", "datetime.")


def class_of(annotation: Value) -> ClassDefinition | None:
    """The project's class behind an annotation, type arguments aside."""
    if type(annotation) is Generic:
        annotation = annotation.base
    return annotation.definition if type(annotation) is ClassValue else None


def kind_of(it: Interpreter, definition: ClassDefinition) -> Kind:
    found: Kind | None = definition.__dict__.get("kind")
    if found is None:
        found = definition.__dict__["kind"] = _kind_of(it, definition)
    return found


def _kind_of(it: Interpreter, definition: ClassDefinition) -> Kind:
    outside = [canonical_typing(name) for name in classes.externals(definition)]
    for name in outside:
        if name in MODELS or any(it.library.is_subclass(name, model) for model in MODELS):
            return "model"
        if name == "typing.TypedDict":
            return "typed dictionary"
        if name == "typing.NamedTuple":
            return "named tuple"
    own = [ancestor for ancestor in classes.ancestors(definition) if isinstance(ancestor, ClassDefinition)]
    if any(type(d) is External and d.name in DATACLASSES for ancestor in own for d in ancestor.decorators):
        return "dataclass"
    if any(name.startswith("django.") for name in outside) or any(_has_columns(ancestor) for ancestor in own):
        return "table"
    if classes.has_unknown_base(definition):
        return "unknown"
    known = all(name in WITHOUT_FIELDS or name.startswith(PLAIN_PACKAGES) for name in outside)
    return "plain" if known else "unknown"


def _has_columns(definition: ClassDefinition) -> bool:
    if definition.frame is not None and "__tablename__" in definition.frame.env:
        return True
    return any(_is_mapped(field.annotation) for field in classes.fields(definition).values())


def _is_mapped(annotation: Value) -> bool:
    base = annotation.base if type(annotation) is Generic else annotation
    return type(base) is External and base.name.startswith("sqlalchemy.") and base.name.endswith("Mapped")
