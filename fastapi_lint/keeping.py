"""What a run finds out about single files, kept for runs over other versions of the project: by digest of all that it depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

import msgspec

from fastapi_lint.cache import Cache

RELEASES = 2
"""Of the linter, or of Python, whose packs are kept."""
SPARE = 0.5
"""How much of a pack may be of no use to the run that keeps it, as a part of what is: for other paths, other branches."""


class _Entry(msgspec.Struct, array_like=True, gc=False):
    digest: bytes
    data: msgspec.Raw


_entries = msgspec.msgpack.Decoder(list[_Entry])


class Pack:
    """MessagePack values by digest, in one entry of the cache, if there is one. `name` tells releases of Python and of the linter apart."""

    def __init__(self, kind: str = "", cache: Cache | None = None, name: str = "") -> None:
        self._kind = kind
        self._cache = cache
        self._name = name
        self._used: dict[bytes, msgspec.Raw] = {}

    @cached_property
    def _kept(self) -> Mapping[bytes, msgspec.Raw]:
        data = self._cache.load(self._kind, self._name) if self._cache is not None else None
        if data is None:
            return {}
        try:
            return {entry.digest: entry.data for entry in _entries.decode(data)}
        except (msgspec.MsgspecError, ValueError):
            return {}

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._used or digest in self._kept

    def get(self, digest: bytes) -> msgspec.Raw | None:
        found = self._used.get(digest)
        if found is None and digest in self._kept:
            found = self._used[digest] = self._kept[digest]
        return found

    def put(self, digest: bytes, data: bytes) -> None:
        self._used[digest] = msgspec.Raw(data)

    def keep(self) -> None:
        """Leave what this run has used to the next one, with some that it has not."""
        if self._cache is not None and not self._used.keys() <= self._kept.keys():
            data = msgspec.msgpack.encode(list(self._entries()))
            self._cache.store(self._kind, self._name, data, RELEASES)

    def _entries(self) -> Iterator[_Entry]:
        for digest, data in self._used.items():
            yield _Entry(digest, data)
        spare = SPARE * sum(map(len, self._used.values()))
        for digest, data in self._kept.items():
            if digest not in self._used and (spare := spare - len(data)) >= 0:
                yield _Entry(digest, data)


@dataclass(frozen=True)
class Kept:
    """`facts`: the records of files. `edits`: those of files that were edited since. `places`: findings with lines, columns and fixes."""

    facts: Pack = field(default_factory=Pack)
    places: Pack = field(default_factory=Pack)
    edits: Pack = field(default_factory=Pack)

    @classmethod
    def of(cls, cache: Cache | None, name: str) -> Kept:
        return cls(Pack("facts", cache, name), Pack("places", cache, name), Pack("edits", cache, name))

    def keep(self) -> None:
        """Leave what a check has found out to the next one."""
        self.facts.keep()
        self.places.keep()


def digest(*parts: bytes) -> bytes:
    """Of the parts and of where each of them ends."""
    found = blake2b(digest_size=16)
    for part in parts:
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.digest()
