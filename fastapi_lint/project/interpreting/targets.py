"""What assignments, loops and `with` bind values to: names, attributes, items, several of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.frames import Frame, TextUse
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    ClassValue,
    Const,
    FunctionValue,
    Instance,
    Mapping,
    Sequence,
    Value,
    has_text,
    known_members,
    union,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter


def bind(it: Interpreter, frame: Frame, target: Any, value: Value) -> None:
    kind = type(target)
    if kind is s.Name:
        it.assign(frame, target.id, value)
    elif kind is s.Attribute:
        receiver = it.evaluate(frame, target.value)
        for member in known_members(receiver):
            set_attribute(it, frame, member, target.attr, value)
            if has_text(value):
                frame.texts.append(TextUse("store", target, member, value, target.attr))
    elif kind is s.Collection:
        _unpack(it, frame, target.items, value)
    elif kind is s.Subscript:
        receiver = it.evaluate(frame, target.value)
        keys = [it.evaluate(frame, item) for item in target.items]
        if len(keys) == 1 and type(keys[0]) is Const:
            if type(receiver) is Mapping:
                receiver.entries[keys[0].value] = value
            if isinstance(keys[0].value, str) and has_text(value):
                frame.texts.append(TextUse("store", target, receiver, value, keys[0].value))
    elif kind is s.Starred:
        bind(it, frame, target.value, Sequence("list", None, UNKNOWN))


def set_attribute(it: Interpreter, frame: Frame, receiver: Value, name: str, value: Value) -> None:
    """`receiver.name = value`."""
    if type(receiver) is Instance:
        _set_attribute(frame, receiver, name, value)
    elif type(receiver) is ClassValue and receiver.definition.frame is not None and frame.effects:
        receiver.definition.frame.env[name] = value
    elif type(receiver) is FunctionValue and frame.effects:
        receiver.attributes[name] = value


def _set_attribute(frame: Frame, receiver: Instance, name: str, value: Value) -> None:
    if frame.effects or receiver is frame.receiver:
        old = receiver.attributes.get(name) if receiver.attributes else None
        if old is not None and not frame.effects:
            value = union((old, value))
        receiver.set(name, value)


def _unpack(it: Interpreter, frame: Frame, targets: tuple[Any, ...], value: Value) -> None:
    items: list[Value] | None = None
    if type(value) is Sequence:
        items = value.items
        if items is None and value.kind != "tuple":
            items = [value.element] * len(targets)
    if items is not None and len(items) == len(targets) and not any(type(t) is s.Starred for t in targets):
        for target, item in zip(targets, items):
            bind(it, frame, target, item)
        return
    for target in targets:
        bind(it, frame, target, UNKNOWN)
