"""Models as they look from outside: which names a request or response carries, and of what types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import UNIONS, canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Generic,
    Instance,
    Mapping,
    Value,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

MODELS = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel", "pydantic_settings.BaseSettings",
                    "pydantic.v1.BaseModel", "pydantic.RootModel", "pydantic.root_model.RootModel", "pydantic.BaseSettings"})  # fmt: skip
ROOT_MODELS = frozenset({"pydantic.RootModel", "pydantic.root_model.RootModel"})
TYPED_DICTS = frozenset({"typing.TypedDict"})
NAMED_TUPLES = frozenset({"typing.NamedTuple"})
DATACLASSES = frozenset({"dataclasses.dataclass", "pydantic.dataclasses.dataclass"})
WITHOUT_FIELDS = frozenset({
    "builtins.object", "typing.Generic", "typing.Protocol", "abc.ABC", "enum.Enum", "enum.IntEnum", "enum.StrEnum",
})  # fmt: skip
COMPUTED = frozenset({"pydantic.computed_field", "pydantic.fields.computed_field"})


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A field of a model. `wire`: its name in JSON, in requests and in responses; None where an alias is not known."""

    name: str
    annotation: Value
    default: Value | None
    required: bool
    request_name: str | None
    response_name: str | None
    excluded: bool
    anchor: Anchor
    is_computed: bool = False


def plain(annotation: Value) -> Value:
    """An annotation without `Annotated`, and without None where that leaves one type."""
    while type(annotation) is Generic and type(annotation.base) is External:
        name = canonical_typing(annotation.base.name)
        if name == "typing.Annotated" and annotation.args:
            annotation = annotation.args[0]
        elif name in UNIONS:
            some = [arg for arg in flat_union(annotation) if not _is_none(arg)]
            if len(some) != 1:
                break
            annotation = some[0]
        else:
            break
    return annotation


def flat_union(annotation: Value) -> Iterator[Value]:
    """The members of a union, unions in it looked through."""
    if (
        type(annotation) is Generic
        and type(annotation.base) is External
        and canonical_typing(annotation.base.name) in UNIONS
    ):
        for arg in annotation.args:
            yield from flat_union(arg)
    else:
        yield annotation


def _is_none(value: Value) -> bool:
    return type(value) is Const and value.value is None


# ---- what kind of class -----------------------------------------------------------------------------------------------------


def class_of(annotation: Value) -> ClassDefinition | None:
    """The project's class behind an annotation, type arguments aside."""
    if type(annotation) is Generic:
        annotation = annotation.base
    return annotation.definition if type(annotation) is ClassValue else None


def kind_of(it: Interpreter, definition: ClassDefinition) -> str | None:
    """`model`, `dataclass`, `typed dict` or `named tuple`; an empty text for a class without fields, None where unknown."""
    outside = [canonical_typing(name) for name in classes.externals(definition)]
    for name in outside:
        if name in MODELS or any(it.library.is_subclass(name, model) for model in MODELS):
            return "model"
        if name in TYPED_DICTS:
            return "typed dict"
        if name in NAMED_TUPLES:
            return "named tuple"
    for ancestor in classes.ancestors(definition):
        if isinstance(ancestor, ClassDefinition) and any(_is_dataclass(d) for d in ancestor.decorators):
            return "dataclass"
    if classes.has_unknown_base(definition):
        return None
    if all(
        name in WITHOUT_FIELDS or name.startswith(("builtins.", "enum.", "collections.", "typing.", "datetime."))
        for name in outside
    ):
        return ""
    return None


def _is_dataclass(decorator: Value) -> bool:
    return type(decorator) is External and decorator.name in DATACLASSES


# ---- fields -------------------------------------------------------------------------------------------------------------------


def fields(it: Interpreter, annotation: Value) -> tuple[SchemaField, ...] | None:
    """The fields of a class in the order in which it serialises them; None where they are not known."""
    definition = class_of(annotation)
    if definition is None or not kind_of(it, definition):
        return None
    found: tuple[SchemaField, ...] | None = definition.__dict__.get("schema")
    if found is None:
        found = definition.__dict__["schema"] = tuple(_fields(it, definition))
    return found


def _fields(it: Interpreter, definition: ClassDefinition) -> Iterator[SchemaField]:
    model = kind_of(it, definition) == "model"
    generator = _alias_generator(it, definition) if model else None
    seen = False
    for name, (_, field) in classes.all_fields(definition).items():
        if _is_field(name, field, model=model):
            seen = True
            yield _field(name, field, generator, model=model)
    if not seen and any(name in ROOT_MODELS for name in classes.externals(definition)):
        yield SchemaField(
            "root",
            _root(definition),
            None,
            True,
            "root",
            "root",
            False,
            Anchor(definition.module.path, definition.node.at),
        )
    if model:
        yield from _computed(it, definition, generator)


