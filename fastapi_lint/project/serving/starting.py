"""What an application does when it starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import FunctionValue, Instance, Value
from fastapi_lint.project.serving.application import Application, listed

if TYPE_CHECKING:
    from fastapi_lint.project import Project

TELLING = frozenset({"print", "debug", "info", "warning", "error", "exception", "getLogger", "bind", "success"})
"""Calls that say something and do nothing."""


def starts(project: Project, application: Application) -> FunctionDefinition | None:
    """The lifespan or start-up handler of an application that does more than log; None where there is none, or it is not known."""
    lifespan = project.it.routing.setting(application.instance, "lifespan")
    if type(lifespan) is FunctionValue:
        return lifespan.definition if _does_something(_before_yield(lifespan.definition.node.body)) else None
    if lifespan is not None:
        return None
    for handler in _handlers(project, application):
        if type(handler) is FunctionValue and _does_something(handler.definition.node.body):
            return handler.definition
    return None


def _handlers(project: Project, application: Application) -> Iterator[Value]:
    made = application.instance.made
    given = made.keywords.get("on_startup") if made is not None else None
    yield from listed(project.it, given) or ()
    routers: dict[int, Instance] = {id(application.instance): application.instance}
    routers.update((id(one), one) for operation in application.operations for one in operation.routers)
    for router in routers.values():
        for event in router.events or ():
            if event.kind == "lifecycle" and event.name == "startup":
                yield event.handler


def _before_yield(body: tuple[s.Statement, ...]) -> tuple[s.Statement, ...]:
    """The statements that run before a lifespan yields; one that yields inside of `with` or `try` counts up to there."""
    found: list[s.Statement] = []
    for statement in body:
        if isinstance(statement, s.With) and _yields(statement):
            return (statement,)
        if isinstance(statement, s.Try) and _yields(statement):
            return (*found, *_before_yield(statement.body))
        if _yields(statement):
            break
        found.append(statement)
    return tuple(found)


def _yields(statement: s.Statement) -> bool:
    return any(type(node) is s.Yield for node in s.walk(statement))


def _does_something(body: tuple[s.Statement, ...]) -> bool:
    for statement in body:
        if isinstance(statement, s.Flow) and statement.kind in ("pass", "global", "nonlocal"):
            continue
        if isinstance(statement, (s.Import, s.ImportFrom)):
            continue
        if isinstance(statement, s.ExpressionStatement) and _only_tells(statement.value):
            continue
        return True
    return False


def _only_tells(node: object) -> bool:
    if isinstance(node, s.Constant):
        return True
    if not isinstance(node, s.Call):
        return False
    name = (
        node.func.attr if isinstance(node.func, s.Attribute) else node.func.id if isinstance(node.func, s.Name) else ""
    )
    return name in TELLING
