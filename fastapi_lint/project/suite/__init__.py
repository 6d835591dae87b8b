"""The project's tests: what pytest would run, which requests are made, and what answers them.

Tests are read last and change nothing of what is known of the project: what they do to applications is undone.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.modules import Module, chunk_of
from fastapi_lint.project.interpreting.values import FunctionValue, Instance, Method, Value, members
from fastapi_lint.project.serving.application import Application, Operation
from fastapi_lint.project.suite import pytest_settings
from fastapi_lint.project.suite.answering import Answer, Served, served
from fastapi_lint.project.suite.calls_made import REQUESTS, Caller, TestCall
from fastapi_lint.project.suite.clients import Client, Clients
from fastapi_lint.project.suite.collection import Collection, Fixture, TestFunction
from fastapi_lint.project.suite.overrides import Overrides
from fastapi_lint.project.suite.pytest_settings import PytestSettings
from fastapi_lint.project.suite.responses_used import called
from fastapi_lint.project.suite.trials import Trials

if TYPE_CHECKING:
    from fastapi_lint.project import Project

RELEVANT = re.compile(
    rf"{REQUESTS.pattern}|\b(?:TestClient|AsyncClient|dependency_overrides)\b|\basync\s+def\s+test|\bpytest_plugins\b"
)
"""Text without which a test module has nothing to do with the application's requests."""
STUDIED = re.compile(rf"{REQUESTS.pattern}|\b(?:TestClient|AsyncClient|dependency_overrides)\b")
DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
MOST_APPLICATIONS = 20
"""In a project with more, a request by an unknown client says nothing of any of them."""
CHECKING = re.compile(r"(?:assert|check|verify|expect|raises|warns|fail$)", re.IGNORECASE)
ASSERTING = re.compile(r"\bassert|\braise\b|raise_for_status")
NOTHING = re.compile(r"(?!)")


