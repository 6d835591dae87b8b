"""Every way in which routes come to be, each in a small application: what the linter says of it is what FastAPI serves."""

from __future__ import annotations

from textwrap import dedent

import pytest
from oracle.compared import FASTAPI, Comparison, Job, compare, modelled, running
from oracle.forms import FORMS

from fastapi_lint.settings import Settings


def module(name: str) -> str:
    return name.removeprefix("?")


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    root = tmp_path_factory.mktemp("forms")
    (root / "pyproject.toml").write_text("[project]\nname = 'forms'\n")
    jobs = []
    for name, text in FORMS.items():
        (root / f"{module(name)}.py").write_text(dedent(text))
        jobs.append(Job(root, module(name), f"{module(name)}.py", (".",), ("app",)))
    answers = running(jobs)
    said = modelled(root, [(job.file, ["app"]) for job in jobs], Settings(root=root, fastapi_version=FASTAPI))
    return {name: compare(job, answer, one) for name, job, answer, one in zip(FORMS, jobs, answers, said, strict=True)}


@pytest.mark.parametrize("name", FORMS, ids=module)
def test_agrees_with_the_framework(name: str, compared: dict[str, Comparison]) -> None:
    found = compared[name]
    assert found.failed == []
    assert found.wrong == []
    if name.startswith("?"):
        assert found.unknown
    else:
        assert found.unknown == []
        assert found.agreed
