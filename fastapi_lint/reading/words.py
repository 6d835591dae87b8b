"""Words that every match of a pattern holds one of. Looking for words takes a tenth of the time of looking for the pattern.

Python's own parser of patterns says what a pattern is made of. It is no public module, so whatever is not as known here means: no
words, and the pattern has to be looked for itself.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

MOST = 48
"""More words take as long as the pattern."""
SHORTEST = 3
"""Characters. What is shorter is in every text."""

Alternatives = frozenset[str]


def may_match(pattern: re.Pattern[str], text: str) -> bool:
    """Whether a text has what a match needs; never False for a text that the pattern is in."""
    words = required(pattern)
    if words is None:
        return True
    if pattern.flags & re.IGNORECASE:
        if not text.isascii():
            return True  # a long s is an "s" there
        text = text.lower()
    for word in words:
        if word in text:
            return True
    return False


@cache
def required(pattern: re.Pattern[str]) -> tuple[str, ...] | None:
    """Words of which each match holds at least one; None where there are no such words, or none that are worth looking for.

    In small letters for a pattern that takes either.
    """
    try:
        parser = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
        found = _of_sequence(parser.parse(pattern.pattern, pattern.flags))
    except Exception:
        return None
    if found is None or len(found) > MOST or min(map(len, found)) < SHORTEST:
        return None
    folded = {word.lower() for word in found} if pattern.flags & re.IGNORECASE else found
    return tuple(sorted(folded))


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> Alternatives | None:
    """The best words of what follows one another: those of neighbours whose texts are all known are put together."""
    best: Alternatives | None = None
    run: Alternatives = frozenset([""])
    for operation, argument in items:
        exact = _texts(str(operation), argument)
        if exact is not None and len(run) * len(exact) <= MOST:
            run = frozenset(before + after for before in run for after in exact)
            continue
        best = _better(best, run)
        run = exact if exact is not None else frozenset([""])
        if exact is None:
            best = _better(best, _inside(str(operation), argument))
    return _better(best, run)


def _texts(operation: str, argument: Any) -> Alternatives | None:
    """All the texts that a part of a pattern may match; None where those are too many to tell."""
    if operation == "LITERAL":
        return frozenset([chr(argument)])
    if operation == "AT":
        return frozenset([""])
    if operation == "IN" and all(str(kind) == "LITERAL" for kind, _ in argument):
        return frozenset(chr(one) for _, one in argument)
    if operation == "SUBPATTERN" and not argument[1] & re.IGNORECASE:
        return _all_texts(argument[-1])
    return _united(map(_all_texts, argument[1])) if operation == "BRANCH" else None


def _all_texts(items: Iterable[tuple[Any, Any]]) -> Alternatives | None:
    run: Alternatives = frozenset([""])
    for operation, argument in items:
        texts = _texts(str(operation), argument)
        if texts is None or len(run) * len(texts) > MOST:
            return None
        run = frozenset(before + after for before in run for after in texts)
    return run


def _inside(operation: str, argument: Any) -> Alternatives | None:
    """The words of a part whose texts are not all known."""
    if operation == "SUBPATTERN" and not argument[1] & re.IGNORECASE:
        return _of_sequence(argument[-1])
    if operation == "MAX_REPEAT" and argument[0] >= 1:
        return _of_sequence(argument[2])
    return _united(map(_of_sequence, argument[1])) if operation == "BRANCH" else None


def _united(branches: Iterable[Alternatives | None]) -> Alternatives | None:
    """The words of all branches; None where one of them has none."""
    found: set[str] = set()
    for words in branches:
        if words is None:
            return None
        found |= words
    return frozenset(found)


def _better(first: Alternatives | None, second: Alternatives | None) -> Alternatives | None:
    """Of two sets of words, that whose shortest word is the longer one."""
    if first is None or second is None:
        return first if second is None else second
    return max(first, second, key=lambda words: (min(map(len, words)), -len(words)))
