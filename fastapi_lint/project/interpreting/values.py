"""What an expression may stand for, as far as it can be known without running it.

Every question has three answers: yes, no, unknown. `UNKNOWN` is a value like the others, so that a rule that meets it is quiet about
that question only. Values are compared by identity, except where a class says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from fastapi_lint.findings import Anchor

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
    from fastapi_lint.project.interpreting.frames import Frame
    from fastapi_lint.project.interpreting.functions import Signature
    from fastapi_lint.project.interpreting.modules import Module


class Value:
    __slots__ = ()


class Unknown(Value):
    """Something we cannot tell."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


class Const(Value):
    """A literal, with the place where it is written.

    `origin` tells how it got here: written in the code that uses it (`literal`), the default of a settings or model field
    (`field default`), of an environment look-up (`environment default`), of a parameter (`parameter default`), or what follows
    an `or` (`fallback`). `parts`: the pieces of a string that was put together.
    """

    __slots__ = ("origin", "parts", "place", "value")

    def __init__(
        self,
        value: str | int | float | bool | None,
        place: Anchor | None = None,
        origin: str = "literal",
        parts: tuple[Const, ...] = (),
    ) -> None:
        self.value = value
        self.place = place
        self.origin = origin
        self.parts = parts

    def as_(self, origin: str) -> Const:
        return Const(self.value, self.place, origin, self.parts)

    def __repr__(self) -> str:
        return f"Const({self.value!r})"


FIXED = frozenset({"literal", "parameter default"})
"""Origins of constants that no deployment changes."""

NONE = Const(None)


class Text(Value):
    """A string of which only some parts are known: an f-string, a concatenation. Unknown parts are values that are no `Const`."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Value, ...]) -> None:
        self.parts = parts


class ModuleValue(Value):
    __slots__ = ("module",)

    def __init__(self, module: Module) -> None:
        self.module = module


class External(Value):
    """A thing outside the project, by its canonical qualified name: a module, a class, a function, a constant."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"External({self.name})"


class FunctionValue(Value):
    """A function of the project.

    `frame`: the scope that its `def` ran in. `receiver`: what it is bound to. `wrapped`: the function whose signature it shows,
    by `functools.wraps`. `signature`: its annotations and defaults, where one `def` runs several times and each time with others.
    """

    __slots__ = ("attributes", "definition", "frame", "receiver", "signature", "wrapped")

    def __init__(
        self,
        definition: FunctionDefinition,
        frame: Frame,
        receiver: Value | None = None,
        wrapped: FunctionValue | None = None,
    ) -> None:
        self.definition = definition
        self.frame = frame
        self.receiver = receiver
        self.wrapped = wrapped
        self.signature: Signature | None = None
        self.attributes: dict[str, Value] = {}

    def bound(self, receiver: Value) -> FunctionValue:
        return self.like(receiver, self.wrapped)

    def like(self, receiver: Value | None, wrapped: FunctionValue | None) -> FunctionValue:
        """The same function, bound or wrapped otherwise."""
        found = FunctionValue(self.definition, self.frame, receiver, wrapped)
        found.signature = self.signature
        found.attributes = self.attributes
        return found

    def __repr__(self) -> str:
        return f"FunctionValue({self.definition.qualname})"


class ClassValue(Value):
    __slots__ = ("definition",)

    def __init__(self, definition: ClassDefinition) -> None:
        self.definition = definition

    def __repr__(self) -> str:
        return f"ClassValue({self.definition.qualname})"


class Generic(Value):
    """A type expression with arguments: `list[User]`, `Annotated[User, Depends(f)]`, `X | None` (base `typing.Union`)."""

    __slots__ = ("args", "base")

    def __init__(self, base: Value, args: tuple[Value, ...]) -> None:
        self.base = base
        self.args = args


class Arguments:
    """The values a call passes. `starred`: it has `*args` or `**kwargs` whose content is unknown."""

    __slots__ = ("keywords", "positional", "starred")

    def __init__(self, positional: tuple[Value, ...], keywords: dict[str, Value], starred: bool = False) -> None:
        self.positional = positional
        self.keywords = keywords
        self.starred = starred

    def get(self, name: str, index: int | None = None) -> Value | None:
        """The argument of that keyword, or at that 0-based position."""
        if name in self.keywords:
            return self.keywords[name]
        if index is not None and index < len(self.positional):
            return self.positional[index]
        return None


NO_ARGUMENTS = Arguments((), {})


