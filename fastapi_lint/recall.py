"""A check of which nothing has changed since the last time is answered from the cache, without rules, engine or LibCST.

What a report depends on: the question (command line, configuration file, working directory, releases of the linter and of
Python), which files there are, what is in them, and the project's own configuration, lock and requirement files. Sizes,
times and inode numbers of files may spare reading them, but never where a file could have been written to since within the
same tick of the clock.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from fastapi_lint.cache import Cache
from fastapi_lint.diagnostics import Diagnostic
from fastapi_lint.discover import Discovered, DiscoveryError, File, discovered, project_root
from fastapi_lint.keeping import Kept, digest
from fastapi_lint.reading.looks import Look
from fastapi_lint.report import Report
from fastapi_lint.settings import Settings
from fastapi_lint.source import Source, SourceError

KIND = "reports"
TICK = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system in use (FAT)."""
SURROUNDINGS = (".toml", ".lock", ".txt", ".in", ".cfg", ".ini", "setup.py", "noxfile.py")
"""What the engine reads besides Python files ends so: versions, requirements, the settings of test runners."""
BELOW = "requirements"
MOST_EDITED = 12
"""Files: after larger changes, a branch's for instance, a fresh check it is."""


class _Mark(NamedTuple):
    """A file as it was: size in bytes, times of change of content and of status in ns, inode, digest of the content."""

    path: str
    size: int
    modified: int
    changed: int
    inode: int
    digest: bytes


class Remembered(msgspec.Struct, frozen=True, array_like=True):
    """A report, and what it depends on. `started`: ns since the epoch, before anything was read.

    `directories`: those that may hold `surroundings`, with the time of their last change in ns. `loaded`: the indexes in `project` of
    files of which nothing was used but their records and answers to `looks`.
    """

    settings: Settings
    paths: tuple[str, ...]
    started: int
    requested: list[str]
    project: list[_Mark]
    directories: list[tuple[str, int]]
    surroundings: list[_Mark]
    diagnostics: tuple[Diagnostic, ...]
    files: int
    routes: int
    looks: list[Look]
    loaded: list[int]


@dataclass(frozen=True, slots=True)
class Memory:
    """The place of an answer in the cache, beside what is kept of single files. Its name says what was asked."""

    cache: Cache
    kept: Kept
    name: str

    @classmethod
    def of(cls, cache: Cache, kept: Kept, words: Sequence[object], configuration: Path | None) -> Memory:
        """`words`: what the command line says; `configuration`: the file that is in force."""
        content = b""
        if configuration is not None:
            content = _content(str(configuration)) or b""
        places = [os.getcwd(), os.path.expanduser("~"), os.environ.get("TMPDIR"), configuration]
        said = repr([*words, engine(), *map(str, places)])
        name = blake2b(said.encode("utf-8", "backslashreplace") + content, digest_size=16).hexdigest()
        return cls(cache, kept, name)


class Sources(Mapping[str, Source]):
    """The files of a remembered report, read when a reader wants to see their lines."""

    def __init__(self, absolute: Mapping[str, str]) -> None:
        self._absolute = absolute
        self._read: dict[str, Source] = {}

    def __getitem__(self, path: str) -> Source:
        if path not in self._read:
            self._read[path] = Source.read(path, Path(self._absolute[path]))
        return self._read[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._absolute)

    def __len__(self) -> int:
        return len(self._absolute)


class Answer(NamedTuple):
    settings: Settings
    paths: tuple[str, ...]
    report: Report


