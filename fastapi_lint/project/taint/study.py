"""One walk through a function's body: what each name carries, and where that goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import UNKNOWN, FunctionValue, Value
from fastapi_lint.project.taint import expressions, guards
from fastapi_lint.project.taint.calls import HTTP_ERROR
from fastapi_lint.project.taint.flows import (
    ANY,
    CLEAN,
    Flow,
    Label,
    Steps,
    merged,
    part,
    replaced,
    without,
)
from fastapi_lint.project.taint.kinds import REQUEST, SAFE, declared, is_broad

if TYPE_CHECKING:
    from fastapi_lint.project.taint import Taint


@dataclass(slots=True, eq=False)
class Outlet:
    """A place where what a value carries goes somewhere. `kind`: "client", or a kind of dangerous use; `name`: what takes it.

    `site`: in the function where it was found, the expression given away, or the call that does so further down.
    """

    kind: str
    name: str
    place: Anchor
    labels: dict[Label, Steps]
    function: FunctionDefinition
    site: Anchor | None = None


@dataclass(slots=True, eq=False)
class Summary:
    """What a function does with what it is given. `says`: what its `super().__init__` is told, where that is an HTTP error's."""

    returns: Flow = CLEAN
    yields: Flow = CLEAN
    says: Flow = CLEAN
    outlets: list[Outlet] = field(default_factory=list)
    checked: frozenset[tuple[Anchor, str]] = frozenset()
    returned: tuple[tuple[s.Return, Flow], ...] = ()
    yielded: tuple[tuple[s.Yield, Flow], ...] = ()


NOTHING = Summary()


