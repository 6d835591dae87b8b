"""What an operation promises to its clients: parameters, security, status, response. All of it as FastAPI works it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting.annotations import ASYNC_ITERATORS, GENERATORS, canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.values import (
    ClassValue,
    Const,
    External,
    FunctionValue,
    Generic,
    Instance,
    Value,
)
from fastapi_lint.project.models import schemas
from fastapi_lint.project.models.fields import SchemaField
from fastapi_lint.project.serving.application import Operation, Route
from fastapi_lint.project.serving.callables import Taken, is_scheme
from fastapi_lint.project.serving.dependencies import Dependency
from fastapi_lint.project.serving.parameters import Classifier, Parameter
from fastapi_lint.project.serving.promises import promise_of

if TYPE_CHECKING:
    from fastapi_lint.project import Project
    from fastapi_lint.reading.locate import Locator

RESPONSE = "starlette.responses.Response"
STREAMS = frozenset(
    {
        *GENERATORS,
        *ASYNC_ITERATORS,
        "typing.Iterable",
        "collections.abc.Iterable",
        "typing.Iterator",
        "collections.abc.Iterator",
    }
)
WITH_SCOPES = frozenset({"OAuth2", "OAuth2PasswordBearer", "OAuth2AuthorizationCodeBearer", "OpenIdConnect"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """A security scheme of an operation: its class's short name (of FastAPI's, or the project's own), and the scopes asked of it, None
    where some are unknown."""

    scheme: str
    scopes: tuple[str, ...] | None
    dependency: Dependency


@dataclass(frozen=True, slots=True)
class Response:
    """The response model of an operation. `fields` is None where they are not known; `names`: theirs on the wire."""

    model: Value
    fields: tuple[SchemaField, ...] | None
    by_alias: bool = True

    @property
    def names(self) -> tuple[str | None, ...]:
        names = (field.response_name if self.by_alias else field.name for field in self.fields or ())
        return tuple(dict.fromkeys(names))


class Contracts:
    """Answers are worked out when somebody asks."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.it = project.it
        self.classifier = Classifier(project.it)
        self._dependencies: dict[int, tuple[Dependency, ...] | None] = {}

    def dependencies(self, operation: Operation) -> tuple[Dependency, ...] | None:
        key = id(operation)
        if key not in self._dependencies:
            self._dependencies[key] = self.project.dependencies.of_operation(operation)
        return self._dependencies[key]

    # ---- security -----------------------------------------------------------------------------------------------------------

    def security(self, operation: Operation) -> Iterator[Requirement]:
        """The security schemes in the dependency tree, in its order."""
        for dependency in self.dependencies(operation) or ():
            yield from self._schemes(dependency, ())

    def security_is_known(self, operation: Operation) -> bool:
        """Whether nothing in the dependency tree could be a security scheme that we did not recognise."""
        dependencies = self.dependencies(operation)
        return dependencies is not None and all(
            one.takes is not None and self._asks_for_the_same(one.alternatives)
            for dependency in dependencies
            for one in dependency.walk()
        )

    def _asks_for_the_same(self, alternatives: tuple[Dependency, ...]) -> bool:
        """Whether it makes no difference to the security of an operation which of several dependencies is called."""
        asked = {tuple((r.scheme, r.scopes) for r in self._schemes(one, ())) for one in alternatives}
        return len(asked) < 2

    def _schemes(self, dependency: Dependency, above: tuple[str, ...] | None) -> Iterator[Requirement]:
        scopes = None if above is None or dependency.scopes is None else (*above, *dependency.scopes)
        scheme = scheme_of(dependency.call)
        if scheme is not None:
            label, base = scheme
            yield Requirement(label, scopes if base in WITH_SCOPES else (), dependency)
        if dependency.alternatives:
            yield from self._schemes(dependency.alternatives[0], above)
            return
        for child in dependency.children:
            yield from self._schemes(child, scopes)

    # ---- parameters -----------------------------------------------------------------------------------------------------------

    def parameters(self, operation: Operation) -> tuple[Parameter, ...] | None:
        """All parameters of the request, those of dependencies included; None where some callable's are unknown."""
        if self.dependencies(operation) is None or None in self._taken(operation):
            return None
        return self.known_parameters(operation)

    def known_parameters(self, operation: Operation) -> tuple[Parameter, ...]:
        """The parameters of the request as far as they are known; there may be others where `parameters` is None."""
        taken = self._taken(operation)
        return tuple(one for group in taken for one in self.classifier.parameters(group or (), operation.path))

    def _taken(self, operation: Operation) -> list[tuple[Taken, ...] | None]:
        """What the handler and each of its dependencies take."""
        found = [self.project.dependencies.takes(operation.route.event.handler)]
        found += [one.takes for top in self.dependencies(operation) or () for one in top.walk()]
        return found

    # ---- status and response ----------------------------------------------------------------------------------------------------

    def status(self, operation: Operation) -> int | None:
        """The status code of a successful answer; None where unknown."""
        given = operation.route.keyword("status_code")
        if given is None or _is_none(given):
            return self._default_status(operation)
        return status_code(given)

    def _default_status(self, operation: Operation) -> int | None:
        given = self.response_class(operation)
        if type(given) is External and given.name.rpartition(".")[2] == "RedirectResponse":
            return 307
        return 200

    def response_class(self, operation: Operation) -> Value | None:
        """What FastAPI makes a response of: the route's class, else the nearest default; None where nothing is said."""
        given = operation.route.keyword("response_class")
        if given is not None:
            return given
        steps = list(zip(operation.routers, (None, *operation.chain), strict=False))
        for router, event in reversed(steps):
            own = self.it.routing.setting(router, "default_response_class")
            included = event.arguments.get("default_response_class") if event is not None else None
            for value in (own, included):
                if value is not None and not _is_none(value):
                    return value
            if event is not None and event.kind == "mount":
                break
        return None

    def response(self, operation: Operation) -> Response | None:
        """The response model that FastAPI takes; None where it takes none."""
        model = self.response_model(operation.route)
        if model is None:
            return None
        found = schemas.models(self.it, model)
        if found is None:
            return Response(model, None)
        fields: list[SchemaField] = []
        for kind in found:
            own = schemas.fields(self.it, kind)
            if own is None:
                return Response(model, None)
            fields += [field for field in own if not field.excluded]
        return self._narrowed(operation.route, Response(model, tuple(fields)))

    def response_model(self, route: Route) -> Value | None:
        """`response_model`, else the return annotation, as far as FastAPI takes it for one."""
        promise = promise_of(self.it, route)
        kind = promise.kind
        if kind is None or promise.declared_by == "response_model":
            return kind
        function = route.function
        if _is_none(kind) or self._is_response(kind) or (function is not None and self._is_stream(function, kind)):
            return None
        return kind

    def _is_response(self, annotation: Value) -> bool:
        plain = annotation
        if type(plain) is ClassValue:
            return self.it.is_subclass(plain.definition, RESPONSE)
        return type(plain) is External and self.it.is_subclass(plain.name, RESPONSE)

    def _is_stream(self, function: FunctionValue, returns: Value) -> bool:
        if (
            not function.definition.node.is_generator
            or type(returns) is not Generic
            or type(returns.base) is not External
        ):
            return False
        return canonical_typing(returns.base.name) in STREAMS

    def _narrowed(self, route: Route, response: Response) -> Response:
        """Without what `response_model_include` and `response_model_exclude` leave out."""
        promise = promise_of(self.it, route)
        if not promise.is_readable:
            return Response(response.model, None)
        by_alias = route.keyword("response_model_by_alias")
        fields = tuple(field for field in response.fields or () if promise.sends((field.name,)))
        return Response(response.model, fields, not (type(by_alias) is Const and by_alias.value is False))

    # ---- places -----------------------------------------------------------------------------------------------------------------

    def first_line(self, definition: FunctionDefinition, locator: Locator) -> int:
        """The 1-based line on which a function begins, its decorators included."""
        anchor = definition.anchor
        if definition.node.decorators:
            anchor = min(
                (anchor._replace(at=d.at) for d in definition.node.decorators), key=lambda a: locator.span(a)[0]
            )
        return locator.source(anchor.path).position(locator.span(anchor)[0]).line


