"""From the paths of the command line to files: those to report on, and those of the project around them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from fastapi_lint.patterns import Patterns, compiled
from fastapi_lint.settings import Settings

MARKERS = ("pyproject.toml", ".git", "setup.py", "setup.cfg")
ENVIRONMENT = ("pyvenv.cfg", "conda-meta")
"""What lies in the directory of a virtual or conda environment, whatever its name."""


FRAMEWORK = (b"fastapi", b"starlette")
ROUTES = re.compile(rb"^[ \t]*@[\w.]+\.(?:get|post|put|patch|delete|head|options|websocket|api_route)\(", re.MULTILINE)


class DiscoveryError(Exception):
    """A path that cannot be checked; the message names it."""


class File(NamedTuple):
    """`display` is relative to the working directory, with `/`; `explicit` means named by the user, not found below."""

    display: str
    absolute: str
    explicit: bool

    @property
    def path(self) -> Path:
        return Path(self.absolute)  # on demand: making a path costs more than finding the file


class _Scope(NamedTuple):
    """Patterns in force, and the path from their directory to the one being walked: empty, or ending in `/`."""

    patterns: Patterns
    below: str

    def inside(self, directory: str) -> _Scope:
        return _Scope(self.patterns, f"{self.below}{directory}/")


def interest(data: bytes) -> str:
    """Why a file is looked at first: it mentions the `framework`, or looks as if it gave `routes` to an application of another file."""
    if any(word in data for word in FRAMEWORK):
        return "framework"
    return "routes" if b"@" in data and ROUTES.search(data) else ""


class Discovered(NamedTuple):
    """The files to report on, and all of the projects that they belong to, both sorted by display path."""

    requested: list[File]
    project: list[File]


def discovered(paths: Sequence[str], settings: Settings) -> Discovered:
    """What `requested` and `project_files` find, in one walk. Paths that do not exist are only looked at for their project."""
    walks: dict[str, list[File]] = {}
    existing = [path for path in paths if os.path.exists(path)]
    return Discovered(_requested(existing, settings, walks), _project_files(paths, settings, walks) if paths else [])


def requested(paths: Sequence[str], settings: Settings) -> list[File]:
    """The files to report on, by display path: those named, whatever their suffix, and the `*.py` in directories.

    `.gitignore` files hold for what is found, `exclude` also for what is named. Links to directories are not followed.
    Raises DiscoveryError for a path that does not exist or cannot be read.
    """
    return _requested(paths, settings, {})


def _requested(paths: Sequence[str], settings: Settings, walks: dict[str, list[File]]) -> list[File]:
    found: dict[str, File] = {}
    for path in paths:
        absolute = os.path.abspath(path)
        if os.path.isdir(absolute):
            if exclusion(path, settings) is None:
                for file in _walked(absolute, settings, walks):
                    found.setdefault(file.absolute, file)
        elif os.path.isfile(absolute):
            if exclusion(path, settings) is None:
                found[absolute] = File(displayed(absolute), absolute, explicit=True)
        elif os.path.exists(absolute):
            raise DiscoveryError(f"{path}: is neither a file nor a directory")
        else:
            raise DiscoveryError(f"{path}: no such file or directory")
    return sorted(found.values())


def project_files(paths: Sequence[str], settings: Settings) -> list[File]:
    """Every file of the projects that the paths belong to, sorted by display path, those of `requested` included.

    A path need not exist: an unsaved file has a project too. Raises DiscoveryError for one that cannot be read.
    """
    return _project_files(paths, settings, {})


def _project_files(paths: Sequence[str], settings: Settings, walks: dict[str, list[File]]) -> list[File]:
    existing = [path for path in paths if os.path.exists(path)]
    found = {file.absolute: file for file in _requested(existing, settings, walks)}
    named = {Path(os.path.abspath(path)) for path in paths}
    roots = {project_root(path, settings) for path in paths}
    wide = {root for root in roots if _too_wide(root) and root not in named}
    for root in sorted(roots):
        if not any(above in roots - wide for above in root.parents):
            walk = _directory(os.fspath(root), settings, recursive=False) if root in wide else None
            for file in walk or _walked(os.fspath(root), settings, walks):
                found.setdefault(file.absolute, file)
    return sorted(found.values())


def project_root(path: str, settings: Settings) -> Path:
    """The directory whose files make up the project of a path.

    The configuration file's directory; else the nearest one above with a project file or a repository in it, never the
    home directory or the file system's root; else a directory itself, or for a file its outermost package's directory.
    """
    start = Path(os.path.abspath(path))
    directory = start if start.is_dir() else start.parent
    if settings.source_file is not None and directory.is_relative_to(settings.root) and not _too_wide(settings.root):
        return settings.root
    for candidate in (directory, *directory.parents):
        if _too_wide(candidate):
            break
        if any(os.path.lexists(candidate / marker) for marker in MARKERS):
            return candidate
    if directory != start:
        while os.path.isfile(directory.parent / "__init__.py"):
            directory = directory.parent
    return directory


def exclusion(path: str, settings: Settings) -> str | None:
    """The `exclude` pattern that takes a path out, by itself or by a directory above it."""
    absolute = Path(os.path.abspath(path))
    relative = settings.relative(absolute) or absolute.name
    if relative == ".":
        return None
    pattern = settings.excluded.covering(f"{relative}/" if absolute.is_dir() else relative)
    return pattern.text if pattern else None


def _too_wide(directory: Path) -> bool:
    """Whether a directory holds much more than one project, so that a file in it does not stand for all of it."""
    return directory == directory.parent or os.fspath(directory) in (
        os.path.expanduser("~"),
        os.path.abspath(os.environ.get("TMPDIR", "/tmp")),
    )


def displayed(absolute: str) -> str:
    """How reports name a file: relative to the working directory, with `/`."""
    here = os.getcwd()
    if absolute.startswith(here + os.sep):
        shown = absolute[len(here) + 1 :]
    else:
        try:
            shown = os.path.relpath(absolute, here)
        except ValueError:  # another drive
            shown = absolute
    return shown.replace(os.sep, "/")


def _walked(absolute: str, settings: Settings, walks: dict[str, list[File]]) -> list[File]:
    found = walks.get(absolute)
    if found is None:
        found = walks[absolute] = list(_directory(absolute, settings))
    return found


def _directory(absolute: str, settings: Settings, *, recursive: bool = True) -> Iterator[File]:
    """The `*.py` files of a directory, in the order in which the walk finds them."""
    below = settings.relative(Path(absolute))
    excluded = _Scope(settings.excluded, "" if below in (None, ".") else f"{below}/")
    pending = [(absolute, excluded, _ignored_above(Path(absolute)))]
    while pending:
        directory, excluded, ignored = pending.pop()
        try:
            with os.scandir(directory) as entries:
                listing = {entry.name: entry for entry in entries}
        except OSError as error:
            if directory == absolute:
                raise DiscoveryError(f"{displayed(absolute)}: cannot be read: {error.strerror or error}") from None
            continue  # the data directory of a database, say: git passes over it too
        if directory != absolute and any(name in listing for name in ENVIRONMENT):
            continue
        if ".gitignore" in listing:
            ignored = [*ignored, _Scope(_patterns(listing[".gitignore"].path), "")]
        shown = displayed(directory)
        prefix = "" if shown == "." else f"{shown}/"
        for name, entry in listing.items():
            if name.endswith(".py") and entry.is_file():
                if _out(name, (excluded,), directory=False) or _out(name, ignored, directory=False):
                    continue
                if not (entry.is_symlink() and _leads_into(entry.path, absolute)):
                    yield File(prefix + name, entry.path, explicit=False)
            elif recursive and entry.is_dir(follow_symlinks=False):
                if _out(name, (excluded,), directory=True) or _out(name, ignored, directory=True):
                    continue
                inner = [scope.inside(name) for scope in ignored]
                pending.append((entry.path, excluded.inside(name), inner))


def _leads_into(link: str, directory: str) -> bool:
    """Whether a link's target lies in the directory, where it is found under its own name."""
    return Path(os.path.realpath(link)).is_relative_to(os.path.realpath(directory))


