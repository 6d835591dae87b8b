"""Which names a module has at run time, where its imports stand, and what hides a name at some place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst
from libcst.helpers import get_full_name_for_node

from fastapi_lint.edits.changes import Unfixable, line_end, line_start, span
from fastapi_lint.source import SourceError

if TYPE_CHECKING:
    from fastapi_lint.reading.locate import Locator, Unit

GLOBAL = re.compile(r"^[ \t]*global[ \t]+(?P<names>[^#\r\n]+)", re.MULTILINE)


class Imported(NamedTuple):
    """`import module` (`name` None) or `from module import name`, perhaps `as alias`. `module` may begin with dots."""

    module: str
    name: str | None
    alias: str | None

    @property
    def local(self) -> str:
        """The name that the import binds."""
        return self.alias or self.name or self.module.partition(".")[0]

    @property
    def submodule(self) -> str:
        """What `from module import name` imports if it is a module."""
        return f"{self.module.removesuffix('.')}.{self.name}" if self.module.strip(".") else f"{self.module}{self.name}"

    @property
    def meaning(self) -> tuple[str, str | None]:
        """What that name stands for. `import a.b` and `import a.c` bind the same `a`."""
        return (self.module if self.name or self.alias else self.local, self.name)


@dataclass(frozen=True, slots=True)
class Statement:
    """An import statement that the module runs as it is loaded. `start` and `end` are those of its line or lines."""

    unit: Unit
    node: cst.Import | cst.ImportFrom
    start: int
    end: int
    alone: bool
    names: tuple[Imported, ...]

    @property
    def is_star(self) -> bool:
        return isinstance(self.node, cst.ImportFrom) and isinstance(self.node.names, cst.ImportStar)


@dataclass(slots=True)
class ModuleNames:
    """`others`: names bound in another way than by `statements`. `typing_only`: what `if TYPE_CHECKING` imports.

    `docstring_end`: behind the docstring's line, 0 without one.
    """

    statements: list[Statement] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    typing_only: dict[str, set[tuple[str, str | None]]] = field(default_factory=dict)
    docstring_end: int = 0

    def meanings(self, local: str) -> set[tuple[str, str | None]]:
        """What the import statements bind a name to."""
        return {one.meaning for statement in self.statements for one in statement.names if one.local == local}


def module_names(locator: Locator, path: str) -> ModuleNames:
    """Raises Unfixable for a module with a statement that does not parse."""
    return locator.remembered((module_names, path), lambda: _module_names(locator, path))


def _module_names(locator: Locator, path: str) -> ModuleNames:
    found = ModuleNames()
    text = locator.source(path).text
    for index, chunk in enumerate(locator.chunks(path)):
        if chunk.kind != "other":
            found.others.add(chunk.name)
            continue
        try:
            unit = locator.unit(path, index)
        except SourceError as error:
            raise Unfixable(error.message) from None
        for position, statement in enumerate(unit.module.body):
            if isinstance(statement, cst.SimpleStatementLine):
                if index == position == 0 and _is_docstring(statement):
                    found.docstring_end = line_end(text, span(unit, statement)[1])
                _simple(unit, statement, text, found)
            elif isinstance(statement, cst.If) and _asks_type_checking(statement.test):
                _typing_only(statement, found)
            else:
                found.others |= set(bound_names(statement))
    for match in GLOBAL.finditer(text):
        found.others |= {name.strip() for name in match["names"].split(",")}
    return found


def _is_docstring(line: cst.SimpleStatementLine) -> bool:
    first = line.body[0]
    return isinstance(first, cst.Expr) and isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString))


def _simple(unit: Unit, line: cst.SimpleStatementLine, text: str, found: ModuleNames) -> None:
    for small in line.body:
        if isinstance(small, (cst.Import, cst.ImportFrom)):
            start, end = span(unit, line)
            begin, behind = line_start(text, start), line_end(text, end)
            found.statements.append(Statement(unit, small, begin, behind, len(line.body) == 1, imported(small)))
        else:
            found.others |= set(bound_names(small))


def _typing_only(node: cst.If, found: ModuleNames) -> None:
    for statement in node.body.body:
        smalls = statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]
        for small in smalls:
            if isinstance(small, (cst.Import, cst.ImportFrom)):
                for one in imported(small):
                    found.typing_only.setdefault(one.local, set()).add(one.meaning)
            elif isinstance(small, cst.CSTNode):
                found.others |= set(bound_names(small))
    if node.orelse is not None:
        found.others |= set(bound_names(node.orelse))


def _asks_type_checking(test: cst.BaseExpression) -> bool:
    return (get_full_name_for_node(test) or "").rpartition(".")[2] == "TYPE_CHECKING"


def imported(node: cst.Import | cst.ImportFrom) -> tuple[Imported, ...]:
    """What an import statement binds; nothing for a star."""
    if isinstance(node, cst.Import):
        return tuple(Imported(alias.evaluated_name, None, alias.evaluated_alias) for alias in node.names)
    if isinstance(node.names, cst.ImportStar):
        return ()
    module = written_module(node)
    return tuple(Imported(module, alias.evaluated_name, alias.evaluated_alias) for alias in node.names)


def written_module(node: cst.ImportFrom) -> str:
    name = get_full_name_for_node(node.module) if node.module is not None else None
    return "." * len(node.relative) + (name or "")


def bound_names(node: cst.CSTNode) -> Counter[str]:
    """How often a node binds which names in its own scope: a function, its parameters and what its body binds."""
    collector = _Bound(node)
    node.visit(collector)
    return collector.names


class _Bound(cst.CSTVisitor):
    def __init__(self, root: cst.CSTNode) -> None:
        self.root = root
        self.names: Counter[str] = Counter()

    def _scope(self, node: cst.CSTNode, name: str | None) -> bool:
        if node is not self.root and name is not None:
            self.names[name] += 1
        return node is self.root

    def _target(self, node: cst.CSTNode) -> None:
        if isinstance(node, cst.Name):
            self.names[node.value] += 1
        elif isinstance(node, (cst.Tuple, cst.List)):
            for element in node.elements:
                self._target(element.value)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return self._scope(node, node.name.value)

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        return self._scope(node, node.name.value)

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return self._scope(node, None)

    def visit_Param(self, node: cst.Param) -> None:
        self.names[node.name.value] += 1

    def visit_TypeParam(self, node: cst.TypeParam) -> None:
        self.names[node.param.name.value] += 1

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._target(node.target)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._target(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._target(node.target)

    def visit_For(self, node: cst.For) -> None:
        self._target(node.target)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        if isinstance(self.root, cst.BaseComp):
            self._target(node.target)

    def visit_AsName(self, node: cst.AsName) -> None:
        self._target(node.name)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._target(node.target)

    def visit_Del(self, node: cst.Del) -> None:
        self._target(node.target)

    def visit_ImportAlias(self, node: cst.ImportAlias) -> bool:
        self.names[node.evaluated_alias or node.evaluated_name.partition(".")[0]] += 1
        return False

    def visit_NameItem(self, node: cst.NameItem) -> None:
        self.names[node.name.value] += 1

    def visit_TypeAlias(self, node: cst.TypeAlias) -> None:
        self.names[node.name.value] += 1

    def visit_MatchAs(self, node: cst.MatchAs) -> None:
        if node.name is not None:
            self.names[node.name.value] += 1

    def visit_MatchStar(self, node: cst.MatchStar) -> None:
        if node.name is not None:
            self.names[node.name.value] += 1

    def visit_MatchMapping(self, node: cst.MatchMapping) -> None:
        if node.rest is not None:
            self.names[node.rest.value] += 1


class Around(NamedTuple):
    """What stands around a place: `scopes`, the innermost first, whose names hide the module's.

    `at_import`: the place is run when the module is loaded.
    """

    scopes: Sequence[cst.CSTNode]
    at_import: bool

    def hides(self, name: str) -> bool:
        return any(name in bound_names(scope) for scope in self.scopes)


def around(unit: Unit, node: cst.CSTNode) -> Around:
    scopes: list[cst.CSTNode] = []
    at_import = True
    child = node
    for parent in unit.ancestors(node):
        if isinstance(parent, (cst.FunctionDef, cst.Lambda)) and child is parent.body:
            scopes.append(parent)
            at_import = False
        elif isinstance(parent, cst.BaseComp) or (
            isinstance(parent, cst.ClassDef) and child is parent.body and at_import
        ):
            scopes.append(parent)
        child = parent
    return Around(scopes, at_import)


def own_imports(function: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, tuple[Imported, ...]]]:
    """The import statements directly in a function's body, in their order."""
    if isinstance(function, cst.FunctionDef) and isinstance(function.body, cst.IndentedBlock):
        for line in function.body.body:
            for small in line.body if isinstance(line, cst.SimpleStatementLine) else ():
                if isinstance(small, (cst.Import, cst.ImportFrom)):
                    yield small, imported(small)
