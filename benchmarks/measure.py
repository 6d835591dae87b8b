"""The time and memory that a command takes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

CHILD = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
wall = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([wall, used.ru_utime + used.ru_stime, used.ru_maxrss, code]))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """`wall` and `processor` in seconds; `memory`: the peak of the largest process, in MiB."""

    wall: float
    processor: float
    memory: float


def cost(command: Sequence[str | Path], folder: Path) -> Cost:
    """What a command takes in a folder. Raises RuntimeError for one that does not run to its end."""
    import json

    words = [sys.executable, "-c", CHILD, *map(str, command)]
    said = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True, env=_environment()).stdout
    wall, processor, memory, code = json.loads(said)
    if code not in (0, 1):
        raise RuntimeError(f"{command[0]} ended with {code} in {folder}")
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Cost(wall, processor, memory / scale)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "NO_COLOR": "1"}


def typical(measure: Callable[[], Cost], times: int) -> Cost:
    """The medians of several measurements, after one that only warms the file system's cache up where there are several."""
    if times > 1:
        measure()
    found = [measure() for _ in range(times)]
    return Cost(
        median(one.wall for one in found), median(one.processor for one in found), max(one.memory for one in found)
    )


def limits() -> str:
    """What the machine is, for the head of the table."""
    return f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, stack {resource.getrlimit(resource.RLIMIT_STACK)[0]}"
