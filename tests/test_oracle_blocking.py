"""The runtime is the oracle: where a detector sees the event loop blocked, the linter must point, and nowhere else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from oracle.blocking_programs import Program, program

from fastapi_lint import fix
from fastapi_lint.run import Report, check
from fastapi_lint.settings import Settings

pytest.importorskip("blockbuster")

PROGRAMS = 200
REPAIRED = 60
RULES = ("FAL101", "FAL103")
RUNNER = Path(__file__).parent / "oracle" / "blocking_run.py"


def written(directory: Path, count: int) -> dict[str, Program]:
    programs = {str(directory / f"p{seed}"): program(seed) for seed in range(count)}
    for place, made in programs.items():
        Path(place).mkdir()
        for name, text in made.files.items():
            (Path(place) / name).write_text(text)
    return programs


def blocked_endpoints(directories: Iterable[str]) -> dict[str, dict[str, bool]]:
    run = subprocess.run([sys.executable, str(RUNNER), *directories], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    answers: dict[str, dict[str, bool]] = json.loads(run.stdout)
    return answers


def functions_in(report: Report) -> set[str]:
    return {(found.symbol or "").rpartition(".")[2] for found in report.diagnostics}


def test_generated_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = written(tmp_path, PROGRAMS)
    seen = blocked_endpoints(programs)
    wrong: list[str] = []
    blocked = 0
    for directory, made in programs.items():
        monkeypatch.chdir(directory)
        reported = functions_in(check(["."], Settings(root=Path(directory), select=RULES)))
        for path, functions in made.endpoints.items():
            blocks = seen[directory][path]
            blocked += blocks
            if blocks is not bool(reported & set(functions)):
                wrong.append(f"{directory}{path}: {'missed alarm' if blocks else 'false alarm'} in {functions}")
    assert blocked > PROGRAMS / 2  # the generator makes something to find
    assert not wrong, f"{len(wrong)} of {4 * PROGRAMS}:\n" + "\n".join(wrong[:40])


def test_fixed_programs_no_longer_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = written(tmp_path, REPAIRED)
    before = blocked_endpoints(programs)
    remaining: dict[str, set[str]] = {}
    for directory in programs:
        monkeypatch.chdir(directory)
        settings = Settings(root=Path(directory), select=RULES)

        def again(texts: Mapping[str, str], settings: Settings = settings) -> Report:
            return check(["."], settings, overlays=texts)

        result = fix.plan(check(["."], settings), again, settings, unsafe=True)
        assert not result.dropped
        fix.write(result)
        remaining[directory] = functions_in(check(["."], settings))
    after = blocked_endpoints(programs)
    repaired = 0
    for directory, made in programs.items():
        for path, functions in made.endpoints.items():
            if not remaining[directory] & set(functions):
                assert not after[directory][path], f"{directory}{path} still blocks"
                repaired += before[directory][path]
    assert repaired > REPAIRED / 2
