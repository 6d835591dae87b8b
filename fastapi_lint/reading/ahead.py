"""Files read ahead by a copy of this process, while this one still loads the engine and then follows imports.

Both take files from one list, each file once, so that neither waits for work that the other could do. What the copy has read lies in memory that both
see. A copy that is lost costs time, and nothing else.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import warnings
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from fastapi_lint.reading.facts import facts
from fastapi_lint.source import Source, SourceError

FREE, HERE, THERE = 0, 1, 2
"""Who reads a file: nobody yet, this process, the copy."""
ROOM = 4
"""Bytes of shared memory for each byte of text: records take a half more than their text."""
_entry = struct.Struct("<QQQ")  # the number of a file, where its facts begin, how long they are


class Ahead:
    """Has the files in `texts`, each a path and its bytes, read in their order by a copy of this process."""

    def __init__(self, texts: Sequence[tuple[str, bytes]]) -> None:
        self._claims = mmap.mmap(-1, max(1, len(texts)))
        self._room = mmap.mmap(-1, max(1, ROOM * sum(len(data) for _, data in texts)))
        self._ready: dict[int, tuple[int, int]] = {}
        self._news, output = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the other thread only waits for this one
            self._process = os.fork()
        if self._process == 0:
            with suppress(BaseException):
                os.close(self._news)
                self._read(texts, output)
            os._exit(0)
        os.close(output)

    def take(self, number: int) -> bytes | None:
        """The facts of a file, as MessagePack, if the copy has taken it on; None where it has not, and now will not."""
        if number not in self._ready and self._claims[number] != THERE:
            self._claims[number] = HERE
            return None
        while number not in self._ready:
            news = os.read(self._news, _entry.size)
            if len(news) < _entry.size:
                return None
            read, start, length = _entry.unpack(news)
            self._ready[read] = (start, length)
        start, length = self._ready[number]
        return self._room[start : start + length]

    def end(self) -> None:
        """Stop the copy, wherever it is."""
        os.close(self._news)
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)

    def _read(self, texts: Sequence[tuple[str, bytes]], output: int) -> None:
        start = 0
        for number, (path, data) in enumerate(texts):
            if self._claims[number] != FREE:
                continue
            self._claims[number] = THERE
            try:
                found = msgspec.msgpack.encode(facts(Source.decode(path, data)))
            except SourceError:
                self._claims[number] = HERE
                continue
            end = start + len(found)
            if end > len(self._room):
                return
            self._room[start:end] = found
            os.write(output, _entry.pack(number, start, len(found)))
            start = end
