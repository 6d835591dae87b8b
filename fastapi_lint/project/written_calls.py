"""Calls as they are written: rare ones, wherever they stand, and the expressions that they pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project import searching
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.frames import CallSite
from fastapi_lint.project.interpreting.modules import chunk_of
from fastapi_lint.project.interpreting.values import ClassValue, External, Value, members
from fastapi_lint.project.taint import guards

if TYPE_CHECKING:
    from fastapi_lint.project import Project


def sites(project: Project, word: str) -> Iterator[CallSite]:
    """Every call outside of tests, in modules and functions whose text has the word; each place once."""
    seen: set[Anchor] = set()
    for site in searching.sites(project, re.compile(re.escape(word))):
        if type(site.node) is s.Call and site.anchor not in seen:
            seen.add(site.anchor)
            yield site


def names(value: Value | None) -> frozenset[str]:
    """The canonical names of what may be called or passed; of a class of the project, those of its ancestors outside."""
    found: set[str] = set()
    for member in members(value) if value is not None else ():
        if type(member) is External:
            found.add(member.name)
        elif type(member) is ClassValue:
            found.update(classes.externals(member.definition))
    return frozenset(found)


def symbol(site: CallSite) -> str | None:
    return site.function.qualname if site.function is not None else None


def keyword(node: s.Call, name: str) -> s.Expression | None:
    """The expression of an argument as it is written."""
    return next((argument.value for argument in node.args if argument.keyword == name), None)


def spreads(node: s.Call) -> bool:
    """Whether a call passes on arguments that are not written in it."""
    return any(argument.star for argument in node.args)


def runs_as_script(project: Project, site: CallSite) -> bool:
    """Whether a call stands under `if __name__ == "__main__":`."""
    if site.function is not None:
        return False
    unit = site.frame.module.unit(chunk_of(site.node.at))
    return any(type(statement) is s.If and _asks_for_main(statement.test) for statement in unit.statements)


def _asks_for_main(test: Any) -> bool:
    return type(test) is s.Comparison and type(test.left) is s.Name and test.left.id == "__name__"


def is_for_developers(site: CallSite) -> bool:
    """Whether a call stands in a branch that only a debug or development mode takes."""
    root = site.function.node if site.function is not None else None
    statements = root.body if root is not None else site.frame.module.unit(chunk_of(site.node.at)).statements
    return any(
        type(node) is s.If
        and guards.is_for_developers(node.test)
        and any(inner is site.node for inner in nodes((node.body, node.orelse)))
        for node in nodes(statements)
    )


def nodes(root: Any) -> Iterator[s.Node]:
    """A record and all below it; nested functions and classes are not entered."""
    if isinstance(root, (s.Function, s.Class)):
        yield root
        yield from s.walk(*root.decorators, *root.body)
        return
    yield from s.walk(*(root if isinstance(root, (tuple, list)) else (root,)))


def call_at(project: Project, place: Anchor) -> s.Call | None:
    """The call at a place, such as where a route is registered."""
    module = project.index.module(place.path)
    if module is None or chunk_of(place.at) >= len(module.chunks):
        return None
    found = s.walk(*module.unit(chunk_of(place.at)).statements, into_functions=True)
    return next((node for node in found if node.at == place.at and type(node) is s.Call), None)


def argument(node: s.Call, name: str, index: int) -> s.Expression | None:
    """The expression that a call passes for a parameter, by its keyword or at its 0-based position."""
    given = [one for one in node.args if one.keyword is None]
    if any(one.star for one in node.args):
        return None
    return keyword(node, name) or (given[index].value if index < len(given) else None)


def literal(project: Project, place: Anchor, name: str, index: int) -> s.Constant | None:
    """The string that a call is given in so many words, and not by way of a name that others may use too."""
    node = call_at(project, place)
    found = argument(node, name, index) if node is not None else None
    is_text = type(found) is s.Constant and not found.kind and isinstance(found.value, str)
    return found if is_text else None  # type: ignore[return-value]
