"""The applications under fixtures/projects: they serve what they claim, and the linter says of them what it must.

Each has an `expected.toml`: how to import the application and what it serves (`application`, `path_entries`, `routes`,
`env`, `smoke`), every finding of the codes in `LISTED` and the lines that must stay silent. An application with
`clean = true` gets no default finding at all.

As a script, `python tests/test_fixture_projects.py DIRECTORY` imports one application, makes its smoke requests and
prints what happened, so that each application is served in an interpreter of its own.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

PROJECTS = Path(__file__).resolve().parent.parent / "fixtures" / "projects"
LISTED = frozenset({"FAL101", "FAL103", "FAL104", "FAL301", "FAL302", "FAL303", "FAL401"})
CODE = re.compile(r"FAL\d{3}")


def expected(project: Path) -> dict[str, Any]:
    document: dict[str, Any] = tomllib.loads((project / "expected.toml").read_text(encoding="utf-8"))
    return document


PROJECT_DIRECTORIES = sorted(file.parent for file in PROJECTS.glob("*/expected.toml"))
WITH_TESTS = [project for project in PROJECT_DIRECTORIES if "tests" in expected(project)]
CLEAN = [project for project in PROJECT_DIRECTORIES if expected(project).get("clean")]
IMPERFECT = [project for project in PROJECT_DIRECTORIES if project not in CLEAN]

every_project = pytest.mark.parametrize("project", PROJECT_DIRECTORIES, ids=lambda project: project.name)
needs_the_engine = pytest.mark.skipif(
    importlib.util.find_spec("fastapi_lint.run") is None, reason="fastapi_lint.run does not exist yet"
)


def run_python(project: Path, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's directory, with the project's environment; `{tmp}` in it is a temporary directory."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYT")}
    wanted = {name: value.format(tmp=tmp_path) for name, value in expected(project).get("env", {}).items()}
    return subprocess.run(
        [sys.executable, "-B", *arguments],
        cwd=project,
        env={**inherited, **wanted, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def served(project: Path, tmp_path: Path) -> dict[str, Any]:
    done = run_python(project, tmp_path, "-I", __file__, str(project))
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_there_are_the_projects() -> None:
    assert {"bookshop", "dispatch", "telemetry", "cleanapp"} <= {project.name for project in PROJECT_DIRECTORIES}
    assert CLEAN
    assert len(IMPERFECT) >= 3
    assert WITH_TESTS


@every_project
def test_serves(project: Path, tmp_path: Path) -> None:
    wanted = expected(project)
    answer = served(project, tmp_path)
    assert len(answer["operations"]) == wanted["routes"], "\n".join(answer["operations"])
    assert wanted["smoke"]
    assert answer["problems"] == []


@pytest.mark.parametrize("project", WITH_TESTS, ids=lambda project: project.name)
def test_own_tests_pass(project: Path, tmp_path: Path) -> None:
    done = run_python(project, tmp_path, "-m", "pytest", "-p", "no:cacheprovider", expected(project)["tests"])
    assert done.returncode == 0, done.stdout + done.stderr


@every_project
def test_expectations_fit_the_source(project: Path) -> None:
    wanted = expected(project)
    findings, silent = wanted.get("finding", []), wanted.get("silent", [])
    for entry in (*findings, *silent):
        lines = (project / entry["path"]).read_text(encoding="utf-8").splitlines()
        assert lines[entry["line"] - 1].strip() == entry["source"], f"{entry['path']}:{entry['line']} has moved"
        assert entry["why"]
    codes = {entry["code"] for entry in findings}
    assert codes <= LISTED
    must = {(entry["path"], entry["line"], entry["code"]) for entry in findings}
    assert len(must) == len(findings), "a finding is listed twice"
    assert not must & set(silent_places(silent))


@pytest.mark.parametrize("project", IMPERFECT, ids=lambda project: project.name)
def test_every_listed_code_is_planted(project: Path) -> None:
    assert {entry["code"] for entry in expected(project)["finding"]} == LISTED


@needs_the_engine
@every_project
def test_report(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = expected(project)
    reported = [place for place in lint(project, monkeypatch) if place[2] in LISTED]
    must = sorted((entry["path"], entry["line"], entry["code"]) for entry in wanted.get("finding", []))
    missed = sorted(set(must) - set(reported))
    false = sorted(set(reported) - set(must))
    assert (missed, false) == ([], []), f"missed alarms: {missed}\nfalse alarms: {false}"


@needs_the_engine
@every_project
def test_silent_lines(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = set(silent_places(expected(project)["silent"]))
    assert silent
    assert silent & set(lint(project, monkeypatch)) == set()


@needs_the_engine
@pytest.mark.parametrize("project", CLEAN, ids=lambda project: project.name)
def test_clean_application_has_no_default_finding(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lint(project, monkeypatch) == []


@needs_the_engine
@every_project
def test_no_diagnostic_twice(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    diagnostics = check_project(project, monkeypatch).diagnostics
    shown = [(one.path, one.span, one.code, one.message) for one in diagnostics]
    assert len(shown) == len(set(shown))


def silent_places(entries: Iterable[dict[str, Any]]) -> Iterator[tuple[str, int, str]]:
    for entry in entries:
        for code in entry["codes"]:
            assert CODE.fullmatch(code), code
            yield entry["path"], entry["line"], code


def check_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The report of a run from the project's directory, with the default settings."""
    from fastapi_lint.settings import Settings

    check = importlib.import_module("fastapi_lint.run").check
    monkeypatch.chdir(project)
    report = check(["."], Settings())
    assert not report.internal_error
    return report


