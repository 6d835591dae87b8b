"""Functions and classes of the project: what they are called, where they stand, what they inherit."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.values import External, Value

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.frames import Frame
    from fastapi_lint.project.interpreting.modules import Module


class FunctionDefinition:
    """A `def` or `lambda` of the project. One a piece of text, however often it runs.

    `parent`: the function it is nested in; `owner`: the class whose body it stands in.
    """

    __slots__ = ("__dict__", "decorators", "module", "node", "owner", "parent", "qualname")

    def __init__(
        self,
        module: Module,
        node: s.Function,
        qualname: str,
        parent: FunctionDefinition | None,
        owner: ClassDefinition | None,
    ) -> None:
        self.module = module
        self.node = node
        self.qualname = qualname
        self.parent = parent
        self.owner = owner
        self.decorators: tuple[Value, ...] = ()

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def anchor(self) -> Anchor:
        return Anchor(self.module.path, self.node.at)

    @cached_property
    def decorator_names(self) -> frozenset[str]:
        """The canonical names of decorators from outside the project."""
        return frozenset(d.name for d in self.decorators if isinstance(d, External))

    @cached_property
    def locals(self) -> frozenset[str]:
        """The names that belong to this function, as Python sees it."""
        return local_names(self.node)

    @cached_property
    def records(self) -> dict[type[s.Node], list[s.Node]]:
        """The records of the body by kind, in order, without what is in nested functions and classes."""
        found: dict[type[s.Node], list[s.Node]] = {}
        for record in s.walk(*self.node.body):
            found.setdefault(type(record), []).append(record)
        return found

    @cached_property
    def is_static(self) -> bool:
        return "builtins.staticmethod" in self.decorator_names

    @cached_property
    def is_class_method(self) -> bool:
        return "builtins.classmethod" in self.decorator_names

    @cached_property
    def is_property(self) -> bool:
        return bool(self.decorator_names & PROPERTIES) or any(
            isinstance(d, s.Attribute) and d.attr in ("setter", "getter") for d in self.node.decorators
        )

    @cached_property
    def is_context_manager(self) -> bool:
        return bool(self.decorator_names & CONTEXT_MANAGERS)

    @cached_property
    def makes_functions(self) -> bool:
        """Whether functions or classes are defined in its body: what it returns may remember its arguments."""
        return any(type(statement) in (s.Function, s.Class) for statement in self.node.body) or any(
            type(statement) is s.Return and type(statement.value) is s.Lambda for statement in self.node.body
        )

    @cached_property
    def is_abstract(self) -> bool:
        """Marked abstract, or nothing but a docstring, `...`, `pass` or `raise NotImplementedError`."""
        return bool(self.decorator_names & ABSTRACT) or _is_stub(self.node)

    @cached_property
    def runs_once(self) -> bool:
        """Cached, and without parameters: what it does is done for one caller, not for each."""
        return (
            bool(self.decorator_names & CACHES) and (self.owner is None or self.is_static) and not self.node.parameters
        )

    def __repr__(self) -> str:
        return f"FunctionDefinition({self.qualname})"


CACHES = frozenset({"functools.cache", "functools.lru_cache"})
PROPERTIES = frozenset({"builtins.property", "functools.cached_property", "abc.abstractproperty"})
CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
ABSTRACT = frozenset({"abc.abstractmethod", "typing.overload"})


def _is_stub(node: s.Function) -> bool:
    for statement in node.body:
        match statement:
            case s.Flow(kind="pass"):
                continue
            case s.ExpressionStatement(value=s.Constant()):
                continue
            case s.Raise(exception=s.Name(id="NotImplementedError") | s.Call(func=s.Name(id="NotImplementedError"))):
                continue
            case _:
                return False
    return True


class ClassDefinition:
    """A class of the project. `bases` are values: classes, external classes, generics of either."""

    __slots__ = ("__dict__", "bases", "decorators", "frame", "keywords", "module", "node", "qualname")

    def __init__(self, module: Module, node: s.Class, qualname: str) -> None:
        self.module = module
        self.node = node
        self.qualname = qualname
        self.bases: tuple[Value, ...] = ()
        self.keywords: dict[str, Value] = {}
        self.decorators: tuple[Value, ...] = ()
        self.frame: Frame | None = None

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def anchor(self) -> Anchor:
        return Anchor(self.module.path, self.node.at)

    def __repr__(self) -> str:
        return f"ClassDefinition({self.qualname})"


def local_names(function: s.Function) -> frozenset[str]:
    """The names that a function binds, less those it declares global or nonlocal."""
    found: set[str] = {parameter.name for parameter in function.parameters}
    outer: set[str] = set()
    pending: list[Any] = list(function.body)
    while pending:
        node = pending.pop()
        look = _LOOKS.get(type(node))
        if look is not None:
            look(node, found, outer, pending)
    return frozenset(found - outer)


Look = Callable[[Any, "set[str]", "set[str]", "list[Any]"], None]
"""Adds the names that a record binds, those that it declares to be another scope's, and the records in it that may do so too."""
_LOOKS: dict[type, Look] = {}