class Instance(Value):
    """An object of a class of the project or of an external one (its canonical name).

    `made`: the call that made it, where we saw it; `attributes`: what was assigned to it since; `events`: what was done to it, in
    order, where it is a router or an application.
    """

    __slots__ = ("args", "attributes", "cls", "events", "made", "site")

    def __init__(
        self,
        cls: ClassDefinition | str,
        args: tuple[Value, ...] = (),
        made: Arguments | None = None,
        site: Anchor | None = None,
    ) -> None:
        self.cls = cls
        self.args = args
        self.made = made
        self.site = site
        self.attributes: dict[str, Value] | None = None
        self.events: list[Any] | None = None

    @property
    def class_name(self) -> str:
        return self.cls if isinstance(self.cls, str) else self.cls.qualname

    def set(self, name: str, value: Value) -> None:
        if self.attributes is None:
            self.attributes = {}
        self.attributes[name] = value

    def record(self, event: Any) -> None:
        if self.events is None:
            self.events = []
        self.events.append(event)

    def __repr__(self) -> str:
        return f"Instance({self.class_name})"


def boxed(value: Value, cls: str = "builtins.object") -> Instance:
    """A built-in container or text as an object, such as the receiver of one of its methods."""
    box = Instance(cls)
    box.attributes = {"": value}
    return box


def unboxed(receiver: Instance) -> Value:
    return receiver.attributes[""] if receiver.attributes and "" in receiver.attributes else receiver


class Method(Value):
    """A method or attribute of an external class, bound to a receiver: `session.execute`."""

    __slots__ = ("name", "owner", "receiver")

    def __init__(self, receiver: Instance, owner: str, name: str) -> None:
        self.receiver = receiver
        self.owner = owner
        self.name = name

    @property
    def qualname(self) -> str:
        return f"{self.owner}.{self.name}"

    def __repr__(self) -> str:
        return f"Method({self.qualname})"


class Sequence(Value):
    """A list, tuple, set or iterator. `items` where each is known, else only what one of them is.

    `default`: what a settings or model field holds unless something else is given. `open_tests`: the `if` statements that were open where
    it was made, None where it was not made while effects counted; `conditional`: the items that were added to it under a further one.
    """

    __slots__ = ("conditional", "default", "element", "items", "kind", "open_tests", "source")

    def __init__(
        self, kind: str, items: list[Value] | None, element: Value = UNKNOWN, source: Value | None = None
    ) -> None:
        self.kind = kind
        self.items = items
        self.element = element
        self.source = source
        self.default: Sequence | None = None
        self.open_tests: int | None = None
        self.conditional: tuple[Value, ...] = ()

    def any(self) -> Value:
        return union(self.items) if self.items is not None else self.element


class Mapping(Value):
    """A dictionary. `entries` by constant key; `open`: it may have others, of the type `element`, or the fields of `source`.

    `keys` has the anchors of the values that are written out.
    """

    __slots__ = ("element", "entries", "keys", "open", "source")

    def __init__(self, entries: dict[Any, Value], element: Value = UNKNOWN, *, open: bool = True) -> None:
        self.entries = entries
        self.element = element
        self.open = open
        self.keys: dict[Any, Anchor] = {}
        self.source: Instance | None = None

    def any(self) -> Value:
        members = list(self.entries.values())
        return union([*members, self.element] if self.open else members)


class Partial(Value):
    """`functools.partial(func, ...)`."""

    __slots__ = ("arguments", "func")

    def __init__(self, func: Value, arguments: Arguments) -> None:
        self.func = func
        self.arguments = arguments


class Coroutine(Value):
    """The result of calling an `async def` that nobody has awaited yet. `callee` is what was called."""

    __slots__ = ("arguments", "callee", "result")

    def __init__(self, callee: Value, arguments: Arguments, result: Value | None = None) -> None:
        self.callee = callee
        self.arguments = arguments
        self.result = result


class GeneratorValue(Value):
    """The result of calling a generator function: its body runs when it is iterated."""

    __slots__ = ("arguments", "callee", "managed")

    def __init__(self, callee: FunctionValue, arguments: Arguments, managed: bool = False) -> None:
        self.callee = callee
        self.arguments = arguments
        self.managed = managed  # by contextlib.contextmanager


