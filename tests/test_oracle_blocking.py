"""The runtime is the oracle: where a detector sees the event loop blocked, the linter must point, and nowhere else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

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


def fixed(directory: str) -> Report:
    """Apply all fixes in a directory, and check it again."""
    settings = Settings(root=Path(directory), select=RULES)

    def again(texts: Mapping[str, str]) -> Report:
        return check(["."], settings, overlays=texts)

    result = fix.plan(check(["."], settings), again, settings, unsafe=True)
    assert not result.dropped
    fix.write(result)
    return check(["."], settings)


def test_fixed_programs_no_longer_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = written(tmp_path, REPAIRED)
    before = blocked_endpoints(programs)
    remaining: dict[str, set[str]] = {}
    for directory in programs:
        monkeypatch.chdir(directory)
        remaining[directory] = functions_in(fixed(directory))
    after = blocked_endpoints(programs)
    repaired = 0
    for directory, made in programs.items():
        for path, functions in made.endpoints.items():
            if not remaining[directory] & set(functions):
                assert not after[directory][path], f"{directory}{path} still blocks"
                repaired += before[directory][path]
    assert repaired > REPAIRED / 2


REQUESTS = """\
import os
from pathlib import Path

import httpx
from fastapi import FastAPI

app = FastAPI()
URL = "{url}"


@app.get("/0")
async def simple() -> int:
    answer = httpx.get(URL, params={{"q": "x"}}, timeout=5)
    return answer.raise_for_status().status_code


@app.get("/1")
async def returned() -> dict[str, str]:
    return httpx.post(
        URL,
        json={{"q": "x"}},
    ).json()


@app.get("/2")
async def in_a_condition() -> str:
    if httpx.request("GET", URL).status_code != 200:
        raise ValueError(URL)
    return httpx.get(URL, verify=False).text


@app.get("/3")
async def walked() -> int:
    return len([path for path in Path("/etc").iterdir()]) + len(os.listdir("/etc"))
"""


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"path": self.path}).encode()
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None: ...


def test_fixed_requests_no_longer_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    main, directory = tmp_path / "main.py", str(tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        main.write_text(REQUESTS.format(url=f"http://127.0.0.1:{server.server_port}/"))
        before = blocked_endpoints([directory])[directory]
        assert not fixed(directory).diagnostics
        after = blocked_endpoints([directory])[directory]
        server.shutdown()
    assert before == {"/0": True, "/1": True, "/2": True, "/3": True}
    assert after == {"/0": False, "/1": False, "/2": False, "/3": False}
    assert main.read_text().count("async with httpx.AsyncClient() as client") == 2
    assert 'await run_in_threadpool(lambda: list(Path("/etc").iterdir()))' in main.read_text()
