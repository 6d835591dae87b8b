"""What a value carries: labels that say where a part of it came from, and the way it took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Literal, NamedTuple

from fastapi_lint.findings import Anchor, Step
from fastapi_lint.project.interpreting.definitions import ClassDefinition

Kind = Literal["exception", "traceback", "request", "parameter"]

TEXT = "text"
"""Put into words: of an exception, its message rather than the object."""
FORMATTED = "formatted"
"""Put together with other text."""
PLACED = "placed"
"""Behind other text, so that it does not decide where a URL leads."""
SLASHED = "slashed"
"""Behind a single slash, which makes a path of it, and a host of what begins with one more."""
STRIPPED = "stripped"
"""Without the slashes that it may have begun with."""
CHECKED = "checked"
"""Compared, looked up in a list of what is allowed, or handed to something that validates."""
FIELD = "field"
"""An attribute of the labelled object: of an exception that is not its message."""

SETTLED = "asyncio.Future"
"""The class of what may be a result or the exception instead of it, until a test tells."""
ANY = "*"
"""The key of elements whose own key is unknown."""
DEEPEST = 4
LONGEST_PATH = 3
MOST_STEPS = 6
MOST_LABELS = 24
MOST_PARTS = 120
"""Parts of a value that are told apart, those of its parts included: settings objects hold settings objects hold clients."""


class Label(NamedTuple):
    """`place`: the `except` clause, the parameter, or the expression that it came from. `name`: what it is called there, with
    the attributes that were read since, joined by dots. `said`: where an exception was put into words."""

    kind: Kind
    place: Anchor
    name: str
    marks: frozenset[str] = frozenset()
    said: Anchor | None = None

    def marked(self, *marks: str) -> Label:
        return self._replace(marks=self.marks.union(marks))

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.name.split(".")[1:])

    @property
    def is_text(self) -> bool:
        return self.kind == "traceback" or TEXT in self.marks


Steps = tuple[Step, ...]


class Flow:
    """The labels of a value, and of what is known to be in it by key or attribute. `cls`: what it is an object of."""

    __slots__ = ("cls", "fields", "labels", "size")

    def __init__(
        self,
        labels: Mapping[Label, Steps] | None = None,
        fields: Mapping[str, Flow] | None = None,
        cls: ClassDefinition | str | None = None,
    ) -> None:
        self.labels: Mapping[Label, Steps] = labels or {}
        self.fields: Mapping[str, Flow] = fields or {}
        self.cls = cls
        self.size: int = 1 + sum([field.size for field in self.fields.values()]) if self.fields else 1

    @property
    def is_clean(self) -> bool:
        return not self.labels and all(field.is_clean for field in self.fields.values())

    def whole(self) -> dict[Label, Steps]:
        """All labels, those of its parts included."""
        found = dict(self.labels)
        for field in self.fields.values():
            for label, steps in field.whole().items():
                found.setdefault(label, steps)
        return found


CLEAN = Flow()


def merged(flows: Iterable[Flow]) -> Flow:
    """One of several."""
    present = [flow for flow in flows if flow is not CLEAN]
    if not present:
        return CLEAN
    if len(present) == 1:
        return present[0]
    labels: dict[Label, Steps] = {}
    fields: dict[str, Flow] = {}
    cls = None
    for flow in present:
        cls = cls or flow.cls
        for label, steps in flow.labels.items():
            if len(labels) < MOST_LABELS:
                labels.setdefault(label, steps)
        for name, field in flow.fields.items():
            fields[name] = merged((fields[name], field)) if name in fields else field
    return bounded(Flow(labels, fields, cls))


def bounded(flow: Flow) -> Flow:
    """The flow, of which no more parts are told apart than can be looked at: what carries nothing goes first, then the depths."""
    if flow.size <= MOST_PARTS:
        return flow
    fields = {name: _laden(field) for name, field in flow.fields.items() if not field.is_clean}
    smaller = Flow(flow.labels, fields, flow.cls)
    depth = DEEPEST - 1
    while smaller.size > MOST_PARTS and depth:
        smaller = _shallow(smaller, depth)
        depth -= 1
    return smaller


def _laden(flow: Flow) -> Flow:
    """The flow without the parts that carry nothing."""
    fields = {name: _laden(field) for name, field in flow.fields.items() if not field.is_clean}
    return Flow(flow.labels, fields, flow.cls)


def gathered(flows: Iterable[Flow]) -> Flow:
    """Everything of several, without their structure."""
    labels: dict[Label, Steps] = {}
    for flow in flows:
        for label, steps in flow.whole().items():
            labels.setdefault(label, steps)
    return Flow(labels) if labels else CLEAN


def held(fields: Mapping[str, Flow], cls: ClassDefinition | str | None = None) -> Flow:
    """A container or object with these parts."""
    kept = {name: _shallow(flow, DEEPEST) for name, flow in fields.items() if flow is not CLEAN}
    return bounded(Flow({}, kept, cls)) if kept or cls else CLEAN


def _shallow(flow: Flow, depth: int) -> Flow:
    if not flow.fields:
        return flow
    if depth <= 1:
        return Flow(dict(islice(flow.whole().items(), MOST_LABELS)), {}, flow.cls)
    return Flow(flow.labels, {name: _shallow(field, depth - 1) for name, field in flow.fields.items()}, flow.cls)


def part(flow: Flow, key: str | None) -> Flow:
    """What is found under a key, or under one that is unknown (None). The labels of the whole count for each part."""
    if flow is CLEAN:
        return CLEAN
    own = Flow(flow.labels, {}, SETTLED if flow.cls == SETTLED else None)
    if key is None:
        return merged((own, *flow.fields.values()))
    return merged((own, flow.fields.get(key, CLEAN), flow.fields.get(ANY, CLEAN)))


def within(flow: Flow, path: tuple[str, ...]) -> Flow:
    """What is found along attribute names and keys."""
    for name in path:
        own = Flow({renamed(label, name): steps for label, steps in flow.labels.items()})
        flow = merged((own, flow.fields.get(name, CLEAN), flow.fields.get(ANY, CLEAN)))
    return flow


def renamed(label: Label, attribute: str) -> Label:
    """The label of an attribute of what it labels."""
    if label.is_text or label.kind == "exception" or label.name.count(".") >= LONGEST_PATH:
        return label
    return label._replace(name=f"{label.name}.{attribute}")


def replaced(flow: Flow, path: tuple[str, ...], value: Flow) -> Flow:
    """The flow after an assignment to `x.<path>`; what was under an unknown key stays beside it."""
    name, rest = path[0], path[1:]
    old = flow.fields.get(name, CLEAN)
    new = replaced(old, rest, value) if rest else merged((old, value)) if name == ANY else value
    if new is CLEAN and name not in flow.fields:
        return flow
    return bounded(Flow(flow.labels, {**flow.fields, name: _shallow(new, DEEPEST)}, flow.cls))


def marked(flow: Flow, *marks: str) -> Flow:
    if flow is CLEAN:
        return CLEAN
    labels = {label.marked(*marks): steps for label, steps in flow.labels.items()}
    return Flow(labels, {name: marked(field, *marks) for name, field in flow.fields.items()}, flow.cls)


def without(flow: Flow, places: frozenset[Anchor]) -> Flow:
    """The flow less the labels that come from certain places."""
    if flow is CLEAN or not places:
        return flow
    labels = {label: steps for label, steps in flow.labels.items() if label.place not in places}
    return Flow(labels, {name: without(field, places) for name, field in flow.fields.items()}, flow.cls)


def travelled(flow: Flow, step: Step) -> Flow:
    """The flow after one more step of its way."""
    if flow is CLEAN:
        return CLEAN
    labels = {label: extended(steps, (step,)) for label, steps in flow.labels.items()}
    return Flow(labels, {name: travelled(field, step) for name, field in flow.fields.items()}, flow.cls)


def extended(steps: Steps, more: Steps) -> Steps:
    return (*steps, *(step for step in more if step not in steps))[:MOST_STEPS]


def substituted(flow: Flow, given: Mapping[Anchor, Flow], step: Step) -> Flow:
    """What a callee gives back, in the caller's terms. `given`: what its parameters were given, by the parameter's place."""
    if flow is CLEAN:
        return CLEAN
    fields = {name: substituted(field, given, step) for name, field in flow.fields.items()}
    results = [Flow({}, fields, flow.cls)]
    labels: dict[Label, Steps] = {}
    for label, steps in flow.labels.items():
        if label.kind != "parameter" or label.place not in given:
            labels.setdefault(label, steps)
            continue
        if label.marks <= {CHECKED, FIELD} and not label.path:
            results.append(travelled(marked(given[label.place], *label.marks), step))
        else:
            labels.update(resolved(label, steps, given[label.place], step))
    return merged((*results, Flow(labels)))


def resolved(label: Label, steps: Steps, given: Flow, step: Step) -> Iterator[tuple[Label, Steps]]:
    """The caller's labels behind a label of the callee's parameter, which was given `given`."""
    for origin, way in within(given, label.path).whole().items():
        if FIELD in label.marks and origin.kind == "exception" and not origin.is_text:
            continue
        yield origin.marked(*label.marks), extended(way, (step, *steps))
