"""The facts of files, wherever they come from: an earlier run, a copy of this process that reads ahead, or their text."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fastapi_lint.keeping import Pack, digest
from fastapi_lint.reading.ahead import Ahead
from fastapi_lint.reading.facts import Facts, facts
from fastapi_lint.source import Source

WORTH_READING_AHEAD = 400_000
"""Bytes of text: less is read before a second process has begun."""


class Shelf:
    """Facts by the content of files. `pack`: those of earlier runs, and of this one for later runs."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._ahead: Ahead | None = None
        self._numbers: dict[bytes, int] = {}

    def facts(self, source: Source) -> Facts:
        name = digest(source.data)
        kept = self._pack.get(name)
        if kept is not None:
            try:
                return msgspec.msgpack.decode(kept, type=Facts)
            except (msgspec.MsgspecError, ValueError):
                pass
        data = self._read_ahead(name) or msgspec.msgpack.encode(facts(source))
        self._pack.put(name, data)
        return msgspec.msgpack.decode(data, type=Facts)  # which holds pieces of these bytes, not copies

    def _read_ahead(self, name: bytes) -> bytes | None:
        if self._ahead is None or name not in self._numbers:
            return None
        return self._ahead.take(self._numbers[name])

    def read_ahead(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Have a second process begin with these files, display path and content, where that is worth it."""
        missing = {name: file for file in files if (name := digest(file[1])) not in self._pack}
        if sum(len(data) for _, data in missing.values()) >= WORTH_READING_AHEAD:
            self._numbers = {name: number for number, name in enumerate(missing)}
            self._ahead = Ahead(list(missing.values()))

    def stop_reading_ahead(self) -> None:
        if self._ahead is not None:
            self._ahead.end()
            self._ahead = None
