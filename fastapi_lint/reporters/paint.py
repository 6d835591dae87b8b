"""Text for a terminal: colours, and nothing in a source file or a file name may act as a control sequence."""

from __future__ import annotations

import re
from collections.abc import Callable

Paint = Callable[[str, str], str]
"""`paint(style, text)`; a style is one of STYLES."""

STYLES = {
    "path": "1",
    "error": "1;31",
    "warning": "1;33",
    "info": "1;34",
    "fix": "36",
    "gutter": "1;34",
    "added": "32",
    "removed": "31",
    "context": "2",
}
UNSAFE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(style: str, text: str) -> str:
    return text


def coloured(style: str, text: str) -> str:
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if text else ""


def visible(text: str) -> str:
    """The text with tabs widened, and control characters and the like written as escapes."""
    return UNSAFE.sub(_escape, text.replace("\t", "    "))


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def width(text: str) -> int:
    """The columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)
