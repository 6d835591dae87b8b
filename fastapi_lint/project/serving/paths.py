"""Starlette's own grammar of paths: `{name}` or `{name:convertor}` is a parameter, nothing else is."""

from __future__ import annotations

import re

PARAMETER = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)(?::([a-zA-Z_][a-zA-Z0-9_]*))?}")
"""The groups are the name and the convertor, which is None for a text without a slash."""


def path_names(path: str) -> frozenset[str]:
    """The parameters in a path."""
    return frozenset(name for name, _ in PARAMETER.findall(path))


def convertors(path: str) -> dict[str, str]:
    """The convertors of the parameters in a path, in its order; `str` where none is written."""
    return {name: convertor or "str" for name, convertor in PARAMETER.findall(path)}
