"""What `fastapi-lint routes` does, once it is clear what was asked."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi_lint import run
from fastapi_lint.commands.request import CommandError
from fastapi_lint.discover import requested
from fastapi_lint.reporters import routes as reporter
from fastapi_lint.reporters.paint import Paint
from fastapi_lint.route_changes import changes
from fastapi_lint.routes import Filter, Row, Table, table

if TYPE_CHECKING:
    from fastapi_lint.project import Project
    from fastapi_lint.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutesRequest:
    """The command line of `routes`, without what the settings come from."""

    paths: tuple[str, ...] = ()
    output_format: str = "text"
    filter: Filter = field(default_factory=Filter)
    revision: str | None = None


def routes(request: RoutesRequest, settings: Settings, paint: Paint) -> int:
    """Print the table, or what changed since a revision, and return the exit code: 1 for a breaking change.

    Raises DiscoveryError and CommandError.
    """
    now = linked(request.paths, settings)
    if request.revision is None:
        kept = [row for row in now.rows if request.filter.keeps(row)]
        sys.stdout.write(reporter.render(kept, now.unresolved, request.output_format, paint))
        return 0
    with at_revision(request.revision, request.paths, settings) as (paths, old_settings):
        before = linked(paths, old_settings) if paths else Table((), ())
    found = changes(
        [row for row in before.rows if request.filter.keeps(row)],
        [row for row in now.rows if request.filter.keeps(row)],
    )
    sys.stdout.write(reporter.render_changes(found, request.output_format, paint))
    return 1 if found.are_breaking else 0


def linked(paths: Sequence[str], settings: Settings) -> Table:
    """The routes of the project behind some paths, those that the paths have to do with."""

    def work(project: Project) -> Table:
        return table(project, settings)

    found = run.with_project(paths, settings, work)
    wanted = {file.display for file in requested(paths, settings)}
    rows = tuple(row for row in found.rows if _concerns(row, wanted))
    return Table(rows, tuple(gap for gap in found.unresolved if gap.path in wanted))


def _concerns(row: Row, wanted: set[str]) -> bool:
    return row.file in wanted or row.application.path in wanted


@contextmanager
def at_revision(revision: str, paths: Sequence[str], settings: Settings) -> Iterator[tuple[tuple[str, ...], Settings]]:
    """The same paths in a copy of the repository as it was, with the working directory moved there; without paths if there were none."""
    here = Path.cwd().resolve()
    top = Path(_git("rev-parse", "--show-toplevel").decode().strip()).resolve()
    archive = _git("archive", "--format=tar", f"{revision}^{{commit}}", cwd=top)
    with tempfile.TemporaryDirectory(prefix="fastapi-lint-") as directory:
        copy = Path(directory).resolve()
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(copy, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(copy)
        (copy / ".git").mkdir(exist_ok=True)  # marks the project's root, as in the working tree
        there = copy / here.relative_to(top)
        there.mkdir(parents=True, exist_ok=True)
        root = (
            copy / settings.root.resolve().relative_to(top)
            if settings.root.resolve().is_relative_to(top)
            else settings.root
        )
        moved = tuple(
            str(copy / Path(path).resolve().relative_to(top))
            for path in paths
            if Path(path).resolve().is_relative_to(top)
        )
        os.chdir(there)
        try:
            yield tuple(os.path.relpath(path) for path in moved if os.path.exists(path)), replace(settings, root=root)
        finally:
            os.chdir(here)


def _git(*arguments: str, cwd: Path | None = None) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False, cwd=cwd)
    except OSError as error:
        raise CommandError(f"git cannot be run: {error.strerror or error}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise CommandError(said[-1] if said else f"git {arguments[0]} failed")
    return done.stdout
