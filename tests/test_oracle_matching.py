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
from fastapi_lint.project.serving.matching import pattern
from fastapi_lint.testing.projects import lint

pytest.importorskip("fastapi.testclient")

ANSWERING = Path(__file__).with_name("oracle") / "answering.py"
PYTHON = os.environ.get("ORACLE_PYTHON", sys.executable)
FASTAPI = os.environ.get("ORACLE_FASTAPI")
FIRST = int(os.environ.get("ORACLE_SEED", "0"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("ORACLE_APPLICATIONS", "40")))
RULES = ("FAL701", "FAL702", "FAL703", "FAL704", "FAL713", "FAL714")
SHADOWED = re.compile(r"`([A-Z]+) (\S*)` is never called: (?:`(\S*)`|(.*)) matches `(\S*)` before it")
UNUSED = re.compile(r"Nothing takes `{(\w+)}`")
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

    def __init__(self, seed: int, version: str | None = FASTAPI) -> None:
        self.seed = seed
        self.program: Program = paths.program(Random(seed))
        settings = {"select": list(RULES)} | ({"fastapi-version": version} if version else {})
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
        for method, full, _ in served:
            for two in paths.pairs(full).values():
                found.update(dict.fromkeys((method, path) for path in two if path.startswith("/")))
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
        for (asked, path), (_, body, *_) in case.answers.items()
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


def test_the_witness_is_answered_by_the_earlier_route(cases: Cases) -> None:
    """FAL702: the path that the message names, asked for, goes to the route, the mount or the page that it names."""
    said = 0
    for case, served in cases:
        for one in case.said("FAL702"):
            match = SHADOWED.match(one.message)
            assert match
            method, _, earlier, what, witness = match.groups()
            status, body = case.answers[method, witness][:2]
            answering = body[0] if isinstance(body, list) else None
            if case.handler(one) not in {handler for *_, handler in served}:
                continue  # of an application that is mounted on a router which nothing includes
            assert answering != case.handler(one), one.message
            if earlier is not None:
                assert (method, earlier, answering) in served, (
                    one.message,
                    shown(case, (method, earlier, str(answering))),
                )
            elif what is not None and what.startswith("what is mounted"):
                assert answering == "mounted" or status in (307, 404, 405) or answering in case.program.handlers, (
                    one.message
                )
            said += 1
    assert said > len(cases) / 4


def test_unused_parts_of_paths_are_the_ones_that_the_rule_names(cases: Cases) -> None:
    """FAL701, both ways: what it names does not change the answer, and what it does not name does."""
    named = 0
    for case, served in cases:
        flagged: dict[str, set[str]] = {}
        absent: set[str] = set()
        for one in case.said("FAL701"):
            match = UNUSED.match(one.message)
            if match:
                flagged.setdefault(defined(case, one), set()).add(match[1])
            else:
                absent.add(defined(case, one))
        for handler in {name for _, _, name in served} - absent:
            seen = [seen_of(case, operation) for operation in served if operation[2] == handler]
            of_mounts = {"m", "z"} if case.program.handlers[handler].router == "inner" else set()
            for name in {name for one in seen for name in one} - of_mounts:
                if any(one.get(name) is None for one in seen) or is_trailing(served, handler, name):
                    continue  # shadowed, refused, or in the path of another include only
                unused = not any(one[name] for one in seen)
                named += unused
                assert unused is (name in flagged.get(handler, ())), (handler, name, shown(case, served[0]))
    assert named > len(cases) / 6


def seen_of(case: Case, operation: Operation) -> dict[str, bool | None]:
    """For each name in a path whether it shows in the answer; None where the route did not answer."""
    method, full, handler = operation
    found: dict[str, bool | None] = {}
    for name, two in paths.pairs(full).items():
        said = [case.answers.get((method, path), [0, None])[1:] for path in two]
        told = all(isinstance(body, list) and body[0] == handler and body[1] is not None for body, *_ in said)
        can_tell = told and method != "WEBSOCKET" and "}{" not in full  # where one part ends, the other begins anywhere
        found[name] = said[0] != said[1] if can_tell else None
    return found


def is_trailing(served: list[Operation], handler: str, name: str) -> bool:
    """Whether a name stands for the rest of a path, which the rule leaves alone."""
    return any(full.endswith(f"{{{name}:path}}") for _, full, other in served if other == handler)


def defined(case: Case, one: Diagnostic) -> str:
    """The handler in whose definition a finding is."""
    lines = case.program.text.splitlines()
    found = re.search(r"handler\d+", lines[one.span.start.line - 1])
    return found[0] if found else ""


def test_parameters_that_no_path_has_are_refused(cases: Cases) -> None:
    """FAL701: a parameter with `Path()` that the path lacks, both ways."""
    for case, served in cases:
        flagged = {defined(case, one) for one in case.said("FAL701") if not UNUSED.match(one.message)}
        for handler in {name for method, _, name in served if method != "WEBSOCKET"}:
            told = [said for operation in served if operation[2] == handler for _, said in reached(case, operation)]
            if told:
                assert (set(map(str, told)) == {"None"}) is (handler in flagged), (handler, shown(case, served[0]))


def test_routers_that_are_included_twice(cases: Cases) -> None:
    """FAL713 names an include exactly where FastAPI has one operation of one handler twice."""
    said = 0
    for case, served in cases:
        twice = {operation for operation, times in Counter(served).items() if times > 1}
        assert bool(twice) is bool(case.said("FAL713")), shown(case, served[0])
        said += bool(twice)
    assert said


def test_routes_that_an_include_comes_too_early_for(tmp_path: Path) -> None:
    """FAL714: what is lost where includes copy, and not where they do not, is what the rule names; both ways."""
    cases = [Case(seed, "0.136.0") for seed in SEEDS]
    jobs = [{"text": case.program.text, "requests": []} for case in cases]
    kept = answers([{**job, "copies": True} for job in jobs], tmp_path)
    lost_somewhere = 0
    for case, before, since in zip(cases, kept, answers(jobs, tmp_path)):
        if "error" in before or "error" in since:
            continue
        served, all_served = ({handler for _, _, handler in found["served"]} for found in (before, since))
        lines = {one.span.start.line for one in case.said("FAL714")}
        flagged = {handler.name for line, handler in case.handlers.items() if line in lines}
        mounted = {name for name, handler in case.program.handlers.items() if handler.router == "inner"}
        lost = all_served - served - mounted  # those releases left the mounts of included routers behind anyway
        assert flagged <= lost | (set(case.program.handlers) - all_served), shown(case, ("", "", str(flagged)))
        if not lines & set(case.program.includes):  # else a child router is what is lost
            assert lost <= flagged, shown(case, ("", "", str(lost)))
        lost_somewhere += bool(lost)
    assert lost_somewhere > len(cases) / 6