class Study:
    def __init__(self, taint: Taint, function: FunctionValue, closure: dict[str, Flow]) -> None:
        self.taint = taint
        self.function = function
        self.definition = function.definition
        self.path = function.definition.module.path
        self.closure = closure
        self.frame = taint.project.it.analysis(function)
        self.sites = {site.node.at: site for site in self.frame.sites if site.kind == "call"}
        self.env: dict[str, Flow] = {}
        self.texts: dict[str, str] = {}
        """The local names that were last given a text of the source."""
        self.checked: set[tuple[Anchor, str]] = set()
        self.gates = 0
        self.tested: list[frozenset[str]] = []
        self.broad: list[bool] = []
        self.says = CLEAN
        self.returns: list[tuple[s.Return, Flow]] = []
        self.yields: list[tuple[s.Yield, Flow]] = []
        self.outlets: dict[tuple[str, Anchor], Outlet] = {}
        self.nested: list[s.Function] = []

    def run(self) -> Summary:
        self._bind_parameters()
        block(self, self.definition.node.body)
        return Summary(
            merged(flow for _, flow in self.returns),
            merged(flow for _, flow in self.yields),
            self.says,
            list(self.outlets.values()),
            frozenset(self.checked),
            tuple(self.returns),
            tuple(self.yields),
        )

    def _bind_parameters(self) -> None:
        signature = self.taint.project.it.studies.signature(self.function)
        injected = self.taint.injected(self.function)
        for index, parameter in enumerate(self.definition.node.parameters):
            if parameter.name in injected:
                self.env[parameter.name] = injected[parameter.name]
                continue
            default = signature.defaults.get(parameter.name)
            kind = declared(self.taint.project, signature.parameters.get(parameter.name), default)
            if kind == SAFE:
                continue
            if index == 0 and self.definition.owner is not None and not self.definition.is_static:
                kind = self.definition.owner
            place = Anchor(self.path, parameter.at)
            labels: dict[Label, Steps] = {} if kind == REQUEST else {Label("parameter", place, parameter.name): ()}
            if place in self.taint.caught:
                labels = {Label("exception", place, parameter.name): ()}
            self.env[parameter.name] = Flow(labels, {}, kind)

    # ---- names ----------------------------------------------------------------------------------------------------------------

    def anchor(self, node: Any) -> Anchor:
        return Anchor(self.path, node.at)

    def look_up(self, name: str) -> Flow:
        found = self.env.get(name)
        if found is None:
            found = self.closure.get(name, CLEAN) if name not in self.definition.locals else CLEAN
        return found

    def bind(self, target: Any, flow: Flow) -> None:
        kind = type(target)
        if kind is s.Name:
            self.env[target.id] = flow
            self.texts.pop(target.id, None)
        elif kind is s.Starred:
            self.bind(target.value, flow)
        elif kind is s.Collection:
            for index, item in enumerate(target.items):
                self.bind(item, part(flow, str(index)) if type(item) is not s.Starred else part(flow, None))
        elif kind in (s.Attribute, s.Subscript):
            root, path = self.target(target)
            if root is not None and path:
                self.env[root] = replaced(self.look_up(root), path, flow)

    def target(self, node: Any) -> tuple[str | None, tuple[str, ...]]:
        """The local name and the way from it that an expression means: `reply.data["error"]`."""
        path: list[str] = []
        while True:
            kind = type(node)
            if kind is s.Attribute:
                path.append(node.attr)
            elif kind is s.Subscript:
                key = expressions.constant_key(node)
                path.append(ANY if key is None else key)
            else:
                break
            node = node.value
        return (node.id if type(node) is s.Name else None), tuple(reversed(path))

    # ---- what is found ----------------------------------------------------------------------------------------------------------

    def outlet(self, kind: str, name: str, node: Any, flow: Flow) -> None:
        labels = flow.whole()
        if labels:
            place = self.anchor(node)
            self._keep(Outlet(kind, name, place, labels, self.definition, place))

    def pass_on(self, outlet: Outlet, node: Any, labels: dict[Label, Steps]) -> None:
        """An outlet of something that is called here."""
        self._keep(Outlet(outlet.kind, outlet.name, outlet.place, labels, outlet.function, self.anchor(node)))

    def _keep(self, outlet: Outlet) -> None:
        known = self.outlets.setdefault((outlet.kind, outlet.site or outlet.place), outlet)
        if known is not outlet:
            for label, steps in outlet.labels.items():
                known.labels.setdefault(label, steps)

    # ---- tests ------------------------------------------------------------------------------------------------------------------

    def look_at(self, test: Any) -> None:
        """A test that restrains what some values can be: they count as checked from here on."""
        for node in guards.restrained(test):
            self.passed(expressions.evaluate(self, node))
            if type(node) is s.Attribute:
                whole = expressions.evaluate(self, node.value)
                if whole.cls is None:
                    self.passed(
                        whole
                    )  # of a path, its parents say where it is; of a model, one field nothing of another

    def passed(self, flow: Flow) -> None:
        self.checked.update(
            (label.place, label.name) for label in flow.whole() if label.kind in ("parameter", "request")
        )

    @property
    def in_broad_handler(self) -> bool:
        return bool(self.broad) and self.broad[-1]

    @contextmanager
    def branch(self, test: Any, *, outcome: bool) -> Iterator[None]:
        """The names as they are where a test came out this way; `env` is a copy, for the caller to keep or drop."""
        gated = guards.is_for_developers(test)
        self.gates += gated
        narrowed = guards.narrowed(self, test, outcome=outcome)
        self.env = {name: without(flow, narrowed) for name, flow in self.env.items()} if narrowed else dict(self.env)
        self.tell_exceptions(test, outcome=outcome)
        self.tested.append(guards.inspected(test))
        yield
        self.tested.pop()
        self.gates -= gated

    def tell_exceptions(self, test: Any, *, outcome: bool) -> None:
        """What a test finds to be an exception among gathered results is one from here on."""
        for name in list(guards.found_to_be_exceptions(self, test, outcome=outcome)):
            self.env[name] = Flow({Label("exception", self.anchor(test), name): ()})

    def value(self, node: Any) -> Value:
        """What a name or attribute stands for, asked without leaving a trace in the study of calls."""
        if type(node) not in (s.Name, s.Attribute, s.Collection):
            return UNKNOWN
        inner = self.frame.overlay()
        inner.sites = []
        return self.taint.project.it.evaluate(inner, node)


# ---- statements -----------------------------------------------------------------------------------------------------------------


def block(study: Study, statements: tuple[Any, ...]) -> bool:
    """Whether the statements can complete, rather than return, raise, break or continue."""
    opened = 0
    try:
        for statement in statements:
            if not _statement(study, statement):
                return False
            if type(statement) is s.If and guards.is_for_developers(statement.test) and not _completes(statement.body):
                opened += 1
                study.gates += 1
        return True
    finally:
        study.gates -= opened


def _completes(statements: tuple[Any, ...]) -> bool:
    return not (statements and type(statements[-1]) in (s.Return, s.Raise))


