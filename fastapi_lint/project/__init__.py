"""The project, linked: its modules, functions, routes and applications, and the questions that rules ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fastapi_lint.library import Library
from fastapi_lint.project.blocking import REPORTED, Blocking, Chain
from fastapi_lint.project.coroutine_names import CoroutineNames
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.importing import ModuleFrame
from fastapi_lint.project.interpreting.interpreter import Interpreter
from fastapi_lint.project.interpreting.modules import Module, ModuleIndex, chunk_of
from fastapi_lint.project.interpreting.values import NO_ARGUMENTS, Arguments, ClassValue, FunctionValue, Value, members
from fastapi_lint.project.serving.application import Application, Operation, Route
from fastapi_lint.project.serving.assembly import ApplicationModel
from fastapi_lint.project.serving.dependencies import Dependencies, Dependency
from fastapi_lint.project.versions import Versions
from fastapi_lint.reading.split import Chunk

if TYPE_CHECKING:
    from fastapi_lint.project.secrets import Exposure
    from fastapi_lint.project.suite import Suite

STUDIED = re.compile(
    r"async\s+def\b|[Ss]ecret|SECRET|[Pp]assw|PASSW|[Tt]oken|TOKEN|[Aa]pi_?[Kk]ey|API_?KEY|[Cc]redential|jwt|JWT|create_task|ensure_future|add_task"
    r"|create_(?:async_)?engine|connect\(|Client\(|from_url|Fernet|hmac|Serializer|compare_digest|add_middleware|://|_[Kk]ey\b|_KEY\b"
)
"""Text of a top-level definition in which rules look at each function."""
TEST_FILE = re.compile(r"(?:^|/)(?:tests?/|conftest\.py$|test_[^/]*\.py$|[^/]*_test\.py$)")


EXPOSING = re.compile(
    r"""(?:getenv|environ\.get|env|config)\(\s*["'][A-Z0-9_]*(?:SECRET|PASSW|TOKEN|KEY)[A-Z0-9_]*["']\s*(?:,\s*(?:default\s*=\s*)?|\)\s*or\s+)["'][^"']"""
)
"""Text that has a literal in the place of an environment variable which is called a secret."""
CLOSES_BEFORE_TASKS = ("0.106", "0.118")
"""From which FastAPI on `yield` dependencies are closed as soon as the response is made, and before which."""
FACTORY = re.compile(r"\b(?:FastAPI|Starlette)\(")


def _factories(module: Module) -> Iterator[Chunk]:
    """The top-level functions that make an application."""
    if module.has(FACTORY):
        for index, chunk in enumerate(module.chunks):
            if chunk.kind == "def" and module.has(FACTORY, index):
                yield chunk


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the project and the study of its body."""

    value: FunctionValue
    frame: Frame

    @property
    def definition(self) -> FunctionDefinition:
        return self.value.definition


class Project:
    """Everything that is known before the first rule runs."""

    def __init__(
        self, index: ModuleIndex, library: Library, seeds: list[str], versions: Versions | None = None
    ) -> None:
        self.index = index
        self.library = library
        self.versions = versions or Versions()
        self.it = Interpreter(index, library)
        self._tests: dict[str, bool] = {}
        self._of_interest: dict[tuple[str, int], bool] = {}
        for path in seeds:
            module = index.module(path)
            if module is not None:
                self.it.module_frame(module)
        self._run_callers()
        self._run_factories()
        self._run_lifespans()
        self._read_further()
        self._study()
        self.model = ApplicationModel(self.it, self.versions)
        self.dependencies = Dependencies(self.it)
        self._blocking: dict[frozenset[str], Blocking] = {}

    def _run_callers(self) -> None:
        """Modules that make an application by calling a factory need not mention the framework themselves."""
        names = [chunk.name for frame in self.it.importer.frames.values() for chunk in _factories(frame.module)]
        if names:
            calls = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(set(names))))})\(")
            for path in sorted(self.index.paths - set(self.it.importer.frames)):
                if self.index.mentions(path, calls):
                    module = self.index.module(path)
                    if module is not None:
                        self.it.module_frame(module)

    def _run_factories(self) -> None:
        """Functions that shape an application and that nothing at module level has called: a server calls them by name.

        Those of tests are left to `suite`: what they add to an application is not there when it is served.
        """
        for frame in list(self.it.importer.frames.values()):
            if self.is_test(frame.module.path):
                continue
            for name in [n for n, i in frame.waiting.items() if self.it.importer.chunk_shapes(frame.module, i)]:
                frame.local(name)
        for definition, function in list(self.it.functions.items()):
            plain = definition.parent is None and definition.owner is None and not definition.node.is_async
            if plain and not self.is_test(definition.module.path):
                shaping = self.it.importer.shapes_directly(definition)
                if shaping and definition not in self.it.studies.ran and not definition.node.is_generator:
                    self.it.studies.run(function.frame, function, NO_ARGUMENTS)

    def _run_lifespans(self) -> None:
        """Some applications are given their routes when they start."""
        for made in list(self.it.routing.made):
            lifespan = made.made.keywords.get("lifespan") if made.made is not None else None
            starting = [
                event.handler for event in made.events or () if event.kind == "lifecycle" and event.name == "startup"
            ]
            for function, given in [
                (lifespan, Arguments((made,), {})),
                *((handler, NO_ARGUMENTS) for handler in starting),
            ]:
                if type(function) is FunctionValue and self.it.importer.shapes(function.definition):
                    self.it.studies.run(self.it.module_frame(function.definition.module), function, given)

    def _read_further(self) -> None:
        """Modules that nothing imports, such as another framework's settings, may hold a secret of the application."""
        for path in sorted(self.index.paths - set(self.it.importer.frames)):
            if not self.is_test(path) and self.index.mentions(path, EXPOSING):
                module = self.index.module(path)
                if module is not None:
                    self.it.module_frame(module)

    def _study(self) -> None:
        self._coroutines = CoroutineNames(frame.module for frame in self.it.importer.frames.values())
        for frame in list(self.it.importer.frames.values()):
            for name in [n for n, i in frame.waiting.items() if self._is_of_interest(frame.module, i)]:
                frame.local(name)
        studied: set[FunctionDefinition] = set()
        while pending := [d for d in self.it.functions if d not in studied]:
            for definition in pending:
                studied.add(definition)
                if self._is_studied(definition):
                    self.it.analysis(self.it.functions[definition])

    def _is_studied(self, definition: FunctionDefinition) -> bool:
        if definition.node.is_async or definition.decorators:
            return True
        return self._is_of_interest(definition.module, chunk_of(definition.node.at))

    def _is_of_interest(self, module: Module, index: int) -> bool:
        key = (module.path, index)
        found = self._of_interest.get(key)
        if found is None:
            found = module.has(STUDIED, index) or self._coroutines.are_called_in(module, index)
            self._of_interest[key] = found
        return found

    # ---- what there is --------------------------------------------------------------------------------------------------------

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """The modules that were read, by path."""
        return tuple(frame.module for _, frame in sorted(self.it.importer.frames.items()))

    def module_frame(self, module: Module) -> ModuleFrame:
        return self.it.module_frame(module)

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """The functions that rules look at one by one: asynchronous ones, decorated ones, those whose text is of interest."""
        found = [
            Function(value, self.it.analysis(value))
            for definition, value in self.it.functions.items()
            if self._is_studied(definition)
        ]
        return tuple(sorted(found, key=lambda f: (f.definition.module.path, f.definition.node.at)))

    def function(self, value: FunctionValue) -> Function:
        return Function(value, self.it.analysis(value))

    @property
    def routes(self) -> list[Route]:
        return self.model.routes

    @property
    def applications(self) -> list[Application]:
        return self.model.applications

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        return tuple(operation for application in self.applications for operation in application.operations)

    @cached_property
    def handlers(self) -> dict[FunctionDefinition, Route]:
        """The route of each function that handles one; of a decorated one, the function that was decorated."""
        return {route.function.definition: route for route in self.routes if route.function is not None}

    @cached_property
    def dependency_functions(self) -> dict[FunctionDefinition, Dependency]:
        """The functions that FastAPI calls as dependencies, directly or not."""
        found: dict[FunctionDefinition, Dependency] = {}
        for dependency in self.walk_dependencies():
            if dependency.function is not None:
                found.setdefault(dependency.function.definition, dependency)
        return found

    @cached_property
    def _served(self) -> dict[int, list[Operation]]:
        found: dict[int, list[Operation]] = {}
        for operation in self.operations:
            found.setdefault(id(operation.route), []).append(operation)
        return found

    def served(self, route: Route) -> list[Operation]:
        """The operations that a route becomes; none where no application that we know includes its router."""
        return self._served.get(id(route), [])

    @cached_property
    def _awaited(self) -> set[FunctionDefinition]:
        return {
            member.definition
            for function in self.functions
            for site in function.frame.sites
            for member in members(site.callee)
            if type(member) is FunctionValue and member.definition is not function.definition
        }

    def is_awaited(self, definition: FunctionDefinition) -> bool:
        """Whether project code calls a function itself, rather than leaving that to FastAPI."""
        return definition in self._awaited

    @cached_property
    def lifecycle_functions(self) -> frozenset[FunctionDefinition]:
        """Lifespans and handlers of start-up and shut-down: they run when nobody is being served."""
        found: list[Value | None] = []
        for made in self.it.routing.made:
            found.append(made.made.keywords.get("lifespan") if made.made is not None else None)
            found += [event.handler for event in made.events or () if event.kind == "lifecycle"]
        return frozenset(value.definition for value in found if type(value) is FunctionValue)

    @property
    def closes_before_tasks(self) -> bool:
        """Whether this FastAPI is known to close `yield` dependencies before background tasks run."""
        since, before = CLOSES_BEFORE_TASKS
        return self.versions.fastapi.since(since) is True and self.versions.fastapi.before(before) is True

    def local_name(self, function: FunctionDefinition, definition: ClassDefinition) -> str | None:
        """The name by which a function's module knows a class where the function is defined; None where it does not, or later."""
        if definition.module is function.module and definition.node.at > function.node.at:
            return None
        for name, value in self.it.module_frame(function.module).env.items():
            if type(value) is ClassValue and value.definition is definition:
                return name
        return None

    def walk_dependencies(self) -> Iterator[Dependency]:
        """The dependencies of all operations, in whatever way switches stand."""
        for operation in self.operations:
            for dependency in self.dependencies.of_operation(operation) or ():
                yield from dependency.reach()
        for route in self.routes:
            for dependency in self.dependencies.of_route(route) or ():
                yield from dependency.reach()
        for dependency in self.dependencies.declared():
            yield from dependency.reach()

    def chain(self, site: CallSite, tiers: frozenset[str] = REPORTED) -> Chain | None:
        """How a call site holds up whoever runs it, by a call of one of these tiers."""
        found = self._blocking.get(tiers)
        if found is None:
            found = self._blocking[tiers] = Blocking(self.it, tiers)
        return found.chain(site)

    @cached_property
    def secrets(self) -> tuple[Exposure, ...]:
        """The secrets that the source gives away."""
        from fastapi_lint.project.secrets import exposures

        return exposures(self)

    @cached_property
    def suite(self) -> Suite:
        """The project's tests. They are read after all else, and so change nothing of it."""
        from fastapi_lint.project.suite import Suite

        _ = (self.modules, self.functions, self.handlers, self.dependency_functions, self._awaited, self._served)
        return Suite(self)

    def is_test(self, path: str) -> bool:
        found = self._tests.get(path)
        if found is None:
            found = self._tests[path] = TEST_FILE.search(path) is not None
        return found


__all__ = ["CallSite", "Chain", "ClassDefinition", "Function", "Module", "Operation", "Project", "Route"]
