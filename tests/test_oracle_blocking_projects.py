"""The bundled applications under a detector: each line of theirs that blocks the event loop is reported, and no other that ran."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from test_fixture_projects import check_project, every_project, run_python

pytest.importorskip("blockbuster")

RUNNER = Path(__file__).parent / "oracle" / "blocking_projects.py"


def statements(file: Path) -> dict[int, int]:
    """The line on which the innermost statement around each line begins; of a compound one, only its header counts."""
    found: dict[int, int] = {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = body[0].lineno - 1 if isinstance(body, list) else node.end_lineno or node.lineno
            for line in range(node.lineno, max(end, node.lineno) + 1):
                found[line] = max(found.get(line, 0), node.lineno)
    return found


def within(file: Path, headers: set[int]) -> set[int]:
    """The lines in the bodies of the `with` statements on these lines: the file that is opened there is what blocks in them."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    found = (node for node in nodes if isinstance(node, ast.With) and node.lineno in headers)
    return {line for node in found for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1)}


@every_project
def test_agrees_with_the_detector(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run_python(project, tmp_path, str(RUNNER), str(project))
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert seen["problems"] == []
    starts = {path: statements(project / path) for path, _ in seen["run"]}
    blocked = {(path, starts[path][line]) for path, line, _ in seen["blocked"]}
    run = {(path, starts[path][line]) for path, line in seen["run"] if line in starts[path]}
    reported = {
        (one.path.removeprefix("./"), one.span.start.line)
        for one in check_project(project, monkeypatch).diagnostics
        if one.code in ("FAL101", "FAL103")
    }
    pointed = {(path, starts[path].get(line, line)) for path, line in reported if path in starts}
    for path in starts:
        blocked -= {(path, line) for line in within(project / path, {line for one, line in pointed if one == path})}
    assert run
    assert sorted(blocked - pointed) == [], "missed alarms"
    assert sorted((pointed & run) - blocked) == [], "false alarms"
