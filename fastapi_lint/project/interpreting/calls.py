"""What a call gives back, and what it does to routers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi_lint.library import Entry
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import canonical_typing, instance_of, of_library
from fastapi_lint.project.interpreting.attributes import SECRET_TYPES
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.expressions import BOOL, INT, STR
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.known_functions import SPECIAL, dumped
from fastapi_lint.project.interpreting.truth import equal
from fastapi_lint.project.interpreting.values import (
    NONE,
    UNKNOWN,
    Arguments,
    ClassValue,
    Const,
    Coroutine,
    Decorator,
    External,
    FunctionValue,
    Generic,
    Instance,
    Mapping,
    Method,
    Partial,
    Sequence,
    Union,
    Value,
    chosen,
    known_members,
    unboxed,
    union,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


def call(it: Interpreter, frame: Frame, callee: Value, arguments: Arguments, node: Any) -> Value:
    kind = type(callee)
    if kind is FunctionValue:
        return it.call_function(frame, callee, arguments)  # type: ignore[arg-type]
    if kind is Method:
        return _call_method(it, frame, callee, arguments, node)  # type: ignore[arg-type]
    if kind is External:
        return _call_external(it, frame, callee.name, arguments, node)  # type: ignore[attr-defined]
    if kind is ClassValue:
        return instantiate(it, frame, callee.definition, (), arguments, node)  # type: ignore[attr-defined]
    if kind is Union:
        return union(call(it, frame, member, arguments, node) for member in known_members(callee))
    if kind is Generic:
        return _call_generic(it, frame, callee, arguments, node)  # type: ignore[arg-type]
    if kind is Partial:
        return call(it, frame, callee.func, merged(callee.arguments, arguments), node)  # type: ignore[attr-defined]
    if kind is Decorator:
        return it.routing.decorate(frame, callee, arguments, node)  # type: ignore[arg-type]
    if kind is Instance:
        return _call_instance(it, frame, callee, arguments, node)  # type: ignore[arg-type]
    return UNKNOWN


def merged(first: Arguments, second: Arguments) -> Arguments:
    """What a partial passes: its own arguments, then the call's."""
    positional = (*first.positional, *second.positional)
    return Arguments(positional, {**first.keywords, **second.keywords}, first.starred or second.starred)


def _call_instance(it: Interpreter, frame: Frame, callee: Instance, arguments: Arguments, node: Any) -> Value:
    if isinstance(callee.cls, ClassDefinition):
        found = classes.member(callee.cls, "__call__")
        if found is not None and type(found[1]) is FunctionValue:
            return it.call_function(frame, found[1].bound(callee), arguments)
        return UNKNOWN
    entry = it.library.method(callee.cls, "__call__")
    if entry is None:
        return UNKNOWN
    return _result(it, entry, callee, Method(callee, callee.cls, "__call__"), arguments)


def _call_generic(it: Interpreter, frame: Frame, callee: Generic, arguments: Arguments, node: Any) -> Value:
    if type(callee.base) is ClassValue:
        return instantiate(it, frame, callee.base.definition, callee.args, arguments, node)
    if type(callee.base) is External:
        return instance_of(callee)
    return UNKNOWN


def instantiate(
    it: Interpreter, frame: Frame, definition: ClassDefinition, args: tuple[Value, ...], arguments: Arguments, node: Any
) -> Value:
    if classes.is_enum(definition):
        return Instance(definition)
    made = it.routing.keep(frame, Instance(definition, args, arguments, frame.anchor(node)))
    if frame.effects and (it.routing.is_router(made) or it.shapes_application(definition, arguments)):
        it.construct(frame, made)
    return made


def _call_external(it: Interpreter, frame: Frame, name: str, arguments: Arguments, node: Any) -> Value:
    special = SPECIAL.get(canonical_typing(name))
    known = it.library.cls(name)
    if special is not None:
        found: Value | None = special(it, frame, arguments, node)
        if found is not None:
            entry = known.constructor if known is not None else it.library.function(name)
            if entry is not None and entry.calls is not None:
                _call_back(it, frame, entry, arguments, node)
            return found
    if known is not None:
        _use(it, frame, known.constructor, arguments, node)
        made = Instance(name, (), arguments, frame.anchor(node))
        if known.constructor.returns:
            promised = of_library(it.library, known.constructor.returns, None, arguments)
            made.args = promised.args if type(promised) is Instance else ()
        return it.routing.keep(frame, made)
    entry = it.library.function(name)
    if entry is not None:
        _use(it, frame, entry, arguments, node)
        receiver = Instance(name.rpartition(".")[0])
        return _result(it, entry, receiver, External(name), arguments)
    last = name.rpartition(".")[2]
    if last[:1].isupper() and not last.isupper():
        return it.routing.keep(frame, Instance(name, (), arguments, frame.anchor(node)))
    return UNKNOWN


