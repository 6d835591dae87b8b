"""How a pydantic model is configured: in its class statement, by `model_config`, by `class Config`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.generics import scratch
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Mapping,
    Value,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


def configured(it: Interpreter, definition: ClassDefinition, key: str) -> Value | None:
    """What the nearest class says about a setting; None where none says anything, UNKNOWN where one may."""
    for ancestor in classes.ancestors(definition):
        if isinstance(ancestor, ClassDefinition) and ancestor.frame is not None:
            for said in _said(it, ancestor, key):
                if said is not None:
                    return said
    return None


def _said(it: Interpreter, owner: ClassDefinition, key: str) -> Iterator[Value | None]:
    assert owner.frame is not None
    yield owner.keywords.get(key)
    config = owner.frame.env.get("model_config")
    if config is not None:
        yield _entry(config if _is_readable(config) else _made_by_function(it, owner), key)
    old = owner.frame.env.get("Config")
    if type(old) is ClassValue:
        found = classes.member(old.definition, key)
        yield found[1] if found is not None else None


def _is_readable(config: Value) -> bool:
    return type(config) is Mapping or (type(config) is Instance and config.made is not None)


def _entry(config: Value, key: str) -> Value | None:
    if type(config) is Mapping:
        return config.entries.get(key, UNKNOWN if config.open else None)
    if type(config) is Instance and config.made is not None:
        return config.made.keywords.get(key, UNKNOWN if config.made.starred else None)
    return UNKNOWN


def _made_by_function(it: Interpreter, owner: ClassDefinition) -> Value:
    """What a function of the project gives that is called for a configuration."""
    for node in owner.node.body:
        if type(node) is s.AnnotatedAssign:
            targets: tuple[s.Expression, ...] = (node.target,)
        elif type(node) is s.Assign:
            targets = node.targets
        else:
            continue
        if type(node.value) is s.Call and any(type(one) is s.Name and one.id == "model_config" for one in targets):
            callee = it.evaluate(scratch(owner, {}), node.value.func)
            return it.analysis(callee).returned() if type(callee) is FunctionValue else UNKNOWN
    return UNKNOWN


def allows_extra(it: Interpreter, definition: ClassDefinition) -> bool | None:
    """Whether a model keeps what it does not declare; None where that is not known."""
    said = configured(it, definition, "extra")
    if said is None:
        return False
    if type(said) is Const:
        return said.value == "allow"
    return said.name.endswith(".Extra.allow") if type(said) is External else None


def left_out(it: Interpreter, definition: ClassDefinition) -> frozenset[str]:
    """The fields that a pydantic 1 `class Config` excludes."""
    listed = configured(it, definition, "fields")
    entries = listed.entries if type(listed) is Mapping else {}
    return frozenset(str(name) for name, given in entries.items() if type(given) is Mapping and _excludes(given))


def _excludes(given: Mapping) -> bool:
    value = given.entries.get("exclude")
    return type(value) is Const and value.value is True
