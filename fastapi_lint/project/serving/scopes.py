"""When FastAPI closes a `yield` dependency: with the request, or as soon as the handler has returned (`scope="function"`)."""

from __future__ import annotations

from typing import Literal

from fastapi_lint.project.interpreting.values import Const
from fastapi_lint.project.serving.dependencies import Dependency

Scope = Literal["function", "request"]
SINCE = "0.121"
"""The FastAPI that knows `Depends(scope=)`."""


def is_closed(dependency: Dependency) -> bool:
    """Whether something runs behind the `yield` of a dependency."""
    return dependency.function is not None and dependency.function.definition.node.is_generator


def declared(dependency: Dependency) -> Scope | None:
    """The scope that a `Depends` asks for; None where it asks for none, or where that is not known."""
    given = dependency.depends.made.get("scope") if dependency.depends.made is not None else None
    if type(given) is Const and given.value in ("function", "request"):
        return "function" if given.value == "function" else "request"
    return None


def is_undecided(dependency: Dependency) -> bool:
    """Whether a `Depends` asks for a scope that cannot be read."""
    made = dependency.depends.made
    given = made.get("scope") if made is not None else None
    known = given is None or (type(given) is Const and given.value in ("function", "request", None))
    return not known or (made is not None and made.starred)


def of(dependency: Dependency) -> Scope | None:
    """The scope that a dependency lives in. One with `yield` that asks for none lives as long as the request; others have none.

    Raises nothing; None also where the scope is undecided.
    """
    if is_undecided(dependency):
        return None
    return declared(dependency) or ("request" if is_closed(dependency) else None)
