"""What is kept between two runs, in a folder that may have come with somebody else's repository.

Nothing in the folder is trusted: each entry is sealed with a key that stays in the user's own cache directory, so that a
corrupt, truncated, older or foreign entry, or one made by hand, is simply not there. Writing is atomic, and a folder that cannot be written
is no error: the next run does the work again.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

FOLDER = ".fastapi-lint-cache"
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by fastapi-lint; see https://bford.info/cachedir/\n"
KEPT = 24
"""Entries of a kind that are kept, the newest: one a way in which the project is checked."""
SEAL = 32


class Cache:
    """Entries by kind and name. None of the methods raises for a folder that cannot be read or written."""

    def __init__(self, directory: Path, key: bytes) -> None:
        self.directory = directory
        self._key = key

    def load(self, kind: str, name: str) -> bytes | None:
        """What was stored under a name; None where there is nothing that this machine's user has stored."""
        try:
            data = self._file(kind, name).read_bytes()
        except OSError:
            return None
        seal, payload = data[:SEAL], data[SEAL:]
        return payload if seal == self._seal(kind, name, payload) else None

    def store(self, kind: str, name: str, payload: bytes, most: int = KEPT) -> None:
        """Keep something, and of its kind the `most` newest entries."""
        file = self._file(kind, name)
        with suppress(OSError):
            self._prepare(file.parent)
            _write(file, self._seal(kind, name, payload) + payload)
            self._forget_old(file.parent, most)

    def _file(self, kind: str, name: str) -> Path:
        return self.directory / kind / name

    def _seal(self, kind: str, name: str, payload: bytes) -> bytes:
        digest = blake2b(f"{kind}/{name}\n".encode(), key=self._key, digest_size=SEAL)
        digest.update(payload)
        return digest.digest()

    def _prepare(self, directory: Path) -> None:
        if not directory.is_dir():
            directory.mkdir(parents=True, exist_ok=True)
            for name, text in (("CACHEDIR.TAG", TAG), (".gitignore", "# Made by fastapi-lint\n*\n")):
                if not (self.directory / name).exists():
                    _write(self.directory / name, text.encode())

    def _forget_old(self, directory: Path, most: int) -> None:
        entries = [entry for entry in os.scandir(directory) if entry.is_file(follow_symlinks=False)]
        if len(entries) > most:
            entries.sort(key=lambda entry: entry.stat().st_mtime_ns)
            for entry in entries[:-most]:
                with suppress(OSError):
                    os.unlink(entry.path)


def opened(directory: Path) -> Cache | None:
    """The cache in a folder; None where this user has no place for the key that seals it."""
    key = _key(_user_directory() / "key")
    return Cache(directory, key) if key is not None else None


def clean(directory: Path) -> bool:
    """Remove a cache folder, and say whether there was one. Raises OSError; a folder that is no cache stays."""
    if not (directory / "CACHEDIR.TAG").is_file():
        return False
    from shutil import rmtree

    rmtree(directory)
    return True


def _user_directory() -> Path:
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    elif sys.platform == "darwin":
        place = os.path.expanduser("~/Library/Caches")
    else:
        place = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(place) / "fastapi-lint"


def _key(file: Path) -> bytes | None:
    """The key in a file of the user's, made when there is none."""
    for _ in range(2):
        with suppress(OSError):
            found = file.read_bytes()
            if len(found) == SEAL:
                return found
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            _write(file, os.urandom(SEAL))
    return None


def _write(file: Path, data: bytes) -> None:
    """Write a file as a whole or not at all, readable to its owner alone."""
    from tempfile import mkstemp  # costs more to load than all the rest of a run that only reads

    handle, name = mkstemp(prefix=".", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(name, file)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
