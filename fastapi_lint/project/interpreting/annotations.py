"""From type expressions to the objects that they promise."""

from __future__ import annotations

from fastapi_lint.library import Library, TypeExpression, type_expression
from fastapi_lint.project.interpreting.values import (
    NO_ARGUMENTS,
    NONE,
    UNKNOWN,
    Arguments,
    ClassValue,
    Const,
    Coroutine,
    External,
    Generic,
    Instance,
    Mapping,
    Sequence,
    Value,
    union,
)

SEQUENCES = {
    "builtins.list": "list", "typing.List": "list", "typing.Sequence": "list", "collections.abc.Sequence": "list",
    "typing.MutableSequence": "list", "collections.abc.MutableSequence": "list", "collections.deque": "list",
    "typing.Deque": "list", "builtins.set": "set", "typing.Set": "set", "builtins.frozenset": "set", "typing.FrozenSet": "set",
    "typing.AbstractSet": "set", "collections.abc.Set": "set", "typing.Iterable": "iterator", "collections.abc.Iterable": "iterator",
    "typing.Iterator": "iterator", "collections.abc.Iterator": "iterator", "typing.Collection": "list",
    "collections.abc.Collection": "list",
}  # fmt: skip
GENERATORS = frozenset({"typing.Generator", "collections.abc.Generator"})
ASYNC_ITERATORS = frozenset(
    f"{module}.{name}"
    for module in ("typing", "collections.abc")
    for name in ("AsyncIterator", "AsyncIterable", "AsyncGenerator")
)
MAPPINGS = frozenset({
    "builtins.dict", "typing.Dict", "typing.Mapping", "collections.abc.Mapping", "typing.MutableMapping",
    "collections.abc.MutableMapping", "collections.defaultdict", "typing.DefaultDict", "collections.OrderedDict",
    "typing.OrderedDict",
})  # fmt: skip
TUPLES = frozenset({"builtins.tuple", "typing.Tuple"})
UNIONS = frozenset({"typing.Union", "typing.Optional", "types.UnionType"})
AWAITABLES = frozenset(
    {
        "typing.Awaitable",
        "collections.abc.Awaitable",
        "typing.Coroutine",
        "collections.abc.Coroutine",
        "asyncio.Future",
        "asyncio.Task",
    }
)
TRANSPARENT = frozenset({
    "typing.Annotated", "typing.ClassVar", "typing.Final", "typing.Required", "typing.NotRequired", "typing.ReadOnly",
    "dataclasses.InitVar", "sqlalchemy.orm.Mapped", "sqlalchemy.orm.base.Mapped", "sqlalchemy.orm.WriteOnlyMapped",
    "sqlalchemy.orm.DynamicMapped", "typing.TypeGuard",
})  # fmt: skip
OPAQUE = frozenset(
    {"typing.Any", "builtins.object", "typing.Self", "typing.Callable", "collections.abc.Callable", "typing.TypeVar"}
)


def canonical_typing(name: str) -> str:
    return "typing" + name[len("typing_extensions") :] if name.startswith("typing_extensions.") else name


def instance_of(kind: Value) -> Value:
    """The object that an annotation promises; UNKNOWN for one that promises nothing."""
    match kind:
        case ClassValue():
            return Instance(kind.definition)
        case External():
            return _of_external(kind.name)
        case Generic():
            return _of_generic(kind)
        case Const(value=None):
            return NONE
        case _:
            return UNKNOWN


def _of_external(name: str) -> Value:
    name = canonical_typing(name)
    if name in SEQUENCES:
        return Sequence(SEQUENCES[name], None)
    if name in MAPPINGS:
        return Mapping({})
    if name in TUPLES:
        return Sequence("tuple", None)
    if name in OPAQUE:
        return UNKNOWN
    return Instance(name)


