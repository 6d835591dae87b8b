"""What the linter says that an application serves, in the same terms as `running`. A question mark stands for what it does not know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi_lint.project import Operation, Project
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.values import (
    Arguments,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Method,
    Partial,
    Value,
    members,
)
from fastapi_lint.project.serving.application import Application
from fastapi_lint.project.serving.contract import Contracts
from fastapi_lint.project.serving.dependencies import Dependency
from fastapi_lint.reading.locate import Locator

UNKNOWN = "?"
MOST_CHOICES = 8


class Described:
    """The applications of a project by module and name."""

    def __init__(self, project: Project, root: Path) -> None:
        self.project = project
        self.root = root
        self.contracts = Contracts(project)
        self.otherwise = SwitchedOff(project)
        self.choices = [Chosen(project, choice) for choice in range(MOST_CHOICES)]
        self.locator = Locator(lambda path: project.index.module(path).source)  # type: ignore[union-attr]

    def applications(self, file: str, names: list[str]) -> dict[str, list[dict[str, Any]]]:
        """Those that a module holds under these names; a name may end in `()` for a factory."""
        return {
            name: list(self.operations(found)) for name in names if (found := self._application(file, name)) is not None
        }

    def _application(self, file: str, name: str) -> Application | None:
        module = self.project.index.module(file)
        if module is None:
            return None
        value = self.project.it.module_attribute(module, name.removesuffix("()"))
        if name.endswith("()") and type(value) is FunctionValue:
            value = self.project.it.studies.call(self.project.module_frame(module), value, Arguments((), {}))
        made = [member for member in members(value) if type(member) is Instance and member.made is not None]
        return next((a for a in self.project.applications for m in made if self._is_same(a.instance, m)), None)

    def _is_same(self, known: Instance, made: Instance) -> bool:
        """Whether it is this object, or one that an earlier run of the same factory made."""
        return known is made or (made.site is not None and made.site == known.site)

    def operations(self, application: Application) -> Iterator[dict[str, Any]]:
        """The operations; one without a handler stands for others that we know to be missing."""
        for operation in application.operations:
            found = self._operation(operation, self.contracts)
            tops = self.contracts.dependencies(operation) or ()
            found["otherwise"] = []
            if any(one.is_conditional for one in tops):
                found["otherwise"].append(self._operation(operation, self.otherwise))
            most = max((len(one.alternatives) for top in tops for one in top.reach()), default=0)
            found["otherwise"] += [self._operation(operation, chosen) for chosen in self.choices[:most]]
            yield found
        if application.unresolved:
            yield {"method": UNKNOWN, "path": UNKNOWN, "handler": None, "line": None}

    def _operation(self, operation: Operation, contracts: Contracts) -> dict[str, Any]:
        handler = operation.route.function
        dependencies = contracts.dependencies(operation)
        response = contracts.response(operation)
        return {
            "conditional": operation.conditional,
            "method": operation.method or UNKNOWN,
            "path": operation.path if operation.path is not None else UNKNOWN,
            "handler": name_of(operation.route.event.handler),
            "file": handler.definition.module.path if handler is not None else UNKNOWN,
            "line": self._line(handler) if handler is not None else UNKNOWN,
            "async": handler.definition.node.is_async if handler is not None else UNKNOWN,
            "status": known(contracts.status(operation)) if operation.method != "WEBSOCKET" else None,
            "dependencies": [tree(one) for one in dependencies] if dependencies is not None else UNKNOWN,
            "security": [
                [requirement.scheme, UNKNOWN if requirement.scopes is None else sorted(set(requirement.scopes))]
                for requirement in contracts.security(operation)
            ]
            if contracts.security_is_known(operation)
            else UNKNOWN,
            "parameters": self._parameters(operation, contracts),
            "response": self._response(response, operation),
        }

    def _response(self, response: Any, operation: Operation) -> Any:
        if operation.method == "WEBSOCKET" or response is None:
            return None
        return UNKNOWN if response.fields is None else [known(name) for name in response.names]

    def _line(self, function: FunctionValue) -> int:
        return self.contracts.first_line(function.definition, self.locator)

    def _parameters(self, operation: Operation, contracts: Contracts) -> Any:
        taken = contracts.parameters(operation)
        found: dict[str, set[str]] = {}
        for parameter in taken if taken is not None else contracts.known_parameters(operation):
            if parameter.kind != "special":
                kind = UNKNOWN if parameter.kind == "unknown" else parameter.kind
                found.setdefault(kind, set()).update(known(name) for name in parameter.wire_names)
        if taken is None:
            found.setdefault(UNKNOWN, set())
        return {kind: sorted(names) for kind, names in sorted(found.items())}


class SwitchedOff(Contracts):
    """Without the dependencies that a switch may leave out."""

    def dependencies(self, operation: Operation) -> tuple[Dependency, ...] | None:
        found = super().dependencies(operation)
        return None if found is None else tuple(one for one in found if not one.is_conditional)


class Chosen(Contracts):
    """With one of the alternatives in the place of each dependency that a switch decides, always the one at the same place."""

    def __init__(self, project: Project, choice: int) -> None:
        super().__init__(project)
        self.choice = choice

    def dependencies(self, operation: Operation) -> tuple[Dependency, ...] | None:
        found = super().dependencies(operation)
        return None if found is None else tuple(self._chosen(one) for one in found)

    def _chosen(self, dependency: Dependency) -> Dependency:
        if dependency.alternatives:
            return self._chosen(dependency.alternatives[min(self.choice, len(dependency.alternatives) - 1)])
        return replace(dependency, children=tuple(self._chosen(child) for child in dependency.children))


def known(value: Any) -> Any:
    return UNKNOWN if value is None else value


def name_of(call: Value) -> str:
    """What `running.name_of` calls it."""
    match call:
        case FunctionValue():
            return _place((call.wrapped or call).definition)
        case Partial():
            return name_of(call.func)
        case ClassValue(definition=definition) | Instance(cls=ClassDefinition() as definition):
            return _place(definition)
        case Instance(cls=str() as name) | External(name=name):
            return name.rpartition(".")[2]
        case Method():
            return call.name
    return UNKNOWN


def _place(definition: FunctionDefinition | ClassDefinition) -> str:
    name = definition.qualname.removeprefix(f"{definition.module.name}.")
    return f"{definition.module.path}:{name.replace('<locals>.', '')}"


def tree(dependency: Dependency) -> list[Any]:
    children: Any = [tree(child) for child in dependency.children]
    return [name_of(dependency.call), children if dependency.takes is not None else UNKNOWN]