def _statement(study: Study, node: Any) -> bool:
    match node:
        case s.Assign():
            flow = expressions.evaluate(study, node.value)
            for target in node.targets:
                study.bind(target, flow)
                if type(target) is s.Name and type(node.value) is s.Constant and isinstance(node.value.value, str):
                    study.texts[target.id] = node.value.value
        case s.AnnotatedAssign():
            if node.value is not None:
                study.bind(node.target, expressions.evaluate(study, node.value))
        case s.AugmentedAssign():
            operation = s.BinaryOperation(node.at, node.operator, node.target, node.value)
            study.bind(node.target, expressions.evaluate(study, operation))
        case s.ExpressionStatement():
            expressions.evaluate(study, node.value)
        case s.Return():
            if node.value is not None:
                study.returns.append((node, expressions.evaluate(study, node.value)))
            return False
        case s.Raise():
            _raise(study, node)
            return False
        case s.Assert():
            expressions.evaluate(study, node.test)
            study.look_at(node.test)
        case s.If():
            return _if(study, node)
        case s.For() | s.While():
            _loop(study, node)
        case s.With():
            for item in node.items:
                flow = expressions.evaluate(study, item.context)
                if item.target is not None:
                    study.bind(item.target, part(flow, ANY) if ANY in flow.fields else flow)
            return block(study, node.body)
        case s.Try():
            return _try(study, node)
        case s.Match():
            _match(study, node)
        case s.Function():
            study.nested.append(node)
            study.env.pop(node.name, None)
        case s.Flow():
            return node.kind not in ("break", "continue")
    return True


def _raise(study: Study, node: s.Raise) -> None:
    if node.exception is None:
        return
    flow = expressions.evaluate(study, node.exception)
    if flow.cls != HTTP_ERROR:
        return
    looked_at = type(node.exception) is s.Name and any(node.exception.id in names for names in study.tested)
    if not looked_at:
        study.outlet("client", "an `HTTPException`", node.exception, flow)


def _if(study: Study, node: s.If) -> bool:
    expressions.evaluate(study, node.test)
    study.look_at(node.test)
    before = study.env
    with study.branch(node.test, outcome=True):
        body = block(study, node.body)
    after_body, study.env = study.env, before
    with study.branch(node.test, outcome=False):
        orelse = block(study, node.orelse)
    if body and orelse:
        study.env = joined(after_body, study.env)
    elif body:
        study.env = after_body
    return body or orelse


def joined(left: dict[str, Flow], right: dict[str, Flow]) -> dict[str, Flow]:
    found = dict(left)
    for name, flow in right.items():
        other = found.get(name)
        found[name] = flow if other is None or other is flow else merged((other, flow))
    return found


def _loop(study: Study, node: s.For | s.While) -> None:
    before = dict(study.env)
    for _ in range(2):
        if type(node) is s.For:
            study.bind(node.target, part(expressions.evaluate(study, node.iter), None))
        else:
            expressions.evaluate(study, node.test)  # type: ignore[union-attr]
            study.look_at(node.test)  # type: ignore[union-attr]
        block(study, node.body)
        study.env = joined(study.env, before)
    block(study, node.orelse)


def _try(study: Study, node: s.Try) -> bool:
    before = dict(study.env)
    body = block(study, node.body)
    raised = joined(study.env, before)
    if body:
        body = block(study, node.orelse)
    results = [study.env] if body else []
    for handler in node.handlers:
        study.env = dict(raised)
        broad = handler.caught is None or is_broad(study.value(handler.caught))
        if handler.name:
            label = Label("exception", study.anchor(handler), handler.name)
            study.env[handler.name] = Flow({label: ()}) if broad else CLEAN
        study.broad.append(broad)
        if block(study, handler.body):
            results.append(study.env)
        study.broad.pop()
    study.env = results[0] if results else raised
    for other in results[1:]:
        study.env = joined(study.env, other)
    return block(study, node.final) and bool(results)


def _match(study: Study, node: s.Match) -> None:
    flow = expressions.evaluate(study, node.subject)
    before = study.env
    results = [before]
    for case in node.cases:
        study.env = dict(before)
        for name in case.names:
            study.env[name] = part(flow, None)
        if case.guard is not None:
            expressions.evaluate(study, case.guard)
            study.look_at(case.guard)
        if block(study, case.body):
            results.append(study.env)
    study.env = results[0]
    for other in results[1:]:
        study.env = joined(study.env, other)
