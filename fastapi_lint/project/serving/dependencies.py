"""What FastAPI calls before a handler, and for whom: the dependency tree of each operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    ClassValue,
    Const,
    FunctionValue,
    Instance,
    Union,
    Value,
    same,
)
from fastapi_lint.project.serving.application import Operation, Route, either, listed
from fastapi_lint.project.serving.callables import Callables, Taken

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


@dataclass(slots=True, eq=False)
class Dependency:
    """A use of `Depends`. `call` is what FastAPI calls, unknown included; `name` the parameter, None for a list's.

    `takes`: the parameters of what is called, None where unknown; `scopes`: those that a `Security` adds, None where unknown.
    `is_conditional`: a switch decides whether it is in its list. `alternatives`: where a switch decides what is called, each of what it
    may be; then the rest is what these have in common.
    """

    name: str | None
    depends: Instance
    call: Value
    function: FunctionValue | None
    children: tuple[Dependency, ...]
    takes: tuple[Taken, ...] | None = ()
    scopes: tuple[str, ...] | None = ()
    is_conditional: bool = False
    alternatives: tuple[Dependency, ...] = ()

    @property
    def site(self) -> Anchor | None:
        return self.depends.site

    def walk(self) -> Iterator[Dependency]:
        """This dependency and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def reach(self) -> Iterator[Dependency]:
        """This dependency and all below it, in whatever way switches stand."""
        yield self
        for child in (*self.alternatives, *self.children):
            yield from child.reach()


class Dependencies:
    def __init__(self, it: Interpreter) -> None:
        self.it = it
        self._callables = Callables(it)
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
        scopes = self._scopes(depends)
        if type(call) is not Union:
            return Dependency(name, depends, call, self.called(call), self.of_call(call), self.takes(call), scopes)
        each = tuple(
            Dependency(name, depends, one, self.called(one), self.of_call(one), self.takes(one), scopes)
            for one in call.members
        )
        first = each[0]
        alike = all(_take_the_same(one.takes, first.takes) for one in each[1:])
        return Dependency(
            name,
            depends,
            call,
            None,
            first.children if alike else (),
            first.takes if alike else None,
            scopes,
            alternatives=each,
        )

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
        return self._callables.called(call)

    def takes(self, call: Value) -> tuple[Taken, ...] | None:
        """The parameters of a callable, as `inspect.signature` shows them; None where they are not known."""
        return self._callables.takes(call)


def _take_the_same(one: tuple[Taken, ...] | None, other: tuple[Taken, ...] | None) -> bool:
    """Whether two callables ask for the same, so that it makes no difference which is called."""
    if one is None or other is None or len(one) != len(other):
        return False
    return all(
        a.name == b.name and _is_same(a.annotation, b.annotation) and _is_same(a.default, b.default)
        for a, b in zip(one, other, strict=True)
    )


def _is_same(one: Value | None, other: Value | None) -> bool:
    if one is None or other is None:
        return one is other
    if type(one) is Instance and type(other) is Instance and one.made is not None and other.made is not None:
        given, wanted = one.made.get("dependency", 0), other.made.get("dependency", 0)
        return one.cls == other.cls and given is not None and given is wanted
    return one is not UNKNOWN and same(one, other)
