"""What FastAPI may call as a handler or a dependency, and the parameters that it sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.routing import plain_type
from fastapi_lint.project.interpreting.values import (
    Arguments,
    ClassValue,
    External,
    FunctionValue,
    Generic,
    Instance,
    Partial,
    Value,
)
from fastapi_lint.project.models.configuration import allows_extra
from fastapi_lint.project.models.fields import fields_of
from fastapi_lint.project.models.kinds import WITH_FIELDS, kind_of

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


@dataclass(frozen=True, slots=True)
class Taken:
    """A parameter of a callable as FastAPI reads it."""

    name: str
    annotation: Value | None
    default: Value | None
    site: Anchor


class Callables:
    def __init__(self, it: Interpreter) -> None:
        self.it = it

    def called(self, call: Value) -> FunctionValue | None:
        """The function of the project that FastAPI runs for a dependency."""
        if type(call) is FunctionValue:
            return call
        if type(call) is Partial:
            return self.called(call.func)
        if type(call) is ClassValue:
            found = classes.member(call.definition, "__init__")
            if found is not None and type(found[1]) is FunctionValue:
                return found[1].bound(Instance(call.definition))
        if type(call) is Instance and isinstance(call.cls, ClassDefinition):
            found = classes.member(call.cls, "__call__")
            if found is not None and type(found[1]) is FunctionValue:
                return found[1].bound(call)
        return None

    # ---- what a callable takes ------------------------------------------------------------------------------------------------

    def takes(self, call: Value) -> tuple[Taken, ...] | None:
        """The parameters of a callable, as `inspect.signature` shows them; None where they are not known."""
        function = self.called(call)
        if type(call) is ClassValue and is_view(call.definition):
            return tuple(self._of_view(call.definition))
        if type(call) is ClassValue and kind_of(self.it, call.definition) == "model":
            return self._of_model(call.definition, function)
        if type(call) is Partial:
            return _without_given(self.takes(call.func), call)
        if function is not None:
            shown = function.attributes.get("__signature__")
            if shown is not None and not is_view_method(function):
                return self._of_signature(shown)
            return self._of_function_itself(function.wrapped or function)
        if type(call) is ClassValue:
            return self._of_class(call.definition)
        if type(call) is Instance:
            names = (call.cls,) if isinstance(call.cls, str) else classes.externals(call.cls)
            return () if any(is_scheme(name) for name in names) else None
        return self._of_external(call.name) if type(call) is External else None

    def _of_signature(self, signature: Value) -> tuple[Taken, ...] | None:
        """What a function takes that was given another one's signature: `f.__signature__ = inspect.signature(g)`."""
        if type(signature) is not Instance or signature.class_name != "inspect.Signature" or signature.made is None:
            return None
        given = signature.made.positional
        return self.takes(given[0]) if len(given) == 1 and not signature.made.keywords else None

    def _of_function_itself(self, function: FunctionValue) -> tuple[Taken, ...]:
        signature = self.it.studies.signature(function)
        path = function.definition.module.path
        found = [
            Taken(p.name, signature.parameters.get(p.name), signature.defaults.get(p.name), Anchor(path, p.at))
            for p in parameters(function)
        ]
        if found and is_view_method(function) and found[0].annotation is None and found[0].default is None:
            assert function.definition.owner is not None
            owner = ClassValue(function.definition.owner)
            found[0] = replace(found[0], default=Instance("fastapi.Depends", (), Arguments((owner,), {})))
        return tuple(found)

    def _of_model(self, definition: ClassDefinition, init: FunctionValue | None) -> tuple[Taken, ...] | None:
        """The signature that pydantic writes for a model: the constructor's own parameters, then, where it takes any, the fields."""
        allowed = allows_extra(self.it, definition)
        if allowed is None or any(name.endswith(".BaseSettings") for name in classes.externals(definition)):
            return None
        found: dict[str, Taken] = {}
        rest: str | None = "extra_data"
        if init is not None:
            nodes = parameters(init)
            rest = next((node.name for node in nodes if node.kind == "var_keyword"), None)
            found = {one.name: one for one in self._of_function_itself(init) if one.name != rest}
        fields = [field for field in fields_of(self.it, definition) if not field.is_computed]
        for field in fields if rest is not None else ():
            name = field.parameter_name
            if name is None:
                return None
            if field.name not in found and name not in found:
                found[name] = Taken(name, plain_type(field.type), field.default, field.anchor)
        if allowed and rest is not None:
            while any(field.name == rest for field in fields):
                rest += "_"
            found[rest] = Taken(rest, External("typing.Any"), None, definition.anchor)
        return tuple(found.values())

    def _of_class(self, definition: ClassDefinition) -> tuple[Taken, ...] | None:
        """A dataclass or model as a dependency: its fields are its parameters."""
        if is_view(definition):
            return tuple(self._of_view(definition))
        for name in classes.externals(definition):
            form = self._of_external(name)
            if form is not None:
                return form
        kind = kind_of(self.it, definition)
        if kind not in WITH_FIELDS:
            return () if kind == "plain" else None
        return tuple(
            Taken(field.name, field.type, field.default, field.anchor)
            for field in fields_of(self.it, definition)
            if field.is_init and not field.is_computed
        )

    def _of_view(self, definition: ClassDefinition) -> Iterator[Taken]:
        """A class whose methods handle routes and whose decorator injects its objects: its own constructor's parameters, and its
        annotated attributes."""
        for ancestor in classes.ancestors(definition):
            if isinstance(ancestor, ClassDefinition) and _is_decorated_as_view(ancestor):
                definition = ancestor  # the first that was decorated: those below it inherit its signature
        found = classes.member(definition, "__init__")
        if found is not None and type(found[1]) is FunctionValue and found[1].definition.owner is not None:
            yield from self._of_function_itself(found[1].bound(Instance(definition)))
        for name, (_, field) in classes.all_fields(definition).items():
            kind = field.annotation.base if type(field.annotation) is Generic else field.annotation
            if not (type(kind) is External and canonical_typing(kind.name) == "typing.ClassVar"):
                yield Taken(name, field.annotation, field.default, field.anchor)

    def _of_external(self, name: str) -> tuple[Taken, ...] | None:
        fields = FORMS.get(name.rpartition(".")[2]) if name.startswith("fastapi.security") else None
        if fields is None:
            return None
        form = Instance("fastapi.Form")
        return tuple(Taken(field, External("builtins.str"), form, NOWHERE) for field in fields)


