"""Take out the imports that a fix has left without a use.

Only an import that was in use before, whose name is nowhere in the file any more, strings and `__all__` included, that
nobody else takes from this file, and whose module is not the project's own, so that running it could matter.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from fastapi_lint.comments import comments
from fastapi_lint.discover import DiscoveryError, project_files
from fastapi_lint.edits.changes import Unfixable, line_end
from fastapi_lint.settings import Settings
from fastapi_lint.source import Source, SourceError

WORD = re.compile(r"\w+")
BLANK = re.compile(r"[ \t\f]*(?:\r\n|\r|\n)")
Import = ast.Import | ast.ImportFrom


class Neighbours:
    """The other files of a project, asked about names that they may take from one of them. Each is read once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._texts: dict[str, str] = {}
        self._seen: set[str] = set()

    def _files(self, path: str) -> Mapping[str, str]:
        if path not in self._seen:
            self._seen.add(path)
            try:
                files = project_files([path], self._settings)
            except DiscoveryError:
                return self._texts
            for file in files:
                if file.display not in self._texts:
                    try:
                        with open(file.absolute, encoding="latin-1") as stream:
                            self._texts[file.display] = stream.read()
                    except OSError:
                        continue
                self._seen.add(file.display)
        return self._texts

    def have(self, path: str, module: str) -> bool:
        """Whether a module could be one of the project that a file belongs to."""
        top = module.partition(".")[0]
        return any(top in (*PurePosixPath(one).parts[:-1], PurePosixPath(one).stem) for one in self._files(path))

    def take(self, path: str, name: str) -> bool:
        """Whether another file may use what a name stands for in this one: imported from it, or as its attribute."""
        files = self._files(path)
        if path not in files:  # a buffer that is no file yet: nobody knows its project
            return True
        module = re.escape(PurePosixPath(path).stem)
        named = re.compile(rf"\b{module}\b")
        imported = re.compile(
            rf"\b{module}[ \t]+import\b(?:[ \t]*\([^)]*|[^\n]*(?:\\\n[^\n]*)*)(?:\b{re.escape(name)}\b|\*)"
        )
        attribute = re.compile(rf"\.\s*{re.escape(name)}\b")
        for other, text in files.items():
            if other != path and named.search(text) and (imported.search(text) or attribute.search(text)):
                return True
        return False


def without_idle_imports(before: Source, text: str, neighbours: Neighbours) -> str:
    """The text of a fixed file without the imports that only `before` needed."""
    if before.path.endswith("__init__.py") or not _idle(before.text, text):
        return text
    for name in sorted(_idle(before.text, text)):
        if not neighbours.take(before.path, name):
            text = _without(before, text, name, neighbours)
    return text


def _idle(before: str, after: str) -> set[str]:
    """The names that imports bind and that are used in the one text and not in the other."""
    was, is_now = _uses(before), _uses(after)
    if was is None or is_now is None:
        return set()
    return {name for name in is_now[0] if name in was[0] and was[1][name] and not is_now[1][name]}


def _uses(text: str) -> tuple[set[str], Counter[str]] | None:
    """The names that are imported at the top, and how often which word stands elsewhere, comments aside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    lines = re.split(r"\r\n|\r|\n", text)
    hidden = _without_comments(text)
    rest = re.split(r"\r\n|\r|\n", hidden)
    if len(rest) != len(lines):
        return None
    names: set[str] = set()
    for node in body:
        if isinstance(node, Import):
            names |= set(_bound(node))
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                rest[number - 1] = ""
    return names, Counter(word for line in rest for word in WORD.findall(line))


def _without_comments(text: str) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in comments(text):
        pieces.append(text[at:start])
        at = end
    return "".join([*pieces, text[at:]])


def _bound(node: Import) -> Iterator[str]:
    """The names of an import that is ours to remove: no submodule, star, future or relative import."""
    if isinstance(node, ast.ImportFrom) and (node.level or node.module == "__future__"):
        return
    for alias in node.names:
        name = alias.asname or alias.name
        if "." not in name and name != "*":
            yield name


def _without(before: Source, text: str, name: str, neighbours: Neighbours) -> str:
    """The text without the import of a name, if that is the only one and stands there without a comment."""
    from fastapi_lint.edits.bindings import module_names
    from fastapi_lint.edits.removal import removal
    from fastapi_lint.reading.locate import Locator

    path = before.path
    try:
        source = Source.decode(path, before.encode(text))
        locator = Locator({path: source})
        statements = module_names(locator, path).statements
        found = [one for one in statements if any(imported.local == name for imported in one.names)]
        if len(found) != 1 or found[0].is_star or neighbours.have(path, found[0].names[0].module):
            return text
        (statement,) = found
        if not statement.alone or any(statement.start <= start < statement.end for start, _ in comments(text)):
            return text
        index = next(at for at, imported in enumerate(statement.names) if imported.local == name)
        alias = statement.node.names[index]  # type: ignore[index]  # a star has no names
        start, end, new = removal(statement.unit, alias, text)
    except (Unfixable, SourceError, UnicodeEncodeError):
        return text
    if start == statement.start and not new:
        end = _with_blank_lines(text, start, end)
    return text[:start] + new + text[end:]


def _with_blank_lines(text: str, start: int, end: int) -> int:
    """Behind the blank lines that follow a removed statement, where nothing or a blank line stands before it."""
    above = text[:start].splitlines()
    if above and above[-1].strip():
        return end
    while end < len(text) and BLANK.match(text, end):
        end = line_end(text, end)
    return end
