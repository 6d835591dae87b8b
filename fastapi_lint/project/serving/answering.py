"""The middleware of an application, from outside in, and which of it answers requests by itself.

What is added last is the outermost. Middleware answers by itself where it makes a response without asking what is inside, or after that
has failed; what it makes of the inner response is no answer of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.modules import chunk_of
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    Arguments,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Sequence,
    Value,
    members,
)

if TYPE_CHECKING:
    from fastapi_lint.project import Project

RESPONSE = "starlette.responses.Response"
ANSWERING = frozenset({"HTTPSRedirectMiddleware", "SlowAPIASGIMiddleware", "SlowAPIMiddleware"})
"""Middleware of libraries that answers requests which a browser sends for a page."""
AUTHENTICATION = "AuthenticationMiddleware"
"""Starlette's: it answers where its backend raises `AuthenticationError`."""
PROBE = re.compile(r"health|ready|live|ping|metrics|favicon", re.IGNORECASE)
GONE = re.compile(r"Disconnect|Cancel")
REFUSAL = re.compile(r"\braise\s+(?:[\w.]+\.)?AuthenticationError\b")


@dataclass(frozen=True, slots=True)
class Layer:
    """One middleware. `added`: by a call or decorator after the application was made, in its order; else it stood in the list."""

    value: Value
    name: str
    site: Anchor | None
    arguments: Arguments
    added: int | None = None


def layers(project: Project, application: Instance) -> list[Layer]:
    """What stands around an application, the outermost first."""
    added = [
        _layer(event.handler, event.site, event.arguments, event.order)
        for event in application.events or ()
        if event.kind == "middleware"
    ]
    return [*reversed(added), *_listed(project.it.routing.setting(application, "middleware"))]


def _listed(given: Value | None) -> Iterator[Layer]:
    for item in (given.items or ()) if type(given) is Sequence else ():
        if type(item) is Instance and item.made is not None:
            yield _layer(item.made.get("cls", 0) or UNKNOWN, item.site, item.made)


def _layer(value: Value, site: Anchor | None, arguments: Arguments, added: int | None = None) -> Layer:
    """Of `BaseHTTPMiddleware` with `dispatch=`, the function is what matters."""
    given = arguments.keywords.get("dispatch")
    if type(value) is External and value.name.endswith(".BaseHTTPMiddleware") and given is not None:
        value = given
    return Layer(value, _name(value), site, arguments, added)


def _name(value: Value) -> str:
    if type(value) is External:
        return value.name.rpartition(".")[2]
    if type(value) is ClassValue or type(value) is FunctionValue:
        return value.definition.name
    return ""


def answer(project: Project, layer: Layer) -> Anchor | None:
    """Where a middleware answers by itself; None where it does not, or where that is not known."""
    value = layer.value
    if type(value) is External:
        if layer.name == AUTHENTICATION:
            return layer.site if _refuses(layer.arguments.get("backend", 1)) else None
        return layer.site if layer.name in ANSWERING else None
    if type(value) is FunctionValue:
        return _of_dispatch(project, value, 1)
    if type(value) is not ClassValue:
        return None
    receiver = project.it.prototype(value.definition)
    for name, position in (("dispatch", 2), ("__call__", 0)):
        found = classes.member(value.definition, name)
        if found is not None and type(found[1]) is FunctionValue:
            bound = found[1].bound(receiver)
            return _of_dispatch(project, bound, position) if position else _of_call(project, bound)
    return None


def _refuses(backend: Value | None) -> bool:
    if type(backend) is not Instance or isinstance(backend.cls, str):
        return False
    return backend.cls.module.has(REFUSAL, chunk_of(backend.cls.node.at))


def _of_dispatch(project: Project, function: FunctionValue, position: int) -> Anchor | None:
    """Of `(request, call_next)`: a response that is returned before the inner application was asked, or where that failed."""
    definition = function.definition
    if len(definition.node.parameters) <= position:
        return None
    inner = definition.node.parameters[position].name
    asked = _asked(definition, inner)
    frame = project.it.analysis(function)
    by_helpers = {site.node.at for site in frame.sites if type(site.callee) is FunctionValue}
    idle = {id(node) for node in _idle(definition)}
    for node, value in frame.returns:
        if id(node) in idle:
            continue
        called = node.value.value if type(node.value) is s.Await else node.value
        if not any(_is_response(project, one, by_helper=_at(called) in by_helpers) for one in members(value)):
            continue
        if _is_after_failure(definition, node, inner) or not any(at < node.at for at in asked):
            return Anchor(definition.module.path, node.at)
    return None


def _idle(definition: FunctionDefinition) -> Iterator[s.Node]:
    """What no page sees: answers to those who only ask whether the server is alive, or who have gone."""
    for node in s.walk(*definition.node.body):
        if type(node) is s.Try:
            for handler in node.handlers:
                caught = s.walk(handler.caught) if handler.caught is not None else ()
                if any(GONE.search(getattr(one, "id", getattr(one, "attr", ""))) for one in caught):
                    yield from s.walk(*handler.body)
        if type(node) is s.If:
            words = [
                str(one.value) if type(one) is s.Constant else getattr(one, "id", getattr(one, "attr", ""))
                for one in s.walk(node.test)
            ]
            if any(PROBE.search(word) for word in words):
                yield from s.walk(*node.body)


def _asked(definition: FunctionDefinition, inner: str) -> list[int]:
    """Where the function goes on after it asked the inner application."""
    returned = {
        one.at
        for node in s.walk(*definition.node.body)
        if type(node) is s.Return and node.value is not None
        for one in s.walk(node.value)
    }
    return [node.at for node in s.walk(*definition.node.body) if _is_call_of(node, inner) and node.at not in returned]


def _is_call_of(node: Any, name: str) -> bool:
    return type(node) is s.Call and type(node.func) is s.Name and node.func.id == name


def _is_after_failure(definition: FunctionDefinition, node: s.Node, inner: str) -> bool:
    return any(
        any(_is_call_of(one, inner) for one in s.walk(*tried.body))
        and any(one is node for handler in tried.handlers for one in s.walk(*handler.body))
        for tried in s.walk(*definition.node.body)
        if type(tried) is s.Try
    )


def _of_call(project: Project, function: FunctionValue) -> Anchor | None:
    """Of `(scope, receive, send)`: a response that is called, or a start that is sent."""
    definition = function.definition
    names = [parameter.name for parameter in definition.node.parameters]
    for site in project.it.analysis(function).sites:
        if site.kind != "call" or type(site.node) is not s.Call:
            continue
        called = any(type(one) is Instance and _is_response(project, one) for one in members(site.callee))
        if called and len(site.node.args) == 3:
            return site.anchor
        if len(names) == 4 and _is_call_of(site.node, names[3]) and _starts(site.node):
            return site.anchor
    return None


def _starts(node: s.Call) -> bool:
    return any(
        type(one) is s.Constant and one.value == "http.response.start"
        for argument in node.args
        for one in s.walk(argument.value)
    )


def _at(node: s.Expression | None) -> int:
    return node.at if node is not None else -1


def _is_response(project: Project, value: Value, *, by_helper: bool = False) -> bool:
    """Whether a value is a response that the project itself made, here or in a function."""
    if type(value) is not Instance or (value.made is None and not by_helper):
        return False
    names = (value.cls,) if isinstance(value.cls, str) else classes.externals(value.cls)
    return any(project.library.is_subclass(name, RESPONSE) for name in names)
