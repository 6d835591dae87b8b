"""Modules as they run: their names, their imports, and the definitions that are only read when somebody asks for them."""

from __future__ import annotations

import posixpath
import re
import typing
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.classes import ancestors
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.modules import Module, chunk_of
from fastapi_lint.project.interpreting.values import UNKNOWN, Const, External, ModuleValue, Namespace, Sequence, Value

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


EXPORTED = {
    "fastapi": frozenset({
        "APIRouter", "BackgroundTasks", "Body", "Cookie", "Depends", "FastAPI", "File", "Form", "Header", "HTTPException", "Path", "Query",
        "Request", "Response", "Security", "UploadFile", "WebSocket", "WebSocketDisconnect", "WebSocketException", "status",
    }),
    "typing": frozenset(typing.__all__),
}  # fmt: skip
"""The names that `from package import *` binds, for packages of which we know all that matter."""
NAME = re.compile(r"\w+")
HEAD = re.compile(r"\A[^:]*")
WORD = re.compile(r"\b[a-zA-Z_]\w*(?=\()")
SHAPING = (
    re.compile(
        r"\b(?:APIRouter|FastAPI|Starlette|include_router|add_api_route|add_api_websocket_route|add_middleware|add_exception_handler"
        r"|add_route|add_websocket_route|api_route|add_event_handler|mount|dependency_overrides)\b"
    ),
    re.compile(
        r"@[\w.]+\.(?:get|post|put|patch|delete|head|options|trace|websocket|middleware|on_event|exception_handler|route)\("
    ),
)
"""Text that may shape an application: a function without it, or the like in what it calls by name, is not run for its effects."""


class ModuleFrame(Frame):
    """A module's scope. `waiting` holds the plain definitions that nobody has asked for, by name: the chunk's index.

    `postponed` are the imports for type checkers alone, by the name that they bind: Python does not run them, and running them
    at once would go round in the circles that they are there to avoid.
    """

    __slots__ = ("it", "outside_stars", "postponed", "stars", "state", "waiting")

    def __init__(self, it: Interpreter, module: Module) -> None:
        super().__init__(module, None)
        self.it = it
        self.state = "new"
        self.waiting: dict[str, int] = {}
        self.postponed: dict[str, s.Import | s.ImportFrom] = {}
        self.stars: list[Module] = []
        self.outside_stars: list[str] = []

    def local(self, name: str) -> Value | None:
        value = self.env.get(name)
        if value is not None:
            return value
        index = self.waiting.pop(name, None)
        if index is not None:
            self.it.run(self, self.module.unit(index).statements)
            return self.env.get(name)
        postponed = self.postponed.pop(name, None)
        if postponed is not None:
            self.it.run(self, (postponed,))
            return self.env.get(name)
        for star in self.stars:
            value = self.it.importer.exported(star, name)
            if value is not None:
                return value
        return None

    def starred(self, name: str) -> Value:
        """What `from package import *` may bind to a name that nothing else binds: of packages outside the project."""
        known = [package for package in self.outside_stars if name in EXPORTED.get(package, ())]
        found = known or [package for package in self.outside_stars if package not in EXPORTED]
        return self.it.importer.external(found[-1], name) if known or len(found) == 1 else UNKNOWN

    def postpone(self, node: s.Import | s.ImportFrom) -> None:
        for name in node.names:
            bound = name.alias or (name.name.partition(".")[0] if type(node) is s.Import else name.name)
            one = (
                s.Import(node.at, (name,))
                if isinstance(node, s.Import)
                else s.ImportFrom(node.at, node.module, node.level, (name,))
            )
            self.postponed[bound] = one

    def everything(self) -> None:
        """Run the definitions that are still waiting."""
        while self.waiting:
            self.local(next(iter(self.waiting)))