def _result(it: Interpreter, entry: Entry, receiver: Instance | None, callee: Value, arguments: Arguments) -> Value:
    result = of_library(it.library, entry.returns, receiver, arguments) if entry.returns else UNKNOWN
    if entry.coroutine:
        return Coroutine(callee, arguments, result)
    return result


def _call_method(it: Interpreter, frame: Frame, callee: Method, arguments: Arguments, node: Any) -> Value:
    boxed = unboxed(callee.receiver)
    if boxed is not callee.receiver:
        entry = it.library.method(callee.owner, callee.name)
        if entry is not None:
            _use(it, frame, entry, arguments, node)
        return _call_builtin_method(it, frame, boxed, callee.name, arguments)
    if callee.name == "get_secret_value" and callee.owner in SECRET_TYPES and callee.receiver.made is not None:
        held = callee.receiver.made.get("secret_value", 0)
        return held if held is not None else UNKNOWN
    routed = it.routing.method(frame, callee, arguments, node)
    if routed is not None:
        return routed
    if callee.name in EXECUTORS and len(arguments.positional) > 1:
        index = 1 if callee.name == "run_in_executor" else 0
        entry = it.library.method(callee.owner, callee.name)
        if entry is not None and entry.coroutine:
            return Coroutine(callee, arguments, it.returned_by(frame, arguments.positional[index]))
    if callee.name in DUMPS and callee.owner.startswith(("pydantic.", "sqlmodel.")):
        filtered = not {"include", "exclude"}.isdisjoint(arguments.keywords) or arguments.starred
        return Mapping({}) if filtered else dumped(callee.receiver)
    entry = it.library.method(callee.owner, callee.name)
    if entry is None:
        return UNKNOWN
    _use(it, frame, entry, arguments, node)
    return _result(it, entry, callee.receiver, callee, arguments)


def _use(it: Interpreter, frame: Frame, entry: Entry, arguments: Arguments, node: Any) -> None:
    """What a library does with its arguments at once: it loops over one, it calls one."""
    if entry.consumes is not None:
        consumed = _argument(arguments, entry.consumes)
        if consumed is not None:
            it.iterate(frame, node, consumed, is_async=False)
    if entry.calls is not None:
        _call_back(it, frame, entry, arguments, node)


def _call_back(it: Interpreter, frame: Frame, entry: Entry, arguments: Arguments, node: Any) -> None:
    function = _argument(arguments, entry.calls)
    if frame.effects or not isinstance(function, CALLABLE):
        return
    consumed = _argument(arguments, entry.consumes)
    given = Arguments((it.element(consumed),) if consumed is not None else (), {}, starred=True)
    it.call_site(frame, node, function, given, "callback")


CALLABLE = (FunctionValue, ClassValue, External, Method, Partial, Instance, Union)


def _argument(arguments: Arguments, which: int | str | None) -> Value | None:
    if isinstance(which, int):
        return arguments.positional[which] if which < len(arguments.positional) else None
    return arguments.keywords.get(which) if which is not None else None


DUMPS = frozenset({"model_dump", "dict"})


EXECUTORS = frozenset({"run_in_executor"})


def _call_builtin_method(it: Interpreter, frame: Frame, receiver: Value, name: str, arguments: Arguments) -> Value:
    if type(receiver) is Sequence:
        return _list_method(it, frame, receiver, name, arguments)
    if type(receiver) is Mapping:
        return _dict_method(receiver, name, arguments)
    if name in ("startswith", "endswith", "isdigit", "isalpha", "isspace", "isupper", "islower", "isalnum"):
        return BOOL
    if name in ("split", "rsplit", "splitlines"):
        return _split(receiver, name, arguments)
    if name in ("partition", "rpartition"):
        return Sequence("tuple", [STR, STR, STR])
    if name in ("encode", "decode", "get_secret_value"):
        return receiver
    if type(receiver) is Const and isinstance(receiver.value, str) and name in PURE:
        changed = _changed_text(it, receiver.value, name, arguments)
        if changed is not None:
            return Const(changed, receiver.place, receiver.origin)
    return INT if name in ("find", "count", "index", "rfind") else STR


