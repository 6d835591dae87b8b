"""How a pydantic model is configured: in its class statement, by `model_config`, by `class Config`."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.values import UNKNOWN, ClassValue, Const, External, Instance, Mapping, Value


def configured(definition: ClassDefinition, key: str) -> Value | None:
    """What the nearest class says about a setting; None where none says anything, UNKNOWN where one may."""
    for ancestor in classes.ancestors(definition):
        if isinstance(ancestor, ClassDefinition) and ancestor.frame is not None:
            for said in _said(ancestor, key):
                if said is not None:
                    return said
    return None


def _said(owner: ClassDefinition, key: str) -> Iterator[Value | None]:
    assert owner.frame is not None
    yield owner.keywords.get(key)
    config = owner.frame.env.get("model_config")
    if type(config) is Mapping:
        yield config.entries.get(key, UNKNOWN if config.open else None)
    elif type(config) is Instance and config.made is not None:
        yield config.made.keywords.get(key, UNKNOWN if config.made.starred else None)
    elif config is not None:
        yield UNKNOWN
    old = owner.frame.env.get("Config")
    if type(old) is ClassValue:
        found = classes.member(old.definition, key)
        yield found[1] if found is not None else None


def allows_extra(definition: ClassDefinition) -> bool | None:
    """Whether a model keeps what it does not declare; None where that is not known."""
    said = configured(definition, "extra")
    if said is None:
        return False
    if type(said) is Const:
        return said.value == "allow"
    return said.name.endswith(".Extra.allow") if type(said) is External else None


def left_out(definition: ClassDefinition) -> frozenset[str]:
    """The fields that a pydantic 1 `class Config` excludes."""
    listed = configured(definition, "fields")
    entries = listed.entries if type(listed) is Mapping else {}
    return frozenset(str(name) for name, given in entries.items() if type(given) is Mapping and _excludes(given))


def _excludes(given: Mapping) -> bool:
    value = given.entries.get("exclude")
    return type(value) is Const and value.value is True
