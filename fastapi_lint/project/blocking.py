"""Which call holds the event loop up, and by which way.

A chain leads from a call to the call of something outside the project that blocks. Each function is summarised once: the first chain
in its body, in the order in which the body runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint.library import Entry
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.values import (
    NO_ARGUMENTS,
    Arguments,
    ClassValue,
    Const,
    External,
    FunctionValue,
    GeneratorValue,
    Instance,
    Method,
    Partial,
    Union,
    Value,
    known_members,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

REPORTED = frozenset({"sleep", "network", "database", "disk", "process", "input", "configured"})
"""The tiers that hold the loop up for long enough to matter by default."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The call of something outside the project that blocks.

    `twin`: an awaitable function with the same arguments. `is_lazy`: the loop over what it returns is what blocks.
    """

    name: str
    tier: str
    twin: str | None = None
    is_lazy: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """The way to a leaf: the call sites from outside in; the last one calls the leaf."""

    sites: tuple[CallSite, ...]
    leaf: Leaf

    @property
    def is_direct(self) -> bool:
        return len(self.sites) == 1


class Blocking:
    def __init__(self, it: Interpreter, tiers: frozenset[str] = REPORTED) -> None:
        self.it = it
        self.tiers = tiers
        self._summaries: dict[int, Chain | None] = {}
        self._frames: list[Frame] = []  # kept so that their ids stay theirs
        self._running: dict[int, int] = {}
        self._lowest = 0

    def chain(self, site: CallSite) -> Chain | None:
        """How a call site blocks; None where it does not, or where we cannot tell."""
        if site.kind == "call" and site.awaited and not isinstance(site.callee, FunctionValue):
            return None
        found = self._of(site, site.callee, site.arguments)
        if found is None or (self._is_lazy(site, found) and self._goes_elsewhere(site)):
            return None
        return Chain((site, *found.sites), found.leaf)

    def _is_lazy(self, site: CallSite, found: Chain) -> bool:
        """Whether nothing runs before somebody loops over what the call returns."""
        if site.kind in ("callback", "iterate"):
            caller = next((o for o in site.frame.sites if o.node is site.node and o.kind == "call"), None)
            entry = self._entry(caller.callee) if caller is not None else None
            return entry is not None and entry.generator
        return not found.sites and found.leaf.is_lazy

    def _goes_elsewhere(self, site: CallSite) -> bool:
        """Whether the result is handed to a thread at once: `await run_in_threadpool(list, folder.iterdir())`."""
        return any(
            other.kind == "call"
            and any(argument.value is site.node for argument in getattr(other.node, "args", ()))
            and (entry := self._entry(other.callee)) is not None
            and entry.runs_in_thread is not None
            for other in site.frame.sites
        )

    def _entry(self, callee: Value) -> Entry | None:
        if type(callee) is External:
            return self._external(callee.name)
        return self.it.library.method(callee.owner, callee.name) if type(callee) is Method else None

    def _of(self, site: CallSite, callee: Value, arguments: Arguments) -> Chain | None:
        """The chain behind a callee, without the site itself."""
        kind = type(callee)
        if kind is Union:
            return self._of_all(site, callee, arguments)  # type: ignore[arg-type]
        if site.kind not in ("call", "callback"):
            return self._implicit(site, callee)
        if kind is External:
            return self._leaf(callee.name, self._external(callee.name), arguments)  # type: ignore[attr-defined]
        if kind is Method:
            return self._method(site, callee)  # type: ignore[arg-type]
        if kind is FunctionValue:
            return self._function(callee, arguments)  # type: ignore[arg-type]
        if kind is ClassValue:
            return self._constructor(callee.definition, arguments)  # type: ignore[attr-defined]
        if kind is Partial:
            return self._of(site, callee.func, callee.arguments)  # type: ignore[attr-defined]
        if kind is Instance:
            return self._special(callee, "__call__", arguments)  # type: ignore[arg-type]
        return None

    def _of_all(self, site: CallSite, callee: Union, arguments: Arguments) -> Chain | None:
        """One of several: it blocks when each of them does."""
        found: Chain | None = None
        for member in known_members(callee):
            chain = self._of(site, member, arguments)
            if chain is None:
                return None
            found = found or chain
        return found

    def _implicit(self, site: CallSite, callee: Value) -> Chain | None:
        if type(callee) is GeneratorValue:
            return (
                None
                if callee.callee.definition.node.is_async
                else self._function(callee.callee, callee.arguments, iterated=True)
            )
        if type(callee) is FunctionValue:
            return self._function(callee, NO_ARGUMENTS)
        if type(callee) is not Instance or site.awaited:
            return None
        if isinstance(callee.cls, str):
            if self._same_cause(site, callee):
                return None
            return self._library_object(site, callee.cls)
        names = ("__enter__",) if site.kind == "enter" else ("__iter__", "__next__")
        for name in names:
            chain = self._special(callee, name, NO_ARGUMENTS)
            if chain is not None:
                return chain
        return None

    def _library_object(self, site: CallSite, name: str) -> Chain | None:
        """Looping over one, or entering and leaving one. Where making it blocks already, that is the finding."""
        known = self.it.library.cls(name)
        if known is None:
            return None
        if site.kind == "iterate":
            return self._leaf(known.shown, Entry(blocks=known.iteration_blocks))
        if known.enter_blocks is not None:
            return self._leaf(known.shown, Entry(blocks=known.enter_blocks))
        if known.exit_blocks is None:
            return None
        made = (o for o in site.frame.sites if o.node is site.node and o.kind == "call")
        if any(self.chain(other) is not None for other in made):
            return None
        return self._leaf(f"{known.shown}.__exit__", Entry(blocks=known.exit_blocks))

    # ---- outside the project ------------------------------------------------------------------------------------------------

    def _external(self, name: str) -> Entry | None:
        library = self.it.library
        known = library.cls(name)
        return known.constructor if known is not None else library.function(name)

    def _leaf(self, name: str, entry: Entry | None, arguments: Arguments = NO_ARGUMENTS) -> Chain | None:
        if entry is None or entry.coroutine or _is_brief(name, arguments):
            return None
        tier = entry.tier_of(len(arguments.positional), arguments.keywords, in_memory=_is_in_memory(arguments))
        if tier is None or tier not in self.tiers:
            return None
        return Chain((), Leaf(name.removeprefix("builtins."), tier, entry.awaitable_twin, entry.generator))

    def _method(self, site: CallSite, callee: Method) -> Chain | None:
        if self._same_cause(site, callee.receiver):
            return None
        owner = callee.receiver.cls if isinstance(callee.receiver.cls, str) else callee.owner
        known = self.it.library.cls(owner)
        owner = known.shown if known is not None else owner
        return self._leaf(f"{owner}.{callee.name}", self.it.library.method(callee.owner, callee.name), site.arguments)

    def _same_cause(self, site: CallSite, receiver: Instance) -> bool:
        """Reading a file that the same function opened: opening it is the finding."""
        if receiver.site is None or not receiver.class_name.startswith(("io.", "tempfile.", "_io.")):
            return False
        return any(other.anchor == receiver.site for other in site.frame.sites)

    # ---- inside the project -------------------------------------------------------------------------------------------------

    def _function(self, function: FunctionValue, arguments: Arguments, *, iterated: bool = False) -> Chain | None:
        definition = function.definition
        node = definition.node
        said = self.it.library.user_says(definition.qualname)
        if said is not None:
            return Chain((), Leaf(definition.qualname, "configured")) if said else None
        if node.is_async or definition.runs_once or (node.is_generator and not iterated):
            return None
        if definition.is_abstract:
            return self._overridden(function, arguments, iterated=iterated)
        return self.summary(self.it.analysis(function, arguments))

    def _overridden(self, function: FunctionValue, arguments: Arguments, *, iterated: bool) -> Chain | None:
        """An abstract method blocks when each of its implementations in the project does."""
        receiver = function.receiver
        if type(receiver) is not Instance or not isinstance(receiver.cls, ClassDefinition):
            return None
        found: Chain | None = None
        for override in classes.overrides(self.it, receiver.cls, function.definition.name):
            chain = self._function(override, arguments, iterated=iterated)
            if chain is None:
                return None
            found = found or chain
        return found

    def _constructor(self, definition: ClassDefinition, arguments: Arguments) -> Chain | None:
        for name in ("__new__", "__init__", "__post_init__", "model_post_init"):
            chain = self._special(self.it.prototype(definition), name, arguments)
            if chain is not None:
                return chain
        for name in classes.externals(definition):
            known = self.it.library.cls(name)
            if known is not None and classes.member(definition, "__init__") is None:
                return self._leaf(name, known.constructor)
        return None

    def _special(self, receiver: Instance, name: str, arguments: Arguments) -> Chain | None:
        if isinstance(receiver.cls, str):
            return self._leaf(f"{receiver.cls}.{name}", self.it.library.method(receiver.cls, name))
        found = classes.member(receiver.cls, name)
        if found is None or type(found[1]) is not FunctionValue:
            return None
        return self._function(found[1].bound(receiver), arguments, iterated=name == "__iter__")

    def summary(self, frame: Frame) -> Chain | None:
        """The first chain in a function's body.

        Functions that call one another in a circle: an answer that rested on a function still being looked at is not kept.
        """
        key = id(frame)
        if key in self._summaries:
            return self._summaries[key]
        depth = self._running.get(key)
        if depth is not None:
            self._lowest = min(self._lowest, depth)
            return None
        here = len(self._running)
        self._running[key] = here
        before, self._lowest = self._lowest, here + 1
        sites = (site for site in frame.sites if not site.once)  # what is kept is made for one caller, not for each
        found = next((chain for chain in map(self.chain, sites) if chain is not None), None)
        del self._running[key]
        if found is not None or self._lowest >= here:
            self._summaries[key] = found
            self._frames.append(frame)
            self._lowest = before
        else:
            self._lowest = min(before, self._lowest)
        return found


BRIEF = 1.0
"""Seconds up to which a wait with an explicit limit is taken for deliberate."""
WAITS = ("join", "wait", "get", "put", "result", "acquire", "exception")


def _is_brief(name: str, arguments: Arguments) -> bool:
    if name.rpartition(".")[2] not in WAITS:
        return False
    limit = arguments.keywords.get("timeout") or (arguments.positional[0] if len(arguments.positional) == 1 else None)
    return type(limit) is Const and isinstance(limit.value, (int, float)) and limit.value <= BRIEF


def _is_in_memory(arguments: Arguments) -> bool:
    """Whether the first argument is a buffer rather than a file."""
    first = arguments.positional[0] if arguments.positional else None
    return type(first) is Instance and first.class_name in ("io.BytesIO", "io.StringIO")