def _is_field(name: str, field: classes.Field, *, model: bool) -> bool:
    if (name.startswith("_") and model) or name == "model_config":
        return False
    kind = field.annotation
    base = kind.base if type(kind) is Generic else kind
    if type(base) is External and canonical_typing(base.name) == "typing.ClassVar":
        return False
    return not (
        type(field.default) is Instance
        and field.default.class_name.rpartition(".")[2] in ("Relationship", "PrivateAttr")
    )


def _root(definition: ClassDefinition) -> Value:
    for base in definition.bases:
        if type(base) is Generic and base.args:
            return base.args[0]
    return UNKNOWN


def _field(name: str, field: classes.Field, generator: Value | None, *, model: bool) -> SchemaField:
    described = [m for m in (field.default, *annotated(field.annotation)) if _describes_field(m)]
    alias = _given(described, "alias")
    request = _given(described, "validation_alias") or alias
    response = _given(described, "serialization_alias") or alias
    excluded = _given(described, "exclude")
    given = field.default
    if _describes_field(given):
        assert type(given) is Instance
        given = (given.made and (given.made.get("default", 0) or given.made.keywords.get("default_factory"))) or None
        if type(given) is External and given.name == "builtins.Ellipsis":
            given = None
    return SchemaField(
        name,
        field.annotation,
        given,
        given is None,
        _text(request) if request is not None else generated(generator, name),
        _text(response) if response is not None else generated(generator, name),
        type(excluded) is Const and excluded.value is True,
        field.anchor,
    )


def _describes_field(value: Value | None) -> bool:
    return type(value) is Instance and value.class_name.rpartition(".")[2] == "Field"


def _given(described: list[Value | None], name: str) -> Value | None:
    for one in described:
        assert type(one) is Instance
        value = one.made.keywords.get(name) if one.made is not None else None
        if value is not None and not _is_none(value):
            return value
    return None


def _text(value: Value) -> str | None:
    return value.value if type(value) is Const and isinstance(value.value, str) else None


def _computed(it: Interpreter, definition: ClassDefinition, generator: Value | None) -> Iterator[SchemaField]:
    found: dict[str, FunctionValue] = {}
    for ancestor in reversed(classes.ancestors(definition)):
        if isinstance(ancestor, ClassDefinition):
            for method in classes.methods(ancestor):
                if method.definition.decorator_names & COMPUTED:
                    found[method.definition.name] = method
    for name, method in found.items():
        returns = it.studies.signature(method).returns
        anchor = method.definition.anchor
        yield SchemaField(
            name, returns or UNKNOWN, None, False, name, generated(generator, name), False, anchor, is_computed=True
        )


# ---- aliases ------------------------------------------------------------------------------------------------------------------


def _alias_generator(it: Interpreter, definition: ClassDefinition) -> Value | None:
    """What `model_config` or `class Config` makes aliases with."""
    found = classes.member(definition, "model_config")
    if found is not None:
        config = found[1]
        if type(config) is Mapping:
            return config.entries.get("alias_generator")
        if type(config) is Instance and config.made is not None:
            return config.made.keywords.get("alias_generator")
    old = classes.member(definition, "Config")
    if old is not None and type(old[1]) is ClassValue:
        given = classes.member(old[1].definition, "alias_generator")
        return given[1] if given is not None else None
    return None


def generated(generator: Value | None, name: str) -> str | None:
    """The alias that a generator makes of a name; None for one that we cannot run."""
    if generator is None or _is_none(generator):
        return name
    if type(generator) is External:
        match generator.name.rpartition(".")[2]:
            case "to_camel":
                pascal = _pascal(name)
                return pascal[:1].lower() + pascal[1:]
            case "to_pascal":
                return _pascal(name)
    return None


def _pascal(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


# ---- models in an annotation ------------------------------------------------------------------------------------------------------


def models(it: Interpreter, annotation: Value) -> list[Value] | None:
    """The models in an annotation, through containers and unions; None where some part of it is unknown."""
    annotation = plain(annotation)
    definition = class_of(annotation)
    if definition is not None:
        kind = kind_of(it, definition)
        if kind is None:
            return None
        return [annotation] if kind else []
    if type(annotation) is Generic:
        found: list[Value] = []
        base = annotation.base.name if type(annotation.base) is External else ""
        if canonical_typing(base) == "typing.Literal":
            return []
        if not _is_known(base):
            return None
        for arg in annotation.args:
            inner = models(it, arg)
            if inner is None:
                return None
            found += inner
        return found
    if type(annotation) is External:
        return [] if _is_known(annotation.name) else None
    return [] if type(annotation) is Const and annotation.value is None else None


def _is_known(name: str) -> bool:
    top = name.partition(".")[0]
    return top in KNOWN_PACKAGES


KNOWN_PACKAGES = frozenset({
    "builtins", "typing", "typing_extensions", "collections", "datetime", "decimal", "uuid", "pathlib", "types", "enum", "ipaddress", "re",
    "fastapi", "starlette", "pydantic", "fractions", "pydantic_extra_types", "numbers",
})  # fmt: skip
