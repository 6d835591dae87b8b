"""The names that the fields of a model have on the wire, where a generator of the model's configuration makes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import (
    Arguments,
    Const,
    External,
    FunctionValue,
    Instance,
    Value,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


@dataclass(frozen=True, slots=True)
class Wire:
    """The names of a field in requests and in responses; None where an alias is not known."""

    request: str | None
    response: str | None


def wire_names(it: Interpreter, generator: Value | None, name: str) -> Wire:
    """What a generator makes of a field that says nothing itself."""
    if type(generator) is Instance and generator.class_name in ALIAS_GENERATORS and generator.made is not None:
        given = generator.made.keywords
        alias = given.get("alias", generator.made.get("alias", 0))
        return Wire(
            generated(it, given.get("validation_alias", alias), name),
            generated(it, given.get("serialization_alias", alias), name),
        )
    made = generated(it, generator, name)
    return Wire(made, made)


def generated(it: Interpreter, generator: Value | None, name: str) -> str | None:
    """The alias that a function makes of a name; None for one that we cannot run."""
    if generator is None or (type(generator) is Const and generator.value is None):
        return name
    if type(generator) is External:
        convert = CONVERSIONS.get(generator.name.rpartition(".")[2])
        return convert(name) if convert is not None and generator.name.startswith("pydantic.") else None
    if type(generator) is FunctionValue:
        frame = Frame(generator.definition.module, generator.frame)
        made = it.studies.run(frame, generator, Arguments((Const(name),), {})).returned()
        return made.value if type(made) is Const and isinstance(made.value, str) else None
    return None


def _pascal(name: str) -> str:
    """As `pydantic.alias_generators.to_pascal` does it."""
    return re.sub(r"([0-9A-Za-z])_(?=[0-9A-Z])", r"\1", name.title())


def _camel(name: str) -> str:
    """As `pydantic.alias_generators.to_camel` does it."""
    if re.fullmatch(r"[a-z]+[A-Za-z0-9]*", name) and not re.search(r"\d[a-z]+", name):
        return name
    return re.sub(r"(^_*[A-Z])", lambda found: found[1].lower(), _pascal(name))


CONVERSIONS = {"to_camel": _camel, "to_pascal": _pascal}
ALIAS_GENERATORS = frozenset({"pydantic.AliasGenerator", "pydantic.aliases.AliasGenerator"})
