"""The project's modules: which file an import means, and the records of a file, made when somebody asks for them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from fastapi_lint import syntax as s
from fastapi_lint.reading import quick
from fastapi_lint.reading.facts import Facts
from fastapi_lint.reading.looks import Looks
from fastapi_lint.reading.split import Chunk
from fastapi_lint.source import Source, SourceError


class Module:
    """A file of the project. `path` is its display path, `name` its dotted name for people."""

    def __init__(
        self, path: str, name: str, source: Source, facts: Facts, roots: tuple[str, ...], looks: Looks
    ) -> None:
        self.path = path
        self.name = name
        self._source = source
        self._looks = looks
        self.roots = roots
        self.is_package = posixpath.basename(path) == "__init__.py"
        self.chunks: Sequence[Chunk] = facts.chunks
        self._facts = facts
        self.errors: list[SourceError] = []
        self._units: dict[int, s.Unit] = {}
        self._has: dict[tuple[re.Pattern[str] | str, int | None], bool] = {}

    def unit(self, index: int) -> s.Unit:
        """The records of one top-level statement; empty where it has a syntax error, which `errors` then holds."""
        found = self._units.get(index)
        if found is None:
            found = self._units[index] = self._facts.unit(index) or self._read(index)
        return found

    def _read(self, index: int) -> s.Unit:
        chunk = self.chunks[index]
        text = self._source.text[chunk.start : chunk.end]
        try:
            return quick.unit(text, index, self._source.position(chunk.start).line)
        except SourceError as error:
            self.errors.append(error)
            return s.Unit(())

    @property
    def is_parsed(self) -> bool:
        """Whether every statement has been parsed, and none had a syntax error."""
        return len(self._units) == len(self.chunks) and not self.errors

    @property
    def source(self) -> Source:
        """The file itself, for who cannot say what they want to know of it. `has` and `all` can answer from what they know."""
        self._looks.read.add(self.path)
        return self._source

    def has(self, sought: re.Pattern[str] | str, index: int | None = None) -> bool:
        """Whether the text of a top-level statement, or of the whole module, has a pattern or a word."""
        key = (sought, index)
        found = self._has.get(key)
        if found is None:
            found = self._has[key] = self._looks.has(sought, self._text(index))
        return found

    def all(self, pattern: re.Pattern[str], index: int | None = None) -> list[str]:
        """What is matched in the text of a top-level statement, or of the whole module, as by `re.findall` with at most one group."""
        return self._looks.all(pattern, self._text(index))

    def _text(self, index: int | None) -> str:
        if index is None:
            return self._source.text
        chunk = self.chunks[index]
        return self._source.text[chunk.start : chunk.end]


def chunk_of(at: int) -> int:
    """The index of the top-level statement that a record belongs to."""
    return at >> s.UNIT_BITS


class ModuleIndex:
    """Which file a dotted name means, seen from a file.

    A directory is a root of imports for the files below it unless it is a regular package; the nearest root wins, then the
    configured ones. A root inside a package would shadow the standard library, which Python does not do either.
    """

    def __init__(
        self,
        paths: Iterable[str],
        source_roots: Iterable[str],
        read: Callable[[str], Source],
        facts: Callable[[Source], Facts],
    ) -> None:
        self.paths = frozenset(paths)
        self.directories = _directories(self.paths)
        self.packages = frozenset(posixpath.dirname(p) for p in self.paths if posixpath.basename(p) == "__init__.py")
        self.source_roots = tuple(dict.fromkeys([*source_roots, *(d for d in ("src",) if d in self.directories)]))
        self._read = read
        self._facts = facts
        self.looks = Looks()
        self._modules: dict[str, Module | None] = {}
        self._resolved: dict[tuple[tuple[str, ...], str], str | None] = {}
        self.unreadable: dict[str, SourceError] = {}

    def module(self, path: str) -> Module | None:
        """The module in a file; None for one that cannot be read, which `unreadable` then holds."""
        if path not in self._modules:
            try:
                source = self._read(path)
                facts = self._facts(source)
                self._modules[path] = Module(path, self._dotted(path), source, facts, self._roots(path), self.looks)
            except SourceError as error:
                self.unreadable[path] = error
                self._modules[path] = None
        return self._modules[path]

    def text(self, path: str) -> str:
        """The text of a file, for who asks everybody's for a token; of a file that cannot be read, nothing."""
        try:
            return self._read(path).text
        except SourceError:
            return ""

    def mentions(self, path: str, pattern: re.Pattern[str]) -> bool:
        """Whether the text of a file has a pattern; a file that cannot be read has none."""
        return self.looks.has(pattern, self.text(path))

    @property
    def loaded(self) -> Mapping[str, Module | None]:
        return self._modules

    def _roots(self, path: str) -> tuple[str, ...]:
        roots: list[str] = []
        directory = posixpath.dirname(path)
        while True:
            if directory not in self.packages:
                roots.append(directory)
            if not directory:
                break
            directory = posixpath.dirname(directory)
        return tuple(dict.fromkeys([*roots, *self.source_roots]))

    def _dotted(self, path: str) -> str:
        stem = path[: -len("/__init__.py")] if path.endswith("/__init__.py") else path.removesuffix(".py")
        directory = posixpath.dirname(path)
        top = directory
        while top in self.packages and top:
            top = posixpath.dirname(top)
        if directory not in self.packages:
            top = max((r for r in self.source_roots if stem.startswith(r + "/")), key=len, default="")
        relative = stem[len(top) + 1 :] if top else stem
        return relative.lstrip("./").replace("/", ".") or "__init__"

    def resolve(self, origin: Module, name: str) -> Module | str | None:
        """What an absolute dotted name means for a module: a module, a directory (a namespace package), or None (outside)."""
        key = (origin.roots, name)
        if key not in self._resolved:
            self._resolved[key] = self._find(origin.roots, name.replace(".", "/"))
        found = self._resolved[key]
        if found is None or found not in self.paths:
            return found
        return self.module(found)

    def _find(self, roots: Iterable[str], tail: str) -> str | None:
        namespace: str | None = None
        for root in roots:
            stem = f"{root}/{tail}" if root else tail
            for candidate in (f"{stem}/__init__.py", f"{stem}.py"):
                if candidate in self.paths:
                    return candidate
            if namespace is None and stem in self.directories:
                namespace = stem
        return namespace

    def relative(self, origin: Module, level: int, name: str) -> Module | str | None:
        """What `from ..name import` means: `level` dots, seen from a module."""
        directory = posixpath.dirname(origin.path)
        for _ in range(level - 1):
            directory = posixpath.dirname(directory)
        return self.below(directory, name)

    def below(self, directory: str, name: str) -> Module | str | None:
        """The module or namespace package `name` (dotted, may be empty) in a directory."""
        stem = posixpath.join(directory, name.replace(".", "/")) if name else directory
        for candidate in (posixpath.join(stem, "__init__.py"), f"{stem}.py"):
            if candidate in self.paths:
                return self.module(candidate)
        return stem if stem in self.directories else None


def _directories(paths: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for path in paths:
        directory = posixpath.dirname(path)
        while directory and directory not in found:
            found.add(directory)
            directory = posixpath.dirname(directory)
    return frozenset(found)
