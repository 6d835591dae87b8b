"""What is told of a file by its text alone, in a form that another process or a later run can take over."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import msgspec

from fastapi_lint import syntax as s
from fastapi_lint.reading import quick
from fastapi_lint.reading.split import Chunk, split
from fastapi_lint.source import Source, SourceError

QUICKLY = 1
NOTHING = msgspec.Raw(b"\xc0")
"""Stands for the records of a statement that has none to keep: it does not parse, or they cannot be written down."""
_decoded = msgspec.msgpack.Decoder(s.Unit).decode
_encoded = msgspec.msgpack.Encoder().encode


class Facts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The top-level statements of a text, and the records of each, as MessagePack. `packed`: the bytes of the file, by zlib."""

    chunks: tuple[Chunk, ...]
    units: tuple[msgspec.Raw, ...]
    packed: bytes

    def unit(self, index: int) -> s.Unit | None:
        """The records of a statement; None where they are not known."""
        data = self.units[index]
        return None if data == NOTHING else _decoded(data)

    @property
    def data(self) -> bytes:
        """What the file holds. Raises ValueError where that was not written by `facts`."""
        try:
            return zlib.decompress(self.packed)
        except zlib.error as error:
            raise ValueError(str(error)) from None


def facts(source: Source) -> Facts:
    """Everything about a text, read at once."""
    chunks = tuple(split(source.text))
    return Facts(chunks, tuple(_units(source, chunks)), zlib.compress(source.data, QUICKLY))


def _units(source: Source, chunks: Iterable[Chunk]) -> Iterable[msgspec.Raw]:
    for index, chunk in enumerate(chunks):
        try:
            found = quick.unit(source.text[chunk.start : chunk.end], index, 1)
            yield msgspec.Raw(_encoded(found))
        except (SourceError, UnicodeEncodeError, OverflowError, RecursionError):
            yield NOTHING
