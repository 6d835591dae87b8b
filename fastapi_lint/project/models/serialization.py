"""What leaves in a response: every field of a type, through models within models. A view on the table of fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import (
    MAPPINGS,
    SEQUENCES,
    TRANSPARENT,
    TUPLES,
    UNIONS,
    canonical_typing,
)
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.generics import identity, is_type_variable, leaves
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    ClassValue,
    Const,
    External,
    Generic,
    Value,
)
from fastapi_lint.project.models import masking
from fastapi_lint.project.models.fields import SchemaField, fields_of
from fastapi_lint.project.models.kinds import WITH_FIELDS, kind_of
from fastapi_lint.project.serving.promises import Path

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

DEEPEST = 20
"""How many fields lead to another one before the rest of the way is left out: a generic class may grow within itself."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of one class, as a type expression means it. `unknown`: there may be others than these.

    `args` are what a generic class is given; `masked` the fields in whose place something else leaves. `definition` is None, and
    there are no fields, for a type that cannot be resolved.
    """

    definition: ClassDefinition | None
    fields: tuple[SchemaField, ...] = ()
    unknown: bool = False
    args: tuple[Value, ...] = ()
    masked: frozenset[str] = frozenset()


UNRESOLVED = Schema(None, (), unknown=True)


def of(it: Interpreter, kind: Value) -> tuple[Schema, ...]:
    """The schemas of a type: one for each class that a value of it may hold, through unions, containers and aliases.

    None for a type of plain values; `UNRESOLVED` is among them where a part is unknown.
    """
    found: list[Schema] = []
    for leaf in leaves(kind):
        if type(leaf) is ClassValue:
            if not classes.is_enum(leaf.definition):
                found.append(of_class(it, leaf.definition))
        elif type(leaf) is Generic and type(leaf.base) is ClassValue:
            found.append(of_class(it, leaf.base.definition, leaf.args))
        elif (leaf is UNKNOWN or is_type_variable(leaf) or type(leaf) is Const) and UNRESOLVED not in found:
            found.append(UNRESOLVED)
    return tuple(found)


def of_class(it: Interpreter, definition: ClassDefinition, args: tuple[Value, ...] = ()) -> Schema:
    """The schema of a class, with what it is given if it is generic."""
    found: Schema | None = None if args else definition.__dict__.get("schema_of_class")
    if found is None:
        kind = kind_of(it, definition)
        unknown = classes.has_unknown_base(definition) or kind not in (*WITH_FIELDS, "table")
        fields = fields_of(it, definition, args)
        masked = masking.masked_names(it, definition) if kind in ("model", "dataclass") else frozenset()
        hidden = (field.name for field in fields if masking.is_masked(it, field, masked))
        found = Schema(definition, fields, unknown, args, frozenset(hidden))
        if not args:
            definition.__dict__["schema_of_class"] = found
    return found


@dataclass(frozen=True, slots=True)
class Reached:
    """A field that is serialised.

    `through` are the fields that lead to it, outermost first; `schema` has it among its fields.
    """

    through: tuple[SchemaField, ...]
    field: SchemaField
    schema: Schema

    @property
    def path(self) -> Path:
        return (*(field.name for field in self.through), self.field.name)


def walk(
    it: Interpreter, schemas: Iterable[Schema], sent: Callable[[Path], bool] = lambda path: True
) -> Iterator[Reached]:
    """Every field that is serialised; a class within itself is entered once.

    `sent` says of a path whether the route sends it.
    """
    pending: list[tuple[tuple[SchemaField, ...], Schema]] = [((), schema) for schema in schemas]
    seen: set[object] = set()
    while pending:
        through, schema = pending.pop(0)
        key = (schema.definition, *(identity(arg) for arg in schema.args))
        if key in seen or len(through) > DEEPEST:
            continue
        seen.add(key)
        for field in schema.fields:
            reached = Reached(through, field, schema)
            if field.excluded or not sent(reached.path):
                continue
            yield reached
            if field.name not in schema.masked:
                pending.extend(((*through, field), inner) for inner in of(it, field.type))


# ---- types of responses ------------------------------------------------------------------------------------------


def is_open(kind: Value | None) -> bool:
    """Whether a response type lets through whatever is returned: none, `Any`, a bare container, a dictionary."""
    if kind is None:
        return True
    if type(kind) is External:
        return canonical_typing(kind.name) in {"typing.Any", "builtins.object", *MAPPINGS, *SEQUENCES, *TUPLES}
    if type(kind) is Generic and type(kind.base) is External:
        name = canonical_typing(kind.base.name)
        if name in TRANSPARENT:
            return is_open(kind.args[0])
        if name in MAPPINGS:
            return True
        if name in UNIONS or name in SEQUENCES or name in TUPLES:
            return any(is_open(arg) for arg in kind.args)
    return False


def described(kind: Value) -> str:
    """A type as one would write it."""
    match kind:
        case ClassValue(definition=definition):
            return definition.name
        case External(name=name):
            return name.rpartition(".")[2]
        case Const(value=value):
            return repr(value)
        case Generic(base=base, args=args):
            if type(base) is External and canonical_typing(base.name) in UNIONS:
                if canonical_typing(base.name) == "typing.Optional":
                    args = (*args, Const(None))
                return " | ".join(described(arg) for arg in args)
            return f"{described(base)}[{', '.join(described(arg) for arg in args)}]"
    return "..."