def scheme_of(call: Value) -> tuple[str, str] | None:
    """A security scheme: the short names of its class, and of FastAPI's class that it is."""
    if type(call) is not Instance:
        return None
    if isinstance(call.cls, str):
        return (call.cls.rpartition(".")[2],) * 2 if is_scheme(call.cls) else None
    from fastapi_lint.project.interpreting import classes

    base = next((name for name in classes.externals(call.cls) if is_scheme(name)), None)
    return (call.cls.name, base.rpartition(".")[2]) if base is not None else None


def status_code(value: Value) -> int | None:
    """The number of a status code: a literal, `status.HTTP_201_CREATED`, `HTTPStatus.CREATED`."""
    if type(value) is Const:
        return value.value if isinstance(value.value, int) else None
    if type(value) is Instance and not isinstance(value.cls, ClassDefinition):
        value = External(value.cls)
    if type(value) is not External:
        return None
    last = value.name.rpartition(".")[2]
    if last.startswith("HTTP_") and last[5:8].isdigit():
        return int(last[5:8])
    from http import HTTPStatus

    return (
        HTTPStatus[last].value if value.name.startswith("http.HTTPStatus.") and last in HTTPStatus.__members__ else None
    )


def _is_none(value: Value) -> bool:
    return type(value) is Const and value.value is None
