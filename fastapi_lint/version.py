"""Which release this is."""

from __future__ import annotations


def version() -> str:
    """The installed distribution's version, "unknown" in a bare checkout."""
    from importlib import metadata

    try:
        return metadata.version("fastapi-lint")
    except metadata.PackageNotFoundError:
        return "unknown"
