"""Which top-level statements call a coroutine function by name and drop or keep its result: told from the text alone.

Rules then look at the functions in them. Names that a plain function of the project has as well are left out, and so are those of
the methods of containers and files: they would lead to most of the project.
"""

from __future__ import annotations

import builtins
import io
import re
from collections.abc import Iterable

FUNCTION = re.compile(r"def[ \t]+(\w+)")
ASYNC = re.compile(r"\basync[ \t]+\Z")
UNUSED_CALL = re.compile(r"^[ \t]+(?:\w+[ \t]*=[ \t]*)?(?:\w+\.)*(\w+)\(", re.MULTILINE)
"""A statement that is a call, or gives the result of one to a variable."""
LIBRARY = re.compile(r"\bAsync[A-Z]|\basyncio\.sleep\(")
"""Text with a library's coroutine function in it, most likely."""
COMMON = frozenset(name for kind in (list, dict, set, str, io.TextIOWrapper) for name in dir(kind)) | frozenset(
    dir(builtins)
)


class CoroutineNames:
    """The names of a project's coroutine functions, as its files say."""

    def __init__(self, texts: Iterable[str]) -> None:
        found: set[str] = set()
        plain: set[str] = set()
        for text in texts:
            for function in FUNCTION.finditer(text):
                line = max(text.rfind("\n", 0, function.start()), text.rfind("\r", 0, function.start())) + 1
                before = text[line : function.start()]
                if not before or before.isspace():
                    plain.add(function[1])
                elif ASYNC.search(before):
                    found.add(function[1])
        self.names = found - plain - COMMON

    def are_called_in(self, text: str) -> bool:
        return LIBRARY.search(text) is not None or not self.names.isdisjoint(UNUSED_CALL.findall(text))
