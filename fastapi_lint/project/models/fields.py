"""The fields of a class, as pydantic, dataclasses, typed dictionaries and database tables see them: the one table of them.

`schemas` (what a request or response carries) and `serialization` (what leaves) are views on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from keyword import iskeyword
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting import classes, expressions
from fastapi_lint.project.interpreting.annotations import canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.generics import bindings_of, is_ellipsis, leaves, scratch
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
from fastapi_lint.project.models import aliases, configuration
from fastapi_lint.project.models.columns import TEXT, called, columns
from fastapi_lint.project.models.configuration import configured
from fastapi_lint.project.models.kinds import ROOT_MODELS, Kind, kind_of

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

NO_FIELDS = frozenset({"Relationship", "relationship", "dynamic_loader", "PrivateAttr"})
"""What is assigned to an annotated name that is no field."""
CLASS_LEVEL = frozenset({"typing.ClassVar", "dataclasses.KW_ONLY"})
DESCRIBING = frozenset({"Field", "field"})
CONSTRAINED_TEXT = frozenset({"constr", "conbytes"})


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A field of a class.

    `type` is what the annotation means with the arguments that a generic class is given, UNKNOWN where it cannot be resolved;
    `owner` declares it, which may be an ancestor. `default` is the value that it has when none is given, None where it is required;
    `assigned` what the class body writes behind the equals sign, `Field(...)` included. `request_name` and `response_name` are
    its names on the wire, `parameter_name` that in the signature of a model, None where an alias is not known. `excluded`: it never leaves. `is_generated`: no class body
    declares it under this name; it is computed, a root, or made by `create_model`. `is_init`: a constructor that is written for the
    class takes it.
    """

    name: str
    type: Value
    anchor: Anchor
    owner: ClassDefinition
    request_name: str | None
    response_name: str | None
    parameter_name: str | None = None
    required: bool = True
    default: Value | None = None
    assigned: Value | None = None
    excluded: bool = False
    is_computed: bool = False
    is_generated: bool = False
    is_init: bool = True

    @property
    def alias(self) -> str:
        """What a client that reads it calls it; its own name where that is not known."""
        return self.response_name or self.name


def fields_of(it: Interpreter, definition: ClassDefinition, args: tuple[Value, ...] = ()) -> tuple[SchemaField, ...]:
    """The fields of a class, its ancestors' first, each as the class that has the last word declares it; computed ones last.

    `args` are what a generic class is given. A table's relationships are left out: they are not serialised.
    """
    found: tuple[SchemaField, ...] | None = None if args else definition.__dict__.get("field_table")
    if found is None:
        found = tuple(_Reader(it, definition, args).fields())
        if not args:
            definition.__dict__["field_table"] = found
    return found


