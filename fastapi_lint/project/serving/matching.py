"""Which requests a path matches, by Starlette's own rules, and whether earlier paths leave anything for a later one.

That they leave nothing is proved, not guessed: a path is a regular expression, so the question is one of inclusion of languages, and
both automata are followed side by side (`_covers`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from fastapi_lint.project.serving.application import Application, Gate, Operation
from fastapi_lint.project.serving.paths import PARAMETER

CONVERTORS = {
    "str": r"[^/]+",
    "path": r".*",
    "int": r"[0-9]+",
    "float": r"[0-9]+(?:\.[0-9]+)?",
    "uuid": r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}",
}
"""As in `starlette.convertors`."""
SAMPLES = {
    "str": ("a", "x-y.z~", "7"),
    "path": ("", "a", "x/y.z"),
    "int": ("7", "1234567890"),
    "float": ("7", "2.5"),
    "uuid": ("0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5bd9cb469fa16570867728950e"),
}
MOST_SAMPLES = 64
MOST_STATES = 20_000
"""How far two automata are followed before the question is left open."""
DIGITS = frozenset("0123456789")
HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True)
class Shadow:
    """An operation that never answers. `earlier` takes `path`, which is one of the paths that the operation would match: the first that
    does, or else the one with the very same path."""

    operation: Operation
    earlier: Operation | Gate
    path: str


def served_path(entry: Operation | Gate) -> str | None:
    """The path by which requests reach an entry; None where it is not known, or where no request does.

    What a mounted application sees of a path begins with a slash, as the path of any request: a route of it that does not begin with one
    matches nothing, unless it begins with a `{name:path}`, which takes the slash too.
    """
    if entry.path is None:
        return None
    inner = entry.path[len(entry.mount) :]
    if inner.startswith("/"):
        return entry.path
    first = PARAMETER.match(inner)
    return f"{entry.mount}/{inner}" if first is not None and first[2] == "path" else None


@lru_cache(maxsize=4096)
def pattern(path: str) -> re.Pattern[str] | None:
    """The regular expression that Starlette makes of a path; None for a convertor that it does not have itself."""
    text, position = "^", 0
    for match in PARAMETER.finditer(path):
        convertor = CONVERTORS.get(match[2] or "str")
        if convertor is None:
            return None
        text += re.escape(path[position : match.start()]) + f"(?:{convertor})"
        position = match.end()
    return re.compile(text + re.escape(path[position:]) + "$")


def samples(path: str) -> Iterator[str]:
    """Concrete paths that a path matches, each kind of parameter filled in several ways."""
    kinds = [match[2] or "str" for match in PARAMETER.finditer(path)]
    pieces = PARAMETER.split(path)[::3]
    for values in islice(product(*(SAMPLES.get(kind, ()) for kind in kinds)), MOST_SAMPLES):
        yield pieces[0] + "".join(value + piece for value, piece in zip(values, pieces[1:]))


def shadowed(application: Application) -> Iterator[Shadow]:
    """The operations that never answer, since what comes before them takes every path that they match."""
    before: list[tuple[re.Pattern[str], str, Operation | Gate]] = []
    seen: set[tuple[int, str, str | None]] = set()
    for entry in application.entries:
        path = None if entry.conditional else served_path(entry)
        compiled = pattern(path) if path is not None else None
        if path is None or compiled is None:
            continue
        if isinstance(entry, Operation):
            key = (id(entry.route), entry.method, entry.path)
            found = _shadow(entry, path, before) if key not in seen else None  # else its router is included twice
            seen.add(key)
            if found is not None:
                yield found
        before.append((compiled, path, entry))


def _shadow(
    operation: Operation, path: str, before: list[tuple[re.Pattern[str], str, Operation | Gate]]
) -> Shadow | None:
    given = list(samples(path))
    taking = {
        id(entry): (text, entry)
        for sample in given
        for expression, text, entry in before
        if _takes(entry, operation) and expression.match(sample)
    }
    if not taking:
        return None
    for sample in given:
        if not any(pattern(text).match(sample) for text, _ in taking.values()):  # type: ignore[union-attr]
            return None
    if not _covers(tuple(text for text, _ in taking.values()), path):
        return None
    witness = given[-1]
    first = [entry for expression, _, entry in before if id(entry) in taking and expression.match(witness)]
    same = (entry for entry in first if isinstance(entry, Operation) and entry.path == operation.path)
    return Shadow(operation, next(same, first[0]), witness)


def _takes(entry: Operation | Gate, operation: Operation) -> bool:
    """Whether an entry answers requests of the operation's method, and is something else than the operation's own route."""
    if isinstance(entry, Operation):
        return entry.method == operation.method and entry.route is not operation.route
    return entry.methods is None or operation.method in entry.methods


# ---- inclusion ------------------------------------------------------------------------------------------------------------

ANY, SEGMENT, DIGIT, HEX, DASH, POINT = "any", "segment", "digit", "hex", "-", "."


class _Automaton:
    """A path's own: `edges[state]` are (what it takes, the next state), where what takes nothing is None."""

    def __init__(self, path: str) -> None:
        self.edges: list[list[tuple[str | None, int]]] = [[]]
        position = 0
        for match in PARAMETER.finditer(path):
            self._literal(path[position : match.start()])
            self._convertor(match[2] or "str")
            position = match.end()
        self._literal(path[position:])
        self.end = len(self.edges) - 1

    def _then(self, taken: str | None) -> None:
        self.edges[-1].append((taken, len(self.edges)))
        self.edges.append([])

    def _literal(self, text: str) -> None:
        for character in text:
            self._then(f"={character}")

    def _many(self, taken: str, *, at_least: int) -> None:
        for _ in range(at_least):
            self._then(taken)
        self.edges[-1].append((taken, len(self.edges) - 1))
        self._then(None)  # what comes next may not come back into the loop

    def _convertor(self, kind: str) -> None:
        match kind:
            case "str":
                self._many(SEGMENT, at_least=1)
            case "path":
                self._many(ANY, at_least=0)
            case "int":
                self._many(DIGIT, at_least=1)
            case "float":
                self._many(DIGIT, at_least=1)
                whole = len(self.edges) - 1
                self._literal(POINT)
                self._many(DIGIT, at_least=1)
                self.edges[whole].append((None, len(self.edges) - 1))
            case _:
                for index, length in enumerate((8, 4, 4, 4, 12)):
                    if index:
                        self.edges[-1].append((None, len(self.edges)))
                        self._literal(DASH)
                    for _ in range(length):
                        self._then(HEX)

    def closed(self, states: set[int]) -> frozenset[int]:
        pending, found = list(states), set(states)
        while pending:
            for taken, state in self.edges[pending.pop()]:
                if taken is None and state not in found:
                    found.add(state)
                    pending.append(state)
        return frozenset(found)

    def after(self, states: frozenset[int], character: str) -> frozenset[int]:
        return self.closed(
            {to for state in states for taken, to in self.edges[state] if taken is not None and _fits(taken, character)}
        )


