"""What the engine has asked about the texts of files, other than by their records: so that it can be told whether an edit changes an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from fastapi_lint.reading.words import may_match

Kind = Literal["in", "search", "all"]


class Look(NamedTuple):
    """Whether a text holds a word (`in`) or a match (`search`), or all that is matched (`all`)."""

    kind: Kind
    pattern: str
    flags: int = 0


class Looks:
    """`read`: the display paths of files whose text as a whole was handed to somebody, who may have made anything of it."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._searched: set[re.Pattern[str]] = set()
        self._found: set[re.Pattern[str]] = set()
        self.read: set[str] = set()

    def has(self, sought: re.Pattern[str] | str, text: str) -> bool:
        if isinstance(sought, str):
            self._words.add(sought)
            return sought in text
        self._searched.add(sought)
        return may_match(sought, text) and sought.search(text) is not None

    def all(self, pattern: re.Pattern[str], text: str) -> list[str]:
        """The first group of each match; without groups, each match."""
        self._found.add(pattern)
        return pattern.findall(text) if may_match(pattern, text) else []

    def everything(self) -> set[Look]:
        found = {Look("in", word) for word in self._words}
        found.update(Look("search", pattern.pattern, pattern.flags) for pattern in self._searched)
        found.update(Look("all", pattern.pattern, pattern.flags) for pattern in self._found)
        return found


def differs(looks: Iterable[Look], pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether a look at the second text of a pair has another answer than one at the first."""
    several = list(pairs)
    return any(_answers(look, old) != _answers(look, new) for look in looks for old, new in several)


def _answers(look: Look, text: str) -> object:
    if look.kind == "in":
        return look.pattern in text
    pattern = re.compile(look.pattern, look.flags)
    if not may_match(pattern, text):
        return False if look.kind == "search" else []
    return pattern.search(text) is not None if look.kind == "search" else pattern.findall(text)
