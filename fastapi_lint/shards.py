"""Work shared out among processes that are copies of this one, and so know all that it knows.

Copies are only made where the operating system makes them cheaply and safely, by `fork` on Linux. Whatever happens to a copy, its
share is not lost: the caller is told, and does the work itself.
"""

from __future__ import annotations

import os
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")

POSSIBLE = sys.platform == "linux"
MOST = 4
"""More processes than this have nothing to do: the longest share decides."""


def available() -> int:
    """How many processes may work at once when nobody says: one below something that shares out work itself."""
    if not POSSIBLE or os.environ.get("PRE_COMMIT") or os.environ.get("PYTEST_XDIST_WORKER"):
        return 1
    return max(1, min(MOST, len(os.sched_getaffinity(0))))


def shared(tasks: int, processes: int, work: Callable[[Iterator[int]], Result]) -> list[Result]:
    """What `work` returns in each process, this one first. A process that is lost costs time, and nothing else.

    `work` is given the tasks, by number from 0 to at most 254, each of which goes to one process, in order, as processes become free.
    """
    if min(processes, tasks) > 1:
        results = done(tasks, processes, work)
        if results is not None:
            return results
    return [work(iter(range(tasks)))]


def done(tasks: int, processes: int, work: Callable[[Iterator[int]], Result]) -> list[Result] | None:
    """As `shared`; None if one of the other processes did not come to its end."""
    queue, fill = os.pipe()
    os.write(fill, bytes(range(tasks)))
    os.close(fill)
    copies = [_copy(queue, work) for _ in range(min(processes, tasks) - 1)]
    try:
        found = [work(_taken(queue))]
    finally:
        results = [_result(*copy) for copy in copies]
        os.close(queue)
    for result in results:
        if result is None:
            return None
        found.append(pickle.loads(result))  # of a copy of this very process: nobody else can write there
    return found


def _taken(queue: int) -> Iterator[int]:
    while task := os.read(queue, 1):
        yield task[0]


def _copy(queue: int, work: Callable[[Iterator[int]], object]) -> tuple[int, int]:
    """The process number of a copy, and where to read its result."""
    result, output = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the other thread only waits for this one
        process = os.fork()
    if process == 0:
        code = 1
        with suppress(BaseException):
            os.close(result)
            with os.fdopen(output, "wb") as stream:
                pickle.dump(work(_taken(queue)), stream, pickle.HIGHEST_PROTOCOL)
            code = 0
        os._exit(code)
    os.close(output)
    return process, result


def _result(process: int, result: int) -> bytes | None:
    with os.fdopen(result, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(process, 0)
    return data if status == 0 else None
