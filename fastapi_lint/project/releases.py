"""What the project's release of FastAPI or Starlette no longer has: `knowledge/releases.toml`, asked by the project's versions."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

if TYPE_CHECKING:
    from fastapi_lint.project import Project

DATA = Path(__file__).parent.parent / "knowledge" / "releases.toml"


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the data. `of`: the class or module that had the names; `names`: each with what there is instead."""

    of: str
    names: Mapping[str, str]
    package: str
    since: str

    @property
    def release(self) -> str:
        """As messages call it: `Starlette 1.0`."""
        return f"{'FastAPI' if self.package == 'fastapi' else 'Starlette'} {self.since}"


@cache
def knowledge() -> dict[str, Any]:
    data: dict[str, Any] = tomllib.loads(DATA.read_text("utf-8"))
    return data


def changes(project: Project, table: str) -> Iterator[Change]:
    """The rows of a table that hold for every release that the project may run on."""
    for row in knowledge()[table]:
        names = row.get("names") or {row["method"]: row["first"]}
        change = Change(row.get("of") or row["module"], names, row["package"], row["since"])
        if is_since(project, change.package, change.since):
            yield change


def is_since(project: Project, package: str, version: str) -> bool:
    """Whether the project is known to run on that release of FastAPI or Starlette, or on a newer one."""
    if package == "fastapi":
        return project.versions.fastapi.since(version) is True
    return project.versions.starlette.since(version) is True or any(
        project.versions.fastapi.since(fastapi) is True and _is_at_least(least, version)
        for fastapi, least in knowledge()["requires"]["starlette"].items()
    )


def _is_at_least(version: str, other: str) -> bool:
    from fastapi_lint.project.versions import exactly

    return exactly(version).since(other) is True
