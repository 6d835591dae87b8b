"""What a call carries on, and what it does with what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor, Step
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.values import (
    NO_ARGUMENTS,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Method,
    Partial,
    Value,
    known_members,
)
from fastapi_lint.project.taint import expressions, uses
from fastapi_lint.project.taint.flows import (
    ANY,
    CHECKED,
    CLEAN,
    FIELD,
    SETTLED,
    STRIPPED,
    TEXT,
    Flow,
    Label,
    gathered,
    held,
    marked,
    merged,
    part,
    replaced,
    resolved,
    substituted,
)
from fastapi_lint.project.taint.kinds import PARSED_URL, REQUEST

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.frames import CallSite
    from fastapi_lint.project.taint.study import Study

HTTP_ERROR = "starlette.exceptions.HTTPException"
RESPONSE = "starlette.responses.Response"
SPOKEN = frozenset({"builtins.str", "builtins.repr", "builtins.format", "builtins.ascii"})
TRACEBACKS = frozenset({
    "traceback.format_exc", "traceback.format_exception", "traceback.format_tb", "traceback.format_stack", "traceback.extract_tb",
    "traceback.TracebackException", "traceback.TracebackException.from_exception",
})  # fmt: skip
HANDED_OVER = {
    "asyncio.to_thread": 0, "starlette.concurrency.run_in_threadpool": 0, "anyio.to_thread.run_sync": 0, "run_in_executor": 1,
    "add_task": 0, "starlette.background.BackgroundTask": 0, "functools.partial": 0,
}  # fmt: skip
"""What calls a function that it is given, with the rest of what it is given: the position of the function."""
ADDING = frozenset({"append", "add", "extend", "insert", "appendleft", "setdefault", "put_nowait"})


class Given:
    """The arguments of one call, with what each carries."""

    __slots__ = ("keywords", "positional", "receiver", "spread")

    def __init__(self, study: Study, node: s.Call) -> None:
        self.positional: list[tuple[Any, Flow]] = []
        self.keywords: dict[str, tuple[Any, Flow]] = {}
        self.spread: list[Flow] = []
        self.receiver = expressions.evaluate(study, node.func.value) if type(node.func) is s.Attribute else CLEAN
        for argument in node.args:
            flow = expressions.evaluate(study, argument.value)
            if argument.keyword is not None:
                self.keywords[argument.keyword] = (argument.value, flow)
            elif argument.star == "**":
                self.spread.append(flow)
                self.keywords.update(
                    {name: (argument.value, field) for name, field in flow.fields.items() if name != ANY}
                )
            else:
                self.positional.append((argument.value, flow))

    def get(self, *names: int | str) -> list[tuple[Any, Flow]]:
        """The arguments at these positions or of these keywords, where they carry something."""
        found = []
        for name in names:
            if isinstance(name, int):
                found += self.positional[name : name + 1]
            elif name in self.keywords:
                found.append(self.keywords[name])
        return [(node, flow) for node, flow in found if not flow.is_clean]

    @property
    def flows(self) -> list[Flow]:
        return [*(flow for _, flow in self.positional), *(flow for _, flow in self.keywords.values()), *self.spread]

    @property
    def is_clean(self) -> bool:
        return self.receiver.is_clean and all(flow.is_clean for flow in self.flows)


def call(study: Study, node: s.Call) -> Flow:
    given = Given(study, node)
    name = called_name(node)
    site = study.sites.get(node.at)
    if site is not None:
        callee: Value | None = site.callee
    else:
        callee = None
    _note_uses(study, node, site, name, given)
    _add(study, node, name, given)
    found: list[Flow] = []
    resolved_members = False
    for member in known_members(callee) if callee is not None else ():
        flow = _of_member(study, node, member, site, name, given)
        if flow is not None:
            resolved_members = True
            found.append(flow)
    if not resolved_members:
        found.append(_by_name(study, node, name, given))
    result = merged(found)
    if uses.looks_like_check(name):
        study.passed(gathered((given.receiver, *given.flows)) if name != "format" else CLEAN)
        result = marked(result, CHECKED)
    return result


def called_name(node: s.Call) -> str:
    """The last part of what is called, as it is written."""
    func = node.func
    return func.attr if type(func) is s.Attribute else func.id if type(func) is s.Name else ""


def _note_uses(study: Study, node: s.Call, site: CallSite | None, name: str, given: Given) -> None:
    if given.is_clean or site is None:
        return
    attribute = name if type(node.func) is s.Attribute else None
    for use in uses.uses(site.callee, site.arguments, attribute):
        reaching = given.get(*use.arguments) if use.arguments else [(node.func.value, given.receiver)]  # type: ignore[union-attr]
        for argument, flow in reaching:
            study.outlet(use.kind, use.name, argument, flow if use.item is None else _item(argument, flow, use.item))


def _item(node: Any, flow: Flow, index: int) -> Flow:
    """What one item of a list carries, at a 0-based position; text counts as its own first item."""
    if type(node) is s.Collection:
        first = next((at for at, item in enumerate(node.items) if type(item) is s.Starred), len(node.items))
        return part(flow, ANY) if index >= first else flow.fields.get(str(index), CLEAN)
    return merged((Flow(flow.labels), flow.fields.get(str(index), CLEAN)))


def _add(study: Study, node: s.Call, name: str, given: Given) -> None:
    """What `items.append(x)` and the like put into a local object."""
    if type(node.func) is not s.Attribute or not (name in ADDING or name == "update"):
        return
    root, path = study.target(node.func.value)
    if root is None:
        return
    if name == "update":
        for flow in (*(flow for _, flow in given.positional), *given.spread):
            study.env[root] = merged((study.look_up(root), _nested(path, flow)))
        for key, (_, flow) in given.keywords.items():
            study.env[root] = replaced(study.look_up(root), (*path, key), flow)
        return
    added = merged(part(flow, None) if name == "extend" else flow for flow in given.flows)
    if added is not CLEAN:
        study.env[root] = replaced(study.look_up(root), (*path, ANY), added)


def _nested(path: tuple[str, ...], flow: Flow) -> Flow:
    for name in reversed(path):
        flow = held({name: flow})
    return flow


# ---- by what is called ------------------------------------------------------------------------------------------------------


def _of_member(
    study: Study, node: s.Call, member: Value, site: CallSite | None, name: str, given: Given
) -> Flow | None:
    """What the call of something known gives; None for what is not known well enough."""
    kind = type(member)
    if kind is FunctionValue:
        return project_function(study, node, member, _paired(member, given), given)  # type: ignore[arg-type]
    if kind is ClassValue:
        return _project_class(study, node, member.definition, given)  # type: ignore[attr-defined]
    if kind is External:
        return _external(study, node, member.name, site, given)  # type: ignore[attr-defined]
    if kind is Method:
        return _method(study, node, member, site, given)  # type: ignore[arg-type]
    if kind is Partial and type(member.func) is FunctionValue:  # type: ignore[attr-defined]
        return None
    if kind is Instance and isinstance(member.cls, ClassDefinition):  # type: ignore[attr-defined]
        found = classes.member(member.cls, "__call__")  # type: ignore[attr-defined]
        if found is not None and type(found[1]) is FunctionValue:
            bound = found[1].bound(member)
            return project_function(study, node, bound, _paired(bound, given), given)
    return None


def _paired(function: FunctionValue, given: Given) -> dict[Anchor, Flow]:
    """What each parameter is given, by the parameter's place."""
    definition = function.definition
    path = definition.module.path
    parameters = definition.node.parameters
    found: dict[Anchor, Flow] = {}
    if definition.owner is not None and not definition.is_static and parameters:
        if function.receiver is not None:
            found[Anchor(path, parameters[0].at)] = given.receiver
        parameters = parameters[1:]
    positional = [p for p in parameters if p.kind in ("positional_only", "positional_or_keyword")]
    for parameter, (_, flow) in zip(positional, given.positional):
        found[Anchor(path, parameter.at)] = flow
    rest = [flow for _, flow in given.positional[len(positional) :]]
    for parameter in parameters:
        if parameter.name in given.keywords:
            found[Anchor(path, parameter.at)] = given.keywords[parameter.name][1]
        elif parameter.kind == "var_positional" and rest:
            found[Anchor(path, parameter.at)] = held({ANY: merged(rest)})
    return found


