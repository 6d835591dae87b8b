"""The constructors that dataclasses and attrs write: attributes from arguments and defaults, then the method that runs after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import (
    NO_ARGUMENTS,
    UNKNOWN,
    Const,
    External,
    FunctionValue,
    Generic,
    Instance,
    Value,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

AFTERWARDS = {
    "dataclasses.dataclass": "__post_init__",
    "pydantic.dataclasses.dataclass": "__post_init__",
    **dict.fromkeys(
        (
            "attr.attrs", "attr.dataclass", "attr.define", "attr.frozen", "attr.mutable", "attr.s",
            "attrs.define", "attrs.frozen", "attrs.mutable",
        ),
        "__attrs_post_init__",
    ),
}  # fmt: skip
"""Decorators that write a constructor, and the method that it calls last."""
NOT_PARAMETERS = frozenset({"typing.ClassVar", "dataclasses.KW_ONLY"})
FACTORIES = frozenset({"attr.Factory", "attrs.Factory"})


def afterwards(definition: ClassDefinition) -> str | None:
    """The method that a written constructor of this class calls last; None where no decorator writes one."""
    for ancestor in classes.ancestors(definition):
        if isinstance(ancestor, ClassDefinition):
            for decorator in ancestor.decorators:
                if type(decorator) is External and decorator.name in AFTERWARDS:
                    return AFTERWARDS[decorator.name]
    return None


def construct(it: Interpreter, frame: Frame, instance: Instance, last: str) -> None:
    """Run the written constructor for its effects; `last` as `afterwards` says."""
    assert isinstance(instance.cls, ClassDefinition)
    given = instance.made or NO_ARGUMENTS
    position = 0
    for name, (owner, field) in classes.all_fields(instance.cls).items():
        if _is_of_class(field):
            continue
        described = classes.described(field)
        value: Value | None = None
        if classes.is_parameter(field):
            keyword_only = described.get("kw_only")
            value = given.get(_parameter(described, name), position)
            if value is None and name in given.keywords:
                value = given.keywords[name]
            position += 0 if type(keyword_only) is Const and keyword_only.value else 1
        if value is None:
            value = UNKNOWN if given.starred else _default(it, frame, owner, field)
        if value is not None:
            instance.set(name, value)
    found = classes.member(instance.cls, last)
    if found is not None and type(found[1]) is FunctionValue:
        it.studies.run(frame, found[1].bound(instance), NO_ARGUMENTS)


def _is_of_class(field: classes.Field) -> bool:
    kind = field.annotation.base if type(field.annotation) is Generic else field.annotation
    return type(kind) is External and canonical_typing(kind.name) in NOT_PARAMETERS


def _parameter(described: dict[str, Value], name: str) -> str:
    alias = described.get("alias")
    return alias.value if type(alias) is Const and isinstance(alias.value, str) else name.lstrip("_")


def _default(it: Interpreter, frame: Frame, owner: ClassDefinition, field: classes.Field) -> Value | None:
    """What a field holds when nothing is given: each object has a new one where a factory makes it."""
    described = classes.described(field)
    factory = described.get("default_factory") or described.get("factory")
    default = classes.default_value(field)
    if type(default) is Instance and default.class_name in FACTORIES and default.made is not None:
        factory = default.made.get("factory", 0)
    if factory is None:
        return default
    inner = Frame(owner.module, owner.frame.outside if owner.frame is not None else None)
    inner.effects = frame.effects
    inner.depth = frame.depth + 1
    inner.open_tests = frame.open_tests
    return it.call(inner, factory, NO_ARGUMENTS, field.node)
