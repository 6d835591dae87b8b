"""What pytest collects: test functions, the methods of test classes, and the fixtures that they see."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.modules import Module
from fastapi_lint.project.interpreting.values import (
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Sequence,
    Value,
    members,
)

if TYPE_CHECKING:
    from fastapi_lint.project import Project

Kind = Literal["test", "fixture", "setup", "module"]

FIXTURES = frozenset({
    "pytest.fixture", "pytest.yield_fixture", "pytest_asyncio.fixture", "pytest_asyncio.plugin.fixture", "_pytest.fixtures.fixture",
    "pytest_trio.trio_fixture",
})  # fmt: skip
TEST_CASE = "unittest.TestCase"
ASYNC_TEST_CASES = (
    "unittest.IsolatedAsyncioTestCase",
    "unittest.async_case.IsolatedAsyncioTestCase",
    "asynctest.TestCase",
)
TEST_CASES = (TEST_CASE, "unittest.case.TestCase", "django.test.TestCase", *ASYNC_TEST_CASES)
SETUPS = ("setUpClass", "setup_class", "asyncSetUp", "setUp", "setup_method", "setup")
TEARDOWNS = ("tearDownClass", "teardown_class", "asyncTearDown", "tearDown", "teardown_method", "teardown")
MODULE_HOOKS = (
    "setup_module",
    "setup_function",
    "setUpModule",
    "teardown_module",
    "teardown_function",
    "tearDownModule",
)


@dataclass(frozen=True, slots=True, eq=False)
class TestFunction:
    """A function that the test runner calls. `function` is bound to an object of `cls` where that is a test class."""

    __test__ = False  # pytest would take the name for that of a test class

    function: FunctionValue
    kind: Kind
    module: Module
    cls: ClassDefinition | None = None

    @property
    def is_async(self) -> bool:
        return self.function.definition.node.is_async

    @property
    def is_expected_to_fail(self) -> bool:
        return "pytest.mark.xfail" in self.function.definition.decorator_names

    @property
    def is_of_unittest(self) -> bool:
        return self.cls is not None and is_test_case(self.cls)

    @property
    def name(self) -> str:
        return self.function.definition.name

    @property
    def symbol(self) -> str:
        return self.function.definition.qualname


@dataclass(frozen=True, slots=True, eq=False)
class Fixture:
    """A pytest fixture. `scope` is None where it is not a literal; `parameters` are the values of `params=`."""

    function: FunctionValue
    name: str
    scope: str | None
    is_automatic: bool
    parameters: tuple[Value, ...] | None
    module: Module
    cls: ClassDefinition | None = None


def is_test_case(definition: ClassDefinition) -> bool:
    return any(name in TEST_CASES for name in classes.externals(definition))


def runs_coroutines(definition: ClassDefinition) -> bool:
    """Whether a class of unittest runs asynchronous methods."""
    return any(name in ASYNC_TEST_CASES for name in classes.externals(definition))


class Collection:
    """Finds tests and fixtures, module by module, each once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._fixtures: dict[int, dict[str, Fixture]] = {}
        self._chains: dict[str, tuple[Module, ...]] = {}

    # ---- tests ------------------------------------------------------------------------------------------------------------

    def tests(self, module: Module, wanted: re.Pattern[str] | None = None) -> Iterator[TestFunction]:
        """The tests of a module, in the order in which they stand; those in whose top-level statement `wanted` occurs."""
        settings = self.project.suite.settings(module)
        frame = self.project.module_frame(module)
        for index, chunk in enumerate(module.chunks):
            if chunk.kind == "other" or (wanted is not None and not module.has(wanted, index)):
                continue
            if chunk.kind == "def" and settings.is_test_function(chunk.name):
                value = frame.local(chunk.name)
                for member in members(value) if value is not None else ():
                    if type(member) is FunctionValue and member.definition.module is module and not is_fixture(member):
                        yield TestFunction(member, "test", module)
            elif chunk.kind == "class":
                value = frame.local(chunk.name)
                if type(value) is ClassValue and self.is_test_class(value.definition, module):
                    yield from self.methods(value.definition, module)

    def is_test_class(self, definition: ClassDefinition, module: Module) -> bool:
        if is_test_case(definition):
            return True
        named = self.project.suite.settings(module).is_test_class(definition.name)
        return named and classes.member(definition, "__init__") is None

    def methods(self, definition: ClassDefinition, module: Module) -> Iterator[TestFunction]:
        settings = self.project.suite.settings(module)
        prototype = self.project.it.prototype(definition)
        unit = is_test_case(definition)
        seen: set[str] = set()
        for ancestor in classes.ancestors(definition):
            if not isinstance(ancestor, ClassDefinition):
                continue
            for method in classes.methods(ancestor):
                name = method.definition.name
                tested = name.startswith("test") if unit else settings.is_test_function(name)
                if tested and name not in seen and not is_fixture(method):
                    seen.add(name)
                    yield TestFunction(method.bound(prototype), "test", module, definition)

    def setups(self, definition: ClassDefinition, names: tuple[str, ...] = SETUPS) -> Iterator[FunctionValue]:
        """The methods that prepare the tests of a class (or, with `TEARDOWNS`, clear up), in the order in which they run."""
        for name in names:
            found = classes.member(definition, name)
            if found is not None and type(found[1]) is FunctionValue:
                function = found[1]
                receiver: Value = self.project.it.prototype(definition)
                yield function.bound(receiver)

    # ---- fixtures -----------------------------------------------------------------------------------------------------------

    def chain(self, module: Module) -> tuple[Module, ...]:
        """The modules in which pytest looks for a fixture: the test's own, then each `conftest.py` outwards, then listed plugins."""
        found = self._chains.get(module.path)
        if found is None:
            found = self._chains[module.path] = tuple(self._chain(module))
        return found

    def _chain(self, module: Module) -> Iterator[Module]:
        seen = {module.path: module}
        yield module
        directory = posixpath.dirname(module.path)
        while True:
            path = posixpath.join(directory, "conftest.py")
            conftest = (
                self.project.index.module(path) if path in self.project.index.paths and path not in seen else None
            )
            if conftest is not None:
                seen[path] = conftest
                yield conftest
            if not directory or directory in (".", "..") or directory.endswith("/.."):
                break
            directory = posixpath.dirname(directory)
        for one in list(seen.values()):
            for plugin in self._plugins(one):
                if plugin.path not in seen:
                    seen[plugin.path] = plugin
                    yield plugin

    def _plugins(self, module: Module) -> Iterator[Module]:
        """The modules of the project that `pytest_plugins` lists."""
        if not module.has("pytest_plugins"):
            return
        listed = self.project.module_frame(module).local("pytest_plugins")
        items = listed.items or [] if type(listed) is Sequence else [listed]
        for item in items:
            if type(item) is Const and isinstance(item.value, str):
                found = self.project.index.resolve(module, item.value)
                if isinstance(found, Module):
                    yield found

    def find(
        self, name: str, module: Module, cls: ClassDefinition | None, behind: Fixture | None = None
    ) -> Fixture | None:
        """The fixture that a test of a module, or class, gets by a name; the next one outwards where `behind` asks for its own name."""
        passed = behind is None
        for fixture in self._visible(name, module, cls):
            if passed:
                return fixture
            passed = behind is not None and fixture.function.definition is behind.function.definition
        return None

    def _visible(self, name: str, module: Module, cls: ClassDefinition | None) -> Iterator[Fixture]:
        if cls is not None:
            for ancestor in classes.ancestors(cls):
                if isinstance(ancestor, ClassDefinition):
                    found = self.of_class(ancestor, module).get(name)
                    if found is not None:
                        yield found
        for one in self.chain(module):
            found = self.of_module(one).get(name)
            if found is not None:
                yield found

    def automatic(self, module: Module, cls: ClassDefinition | None) -> Iterator[Fixture]:
        """The fixtures with `autouse=True` that a test gets, outermost first."""
        for one in reversed(self.chain(module)):
            yield from (fixture for fixture in self.of_module(one).values() if fixture.is_automatic)
        for ancestor in reversed(classes.ancestors(cls)) if cls is not None else ():
            if isinstance(ancestor, ClassDefinition):
                yield from (fixture for fixture in self.of_class(ancestor, module).values() if fixture.is_automatic)

    def of_module(self, module: Module) -> dict[str, Fixture]:
        found = self._fixtures.get(id(module))
        if found is None:
            found = self._fixtures[id(module)] = {}
            if module.has("fixture"):
                frame = self.project.module_frame(module)
                for name, value in list(frame.env.items()):
                    self._add(found, name, value, module, None)
                for star in frame.stars:
                    for name, fixture in self.of_module(star).items():
                        found.setdefault(name, fixture)
            elif module.has("import"):
                for name, value in list(self.project.module_frame(module).env.items()):
                    self._add(found, name, value, module, None)
        return found

    def of_class(self, definition: ClassDefinition, module: Module) -> dict[str, Fixture]:
        found = self._fixtures.get(id(definition))
        if found is None:
            found = self._fixtures[id(definition)] = {}
            for method in classes.methods(definition):
                bound = method.bound(self.project.it.prototype(definition))
                self._add(found, method.definition.name, bound, module, definition)
        return found

    def _add(
        self, found: dict[str, Fixture], name: str, value: Value, module: Module, cls: ClassDefinition | None
    ) -> None:
        if type(value) is not FunctionValue:
            return
        declared = declaration(value)
        if declared is None:
            return
        given = _keywords(declared)
        called = given.get("name")
        if type(called) is s.Constant and isinstance(called.value, str):
            name = called.value
        scope = given.get("scope")
        automatic = given.get("autouse")
        found[name] = Fixture(
            value,
            name,
            "function"
            if scope is None
            else scope.value
            if type(scope) is s.Constant and isinstance(scope.value, str)
            else None,
            automatic is not None and not (type(automatic) is s.Constant and not automatic.value),
            self._parameters(value, given.get("params")),
            module,
            cls,
        )

    def _parameters(self, function: FunctionValue, node: Any) -> tuple[Value, ...] | None:
        if node is None:
            return None
        values = self.project.it.items(self.project.it.evaluate(function.frame, node))
        return tuple(plain_parameter(value) for value in values) if values is not None else ()


def plain_parameter(value: Value) -> Value:
    """What `pytest.param(x, id="...")` wraps."""
    if (
        type(value) is Instance
        and value.cls == PARAMETER
        and value.made is not None
        and len(value.made.positional) == 1
    ):
        return value.made.positional[0]
    return value


PARAMETER = "pytest.param"


def declaration(function: FunctionValue) -> s.Call | s.Name | s.Attribute | None:
    """The decorator that makes a function a fixture, as it is written."""
    for decorator, node in zip(function.definition.decorators, function.definition.node.decorators):
        if type(decorator) is External and decorator.name in FIXTURES:
            return node  # type: ignore[return-value]
    return None


def is_fixture(function: FunctionValue) -> bool:
    return declaration(function) is not None


def _keywords(node: Any) -> dict[str, Any]:
    if type(node) is not s.Call:
        return {}
    found = {argument.keyword: argument.value for argument in node.args if argument.keyword is not None}
    if node.args and node.args[0].keyword is None and not node.args[0].star:
        found.setdefault("scope", node.args[0].value)
    return found
