"""Applications made at random: the routes of which the linter says that they never answer, and no others, never answer.

What answers is found out by asking (Starlette's own matching under a test client). `ORACLE_PYTHON` names another interpreter to ask
with, for another release of FastAPI; `ORACLE_FASTAPI` says which.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from oracle import paths
from oracle.paths import Program

from fastapi_lint.findings import Diagnostic
from fastapi_lint.project.matching import pattern
from fastapi_lint.testing.projects import lint

pytest.importorskip("fastapi.testclient")

ANSWERING = Path(__file__).with_name("oracle") / "answering.py"
PYTHON = os.environ.get("ORACLE_PYTHON", sys.executable)
FASTAPI = os.environ.get("ORACLE_FASTAPI")
SEEDS = range(
    int(os.environ.get("ORACLE_SEED", "0")),
    int(os.environ.get("ORACLE_SEED", "0")) + int(os.environ.get("ORACLE_APPLICATIONS", "150")),
)
RULES = ("FAL701", "FAL702", "FAL703", "FAL704", "FAL713", "FAL714")
SHADOWED = re.compile(r"`([A-Z]+) (\S*)` is never called: (?:`(\S*)`|(.*)) matches `(\S*)` before it")
REPEATED = re.compile(r"`([A-Z]+) (\S*)` is registered a second time")
ASKED = 60
"""Requests for each operation."""

Operation = tuple[str, str, str]
"""Method, full path, handler."""


def answers(jobs: list[dict[str, Any]], directory: Path) -> list[dict[str, Any]]:
    file = directory / "jobs.json"
    file.write_text(json.dumps(jobs))
    done = subprocess.run([PYTHON, str(ANSWERING), str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class Case:
    """One application: what the linter says of it, and what it answers."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.program: Program = paths.program(Random(seed))
        settings = {"select": list(RULES)} | ({"fastapi-version": FASTAPI} if FASTAPI else {})
        self.found: list[Diagnostic] = lint({"main.py": self.program.text}, settings=settings)
        self.handlers = {handler.line: handler for handler in self.program.handlers.values()}
        self.answers: dict[tuple[str, str], list[Any]] = {}

    def said(self, code: str) -> list[Diagnostic]:
        return [one for one in self.found if one.code == code]

    def handler(self, one: Diagnostic) -> str:
        return self.handlers[one.span.start.line].name

    @property
    def silenced(self) -> dict[Operation, Diagnostic]:
        """The operations that never answer, as the linter says."""
        found = {}
        for code, message in (("FAL702", SHADOWED), ("FAL703", REPEATED)):
            for one in self.said(code):
                match = message.match(one.message)
                assert match, one.message
                found[match[1], match[2], self.handler(one)] = one
        return found

    def requests(self, served: list[Operation]) -> list[tuple[str, str]]:
        rng = Random(self.seed)
        found = {
            (method, path): None
            for method, full, _ in served
            for path in paths.requests(full, rng, ASKED)
            if path.startswith("/") and not path.startswith("//")
        }
        for one in self.said("FAL702"):
            match = SHADOWED.match(one.message)
            assert match
            found[match[1], match[5]] = None
        return list(found)


Cases = list[tuple[Case, list[Operation]]]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Cases:
    directory = tmp_path_factory.mktemp("matching")
    made = [Case(seed) for seed in SEEDS]
    listed = answers([{"text": case.program.text, "requests": []} for case in made], directory)
    usable = [
        (case, [tuple(one) for one in found["served"]]) for case, found in zip(made, listed) if "error" not in found
    ]
    assert len(usable) > 0.8 * len(made), [found for found in listed if "error" in found]
    asked = [case.requests(served) for case, served in usable]
    jobs = [{"text": case.program.text, "requests": wanted} for (case, _), wanted in zip(usable, asked)]
    for (case, _), wanted, found in zip(usable, asked, answers(jobs, directory)):
        case.answers = dict(zip(wanted, found["answers"]))
    return usable


def reached(case: Case, operation: Operation) -> list[tuple[str, Any]]:
    """The requests for a full path that its handler answered or refused, and what it said."""
    method, full, name = operation
    expression = pattern(full)
    assert expression is not None
    return [
        (path, body[1])
        for (asked, path), (_, body) in case.answers.items()
        if asked == method and isinstance(body, list) and body[0] == name and expression.match(path)
    ]


def shown(case: Case, operation: Operation) -> str:
    return f"{operation} of seed {case.seed}:\n{case.program.text[len(paths.HEADER) :]}"


def test_silent_routes_are_the_ones_that_the_rules_name(cases: Cases) -> None:
    """FAL702, FAL703, FAL704 and FAL713, both ways."""
    said = 0
    for case, served in cases:
        times = Counter(served)
        for operation in times:
            if sum(other[::2] == operation[::2] for other in times) > 1:
                continue  # which of two includes answered does not show
            silenced = operation in case.silenced or is_without_slash(case, operation)
            said += silenced
            assert bool(reached(case, operation)) is not silenced, shown(case, operation)
    assert said > len(cases) / 3


def is_without_slash(case: Case, operation: Operation) -> bool:
    """Whether FAL704 says so of a route that stands at the beginning of what its application sees."""
    flagged = {case.handler(one) for one in case.said("FAL704")}
    handler = case.program.handlers[operation[2]]
    return handler.name in flagged and (not operation[1].startswith("/") or handler.router == "inner")