def recalled(place: Memory) -> Answer | None:
    """The answer that was given the last time, if everything that it rests on is as it was, or has changed where it does not matter."""
    data = place.cache.load(KIND, place.name)
    if data is None:
        return None
    try:
        memory = msgspec.msgpack.decode(data, type=Remembered, dec_hook=_decoded)
    except (msgspec.MsgspecError, ValueError, TypeError):
        return None
    started = time.time_ns()
    try:
        found = discovered(memory.paths, memory.settings)
    except DiscoveryError:
        return None
    if [file.display for file in found.requested] != memory.requested:
        return None
    if [file.display for file in found.project] != [mark.path for mark in memory.project]:
        return None
    project = _renewed([file.absolute for file in found.project], memory.project, memory.started)
    surroundings = _renewed([mark.path for mark in memory.surroundings], memory.surroundings, memory.started)
    if project is None or surroundings is None or surroundings.edited or not _same_directories(memory):
        return None
    diagnostics = _carried_over(place, memory, project.edited) if project.edited else memory.diagnostics
    if diagnostics is None:
        return None
    if project.marks is not memory.project or surroundings.marks is not memory.surroundings:
        directories = [(directory, _changed(directory)) for directory, _ in memory.directories]
        memory = msgspec.structs.replace(
            memory,
            started=started,
            project=project.marks,
            surroundings=surroundings.marks,
            directories=directories,
            diagnostics=diagnostics,
        )
        _store(place, memory)
    return Answer(memory.settings, memory.paths, _report(memory, found.project))


def _carried_over(place: Memory, memory: Remembered, contents: Mapping[int, bytes]) -> tuple[Diagnostic, ...] | None:
    """The findings after edits, the new contents by the index of their file, if those leave them as they are."""
    if len(contents) > MOST_EDITED or not contents.keys() <= set(memory.loaded):
        return None
    from fastapi_lint.reading.facts import Facts, facts
    from fastapi_lint.replay import Edited, carried_over

    edits = place.kept.edits
    edited: list[Edited] = []
    for at, content in contents.items():
        mark = memory.project[at]
        kept = edits.get(mark.digest) or place.kept.facts.get(mark.digest)
        if kept is None:
            return None
        try:
            before = msgspec.msgpack.decode(kept, type=Facts)
            old, new = Source.decode(mark.path, before.data), Source.decode(mark.path, content)
        except (msgspec.MsgspecError, ValueError, SourceError):
            return None
        edited.append(Edited(old, new, before, facts(new)))
        edits.put(digest(content), msgspec.msgpack.encode(edited[-1].new_facts))
    found = carried_over(memory.diagnostics, edited, memory.looks)
    if found is not None:
        edits.keep()
    return found


def checked(place: Memory, paths: Sequence[str], settings: Settings, check: Callable[[], Report]) -> Report:
    """A fresh report, remembered for the next time. Raises what `check` and discovery raise."""
    started = time.time_ns()
    found = discovered(paths, settings)
    directories = _directories(found, paths, settings)
    times = [(directory, _changed(directory)) for directory in directories]
    surroundings = [_mark(path, path, _content(path)) for path in _surroundings(directories)]
    before = [_status(file.absolute) for file in found.project]
    report = check()
    project = [
        _Mark(file.display, *status, digest(content))
        for file, status in zip(found.project, before)
        if status is not None and (content := report.contents.get(file.display)) is not None
    ]
    is_complete = len(project) == len(found.project) and None not in surroundings
    if is_complete and not report.internal_error and [_status(file.absolute) for file in found.project] == before:
        memory = Remembered(
            settings=settings,
            paths=tuple(paths),
            started=started,
            requested=[file.display for file in found.requested],
            project=project,
            directories=times,
            surroundings=[mark for mark in surroundings if mark is not None],
            diagnostics=report.diagnostics,
            files=report.files,
            routes=report.routes,
            looks=sorted(report.basis.looks),
            loaded=[at for at, mark in enumerate(project) if mark.path in report.basis.files],
        )
        _store(place, memory)
    return report


def _report(memory: Remembered, project: Iterable[File]) -> Report:
    absolute = {file.display: file.absolute for file in project}
    fixes = [found.fix for found in memory.diagnostics if found.fix is not None]
    touched = {found.path for found in memory.diagnostics} | {edit.path for fix in fixes for edit in fix.edits}
    sources = Sources({path: absolute[path] for path in sorted(touched) if path in absolute})
    return Report(memory.diagnostics, sources, memory.files, memory.routes)


