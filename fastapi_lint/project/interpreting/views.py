"""Class decorators of libraries that make routes of methods: `cbv` of fastapi-utils and fastapi-restful, `View` of fastapi-class.

What they do was read in fastapi-utils 0.8.0, fastapi-restful 0.6.0 and fastapi_class 3.7.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting import classes, expressions
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import (
    NO_ARGUMENTS,
    NONE,
    UNKNOWN,
    Arguments,
    ClassValue,
    Const,
    Decorator,
    External,
    FunctionValue,
    Instance,
    Mapping,
    Sequence,
    Value,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

RESTFUL = ("delete", "get", "head", "options", "patch", "post", "put", "trace")
VIEWED = ("delete", "get", "patch", "post", "put")


def cbv(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    """`@cbv(router, "/url", ...)`: methods that are called like one of HTTP's handle it under each address."""
    return Decorator("cbv", arguments.positional[0] if arguments.positional else UNKNOWN, arguments, node)


def view(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    """`@View(router, path="/url")`: such methods, and those that `@endpoint(...)` marks."""
    return Decorator("View", arguments.get("router", 0) or UNKNOWN, arguments, node)


def routes(it: Interpreter, decorator: Decorator, viewed: ClassValue) -> Iterator[tuple[FunctionValue, Arguments]]:
    """What a class decorator adds: the handler of each route, and what the route is registered with."""
    definition = viewed.definition
    if decorator.kind == "cbv":
        addresses = decorator.arguments.positional[1:]
        if decorator.arguments.starred:
            addresses = (*addresses, UNKNOWN)
        for address in addresses:
            for method in _methods(definition, RESTFUL):
                given = _marked(it, method, "set_responses")
                keywords = {
                    "methods": Sequence("list", [Const(method.definition.name.upper())]),
                    "response_model": (given.get("response", 0) if given is not None else None) or NONE,
                    "status_code": (given.get("status_code", 1) if given is not None else None) or Const(200),
                }
                yield method, Arguments((address,), keywords)
        return
    path = decorator.arguments.keywords.get("path", Const("/"))
    status = decorator.arguments.keywords.get("default_status_code", Const(200))
    me = Instance(definition, (), NO_ARGUMENTS)
    for method in _methods(definition, None):
        given = _marked(it, method, "endpoint")
        if given is None and method.definition.name not in VIEWED:
            continue
        given = given or NO_ARGUMENTS
        keywords = {
            "methods": _verbs(it, given, method.definition.name),
            "response_model": given.keywords.get("response_model") or _of_class(definition, method.definition.name),
            "status_code": given.keywords.get("status_code", status),
            "response_class": given.keywords.get("response_class", External("starlette.responses.JSONResponse")),
        }
        address = _joined(path, given.keywords.get("path"))
        yield method.bound(me), Arguments((address,), keywords)


def _methods(definition: ClassDefinition, names: tuple[str, ...] | None) -> list[FunctionValue]:
    """The methods of a class and its ancestors in the order of their names, in which `dir` and `inspect` have them."""
    found: dict[str, FunctionValue] = {}
    for ancestor in reversed(classes.ancestors(definition)):
        if isinstance(ancestor, ClassDefinition):
            found.update({method.definition.name: method for method in classes.methods(ancestor)})
    return [found[name] for name in sorted(found) if names is None or name in names]


def _marked(it: Interpreter, method: FunctionValue, by: str) -> Arguments | None:
    """What the library's decorator of that name is given on a method; None where it has none."""
    own = method.definition
    for callee, node in zip(own.decorators, own.node.decorators, strict=False):
        if type(callee) is External and callee.name.rpartition(".")[2] == by and type(node) is s.Call:
            return expressions.arguments(it, method.frame, node.args)
    return None


def _verbs(it: Interpreter, given: Arguments, name: str) -> Value:
    methods = given.get("methods", 0)
    if methods is None or (type(methods) is Const and methods.value is None):
        called = given.keywords.get("name")
        return Sequence("list", [Const(str(called.value if type(called) is Const else name).upper())])
    items = [methods] if type(methods) is Const else it.items(methods)
    if items is None or not all(type(item) is Const for item in items):
        return UNKNOWN
    return Sequence("list", [Const(str(item.value).upper()) for item in items if type(item) is Const])


def _of_class(definition: ClassDefinition, name: str) -> Value:
    """What the class says of the response of a method: `response_model = {"get": Item}`."""
    found = classes.member(definition, "response_model")
    if found is None:
        return NONE
    return found[1].entries.get(name, NONE) if type(found[1]) is Mapping and not found[1].open else UNKNOWN


def _joined(path: Value, more: Value | None) -> Value:
    if more is None or (type(more) is Const and not more.value):
        return path
    known = type(path) is Const and type(more) is Const
    return Const(f"{path.value}{more.value}", path.place) if known else UNKNOWN  # type: ignore[attr-defined]


def api(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    """`Api(app)` of fastapi-utils, by which resources are added that we do not follow."""
    application = arguments.get("app", 0)
    if frame.effects and type(application) is Instance and it.routing.is_router(application):
        it.routing.include_unknown(frame, application, frame.anchor(node))
    return Instance("fastapi_utils.Api", (), arguments)


SPECIAL: dict[str, Any] = {"fastapi_utils.cbv.cbv": cbv, "fastapi_class.View": view, "fastapi_utils.Api": api}
