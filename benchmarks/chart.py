"""A bar chart as SVG, on a logarithmic scale: what differs by a thousand times must fit in."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import log10

WIDTH, LABELS, ROW, TOP = 760, 230, 30, 40
SCALE = (WIDTH - LABELS - 90) / 5
"""Points for a factor of ten, from a hundredth of a second to a thousand seconds."""
OURS, THEIRS, WORDS = "#009688", "#b0bec5", "#607d8b"


def svg(title: str, bars: Mapping[str, float]) -> str:
    """`bars`: seconds, by what took them; the quickest comes first."""
    rows = [_row(at, name, seconds) for at, (name, seconds) in enumerate(sorted(bars.items(), key=lambda bar: bar[1]))]
    height = TOP + ROW * len(bars) + 10
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="14">',
            f'<text x="{LABELS}" y="22" fill="{WORDS}">{escape(title)} (logarithmic)</text>',
            *rows,
            "</svg>\n",
        ]
    )


def _row(at: int, name: str, seconds: float) -> str:
    y = TOP + ROW * at
    width = max(2.0, SCALE * (log10(max(seconds, 0.01)) + 2))
    colour = OURS if name.startswith("fastapi-lint") else THEIRS
    return (
        f'<text x="{LABELS - 10}" y="{y + 17}" text-anchor="end" fill="{WORDS}">{escape(name)}</text>'
        f'<rect x="{LABELS}" y="{y + 3}" width="{width:.0f}" height="20" rx="3" fill="{colour}"/>'
        f'<text x="{LABELS + width + 8:.0f}" y="{y + 17}" fill="{WORDS}">{seconds:.2f} s</text>'
    )