def project_function(
    study: Study, node: s.Call, function: FunctionValue, paired: dict[Anchor, Flow], given: Given
) -> Flow:
    if given.is_clean and not study.taint.makes_labels(function):
        return CLEAN
    summary = study.taint.summary(function, study)
    step = Step(study.anchor(node), f"`{function.definition.name}` is called")
    for outlet in summary.outlets:
        labels = {}
        for label, steps in outlet.labels.items():
            if label.kind == "parameter" and label.place in paired:
                for found, way in resolved(label, steps, paired[label.place], step):
                    labels[expressions.known(study, found)] = way
        if labels:
            study.pass_on(outlet, node, labels)
    for place, name in summary.checked:
        source = paired.get(place)
        if source is not None and "." not in name:
            study.passed(source)
    returns = merged((summary.returns, held({ANY: summary.yields}))) if summary.yields is not CLEAN else summary.returns
    result = substituted(returns, paired, step)
    return expressions.checked(study, result) if study.checked else result


def read_property(study: Study, base: Flow, cls: ClassDefinition, name: str, node: Any) -> Flow | None:
    """What a property of the project gives; None where the attribute is none."""
    found = classes.member(cls, name)
    if found is None or type(found[1]) is not FunctionValue or not found[1].definition.is_property:
        return None
    function = found[1].bound(study.taint.project.it.prototype(cls))
    receiver = function.definition.node.parameters[0]
    given = object.__new__(Given)
    given.positional, given.keywords, given.spread, given.receiver = [], {}, [], base
    return project_function(study, node, function, {Anchor(function.definition.module.path, receiver.at): base}, given)