def _of_generic(kind: Generic) -> Value:
    args = kind.args
    if type(kind.base) is ClassValue:
        return Instance(kind.base.definition, args)
    if type(kind.base) is not External:
        return UNKNOWN
    name = canonical_typing(kind.base.name)
    if name in TRANSPARENT:
        return instance_of(args[0]) if args else UNKNOWN
    if name in UNIONS:
        promised = [instance_of(arg) for arg in args]
        return union([*promised, NONE] if name == "typing.Optional" else promised)
    if name in SEQUENCES:
        return Sequence(SEQUENCES[name], None, instance_of(args[0]) if args else UNKNOWN)
    if name in MAPPINGS:
        return Mapping({}, instance_of(args[1]) if len(args) > 1 else UNKNOWN)
    if name in TUPLES:
        if len(args) == 2 and type(args[1]) is External:
            return Sequence("tuple", None, instance_of(args[0]))
        return Sequence("tuple", [instance_of(arg) for arg in args])
    if name in AWAITABLES:
        return Coroutine(UNKNOWN, NO_ARGUMENTS, instance_of(args[-1]) if args else UNKNOWN)
    if name == "typing.Literal":
        return union(arg for arg in args if type(arg) is Const)
    if name in ("builtins.type", "typing.Type"):
        return args[0] if args else UNKNOWN
    if name in OPAQUE:
        return UNKNOWN
    return Instance(name, args)


def yielded(kind: Value) -> Value | None:
    """What a generator with this return annotation yields; None where the annotation does not say."""
    if type(kind) is Generic and type(kind.base) is External and kind.args:
        name = canonical_typing(kind.base.name)
        if name in GENERATORS or name in ASYNC_ITERATORS or SEQUENCES.get(name) == "iterator":
            return instance_of(kind.args[0])
    return None


def of_library(library: Library, text: str, receiver: Instance | None, arguments: Arguments = NO_ARGUMENTS) -> Value:
    """The object that a library's type expression stands for.

    `self` is the receiver, `arg0` an instance of the first argument, `arg0.T` one of what the first argument is a generic object
    of, `keyword.NAME` one of that keyword's.
    """
    return _of_expression(library, type_expression(text), receiver, arguments)


def _of_expression(library: Library, kind: TypeExpression, receiver: Instance | None, arguments: Arguments) -> Value:
    if kind.name == "self":
        return receiver if receiver is not None else UNKNOWN
    if kind.name == "arg0":
        return instance_of(arguments.positional[0]) if arguments.positional else UNKNOWN
    if kind.name == "arg0.T":
        first = arguments.positional[0] if arguments.positional else UNKNOWN
        return instance_of(first.args[0]) if type(first) is Instance and first.args else UNKNOWN
    if kind.name.startswith("keyword."):
        given = arguments.keywords.get(kind.name.removeprefix("keyword."))
        return instance_of(given) if given is not None else UNKNOWN
    if "." not in kind.name:
        return _parameter(library, kind.name, receiver)
    if kind.name == "typing.Any":
        return UNKNOWN
    if kind.name == "builtins.None":
        return NONE
    args = [_of_expression(library, argument, receiver, arguments) for argument in kind.arguments]
    if kind.name in SEQUENCES:
        return Sequence(SEQUENCES[kind.name], None, args[0] if args else UNKNOWN)
    if kind.name in MAPPINGS:
        return Mapping({}, args[1] if len(args) > 1 else UNKNOWN)
    if kind.name in TUPLES:
        return Sequence("tuple", args or None)
    return Instance(kind.name, tuple(_as_type(arg) for arg in args))


def _parameter(library: Library, name: str, receiver: Instance | None) -> Value:
    if receiver is None or not isinstance(receiver.cls, str):
        return UNKNOWN
    known = library.cls(receiver.cls)
    if known is None or name not in known.parameters:
        return UNKNOWN
    index = known.parameters.index(name)
    if index < len(receiver.args) and receiver.args[index] is not UNKNOWN:
        return instance_of(receiver.args[index])
    default = known.defaults.get(name)
    return Instance(default) if default else UNKNOWN


def _as_type(value: Value) -> Value:
    """The type of a value, for use as a type argument."""
    match value:
        case Instance(cls=str() as name):
            return Generic(External(name), value.args) if value.args else External(name)
        case Instance():
            return ClassValue(value.cls)  # type: ignore[arg-type]
        case _:
            return UNKNOWN
