"""The fields of a class, as pydantic, dataclasses, typed dictionaries and database tables see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting import classes, expressions
from fastapi_lint.project.interpreting.annotations import canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.generics import Bindings, bindings_of, is_ellipsis, leaves, scratch
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    Arguments,
    ClassValue,
    Const,
    External,
    Generic,
    Instance,
    Value,
)
from fastapi_lint.project.models import masking

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

Kind = Literal["model", "dataclass", "typed dictionary", "named tuple", "table", "plain"]
MODELS = ("pydantic.", "pydantic_settings.", "sqlmodel.")
DATACLASSES = frozenset({"dataclasses.dataclass", "pydantic.dataclasses.dataclass"})
RELATIONSHIPS = frozenset({"Relationship", "relationship", "dynamic_loader"})
COLUMNS = frozenset({"Column", "mapped_column"})
TEXT_COLUMNS = frozenset({
    "String", "Text", "Unicode", "UnicodeText", "VARCHAR", "CHAR", "TEXT", "NVARCHAR", "LargeBinary", "JSON", "JSONB",
    "UUID", "Uuid", "CharField", "TextField", "BinaryField", "JSONField", "UUIDField", "URLField", "SlugField",
})  # fmt: skip
CLASS_LEVEL = frozenset({"typing.ClassVar", "dataclasses.InitVar", "dataclasses.KW_ONLY"})
CONSTRAINED_TEXT = frozenset({"constr", "conbytes"})
TEXT = External("builtins.str")


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A field of a schema.

    `alias` is what a client calls it; `type` is UNKNOWN where the annotation cannot be resolved; `owner` declares it,
    which may be an ancestor. `excluded`: it never leaves. `masked`: something else leaves in its place. `is_generated`:
    no class body declares it under this name; it is computed, a root, or made by `create_model`.
    """

    name: str
    alias: str
    type: Value
    required: bool
    default: Value | None
    anchor: Anchor
    owner: ClassDefinition
    excluded: bool = False
    masked: bool = False
    is_generated: bool = False


# ---- what kind of class ----------------------------------------------------------------------------------------------


def kind_of(definition: ClassDefinition) -> Kind:
    outside = [canonical_typing(name) for name in classes.externals(definition)]
    if any(name.startswith(MODELS) for name in outside):
        return "model"
    if "typing.TypedDict" in outside:
        return "typed dictionary"
    if "typing.NamedTuple" in outside:
        return "named tuple"
    own = [ancestor for ancestor in classes.ancestors(definition) if isinstance(ancestor, ClassDefinition)]
    if any(type(d) is External and d.name in DATACLASSES for ancestor in own for d in ancestor.decorators):
        return "dataclass"
    if any(name.startswith("django.") for name in outside) or any(_has_columns(ancestor) for ancestor in own):
        return "table"
    return "plain"


def _has_columns(definition: ClassDefinition) -> bool:
    if definition.frame is not None and "__tablename__" in definition.frame.env:
        return True
    return any(_is_mapped(field.annotation) for field in classes.fields(definition).values())


def _is_mapped(annotation: Value) -> bool:
    base = annotation.base if type(annotation) is Generic else annotation
    return type(base) is External and base.name.startswith("sqlalchemy.") and base.name.endswith("Mapped")


# ---- fields ----------------------------------------------------------------------------------------------------------


def fields_of(it: Interpreter, definition: ClassDefinition, args: tuple[Value, ...] = ()) -> tuple[SchemaField, ...]:
    """The fields of a class, its ancestors' first, each as the class that has the last word declares it.

    `args` are what a generic class is given. A table's relationships are left out: they are not serialised.
    """
    kind = kind_of(definition)
    bindings = bindings_of(it, definition, args)
    found: dict[str, SchemaField | None] = {}
    for ancestor in reversed(classes.ancestors(definition)):
        if isinstance(ancestor, ClassDefinition) and ancestor.frame is not None:
            found.update(_own(it, ancestor, kind, bindings.get(ancestor, {})))
    masked = masking.masked_names(it, definition) if kind in ("model", "dataclass") else frozenset()
    left_out = _left_out(definition)
    return tuple(
        replace(
            field,
            masked=field.masked or field.name in masked or masking.EVERYTHING in masked,
            excluded=field.excluded or field.name in left_out,
        )
        for field in found.values()
        if field is not None
    )


def _left_out(definition: ClassDefinition) -> frozenset[str]:
    """The fields that a pydantic 1 `class Config` excludes."""
    config = classes.member(definition, "Config")
    if config is None or type(config[1]) is not ClassValue:
        return frozenset()
    listed = classes.member(config[1].definition, "fields")
    entries = getattr(listed[1], "entries", {}) if listed is not None else {}
    return frozenset(name for name, given in entries.items() if _is_true(getattr(given, "entries", {}).get("exclude")))


def _own(
    it: Interpreter, owner: ClassDefinition, kind: Kind, bindings: Bindings
) -> Iterator[tuple[str, SchemaField | None]]:
    for name, field in classes.fields(owner).items():
        if name == "__root__" or not name.startswith("_"):
            yield name, _annotated(it, owner, field, kind, bindings)
    if kind == "table":
        yield from _columns(it, owner)
    if kind == "model":
        for base in owner.bases:
            if type(base) is Generic and type(base.base) is External and base.base.name.endswith(".RootModel"):
                yield (
                    "root",
                    SchemaField("root", "root", base.args[0], True, None, owner.anchor, owner, is_generated=True),
                )
        yield from _computed(it, owner)


