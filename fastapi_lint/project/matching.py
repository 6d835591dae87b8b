"""Which requests a path matches, by Starlette's own rules, and whether one path leaves anything for a later one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product

from fastapi_lint.project.application import Application, Operation

PARAMETER = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)(?::([a-zA-Z_][a-zA-Z0-9_]*))?}")
CONVERTORS = {
    "str": r"[^/]+",
    "path": r".*",
    "int": r"[0-9]+",
    "float": r"[0-9]+(?:\.[0-9]+)?",
    "uuid": r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}",
}
SAMPLES = {
    "str": ("a", "x-y.z~", "7"),
    "path": ("", "a", "x/y.z"),
    "int": ("7", "1234567890"),
    "float": ("7", "2.5"),
    "uuid": ("0f8fad5b-d9cb-469f-a165-70867728950e",),
}
MOST_SAMPLES = 200


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


def shadowing(earlier: str, later: str) -> str | None:
    """A concrete path that shows how `earlier` takes everything that `later` would match; None where it leaves something."""
    first = pattern(earlier)
    if first is None or pattern(later) is None:
        return None
    given = list(samples(later))
    return given[-1] if given and all(first.match(path) for path in given) else None


def shadowed(application: Application) -> Iterator[tuple[Operation, Operation, str]]:
    """The operations that never answer, each with the one that answers in its place and a path that both match."""
    seen: dict[str, list[Operation]] = {}
    for operation in application.operations:
        if operation.path is None or operation.conditional:
            continue
        before = seen.setdefault(operation.method, [])
        for other in before:
            if other.route is operation.route:
                continue
            path = shadowing(other.path or "", operation.path)
            if path is not None:
                yield operation, other, path
                break
        before.append(operation)
