"""What FastAPI calls before a handler, and for whom: the dependency tree of each operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project import classes
from fastapi_lint.project.application import Operation, Route, listed
from fastapi_lint.project.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.functions import Signature
from fastapi_lint.project.values import (
    NO_ARGUMENTS,
    ClassValue,
    FunctionValue,
    Instance,
    Partial,
    Value,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreter import Interpreter


@dataclass(slots=True, eq=False)
class Dependency:
    """A use of `Depends`. `call` is what FastAPI calls, unknown included; `name` the parameter, None for a list's."""

    name: str | None
    depends: Instance
    call: Value
    function: FunctionValue | None
    children: tuple[Dependency, ...]

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
        self._of_function: dict[FunctionDefinition, tuple[Dependency, ...]] = {}

    def of_operation(self, operation: Operation) -> tuple[Dependency, ...] | None:
        """All dependencies in FastAPI's order: application, includes from outside in, decorator, parameters. None: some list of them is
        unknown."""
        found: list[Dependency] = []
        complete = True
        for router, event in zip(operation.routers, (None, *operation.chain)):
            for given in (event.arguments.get("dependencies") if event is not None else None, self._own(router)):
                more = self._listed(given)
                complete = complete and more is not None
                found.extend(more or ())
        more = self.of_route(operation.route)
        complete = complete and more is not None
        found.extend(more or ())
        return tuple(found) if complete else None

    def _own(self, router: Instance) -> Value | None:
        return (router.made or NO_ARGUMENTS).get("dependencies")

    def of_route(self, route: Route) -> tuple[Dependency, ...] | None:
        """Those that the route itself names: its decorator's, then its handler's parameters'."""
        given = self._listed(route.keyword("dependencies"))
        own = self.of_function(route.handler) if route.handler is not None else ()
        return (*given, *own) if given is not None else None

    def _listed(self, value: Value | None) -> tuple[Dependency, ...] | None:
        items = listed(self.it, value)
        if items is None:
            return None
        return tuple(self._dependency(None, item, None) for item in items if type(item) is Instance)

    def of_function(self, function: FunctionValue) -> tuple[Dependency, ...]:
        """The dependencies that a function's parameters declare."""
        shown = function.wrapped or function
        definition = shown.definition
        found = self._of_function.get(definition)
        if found is None:
            self._of_function[definition] = ()  # a cycle ends here
            found = tuple(self._of_parameters(shown, self.it.studies.signature(shown)))
            self._of_function[definition] = found
        return found

    def _of_parameters(self, function: FunctionValue, signature: Signature) -> Iterator[Dependency]:
        for parameter in parameters(function):
            declared = self.it.routing.depends(signature.parameters.get(parameter.name), signature.defaults.get(parameter.name))
            if declared is not None:
                yield self._dependency(parameter.name, *declared)

    def _dependency(self, name: str | None, depends: Instance, kind: Value | None) -> Dependency:
        call = self.it.routing.dependency(depends, kind)
        function = self.called(call)
        children = self.of_function(function) if function is not None else self._of_class(call)
        return Dependency(name, depends, call, function, children)

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

    def _of_class(self, call: Value) -> tuple[Dependency, ...]:
        """A dataclass or model as a dependency: its fields are its parameters."""
        if type(call) is not ClassValue:
            return ()
        found: list[Dependency] = []
        for name, (_, field) in classes.all_fields(call.definition).items():
            declared = self.it.routing.depends(field.annotation, field.default)
            if declared is not None:
                found.append(self._dependency(name, *declared))
        return tuple(found)


def parameters(function: FunctionValue) -> tuple[s.Parameter, ...]:
    """The parameters that FastAPI sees: without the receiver."""
    definition = function.definition
    found = definition.node.parameters
    if definition.owner is not None and not definition.is_static and (function.receiver is not None):
        return found[1:]
    return found


