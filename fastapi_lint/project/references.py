"""Where the project names something from outside: in an import, by a name, by an attribute. Qualified names, without running anything.

A name that a function binds itself stands for nothing here, unless it imports it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.definitions import local_names
from fastapi_lint.project.interpreting.modules import Module
from fastapi_lint.project.interpreting.values import External

if TYPE_CHECKING:
    from fastapi_lint.project import Project

MISSING = frozenset({"AttributeError", "ImportError", "ModuleNotFoundError"})


@dataclass(frozen=True, slots=True)
class Reference:
    """`name` is qualified as it is written, through imports: `fastapi.status.HTTP_200_OK`.

    `node` is a `Name`, an `Attribute`, or the `ImportFrom` whose name at `index` this is. `guarded`: it stands in a `try` for missing
    names or under a test of the release, so that it may be meant for another one.
    """

    module: Module
    node: Any
    name: str
    symbol: str
    index: int = 0
    guarded: bool = False

    @property
    def anchor(self) -> Anchor:
        """The name itself, without what it is an attribute of."""
        whole = Anchor(self.module.path, self.node.at)
        if type(self.node) is s.ImportFrom:
            return whole.of(f"names.{self.index}.name")
        return whole.of("attr") if type(self.node) is s.Attribute else whole

    @property
    def is_import(self) -> bool:
        return type(self.node) is s.ImportFrom

    @property
    def is_attribute(self) -> bool:
        return type(self.node) is s.Attribute

    @property
    def written(self) -> str:
        """The name as it stands there, without what it is an attribute of."""
        if type(self.node) is s.ImportFrom:
            return self.node.names[self.index].name
        return str(self.node.attr if type(self.node) is s.Attribute else self.node.id)


@dataclass(frozen=True, slots=True)
class _Scope:
    """`imported`: qualified names by local ones, of the functions around; `bound`: what these bind otherwise."""

    symbol: str
    imported: dict[str, str]
    bound: frozenset[str] = frozenset()
    guarded: bool = False


def named(project: Project, names: Iterable[str]) -> Iterator[Reference]:
    """Where one of these names is meant, by itself or as the last part (`HTTP_200_OK` of `status.HTTP_200_OK`). Tests are left out."""
    wanted = frozenset(names)
    for module in project.modules:
        present = [name for name in wanted if module.has(name)]
        if not present or project.is_test(module.path):
            continue
        for index in range(len(module.chunks)):
            if any(module.has(name, index) for name in present):
                for one in _in(project, module, module.unit(index).statements, _Scope(module.name, {})):
                    if one.name.rpartition(".")[2] in wanted:
                        yield one


def _in(project: Project, module: Module, statements: tuple[Any, ...], scope: _Scope) -> Iterator[Reference]:
    for statement in statements:
        kind = type(statement)
        if kind is s.ImportFrom:
            yield from _imports(module, statement, scope)
        elif kind is s.Function:
            outside = (*statement.decorators, *_signature(statement))
            yield from _expressions(project, module, outside, scope)
            yield from _in(project, module, statement.body, _inner(statement, scope))
        elif kind is s.Class:
            yield from _expressions(
                project, module, (*statement.decorators, *(a.value for a in statement.arguments)), scope
            )
            inner = _Scope(f"{scope.symbol}.{statement.name}", scope.imported, scope.bound, scope.guarded)
            yield from _in(project, module, statement.body, inner)
        elif kind in (s.If, s.Try):
            guarded = _Scope(scope.symbol, scope.imported, scope.bound, scope.guarded or _is_guard(statement))
            for part in statement.__struct_fields__:
                value = getattr(statement, part)
                if part == "handlers":
                    for handler in value:
                        yield from _in(project, module, handler.body, guarded)
                elif isinstance(value, tuple):
                    yield from _in(project, module, value, guarded)
                elif part == "test":
                    yield from _expressions(project, module, (value,), scope)
        elif kind in (s.For, s.While, s.With):
            yield from _expressions(project, module, tuple(_heads(statement)), scope)
            yield from _in(project, module, (*statement.body, *getattr(statement, "orelse", ())), scope)
        else:
            yield from _expressions(project, module, (statement,), scope)


def _is_guard(statement: Any) -> bool:
    """Whether a `try` or `if` is there for releases that lack a name."""
    if type(statement) is s.Try:
        caught = (handler.caught for handler in statement.handlers if handler.caught is not None)
        return any(type(node) is s.Name and node.id in MISSING for node in s.walk(*caught))
    named = (node.attr if type(node) is s.Attribute else getattr(node, "id", "") for node in s.walk(statement.test))
    return any("version" in name.lower() or name in ("hasattr", "TYPE_CHECKING") for name in named)


def _signature(node: s.Function) -> Iterator[Any]:
    for parameter in node.parameters:
        yield from (part for part in (parameter.annotation, parameter.default) if part is not None)
    if node.returns is not None:
        yield node.returns


def _heads(statement: Any) -> Iterator[Any]:
    if type(statement) is s.With:
        yield from (item.context for item in statement.items)
    else:
        yield statement.iter if type(statement) is s.For else statement.test


def _inner(node: s.Function, scope: _Scope) -> _Scope:
    imported = dict(scope.imported)
    for one in s.walk(*node.body):
        if type(one) is s.ImportFrom and not one.level:
            imported.update({name.alias or name.name: f"{one.module}.{name.name}" for name in one.names})
        elif type(one) is s.Import:
            imported.update({name.alias: name.name for name in one.names if name.alias})
            imported.update(
                {name.name.partition(".")[0]: name.name.partition(".")[0] for name in one.names if not name.alias}
            )
    bound = (scope.bound | local_names(node)) - imported.keys()
    return _Scope(f"{scope.symbol}.{node.name}", imported, bound, scope.guarded)


def _imports(module: Module, node: s.ImportFrom, scope: _Scope) -> Iterator[Reference]:
    if not node.level:
        for index, name in enumerate(node.names):
            yield Reference(module, node, f"{node.module}.{name.name}", scope.symbol, index, scope.guarded)


def _expressions(project: Project, module: Module, nodes: tuple[Any, ...], scope: _Scope) -> Iterator[Reference]:
    for node in s.walk(*nodes):
        kind = type(node)
        if kind is s.Lambda:
            yield from _expressions(project, module, node.function.body, scope)  # type: ignore[attr-defined]
        elif kind in (s.Name, s.Attribute):
            name = _qualified(project, module, node, scope)
            if name is not None:
                yield Reference(module, node, name, scope.symbol, guarded=scope.guarded)


def _qualified(project: Project, module: Module, node: Any, scope: _Scope) -> str | None:
    if type(node) is s.Attribute:
        owner = _qualified(project, module, node.value, scope)
        return f"{owner}.{node.attr}" if owner is not None else None
    if type(node) is not s.Name or node.id in scope.bound:
        return None
    if node.id in scope.imported:
        return scope.imported[node.id]
    found = project.module_frame(module).local(node.id)
    return found.name if type(found) is External else None


def is_imported_elsewhere(project: Project, module: Module, name: str) -> bool:
    """Whether some other file may take a name of this module: it mentions the name and the module."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    last = re.compile(rf"\b{re.escape(module.name.rpartition('.')[2])}\b")
    return any(
        path != module.path and project.index.mentions(path, word) and project.index.mentions(path, last)
        for path in project.index.paths
    )
