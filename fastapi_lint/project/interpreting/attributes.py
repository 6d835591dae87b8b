"""What `value.name` stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import of_library
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.reflection import attribute_of_function, namespace
from fastapi_lint.project.interpreting.values import (
    NO_ARGUMENTS,
    UNKNOWN,
    Arguments,
    ClassValue,
    Const,
    Decorator,
    External,
    FunctionValue,
    Generic,
    Instance,
    Mapping,
    Method,
    ModuleValue,
    Namespace,
    Partial,
    Sequence,
    Super,
    Text,
    Union,
    Value,
    boxed,
    union,
)

SECRET_TYPES = frozenset({
    "pydantic.SecretStr", "pydantic.SecretBytes", "pydantic.types.SecretStr", "pydantic.types.SecretBytes",
    "starlette.datastructures.Secret",
})  # fmt: skip

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


def attribute(it: Interpreter, frame: Frame, receiver: Value, name: str, node: Any) -> Value:
    kind = type(receiver)
    if kind is Instance:
        return of_instance(it, frame, receiver, name, node)  # type: ignore[arg-type]
    if kind is External:
        return of_external(it, receiver.name, name)  # type: ignore[attr-defined]
    if kind is ModuleValue:
        return it.module_attribute(receiver.module, name)  # type: ignore[attr-defined]
    if kind is ClassValue:
        return of_class(it, receiver.definition, name)  # type: ignore[attr-defined]
    if kind is Union:
        return union(attribute(it, frame, member, name, node) for member in it.routing.meant(receiver))
    if kind is Sequence:
        return Method(boxed(receiver), f"builtins.{receiver.kind}", name)  # type: ignore[attr-defined]
    if kind is Mapping:
        return Method(boxed(receiver), "builtins.dict", name)
    if kind is Text or (kind is Const and isinstance(receiver.value, str)):  # type: ignore[attr-defined]
        return Method(boxed(receiver), "builtins.str", name)
    if kind is Super:
        return _of_super(it, receiver, name)  # type: ignore[arg-type]
    if kind is Namespace:
        return it.namespace_attribute(receiver.directory, name)  # type: ignore[attr-defined]
    if kind is Generic:
        return attribute(it, frame, receiver.base, name, node)  # type: ignore[attr-defined]
    if kind is Partial and name == "func":
        return receiver.func  # type: ignore[attr-defined, no-any-return]
    if kind is FunctionValue:
        found = attribute_of_function(receiver, name)  # type: ignore[arg-type]
        left = receiver.attributes.get("__class__")  # type: ignore[attr-defined]
        return attribute(it, frame, left, name, node) if found is UNKNOWN and left is not None else found
    return UNKNOWN


def of_external(it: Interpreter, owner: str, name: str) -> Value:
    full = it.library.canonical(f"{owner}.{name}")
    kind = it.library.variable(full)
    if kind is not None:
        return of_library(it.library, kind, None)
    return External(full)


def of_class(it: Interpreter, definition: ClassDefinition, name: str) -> Value:
    found = classes.member(definition, name)
    if found is not None:
        owner, value = found
        if type(value) is FunctionValue:
            return value.bound(ClassValue(definition)) if value.definition.is_class_method else value
        if classes.is_enum(owner) and not name.startswith("_"):
            return classes.enum_member(definition, name, value)
        return value
    known = classes.all_fields(definition).get(name)
    if known is not None:
        return it.instance_of(known[1].annotation)
    if name in ("__name__", "__qualname__"):
        return Const(definition.name)
    if name == "__dict__":
        return namespace(ClassValue(definition))
    if name in ("__doc__", "__module__"):
        return UNKNOWN
    for owner_name in classes.externals(definition):
        if it.library.method(owner_name, name) is not None:
            return Method(Instance(definition), owner_name, name)
        kind = it.library.attribute(owner_name, name)
        if kind is not None:
            return of_library(it.library, kind, Instance(definition))
    outside = classes.externals(definition)
    if outside and not classes.has_unknown_base(definition):
        return Method(Instance(definition), outside[0], name)
    return UNKNOWN


def of_instance(it: Interpreter, frame: Frame, receiver: Instance, name: str, node: Any) -> Value:
    if receiver.attributes is not None and name in receiver.attributes:
        return receiver.attributes[name]
    if name in ROUTER_ATTRIBUTES and it.routing.is_router(receiver):
        return it.routing.attribute(receiver, name)
    if isinstance(receiver.cls, str):
        return _of_external_instance(it, receiver, receiver.cls, name)
    definition = receiver.cls
    found = classes.member(definition, name)
    field = classes.all_fields(definition).get(name)
    if found is not None and type(found[1]) is FunctionValue:
        return _bound(it, frame, receiver, found[1], node)
    given = _given_to_field(receiver, definition, name) if field is not None else None
    if field is not None:
        declared = it.instance_of(field[1].annotation)
        if given is not None and given is not UNKNOWN:
            return given
        default = classes.default_value(field[1])
        if type(default) is Const and default.value is not None:
            return default.as_("field default" if default.origin == "literal" else default.origin)
        if type(default) is Instance and default.class_name in SECRET_TYPES and default.made is not None:
            held = tuple(v.as_("field default") if type(v) is Const else v for v in default.made.positional)
            return Instance(default.cls, (), Arguments(held, default.made.keywords))
        if type(declared) is Sequence:
            return _with_default(it, declared, field[1])
        if declared is not UNKNOWN:
            return declared
        return found[1] if found is not None else UNKNOWN
    assigned = _self_attribute(it, receiver, definition, name)
    if found is not None and (assigned is None or assigned is UNKNOWN):
        return found[1]
    if assigned is not None:
        return assigned
    return _inherited(it, frame, receiver, definition, name)


def _given_to_field(receiver: Instance, definition: ClassDefinition, name: str) -> Value | None:
    """What the constructor of a class that only declares its fields was given for one of them."""
    made = receiver.made
    if made is None or name in made.keywords or not made.positional:
        return made.keywords.get(name) if made is not None else None
    if made.starred or classes.member(definition, "__init__") is not None:
        return None
    position = list(classes.all_fields(definition)).index(name)
    return made.positional[position] if position < len(made.positional) else None


DEEPEST_LOOKUP = 10
"""How many calls below the module a `__getattr__` is still run."""
NAMESPACES = frozenset({"types.SimpleNamespace", "argparse.Namespace"})


def _with_default(it: Interpreter, declared: Sequence, field: classes.Field) -> Sequence:
    """A list that holds what its field's default says, unless something else is given."""
    default = classes.default_value(field)
    if default is None and type(field.default) is Instance and field.default.made is not None:
        factory = field.default.made.keywords.get("default_factory")
        default = it.analysis(factory).returned() if type(factory) is FunctionValue else None
    if type(default) is Sequence and default.items:
        declared = Sequence(declared.kind, None, declared.element)
        declared.default = default
    return declared


