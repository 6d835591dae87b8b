"""After edits that leave the code as it was, the report that is carried over is the one that a fresh check makes."""

import os
import random
import shutil
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from fastapi_lint.commands import check as commands
from fastapi_lint.commands.request import Request

ROOT = Path(__file__).parent.parent
PROJECTS = ["bookshop", "dispatch", "telemetry"]
EDITS = int(os.environ.get("FASTAPI_LINT_EDITS", "12"))
"""How many edits are made of each project; set it to some hundreds for a thorough run."""
COMMENTS = [
    "# a remark",
    "# noqa: E501",
    "#",
    "# secret = 'x'",
    "    # async def f(",
    "# fastapi",
    "# fastapi-lint: ignore[FAL101]",
    "",
]


def _said(*select: str, no_cache: bool = False) -> tuple[int, str]:
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()):
        code = commands.check(Request(select=select, no_cache=no_cache))
    return code, out.getvalue()


def _edited(text: str, dice: random.Random) -> str:
    lines = text.split("\n")
    at = dice.randrange(len(lines))
    match dice.randrange(6):
        case 0 | 1:
            lines.insert(at, dice.choice(COMMENTS))
        case 2:
            lines[at] += dice.choice(["  # here", " ", "  # é"])
        case 3:
            lines.append(dice.choice(COMMENTS))
        case 4:
            lines = [line for number, line in enumerate(lines) if number != at or line.strip()[:1] not in ("", "#")]
        case 5:
            lines[at] = lines[at].replace(", ", ",  ", 1).replace("(", "( ", 1)
    return "\n".join(lines)


@pytest.mark.parametrize("name", PROJECTS)
def test_edits_between_the_code(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checks: list[object]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    project = tmp_path / name
    shutil.copytree(ROOT / "fixtures/projects" / name, project)
    (project / ".git").mkdir()
    monkeypatch.chdir(project)
    _said("ALL")
    dice = random.Random(name)
    files = sorted(project.rglob("*.py"))
    carried_over = 0
    for _ in range(EDITS):
        for file in dice.sample(files, dice.choice([1, 1, 2])):
            file.write_text(_edited(file.read_text(encoding="utf-8"), dice), encoding="utf-8")
        before = len(checks)
        answer = _said("ALL")
        carried_over += len(checks) == before
        assert answer == _said("ALL", no_cache=True)
    assert carried_over >= EDITS // 6


@pytest.mark.parametrize(
    ("after", "is_carried_over"),
    [
        ("import time\n# a remark\n\n\n@app.get('/')\nasync def a():\n    time.sleep(1)\n", True),
        ("import time\n@app.get('/')\nasync def a():\n    time.sleep(1)\n\n\n# at the end", True),
        ("import time\n@app.get( '/' )\nasync def a():\n    time.sleep(1)\n", False),  # something is found in it
        ("import time\n@app.get('/')\nasync def a():\n    time.sleep(1)  # fastapi-lint: ignore\n", False),
        ("import time\n@app.get('/')\nasync def a():\n    time.sleep(2)\n", False),
        ("import time\n@app.get('/')\nasync def a():\n    time.sleep(1)\n# AKIA3GLX7QPN5VZK2WTR\n", False),
        ("import time\n@app.get('/')\nasync def a():\n    time.sleep(1)\nx = (\n", False),
        ("# coding: latin-1\nimport time\n@app.get('/')\nasync def a():\n    time.sleep(1)\n", False),
    ],
)
def test_what_is_carried_over(
    after: str, is_carried_over: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checks: list[object]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)
    head = "from fastapi import FastAPI\napp = FastAPI()\n"
    file = tmp_path / "main.py"
    file.write_text(head + "import time\n@app.get('/')\nasync def a():\n    time.sleep(1)\n")
    assert "FAL101" in _said()[1]
    file.write_text(head + after if "coding" not in after else after.replace("\n", f"\n{head}", 1))
    before = len(checks)
    answer = _said()
    assert (len(checks) == before) is is_carried_over
    assert answer == _said(no_cache=True)
