"""Makes the smoke requests of a bundled application under a detector that notes blocking calls and lets them go on.

Run as a script: the application's directory in, JSON out. `blocked` and `run` hold `[path, line]` pairs of the application's own
asynchronous functions: the lines from which something blocked, and all lines that ran on the event loop.
"""

from __future__ import annotations

import builtins
import importlib
import inspect
import io
import json
import os
import pathlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

TESTS = Path(__file__).resolve().parent.parent
ASYNCHRONOUS = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
METADATA = (
    "os.path.",
    "os.stat",
    "os.mkdir",
    "os.rename",
    "os.replace",
    "os.unlink",
    "os.readlink",
    "os.access",
    "os.getcwd",
)
"""What the detector calls blocking and the rules leave to `cheap-blocking-call`."""

Place = tuple[str, int]


class Notes:
    def __init__(self, project: Path) -> None:
        self.root = f"{project}/"
        self.blocked: dict[Place, str] = {}
        self.run: set[Place] = set()

    def is_ours(self, code: CodeType) -> bool:
        return code.co_filename.startswith(self.root)

    def place(self, frame: FrameType) -> Place:
        return frame.f_code.co_filename.removeprefix(self.root), frame.f_lineno

    def note(self, name: str) -> None:
        """The innermost asynchronous function is the one that does not give way."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not frame.f_code.co_flags & ASYNCHRONOUS:
            if frame.f_globals.get("__name__") == "logging":
                return
            frame = frame.f_back
        if frame is not None and self.is_ours(frame.f_code) and not name.startswith(METADATA):
            self.blocked.setdefault(self.place(frame), name)

    def trace(self, frame: FrameType, event: str, argument: object) -> Any:
        if not (frame.f_code.co_flags & ASYNCHRONOUS and self.is_ours(frame.f_code)):
            return None
        if event == "line":
            self.run.add(self.place(frame))
        return self.trace


def noting(notes: Notes, wrapped: Callable[..., Callable[..., Any]], error: type[Exception]) -> Callable[..., Any]:
    """The detector's way to wrap a function, except that what it finds is noted instead of raised."""

    def wrap(modules: Any, excluded: Any, function: Any, name: str, *rest: Any) -> Callable[..., Any]:
        detect = wrapped(modules, excluded, lambda *args, **kwargs: None, name, *rest)

        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                detect(*args, **kwargs)
            except error:
                notes.note(name)
            return function(*args, **kwargs)

        return call

    return wrap


def main(directory: str) -> None:
    project = Path(directory)
    sys.path.insert(0, str(TESTS))
    import blockbuster.blockbuster as detector
    from test_fixture_projects import expected, smoke

    wanted = expected(project)
    notes = Notes(project)
    detector._wrap_blocking = noting(notes, detector._wrap_blocking, detector.BlockingError)
    detector.BlockBuster().activate()
    opened = builtins.open  # the detector sees only reads and writes

    def open_noted(*args: Any, **kwargs: Any) -> Any:
        notes.note("open")
        return opened(*args, **kwargs)

    builtins.open = io.open = open_noted
    accessor = getattr(pathlib, "_NormalAccessor", None)  # Python 3.10 has taken hold of `io.open` long before
    if accessor is not None:
        accessor.open = staticmethod(open_noted)
    sys.path[:0] = [str(project / entry) for entry in wanted["path_entries"]]
    module, _, name = wanted["application"].partition(":")
    application = getattr(importlib.import_module(module), name)
    threading.settrace(notes.trace)
    problems = list(smoke(application, wanted["smoke"]))
    blocked = [[*place, name] for place, name in sorted(notes.blocked.items())]
    print(json.dumps({"problems": problems, "blocked": blocked, "run": sorted(notes.run)}), flush=True)
    os._exit(0)  # the interpreter does not survive the end of what the detector patched


if __name__ == "__main__":
    main(sys.argv[1])