class _Reader:
    """One class, while its fields are read."""

    def __init__(self, it: Interpreter, definition: ClassDefinition, args: tuple[Value, ...]) -> None:
        self.it = it
        self.definition = definition
        self.kind: Kind = kind_of(it, definition)
        self.generator = configured(it, definition, "alias_generator") if self.kind == "model" else None
        self.bindings = bindings_of(it, definition, args)

    def fields(self) -> Iterator[SchemaField]:
        found: dict[str, SchemaField | None] = {}
        ancestors = [one for one in reversed(classes.ancestors(self.definition)) if isinstance(one, ClassDefinition)]
        for ancestor in ancestors:
            if ancestor.frame is not None:
                found.update(self._own(ancestor))
        if self.kind == "model":
            if not found:
                found.update((field.name, field) for one in ancestors for field in self._root(one))
            for ancestor in ancestors:
                for field in self._computed(ancestor):
                    found.pop(field.name, None)
                    found[field.name] = field
        left_out = configuration.left_out(self.it, self.definition)
        for one in found.values():
            if one is not None:
                yield replace(one, excluded=True) if one.name in left_out else one

    def _own(self, owner: ClassDefinition) -> Iterator[tuple[str, SchemaField | None]]:
        for name, field in classes.fields(owner).items():
            if self._may_be_field(name):
                yield name, self._annotated(owner, field)
        if self.kind == "table":
            for column in columns(self.it, owner):
                name = column.name
                yield (
                    name,
                    SchemaField(name, column.type, column.anchor, owner, name, name, excluded=column.is_deferred),
                )

    def _may_be_field(self, name: str) -> bool:
        if name == "model_config":
            return self.kind != "model"
        return not name.startswith("_") or name == "__root__" or self.kind in ("dataclass", "typed dictionary")

    def _annotated(self, owner: ClassDefinition, field: classes.Field) -> SchemaField | None:
        kind = self._annotation(owner, field)
        if _qualifier(kind) in CLASS_LEVEL:
            return None
        made_by, arguments = self._made(owner, field)
        if made_by in NO_FIELDS or (self.kind == "table" and self._is_relationship(kind)):
            return None
        described = [arguments] if arguments is not None else []
        described += [m.made for m in annotated(kind) if type(m) is Instance and m.made is not None]
        wire = aliases.wire_names(self.it, self.generator, field.name)
        alias = _given(described, "alias")
        request = _given(described, "validation_alias") or alias
        response = _given(described, "serialization_alias") or alias
        if self.kind == "model" and arguments is not None and _is_declaration(field.default):
            made_by = "Field"  # FastAPI's `Query` and the like are descriptions of fields to pydantic
        default = _default(field, made_by, arguments, described)
        return SchemaField(
            field.name,
            kind,
            field.anchor,
            owner,
            _text(request) if request is not None else wire.request,
            _text(response) if response is not None else wire.response,
            _parameter_name(field.name, alias, request, wire.request),
            self._is_required(owner, kind, default),
            default,
            field.default,
            excluded=_qualifier(kind) == "dataclasses.InitVar"
            or any(_is(given.keywords.get(key), True) for given in described for key in ("exclude", "deferred")),
            is_generated=not is_written(field),
            is_init=arguments is None or not _is(arguments.keywords.get("init"), False),
        )

    def _is_required(self, owner: ClassDefinition, kind: Value, default: Value | None) -> bool:
        if self.kind != "typed dictionary":
            return default is None
        qualifier = _qualifier(kind)
        if qualifier in ("typing.Required", "typing.NotRequired"):
            return qualifier == "typing.Required"
        return not _is(owner.keywords.get("total"), False)

    def _is_relationship(self, annotation: Value) -> bool:
        return any(
            type(leaf) is ClassValue and kind_of(self.it, leaf.definition) == "table" for leaf in leaves(annotation)
        )

    def _annotation(self, owner: ClassDefinition, field: classes.Field) -> Value:
        """The type of a field, read again where it names a type parameter or what was not defined when the class was."""
        node, bindings = field.node, self.bindings.get(owner, {})
        if not is_written(field) or not (bindings or _has_unknown(field.annotation)):
            return field.annotation
        frame = scratch(owner, bindings)
        found = self.it.evaluate(frame, node.annotation)
        if found is UNKNOWN and type(node.annotation) is s.Call:
            return TEXT if called(self.it, frame, node.annotation) in CONSTRAINED_TEXT else UNKNOWN
        return found

    def _made(self, owner: ClassDefinition, field: classes.Field) -> tuple[str, Arguments | None]:
        """What the default of a field is made by, its last name, and with what: `Field(...)`, `mapped_column(...)`."""
        default = field.default
        if type(default) is Instance and isinstance(default.cls, str) and default.made is not None:
            return default.cls.rpartition(".")[2], default.made
        if type(field.node.value) is not s.Call:
            return "", None
        frame = scratch(owner, {})
        return called(self.it, frame, field.node.value), expressions.arguments(self.it, frame, field.node.value.args)

    def _root(self, owner: ClassDefinition) -> Iterator[SchemaField]:
        """What a root model holds, where only its type argument says so."""
        bindings = self.bindings.get(owner, {})
        given = [argument for argument in owner.node.arguments if argument.keyword is None and not argument.star]
        for base, argument in zip(owner.bases, given, strict=False):
            if type(base) is Generic and type(base.base) is External and base.base.name in ROOT_MODELS and base.args:
                kind = base.args[0]
                if (bindings or _has_unknown(kind)) and type(argument.value) is s.Subscript and owner.frame is not None:
                    kind = self.it.evaluate(scratch(owner, bindings), argument.value.items[0])
                yield SchemaField("root", kind, owner.anchor, owner, "root", "root", is_generated=True)

    def _computed(self, owner: ClassDefinition) -> Iterator[SchemaField]:
        for method in classes.methods(owner):
            definition = method.definition
            if any(n.startswith("pydantic.") and n.endswith("computed_field") for n in definition.decorator_names):
                kind = self.it.studies.signature(method).returns or UNKNOWN
                name = definition.name
                wire = aliases.wire_names(self.it, self.generator, name).response
                yield SchemaField(
                    name, kind, definition.anchor, owner, name, wire, required=False, is_computed=True, is_generated=True
                )  # fmt: skip


def is_written(field: classes.Field) -> bool:
    """Whether a class body declares it, not `create_model`."""
    return field.node.annotation.at != field.node.at


def _default(
    field: classes.Field, made_by: str, arguments: Arguments | None, described: list[Arguments]
) -> Value | None:
    """What the field holds when nothing is given; UNKNOWN for what a factory makes, None where it is required."""
    if made_by in DESCRIBING and arguments is not None:
        default = arguments.get("default", 0 if made_by == "Field" else None)
        default = default or (UNKNOWN if arguments.starred else arguments.keywords.get("default_factory"))
    elif field.default is None:
        default = next(
            (given.keywords["default_factory"] for given in described if "default_factory" in given.keywords), None
        )
    else:
        default = field.default
    return None if is_ellipsis(default) else default


def _is_declaration(default: Value | None) -> bool:
    return type(default) is Instance and isinstance(default.cls, str) and default.cls.startswith("fastapi.")


def _parameter_name(name: str, alias: Value | None, request: Value | None, generated: str | None) -> str | None:
    """What pydantic calls a field in the signature of its model: by an alias that is an identifier, else by its own name."""
    for given in (alias, request):
        if given is not None:
            text = _text(given)
            if text is None or (text.isidentifier() and not iskeyword(text)):
                return text
    if alias is None and request is None and (generated is None or generated.isidentifier()):
        return generated
    return name


def _qualifier(annotation: Value) -> str:
    """`typing.ClassVar`, `dataclasses.InitVar`, `typing.NotRequired` and the like around or in place of a type."""
    base = annotation.base if type(annotation) is Generic else annotation
    return canonical_typing(base.name) if type(base) is External else ""


def _has_unknown(kind: Value) -> bool:
    if type(kind) is Generic:
        return _has_unknown(kind.base) or any(_has_unknown(arg) for arg in kind.args)
    return kind is UNKNOWN


def _given(described: list[Arguments], key: str) -> Value | None:
    for arguments in described:
        value = arguments.keywords.get(key)
        if value is not None and not _is(value, None):
            return value
    return None


def _text(value: Value) -> str | None:
    return value.value if type(value) is Const and isinstance(value.value, str) else None


def _is(value: Value | None, wanted: object) -> bool:
    return type(value) is Const and value.value is wanted
