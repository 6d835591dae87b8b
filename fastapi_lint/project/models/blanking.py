"""Fields that a handler blanks or masks itself, where it makes what it returns."""

from __future__ import annotations

from typing import Any

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.modules import ModuleIndex, chunk_of
from fastapi_lint.project.interpreting.values import Instance, Mapping, Sequence, Value, known_members
from fastapi_lint.project.models.masking import looks_hidden

Path = tuple[str, ...]


def node_at(index: ModuleIndex, anchor: Anchor) -> Any:
    """The record behind an anchor, None where its file cannot be read."""
    module = index.module(anchor.path)
    if module is None:
        return None
    statements = module.unit(chunk_of(anchor.at)).statements
    return next((node for node in s.walk(*statements, into_functions=True) if node.at == anchor.at), None)


def blanks(index: ModuleIndex, frame: Frame, path: Path) -> bool:
    """Whether a function blanks a field in everything that it returns: `User(api_key=mask(key))`, `user.api_key = None`.

    `path` are the names that lead to the field from what is returned, containers left out.
    """
    if _all_blank(index, [value for _, value in frame.returns], path):
        return True
    if frame.function is None:
        return False
    return any(type(node) is s.Assign and _assigns_blank(node, path[-1]) for node in s.walk(*frame.function.node.body))


def _assigns_blank(node: s.Assign, name: str) -> bool:
    return _says_nothing(node.value) and any(type(t) is s.Attribute and t.attr == name for t in node.targets)


def _all_blank(index: ModuleIndex, values: list[Value], path: Path) -> bool | None:
    """Yes, no, or None where there is no value that could have the field."""
    found = {_is_blank(index, member, path) for value in values for member in known_members(value)} - {None}
    return False not in found if found else None


def _is_blank(index: ModuleIndex, value: Value, path: Path) -> bool | None:
    if type(value) is Sequence:
        return _all_blank(index, value.items if value.items is not None else [value.element], path)
    if type(value) is Mapping and not value.open:
        return _all_blank(index, list(value.entries.values()), path)
    if type(value) is not Instance or value.made is None or path[0] not in value.made.keywords:
        return False
    if len(path) > 1:
        return _all_blank(index, [value.made.keywords[path[0]]], path[1:])
    call = node_at(index, value.site) if value.site is not None else None
    if type(call) is not s.Call:
        return False
    return any(argument.keyword == path[0] and _says_nothing(argument.value) for argument in call.args)


def _says_nothing(node: s.Expression) -> bool:
    return looks_hidden(node) or (type(node) is s.Constant and not node.value and not node.kind)