ROUTER_ATTRIBUTES = frozenset(
    {
        "docs_url",
        "openapi_url",
        "prefix",
        "redoc_url",
        "root_path",
        "router",
        "routes",
        "swagger_ui_oauth2_redirect_url",
    }
)


def _self_attribute(it: Interpreter, receiver: Instance, definition: ClassDefinition, name: str) -> Value | None:
    value = classes.self_attribute(it, definition, name)
    if value is UNKNOWN or (type(value) is Union and UNKNOWN in value.members):
        own = it.constructed(receiver)
        if own.attributes and name in own.attributes:
            return own.attributes[name]
    return value


def _bound(it: Interpreter, frame: Frame, receiver: Instance, function: FunctionValue, node: Any) -> Value:
    definition = function.definition
    if definition.is_static:
        return function
    if definition.is_class_method:
        return function.bound(ClassValue(receiver.cls))  # type: ignore[arg-type]
    bound = function.bound(receiver)
    if definition.is_property:
        return it.read_property(frame, bound, node)
    return bound


def _inherited(it: Interpreter, frame: Frame, receiver: Instance, definition: ClassDefinition, name: str) -> Value:
    getter = classes.member(definition, "__getattr__")
    if getter is not None:
        return _looked_up(it, frame, receiver, getter[1], name)
    if name == "__class__":
        return ClassValue(definition)
    for owner in classes.externals(definition):
        kind = it.library.attribute(owner, name)
        if kind is not None:
            return of_library(it.library, kind, receiver)
        if it.library.method(owner, name) is not None or it.routing.knows(owner, name):
            return Method(receiver, owner, name)
    outside = classes.externals(definition)
    if len(outside) == 1 and not classes.has_unknown_base(definition):
        return Method(receiver, outside[0], name)
    return UNKNOWN


def _looked_up(it: Interpreter, frame: Frame, receiver: Instance, getter: Value, name: str) -> Value:
    """What a class's own `__getattr__` gives while the application is set up, where that is a constant or a name of a library."""
    if type(getter) is not FunctionValue or not frame.effects or frame.depth >= DEEPEST_LOOKUP or name.startswith("__"):
        return UNKNOWN
    found = it.studies.run(frame, getter.bound(receiver), Arguments((Const(name),), {})).returned()
    return found if type(found) in (Const, External) else UNKNOWN


def _of_external_instance(it: Interpreter, receiver: Instance, owner: str, name: str) -> Value:
    kind = it.library.attribute(owner, name)
    if kind is not None:
        return of_library(it.library, kind, receiver)
    if owner in NAMESPACES and receiver.made is not None and name in receiver.made.keywords:
        return receiver.made.keywords[name]
    return Method(receiver, owner, name)


def _of_super(it: Interpreter, receiver: Super, name: str) -> Value:
    bound = receiver.receiver
    definition = bound.cls if type(bound) is Instance else bound.definition if type(bound) is ClassValue else None
    if not isinstance(definition, ClassDefinition):
        return UNKNOWN
    found = classes.member(definition, name, receiver.after)
    if found is not None:
        value = found[1]
        return value.bound(bound) if type(value) is FunctionValue and not value.definition.is_static else value
    if name == "__new__" and it.making and "builtins.type" in classes.externals(definition):
        return Decorator("made", it.making[-1], NO_ARGUMENTS, None)
    if type(bound) is Instance:
        for owner in classes.externals(definition):
            if it.library.method(owner, name) is not None or it.routing.knows(owner, name):
                return Method(bound, owner, name)
        outside = classes.externals(definition)
        if len(outside) == 1:
            return Method(bound, outside[0], name)
    return UNKNOWN
