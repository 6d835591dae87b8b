"""What the linter knows about code outside the project: types, results, and what blocks the event loop.

The knowledge is data: `knowledge/libraries/<top-level package>.toml`, read when a name of that package is asked for.
Names are dotted and qualified (`redis.Redis.get`); `canonical` turns every public spelling into the one that the data
uses. Every question may be answered with None: unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from fastapi_lint.library_data import (
    CONFIGURED,
    HARMLESS,
    TIERS,
    ClassEntry,
    Entry,
    TypeExpression,
    assembled,
    package,
    type_expression,
)

__all__ = ["CONFIGURED", "HARMLESS", "TIERS", "ClassEntry", "Entry", "Library", "TypeExpression", "type_expression"]


class Library:
    """Answers questions by name, each once. The user's word wins over the data.

    The user's `blocking_calls` and `non_blocking_calls` are qualified names, or patterns in which `*` stands for any
    run of characters: `mylib.Client.fetch`, `mylib.*`. An exact name wins over a pattern, the longer pattern over the
    shorter, and non-blocking over blocking.
    """

    def __init__(self, blocking_calls: Iterable[str] = (), non_blocking_calls: Iterable[str] = ()) -> None:
        self._canonical: dict[str, str] = {}
        self._functions: dict[str, Entry | None] = {}
        self._classes: dict[str, ClassEntry | None] = {}
        self._methods: dict[tuple[str, str], Entry | None] = {}
        self._attributes: dict[tuple[str, str], str | None] = {}
        self._variables: dict[str, str | None] = {}
        words = [*((name, True) for name in blocking_calls), *((name, False) for name in non_blocking_calls)]
        self._exact = {self.canonical(name): blocks for name, blocks in words if "*" not in name}
        patterns = [(self.canonical(name), blocks) for name, blocks in words if "*" in name]
        self._patterns = [
            (re.compile(".*".join(map(re.escape, name.split("*")))), blocks)
            for name, blocks in sorted(patterns, key=lambda item: (-len(item[0]), item[1]))
        ]

    def canonical(self, name: str) -> str:
        """The spelling that the data uses; the name itself where no alias applies."""
        found = self._canonical.get(name)
        if found is None:
            found = name
            for _ in range(8):
                target = _through_alias(found)
                if target is None:
                    break
                found = target
            self._canonical[name] = found
        return found

    def user_says(self, name: str) -> bool | None:
        """Whether the configuration calls it blocking; None where it says nothing. Asks for the project's names too."""
        if not self._exact and not self._patterns:
            return None
        name = self.canonical(name)
        if name in self._exact:
            return self._exact[name]
        return next((blocks for pattern, blocks in self._patterns if pattern.fullmatch(name)), None)

    def function(self, name: str) -> Entry | None:
        """What calling the thing of this name does: a function, or a method by way of its class or a variable.

        None for a class: ask `cls` for its constructor.
        """
        name = self.canonical(name)
        if name not in self._functions:
            self._functions[name] = self._find_function(name)
        return self._functions[name]

    def _find_function(self, name: str) -> Entry | None:
        found = package(_top(name)).functions.get(name)
        owner, _, member = name.rpartition(".")
        if found is None and owner:
            if self.is_class(owner):
                return self.method(owner, member)
            variable = self.variable(owner)
            if variable is not None:
                return self.method(type_expression(variable).name, member)
        return self._with_user(found, (name,))

    def _with_user(self, found: Entry | None, names: Iterable[str]) -> Entry | None:
        if not self._exact and not self._patterns:
            return found
        says = next((word for word in map(self.user_says, names) if word is not None), None)
        if says is None:
            return found
        known = found or HARMLESS
        if not says:
            return replace(known, blocks=None)
        return replace(known, blocks=known.blocks or CONFIGURED, coroutine=False)

    def cls(self, name: str) -> ClassEntry | None:
        name = self.canonical(name)
        if name not in self._classes:
            self._classes[name] = None  # a class that inherits from itself ends here
            self._classes[name] = self._find_class(name)
        return self._classes[name]

    def _find_class(self, name: str) -> ClassEntry | None:
        table = package(_top(name)).classes.get(name)
        if table is None:
            return None
        bases = [base for base in map(self.cls, table.get("bases", ())) if base is not None]
        found = assembled(name, table, bases)
        return replace(found, constructor=self._with_user(found.constructor, (name,)) or HARMLESS)

    def is_class(self, name: str) -> bool:
        return self.cls(name) is not None

    def is_subclass(self, name: str, ancestor: str) -> bool:
        """Whether a known class is, or descends from, another."""
        ancestor = self.canonical(ancestor)
        if self.canonical(name) == ancestor:
            return True
        found = self.cls(name)
        return found is not None and ancestor in found.ancestors

    def method(self, class_name: str, method: str) -> Entry | None:
        """What calling a method of an instance does; None for an unknown class or method."""
        key = (class_name, method)
        if key not in self._methods:
            self._methods[key] = self._find_method(class_name, method)
        return self._methods[key]

    def _find_method(self, class_name: str, method: str) -> Entry | None:
        found = self.cls(class_name)
        if found is None:
            return self._with_user(None, (f"{class_name}.{method}",))
        known = found.methods.get(method)
        if known is None and not method.startswith("_"):
            fitting = (
                entry for front, end, entry in found.patterns if method.startswith(front) and method.endswith(end)
            )
            known = next(fitting, None)
        return self._with_user(known, (f"{owner}.{method}" for owner in (found.name, found.shown, *found.ancestors)))

    def attribute(self, class_name: str, attribute: str) -> str | None:
        """The type expression of an attribute or property of an instance."""
        key = (class_name, attribute)
        if key not in self._attributes:
            self._attributes[key] = self._find_attribute(class_name, attribute)
        return self._attributes[key]

    def _find_attribute(self, class_name: str, attribute: str) -> str | None:
        found = self.cls(class_name)
        if found is None:
            return None
        if attribute in found.attributes:
            return found.attributes[attribute]
        if attribute in found.methods:
            method = found.methods[attribute]
            return method.returns if method.is_property else None
        return None if attribute.startswith("_") else found.attributes.get("*")

    def variable(self, name: str) -> str | None:
        """The type expression of a module's variable (`sys.stdin`), or of an attribute of one or of a class."""
        name = self.canonical(name)
        if name not in self._variables:
            self._variables[name] = self._find_variable(name)
        return self._variables[name]

    def _find_variable(self, name: str) -> str | None:
        found = package(_top(name)).variables.get(name)
        owner, _, member = name.rpartition(".")
        if found is not None or "." not in owner:
            return found
        if self.is_class(owner):
            return self.attribute(owner, member)
        kind = self.variable(owner)
        return None if kind is None else self.attribute(type_expression(kind).name, member)


def _top(name: str) -> str:
    return name.partition(".")[0]


def _through_alias(name: str) -> str | None:
    """One step: the longest front of the name that is an alias is replaced. What the data knows itself is no alias."""
    known = package(_top(name))
    if not known.aliases:
        return None
    part = name
    while part:
        if part in known.functions or part in known.classes or part in known.variables:
            return None
        target = known.aliases.get(part)
        if target is not None:
            return target + name[len(part) :]
        part = part.rpartition(".")[0]
    return None
