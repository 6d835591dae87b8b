"""Put changed texts on the disk, or show them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from fastapi_lint.source import Source


class WriteError(Exception):
    """A file that was not written; nothing was then. The message names it."""


def written(texts: Mapping[str, str], before: Mapping[str, Source]) -> None:
    """Write each file in one step, so that it is the old or the new one at any time.

    Both arguments are by display path. Encoding, mode and owner stay, and symbolic links are followed. Raises
    WriteError, before the first file is changed, if one of them cannot be written or is no longer what was linted.
    """
    ready: list[tuple[Path, Path]] = []
    path = ""
    try:
        for path, text in sorted(texts.items()):
            file = Path(path).resolve()
            ready.append((_prepared(file, before[path], text), file))
        while ready:
            os.replace(*ready[0])
            ready.pop(0)
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        for temporary, _ in ready:
            with suppress(OSError):
                temporary.unlink()


def _prepared(file: Path, before: Source, text: str) -> Path:
    """A file beside the one to be written, with the new content."""
    if file.read_bytes() != before.data:
        raise WriteError(f"{before.path} has changed since it was checked")
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(before.encode(text))
            stream.flush()
            os.fsync(stream.fileno())
        if hasattr(os, "chown"):
            status = file.stat()
            with suppress(OSError):
                os.chown(temporary, status.st_uid, status.st_gid)
        shutil.copymode(file, temporary)
    except BaseException:
        temporary.unlink()
        raise
    return temporary


def diff(before: Source, after: str) -> str:
    """A unified diff that `git apply -p0` and `patch` take, as text: encode it as the file is."""
    from difflib import unified_diff

    mark = "\ufeff" if before.mark else ""
    lines = unified_diff(_lines(mark + before.text), _lines(mark + after), before.path, before.path)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines as diffs have them: only a line feed ends one."""
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])