class Importer:
    def __init__(self, it: Interpreter) -> None:
        self.it = it
        self.frames: dict[str, ModuleFrame] = {}
        self._shaping: set[str] = set()
        self._looked_into: set[str] = set()
        self.registering: set[str] = (
            set()
        )  # the names of classes whose subclasses shape an application by being defined
        self._shapes: dict[FunctionDefinition | ClassDefinition, bool] = {}

    def frame(self, module: Module) -> ModuleFrame:
        """The scope of a module, run as far as its imports and plain statements go."""
        found = self.frames.get(module.path)
        if found is None:
            self._packages(module)
            found = self.frames.get(module.path)
        if found is None:
            found = self.frames[module.path] = ModuleFrame(self.it, module)
            self._run(found)
        return found

    def _packages(self, module: Module) -> None:
        """Run the packages that a module is in first, from outside in, as Python does."""
        directory = posixpath.dirname(posixpath.dirname(module.path) if module.is_package else module.path)
        outer: list[str] = []
        while directory in self.it.index.packages:
            outer.append(posixpath.join(directory, "__init__.py"))
            if not directory:
                break
            directory = posixpath.dirname(directory)
        for path in reversed(outer):
            if path not in self.frames and path != module.path:
                package = self.it.index.module(path)
                if package is not None:
                    self.frame(package)

    def _run(self, frame: ModuleFrame) -> None:
        frame.state = "running"
        module = frame.module
        for name, value in (("__name__", module.name), ("__file__", module.path)):
            frame.env[name] = Const(value) if name == "__name__" else External("builtins.__file__")
        shaping = _has_shaping(module)
        for index, chunk in enumerate(module.chunks):
            eager = chunk.kind == "other" or chunk.decorated or (chunk.kind == "class" and shaping)
            if not eager and chunk.kind == "class" and self.registering:
                eager = not self.registering.isdisjoint(NAME.findall(module.all(HEAD, index)[0]))
            if eager:
                frame.waiting.pop(chunk.name, None)
                self.it.run(frame, module.unit(index).statements)
            else:
                frame.env.pop(chunk.name, None)
                frame.waiting[chunk.name] = index
        frame.state = "done"

    # ---- import statements --------------------------------------------------------------------------------------------------

    def imports(self, frame: Frame, node: s.Import) -> None:
        for imported in node.names:
            if imported.alias is not None:
                self.it.assign(frame, imported.alias, self._absolute(frame.module, imported.name))
            else:
                top = imported.name.partition(".")[0]
                self.it.assign(frame, top, self._absolute(frame.module, top))
                self._absolute(frame.module, imported.name)

    def _absolute(self, origin: Module, name: str) -> Value:
        return self._value(self.it.index.resolve(origin, name), name)

    def _value(self, found: Module | str | None, name: str) -> Value:
        if isinstance(found, Module):
            self.frame(found)
            return ModuleValue(found)
        if found is not None and found not in self.it.index.paths:
            return Namespace(found)
        if found is not None:
            return UNKNOWN
        return External(self.it.library.canonical(name)) if name else UNKNOWN

    def imports_from(self, frame: Frame, node: s.ImportFrom) -> None:
        source = self._source(frame.module, node)
        for imported in node.names:
            if imported.name == "*":
                self._star(frame, source)
                continue
            value = self._member(source, imported.name)
            if value is UNKNOWN and isinstance(frame, ModuleFrame) and self._is_running(source):
                frame.postpone(s.ImportFrom(node.at, node.module, node.level, (imported,)))
            else:
                self.it.assign(frame, imported.alias or imported.name, value)

    def _is_running(self, source: Value) -> bool:
        """Whether a module is still being run further up: what it does not have yet it may have later."""
        frame = self.frames.get(source.module.path) if type(source) is ModuleValue else None
        return frame is not None and frame.state == "running"

    def _source(self, origin: Module, node: s.ImportFrom) -> Value:
        if node.level:
            found = self.it.index.relative(origin, node.level, node.module)
            return self._value(found, "") if found is not None else UNKNOWN
        return self._absolute(origin, node.module)

    def _member(self, source: Value, name: str) -> Value:
        if type(source) is ModuleValue:
            return self.module_attribute(source.module, name)
        if type(source) is Namespace:
            return self.namespace_attribute(source.directory, name)
        if type(source) is External:
            return self.external(source.name, name)
        return UNKNOWN

    def external(self, owner: str, name: str) -> Value:
        from fastapi_lint.project.interpreting.attributes import of_external

        return of_external(self.it, owner, name)

    def _star(self, frame: Frame, source: Value) -> None:
        if type(source) is External:
            outer = _module_frame(frame)
            if outer is not None:
                outer.outside_stars.append(source.name)
        if type(source) is not ModuleValue:
            return
        module_frame = self.frame(source.module)
        scope = _module_frame(frame)
        if scope is not None and scope is not module_frame:
            scope.stars.append(source.module)

    def exported(self, module: Module, name: str) -> Value | None:
        """What `from module import *` binds to a name."""
        frame = self.frame(module)
        listed = frame.env.get("__all__")
        if type(listed) is Sequence and listed.items is not None:
            if not any(type(item) is Const and item.value == name for item in listed.items):
                return None
        elif name.startswith("_"):
            return None
        if frame.state == "searching":
            return None
        before, frame.state = frame.state, "searching"
        value = frame.local(name)
        frame.state = before
        return value

    def module_attribute(self, module: Module, name: str) -> Value:
        frame = self.frame(module)
        value = frame.local(name)
        if value is not None:
            return value
        if module.is_package:
            found = self.it.index.below(posixpath.dirname(module.path), name)
            if found is not None:
                return self._value(found, "")
        getter = frame.local("__getattr__")
        return UNKNOWN if getter is not None or name not in ("__name__",) else Const(module.name)

    def namespace_attribute(self, directory: str, name: str) -> Value:
        found = self.it.index.below(directory, name)
        return self._value(found, "") if found is not None else UNKNOWN

    # ---- what may shape an application ----------------------------------------------------------------------------------------

    def shapes(self, definition: FunctionDefinition | ClassDefinition) -> bool:
        found = self._shapes.get(definition)
        if found is None:
            found = self._shapes[definition] = self._may_shape(definition)
        return found

    def shapes_directly(self, definition: FunctionDefinition) -> bool:
        return self.chunk_shapes(definition.module, chunk_of(definition.node.at))

    def chunk_shapes(self, module: Module, index: int) -> bool:
        """Whether the text of a top-level statement names what shapes an application."""
        return _has_shaping(module, index)

    def _may_shape(self, definition: FunctionDefinition | ClassDefinition) -> bool:
        if isinstance(definition, ClassDefinition) and any(
            isinstance(ancestor, ClassDefinition) and ancestor is not definition and self.shapes(ancestor)
            for ancestor in ancestors(definition)
        ):
            return True
        index = chunk_of(definition.node.at)
        if _has_shaping(definition.module, index):
            return True
        return not self.shaping_names.isdisjoint(definition.module.all(WORD, index))

    @property
    def shaping_names(self) -> set[str]:
        """The names of the top-level functions, in modules that were read, whose text may shape an application."""
        if len(self._looked_into) != len(self.it.index.loaded):
            for path, module in self.it.index.loaded.items():
                if path not in self._looked_into:
                    self._looked_into.add(path)
                    if module is not None and _has_shaping(module):
                        self._shaping.update(_shaping_names(module))
        return self._shaping


def _module_frame(frame: Frame | None) -> ModuleFrame | None:
    while frame is not None and not isinstance(frame, ModuleFrame):
        frame = frame.parent
    return frame


def _has_shaping(module: Module, index: int | None = None) -> bool:
    return any(module.has(pattern, index) for pattern in SHAPING)


def _shaping_names(module: Module) -> Iterator[str]:
    for index, chunk in enumerate(module.chunks):
        if chunk.kind == "def" and not chunk.decorated and _has_shaping(module, index):
            yield chunk.name
