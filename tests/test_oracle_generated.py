"""Applications made at random: what the linter says of them is what FastAPI serves.

`ORACLE_PYTHON` names another interpreter to import them with, for another release of FastAPI; `ORACLE_FASTAPI` says which.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from oracle import generator
from oracle.compared import FASTAPI, Comparison, Job, compare_all

from fastapi_lint.project.versions import parsed
from fastapi_lint.settings import Settings

APPLICATIONS = 320 if FASTAPI is None else 80
BATCH = 40
"""Applications that one interpreter imports: starting it costs more than any of them."""
UNKNOWN_SHARE = 0.02

QUERY_MODELS = FASTAPI is None or parsed(FASTAPI) >= (0, 115)


def compared(seeds: list[int], root: Path) -> Comparison:
    (root / "pyproject.toml").write_text("[project]\nname = 'generated'\n")
    jobs: list[Job] = []
    for index, seed in enumerate(seeds):
        package = f"app{index}"
        generator.write(root, package, generator.application(Random(seed), package, query_models=QUERY_MODELS))
        jobs.append(Job(root, f"{package}.main", f"{package}/main.py", (".",), ("app",)))
    return compare_all(root, jobs, settings=Settings(root=root, fastapi_version=FASTAPI))


@settings(
    max_examples=APPLICATIONS // BATCH,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # a failure names the application; a smaller batch would tell no more
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(st.integers(0, 2**32), min_size=BATCH, max_size=BATCH, unique=True))
def test_agrees_with_the_framework(seeds: list[int]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        found = compared(seeds, Path(directory))
    assert found.wrong == [], seeds
    assert len(found.failed) <= BATCH // 10, found.failed  # most of what is generated must be accepted by FastAPI
    assert len(found.unknown) <= UNKNOWN_SHARE * found.total, found.unknown
    assert found.agreed > BATCH


def test_a_wrong_answer_is_noticed(tmp_path: Path) -> None:
    """The comparison itself: an application that the model cannot see through, and one changed behind its back."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "main.py").write_text(
        "import operator\n"
        "from fastapi import FastAPI\n\n"
        "app = FastAPI()\n\n"
        "@app.get('/a')\ndef a(x: int): ...\n\n"
        "operator.methodcaller('get', '/hidden')(app)(a)\n"
    )
    found = compare_all(tmp_path, [Job(tmp_path, "main", "main.py")])
    assert found.agreed == 1
    assert len(found.wrong) == 1
    assert "/hidden" in found.wrong[0]
