"""The HTTP errors that a route may answer with: raised by itself, by what it calls, by its dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project import failures
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.functions import paired
from fastapi_lint.project.interpreting.values import (
    Arguments,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Value,
    known_members,
)
from fastapi_lint.project.serving.contract import status_code

if TYPE_CHECKING:
    from fastapi_lint.project import Project, Route

HTTP_EXCEPTION = failures.HTTP_EXCEPTION
DEEPEST = 6
"""How many calls are followed."""


class Error(NamedTuple):
    """An HTTP error that leaves a function. `code`: its status, or the name of the parameter that the function takes it from."""

    code: int | str
    place: Anchor
    kind: ClassDefinition | str


def raised_by(project: Project, route: Route) -> Iterator[tuple[int, Anchor]]:
    """Each status code with the place where it is raised, the route's own first."""
    raised = _of_project(project)
    functions = [route.function] if route.function is not None else []
    served = project.served(route)
    found = project.dependencies.of_operation(served[0]) if served else project.dependencies.of_route(route)
    functions += [one.function for top in found or () for one in top.walk() if one.function is not None]
    for function in functions:
        for error in raised.by(function):
            if isinstance(error.code, int):
                yield error.code, error.place


def raised_by_handler(project: Project, route: Route) -> Iterator[tuple[int, Anchor]]:
    """Those of the handler and what it calls, without its dependencies."""
    for error in _of_project(project).by(route.function) if route.function is not None else ():
        if isinstance(error.code, int):
            yield error.code, error.place


def _of_project(project: Project) -> Raised:
    found = project.__dict__.get("raised")
    if not isinstance(found, Raised):
        found = project.__dict__["raised"] = Raised(project)
    return found


