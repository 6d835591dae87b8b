"""Scopes while they run: what each name stands for, and what was seen on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.values import Arguments, Coroutine, External, Value, union

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
    from fastapi_lint.project.interpreting.modules import Module

SiteKind = Literal["call", "callback", "iterate", "enter", "property"]


class CallSite:
    """A place where something runs: a call, or a loop, `with` or attribute that calls behind the scenes, or a call that calls back.

    `callee` is what is called, unknown included. `awaited`: the result is awaited on the spot; `dropped`: it is a statement of its
    own. `loops` counts the loops of the
    same function around it. `handlers` are the `try` statements around it, innermost last. `once`: it fills something that is kept,
    under a test that it is not there yet.
    """

    __slots__ = (
        "arguments",
        "awaited",
        "callee",
        "dropped",
        "frame",
        "handlers",
        "kind",
        "loops",
        "node",
        "once",
        "result",
    )

    def __init__(self, kind: SiteKind, node: Any, callee: Value, arguments: Arguments, frame: Frame) -> None:
        self.kind = kind
        self.node = node
        self.callee = callee
        self.arguments = arguments
        self.frame = frame
        self.awaited = False
        self.dropped = False
        self.loops: int = frame.loops
        self.handlers: tuple[s.Try, ...] = frame.handlers
        self.once: bool = frame.once > 0
        self.result: Value | None = None

    @property
    def function(self) -> FunctionDefinition | None:
        return self.frame.function

    @property
    def anchor(self) -> Anchor:
        return Anchor(self.frame.module.path, self.node.at)


class TextUse(NamedTuple):
    """A place where text of the source meets a value, other than as an argument.

    `compare`: `left` and `right` are compared by the operator `name`. `store`: `right` is put under the attribute or key `name` of
    `left`, and `node` is the target. `fallback`: `left or right`.
    """

    kind: Literal["compare", "store", "fallback"]
    node: Any
    left: Value
    right: Value
    name: str = ""


class Frame:
    """One run of a scope. `parent` is the scope that encloses it by text; the outermost is a module's.

    `effects`: what happens in it happens to the application (module code and what that calls), rather than being a study of the
    function on its own.
    """

    __slots__ = (
        "cls", "deleted", "depth", "effects", "env", "function", "handlers", "loads", "loops", "misused", "module", "once", "open_tests", "parent", "receiver", "repeats",
        "returns", "sites", "texts", "yields",
    )  # fmt: skip

    def __init__(
        self,
        module: Module,
        parent: Frame | None,
        function: FunctionDefinition | None = None,
        cls: ClassDefinition | None = None,
    ) -> None:
        self.module = module
        self.parent = parent
        self.function = function
        self.cls = cls
        self.env: dict[str, Value] = {}
        self.effects: bool = parent.effects if parent is not None else True
        self.depth = 0
        self.sites: list[CallSite] = []
        self.texts: list[TextUse] = []
        self.returns: list[tuple[s.Return, Value]] = []
        self.yields: list[Value] = []
        self.misused: list[tuple[Any, Coroutine]] = []  # coroutines that were used as if they were their result
        self.loads: list[tuple[Any, Value]] = []  # names that stand for a coroutine, or may do so
        self.receiver: Value | None = None
        self.loops = 0
        self.open_tests = 0  # the `if` statements around of which we cannot tell how they come out
        self.repeats = 0  # the loops around, of those that are run item by item
        self.once = 0
        self.handlers: tuple[s.Try, ...] = ()

    def anchor(self, node: Any) -> Anchor:
        return Anchor(self.module.path, node.at)

    @property
    def outside(self) -> Frame:
        """The scope in which a function defined here looks names up next: a class body is skipped, as in Python."""
        frame = self
        while frame.cls is not None and frame.parent is not None:
            frame = frame.parent
        return frame

    def overlay(self) -> Frame:
        """A scope for a comprehension: names of its own, everything else shared."""
        frame = Frame(self.module, self, self.function)
        frame.effects = self.effects
        frame.depth = self.depth
        frame.sites = self.sites
        frame.texts = self.texts
        frame.returns = self.returns
        frame.yields = self.yields
        frame.misused = self.misused
        frame.loads = self.loads
        frame.receiver = self.receiver
        frame.loops = self.loops
        frame.repeats = self.repeats
        frame.open_tests = self.open_tests
        frame.handlers = self.handlers
        frame.once = self.once
        return frame

    def note_use(self, node: Any, value: Value) -> None:
        """Something looks into a value: a coroutine should have been awaited before."""
        if type(value) is Coroutine:
            self.misused.append((node, value))

    def local(self, name: str) -> Value | None:
        return self.env.get(name)

    def returned(self) -> Value:
        return union(value for _, value in self.returns)


def joined(left: dict[str, Value], right: dict[str, Value]) -> dict[str, Value]:
    """What names stand for after two branches."""
    if left is right:
        return left
    merged = dict(left)
    for name, value in right.items():
        other = merged.get(name)
        if other is None:
            merged[name] = value
        elif other is not value:
            merged[name] = union((other, value))
    return merged


def builtin(name: str) -> External:
    return External(f"builtins.{name}")
