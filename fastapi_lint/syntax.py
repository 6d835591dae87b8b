"""The facts of a file: its statements and expressions as small, frozen, serialisable records.

LibCST's tree is lossless, which makes it large, and its nodes cannot be cached or sent to another process. These records keep what
a rule asks about (names, literals, structure) and drop the rest. Every record that a finding can point at has `at`, its number:
`at >> UNIT_BITS` is the index of the top-level statement, the low bits count the records within it in the order in which `quick`
and `extract` make them. The number leads back to the LibCST node (`extract.nodes`), and so to text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, Literal, NamedTuple, Union

import msgspec

UNIT_BITS = 20


class Node(msgspec.Struct, frozen=True, eq=False, gc=False, array_like=True, tag=True, kw_only=False):
    at: int


# ---- expressions ----------------------------------------------------------------------------------------------------------


class Name(Node, frozen=True):
    id: str


class Attribute(Node, frozen=True):
    value: Expression
    attr: str


class Argument(msgspec.Struct, frozen=True, eq=False, gc=False, array_like=True):
    """`star` is `""`, `"*"` or `"**"`."""

    value: Expression
    keyword: str | None = None
    star: str = ""


class Call(Node, frozen=True):
    func: Expression
    args: tuple[Argument, ...]


class Constant(Node, frozen=True):
    """A literal. `kind` tells `...`, whose value is not kept, from None, and `b"x"`, kept as Latin-1 text, from `"x"`."""

    value: str | int | float | bool | None
    kind: Literal["", "bytes", "ellipsis", "complex"] = ""


class FormattedString(Node, frozen=True):
    """An f-string, a t-string, or a concatenation with one: literal pieces as `Constant`, holes as expressions."""

    parts: tuple[Expression, ...]


class Subscript(Node, frozen=True):
    value: Expression
    items: tuple[Expression, ...]


class Slice(Node, frozen=True):
    lower: Expression | None
    upper: Expression | None
    step: Expression | None


class Collection(Node, frozen=True):
    kind: Literal["list", "tuple", "set"]
    items: tuple[Expression, ...]


class Dictionary(Node, frozen=True):
    """A key of None stands for `**value`."""

    keys: tuple[Expression | None, ...]
    values: tuple[Expression, ...]


class BinaryOperation(Node, frozen=True):
    operator: str
    left: Expression
    right: Expression


class BooleanOperation(Node, frozen=True):
    operator: str
    left: Expression
    right: Expression


class UnaryOperation(Node, frozen=True):
    operator: str
    value: Expression


class Comparison(Node, frozen=True):
    left: Expression
    operators: tuple[str, ...]
    comparators: tuple[Expression, ...]


class Conditional(Node, frozen=True):
    test: Expression
    body: Expression
    orelse: Expression


class Await(Node, frozen=True):
    value: Expression


class Yield(Node, frozen=True):
    value: Expression | None
    is_from: bool


class Lambda(Node, frozen=True):
    function: Function


class Comprehension(Node, frozen=True):
    """`elements` has two members for a dictionary."""

    kind: Literal["list", "set", "dict", "generator"]
    elements: tuple[Expression, ...]
    clauses: tuple[ForClause, ...]


class ForClause(msgspec.Struct, frozen=True, eq=False, gc=False, array_like=True):
    target: Expression
    iter: Expression
    conditions: tuple[Expression, ...]
    is_async: bool


class NamedExpression(Node, frozen=True):
    target: Expression
    value: Expression


class Starred(Node, frozen=True):
    value: Expression


Expression = Union[
    Name,
    Attribute,
    Call,
    Constant,
    FormattedString,
    Subscript,
    Slice,
    Collection,
    Dictionary,
    BinaryOperation,
    BooleanOperation,
    UnaryOperation,
    Comparison,
    Conditional,
    Await,
    Yield,
    Lambda,
    Comprehension,
    NamedExpression,
    Starred,
]


# ---- statements -----------------------------------------------------------------------------------------------------------


class Assign(Node, frozen=True):
    targets: tuple[Expression, ...]
    value: Expression


class AnnotatedAssign(Node, frozen=True):
    target: Expression
    annotation: Expression
    value: Expression | None


class AugmentedAssign(Node, frozen=True):
    target: Expression
    operator: str
    value: Expression


class ExpressionStatement(Node, frozen=True):
    value: Expression


class Return(Node, frozen=True):
    value: Expression | None


class Raise(Node, frozen=True):
    exception: Expression | None
    cause: Expression | None


class Assert(Node, frozen=True):
    test: Expression


class Delete(Node, frozen=True):
    targets: tuple[Expression, ...]


class Flow(Node, frozen=True):
    """`pass`, `break`, `continue`, and `global`/`nonlocal` with their names."""

    kind: Literal["pass", "break", "continue", "global", "nonlocal"]
    names: tuple[str, ...] = ()


class ImportedName(msgspec.Struct, frozen=True, eq=False, gc=False, array_like=True):
    name: str
    alias: str | None = None


class Import(Node, frozen=True):
    names: tuple[ImportedName, ...]


class ImportFrom(Node, frozen=True):
    """`level` counts the leading dots; a name of `*` is a star import."""

    module: str
    level: int
    names: tuple[ImportedName, ...]


class If(Node, frozen=True):
    test: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class For(Node, frozen=True):
    target: Expression
    iter: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]
    is_async: bool


class While(Node, frozen=True):
    test: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class Handler(Node, frozen=True):
    """An `except` clause."""

    caught: Expression | None
    name: str | None
    body: tuple[Statement, ...]


class Try(Node, frozen=True):
    body: tuple[Statement, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Statement, ...]
    final: tuple[Statement, ...]


class WithItem(msgspec.Struct, frozen=True, eq=False, gc=False, array_like=True):
    context: Expression
    target: Expression | None


class With(Node, frozen=True):
    items: tuple[WithItem, ...]
    body: tuple[Statement, ...]
    is_async: bool


class Case(msgspec.Struct, frozen=True, eq=False, gc=False, array_like=True):
    """`names` are what the pattern binds; the pattern itself is not kept."""

    names: tuple[str, ...]
    guard: Expression | None
    body: tuple[Statement, ...]


class Match(Node, frozen=True):
    subject: Expression
    cases: tuple[Case, ...]


class TypeAlias(Node, frozen=True):
    name: str
    value: Expression
    type_parameters: tuple[str, ...] = ()


class Parameter(Node, frozen=True):
    name: str
    kind: Literal["positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword"]
    annotation: Expression | None
    default: Expression | None


class Function(Node, frozen=True):
    """A `def` or a `lambda`, whose body is one `Return`.

    `awaits`: its own body (nested functions excluded) has `await`, `async for`, `async with` or an asynchronous comprehension.
    """

    name: str
    parameters: tuple[Parameter, ...]
    returns: Expression | None
    decorators: tuple[Expression, ...]
    body: tuple[Statement, ...]
    docstring: str | None
    is_async: bool
    is_generator: bool
    awaits: bool


class Class(Node, frozen=True):
    name: str
    arguments: tuple[Argument, ...]
    decorators: tuple[Expression, ...]
    body: tuple[Statement, ...]
    docstring: str | None
    type_parameters: tuple[str, ...] = ()


Statement = Union[
    Assign,
    AnnotatedAssign,
    AugmentedAssign,
    ExpressionStatement,
    Return,
    Raise,
    Assert,
    Delete,
    Flow,
    Import,
    ImportFrom,
    If,
    For,
    While,
    Try,
    With,
    Match,
    TypeAlias,
    Function,
    Class,
]


class Unit(msgspec.Struct, frozen=True, eq=False, gc=False, array_like=True):
    """The records of one top-level statement."""

    statements: tuple[Statement, ...]


# ---- what those who make the records share ---------------------------------------------------------------------------------

GENERICS = frozenset({
    "Annotated", "Optional", "Union", "List", "Dict", "Sequence", "Iterable", "Iterator", "Generator", "AsyncIterator",
    "AsyncGenerator", "Callable", "Type", "Mapped", "ClassVar", "Literal", "Generic", "Set", "Tuple", "RootModel",
})  # fmt: skip
"""Names whose subscripts hold types, in annotations or out of them, so that a string there is a forward reference."""


def docstring(body: tuple[Any, ...]) -> str | None:
    if body and type(body[0]) is ExpressionStatement:
        value = body[0].value
        if type(value) is Constant and isinstance(value.value, str) and not value.kind:
            return value.value
    return None


# ---- walking --------------------------------------------------------------------------------------------------------------

_SCALARS = frozenset(
    {
        "at",
        "id",
        "attr",
        "keyword",
        "star",
        "kind",
        "operator",
        "operators",
        "is_from",
        "is_async",
        "names",
        "module",
        "level",
        "name",
        "docstring",
        "is_generator",
        "awaits",
        "type_parameters",
        "alias",
    }
)
"""Fields that hold no records."""


class _Plan(NamedTuple):
    """How to go on below a record. `below` gets what it holds, the last first; None for one that holds no records."""

    is_node: bool
    is_end: bool
    below: Callable[[Any], tuple[Any, ...]] | None


_PLANS: dict[type, _Plan] = {}


def _plan(kind: type) -> _Plan:
    fields = [name for name in kind.__struct_fields__ if name not in _SCALARS and kind is not Constant]  # type: ignore[attr-defined]
    below: Callable[[Any], tuple[Any, ...]] | None = None
    if fields:
        below = attrgetter(*reversed(fields)) if len(fields) > 1 else _only(fields[0])
    found = _PLANS[kind] = _Plan(issubclass(kind, Node), kind in _ENDS, below)
    return found


def _only(field: str) -> Callable[[Any], tuple[Any, ...]]:
    get = attrgetter(field)
    return lambda record: (get(record),)


_ENDS = (Function, Class, Lambda)


def walk(*roots: Expression | Statement, into_functions: bool = False) -> Iterator[Node]:
    """Records and those below them, each before what it holds; nested functions and classes are entered only on request."""
    pending: list[Any] = list(reversed(roots))
    while pending:
        item = pending.pop()
        kind = type(item)
        if kind is tuple:
            pending += item[::-1]
            continue
        if item is None:
            continue
        is_node, is_end, below = _PLANS.get(kind) or _plan(kind)
        if is_node:
            yield item
            if is_end and not into_functions:
                continue
        if below is not None:
            pending += below(item)