class Decorator(Value):
    """What a call returned that is meant to decorate: `router.get("/")`, `functools.wraps(f)`."""

    __slots__ = ("arguments", "kind", "node", "target")

    def __init__(self, kind: str, target: Value, arguments: Arguments, node: Any) -> None:
        self.kind = kind
        self.target = target
        self.arguments = arguments
        self.node = node


class Super(Value):
    __slots__ = ("after", "receiver")

    def __init__(self, after: ClassDefinition, receiver: Value) -> None:
        self.after = after
        self.receiver = receiver


class Union(Value):
    """One of several. Has at least two members, none of them a union."""

    __slots__ = ("members",)

    def __init__(self, members: tuple[Value, ...]) -> None:
        self.members = members


def members(value: Value) -> tuple[Value, ...]:
    return value.members if type(value) is Union else (value,)


def chosen(mapping: Mapping, key: Value) -> Value | None:
    """The entry of a key; None where that cannot be told.

    The default of a setting says which text is meant until a deployment says otherwise, but not which of several functions or objects.
    """
    found = mapping.entries.get(key.value) if type(key) is Const else None
    return found if found is None or key.origin in FIXED or type(found) is Const else None  # type: ignore[attr-defined]


def known_members(value: Value) -> Iterator[Value]:
    """The members that are not None."""
    for member in members(value):
        if not (type(member) is Const and member.value is None):
            yield member


MOST_MEMBERS = 8


def plain_key(value: Value) -> Value:
    """The text or number that a member of an enumeration is equal to, where the enumeration is one of texts or numbers."""
    if type(value) is Instance and value.attributes is not None and not isinstance(value.cls, str):
        inner = value.attributes.get("value")
        outside = {base.name for base in value.cls.bases if type(base) is External}
        if type(inner) is Const and outside & {"builtins.str", "builtins.int", "enum.StrEnum", "enum.IntEnum"}:
            return inner
    return value


def union(values: Iterable[Value]) -> Value:
    """One value for several. More than a handful is unknown."""
    found: list[Value] = []
    for value in values:
        for member in members(value):
            if not any(same(member, other) for other in found):
                found.append(member)
    if not found:
        return UNKNOWN
    if len(found) == 1:
        return found[0]
    if len(found) > MOST_MEMBERS:
        return UNKNOWN
    return Union(tuple(found))


def same(left: Value, right: Value) -> bool:
    """Whether two values need not be told apart."""
    if left is right:
        return True
    kind = type(left)
    if kind is not type(right):
        return False
    if kind is Const:
        return left.value == right.value and type(left.value) is type(right.value)  # type: ignore[attr-defined]
    if kind is External:
        return bool(left.name == right.name)  # type: ignore[attr-defined]
    if kind is ClassValue:
        return left.definition is right.definition  # type: ignore[attr-defined]
    if kind is ModuleValue:
        return left.module is right.module  # type: ignore[attr-defined]
    if kind is FunctionValue:
        return left.definition is right.definition and left.receiver is right.receiver and left.wrapped is right.wrapped  # type: ignore[attr-defined]
    if kind is Instance:
        return (
            left.cls == right.cls  # type: ignore[attr-defined]
            and not left.args and not right.args  # type: ignore[attr-defined]
            and left.events is None and right.events is None  # type: ignore[attr-defined]
            and left.attributes is None and right.attributes is None  # type: ignore[attr-defined]
        )  # fmt: skip
    if kind is Method:
        return left.qualname == right.qualname and _constant(left) == _constant(right)  # type: ignore[attr-defined, arg-type, no-any-return]
    return False


def has_text(value: Value) -> bool:
    """Whether text that is written in the source is, may be, or is among a value."""
    kind = type(value)
    if kind is Const:
        return isinstance(value.value, str)  # type: ignore[attr-defined]
    if kind is Sequence:
        return value.items is not None and any(has_text(item) for item in value.items)  # type: ignore[attr-defined]
    if kind is Union:
        return any(has_text(member) for member in value.members)  # type: ignore[attr-defined]
    return kind is Text or (kind is Instance and unboxed(value) is not value)  # type: ignore[arg-type]


def _constant(method: Method) -> Any:
    """The literal whose method this is: `"a,b".split`, which is not `text.split`."""
    boxed = method.receiver.attributes.get("") if method.receiver.attributes else None
    return boxed.value if type(boxed) is Const else None


class Namespace(Value):
    """A directory without `__init__.py` that is imported as a package."""

    __slots__ = ("directory",)

    def __init__(self, directory: str) -> None:
        self.directory = directory