class Raised:
    """What leaves each function, worked out once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[FunctionDefinition, tuple[Error, ...]] = {}
        self._running: list[FunctionDefinition] = []

    def by(self, function: FunctionValue) -> tuple[Error, ...]:
        definition = function.definition
        found = self._known.get(definition)
        if found is not None:
            return found
        if definition in self._running or len(self._running) > DEEPEST:
            return ()
        self._running.append(definition)
        found = self._known[definition] = tuple(dict.fromkeys(self._errors(function)))
        self._running.pop()
        return found

    def _errors(self, function: FunctionValue) -> Iterator[Error]:
        frame = self.project.it.analysis(function)
        sites = {site.node.at: site for site in frame.sites if site.kind == "call"}
        for node, around in _raises(function.definition.node.body, ()):
            for error in self._thrown(function, frame, sites, node.exception):
                if self._escapes(frame, error, around):
                    yield error
        for site in frame.sites:
            if site.kind in ("call", "property"):
                for error in self._called(function, site):
                    if self._escapes(frame, error, site.handlers):
                        yield error

    # ---- what a `raise` throws ----------------------------------------------------------------------------------------------

    def _thrown(self, function: FunctionValue, frame: Frame, sites: dict[int, CallSite], node: Any) -> Iterator[Error]:
        site = sites.get(node.at)
        if site is not None:
            for callee in known_members(site.callee):
                kind = _class(callee)
                if kind is not None:
                    yield from self._made(function, kind, site.arguments, site.anchor, site.node)
                if type(callee) is FunctionValue:
                    yield from self._instances(self.project.it.analysis(callee).returned(), site.anchor)
        elif type(node) in (s.Name, s.Attribute):
            value = self.project.it.evaluate(frame, node)
            yield from self._instances(value, frame.anchor(node))
            for member in known_members(value):
                kind = _class(member)
                if kind is not None:
                    yield from self._made(function, kind, Arguments((), {}), frame.anchor(node), None)

    def _instances(self, value: Value | None, place: Anchor) -> Iterator[Error]:
        """The errors among values that were made before."""
        for member in known_members(value) if value is not None else ():
            if type(member) is Instance and member.made is not None:
                yield from self._made(None, member.cls, member.made, place, None)

    def _made(
        self, function: FunctionValue | None, kind: ClassDefinition | str, made: Arguments, place: Anchor, node: Any
    ) -> Iterator[Error]:
        """The errors that a class of HTTP errors makes of its arguments."""
        if not self.project.it.is_subclass(kind, HTTP_EXCEPTION):
            return
        if isinstance(kind, ClassDefinition) and classes.member(kind, "__init__") is not None:
            for code in self._own(kind):
                yield Error(code, place, kind)
            return
        given = made.get("status_code", 0)
        if given is None and isinstance(kind, ClassDefinition):
            for code in self._own(kind):
                yield Error(code, place, kind)
        for code in _codes(given):
            yield Error(code, place, kind)
        name = _name_of(node, "status_code", 0)
        if function is not None and name is not None and _is_parameter(function, name):
            yield Error(name, place, kind)

    def _own(self, definition: ClassDefinition) -> Iterator[int]:
        """The status codes that a class hands to its base, or has as an attribute."""
        attribute = classes.member(definition, "status_code")
        fixed = list(_codes(attribute[1])) if attribute is not None else []
        yield from fixed
        found = classes.member(definition, "__init__")
        if fixed or found is None or type(found[1]) is not FunctionValue:
            return
        made = found[1].bound(Instance(definition))
        for site in self.project.it.analysis(made).sites:
            if type(site.node) is s.Call and type(site.node.func) is s.Attribute and site.node.func.attr == "__init__":
                yield from _codes(site.arguments.get("status_code", 0))

    # ---- what a call throws --------------------------------------------------------------------------------------------------

    def _called(self, function: FunctionValue, site: CallSite) -> Iterator[Error]:
        for callee in known_members(site.callee):
            if type(callee) is ClassValue:
                found = classes.member(callee.definition, "__init__")
                callee = found[1] if found is not None else callee
            if type(callee) is not FunctionValue:
                continue
            for error in self.by(callee):
                if isinstance(error.code, int):
                    yield error
                else:
                    yield from self._filled_in(function, callee, site, error)

    def _filled_in(
        self, function: FunctionValue, callee: FunctionValue, site: CallSite, error: Error
    ) -> Iterator[Error]:
        """The errors of a function that takes the status code as a parameter."""
        name = str(error.code)
        given = dict(paired(callee, site.arguments)).get(name)
        if given is None:
            given = self.project.it.studies.signature(callee).defaults.get(name)
        for code in _codes(given):
            yield error._replace(code=code, place=site.anchor)
        parameters = [p.name for p in callee.definition.node.parameters]
        position = parameters.index(name) - (callee.receiver is not None)
        own = _name_of(site.node, name, position)
        if own is not None and _is_parameter(function, own):
            yield error._replace(code=own, place=site.anchor)

    # ---- what catches it -----------------------------------------------------------------------------------------------------

    def _escapes(self, frame: Frame, error: Error, around: Iterable[s.Try]) -> bool:
        """Whether no `try` around a place keeps an error; one that catches what is unknown may."""
        for one in reversed(tuple(around)):
            for handler in one.handlers:
                kinds = failures.caught(self.project, frame, handler)
                if kinds is None or kinds == () or any(self._is_caught_by(error.kind, kind) for kind in kinds):
                    if not _passes_on(handler):
                        return False
                    break
        return True

    def _is_caught_by(self, raised: ClassDefinition | str, kind: Value) -> bool:
        if type(kind) is ClassValue:
            return isinstance(raised, ClassDefinition) and kind.definition in classes.ancestors(raised)
        if type(kind) is External:
            return kind.name in failures.BROAD or self.project.it.is_subclass(raised, kind.name)
        return True


def _raises(body: tuple[s.Statement, ...], around: tuple[s.Try, ...]) -> Iterator[tuple[s.Raise, tuple[s.Try, ...]]]:
    """The `raise` statements of a function, each with the `try` statements around it, innermost last."""
    for node in body:
        match node:
            case s.Raise(exception=exception) if exception is not None:
                yield node, around
            case s.Try():
                yield from _raises(node.body, (*around, node))
                for inner in (*(handler.body for handler in node.handlers), node.orelse, node.final):
                    yield from _raises(inner, around)
            case s.If() | s.For() | s.While():
                yield from _raises((*node.body, *node.orelse), around)
            case s.With():
                yield from _raises(node.body, around)
            case s.Match():
                for case in node.cases:
                    yield from _raises(case.body, around)


def _passes_on(handler: s.Handler) -> bool:
    """Whether a clause raises again what it caught, under some condition at least."""
    for node in s.walk(*handler.body):
        if type(node) is s.Raise:
            raised = node.exception
            if raised is None or (type(raised) is s.Name and raised.id == handler.name):
                return True
    return False


def _class(callee: Value) -> ClassDefinition | str | None:
    if type(callee) is ClassValue:
        return callee.definition
    return callee.name if type(callee) is External else None


def _is_parameter(function: FunctionValue, name: str) -> bool:
    return any(parameter.name == name for parameter in function.definition.node.parameters)


def _name_of(call: Any, keyword: str, position: int) -> str | None:
    """The variable that a call is given as the argument of that keyword or at that 0-based position."""
    if type(call) is not s.Call:
        return None
    node = next((argument.value for argument in call.args if argument.keyword == keyword), None)
    if node is None and position < len(call.args) and call.args[position].keyword is None:
        node = call.args[position].value
    return node.id if type(node) is s.Name else None


def _codes(value: Value | None) -> Iterator[int]:
    """The status codes of an error that a value is or may be."""
    for member in known_members(value) if value is not None else ():
        if type(member) is Const and member.origin not in ("literal", "parameter default"):
            continue
        code = status_code(member)
        if code is not None and 400 <= code < 600:
            yield code