def _project_class(study: Study, node: s.Call, definition: ClassDefinition, given: Given) -> Flow:
    project = study.taint.project
    found = classes.member(definition, "__init__")
    fields: dict[str, Flow] = {name: flow for name, (_, flow) in given.keywords.items()}
    init = found[1] if found is not None and type(found[1]) is FunctionValue else None
    if project.it.is_subclass(definition, HTTP_ERROR):
        return _http_error(study, node, given, init)
    if project.it.is_subclass(definition, RESPONSE):
        _respond(study, node, definition.name, given)
        return CLEAN
    if init is not None:
        bound = init.bound(Instance(definition))
        paired = _paired(bound, given)
        if not given.is_clean:
            project_function(study, node, bound, paired, given)
        names = {Anchor(init.definition.module.path, p.at): p.name for p in init.definition.node.parameters}
        fields.update({names[place]: flow for place, flow in paired.items() if place in names})
    else:
        fields.update({name: flow for name, (_, flow) in zip(classes.all_fields(definition), given.positional)})
    return held(fields, definition)


def _http_error(study: Study, node: s.Call, given: Given, init: FunctionValue | None) -> Flow:
    """An HTTP error that was made; what it says reaches the client once it is raised."""
    fields: dict[str, Flow] = {}
    if init is not None:
        bound = init.bound(study.taint.project.it.prototype(init.definition.owner))  # type: ignore[arg-type]
        summary = study.taint.summary(bound, study)
        step = Step(study.anchor(node), f"`{called_name(node)}` is made")
        fields["detail"] = substituted(summary.says, _paired(bound, given), step)
    else:
        for _, flow in given.get(1, "detail"):
            fields["detail"] = flow
        for _, flow in given.get(2, "headers"):
            fields["headers"] = flow
    return Flow({}, fields, HTTP_ERROR)


def _respond(study: Study, node: s.Call, name: str, given: Given) -> None:
    what = name.rpartition(".")[2]
    if what == "FileResponse":
        return
    for argument, flow in given.get(0, "content", "url", "headers"):
        study.outlet("client", f"the body of a `{what}`", argument, flow)


def _external(study: Study, node: s.Call, name: str, site: CallSite | None, given: Given) -> Flow | None:
    project = study.taint.project
    if project.library.is_subclass(name, HTTP_ERROR):
        return _http_error(study, node, given, None)
    if project.library.is_subclass(name, RESPONSE) or name.endswith((".EventSourceResponse", ".ORJSONResponse")):
        _respond(study, node, name, given)
        return CLEAN
    if name in SPOKEN:
        return expressions.text(study, gathered(given.flows), node)
    if name in TRACEBACKS:
        return (
            CLEAN if study.gates else Flow({Label("traceback", study.anchor(node), "traceback", frozenset({TEXT})): ()})
        )
    if name == "traceback.format_exception_only":
        return expressions.text(study, gathered(given.flows), node)
    if name == "sys.exc_info":
        label = Label("exception", study.anchor(node), "sys.exc_info()")
        return held({"1": Flow({label: ()})}) if study.in_broad_handler else CLEAN
    if name == "builtins.getattr":
        return _getattr(study, node, given)
    if name == "builtins.enumerate":
        return held({ANY: held({"1": merged(part(flow, None) for flow in given.flows)})})
    if name in HANDED_OVER:
        return _handed_over(study, node, HANDED_OVER[name], site, given)
    if name in uses.parsers():
        return Flow(gathered(given.flows).labels, {}, PARSED_URL)
    if name == "asyncio.gather" and _returns_exceptions(given):
        return merged((held({ANY: Flow({}, {}, SETTLED)}), *(Flow(flow.labels, flow.fields) for flow in given.flows)))
    if name in uses.kept_functions():
        return merged([Flow(flow.labels, flow.fields) for flow in given.flows])
    return CLEAN


def _returns_exceptions(given: Given) -> bool:
    node = given.keywords["return_exceptions"][0] if "return_exceptions" in given.keywords else None
    return type(node) is s.Constant and node.value is True


