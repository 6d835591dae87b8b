"""The signatures that FastAPI reads: those of handlers and of the functions that they depend on, a parameter at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.values import FunctionValue, Instance, Value
from fastapi_lint.project.serving import callables
from fastapi_lint.project.serving.application import Route
from fastapi_lint.project.serving.dependencies import Dependency
from fastapi_lint.project.serving.parameters import Classifier, Parameter

if TYPE_CHECKING:
    from fastapi_lint.project import Project

VARIADIC = frozenset({"var_positional", "var_keyword"})


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """A parameter as a function spells it.

    `parameter`: what FastAPI makes of it, None for one with `Depends`, which `depends` then holds with the type beside it.
    `route`: the one that is handled, or that leads to the dependency; None where no route is known to. `path`: what that
    route is served under, None where unknown.
    """

    function: FunctionValue
    node: s.Parameter
    annotation: Value | None
    default: Value | None
    parameter: Parameter | None
    depends: tuple[Instance, Value | None] | None
    route: Route | None
    path: str | None
    is_handler: bool

    @property
    def anchor(self) -> Anchor:
        return Anchor(self.function.definition.module.path, self.node.at)

    @property
    def symbol(self) -> str:
        return self.function.definition.qualname

    def place(self, node: s.Expression) -> Anchor:
        """A part of the signature: the annotation, the default, something in them."""
        return Anchor(self.function.definition.module.path, node.at)

    def is_written_in_place(self, value: Instance) -> s.Call | None:
        """The call that made a value, where the signature itself spells it out."""
        if value.site is None or value.site.path != self.function.definition.module.path:
            return None
        roots = [node for node in (self.node.annotation, self.node.default) if node is not None]
        return next((node for node in s.walk(*roots) if type(node) is s.Call and node.at == value.site.at), None)


def declarations(project: Project) -> tuple[Declaration, ...]:
    """The parameters of all handlers and dependencies of the project, tests left out. `*args` and `**kwargs` are no parameters."""
    found: tuple[Declaration, ...] | None = project.__dict__.get("signatures")
    if found is None:
        found = project.__dict__["signatures"] = tuple(_declarations(project))
    return found


def _declarations(project: Project) -> Iterator[Declaration]:
    classifier = Classifier(project.it)
    seen: set[tuple[object, object, str | None]] = set()
    for function, route, path, is_handler in _functions(project):
        key = (function.definition, function.frame if function.frame.parent is not None else None, path)
        if key not in seen and not project.is_test(function.definition.module.path):
            seen.add(key)
            yield from _of_function(project, classifier, function, route, path, is_handler=is_handler)


def _functions(project: Project) -> Iterator[tuple[FunctionValue, Route | None, str | None, bool]]:
    for route in project.routes:
        served = project.served(route)
        path = next((operation.path for operation in served if operation.path is not None), route.path)
        if route.function is not None:
            yield route.function, route, path, True
        found = project.dependencies.of_operation(served[0]) if served else project.dependencies.of_route(route)
        for dependency in found or ():
            for one in dependency.walk():
                if (called := _called(one)) is not None:
                    yield called, route, path, False
    for dependency in project.dependencies.declared():
        for one in dependency.walk():
            called = _called(one)
            if called is not None and called.definition not in project.dependency_functions:
                yield called, None, None, False


def _called(dependency: Dependency) -> FunctionValue | None:
    function = dependency.function
    return None if function is None else function.wrapped or function


def _of_function(
    project: Project,
    classifier: Classifier,
    function: FunctionValue,
    route: Route | None,
    path: str | None,
    *,
    is_handler: bool,
) -> Iterator[Declaration]:
    signature = project.it.studies.signature(function)
    injected = callables.is_view_method(function)
    for position, node in enumerate(callables.parameters(function)):
        if node.kind in VARIADIC or (position == 0 and injected):
            continue
        annotation, default = signature.parameters.get(node.name), signature.defaults.get(node.name)
        site = Anchor(function.definition.module.path, node.at)
        yield Declaration(
            function,
            node,
            annotation,
            default,
            classifier.parameter(node.name, annotation, default, site, path),
            project.it.routing.depends(annotation, default),
            route,
            path,
            is_handler,
        )


def request_parameters(project: Project, route: Route) -> tuple[Parameter, ...]:
    """All parameters of a route's request, as far as they are known, those of its dependencies included."""
    classifier = Classifier(project.it)
    served = project.served(route)
    path = next((operation.path for operation in served if operation.path is not None), route.path)
    found = project.dependencies.of_operation(served[0]) if served else project.dependencies.of_route(route)
    taken = [project.dependencies.takes(route.event.handler)]
    taken += [one.takes for dependency in found or () for one in dependency.walk()]
    return tuple(parameter for group in taken for parameter in classifier.parameters(group or (), path))
