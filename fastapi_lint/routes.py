"""The route table: what each application of a project serves, as plain data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project import Project
from fastapi_lint.project.describe import type_text
from fastapi_lint.project.interpreting.modules import Module, chunk_of
from fastapi_lint.project.interpreting.values import ClassValue, FunctionValue, Instance, Partial, Value, members
from fastapi_lint.project.models.fields import SchemaField
from fastapi_lint.project.models.schemas import fields, models
from fastapi_lint.project.serving.application import Application, Operation
from fastapi_lint.project.serving.authentication import Authenticated, Authentication
from fastapi_lint.project.serving.contract import Contracts
from fastapi_lint.project.serving.dependencies import Dependency
from fastapi_lint.project.serving.served import served
from fastapi_lint.reading.locate import Locator

if TYPE_CHECKING:
    from fastapi_lint.settings import Settings

NESTED = 4
"""How deep the fields of models are followed."""
AUTHENTICATED: dict[Authenticated, Any] = {
    Authenticated.YES: True, Authenticated.NO: False, Authenticated.UNKNOWN: None, Authenticated.MIDDLEWARE: "middleware",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """An application: the name by which a server imports it, and where that is bound (1-based line)."""

    module: str
    name: str | None
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A parameter of a request. `location` is `path`, `query`, `header`, `cookie`, `body`, `form`, `file` or None (unknown); `fields`: the types of a body
    model's fields by dotted name, required ones marked by `required`."""

    name: str | None
    location: str | None
    required: bool
    type: str | None
    fields: Mapping[str, tuple[str | None, bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A route. None means unknown; `unknown` names the columns of which None, or a list that lacks something, means that.

    `authenticated` is True, False, None or "middleware"; `tests` are `path:line`; `fields` are the response's types by dotted name.
    """

    application: Named
    method: str | None
    path: str | None
    handler: str | None
    symbol: str | None
    file: str
    line: int
    is_async: bool | None
    response_model: str | None
    fields: Mapping[str, tuple[str | None, bool]]
    status_code: int | None
    dependencies: tuple[str, ...]
    security: tuple[tuple[str, tuple[str, ...] | None], ...]
    parameters: tuple[Taken, ...]
    authenticated: Literal[True, False, "middleware"] | None
    tests: tuple[str, ...]
    conditional: bool
    unknown: frozenset[str]


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be resolved, and why. Line and column are 1-based."""

    path: str
    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Table:
    rows: tuple[Row, ...]
    unresolved: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which rows to show. `paths` are patterns (`/users/*`) or the beginnings of paths."""

    methods: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    unauthenticated: bool = False
    untested: bool = False

    def keeps(self, row: Row) -> bool:
        if self.methods and row.method not in {method.upper() for method in self.methods}:
            return False
        if self.paths and not any(_matches(row.path, pattern) for pattern in self.paths):
            return False
        if self.unauthenticated and row.authenticated is not False:
            return False
        return not (self.untested and (row.tests or "tests" in row.unknown))


def _matches(path: str | None, pattern: str) -> bool:
    if path is None:
        return False
    return fnmatchcase(path, pattern) if any(char in pattern for char in "*?[") else path.startswith(pattern)


# ---- the table ----------------------------------------------------------------------------------------------------------------


def table(project: Project, settings: Settings) -> Table:
    """Every application's routes, in the order in which it matches them."""
    return _Builder(project, settings).table()


class _Builder:
    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.contracts = Contracts(project)
        self.authentication = Authentication(project, self.contracts, settings.auth_dependencies)
        self.locator = Locator(lambda path: project.index.module(path).source)  # type: ignore[union-attr]

    def table(self) -> Table:
        rows: list[Row] = []
        gaps: dict[tuple[str, int, int, str], Gap] = {}
        for application in served(self.project):
            named = self._named(application)
            for operation in application.operations:
                rows.append(self._row(named, operation))
            for unresolved in application.unresolved:
                self._note(gaps, unresolved.site, unresolved.message)
            self._note_unknown_routes(gaps, application)
            for operation in application.operations:
                self._note_unknown_columns(gaps, operation)
        self._note_idle_routers(gaps)
        return Table(tuple(rows), tuple(gaps[key] for key in sorted(gaps)))

    def _row(self, named: Named, operation: Operation) -> Row:
        contracts, route = self.contracts, operation.route
        function = route.function
        response = contracts.response(operation) if operation.method != "WEBSOCKET" else None
        dependencies = contracts.dependencies(operation)
        parameters = contracts.parameters(operation)
        unknown = {
            name
            for name, value in (("dependencies", dependencies), ("parameters", parameters), ("path", operation.path))
            if value is None
        }
        if response is not None and response.fields is None:
            unknown.add("response_model")
        if not contracts.security_is_known(operation):
            unknown.add("security")
        tested = self.project.suite.tested
        tests = dict.fromkeys(self._line(call.place) for call in tested.calls(operation))
        if not tests and tested.is_unclear(operation):
            unknown.add("tests")
        site = self._position(route.site)
        return Row(
            named,
            operation.method,
            operation.path,
            function.definition.name if function is not None else None,
            function.definition.qualname if function is not None else None,
            function.definition.module.path if function is not None else route.site.path,
            contracts.first_line(function.definition, self.locator) if function is not None else site[0],
            function.definition.node.is_async if function is not None else None,
            type_text(response.model) if response is not None else None,
            self._flat(response.fields or (), requests=False) if response is not None else {},
            contracts.status(operation) if operation.method != "WEBSOCKET" else None,
            tuple(
                dict.fromkeys(
                    name for top in dependencies or () for one in top.walk() if (name := _called(one)) is not None
                )
            ),
            tuple((one.scheme, one.scopes) for one in contracts.security(operation)),
            tuple(self._taken(one) for one in contracts.known_parameters(operation) if one.kind != "special"),
            AUTHENTICATED[self.authentication.of(operation)],
            tuple(tests),
            operation.conditional,
            frozenset(unknown),
        )

    def _taken(self, parameter: Any) -> Taken:
        kind = None if parameter.kind == "unknown" else parameter.kind
        inner: Mapping[str, tuple[str | None, bool]] = {}
        shown = parameter.fields
        if shown is None and kind == "body" and parameter.annotation is not None:
            shown = tuple(
                one
                for model in models(self.project.it, parameter.annotation) or ()
                for one in fields(self.project.it, model) or ()
            )
        if shown is not None:
            inner = self._flat(shown, requests=True)
        kind_text = type_text(parameter.annotation) if parameter.annotation is not None else None
        return Taken(parameter.alias, kind, parameter.required, kind_text, inner)

    def _flat(self, shown: Iterable[SchemaField], *, requests: bool) -> dict[str, tuple[str | None, bool]]:
        """Fields by dotted name, those of nested models included: their types, and whether they are required."""
        found: dict[str, tuple[str | None, bool]] = {}
        self._flatten(shown, "", 0, found, requests=requests)
        return found

    def _flatten(
        self,
        shown: Iterable[SchemaField],
        prefix: str,
        depth: int,
        found: dict[str, tuple[str | None, bool]],
        *,
        requests: bool,
    ) -> None:
        for one in shown:
            wire = one.request_name if requests else one.response_name
            if one.is_computed if requests else one.excluded:
                continue
            name = f"{prefix}{wire or one.name}"
            found[name] = (type_text(one.type), one.required)
            if depth < NESTED:
                for model in models(self.project.it, one.type) or ():
                    self._flatten(fields(self.project.it, model) or (), f"{name}.", depth + 1, found, requests=requests)

    # ---- places -----------------------------------------------------------------------------------------------------------------

    def _line(self, anchor: Anchor) -> str:
        return f"{anchor.path}:{self._position(anchor)[0]}"

    def _position(self, anchor: Anchor) -> tuple[int, int]:
        found = self.locator.source(anchor.path).position(self.locator.span(anchor)[0])
        return found.line, found.column

    def _named(self, application: Application) -> Named:
        made = application.instance
        for frame in sorted(
            self.project.it.importer.frames.values(),
            key=lambda f: (made.site is None or f.module.path != made.site.path, f.module.path),
        ):
            for name, value in frame.env.items():
                if any(member is made for member in members(value)):
                    line = self._binding(frame.module, name)
                    if line is not None:
                        return Named(frame.module.name, name, frame.module.path, line)
        assert made.site is not None
        module = self.project.index.module(made.site.path)
        assert module is not None
        chunk = module.chunks[chunk_of(made.site.at)]
        return Named(module.name, chunk.name or None, module.path, self._position(made.site)[0])

    def _binding(self, module: Module, name: str) -> int | None:
        """The line of the statement at module level that assigns a name; None where an import binds it."""
        for index, chunk in enumerate(module.chunks):
            if chunk.kind == "other" and module.has(re.compile(rf"\b{re.escape(name)}\b"), index):
                for node in _assignments(module.unit(index).statements):
                    targets = node.targets if isinstance(node, s.Assign) else (node.target,)
                    if any(type(target) is s.Name and target.id == name for target in targets):
                        return self._position(Anchor(module.path, node.at))[0]
        return None

    # ---- gaps -------------------------------------------------------------------------------------------------------------------

    def _note(self, gaps: dict[tuple[str, int, int, str], Gap], site: Anchor, message: str) -> None:
        line, column = self._position(site)
        gaps.setdefault((site.path, line, column, message), Gap(site.path, line, column, message))

    def _note_unknown_routes(self, gaps: dict[tuple[str, int, int, str], Gap], application: Application) -> None:
        for operation in application.operations:
            route = operation.route
            if route.path is None:
                self._note(gaps, route.site, "the path is not known")
            if route.function is None:
                self._note(gaps, route.site, "the handler cannot be resolved")

    def _note_unknown_columns(self, gaps: dict[tuple[str, int, int, str], Gap], operation: Operation) -> None:
        """Say why a cell of the row is empty."""
        site = operation.route.site
        dependencies = self.contracts.dependencies(operation)
        if dependencies is None:
            self._note(gaps, site, "a list of dependencies cannot be resolved")
        for one in (one for top in dependencies or () for one in top.walk() if one.takes is None):
            name = _called(one)
            if one.alternatives and name:
                message = f"which of `{name}` is called cannot be told, and they take different parameters"
            else:
                message = f"what `{name}` takes is not known" if name else "what is depended on cannot be resolved"
            self._note(gaps, one.site or site, message)
        for parameter in self.contracts.known_parameters(operation):
            if parameter.kind == "unknown":
                self._note(gaps, parameter.site, f"where FastAPI takes `{parameter.name}` from is not known")
        if operation.method == "WEBSOCKET":
            return
        response = self.contracts.response(operation)
        if response is not None and response.fields is None:
            self._note(gaps, site, "the fields of the response model are not known")
        if self.contracts.status(operation) is None:
            self._note(gaps, site, "the status code is not known")

    def _note_idle_routers(self, gaps: dict[tuple[str, int, int, str], Gap]) -> None:
        reached = {
            id(router)
            for application in self.project.applications
            for o in application.operations
            for router in o.routers
        }
        handlers = {id(o.route.event.handler) for a in self.project.applications for o in a.operations}
        for router in self.project.it.routing.made:
            has_routes = any(
                event.kind in ("route", "websocket") and id(event.handler) not in handlers
                for event in router.events or ()
            )
            if (
                has_routes
                and id(router) not in reached
                and router.site is not None
                and not self.project.is_test(router.site.path)
            ):
                self._note(gaps, router.site, "no application that is known serves the routes of this router")
        for route in self.project.routes:
            if not route.methods:
                self._note(gaps, route.site, "the methods are not known")


def _assignments(statements: Iterable[Any]) -> Iterator[s.Assign | s.AnnotatedAssign]:
    for statement in statements:
        if type(statement) in (s.Assign, s.AnnotatedAssign):
            yield statement
        elif type(statement) is s.If:
            yield from _assignments((*statement.body, *statement.orelse))
        elif type(statement) in (s.Try, s.With):
            yield from _assignments(statement.body)


def _called(dependency: Dependency) -> str | None:
    """What a dependency calls; of several alternatives, all of them."""
    if dependency.alternatives:
        names = [_called(one) for one in dependency.alternatives]
        return None if None in names else " | ".join(str(name) for name in names)
    call: Value = dependency.call
    while type(call) is Partial:
        call = call.func
    match call:
        case FunctionValue():
            return (call.wrapped or call).definition.qualname
        case ClassValue():
            return call.definition.qualname
        case Instance():
            return call.class_name
    name = getattr(call, "qualname", None) or getattr(call, "name", None)
    return name if isinstance(name, str) else None