FORMS = dict.fromkeys(
    ("OAuth2PasswordRequestForm", "OAuth2PasswordRequestFormStrict"),
    ("grant_type", "username", "password", "scope", "client_id", "client_secret"),
)
NOWHERE = Anchor("", 0)


def is_view(definition: ClassDefinition) -> bool:
    """Whether a class decorator injects objects of the class into its methods: FastAPI cannot do that by itself."""
    if definition.frame is not None and "__signature__" in definition.frame.env:
        return True
    return _is_decorated_as_view(definition)


def _is_decorated_as_view(definition: ClassDefinition) -> bool:
    return any(type(d) is External and d.name.rpartition(".")[2] in VIEW_DECORATORS for d in definition.decorators)


VIEW_DECORATORS = frozenset({"cbv"})


def is_view_method(function: FunctionValue) -> bool:
    """Whether a method without an object handles a route: then a class decorator sees to the object."""
    owner = function.definition.owner
    if (
        owner is None
        or function.receiver is not None
        or function.definition.is_static
        or function.definition.is_class_method
    ):
        return False
    return is_view(owner) or "__signature__" in function.attributes


def is_scheme(name: str) -> bool:
    """Whether an external class is one of FastAPI's security schemes."""
    return name.startswith("fastapi.security.") and name.rpartition(".")[2] in SCHEMES


SCHEMES = frozenset({
    "APIKeyCookie", "APIKeyHeader", "APIKeyQuery", "HTTPBase", "HTTPBasic", "HTTPBearer", "HTTPDigest", "OAuth2",
    "OAuth2AuthorizationCodeBearer", "OAuth2PasswordBearer", "OpenIdConnect", "SecurityBase",
})  # fmt: skip


def _without_given(taken: tuple[Taken, ...] | None, partial: Partial) -> tuple[Taken, ...] | None:
    """What is left for others to give: positional arguments take their parameters, keywords only change the default."""
    if taken is None or partial.arguments.starred:
        return None
    rest = taken[len(partial.arguments.positional) :]
    given = partial.arguments.keywords
    return tuple(Taken(t.name, t.annotation, given.get(t.name, t.default), t.site) for t in rest)


def parameters(function: FunctionValue) -> tuple[s.Parameter, ...]:
    """The parameters that FastAPI sees: without the receiver."""
    definition = function.definition
    found = definition.node.parameters
    if definition.owner is not None and not definition.is_static and (function.receiver is not None):
        return found[1:]
    return found