def _store(place: Memory, memory: Remembered) -> None:
    try:
        payload = msgspec.msgpack.encode(memory, enc_hook=_encoded)
    except (UnicodeEncodeError, TypeError):  # a lone surrogate in a message
        return
    place.cache.store(KIND, place.name, payload)


def _encoded(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value).__name__)


def _decoded(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise TypeError(kind.__name__)


# ---- what files are like --------------------------------------------------------------------------------------------------


class _Renewed(NamedTuple):
    """The marks of files as they are now, the very same if nothing was touched; the contents of those that have another, by index."""

    marks: list[_Mark]
    edited: dict[int, bytes]


def _renewed(absolute: list[str], marks: list[_Mark], started: int) -> _Renewed | None:
    """None where a file cannot be read."""
    renewed: list[_Mark] | None = None
    edited: dict[int, bytes] = {}
    latest = started - TICK
    for at, (path, mark) in enumerate(zip(absolute, marks)):
        status = _status(path)
        if status is None:
            return None
        if status == mark[1:5] and max(mark.modified, mark.changed) < latest:
            continue
        content = _content(path)
        if content is None:
            return None
        now = _Mark(mark.path, *status, digest(content))
        if now.digest != mark.digest:
            edited[at] = content
        if renewed is None:
            renewed = list(marks)
        renewed[at] = now
    return _Renewed(renewed or marks, edited)


def _same_directories(memory: Remembered) -> bool:
    """Whether the same files lie around the modules as did then."""
    latest = memory.started - TICK
    if all(_changed(path) == changed and changed < latest for path, changed in memory.directories):
        return True
    return _surroundings(path for path, _ in memory.directories) == [mark.path for mark in memory.surroundings]


def _mark(name: str, path: str, content: bytes | None) -> _Mark | None:
    status = _status(path)
    return None if status is None or content is None else _Mark(name, *status, digest(content))


def _status(path: str) -> tuple[int, int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _changed(directory: str) -> int:
    """When entries of a directory came or went, in ns; 0 for one that is not there."""
    try:
        return os.stat(directory).st_mtime_ns
    except OSError:
        return 0


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return None


def _directories(found: Discovered, paths: Sequence[str], settings: Settings) -> list[str]:
    """The directories of the files and those above them, up to the tops of their projects, and of the repository around those."""
    tops = {os.fspath(project_root(path, settings)) for path in paths}
    directories: set[str] = set(tops)
    for top in tops:
        above = Path(top).parents
        repository = next((at for at, one in enumerate(above) if os.path.lexists(one / ".git")), -1)
        directories.update(map(os.fspath, above[: repository + 1]))
    for file in (*found.project, *found.requested):
        directory = os.path.dirname(file.absolute)
        while directory not in directories:
            directories.add(directory)
            if not any(directory.startswith(top + os.sep) for top in tops):
                break
            directory = os.path.dirname(directory)
    return sorted(directories)


def _surroundings(directories: Iterable[str]) -> list[str]:
    found: list[str] = []
    for directory in directories:
        try:
            with os.scandir(directory) as entries:
                names = [entry.name for entry in entries]
        except OSError:
            continue
        found += [os.path.join(directory, name) for name in names if name.endswith(SURROUNDINGS)]
        if BELOW in names:
            found += _surroundings([os.path.join(directory, BELOW)])
    return sorted(set(found))


@cache
def engine() -> str:
    """What makes this linter differ from another: the release of Python, its own, and its files' sizes and times for who works on it."""
    here = os.path.dirname(os.path.abspath(__file__))
    spec = find_spec("fastapi_lint.rules")
    folders = [here, *(spec.submodule_search_locations or () if spec is not None else ())]
    marks: list[object] = []
    for folder in folders:
        for directory, below, names in os.walk(folder):
            below[:] = sorted(name for name in below if name != "__pycache__")
            marks += [(name, _status(os.path.join(directory, name))) for name in sorted(names)]
    libcst = find_spec("libcst")
    marks += [sys.version_info[:2], folders[0], _status(libcst.origin or "") if libcst else None]
    return blake2b(repr(marks).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