def _looks(*kinds: type) -> Callable[[Look], Look]:
    def register(look: Look) -> Look:
        _LOOKS.update((kind, look) for kind in kinds)
        return look

    return register


@_looks(s.Assign)
def _assign(node: s.Assign, found: set[str], outer: set[str], pending: list[Any]) -> None:
    for target in node.targets:
        found.update(target_names(target))
    pending.append(node.value)


@_looks(s.AnnotatedAssign, s.AugmentedAssign, s.NamedExpression)
def _target(node: Any, found: set[str], outer: set[str], pending: list[Any]) -> None:
    found.update(target_names(node.target))
    pending.append(node.value)


@_looks(s.Function, s.Class, s.TypeAlias)
def _name(node: Any, found: set[str], outer: set[str], pending: list[Any]) -> None:
    found.add(node.name)


@_looks(s.Import)
def _import(node: s.Import, found: set[str], outer: set[str], pending: list[Any]) -> None:
    found.update(name.alias or name.name.partition(".")[0] for name in node.names)


@_looks(s.ImportFrom)
def _import_from(node: s.ImportFrom, found: set[str], outer: set[str], pending: list[Any]) -> None:
    found.update(name.alias or name.name for name in node.names)


@_looks(s.For)
def _for(node: s.For, found: set[str], outer: set[str], pending: list[Any]) -> None:
    found.update(target_names(node.target))
    pending += node.body
    pending += node.orelse


@_looks(s.If, s.While)
def _if(node: Any, found: set[str], outer: set[str], pending: list[Any]) -> None:
    pending.append(node.test)
    pending += node.body
    pending += node.orelse


@_looks(s.With)
def _with(node: s.With, found: set[str], outer: set[str], pending: list[Any]) -> None:
    for item in node.items:
        if item.target is not None:
            found.update(target_names(item.target))
    pending += node.body


@_looks(s.Try)
def _try(node: s.Try, found: set[str], outer: set[str], pending: list[Any]) -> None:
    for handler in node.handlers:
        if handler.name:
            found.add(handler.name)
        pending += handler.body
    pending += (*node.body, *node.orelse, *node.final)


@_looks(s.Match)
def _match(node: s.Match, found: set[str], outer: set[str], pending: list[Any]) -> None:
    for case in node.cases:
        found.update(case.names)
        pending += case.body


@_looks(s.Flow)
def _flow(node: s.Flow, found: set[str], outer: set[str], pending: list[Any]) -> None:
    if node.kind in ("global", "nonlocal"):
        outer.update(node.names)


@_looks(s.ExpressionStatement, s.Return, s.Await, s.UnaryOperation)
def _value(node: Any, found: set[str], outer: set[str], pending: list[Any]) -> None:
    pending.append(node.value)


@_looks(s.BooleanOperation)
def _both(node: s.BooleanOperation, found: set[str], outer: set[str], pending: list[Any]) -> None:
    pending += (node.left, node.right)


@_looks(s.Comparison)
def _comparison(node: s.Comparison, found: set[str], outer: set[str], pending: list[Any]) -> None:
    pending.append(node.left)
    pending += node.comparators


@_looks(s.Call)
def _call(node: s.Call, found: set[str], outer: set[str], pending: list[Any]) -> None:
    pending += [argument.value for argument in node.args]


def target_names(target: s.Expression) -> list[str]:
    kind = type(target)
    if kind is s.Name:
        return [target.id]  # type: ignore[union-attr]
    if kind is s.Collection:
        return [name for item in target.items for name in target_names(item)]  # type: ignore[union-attr]
    if kind is s.Starred:
        return target_names(target.value)  # type: ignore[union-attr, arg-type]
    return []
