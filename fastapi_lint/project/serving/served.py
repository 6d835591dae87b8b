"""Which of the applications that a project makes are served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting.values import members
from fastapi_lint.project.serving.application import Application

if TYPE_CHECKING:
    from fastapi_lint.project import Project


def served(project: Project) -> list[Application]:
    """The applications that servers start: without those mounted into others, those that tests make, and repeated runs of one factory."""
    mounted = {
        id(router) for application in project.applications for o in application.operations for router in o.routers[1:]
    }
    found = [a for a in project.applications if id(a.instance) not in mounted and (a.operations or a.unresolved)]
    productive = [a for a in found if a.instance.site is not None and not project.is_test(a.instance.site.path)]
    bound = {id(member) for frame in project.it.importer.frames.values() if not project.is_test(frame.module.path)
             for value in frame.env.values() for member in members(value)}  # fmt: skip
    by_site: dict[Anchor | None, Application] = {}
    for application in sorted(productive or found, key=lambda a: id(a.instance) not in bound):
        by_site.setdefault(application.instance.site, application)
    kept = {id(application) for application in by_site.values()}
    return [application for application in (productive or found) if id(application) in kept]
