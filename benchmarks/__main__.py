"""Measure, print a table in Markdown, and draw the chart of the README.

python -m benchmarks            # langflow, a few minutes
python -m benchmarks --large    # litellm too: a million lines
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import chart, material, measure
from benchmarks.material import LANGFLOW, LITELLM, SMALL, WITHOUT, Code
from benchmarks.measure import Cost, cost, typical

LINT = (sys.executable, "-m", "fastapi_lint", "--isolated", "-q", "--output-format", "concise")
PARSE = (
    sys.executable,
    "-c",
    """
import libcst, pathlib
for file in pathlib.Path(".").rglob("*.py"):
    try:
        libcst.parse_module(file.read_bytes())
    except Exception:
        pass
""",
)
CLICK = (sys.executable, "-c", "import click")
NO_LIBCST = (
    sys.executable,
    "-c",
    """
import sys
from fastapi_lint.cli import main
try:
    main(["--isolated", "-q", "--no-cache", "."])
finally:
    assert "libcst" not in sys.modules
""",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A ratio, and the mark that it should not exceed (None: only told)."""

    what: str
    value: float
    mark: float | None
    unit: str = ""

    def __str__(self) -> str:
        mark = "" if self.mark is None else f"{self.mark:g}{self.unit}"
        met = "" if self.mark is None else "yes" if self.value <= self.mark else "**no**"
        return f"| {self.what} | {self.value:.3g}{self.unit} | {mark} | {met} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--large", action="store_true", help="measure litellm too")
    parser.add_argument("--times", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--no-peers", action="store_true", help="leave out the other linters")
    options = parser.parse_args()
    bars: dict[str, float] = {}
    rows = _of_langflow(options.times, bars, with_peers=not options.no_peers)
    rows += _without_fastapi(options.times)
    if options.large:
        rows += _of_litellm(options.times)
    print(f"{measure.limits()}\n\n| what | measured | mark | met |\n| --- | ---: | ---: | --- |")
    print("\n".join(map(str, rows)))
    drawn = Path(__file__).parent / "chart.svg"
    drawn.write_text(chart.svg(f"Seconds for {LANGFLOW.name} {LANGFLOW.version}", bars), encoding="utf-8")


def _of_langflow(times: int, bars: dict[str, float], *, with_peers: bool) -> list[Row]:
    folder = material.unpacked(LANGFLOW)
    parse = typical(lambda: cost(PARSE, folder), times)
    cold = typical(lambda: cost((*LINT, "--no-cache", "."), folder), times)
    click = typical(lambda: cost(CLICK, folder), times)
    one = typical(lambda: cost((*LINT, "--no-cache", "--select", "FAL901", "."), folder), times)
    warm = _warm(folder, times)
    bars |= {"fastapi-lint, nothing changed": warm.wall, "fastapi-lint": cold.wall, "libcst.parse_module": parse.wall}
    rows = [
        Row("langflow, cold / LibCST's parsing", cold.wall / parse.wall, 0.5),
        Row("langflow, nothing changed / `import click`", warm.wall / click.wall, 3),
        Row(
            "langflow, a route file edited / cold", _edited(LANGFLOW, LANGFLOW.route_file, times).wall / cold.wall, 0.1
        ),
        Row(
            "langflow, a shared file edited / cold",
            _edited(LANGFLOW, LANGFLOW.shared_file, times).wall / cold.wall,
            0.35,
        ),
        Row("langflow, `--select FAL901` / cold", one.wall / cold.wall, 0.7),
        Row("langflow, memory of the largest process", cold.memory, 400, " MiB"),
    ]
    return rows + (_peers(folder, cold, bars) if with_peers else [])


def _peers(folder: Path, cold: Cost, bars: dict[str, float]) -> list[Row]:
    binaries = material.peers()
    bandit = cost((binaries / "bandit", "-q", "-r", "."), folder)
    flake8 = cost((binaries / "flake8", "--isolated", "--select", "ASYNC", "."), folder)
    ruff = cost((binaries / "ruff", "check", "-q", "--isolated", "--no-cache", "--exit-zero", "."), folder)
    bars |= {"ruff": ruff.wall, "bandit": bandit.wall, "flake8-async": flake8.wall}
    return [
        Row("langflow, cold / bandit", cold.wall / bandit.wall, 0.33),
        Row("langflow, cold / flake8-async", cold.wall / flake8.wall, 0.03),
        Row("langflow, cold / ruff", cold.wall / ruff.wall, None),
    ]


def _of_litellm(times: int) -> list[Row]:
    folder, small = material.unpacked(LITELLM), material.unpacked(SMALL)
    parse = cost(PARSE, folder)
    cold = cost((*LINT, "--no-cache", "."), folder)
    click = typical(lambda: cost(CLICK, folder), times)
    little = typical(lambda: cost((*LINT, "--no-cache", "--jobs", "1", "."), small), times)
    start = typical(lambda: cost((sys.executable, "-m", "fastapi_lint", "rules"), small), times)
    each = (little.processor - start.processor) / material.lines(small)
    return [
        Row("litellm, cold / LibCST's parsing", cold.wall / parse.wall, 0.4),
        Row("litellm, nothing changed / `import click`", _warm(folder, times).wall / click.wall, 6),
        Row("litellm, a route file edited / cold", _edited(LITELLM, LITELLM.route_file, 1).wall / cold.wall, 0.1),
        Row("litellm, a shared file edited / cold", _edited(LITELLM, LITELLM.shared_file, 1).wall / cold.wall, 0.35),
        Row("litellm, memory of the largest process", cold.memory, 900, " MiB"),
        Row("cost of a line, litellm / docling-serve", cold.processor / material.lines(folder) / each, 1.3),
    ]


def _without_fastapi(times: int) -> list[Row]:
    folder = material.unpacked(WITHOUT)
    cost(NO_LIBCST, folder)
    seconds = typical(lambda: cost((*LINT, "--no-cache", "."), folder), times).wall
    size = material.lines(folder)
    return [Row(f"no FastAPI, {size:,} lines, as for 100,000", seconds * 100_000 / size, 1, " s")]


def _cached(folder: Path, run: Callable[[tuple[str, ...]], Cost]) -> Cost:
    place = material.WORK / "cache"
    shutil.rmtree(place, ignore_errors=True)
    command = (*LINT, "--cache-dir", str(place), ".")
    cost(command, folder)
    return run(command)


def _warm(folder: Path, times: int) -> Cost:
    return _cached(folder, lambda command: typical(lambda: cost(command, folder), times))


def _edited(code: Code, file: str, times: int) -> Cost:
    """A run after one more line at the end of a file."""
    path = code.folder / file
    before = path.read_bytes()

    def edit_and_run(command: tuple[str, ...]) -> Cost:
        with path.open("ab") as stream:
            stream.write(b"\n_edited = 1\n")
        return cost(command, code.folder)

    try:
        return _cached(code.folder, lambda command: typical(lambda: edit_and_run(command), times))
    finally:
        path.write_bytes(before)


if __name__ == "__main__":
    main()
