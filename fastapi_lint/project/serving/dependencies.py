"""What FastAPI calls before a handler, and for whom: the dependency tree of each operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import (
    Arguments,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Generic,
    Instance,
    Partial,
    Value,
)
from fastapi_lint.project.models.fields import fields_of
from fastapi_lint.project.models.kinds import WITH_FIELDS, kind_of
from fastapi_lint.project.serving.application import Operation, Route, either, listed

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


@dataclass(frozen=True, slots=True)
class Taken:
    """A parameter of a callable as FastAPI reads it."""

    name: str
    annotation: Value | None
    default: Value | None
    site: Anchor


@dataclass(slots=True, eq=False)
class Dependency:
    """A use of `Depends`. `call` is what FastAPI calls, unknown included; `name` the parameter, None for a list's.

    `takes`: the parameters of what is called, None where unknown; `scopes`: those that a `Security` adds, None where unknown.
    `is_conditional`: a switch decides whether it is in its list.
    """

    name: str | None
    depends: Instance
    call: Value
    function: FunctionValue | None
    children: tuple[Dependency, ...]
    takes: tuple[Taken, ...] | None = ()
    scopes: tuple[str, ...] | None = ()
    is_conditional: bool = False

    @property
    def site(self) -> Anchor | None:
        return self.depends.site

    def walk(self) -> Iterator[Dependency]:
        """This dependency and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


class Dependencies:
    def __init__(self, it: Interpreter) -> None:
        self.it = it
        self._of_function: dict[tuple[FunctionDefinition, Frame | None], tuple[Dependency, ...]] = {}
        self._open: set[ClassDefinition | FunctionDefinition] = (
            set()
        )  # whose parameters are being read: a cycle ends there

    def of_operation(self, operation: Operation) -> tuple[Dependency, ...] | None:
        """All dependencies in FastAPI's order: application, includes from outside in, decorator, parameters. None: some list of them is
        unknown."""
        found: list[Dependency] = []
        for given in self._lists(operation):
            more = self._listed(given)
            if more is None:
                return None
            found.extend(more)
        more = self.of_route(operation.route)
        return (*found, *more) if more is not None else None

    def _lists(self, operation: Operation) -> list[Value | None]:
        """The `dependencies=` of the application, its includes and routers. A mounted application knows only its own."""
        found: list[Value | None] = []
        for router, event in zip(operation.routers, (None, *operation.chain)):
            if event is not None and event.kind == "mount":
                found = []
            elif event is not None:
                found.append(event.arguments.get("dependencies"))
            found.append(self.it.routing.setting(router, "dependencies"))
        return found

    def declared(self) -> Iterator[Dependency]:
        """What is given to some `Depends`, whether or not a route leads there."""
        for depends in self.it.routing.declared:
            if depends.made is not None and depends.made.get("dependency", 0) is not None:
                yield self._dependency(None, depends, None)

    def of_route(self, route: Route) -> tuple[Dependency, ...] | None:
        """Those that the route itself names: its decorator's, then its handler's parameters'."""
        given = self._listed(route.keyword("dependencies"))
        own = self.of_call(route.event.handler)
        return (*given, *own) if given is not None else None

    def _listed(self, value: Value | None) -> tuple[Dependency, ...] | None:
        items = either(self.it, value)
        if items is None:
            return None
        found: list[Dependency] = []
        for item, is_conditional in items:
            if type(item) is not Instance:
                return None
            dependency = self._dependency(None, item, None)
            dependency.is_conditional = is_conditional
            found.append(dependency)
        return tuple(found)

    def of_function(self, function: FunctionValue) -> tuple[Dependency, ...]:
        """The dependencies that a function's parameters declare."""
        return self.of_call(function)

    def of_call(self, call: Value) -> tuple[Dependency, ...]:
        """The dependencies that the parameters of a callable declare."""
        function = call.wrapped or call if type(call) is FunctionValue else None
        if function is None or function.signature is not None:
            return self._unkept(call)
        key = (function.definition, function.frame if function.frame.parent is not None else None)
        found = self._of_function.get(key)
        if found is None:
            self._of_function[key] = ()  # a cycle ends here
            found = self._of_function[key] = self._among(self.takes(call) or ())
        return found

    def _unkept(self, call: Value) -> tuple[Dependency, ...]:
        """Of a class, or of a function whose signature is not always the same."""
        called = self.called(call)
        what = call.definition if type(call) is ClassValue else called.definition if called is not None else None
        if what is None:
            return self._among(self.takes(call) or ())
        if what in self._open:
            return ()
        self._open.add(what)
        try:
            return self._among(self.takes(call) or ())
        finally:
            self._open.discard(what)

    def _among(self, taken: tuple[Taken, ...]) -> tuple[Dependency, ...]:
        found: list[Dependency] = []
        for parameter in taken:
            declared = self.it.routing.depends(parameter.annotation, parameter.default)
            if declared is not None:
                found.append(self._dependency(parameter.name, *declared))
        return tuple(found)

    def _dependency(self, name: str | None, depends: Instance, kind: Value | None) -> Dependency:
        call = self.it.routing.dependency(depends, kind)
        children = self.of_call(call)
        return Dependency(name, depends, call, self.called(call), children, self.takes(call), self._scopes(depends))

    def _scopes(self, depends: Instance) -> tuple[str, ...] | None:
        given = (
            depends.made.get("scopes", 1) if depends.made is not None and self.it.routing.is_security(depends) else None
        )
        items = listed(self.it, given)
        if items is None or not all(type(item) is Const and isinstance(item.value, str) for item in items):
            return None
        return tuple(str(item.value) for item in items if type(item) is Const)

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
        if type(call) is Partial:
            return _without_given(self.takes(call.func), call)
        if function is not None:
            return self._of_function_itself(function.wrapped or function)
        if type(call) is ClassValue:
            return self._of_class(call.definition)
        if type(call) is Instance:
            names = (call.cls,) if isinstance(call.cls, str) else classes.externals(call.cls)
            return () if any(is_scheme(name) for name in names) else None
        return self._of_external(call.name) if type(call) is External else None

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
