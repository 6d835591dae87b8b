"""The requests that tests make: in their own bodies, in fixtures, and in the functions that these call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.definitions import FunctionDefinition, target_names
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.modules import chunk_of
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    Arguments,
    Const,
    External,
    FunctionValue,
    GeneratorValue,
    Instance,
    Method,
    Text,
    Union,
    Value,
    members,
    union,
)
from fastapi_lint.project.serving.application import Application, Operation
from fastapi_lint.project.serving.contract import status_code
from fastapi_lint.project.suite import request_paths
from fastapi_lint.project.suite.answering import Answer, Served, reversed_path
from fastapi_lint.project.suite.clients import VERBS, Client
from fastapi_lint.project.suite.collection import TestFunction
from fastapi_lint.project.suite.responses_used import Body, Use, use

if TYPE_CHECKING:
    from fastapi_lint.project.suite import Suite

REQUESTS = re.compile(r"\.(?:get|post|put|patch|delete|head|options|request|stream|websocket_connect)\(")
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"})
REAL = frozenset(
    {
        "httpx",
        "httpx.Client",
        "httpx.AsyncClient",
        "httpx2",
        "httpx2.Client",
        "httpx2.AsyncClient",
        "requests",
        "requests.Session",
    }
)
"""Clients that talk to a server, which may be the application's own."""
OURS = re.compile(
    r"(?:https?|wss?)://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|testserver|test|[\x00\x01])[^/]*/|/|[\x00\x01]"
)
"""The beginning of a URL that may be the application's."""
DEEPEST = 5
"""How many calls from a test its requests are followed."""
MOST_RUNS = 20_000
"""How many functions that tests call are run in all."""


@dataclass(frozen=True, slots=True, eq=False)
class TestCall:
    """A request of a test. `place` is where the test or fixture makes it, by itself or through functions that it calls; `site` is the call of
    the client. `client` is None where something is merely called as a client would be. `method` and `paths` are None where unknown;
    `answers` has one answer for each path. `use`: what is done with the response. `is_resolved`: the client and its application are known, so
    that `applications` are not just all that there are. `is_sweeping`: the path is a parameter or a loop's variable, of which nothing is known,
    or the application may be any of very many, so that the request may be made of many routes."""

    __test__ = False

    site: CallSite
    place: Anchor
    test: TestFunction
    client: Client | None
    method: str | None
    paths: tuple[str, ...] | None
    applications: tuple[Application, ...]
    answers: tuple[Answer, ...]
    use: Use
    is_resolved: bool
    is_sweeping: bool = False

    @property
    def operations(self) -> Iterator[Operation]:
        for answer in self.answers:
            yield from answer.operations