def _split(receiver: Value, name: str, arguments: Arguments) -> Sequence:
    separator = arguments.positional[0] if len(arguments.positional) == 1 else None
    if type(receiver) is Const and isinstance(receiver.value, str) and name == "split" and not arguments.keywords:
        if type(separator) is Const and isinstance(separator.value, str) and separator.value:
            parts = receiver.value.split(separator.value)
            return Sequence("list", [Const(part, receiver.place, receiver.origin) for part in parts])
    return Sequence("list", None, STR)


PURE = frozenset({
    "capitalize", "format", "join", "lower", "lstrip", "removeprefix", "removesuffix", "replace", "rstrip", "strip", "title", "upper",
})  # fmt: skip


def _changed_text(it: Interpreter, text: str, name: str, arguments: Arguments) -> str | None:
    """What a method makes of a known text, given known arguments."""
    if arguments.starred:
        return None
    given: list[Any] = []
    for value in arguments.positional:
        items = it.items(value) if name == "join" else None
        if items is not None and all(type(item) is Const and isinstance(item.value, str) for item in items):
            given.append([item.value for item in items if type(item) is Const])
        elif type(value) is Const and name != "join":
            given.append(value.value)
        else:
            return None
    keywords = {key: value.value for key, value in arguments.keywords.items() if type(value) is Const}
    if len(keywords) != len(arguments.keywords):
        return None
    try:
        result = getattr(text, name)(*given, **keywords)
    except (TypeError, ValueError, LookupError, AttributeError):
        return None
    return result if isinstance(result, str) and len(result) < 10_000 else None


def _list_method(it: Interpreter, frame: Frame, receiver: Sequence, name: str, arguments: Arguments) -> Value:
    if receiver.open_tests is not None and not frame.effects and name in CHANGES:
        return NONE  # the study of a function changes nothing that the application has
    if receiver.source is not None:
        it.routing.change_routes(receiver.source, name, arguments)
    if name == "remove" and receiver.items is not None:
        receiver.items = [
            item for item in receiver.items if equal(item, arguments.get("value", 0) or UNKNOWN) is not True
        ]
        return NONE
    if name in ("append", "add", "extend", "insert"):
        value = arguments.positional[-1] if arguments.positional else UNKNOWN
        if receiver.items is not None and name == "extend":
            more = it.items(value)
            if more is not None and len(receiver.items) + len(more) < 1000:
                receiver.items.extend(more)
                _note_conditional(frame, receiver, more)
            else:
                receiver.element = it.element(value)
                receiver.items = None
        elif receiver.items is not None and len(receiver.items) < 1000:
            if name == "insert" and type(index := arguments.get("index", 0)) is Const and isinstance(index.value, int):
                receiver.items.insert(index.value, value)
            else:
                receiver.items.append(value)
            _note_conditional(frame, receiver, [value])
        return NONE
    if name in ("pop", "popleft", "__getitem__"):
        return receiver.any()
    if name == "copy":
        return receiver
    return INT if name in ("index", "count") else UNKNOWN


CHANGES = frozenset({"add", "append", "clear", "extend", "insert", "pop", "popleft", "remove"})


def _note_conditional(frame: Frame, receiver: Sequence, added: list[Value]) -> None:
    if receiver.open_tests is not None and frame.open_tests > receiver.open_tests:
        receiver.conditional = (*receiver.conditional, *added)


def _dict_method(receiver: Mapping, name: str, arguments: Arguments) -> Value:
    if name in ("get", "pop", "setdefault"):
        key = arguments.get("key", 0)
        default = arguments.get("default", 1)
        found = chosen(receiver, key) if key is not None else None
        if found is not None:
            return found
        value = receiver.any()
        return union((value, default if default is not None else NONE)) if value is not UNKNOWN else UNKNOWN
    if name == "values":
        known = None if receiver.open else list(receiver.entries.values())
        return Sequence("iterator", known, receiver.any())
    if name == "keys":
        return Sequence("iterator", None, STR)
    if name == "items":
        if not receiver.open:
            return Sequence("iterator", [Sequence("tuple", [Const(k), v]) for k, v in receiver.entries.items()])
        return Sequence("iterator", None, Sequence("tuple", [UNKNOWN, receiver.any()]))
    if name == "copy":
        return receiver
    return UNKNOWN