def _annotated(
    it: Interpreter, owner: ClassDefinition, field: classes.Field, kind: Kind, bindings: Bindings
) -> SchemaField | None:
    annotation = _annotation(it, owner, field, bindings)
    if _is_class_level(annotation):
        return None
    callee, arguments = _made(it, owner, field)
    if callee in RELATIONSHIPS or callee == "PrivateAttr":
        return None
    if kind == "table" and any(
        type(leaf) is ClassValue and kind_of(leaf.definition) == "table" for leaf in leaves(annotation)
    ):
        return None
    described = [arguments] if arguments is not None else []
    described += [m.made for m in annotated(annotation) if type(m) is Instance and m.made is not None]
    return SchemaField(
        field.name,
        _text(described, "serialization_alias") or _text(described, "alias") or field.name,
        annotation,
        _is_required(field, callee, arguments),
        field.default,
        field.anchor,
        owner,
        excluded=any(_is_true(given.keywords.get(key)) for given in described for key in ("exclude", "deferred")),
        masked=masking.is_masked_by(it, annotated(annotation)),
        is_generated=not _is_written(field),
    )


def _is_relationship(annotation: Value) -> bool:
    return any(type(leaf) is ClassValue and kind_of(leaf.definition) == "table" for leaf in leaves(annotation))


def _is_required(field: classes.Field, callee: str, arguments: Arguments | None) -> bool:
    if field.default is None:
        return True
    if callee not in ("Field", "field") or arguments is None:
        return is_ellipsis(field.default)
    default = arguments.get("default", 0 if callee == "Field" else None)
    return (default is None and "default_factory" not in arguments.keywords) or is_ellipsis(default)


def _is_true(value: Value | None) -> bool:
    return type(value) is Const and value.value is True


def _text(described: list[Arguments], key: str) -> str | None:
    for arguments in described:
        value = arguments.keywords.get(key)
        if type(value) is Const and isinstance(value.value, str):
            return value.value
    return None


def _is_class_level(annotation: Value) -> bool:
    base = annotation.base if type(annotation) is Generic else annotation
    return type(base) is External and canonical_typing(base.name) in (
        "typing.ClassVar",
        "dataclasses.InitVar",
        "dataclasses.KW_ONLY",
    )


def _annotation(it: Interpreter, owner: ClassDefinition, field: classes.Field, bindings: Bindings) -> Value:
    """The type of a field, read again where it names a type parameter or what was not defined when the class was."""
    node = field.node
    if not _is_written(field) or not (bindings or _has_unknown(field.annotation)):
        return field.annotation
    frame = scratch(owner, bindings)
    found = it.evaluate(frame, node.annotation)
    if found is UNKNOWN and type(node.annotation) is s.Call and _called(it, frame, node.annotation) in CONSTRAINED_TEXT:
        return TEXT
    return found


def _is_written(field: classes.Field) -> bool:
    """Whether a class body declares it, not `create_model`."""
    return field.node.annotation.at != field.node.at


def _has_unknown(kind: Value) -> bool:
    if type(kind) is Generic:
        return _has_unknown(kind.base) or any(_has_unknown(arg) for arg in kind.args)
    return kind is UNKNOWN


def _made(it: Interpreter, owner: ClassDefinition, field: classes.Field) -> tuple[str, Arguments | None]:
    """What the default of a field is made by, its last name, and with what: `Field(...)`, `mapped_column(...)`."""
    default = field.default
    if type(default) is Instance and isinstance(default.cls, str) and default.made is not None:
        return default.cls.rpartition(".")[2], default.made
    if type(field.node.value) is not s.Call:
        return "", None
    frame = scratch(owner, {})
    return _called(it, frame, field.node.value), expressions.arguments(it, frame, field.node.value.args)


def _called(it: Interpreter, frame: Frame, node: s.Call) -> str:
    callee = it.evaluate(frame, node.func)
    return callee.name.rpartition(".")[2] if type(callee) is External else ""


def _columns(it: Interpreter, owner: ClassDefinition) -> Iterator[tuple[str, SchemaField]]:
    """Columns that are assigned: `name = Column(String)`, `name = models.CharField()`."""
    frame = scratch(owner, {})
    for node in owner.node.body:
        if type(node) is not s.Assign or type(node.value) is not s.Call or type(node.targets[0]) is not s.Name:
            continue
        name, made_by = node.targets[0].id, _called(it, frame, node.value)
        if made_by in COLUMNS:
            arguments = expressions.arguments(it, frame, node.value.args)
            kind, deferred = _column_type(arguments), _is_true(arguments.keywords.get("deferred"))
        elif made_by.endswith("Field"):
            kind, deferred = TEXT if made_by in TEXT_COLUMNS else External(f"builtins.{made_by}"), False
        else:
            continue
        yield name, SchemaField(name, name, kind, True, None, frame.anchor(node), owner, excluded=deferred)


def _column_type(arguments: Arguments) -> Value:
    for value in (*arguments.positional, arguments.keywords.get("type_")):
        if type(value) in (External, Instance):
            name = value.name if type(value) is External else value.class_name  # type: ignore[union-attr]
            return TEXT if name.rpartition(".")[2] in TEXT_COLUMNS else External(name)
    return UNKNOWN


def _computed(it: Interpreter, owner: ClassDefinition) -> Iterator[tuple[str, SchemaField]]:
    for method in classes.methods(owner):
        definition = method.definition
        if any(name.startswith("pydantic.") and name.endswith("computed_field") for name in definition.decorator_names):
            kind = it.studies.signature(method).returns or UNKNOWN
            masked = masking.hides(definition)
            name = definition.name
            yield (
                name,
                SchemaField(name, name, kind, True, None, definition.anchor, owner, masked=masked, is_generated=True),
            )
