"""State of a module that requests change.

## What it does
Reports routes and dependencies that change a list, dictionary or set of a module, or rebind a global, without a lock around it.

## Why is this bad?
`def` handlers run in threads, and `async def` handlers take turns at every `await`: two requests read the same number and write the same
successor. And each worker process has a state of its own, so that the answer depends on who is asked, and a restart forgets everything.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()
visits: dict[str, int] = {}


@app.post("/visits/{page}")
def count(page: str) -> int:
    visits[page] = visits.get(page, 0) + 1
    return visits[page]
```

## Good
```python
import threading

from fastapi import FastAPI

app = FastAPI()
visits: dict[str, int] = {}
lock = threading.Lock()


@app.post("/visits/{page}")
def count(page: str) -> int:
    with lock:
        visits[page] = visits.get(page, 0) + 1
        return visits[page]
```

## Known misses
State in attributes of objects and classes, and what functions change that a route calls. A global that is filled once, under a test that it
is still empty, and a set that keeps tasks alive are left alone.
"""

from collections.abc import Iterator
from typing import Any

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding
from fastapi_lint.project import Project
from fastapi_lint.project.database import queries
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import UNKNOWN, Instance, Mapping, Sequence, Value, members
from fastapi_lint.rule import Rule

rule = Rule("FAL810", default=False)

CHANGING = frozenset({
    "add", "append", "appendleft", "clear", "difference_update", "discard", "extend", "insert", "pop", "popitem", "popleft", "remove", "reverse",
    "setdefault", "sort", "subtract", "update",
})  # fmt: skip
CONTAINERS = ("builtins.dict", "builtins.list", "builtins.set", "collections.")
LOCK_WORDS = ("lock", "mutex", "semaphore")
LOCKS = frozenset({"BoundedSemaphore", "Condition", "Lock", "RLock", "Semaphore"})
TASKS = ("create_task", "ensure_future", "add_done_callback")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition in queries.served(project):
        if definition.name == "__init__":
            continue
        module = project.module_frame(definition.module)
        outer = _declared(definition, "global")
        protected = {id(node) for node in _protected(definition, module)}
        seen: set[str] = set()
        for node in s.walk(*definition.node.body):
            if id(node) in protected:
                continue
            for place, name, rebinds in _changes(node):
                known = name in outer if rebinds else name not in definition.locals and _is_container(module, name)
                if known and name not in seen and definition.parent is None:
                    seen.add(name)
                    yield Finding(
                        Anchor(definition.module.path, place.at),
                        f"requests change `{name}` of the module without a lock, each worker process its own",
                        symbol=definition.qualname,
                    )


def _declared(definition: FunctionDefinition, kind: str) -> set[str]:
    return {
        name
        for node in s.walk(*definition.node.body)
        if type(node) is s.Flow and node.kind == kind
        for name in node.names
    }


def _is_container(module: Frame, name: str) -> bool:
    value = module.local(name)
    return value is not None and value is not UNKNOWN and all(_holds(one) for one in members(value))


def _holds(value: Value) -> bool:
    if type(value) is Sequence:
        return value.kind in ("list", "set")
    return type(value) is Mapping or (
        type(value) is Instance and isinstance(value.cls, str) and value.cls.startswith(CONTAINERS)
    )


def _changes(node: Any) -> Iterator[tuple[s.Node, str, bool]]:
    """What a statement or call changes: where, the name, and whether the name itself gets a new value."""
    match node:
        case s.Assign(targets=targets) | s.Delete(targets=targets):
            for target in targets:
                yield from _of_target(node, target)
        case s.AugmentedAssign(target=target) | s.AnnotatedAssign(target=target):
            yield from _of_target(node, target)
        case s.Call(func=s.Attribute(value=s.Name(id=name), attr=attr)) if attr in CHANGING:
            yield node, name, False


def _of_target(node: s.Node, target: Any) -> Iterator[tuple[s.Node, str, bool]]:
    match target:
        case s.Subscript(value=s.Name(id=name)):
            yield node, name, False
        case s.Name(id=name):
            yield node, name, True
        case s.Collection(items=items):
            for item in items:
                yield from _of_target(node, item)


def _protected(definition: FunctionDefinition, module: Frame) -> Iterator[s.Node]:
    """What stands in a `with` on a lock, fills what is empty, or keeps a task."""
    body = definition.node.body
    if any(type(node) is s.Attribute and node.attr == "acquire" for node in s.walk(*body)):
        yield from s.walk(*body)
    tasks = {
        target.id
        for node in s.walk(*body)
        if type(node) is s.Assign and _mentions(node.value, TASKS)
        for target in node.targets
        if type(target) is s.Name
    }
    for node in s.walk(*body):
        if type(node) is s.With and any(_is_lock(item.context, module) for item in node.items):
            yield from s.walk(*node.body)
        elif type(node) is s.If:
            tested = {one.id for one in s.walk(node.test) if type(one) is s.Name}
            yield from (one for one in s.walk(*node.body) if _fills(one, tested))
        elif type(node) is s.Call and node.args:
            given = node.args[0].value
            if (type(given) is s.Name and given.id in tasks) or _mentions(given, TASKS):
                yield node


def _fills(node: Any, tested: set[str]) -> bool:
    """Whether an assignment gives something its first value: a global, or an entry, that the test asked for."""
    if type(node) is not s.Assign:
        return any(rebinds and name in tested for _, name, rebinds in _changes(node))
    names = {name for _, name, _ in _changes(node)}
    names |= {node.value.id} if type(node.value) is s.Name else set()
    return bool(names & tested)


def _mentions(node: s.Expression, names: tuple[str, ...]) -> bool:
    return any(
        (type(one) is s.Attribute and one.attr in names) or (type(one) is s.Name and one.id in names)
        for one in s.walk(node)
    )


def _is_lock(node: Any, module: Frame) -> bool:
    for one in s.walk(node):
        name = one.attr if type(one) is s.Attribute else one.id if type(one) is s.Name else ""
        if any(word in name.lower() for word in LOCK_WORDS):
            return True
        value = module.local(name) if type(one) is s.Name else None
        if type(value) is Instance and value.class_name.rpartition(".")[2] in LOCKS:
            return True
    return False