def _getattr(study: Study, node: s.Call, given: Given) -> Flow:
    if len(given.positional) < 2:
        return CLEAN
    name = given.positional[1][0]
    default = given.positional[2][1] if len(given.positional) > 2 else CLEAN
    if type(name) is not s.Constant or not isinstance(name.value, str):
        return default
    return merged((expressions.attribute(study, given.positional[0][1], name.value, node), default))


def _handed_over(study: Study, node: s.Call, index: int, site: CallSite | None, given: Given) -> Flow:
    """A function that is run elsewhere with the rest of the arguments."""
    values = site.arguments.positional if site is not None else ()
    if len(values) <= index:
        return CLEAN
    rest = object.__new__(Given)
    rest.positional, rest.keywords, rest.spread = given.positional[index + 1 :], given.keywords, given.spread
    target = given.positional[index][0]
    rest.receiver = expressions.evaluate(study, target.value) if type(target) is s.Attribute else CLEAN
    found = []
    for member in known_members(values[index]):
        if type(member) is FunctionValue:
            found.append(project_function(study, node, member, _paired(member, rest), rest))
        elif type(member) is External:
            found.append(_external(study, node, member.name, None, rest) or CLEAN)
            for use in uses.uses(member, NO_ARGUMENTS, None):
                for argument, flow in rest.get(*use.arguments):
                    study.outlet(use.kind, use.name, argument, flow)
        elif type(member) is Method:
            for use in uses.uses(member, NO_ARGUMENTS, None):
                for argument, flow in rest.get(*use.arguments) if use.arguments else [(target, rest.receiver)]:
                    study.outlet(use.kind, use.name, argument, flow)
    return merged(found)


def _method(study: Study, node: s.Call, member: Method, site: CallSite | None, given: Given) -> Flow | None:
    if member.name == "__init__":
        if study.taint.project.library.is_subclass(member.owner, HTTP_ERROR):
            study.says = merged((study.says, *(flow for _, flow in given.get(1, "detail", "headers"))))
        return CLEAN
    if member.name == "TemplateResponse":
        for argument, flow in given.get(0, 1, 2, "context"):
            study.outlet("client", "a rendered page", argument, expressions.text(study, flow, argument))
        return CLEAN
    if member.name in HANDED_OVER:
        return _handed_over(study, node, HANDED_OVER[member.name], site, given)
    return None


# ---- by name ------------------------------------------------------------------------------------------------------------------


def _by_name(study: Study, node: s.Call, name: str, given: Given) -> Flow:
    """A method of something unknown, or of a string, a dictionary, a request."""
    if type(node.func) is not s.Attribute or name not in uses.kept_methods():
        return CLEAN
    receiver = given.receiver
    if receiver.cls == REQUEST:
        return Flow({Label("request", study.anchor(node), "request"): ()})
    if name in ("format", "format_map", "join"):
        return _joined(study, node, name, given)
    if name in ("get", "pop"):
        key = node.args[0].value if node.args else None
        constant = str(key.value) if type(key) is s.Constant else None
        default = given.positional[1][1] if len(given.positional) > 1 else CLEAN
        return merged((part(_no_exception(receiver), constant), default))
    if name in ("__str__", "__repr__"):
        return expressions.text(study, receiver, node)
    if name == "joinpath":
        return gathered((receiver, *given.flows))
    if name == "with_traceback":
        return receiver
    if name in ("strip", "lstrip") and node.args and "/" in str(getattr(node.args[0].value, "value", "")):
        return marked(_no_exception(receiver), STRIPPED)
    return _no_exception(receiver)


def _no_exception(flow: Flow) -> Flow:
    """An exception has no such method: what it gives is not its text."""
    if not any(label.kind in ("exception", "parameter") and not label.is_text for label in flow.labels):
        return flow
    labels = {
        label if label.kind != "parameter" or label.is_text else label.marked(FIELD): steps
        for label, steps in flow.labels.items()
        if label.kind != "exception" or label.is_text
    }
    return Flow(labels, flow.fields)


def _joined(study: Study, node: s.Call, name: str, given: Given) -> Flow:
    template: Any = node.func.value  # type: ignore[union-attr]
    if name == "join":
        return expressions.text(study, gathered((given.receiver, *given.flows)), node)
    pieces: list[tuple[Any, Flow]] = [(template, given.receiver)]
    literal = template.value if type(template) is s.Constant and isinstance(template.value, str) else ""
    if expressions.LEADING_HOLE.match(literal) is not None:
        pieces = [(s.Constant(template.at, ""), CLEAN)]
    pieces += [(argument, flow) for argument, flow in (*given.positional, *given.keywords.values())]
    return expressions.concatenated(study, pieces, node)


__all__ = ["Const", "Given", "call"]
