"""A file as it is: bytes, text, encoding, and where its lines begin."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fastapi_lint.diagnostics import Position, Span

COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
NEWLINE = re.compile(r"\r\n|\r|\n")


class SourceError(Exception):
    """A file that cannot be read as Python text. `line` is 1-based."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(slots=True)
class _Encoding:
    name: str
    mark: bytes


@dataclass(frozen=True)
class Source:
    """`path` is what reports show: relative to the working directory, with `/`. `text` has no byte-order mark."""

    path: str
    data: bytes
    text: str
    encoding: str
    mark: bytes = b""

    @classmethod
    def read(cls, path: str, file: Path) -> Source:
        """Raises SourceError for a file that cannot be read or decoded."""
        try:
            data = file.read_bytes()
        except OSError as error:
            raise SourceError(f"cannot be read: {error.strerror or error}") from None
        return cls.decode(path, data)

    @classmethod
    def decode(cls, path: str, data: bytes) -> Source:
        """Raises SourceError where the bytes are not what PEP 263 says they are."""
        encoding = _encoding(data)
        body = data[len(encoding.mark) :]
        try:
            text = body.decode(encoding.name)
        except UnicodeDecodeError as error:
            line = body[: error.start].count(b"\n") + 1
            raise SourceError(
                f"is not valid {encoding.name}: byte 0x{body[error.start]:02x} in line {line}", line
            ) from None
        if "\0" in text:
            line = text[: text.index("\0")].count("\n") + 1
            raise SourceError("contains a null byte", line)
        return cls(path, data, text, encoding.name, encoding.mark)

    def encode(self, text: str) -> bytes:
        """The bytes of a changed text, in the file's own encoding. Raises UnicodeEncodeError."""
        return self.mark + text.encode(self.encoding)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in NEWLINE.finditer(self.text))]

    @property
    def newline(self) -> str:
        """The first line's ending, `\\n` where there is none."""
        match = NEWLINE.search(self.text)
        return match.group() if match else "\n"

    def position(self, offset: int) -> Position:
        """The 1-based line and column of a 0-based code point offset."""
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def offset(self, line: int, column: int = 1) -> int:
        """The 0-based offset of a 1-based line and column; past the last line, the end of the text."""
        if line > len(self._line_starts):
            return len(self.text)
        return min(self._line_starts[line - 1] + column - 1, len(self.text))

    def span(self, start: int, end: int) -> Span:
        return Span(self.position(start), self.position(end))

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its ending."""
        start = self.offset(number)
        match = NEWLINE.search(self.text, start)
        return self.text[start : match.start() if match else len(self.text)]

    @property
    def line_count(self) -> int:
        return len(self._line_starts)


def _encoding(data: bytes) -> _Encoding:
    """PEP 263: a mark, else a cookie in the first two lines, else UTF-8."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    for line in data[len(mark) :].split(b"\n", 2)[:2]:
        match = COOKIE.match(line)
        if match:
            name = match[1].decode("ascii", "replace")
            try:
                return _Encoding(codecs.lookup(name).name, mark)
            except LookupError:
                raise SourceError(f"declares an unknown encoding: {name}") from None
        if line.split(b"#")[0].strip():
            break
    return _Encoding("utf-8", mark)
