"""What the declared type of a value says about what it can carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import UNIONS, canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.routing import annotated, plain_type
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Generic,
    Instance,
    Value,
)
from fastapi_lint.project.models.fields import fields_of

if TYPE_CHECKING:
    from fastapi_lint.project import Project

SAFE = "safe"
"""Says of a value that it cannot carry text of the sender's choice."""
REQUEST = "starlette.requests.HTTPConnection"
UPLOAD = "starlette.datastructures.UploadFile"
PARSED_URL = "urllib.parse.SplitResult"
RESTRAINED = frozenset({
    "builtins.int", "builtins.float", "builtins.bool", "builtins.complex", "decimal.Decimal", "uuid.UUID", "datetime.datetime",
    "datetime.date", "datetime.time", "datetime.timedelta", "pydantic.EmailStr", "pydantic.PositiveInt", "pydantic.NonNegativeInt",
    "pydantic.UUID1", "pydantic.UUID3", "pydantic.UUID4", "pydantic.UUID5", "pydantic.AwareDatetime", "pydantic.NaiveDatetime",
    "pydantic.conint", "pydantic.StrictInt", "pydantic.StrictBool", "ipaddress.IPv4Address", "ipaddress.IPv6Address",
    "fractions.Fraction", "zoneinfo.ZoneInfo", "builtins.NoneType",
})  # fmt: skip
INJECTED = frozenset({
    "starlette.responses.Response", "starlette.background.BackgroundTasks", "fastapi.BackgroundTasks", "fastapi.security.SecurityScopes",
})  # fmt: skip
PATTERNS = ("pattern", "regex")


def declared(project: Project, annotation: Value | None, default: Value | None = None) -> ClassDefinition | str | None:
    """A class of the project, REQUEST, UPLOAD, or SAFE; None for anything else, strings above all."""
    if _has_pattern(default) or any(_restrains(metadata) for metadata in annotated(annotation)):
        return SAFE
    kind = plain_type(annotation)
    if type(kind) is ClassValue:
        return _class(project, kind.definition)
    if type(kind) is External:
        return _external(project, canonical_typing(kind.name))
    if type(kind) is Generic and type(kind.base) is External:
        return _generic(project, canonical_typing(kind.base.name), kind)
    return None


def _class(project: Project, definition: ClassDefinition) -> ClassDefinition | str:
    if classes.is_enum(definition):
        return SAFE
    for name in (REQUEST, UPLOAD):
        if project.it.is_subclass(definition, name):
            return name
    return definition


def _external(project: Project, name: str) -> str | None:
    if name in RESTRAINED or project.library.is_subclass(name, "enum.Enum"):
        return SAFE
    for known in (REQUEST, UPLOAD, *INJECTED):
        if project.library.is_subclass(name, known):
            return known if known not in INJECTED else SAFE
    return None


def _generic(project: Project, name: str, kind: Generic) -> ClassDefinition | str | None:
    if name == "typing.Literal":
        return SAFE
    if name in UNIONS:
        found = [declared(project, arg) for arg in kind.args if not (type(arg) is Const and arg.value is None)]
        if found and all(one == SAFE for one in found):
            return SAFE
        return next((one for one in found if one not in (None, SAFE)), None)
    if (
        name in ("builtins.list", "typing.List", "builtins.set", "typing.Set", "builtins.tuple", "typing.Sequence")
        and kind.args
    ):
        return SAFE if declared(project, kind.args[0]) == SAFE else None
    return None


def _restrains(metadata: Value) -> bool:
    """Whether what `Annotated` adds to a type turns some values away."""
    if _has_pattern(metadata):
        return True
    if type(metadata) is not Instance or metadata.made is None or not metadata.class_name.endswith("Validator"):
        return False
    from fastapi_lint.project.taint.refusals import refuses

    function = metadata.made.get("func", 0)
    return type(function) is FunctionValue and refuses(function.definition)


def _has_pattern(value: Value | None) -> bool:
    return type(value) is Instance and value.made is not None and any(name in value.made.keywords for name in PATTERNS)


def declared_field(project: Project, cls: ClassDefinition | str | None, name: str) -> ClassDefinition | str | None:
    """What a class declares of an attribute, as `declared` does."""
    if cls == UPLOAD:
        return None if name in ("filename", "file", "headers") else SAFE
    if not isinstance(cls, ClassDefinition):
        return None
    found = classes.all_fields(cls).get(name)
    if found is None:
        return None
    from fastapi_lint.project.taint.refusals import refused_names

    if name in refused_names(cls):
        return SAFE
    annotation: Value = found[1].annotation
    if _names_unknown(annotation):  # what was not defined yet when the class was
        annotation = next((field.type for field in fields_of(project.it, cls) if field.name == name), annotation)
    return declared(project, annotation, found[1].default)


def _names_unknown(annotation: Value) -> bool:
    return annotation is UNKNOWN or (type(annotation) is Generic and any(map(_names_unknown, annotation.args)))


def is_exception_class(project: Project, value: Value) -> bool:
    if type(value) is ClassValue:
        return any(is_exception_class(project, External(name)) for name in classes.externals(value.definition))
    if type(value) is not External:
        return False
    name = value.name.rpartition(".")[2]
    return name.endswith(
        ("Error", "Exception", "Exit", "Interrupt", "Timeout", "Warning", "Disconnect", "StopIteration")
    )


BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
EVERY_ERROR = 500
"""The status code under which a handler gets every exception that nothing else handles."""


def is_broad(value: Value | None) -> bool:
    """Whether what an `except` names, or a handler is registered for, is any exception."""
    from fastapi_lint.project.interpreting.values import Sequence

    if type(value) is Sequence:
        return any(is_broad(item) for item in value.items or ())
    if type(value) is Const:
        return value.value == EVERY_ERROR and type(value.value) is int
    return type(value) is External and value.name in BROAD
