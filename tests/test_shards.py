"""Work that is shared out among processes is all done, once, and gives what one process gives."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastapi_lint import linting, run, shards
from fastapi_lint.settings import Settings
from fastapi_lint.timings import Effort

BOOKSHOP = Path(__file__).parent.parent / "fixtures/projects/bookshop"
forks = pytest.mark.skipif(not shards.POSSIBLE, reason="processes are copied on Linux only")
pytestmark = pytest.mark.filterwarnings("ignore:This process")


def _numbers(tasks: Iterator[int]) -> bytes:
    return bytes([os.getpid() % 251, *tasks])


@forks
def test_each_task_is_done_once() -> None:
    found = shards.done(200, 3, _numbers)
    assert found is not None
    assert len(found) == 3
    assert sorted(task for part in found for task in part[1:]) == list(range(200))
    assert found[0][0] == os.getpid() % 251


@forks
def test_results_larger_than_a_pipe() -> None:
    found = shards.done(2, 2, lambda tasks: bytes(list(tasks)) + b"x" * 1_000_000)
    assert found is not None
    assert [len(part) >= 1_000_000 for part in found] == [True, True]


@forks
@pytest.mark.parametrize("end", [lambda: os._exit(3), lambda: os.kill(os.getpid(), 9), lambda: 1 / 0])
def test_a_lost_process_is_told(end: object) -> None:
    parent = os.getpid()

    def work(tasks: Iterator[int]) -> bytes:
        if os.getpid() != parent:
            end()  # type: ignore[operator]
        return bytes(list(tasks))

    assert shards.done(5, 2, work) is None


@forks
def test_no_more_processes_than_tasks() -> None:
    found = shards.done(1, 4, _numbers)
    assert found is not None
    assert len(found) == 1


def _reported(processes: int) -> list[object]:
    report = run.check([str(BOOKSHOP)], Settings(root=BOOKSHOP), effort=Effort(processes))
    return [report.diagnostics, report.routes, report.files]


@forks
def test_several_processes_report_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = _reported(1)
    assert alone[0]
    monkeypatch.setattr(linting, "WORTH_SHARING", 0)
    assert _reported(3) == alone


@forks
def test_a_lost_process_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = _reported(1)
    monkeypatch.setattr(linting, "WORTH_SHARING", 0)
    parent, real = os.getpid(), linting._found

    def dying(*args: object) -> object:
        if os.getpid() != parent:
            os._exit(1)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(linting, "_found", dying)
    assert _reported(2) == alone


def test_below_something_that_shares_out_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("PRE_COMMIT", raising=False)
    most = min(shards.MOST, len(os.sched_getaffinity(0))) if sys.platform == "linux" else 1
    assert shards.available() == most
    monkeypatch.setenv("PRE_COMMIT", "1")
    assert shards.available() == 1