def lint(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str]]:
    report = check_project(project, monkeypatch)
    return [(one.path.removeprefix("./"), one.span.start.line, one.code) for one in report.diagnostics]


def operations(routes: Iterable[Any], prefix: str = "") -> Iterator[str]:
    """`METHOD /path` of what an application serves, without its documentation pages; mounted applications included."""
    import fastapi.routing

    contexts = getattr(fastapi.routing, "iter_route_contexts", None)  # since 0.137.2 routers are kept as a tree
    for entry in contexts(routes) if contexts else routes:
        route: Any = getattr(entry, "original_route", entry)
        path = f"{prefix}{getattr(entry, 'path', None) or getattr(route, 'path', '')}"
        if isinstance(route, fastapi.routing.APIRoute):
            yield from (f"{method} {path}" for method in sorted(route.methods or ()))
        elif isinstance(route, fastapi.routing.APIWebSocketRoute):
            yield f"WEBSOCKET {path}"
        elif isinstance(route, fastapi.routing.Mount):
            yield from operations(route.routes, path)


def smoke(application: Any, requests: list[dict[str, Any]]) -> Iterator[str]:
    """Make the requests one after the other and say what went otherwise than expected.

    `keep` names values of a JSON answer that later paths and headers refer to as `{name}`.
    """
    from fastapi.testclient import TestClient

    kept: dict[str, Any] = {}
    with TestClient(application, follow_redirects=False) as client:
        for request in requests:
            path = request["path"].format(**kept)
            headers = {name: value.format(**kept) for name, value in request.get("headers", {}).items()}
            if request["method"] == "WEBSOCKET":
                with client.websocket_connect(path, headers=headers) as socket:
                    if socket.receive()["type"] != "websocket.send":
                        yield f"WEBSOCKET {path}: sent nothing"
                continue
            response = client.request(
                request["method"],
                path,
                headers=headers,
                json=request.get("json"),
                data=request.get("form"),
                files={field: (field, text.encode()) for field, text in request.get("files", {}).items()},
            )
            said = f"{request['method']} {path}: {response.status_code} {response.text[:300]}"
            if response.status_code != request["status"]:
                yield f"{said}, expected {request['status']}"
                continue
            if request.get("contains", "") not in response.text:
                yield f"{said}, expected {request['contains']!r} in it"
            if "lacks" in request and request["lacks"] in response.text:
                yield f"{said}, expected no {request['lacks']!r} in it"
            kept.update({name: response.json()[key] for name, key in request.get("keep", {}).items()})


def serve(project: Path) -> dict[str, list[str]]:
    """Import the application from its own directories and use it."""
    wanted = expected(project)
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [
        *(str(project / entry) for entry in wanted["path_entries"]),
        *(entry for entry in sys.path if entry != here),
    ]
    module, _, name = wanted["application"].partition(":")
    application = getattr(importlib.import_module(module), name)
    return {
        "operations": list(operations(application.routes)),
        "problems": list(smoke(application, wanted["smoke"])),
    }


if __name__ == "__main__":
    print(json.dumps(serve(Path(sys.argv[1]))))
