"""Functions of Python and of libraries whose result depends on their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi_lint.project.interpreting import reflection, views
from fastapi_lint.project.interpreting.annotations import instance_of
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.expressions import INT, STR
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.routing import URL_PATH
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    Arguments,
    ClassValue,
    Const,
    Coroutine,
    Decorator,
    External,
    FunctionValue,
    Instance,
    Mapping,
    Partial,
    Sequence,
    Super,
    Text,
    Union,
    Value,
    members,
    union,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


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
        each = [it.items(member) for member in members(source)]
        if all(items is not None for items in each):
            return union(Sequence(kind, list(items or ())) for items in each)
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
    **views.SPECIAL,
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
