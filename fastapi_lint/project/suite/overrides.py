"""Dependencies that tests override: where, of which application, and what undoes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.modules import Module
from fastapi_lint.project.interpreting.values import (
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Method,
    Value,
    members,
)
from fastapi_lint.project.suite.collection import MODULE_HOOKS, TEARDOWNS, Fixture, TestFunction
from fastapi_lint.project.suite.responses_used import Body

if TYPE_CHECKING:
    from fastapi_lint.project.suite import Suite

NAME = "dependency_overrides"
SETTING = frozenset({"update", "setdefault", "__setitem__"})
CLEARING = frozenset({"clear", "pop", "popitem"})


@dataclass(frozen=True, slots=True, eq=False)
class Override:
    """`place` is what is assigned to, `dependency` what is overridden, as `text` writes it; `owner` is None at module level. `application` is
    None where unknown."""

    place: Anchor
    dependency: Value
    text: str
    application: Instance | None
    module: Module
    owner: TestFunction | None


class Overrides:
    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.project = suite.project
        self._bodies: dict[FunctionDefinition, Body] = {}

    def all(self) -> list[Override]:
        """Each place once."""
        found: dict[Anchor, Override] = {}
        for module in self.suite.modules:
            if module.has(NAME):
                for override in self._of_module(module):
                    found.setdefault(override.place, override)
        for owner, frame in self.suite.frames:
            definition = owner.function.definition
            if definition.module.has(NAME):
                for override in self._written(self.body(definition).order, frame, definition.module, owner):
                    found.setdefault(override.place, override)
        return [found[place] for place in sorted(found)]

    def body(self, definition: FunctionDefinition) -> Body:
        found = self._bodies.get(definition)
        if found is None:
            found = self._bodies[definition] = Body(definition.node)
        return found

    def _of_module(self, module: Module) -> Iterator[Override]:
        frame = self.project.module_frame(module)
        for index, chunk in enumerate(module.chunks):
            if chunk.kind == "other" and module.has(NAME, index):
                nodes = list(s.walk(*module.unit(index).statements))
                yield from self._written(nodes, frame, module, None)

    def _written(
        self, nodes: list[s.Node], frame: Frame, module: Module, owner: TestFunction | None
    ) -> Iterator[Override]:
        for node in nodes:
            for place, key, overrides in _settings(node):
                if type(key) in (s.Name, s.Attribute):
                    dependency = self.project.it.evaluate(frame, key)
                    application = self._application(self.project.it.evaluate(frame, overrides.value))
                    yield Override(frame.anchor(place), dependency, _text(key), application, module, owner)

    def _application(self, value: Value) -> Instance | None:
        if type(value) is Method and value.name == "app":
            client = self.suite.clients.of(value.receiver)
            return client.application if client is not None else None
        return value if type(value) is Instance and self.project.it.routing.is_application(value) else None

    # ---- what undoes it ---------------------------------------------------------------------------------------------------------

    def is_undone(self, override: Override) -> bool:
        """Whether something that runs with the test, or behind it, takes overrides back."""
        owner = override.owner
        if owner is None:
            return False
        return any(
            application is None or override.application is None or application is override.application
            for one in self._around(owner)
            for application in self._cleared(one)
        )

    def _cleared(self, definition: FunctionDefinition) -> Iterator[Instance | None]:
        """The applications whose overrides a function takes back; None for one that is not known."""
        nodes = list(_clearing(self.body(definition)))
        if nodes:
            frames = (frame for owner, frame in self.suite.frames if owner.function.definition is definition)
            frame = next(frames, self.project.module_frame(definition.module))
            for node in nodes:
                plain = isinstance(node.value, (s.Name, s.Attribute))
                yield self._application(self.project.it.evaluate(frame, node.value)) if plain else None

    def _around(self, owner: TestFunction) -> Iterator[FunctionDefinition]:
        """The function itself, what it calls, its fixtures, and what the runner calls for it."""
        yield owner.function.definition
        for test, frame in self.suite.frames:
            if test.function.definition is owner.function.definition:
                for site in frame.sites:
                    yield from (one.definition for one in members(site.callee) if type(one) is FunctionValue)
        seen: list[Fixture] = []
        self._reach(owner.function, owner, seen)
        for fixture in self.suite.collection.automatic(owner.module, owner.cls):
            seen.append(fixture)
            self._reach(fixture.function, owner, seen)
        yield from (fixture.function.definition for fixture in seen)
        if owner.cls is not None:
            yield from (one.definition for one in self.suite.collection.setups(owner.cls, TEARDOWNS))
        for module in self.suite.collection.chain(owner.module):
            for name in MODULE_HOOKS:
                value = self.project.module_frame(module).local(name)
                if type(value) is FunctionValue:
                    yield value.definition

    def _reach(self, function: FunctionValue, owner: TestFunction, seen: list[Fixture]) -> None:
        for parameter in function.definition.node.parameters:
            fixture = self.suite.collection.find(parameter.name, owner.module, owner.cls)
            if fixture is not None and all(fixture is not one for one in seen):
                seen.append(fixture)
                self._reach(fixture.function, owner, seen)

    # ---- what it is of ------------------------------------------------------------------------------------------------------------

    def is_shared(self, application: Instance) -> bool:
        """Whether an application lives as long as its module, rather than being made for a test."""
        frames = self.project.it.importer.frames.values()
        return any(one is application for frame in frames for value in frame.env.values() for one in members(value))

    def is_depended_on(self, application: Instance, dependency: Value) -> bool | None:
        """Whether a route of an application depends on something, directly or not; None where that cannot be known."""
        served = self.suite.served(application)
        if served.is_unknown:
            return None
        for operation in served.application.operations:
            own = [one for one in operation.routers if self.project.it.routing.is_application(one)]
            if own[-1] is not application:
                continue  # a mounted application has overrides of its own
            found = self.project.dependencies.of_operation(operation)
            if found is None or operation.route.function is None:
                return None
            for one in (one for top in found for one in top.walk()):
                if type(one.call) not in (FunctionValue, ClassValue, Instance, External):
                    return None
                if is_same(one.call, dependency):
                    return True
        return False


def is_same(left: Value, right: Value) -> bool:
    """Whether two values may be one and the same dependency."""
    if type(left) is FunctionValue and type(right) is FunctionValue:
        return left.definition is right.definition
    if type(left) is ClassValue and type(right) is ClassValue:
        return left.definition is right.definition
    if type(left) is Instance and type(right) is Instance:
        return left is right or (left.site is not None and left.site == right.site)
    return type(left) is External and type(right) is External and left.name == right.name


def _settings(node: s.Node) -> Iterator[tuple[s.Node, Any, s.Attribute]]:
    """What a record overrides: the place, the dependency, and the expression `app.dependency_overrides`."""
    if isinstance(node, s.Assign):
        for target in node.targets:
            if type(target) is s.Subscript and _is_overrides(target.value) and len(target.items) == 1:
                yield target, target.items[0], target.value  # type: ignore[misc]
            elif _is_overrides(target) and type(node.value) is s.Dictionary:
                yield from ((key, key, target) for key in node.value.keys if key is not None)  # type: ignore[misc]
    elif isinstance(node, s.Call) and type(node.func) is s.Attribute and node.func.attr in SETTING:
        if _is_overrides(node.func.value) and node.args:
            first = node.args[0].value
            if type(first) is s.Dictionary:
                yield from ((key, key, node.func.value) for key in first.keys if key is not None)  # type: ignore[misc]
            elif node.func.attr != "update":
                yield node, first, node.func.value  # type: ignore[misc]


def _is_overrides(node: Any) -> bool:
    return type(node) is s.Attribute and node.attr == NAME


def _clearing(body: Body) -> Iterator[s.Attribute]:
    """The expressions `app.dependency_overrides` whose content a function takes back."""
    for node in body.order:
        if isinstance(node, s.Attribute) and node.attr in CLEARING and isinstance(node.value, s.Attribute):
            if _is_overrides(node.value):
                yield node.value
        elif isinstance(node, s.Delete):
            for target in node.targets:
                if (
                    isinstance(target, s.Subscript)
                    and isinstance(target.value, s.Attribute)
                    and _is_overrides(target.value)
                ):
                    yield target.value
        elif isinstance(node, s.Assign) and not (isinstance(node.value, s.Dictionary) and node.value.keys):
            for target in node.targets:
                if isinstance(target, s.Attribute) and _is_overrides(target):
                    yield target
        elif isinstance(node, s.Call):  # handed to what takes it back: monkeypatch, patch.dict
            for argument in node.args:
                if isinstance(argument.value, s.Attribute) and _is_overrides(argument.value):
                    yield argument.value


def _text(node: Any) -> str:
    if type(node) is s.Attribute:
        return f"{_text(node.value)}.{node.attr}"
    return node.id if type(node) is s.Name else "..."