class Suite:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.collection = Collection(project)
        self.clients = Clients(project)
        self.trials = Trials(project, self.collection)
        self.caller = Caller(self)
        self._settings: dict[Path, PytestSettings] = {}
        self._served: dict[int, tuple[tuple[int, ...], Served]] = {}
        self._extents = {id(one.instance): _extent(one) for one in project.applications}
        self._frames: list[tuple[TestFunction, Frame]] = []

    # ---- what there is --------------------------------------------------------------------------------------------------------

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """The test modules that may have to do with requests, by path; those that `conftest.py` files are left to their tests."""
        index = self.project.index
        found: list[Module] = []
        for path in sorted(index.paths):
            if self.project.is_test(path) and index.mentions(path, RELEVANT):
                module = index.module(path)
                if module is not None:
                    found.append(module)
        return tuple(found)

    def settings(self, module: Module) -> PytestSettings:
        return self._settings_of(Path(os.path.abspath(posixpath.dirname(module.path) or ".")))

    def _settings_of(self, directory: Path) -> PytestSettings:
        found = self._settings.get(directory)
        if found is None:
            above = directory.parent
            if above != directory and pytest_settings.is_silent(directory):
                found = self._settings_of(above)
            else:
                found = pytest_settings.found(directory)
            self._settings[directory] = found
        return found

    @cached_property
    def requesting(self) -> re.Pattern[str]:
        """The names of functions in test modules that make requests, by themselves or through one another: not tests, nor fixtures."""
        names: set[str] = set()
        for module in self.modules:
            for index, chunk in enumerate(module.chunks):
                if chunk.kind != "other" and not chunk.name.startswith("test") and module.has(REQUESTS, index):
                    names.update(module.all(DEFINED, index) if chunk.kind == "class" else (chunk.name,))
        names = {name for name in names if not name.startswith(("test", "__"))}
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\(") if names else NOTHING

    def is_test_module(self, module: Module) -> bool:
        return self.settings(module).is_test_file(module.path)

    @cached_property
    def async_tests(self) -> tuple[TestFunction, ...]:
        """The asynchronous tests of the project."""
        found = re.compile(r"\basync\s+def\s+\w")
        return tuple(
            test
            for module in self.modules
            if self.is_test_module(module) and module.has(found)
            for test in self.collection.tests(module, found)
            if test.is_async
        )

    # ---- what is run ------------------------------------------------------------------------------------------------------------

    @cached_property
    def calls(self) -> tuple[TestCall, ...]:
        """The requests that tests and fixtures make, each place and path once, by place."""
        found: dict[tuple[Anchor, Anchor, str | None, tuple[str, ...] | None, bool], TestCall] = {}
        with self.trials.apart():
            for module in self.modules:
                for call in self._of_module(module):
                    key = (call.site.anchor, call.place, call.method, call.paths, call.use.is_looked_at)
                    found.setdefault(key, call)
        return tuple(sorted(found.values(), key=lambda call: (call.place, call.site.anchor)))

    @cached_property
    def frames(self) -> tuple[tuple[TestFunction, Frame], ...]:
        """Each test, fixture and set-up method that was run, with what happened in it."""
        _ = self.calls
        return tuple(self._frames)

    @cached_property
    def entered(self) -> frozenset[Anchor]:
        """The calls that make the clients, or whatever else, that some test, fixture or module enters: by `with` or an exit stack."""
        _ = self.calls
        sites = list(self.caller.entered)
        for module in self.modules:
            sites += self.project.module_frame(module).sites
        return frozenset(one.site for site in sites for one in _entered(site) if one.site is not None)

    def _of_module(self, module: Module) -> Iterator[TestCall]:
        done = len(self.trials.fixtures)
        wanted = STUDIED
        if self.requesting is not NOTHING:
            wanted = re.compile(f"{STUDIED.pattern}|{self.requesting.pattern}")
        if self.is_test_module(module):
            for test in list(self.collection.tests(module, wanted)):
                yield from self._of_test(test)
        for fixture in self.collection.of_module(module).values():
            if fixture.module is module and fixture.function.definition.module is module:
                self.trials.value(fixture, module, fixture.cls)
        for fixture, made, _ in list(self.trials.fixtures.values())[done:]:
            yield from self._of_frame(TestFunction(fixture.function, "fixture", fixture.module, fixture.cls), made)

    def _of_test(self, test: TestFunction) -> Iterator[TestCall]:
        for owner, frame in self.trials.prepare(test.module, test.cls):
            yield from self._of_frame(owner, frame)
        given = self.trials.given(test.function, test.module, test.cls)
        if not self.trials.builds(test.function.definition):
            yield from self._of_frame(test, self.trials.run(test.function, given))
            return
        with self.trials.apart():
            yield from self._of_frame(test, self.trials.run(test.function, given))

    def _of_frame(self, owner: TestFunction, frame: Frame) -> list[TestCall]:
        self._frames.append((owner, frame))
        return list(self.caller.calls(owner, frame))

    def checks_after(self, call: TestCall) -> bool:
        """Whether a test checks something behind a request of its own: by `assert` or a method of that name, or in a function that it calls."""
        definition = call.test.function.definition
        for node in self.caller.body(definition).behind(call.site.node):
            if type(node) is s.Assert or (type(node) is s.Raise):
                return True
            if isinstance(node, s.Call) and CHECKING.match(called(node)):
                return True
        behind = {id(node) for node in self.caller.body(definition).behind(call.site.node)}
        sites = [site for test, frame in self._frames if test.function.definition is definition for site in frame.sites]
        return any(
            one.definition.module.has(ASSERTING, chunk_of(one.definition.node.at))
            for site in sites
            if id(site.node) in behind
            for one in members(site.callee)
            if type(one) is FunctionValue and self.project.is_test(one.definition.module.path)
        )

    # ---- what answers -------------------------------------------------------------------------------------------------------------

    def applications_of(self, client: Client | None) -> tuple[tuple[Served, ...], bool]:
        """The applications that a client may send to, and whether that is known; all that the project has where it is not."""
        made = client.applications if client is not None else ()
        everything = [one.instance for one in self.project.applications]
        found: list[Instance] = []
        for one in made:
            if any(other is one for other in everything) or one.events:
                found.append(one)
            else:
                found += [other for other in everything if other.site is not None and other.site == one.site]
        if not found and len(everything) > MOST_APPLICATIONS:
            return (), False
        return tuple(self.served(one) for one in found or everything), bool(found)

    def served(self, made: Instance) -> Served:
        """What an application serves just now."""
        known = self._served.get(id(made))
        if known is not None and _extent(known[1].application) == known[0]:
            return known[1]
        read = next((one for one in self.project.applications if one.instance is made), None)
        if read is None or _extent(read) != self._extents[id(made)]:
            read = self.project.model.application(made)
        found = served(self.project, read)
        self._served[id(made)] = (_extent(read), found)
        return found

    @cached_property
    def overrides(self) -> Overrides:
        return Overrides(self)

    @cached_property
    def tested(self) -> Tested:
        """Which operations are requested, and where."""
        return Tested(self)


def _extent(application: Application) -> tuple[int, ...]:
    """How much was done to the routers of an application."""
    routers = {id(one): one for o in application.operations for one in o.routers}
    routers.setdefault(id(application.instance), application.instance)
    return tuple(len(one.events or ()) for one in routers.values())


def _entered(site: CallSite) -> Iterator[Instance]:
    """What a `with`, or a call of `enter_context`, enters."""
    values: list[Value] = []
    if site.kind == "enter":
        values = [site.callee]
    elif type(site.node) is s.Call and type(site.node.func) is s.Attribute:
        if site.node.func.attr in ("enter_context", "enter_async_context"):
            values = list(site.arguments.positional[:1])
        elif site.node.func.attr in ("__enter__", "__aenter__") and type(site.callee) is Method:
            values = [site.callee.receiver]
    for value in values:
        yield from (one for one in members(value) if type(one) is Instance)


class Tested:
    """Which operations tests request, by where a route is registered: tests may make applications of their own of the same routers."""

    def __init__(self, suite: Suite) -> None:
        self._exact: dict[tuple[Anchor, str, str | None], list[TestCall]] = {}
        self._by_route: dict[tuple[Anchor, str], list[TestCall]] = {}
        self._sweeping: list[TestCall] = []
        for call in suite.calls:
            for operation in call.operations:
                key = _key(operation)
                self._exact.setdefault(key, []).append(call)
                self._by_route.setdefault(key[:2], []).append(call)
            if call.is_sweeping and call.client is not None:
                self._sweeping.append(call)

    def calls(self, operation: Operation) -> list[TestCall]:
        """The requests that an operation answers, by place; those to the same route of another application count as well."""
        key = _key(operation)
        others = self._by_route.get(key[:2], ())
        elsewhere = [call for call in others if operation.path is None or not _is_of(call, operation)]
        found = {id(call): call for call in (*self._exact.get(key, ()), *elsewhere)}
        return sorted(found.values(), key=lambda call: (call.place, call.site.anchor))

    def is_unclear(self, operation: Operation) -> bool:
        """Whether the path is not known, or some request goes to a path of which nothing is known, so that it may be this operation's."""
        return operation.path is None or any(
            call.method in (None, operation.method) and (not call.is_resolved or _is_of(call, operation))
            for call in self._sweeping
        )


def _is_of(call: TestCall, operation: Operation) -> bool:
    return any(one.instance is operation.application for one in call.applications)


def _key(operation: Operation) -> tuple[Anchor, str, str | None]:
    return (operation.route.site, operation.method, operation.path)


__all__ = ["Answer", "Client", "Fixture", "Served", "Suite", "TestCall", "TestFunction", "Tested"]
