"""What a call gives back, and what it does to routers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi_lint.library import Entry
from fastapi_lint.project import classes, reflection
from fastapi_lint.project.annotations import canonical_typing, instance_of, of_library
from fastapi_lint.project.attributes import SECRET_TYPES
from fastapi_lint.project.definitions import ClassDefinition
from fastapi_lint.project.expressions import BOOL, INT, STR
from fastapi_lint.project.frames import Frame
from fastapi_lint.project.routing import URL_PATH
from fastapi_lint.project.truth import equal
from fastapi_lint.project.values import (
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
    Super,
    Text,
    Union,
    Value,
    known_members,
    unboxed,
    union,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreter import Interpreter


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


def dumped(value: Value) -> Value:
    """Objects as dictionaries of their fields."""
    if type(value) is Instance and isinstance(value.cls, ClassDefinition):
        found = Mapping({})
        found.source = value
        return found
    if type(value) is Sequence:
        items = None if value.items is None else [dumped(item) for item in value.items]
        return Sequence("list", items, dumped(value.element))
    if type(value) is Union:
        return union(dumped(member) for member in value.members)
    return value if type(value) is Mapping else UNKNOWN


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
        if type(key) is Const and key.value in receiver.entries:
            return receiver.entries[key.value]
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


# ---- functions whose result depends on their arguments ----------------------------------------------------------------------


def _identity(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    return arguments.positional[0] if arguments.positional else None


def _cast(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    return instance_of(arguments.positional[0]) if arguments.positional else UNKNOWN


def _new_type(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    return arguments.positional[1] if len(arguments.positional) > 1 else UNKNOWN


def _type_variable(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    return arguments.keywords.get("bound") or External("typing.TypeVar")


def _partial(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    if not arguments.positional:
        return UNKNOWN
    rest = Arguments(arguments.positional[1:], arguments.keywords, arguments.starred)
    return Partial(arguments.positional[0], rest)


def _super(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    scope: Frame | None = frame
    while scope is not None and (scope.function is None or scope.function.owner is None):
        scope = scope.parent
    if scope is None or scope.function is None or scope.function.owner is None or scope.receiver is None:
        return UNKNOWN
    return Super(scope.function.owner, scope.receiver)


def _type(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    if len(arguments.positional) != 1:
        return UNKNOWN
    match arguments.positional[0]:
        case Instance(cls=ClassDefinition() as definition):
            return ClassValue(definition)
        case Instance(cls=str() as name):
            return External(name)
        case _:
            return UNKNOWN


def _sequence(kind: str) -> Any:
    def make(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
        if not arguments.positional:
            return Sequence(kind, [])
        source = arguments.positional[0]
        items = it.items(source)
        if items is not None:
            return Sequence(kind, list(items))
        return Sequence(kind, None, it.iterate(frame, node, source, is_async=False))

    return make


def _first(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    return it.iterate(frame, node, arguments.positional[0], is_async=False) if arguments.positional else UNKNOWN


def _awaited_next(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    element = it.element(arguments.positional[0]) if arguments.positional else UNKNOWN
    return Coroutine(External("builtins.anext"), arguments, element)


def _enumerate(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    element = it.iterate(frame, node, arguments.positional[0], is_async=False) if arguments.positional else UNKNOWN
    return Sequence("iterator", None, Sequence("tuple", [INT, element]))


def _zip(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    elements: list[Value] = [it.iterate(frame, node, value, is_async=False) for value in arguments.positional]
    return Sequence("iterator", None, Sequence("tuple", elements))


def _dict(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    entries: dict[Any, Value] = {}
    is_open = arguments.starred
    for value in arguments.positional:
        if type(value) is Mapping:
            entries.update(value.entries)
            is_open = is_open or value.open
        elif len(arguments.positional) == 1 and not arguments.keywords and type(found := dumped(value)) is Mapping:
            return found
        else:
            is_open = True
    entries.update(arguments.keywords)
    return Mapping(entries, open=is_open)


def _dumped(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    filtered = not {"include", "exclude"}.isdisjoint(arguments.keywords)
    return dumped(arguments.positional[0]) if arguments.positional and not filtered else UNKNOWN


def _gather(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    results: list[Value] = [it.awaited(value) for value in arguments.positional]
    kind = Sequence("list", None if arguments.starred else results, union(results) if results else UNKNOWN)
    return Coroutine(External("asyncio.gather"), arguments, kind)


def _awaits_first(name: str) -> Any:
    def make(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
        result = it.awaited(arguments.positional[0]) if arguments.positional else UNKNOWN
        return Coroutine(External(name), arguments, result)

    return make


def _runs_elsewhere(name: str, index: int) -> Any:
    def make(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
        target = arguments.positional[index] if len(arguments.positional) > index else UNKNOWN
        rest = Arguments(arguments.positional[index + 1 :], {})
        return Coroutine(External(name), arguments, it.returned_by(frame, target, rest))

    return make


def _to_async(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    target = arguments.positional[0] if arguments.positional else UNKNOWN
    return Decorator("threaded", target, arguments, node)


def _select(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    """A statement over one table gives its objects; over columns or several tables, rows of whatever they are."""
    only = arguments.positional[0] if len(arguments.positional) == 1 and not arguments.starred else UNKNOWN
    return Instance("sqlalchemy.Select", (only,) if type(only) is ClassValue else ())


def _wraps(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    return Decorator("wraps", arguments.positional[0] if arguments.positional else UNKNOWN, arguments, node)


def _passes_through(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    """A decorator that may be given options first: `lru_cache(maxsize=1)`."""
    if arguments.positional and type(arguments.positional[0]) in (FunctionValue, ClassValue, Partial):
        return arguments.positional[0]
    return Decorator("identity", UNKNOWN, arguments, node)


def _context_manager(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    return arguments.positional[0] if arguments.positional else UNKNOWN


def _environment(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    default = arguments.get("default", 1)
    if type(default) is Const and default.value is not None:
        return union((STR, default.as_("environment default")))
    return STR


def _field(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    return Instance("dataclasses.field", (), arguments, frame.anchor(node))


def _create_model(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    return it.create_model(frame, arguments, node)


def _vars(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    if arguments.positional and type(arguments.positional[0]) is ClassValue:
        return reflection.namespace(arguments.positional[0])
    result: Value | None = _dumped(it, frame, arguments, node)
    return result


def _str(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value | None:
    value = arguments.positional[0] if arguments.positional else UNKNOWN
    if type(value) is Text or (type(value) is Const and isinstance(value.value, str)):
        return value
    if type(value) is Instance and value.cls == URL_PATH:
        return value
    return Const(str(value.value), value.place, value.origin) if type(value) is Const else STR


SPECIAL: dict[str, Any] = {
    **reflection.SPECIAL,
    "asyncio.gather": _gather,
    "asyncio.shield": _awaits_first("asyncio.shield"),
    "asyncio.to_thread": _runs_elsewhere("asyncio.to_thread", 0),
    "asyncio.wait_for": _awaits_first("asyncio.wait_for"),
    "anyio.to_thread.run_sync": _runs_elsewhere("anyio.to_thread.run_sync", 0),
    "starlette.concurrency.run_in_threadpool": _runs_elsewhere("starlette.concurrency.run_in_threadpool", 0),
    "asgiref.sync.sync_to_async": _to_async,
    "builtins.anext": _awaited_next,
    "builtins.dict": _dict,
    "builtins.enumerate": _enumerate,
    "builtins.frozenset": _sequence("set"),
    "builtins.iter": _identity,
    "builtins.list": _sequence("list"),
    "builtins.next": _first,
    "builtins.reversed": _sequence("iterator"),
    "builtins.set": _sequence("set"),
    "builtins.sorted": _sequence("list"),
    "builtins.max": _first,
    "builtins.min": _first,
    "builtins.super": _super,
    "builtins.tuple": _sequence("tuple"),
    "builtins.type": _type,
    "builtins.vars": _vars,
    "builtins.str": _str,
    "builtins.zip": _zip,
    "contextlib.asynccontextmanager": _context_manager,
    "contextlib.contextmanager": _context_manager,
    "copy.copy": _identity,
    "copy.deepcopy": _identity,
    "dataclasses.asdict": _dumped,
    "fastapi.encoders.jsonable_encoder": _dumped,
    "attr.attrib": _field,
    "attr.field": _field,
    "attr.ib": _field,
    "attrs.field": _field,
    "dataclasses.field": _field,
    "functools.cache": _identity,
    "functools.lru_cache": _passes_through,
    "functools.partial": _partial,
    "functools.wraps": _wraps,
    "os.environ.get": _environment,
    "os.getenv": _environment,
    "pydantic.create_model": _create_model,
    "sqlalchemy.select": _select,
    "typing.NewType": _new_type,
    "typing.TypeVar": _type_variable,
    "typing.cast": _cast,
}