def _out(name: str, scopes: Sequence[_Scope], *, directory: bool) -> bool:
    """Whether patterns leave an entry out: the innermost that decide, as in git."""
    for patterns, below in reversed(scopes):
        pattern = patterns.deciding(below + name, directory=directory)
        if pattern is not None:
            return not pattern.negated
    return False


def _ignored_above(directory: Path) -> list[_Scope]:
    """What the ignore files above a directory say, outermost first, up to the top of its repository.

    Nothing outside a repository, and nothing if they leave the directory itself out: whoever names it wants it checked.
    """
    above = list(directory.parents)
    top = next((at for at in (directory, *above) if os.path.lexists(at / ".git") and not _too_wide(at)), None)
    if top is None:
        return []
    scopes = [_Scope(_patterns(top / ".git" / "info" / "exclude"), "")]
    at = top
    for name in directory.relative_to(top).parts:
        scopes.append(_Scope(_patterns(at / ".gitignore"), ""))
        if _out(name, scopes, directory=True):
            return []
        scopes = [scope.inside(name) for scope in scopes]
        at /= name
    return [scope for scope in scopes if scope.patterns.patterns]


def _patterns(file: str | Path) -> Patterns:
    """The patterns of an ignore file; none where there is no such file."""
    try:
        text = Path(file).read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError:
        return compiled(())
    return compiled(text.split("\n"))
