"""Run tests and fixtures as pytest would: with the values of the fixtures that they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Sequence as Items
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.importing import WORD
from fastapi_lint.project.interpreting.modules import Module, chunk_of
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    Arguments,
    Const,
    FunctionValue,
    Instance,
    Sequence,
    Union,
    Value,
    union,
)
from fastapi_lint.project.suite.collection import (
    Collection,
    Fixture,
    TestFunction,
    plain_parameter,
)

if TYPE_CHECKING:
    from fastapi_lint.project import Project

BUILDS = re.compile(
    r"\b(?:FastAPI|Starlette|APIRouter)\(|\.(?:include_router|add_api_route|add_api_websocket_route|add_middleware|add_exception_handler"
    r"|add_event_handler|add_route|mount)\(|@[\w.]+\.(?:get|post|put|patch|delete|head|options|websocket|api_route|middleware|on_event)\("
)
"""Text that makes an application or adds to one."""
MOST_VALUES = 64
DEEPEST = 12
"""How many fixtures deep fixtures are followed."""


class Trials:
    """Runs each fixture once for the fixtures that it gets, and each test when asked."""

    def __init__(self, project: Project, collection: Collection) -> None:
        self.project = project
        self.collection = collection
        self.fixtures: dict[
            tuple[FunctionDefinition, tuple[FunctionDefinition, ...]], tuple[Fixture, Frame, Value]
        ] = {}
        self._builds: dict[tuple[str, int, int], bool] = {}
        self._running: set[FunctionDefinition] = set()
        self._prepared: set[ClassDefinition] = set()

    # ---- what is run for its effects -----------------------------------------------------------------------------------------

    def builds(self, definition: FunctionDefinition) -> bool:
        """Whether running a function may make an application or add to one, by its text or that of what it calls by name."""
        module, index = definition.module, chunk_of(definition.node.at)
        names = self.project.it.importer.shaping_names
        key = (module.path, index, len(names))
        found = self._builds.get(key)
        if found is None:
            called = names and not names.isdisjoint(module.all(WORD, index))
            found = self._builds[key] = module.has(BUILDS, index) or bool(called)
        return found

    @contextmanager
    def apart(self) -> Iterator[dict[int, int]]:
        """Undo what is done to routers and applications meanwhile; gives how many events each had before, by id."""
        routing = self.project.it.routing
        made = list(routing.made)
        before = [(one, list(one.events or ()), dict(one.attributes or {}), one.events is None) for one in made]
        try:
            yield {id(one): len(events) for one, events, _, _ in before}
        finally:
            routing.made[:] = made
            for one, events, attributes, had_none in before:
                one.events = None if had_none else events
                one.attributes = attributes or one.attributes

    def run(self, function: FunctionValue, arguments: Arguments) -> Frame:
        return self.project.it.studies.trial(function, arguments, effects=self.builds(function.definition))

    # ---- fixtures -------------------------------------------------------------------------------------------------------------

    def value(self, fixture: Fixture, module: Module, cls: ClassDefinition | None) -> Value:
        """What a fixture gives to a test of a module or class."""
        definition = fixture.function.definition
        if definition in self._running or len(self._running) > DEEPEST:
            return UNKNOWN
        key = (definition, tuple(self._closure(fixture, module, cls, [])))
        found = self.fixtures.get(key)
        if found is None:
            self._running.add(definition)
            try:
                given = self.given(fixture.function, module, cls, fixture)
                frame = self.run(fixture.function, given)
            finally:
                self._running.discard(definition)
            yields = frame.yields
            found = self.fixtures[key] = (
                fixture,
                frame,
                _widest(yields) if yields else _widest([v for _, v in frame.returns]),
            )
        return found[2]

    def _closure(
        self, fixture: Fixture, module: Module, cls: ClassDefinition | None, seen: list[FunctionDefinition]
    ) -> list[FunctionDefinition]:
        """The fixtures that a fixture leads to, seen from a test: a test may have its own in the place of any of them."""
        for name in _names(fixture.function):
            behind = fixture if name == fixture.name else None
            inner = self.collection.find(name, module, cls, behind)
            if inner is not None and inner.function.definition not in seen:
                seen.append(inner.function.definition)
                self._closure(inner, module, cls, seen)
        return seen

    def given(
        self, function: FunctionValue, module: Module, cls: ClassDefinition | None, behind: Fixture | None = None
    ) -> Arguments:
        """The values of the fixtures, and of the parameters of `parametrize`, that a function asks for."""
        found: dict[str, Value] = {}
        listed = parametrized(self.project, function) if behind is None else {}
        for name in _names(function):
            if name in listed:
                found[name] = listed[name]
            elif name == "request":
                found[name] = _request(behind)
            else:
                fixture = self.collection.find(name, module, cls, behind if behind and behind.name == name else None)
                if fixture is not None:
                    value = self.value(fixture, module, cls)
                    if value is not UNKNOWN:
                        found[name] = value
        return Arguments((), found)

    def prepare(self, module: Module, cls: ClassDefinition | None) -> Iterator[tuple[TestFunction, Frame]]:
        """Run, once for each class, what pytest and unittest run before its tests."""
        if cls is None or cls in self._prepared:
            return
        self._prepared.add(cls)
        for function in self.collection.setups(cls):
            given = self.given(function, module, cls)
            yield TestFunction(function, "setup", module, cls), self._run_setup(function, given)
        for fixture in self.collection.automatic(module, cls):
            if fixture.cls is not None:
                bound = fixture.function.bound(self.project.it.prototype(cls))
                given = self.given(bound, module, cls, fixture)
                yield TestFunction(bound, "fixture", module, cls), self._run_setup(bound, given)

    def _run_setup(self, function: FunctionValue, given: Arguments) -> Frame:
        """With its effects: what it sets on `self` or on the class is what the tests find there."""
        return self.project.it.studies.trial(function, given, effects=True)


def _widest(values: Items[Value]) -> Value:
    known = [value for value in values if value is not UNKNOWN and not (type(value) is Const and value.value is None)]
    return union(known) if known else UNKNOWN


def _names(function: FunctionValue) -> list[str]:
    """The parameters that pytest fills in."""
    definition = function.definition
    parameters = definition.node.parameters
    if definition.owner is not None and not definition.is_static:
        parameters = parameters[1:]
    return [p.name for p in parameters if p.kind in ("positional_or_keyword", "keyword_only") and p.default is None]


def _request(fixture: Fixture | None) -> Value:
    request = Instance("pytest.FixtureRequest")
    if fixture is not None and fixture.parameters:
        request.set("param", _any([plain_parameter(value) for value in fixture.parameters]))
    return request


def _any(values: list[Value]) -> Value:
    """One of several values, of which there may be more than elsewhere."""
    if not values or len(values) > MOST_VALUES:
        return UNKNOWN
    return Union(tuple(values)) if len(values) > 1 else values[0]


def parametrized(project: Project, function: FunctionValue) -> dict[str, Value]:
    """What `pytest.mark.parametrize` gives to each parameter, UNKNOWN where its list is not known."""
    found: dict[str, Value] = {}
    nodes = [(node, function.frame) for node in function.definition.node.decorators]
    if function.definition.owner is not None:
        owner = function.definition.owner
        nodes += [(node, function.frame) for node in owner.node.decorators]
    for node, frame in nodes:
        if type(node) is s.Call and type(node.func) is s.Attribute and node.func.attr == "parametrize" and node.args:
            _read(project, frame, node, found)
    return found


def _read(project: Project, frame: Frame, node: s.Call, found: dict[str, Value]) -> None:
    arguments = {a.keyword: a.value for a in node.args if a.keyword}
    plain = [a.value for a in node.args if a.keyword is None and not a.star]
    named = plain[0] if plain else arguments.get("argnames")
    listed = plain[1] if len(plain) > 1 else arguments.get("argvalues")
    if named is None or listed is None:
        return
    value = project.it.evaluate(frame, named)
    if type(value) is Const and isinstance(value.value, str):
        names = [name.strip() for name in value.value.split(",") if name.strip()]
    elif type(value) is Sequence and value.items is not None:
        names = [str(item.value) for item in value.items if type(item) is Const]
    else:
        return
    rows = project.it.items(project.it.evaluate(frame, listed))
    for index, name in enumerate(names):
        cells = [_cell(project, row, index, len(names)) for row in rows or ()]
        found[name] = _any(cells)


def _cell(project: Project, row: Value, index: int, width: int) -> Value:
    row = plain_parameter(row)
    if width == 1:
        return row
    if type(row) is Instance and row.made is not None and len(row.made.positional) == width:
        return row.made.positional[index]  # pytest.param(a, b)
    items = project.it.items(row)
    return items[index] if items is not None and len(items) == width else UNKNOWN