def _fits(taken: str, character: str) -> bool:
    if taken[0] == "=":
        return taken[1] == character
    match taken:
        case "any":
            return True
        case "segment":
            return character != "/"
        case "digit":
            return character in DIGITS
    return character in HEXADECIMAL


def _covers(earlier: tuple[str, ...], later: str) -> bool:
    """Whether each path that the last one matches is matched by one of the others; False also where that takes too long to tell."""
    automata = [_Automaton(path) for path in earlier]
    follower = _Automaton(later)
    alphabet = _alphabet((*earlier, later))
    start = (follower.closed({0}), tuple(one.closed({0}) for one in automata))
    pending, seen = [start], {start}
    while pending:
        states, others = pending.pop()
        if follower.end in states and not any(one.end in at for one, at in zip(automata, others)):
            return False
        for character in alphabet:
            following = follower.after(states, character)
            if following:
                reached = (following, tuple(one.after(at, character) for one, at in zip(automata, others)))
                if reached not in seen:
                    seen.add(reached)
                    pending.append(reached)
        if len(seen) > MOST_STATES:
            return False
    return True


def _alphabet(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The characters that paths tell apart, and one of each kind that they do not: a digit, a digit to the base of 16, any other."""
    written = {character for path in paths for character in path} | {"/", DASH, POINT}
    others = [
        next((character for character in kind if character not in written), None)
        for kind in ("9876543210", "fedcbaFEDCBA", "zyxwvutsrqponmlkjihg~_!$&'()*+,;=:@ZYXWVUTSRQPONMLKJIHG")
    ]
    return tuple(sorted(written | {character for character in others if character is not None}))
