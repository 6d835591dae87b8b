"""What runs an asynchronous test: a marker, a mode, a fixture, a class of unittest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.modules import Module
from fastapi_lint.project.interpreting.values import External, FunctionValue, Value
from fastapi_lint.project.suite.collection import TestFunction, is_test_case, runs_coroutines

if TYPE_CHECKING:
    from fastapi_lint.project.suite import Suite

RUNNING = frozenset({"anyio", "asyncio", "trio", "asyncio_cooperative", "gen_test", "curio", "twisted", "tornado"})
BACKEND = "anyio_backend"
TRANSPARENT = (
    "pytest.mark.", "unittest.mock.patch", "mock.patch", "mock.mock.patch", "respx.", "freezegun.freeze_time", "time_machine.travel",
)  # fmt: skip
"""Decorators that leave a coroutine function one."""
HOOKS = re.compile(
    r"\bdef\s+pytest_(?:collection_modifyitems|pyfunc_call|pycollect_makeitem|itemcollected|generate_tests)\b"
)
MARK = re.compile(r"\bpytest\.mark\.(anyio|asyncio|trio)\b")


def is_run(suite: Suite, test: TestFunction) -> bool | None:
    """Whether something runs an asynchronous test; None where that cannot be known."""
    if test.cls is not None and is_test_case(test.cls):
        if test.function.definition.node.is_generator or not _is_known(test.function.definition.decorators):
            return None
        return runs_coroutines(test.cls) or (None if classes.has_unknown_base(test.cls) else False)
    if suite.settings(test.module).runs_async or test.function.definition.node.is_generator:
        return True
    marks = [*test.function.definition.decorators]
    for ancestor in classes.ancestors(test.cls) if test.cls is not None else ():
        if isinstance(ancestor, ClassDefinition):
            marks += ancestor.decorators
    if any(_runs(mark) for mark in marks):
        return True
    if test.cls is not None and classes.has_unknown_base(test.cls):
        return None
    if not _is_known(test.function.definition.decorators):
        return None
    for statement in _pytestmarks(suite, test):
        outcome = _of_statement(suite, test, statement)
        if outcome is not False:
            return outcome
    if _asks_for_backend(suite, test):
        return True
    return None if any(module.has(HOOKS) for module in suite.collection.chain(test.module)) else False


def _runs(mark: Value) -> bool:
    return (
        isinstance(mark, External) and mark.name.startswith("pytest.mark.") and mark.name.rpartition(".")[2] in RUNNING
    )


def _is_known(decorators: tuple[Value, ...]) -> bool:
    return all(isinstance(one, External) and f"{one.name}.".startswith(TRANSPARENT) for one in decorators)


# ---- pytestmark -----------------------------------------------------------------------------------------------------------------


def _pytestmarks(suite: Suite, test: TestFunction) -> Iterator[Any]:
    """What is assigned to `pytestmark`, in the module, its packages and the test's classes."""
    for module in (test.module, *_packages(suite, test.module)):
        if module.has("pytestmark"):
            for index, chunk in enumerate(module.chunks):
                if chunk.kind == "other" and module.has("pytestmark", index):
                    yield from _assigned(module.unit(index).statements)
    for ancestor in classes.ancestors(test.cls) if test.cls is not None else ():
        if isinstance(ancestor, ClassDefinition):
            yield from _assigned(ancestor.node.body)


def _packages(suite: Suite, module: Module) -> Iterator[Module]:
    directory = module.path.rpartition("/")[0]
    while directory in suite.project.index.packages:
        package = suite.project.index.module(f"{directory}/__init__.py" if directory else "__init__.py")
        if package is not None:
            yield package
        if not directory:
            return
        directory = directory.rpartition("/")[0]


def _assigned(statements: tuple[Any, ...]) -> Iterator[Any]:
    for node in s.walk(*statements):
        targets: tuple[Any, ...] = ()
        if isinstance(node, s.Assign):
            targets = node.targets
        elif isinstance(node, (s.AnnotatedAssign, s.AugmentedAssign)):
            targets = (node.target,)
        if any(type(target) is s.Name and target.id == "pytestmark" for target in targets):
            yield node.value  # type: ignore[attr-defined]


def _of_statement(suite: Suite, test: TestFunction, value: Any) -> bool | None:
    """Whether the marks of a list run the test; None where one of them is not known."""
    unknown = False
    frame = suite.project.module_frame(test.module)
    for item in value.items if isinstance(value, s.Collection) else (value,):
        named = item.func if isinstance(item, s.Call) else item
        mark = suite.project.it.evaluate(frame, named) if isinstance(named, (s.Name, s.Attribute)) else None
        if mark is not None and _runs(mark):
            return True
        if "usefixtures" in _names(item) and any(one == BACKEND for one in _texts(item)):
            return True
        unknown = unknown or not (isinstance(mark, External) and mark.name.startswith("pytest.mark."))
    return None if unknown else False


def _names(node: Any) -> set[str]:
    return {one.attr for one in s.walk(node) if isinstance(one, s.Attribute)}


def _texts(node: Any) -> Iterator[object]:
    yield from (one.value for one in s.walk(node) if isinstance(one, s.Constant))


# ---- fixtures -------------------------------------------------------------------------------------------------------------------


def _asks_for_backend(suite: Suite, test: TestFunction) -> bool:
    """Whether AnyIO's plugin runs the test since it, or a fixture of it, asks for the backend."""
    wanted = [parameter.name for parameter in test.function.definition.node.parameters]
    wanted += [str(text) for node in _decorators(test) if "usefixtures" in _names(node) for text in _texts(node)]
    wanted += [fixture.name for fixture in suite.collection.automatic(test.module, test.cls)]
    seen: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name == BACKEND or name.startswith("anyio_"):
            return True
        if name in seen:
            continue
        seen.add(name)
        fixture = suite.collection.find(name, test.module, test.cls)
        if fixture is not None:
            wanted += [parameter.name for parameter in fixture.function.definition.node.parameters]
    return False


def _decorators(test: TestFunction) -> Iterator[Any]:
    yield from test.function.definition.node.decorators
    for ancestor in classes.ancestors(test.cls) if test.cls is not None else ():
        if isinstance(ancestor, ClassDefinition):
            yield from ancestor.node.decorators


# ---- which marker -----------------------------------------------------------------------------------------------------------------


def marker(suite: Suite, test: TestFunction) -> tuple[str, bool]:
    """The marker that a test should have, and whether the project tells: the module's own tests, then others, then what it installs."""
    used = test.module.all(MARK)
    if not used:
        used = [name for module in suite.modules for name in module.all(MARK)]
    if used:
        return max(sorted(set(used)), key=used.count), True
    plugins = suite.settings(test.module).plugins
    if plugins:
        return sorted(plugins)[0], len(plugins) == 1
    backend = suite.collection.find(BACKEND, test.module, test.cls)
    return "anyio", backend is not None and type(backend.function) is FunctionValue
