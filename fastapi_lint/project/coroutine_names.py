"""Which top-level statements call a coroutine function by name and drop or keep its result: told from the text alone.

Rules then look at the functions in them. Names that a plain function of the project has as well are left out, and so are those of
the methods of containers and files: they would lead to most of the project.
"""

from __future__ import annotations

import builtins
import io
import re
from collections.abc import Iterable

from fastapi_lint.project.interpreting.modules import Module

COROUTINE_FUNCTION = re.compile(r"async[ \t]+def[ \t]+(\w+)")
PLAIN_FUNCTION = re.compile(
    r"def(?<!async def)(?<!\wdef)[ \t]+(\w+)"
)  # begins with plain characters, which are found quickly
UNUSED_CALL = re.compile(r"^[ \t]+(?:\w+[ \t]*=[ \t]*)?(?:\w+\.)*(\w+)\(", re.MULTILINE)
"""A statement that is a call, or gives the result of one to a variable."""
LIBRARY = re.compile(r"\bAsync[A-Z]|\basyncio\.sleep\(")
"""Text with a library's coroutine function in it, most likely."""
COMMON = frozenset(name for kind in (list, dict, set, str, io.TextIOWrapper) for name in dir(kind)) | frozenset(
    dir(builtins)
)


class CoroutineNames:
    """The names of a project's coroutine functions, as its files say."""

    def __init__(self, modules: Iterable[Module]) -> None:
        found: set[str] = set()
        plain: set[str] = set()
        for module in modules:
            found.update(module.all(COROUTINE_FUNCTION))
            plain.update(module.all(PLAIN_FUNCTION))
        self.names = found - plain - COMMON

    def are_called_in(self, module: Module, index: int) -> bool:
        return module.has(LIBRARY, index) or not self.names.isdisjoint(module.all(UNUSED_CALL, index))