class Caller:
    """Reads the requests off the frames of tests."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.project = suite.project
        self.entered: list[CallSite] = []
        self._bodies: dict[FunctionDefinition, Body] = {}
        self._runs = 0

    def body(self, definition: FunctionDefinition) -> Body:
        found = self._bodies.get(definition)
        if found is None:
            found = self._bodies[definition] = Body(definition.node)
        return found

    def calls(self, test: TestFunction, frame: Frame) -> Iterator[TestCall]:
        yield from self._of_frame(test, frame, None, (), (frame.function,) if frame.function else ())

    def _of_frame(
        self,
        test: TestFunction,
        frame: Frame,
        place: Anchor | None,
        through: tuple[CallSite, ...],
        running: tuple[FunctionDefinition, ...],
    ) -> Iterator[TestCall]:
        """`through`: the calls on the way here, outermost first."""
        for site in list(frame.sites):
            self.entered.append(site)
            if site.kind == "enter":
                if type(site.callee) is GeneratorValue:
                    yield from self._followed(
                        test, site, site.callee.callee, site.callee.arguments, place, through, running
                    )
                continue
            if site.kind != "call":
                continue
            request = self._request(test, site, place or site.anchor, through)
            if request is not None:
                yield request
                continue
            for callee in members(site.callee):
                if type(callee) is FunctionValue:
                    yield from self._followed(test, site, callee, site.arguments, place, through, running)

    def _followed(
        self,
        test: TestFunction,
        site: CallSite,
        callee: FunctionValue,
        arguments: Arguments,
        place: Anchor | None,
        through: tuple[CallSite, ...],
        running: tuple[FunctionDefinition, ...],
    ) -> Iterator[TestCall]:
        definition = callee.definition
        if len(through) >= DEEPEST or definition in running or self._runs >= MOST_RUNS:
            return
        if not self._may_request(callee, arguments):
            return
        self._runs += 1
        inner = self.suite.trials.run(callee, arguments)
        yield from self._of_frame(test, inner, place or site.anchor, (*through, site), (*running, definition))

    def _may_request(self, callee: FunctionValue, arguments: Arguments) -> bool:
        """Whether a function is one of the tests' own, or is handed a client, and its text looks like requests or calls such functions."""
        definition = callee.definition
        index = chunk_of(definition.node.at)
        if self.project.is_test(definition.module.path):
            return definition.module.has(REQUESTS, index) or definition.module.has(self.suite.requesting, index)
        given = (*arguments.positional, *arguments.keywords.values(), callee.receiver or UNKNOWN)
        return definition.module.has(REQUESTS, index) and any(self._carries_client(value) for value in given)

    def _carries_client(self, value: Value) -> bool:
        if self.suite.clients.of(value) is not None:
            return True
        if type(value) is Instance and not isinstance(value.cls, str):
            made = value.made or Arguments((), {})
            inside = (*made.positional, *made.keywords.values(), *(value.attributes or {}).values())
            return any(self.suite.clients.of(one) is not None for one in inside)
        return False

    # ---- one request ----------------------------------------------------------------------------------------------------------

    def _request(
        self, test: TestFunction, site: CallSite, place: Anchor, through: tuple[CallSite, ...]
    ) -> TestCall | None:
        node = site.node
        if type(node) is not s.Call or type(node.func) is not s.Attribute:
            return None
        client, sends = self._client(site)
        if sends is None:
            return None
        method, argument = self._method(site, sends)
        applications, is_known = self.suite.applications_of(client)
        written = self._written(site, argument, applications)
        if client is None and not all(OURS.match(path) for path in written or ("",)):
            return None
        paths = self._paths(written, client)
        answers = tuple(self._answer(applications, client, method, path) for path in paths or ())
        return TestCall(
            site,
            place,
            test,
            client,
            method,
            paths,
            tuple(a.application for a in applications),
            answers,
            self._use(site, through),
            is_known,
            not applications or (paths is None and self._sweeps(site, _argument(node, "url", argument))),
        )

    def _client(self, site: CallSite) -> tuple[Client | None, str | None]:
        """The client whose method is called, and how it sends; a client of None for something that may be one."""
        for callee in members(site.callee):
            if type(callee) is Method:
                sends = self.suite.clients.sends(callee)
                client = self.suite.clients.of(callee.receiver)
                if client is not None and sends is not None:
                    return client, sends
        name = site.node.func.attr
        assumed = name in VERBS or name in ("request", "stream", "websocket_connect")
        return None, name if assumed and self._may_be_client(site.callee) and not self._decorates(site) else None

    def _decorates(self, site: CallSite) -> bool:
        body = self.body(site.function) if site.function is not None else None
        return body is not None and body.holds(site.node) and type(body.parents[id(site.node)]) in (s.Function, s.Class)

    def _may_be_client(self, callee: Value) -> bool:
        """Whether nothing is known of what is called, so that it may be the client of some plugin."""
        if callee is UNKNOWN:
            return True
        if type(callee) is External:
            return callee.name.rpartition(".")[0] in REAL
        if type(callee) is Method:
            if self.project.it.routing.is_router(callee.receiver):
                return False
            if callee.owner in REAL:
                return True
            return not callee.owner.startswith("builtins.") and not self.project.library.is_class(callee.owner)
        return False

    def _method(self, site: CallSite, sends: str) -> tuple[str | None, int]:
        """The HTTP method, and at which position the URL stands."""
        if sends in VERBS:
            return sends.upper(), 0
        if sends == "websocket_connect":
            return "WEBSOCKET", 0
        given = site.arguments.get("method", 0)
        if type(given) is Const and isinstance(given.value, str):
            return given.value.upper(), 1
        return None, 1

    def _written(self, site: CallSite, position: int, applications: tuple[Served, ...]) -> tuple[str, ...] | None:
        """The URLs that a request may go to, as they are given to the client."""
        url = site.arguments.get("url", position)
        if url is None or not applications:
            return None

        def reverse(arguments: Arguments) -> str | None:
            for one in applications:
                path = reversed_path(one.application, arguments)
                if path is not None:
                    return path
            return None

        node = _argument(site.node, "url", position)
        found = request_paths.alternatives(url, node, reverse)
        if found is not None or node is None:
            return found
        return request_paths.alternatives(self._exact(site.frame, node, url, 0), None, reverse)

    def _exact(self, frame: Frame, node: Any, value: Value, depth: int) -> Value:
        """The text that an expression stands for, also where functions of the tests promise no more than `str`."""
        if depth > DEEPEST:
            return value
        if isinstance(node, s.Name) and frame.function is not None:
            bound = [
                one.value
                for one in self.body(frame.function).order
                if isinstance(one, s.Assign) and _binds(one, node.id)
            ]
            return self._exact(frame, bound[0], value, depth + 1) if len(bound) == 1 else value
        if isinstance(node, s.FormattedString):
            return Text(tuple(self._exact(frame, part, self._value(frame, part), depth + 1) for part in node.parts))
        if isinstance(node, s.BinaryOperation) and node.operator == "+":
            both = (node.left, node.right)
            return Text(tuple(self._exact(frame, part, self._value(frame, part), depth + 1) for part in both))
        if isinstance(node, s.Call):
            for site in frame.sites:
                if (
                    site.node is node
                    and type(site.callee) is FunctionValue
                    and not site.callee.definition.node.is_async
                ):
                    inner = self.suite.trials.run(site.callee, site.arguments)
                    return union(
                        self._exact(inner, one.value, given, depth + 1) for one, given in inner.returns if one.value
                    )
        return value

    def _value(self, frame: Frame, node: Any) -> Value:
        if isinstance(node, s.Call):
            return next((site.result or UNKNOWN for site in frame.sites if site.node is node), UNKNOWN)
        return self.project.it.evaluate(frame, node) if isinstance(node, (s.Name, s.Attribute, s.Constant)) else UNKNOWN

    def _paths(self, written: tuple[str, ...] | None, client: Client | None) -> tuple[str, ...] | None:
        base = client.base if client is not None else ""
        normal = [request_paths.normalised(path, base) for path in written or ()]
        return tuple(path for path in normal if path is not None) if normal and None not in normal else None

    def _sweeps(self, site: CallSite, url: Any) -> bool:
        """Whether a URL is made of a parameter, or of what a loop gives."""
        if site.function is None or url is None:
            return False
        many = {parameter.name for parameter in site.function.node.parameters}
        for node in self.body(site.function).order:
            if type(node) is s.For:
                many.update(target_names(node.target))
        return any(type(node) is s.Name and node.id in many for node in s.walk(url))

    def _answer(self, applications: tuple[Served, ...], client: Client | None, method: str | None, path: str) -> Answer:
        prefixes = client.prefixes if client is not None else ()
        guess = client is None or not client.applications
        answers = [one.answer(method, path, prefixes, guess=guess) for one in applications]
        if len(answers) == 1:
            return answers[0]
        operations = tuple(operation for answer in answers for operation in answer.operations)
        return Answer(
            operations,
            bool(operations) and all(answer.is_certain for answer in answers if answer.operations),
            tuple(operation for answer in answers for operation in answer.others),
            any(answer.is_open for answer in answers),
        )

    # ---- what is done with the response -----------------------------------------------------------------------------------------

    def _use(self, site: CallSite, through: tuple[CallSite, ...]) -> Use:
        """What becomes of the response, also in the functions that it is returned to."""
        found = self._of_site(site)
        for outer in reversed(through):
            around = self._of_site(outer)
            if found.is_returned:
                found = replace(found, is_returned=False) | around
            else:
                found = found | Use(raises=around.raises, is_looked_at=around.raises)
        return replace(found, is_looked_at=True) if found.is_returned else found

    def _of_site(self, site: CallSite) -> Use:
        if site.function is None:
            return Use(is_looked_at=True, is_unclear=True)
        return use(self.body(site.function), site.node, self._code(site.frame))

    def _code(self, frame: Frame) -> Any:
        def code(node: Any) -> int | None:
            if type(node) not in (s.Constant, s.Name, s.Attribute):
                return None
            value = self.project.it.evaluate(frame, node)
            if type(value) is Union:
                return None
            return status_code(value)

        return code


def _binds(node: s.Assign, name: str) -> bool:
    """Whether an assignment gives a variable its value."""
    return any(type(target) is s.Name and target.id == name for target in node.targets)


def _argument(node: s.Call, name: str, position: int) -> Any:
    """How an argument is written; None where it is not there, or behind a star."""
    for argument in node.args:
        if argument.keyword == name:
            return argument.value
    plain = [argument for argument in node.args[: position + 1] if argument.keyword is None and not argument.star]
    return plain[position].value if len(plain) > position else None
