"""Compare what an application serves with what the linter says: agreements, declared unknowns, wrong answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi_lint import run
from fastapi_lint.settings import Settings

from .modelled import UNKNOWN, Described

RUNNING = Path(__file__).with_name("running.py")
PYTHON = os.environ.get("ORACLE_PYTHON", sys.executable)
"""The interpreter that imports applications: another one for another release of FastAPI."""
FASTAPI = os.environ.get("ORACLE_FASTAPI")
"""The release that it has; None for the newest."""


@dataclass
class Comparison:
    """Counts of operations, and one line for each difference."""

    agreed: int = 0
    unknown: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)  # applications that do not import

    @property
    def total(self) -> int:
        return self.agreed + len(self.unknown) + len(self.wrong)

    def add(self, other: Comparison) -> None:
        self.agreed += other.agreed
        self.unknown += other.unknown
        self.wrong += other.wrong
        self.failed += other.failed

    def __str__(self) -> str:
        return f"{self.agreed} of {self.total} operations agree, {len(self.unknown)} unknown, {len(self.wrong)} wrong, {len(self.failed)} failed"


@dataclass
class Job:
    """An application to import. `file` is its module's path below `root`, `names` its names there, None for all."""

    root: Path
    module: str
    file: str
    path: tuple[str, ...] = (".",)
    names: tuple[str, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        path = [str((self.root / entry).resolve()) for entry in self.path]
        return {"root": str(self.root), "path": path, "module": self.module, "names": self.names}


def running(
    jobs: list[Job], python: str = PYTHON, directory: Path | None = None, env: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """The answers of `running.py`, one a job; those it did not live to give are errors."""
    file = (directory or jobs[0].root) / ".jobs.json"
    file.write_text(json.dumps([job.as_json() for job in jobs]), encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYT")}
    done = subprocess.run(
        [python, "-B", "-I", "-W", "ignore", str(RUNNING), str(file)],
        capture_output=True, text=True, check=False, env={**inherited, **(env or {})},
    )  # fmt: skip
    file.unlink()
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    missing = len(jobs) - len(answers)
    return answers + [{"error": f"the interpreter ended: {done.stderr[-500:]}"}] * missing


@contextmanager
def working_in(directory: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


def modelled(
    root: Path, wanted: list[tuple[str, list[str]]], settings: Settings | None = None
) -> list[dict[str, list[dict[str, Any]]]]:
    """What the linter says of the applications of some modules (path below `root`, names)."""
    with working_in(root):
        return run.with_project(
            ["."],
            settings or Settings(root=root),
            lambda project: [Described(project, root).applications(file, names) for file, names in wanted],
        )


def compare(job: Job, answer: dict[str, Any], said: dict[str, list[dict[str, Any]]]) -> Comparison:
    found = Comparison()
    if "error" in answer:
        found.failed.append(f"{job.file}: {answer['error']}")
        return found
    for name, operations in answer["applications"].items():
        compare_application(f"{job.file}:{name}", operations, said.get(name), found)
    return found


def compare_application(
    label: str, real: list[dict[str, Any]], given: list[dict[str, Any]] | None, found: Comparison
) -> None:
    if given is None:
        found.wrong += [f"{label}: {_key(o)}: no such application" for o in real]
        return
    real, said = _sorted_methods(real), _sorted_methods([o for o in given if o["handler"] is not None])
    missing = found.unknown if len(said) < len(given) else found.wrong
    remaining = list(said)
    matched: list[int] = []
    for operation in real:
        other = _partner(operation, remaining)
        if other is None:
            missing.append(f"{label}: {_key(operation)}: missing")
            continue
        remaining.remove(other)
        matched.append(next(i for i, s in enumerate(said) if s is other))
        differences = min(
            (
                [d for key in operation for d in _differences(key, operation[key], version.get(key, UNKNOWN))]
                for version in (other, *other.get("otherwise", ()))
            ),
            key=len,
        )
        wrong = [text for is_wrong, text in differences if is_wrong]
        unknown = [text for is_wrong, text in differences if not is_wrong]
        if wrong:
            found.wrong.append(f"{label}: {_key(operation)}: {'; '.join(wrong)}")
        elif unknown:
            found.unknown.append(f"{label}: {_key(operation)}: {'; '.join(unknown)}")
        else:
            found.agreed += 1
    found.wrong += [f"{label}: {_key(o)}: not served" for o in remaining if not o["conditional"]]
    if matched != sorted(matched):
        found.wrong.append(f"{label}: in another order")


def _sorted_methods(operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The methods of one route have no order of their own."""
    found: list[list[dict[str, Any]]] = []
    for operation in operations:
        same = found and all(found[-1][-1][key] == operation[key] for key in ("path", "handler", "line"))
        if same and operation["method"] not in {o["method"] for o in found[-1]}:
            found[-1].append(operation)
        else:
            found.append([operation])
    return [o for group in found for o in sorted(group, key=lambda o: str(o["method"]))]


def _partner(operation: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any] | None:
    for keys in (
        ("method", "path", "handler"),
        ("method", "handler", "path?"),
        ("method", "path"),
        ("method", "handler"),
        ("path", "handler"),
        ("handler",),
    ):
        for other in others:
            if "handler" not in keys and other["conditional"]:
                continue  # it may well be another one's place
            if all(
                (key == "path?" and other["path"] == UNKNOWN)
                or other.get(key) == operation.get(key, key)
                or (len(keys) < 3 and key != "handler" and other[key] == UNKNOWN)
                for key in keys
            ):
                return other
    return None


def _differences(key: str, real: Any, said: Any) -> Iterator[tuple[bool, str]]:
    if real == said:
        return
    is_unknown = _agrees_but_for_unknowns(key, real, said)
    yield not is_unknown, f"{key} is {real!r}, said {said!r}"


def _agrees_but_for_unknowns(key: str, real: Any, said: Any) -> bool:
    if said == UNKNOWN:
        return True
    if (
        key == "parameters"
        and isinstance(said, dict)
        and any(UNKNOWN in (kind, *names) for kind, names in said.items())
    ):
        return all(set(names) - {UNKNOWN} <= set(real.get(kind, ())) for kind, names in said.items() if kind != UNKNOWN)
    if isinstance(real, list) and isinstance(said, list):
        return len(real) == len(said) and all(a == b or _agrees_but_for_unknowns(key, a, b) for a, b in zip(real, said))
    return False


def _key(operation: dict[str, Any]) -> str:
    return f"{operation['method']} {operation['path']} ({operation['handler']})"


def compare_all(
    root: Path,
    jobs: list[Job],
    python: str = PYTHON,
    env: dict[str, str] | None = None,
    directory: Path | None = None,
    settings: Settings | None = None,
) -> Comparison:
    """Import the applications of one project and compare."""
    answers = running(jobs, python, directory, env)
    wanted = [(job.file, list(answer.get("applications", {}))) for job, answer in zip(jobs, answers, strict=True)]
    said = modelled(root, wanted, settings)
    found = Comparison()
    for job, answer, one in zip(jobs, answers, said, strict=True):
        found.add(compare(job, answer, one))
    return found
