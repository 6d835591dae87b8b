"""`--add-suppressions`: afterwards nothing is found, the code is the same, and formatters change neither."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from test_cli import FIXED, Run, root, run

from fastapi_lint.comments import comments

__all__ = ["root", "run"]

MESSY = '''\
import time

from fastapi import FastAPI, Query  # noqa: F401

app = FastAPI(
    title="a",
)


@app.get(
    "/long",
    response_model=None,
)
async def long_signature(
    first: int,
    second: int = Query(
        ...
    ),
):
    """A text
    in lines."""
    time.sleep(
        first
    )
    if second: time.sleep(1)
    text = """
    two lines
    """; time.sleep(2)  # a pause
    for _ in range(3): time.sleep(3); time.sleep(4)
    with open("f") as stream, open(
        "g"
    ) as other:
        return [stream.read(), time.sleep(5)
                or other.read()]


@app.post("/ignored")
async def partly():
    time.sleep(1)  # fastapi-lint: ignore[hardcoded-secret] not true
    return time.sleep(1) or \\
        time.sleep(2)


class Reader: x = time.sleep(1)
'''


def code_of(text: str) -> str:
    return ast.dump(ast.parse(text))


def other_comments(text: str) -> list[str]:
    return [text[start:end] for start, end in comments(text)]


def test_a_following_check_is_clean(run: Run, root: Path) -> None:
    result = run("--add-suppressions")
    assert result == ("", "Silenced 1 finding in 1 file\n", 0)
    text = (root / "app.py").read_text()
    assert text == FIXED.replace("time.sleep(1)", "time.sleep(1)  # fastapi-lint: ignore[blocking-call]")
    assert run().err == "All checks passed (1 file, 2 routes)\n"
    assert run("--add-suppressions").err == "Silenced 0 findings in 0 files\n"
    assert (root / "app.py").read_text() == text


def test_a_reason(run: Run, root: Path) -> None:
    assert run("--add-suppressions", "--reason", " before 2026, see #12 ").code == 0
    assert (
        "time.sleep(1)  # fastapi-lint: ignore[blocking-call] before 2026, see #12\n" in (root / "app.py").read_text()
    )
    assert run().code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--reason", "x"], "--reason is the text of the comments that --add-suppressions writes"),
        (["--add-suppressions", "--reason", "a # noqa"], "a reason is one line, with `#` only before numbers"),
        (["--add-suppressions", "--reason", "a\nb"], "a reason is one line"),
        (["--add-suppressions", "--fix"], "--add-suppressions and --fix do not go together"),
        (["--add-suppressions", "--diff"], "--add-suppressions and --diff do not go together"),
        (["--add-suppressions", "--stdin-filename", "app.py"], "--add-suppressions and the standard input do not go"),
    ],
)
def test_what_does_not_work(run: Run, root: Path, arguments: list[str], message: str) -> None:
    before = (root / "app.py").read_bytes()
    result = run(*arguments, stdin="")
    assert result.err.startswith(f"error: {message}")
    assert result.code == 2
    assert (root / "app.py").read_bytes() == before


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_every_place_of_a_finding(run: Run, root: Path, newline: str, end: str) -> None:
    text = (MESSY.rstrip("\n") + end).replace("\n", newline)
    (root / "app.py").write_text(text, newline="")
    found = run("--select", "ALL", "--output-format", "concise").out.count("\n")
    assert found > 20
    result = run("--select", "ALL", "--add-suppressions")
    assert (result.out, result.code) == ("", 0), result.out
    after = (root / "app.py").read_bytes().decode()
    assert code_of(after) == code_of(text)
    assert after.count("\r\n") == text.count("\r\n")
    assert "not true" not in after  # the reason of a comment that is not needed goes with it
    assert "ignore[hardcoded-secret" not in after
    kept = other_comments(after)
    assert "# noqa: F401" in kept
    assert any(comment.startswith("# a pause  # fastapi-lint: ignore[") for comment in kept)
    assert run("--select", "ALL").code == 0


@pytest.mark.parametrize("width", [40, 88, 200])
def test_a_formatter_leaves_them_in_force(run: Run, root: Path, width: int) -> None:
    (root / "app.py").write_text(MESSY.replace("time.sleep(3); ", ""))  # no comment can stand behind two statements
    assert run("--select", "ALL", "--add-suppressions", "--reason", "for now").code == 0
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", str(width), "app.py"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert run("--select", "ALL", "--output-format", "concise").out == ""


SETTINGS = """\
from fastapi import FastAPI
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    outgoing_mail_server_smtp_password: str | None = None
    artifact_storage_secret_key: str | None = None


app = FastAPI()
"""


@pytest.mark.parametrize("width", [79, 88])
def test_a_value_that_a_formatter_puts_into_brackets(run: Run, root: Path, width: int) -> None:
    (root / "app.py").write_text(SETTINGS)
    assert run("--select", "FAL321", "--add-suppressions", "--reason", "for now").err.startswith("Silenced 2 findings")
    command = [sys.executable, "-m", "ruff", "format", "-q", "--isolated", f"--line-length={width}", "app.py"]
    subprocess.run(command, cwd=root, check=True)
    assert "= (\n        None  # fastapi-lint" in (root / "app.py").read_text()
    assert run("--select", "FAL321,FAL002", "--output-format", "concise").out == ""


def test_an_own_comment_takes_further_names(run: Run, root: Path) -> None:
    code = "import time\nfrom fastapi import FastAPI\napp = FastAPI()\n\n\n@app.get('/')\nasync def f():\n    time.sleep(1)\n"
    (root / "app.py").write_text(code)
    assert run("--add-suppressions", "--select", "FAL104", "--reason", "one").code == 0
    assert run("--add-suppressions", "--select", "FAL104,FAL404,FAL101", "--reason", "two").code == 0
    assert (root / "app.py").read_text().splitlines()[6:] == [
        "async def f():  # fastapi-lint: ignore[async-without-await, missing-description] one",
        "    time.sleep(1)  # fastapi-lint: ignore[blocking-call] two",
    ]
    assert run("--select", "FAL104,FAL404,FAL101,FAL002").code == 0


def test_what_a_comment_cannot_silence_is_reported(run: Run, root: Path) -> None:
    (root / "broken.py").write_text("def (:\n")
    result = run("--add-suppressions", "--output-format", "concise")
    assert result.out.startswith("broken.py:1:1: FAL001")
    assert "Silenced 1 finding in 1 file\nFound 1 error" in result.err
    assert result.code == 1
    assert (root / "broken.py").read_text() == "def (:\n"


def test_only_the_named_files_are_changed(run: Run, root: Path) -> None:
    (root / "other.py").write_text(FIXED)
    assert run("--add-suppressions", "other.py").code == 0
    assert "ignore[" not in (root / "app.py").read_text()
    assert run("other.py").code == 0


def test_a_reason_that_the_file_cannot_hold(run: Run, root: Path) -> None:
    (root / "app.py").write_bytes(b"# coding: latin-1\n" + FIXED.encode())
    result = run("--add-suppressions", "--reason", "später")
    assert result.code == 0
    assert b"ignore[blocking-call] sp\xe4ter" in (root / "app.py").read_bytes()
    result = run("--add-suppressions", "--select", "ALL", "--reason", "漢")
    assert result.err == "error: the reason cannot be written in iso8859-1, which is the encoding of app.py\n"
