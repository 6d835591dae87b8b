"""What can be said about fixes on the command line and in the configuration."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from test_cli import APP, FIXED, Run, root, run

from fastapi_lint.confidential import masked, shareable
from fastapi_lint.diagnostics import Diagnostic, LocatedFix, TextEdit
from fastapi_lint.settings import Settings
from fastapi_lint.source import Source

__all__ = ["root", "run"]

SAFE_AND_UNSAFE = ["--select", "FAL002,FAL101"]
BOTH_FIXED = FIXED.replace("import time\n", "").replace("time.sleep(1)", "await asyncio.sleep(1)")


def test_fix_only_lists_nothing_and_never_fails(run: Run, root: Path) -> None:
    result = run("--fix-only")
    assert (result.out, result.code) == ("", 0)
    assert result.err == "Fixed 1 finding; 1 error remains (1 file, 2 routes)\n1 more fixable with `--unsafe-fixes`\n"
    assert (root / "app.py").read_text() == FIXED
    assert run("--fix-only", "--quiet") == ("", "", 0)


def test_exit_non_zero_on_fix(run: Run) -> None:
    arguments = ["--fix", "--exit-zero", "--exit-non-zero-on-fix"]
    assert run(*arguments).code == 1
    assert run(*arguments).code == 0


def test_exit_non_zero_on_fix_only(run: Run) -> None:
    assert run("--fix-only", "--exit-non-zero-on-fix").code == 1
    assert run("--fix-only", "--exit-non-zero-on-fix").code == 0


@pytest.mark.parametrize("option", ["--fix", "--fix-only", "--diff"])
def test_show_fixes(run: Run, option: str) -> None:
    result = run(option, "--show-fixes", "--unsafe-fixes")
    assert result.err.startswith("app.py\n  1  FAL002  unused-suppression\n  1  FAL101  blocking-call\n")


def test_unsafe_fixes_are_asked_for(run: Run, root: Path) -> None:
    result = run("--fix", "--unsafe-fixes", *SAFE_AND_UNSAFE)
    assert result == ("", "Fixed 2 findings; nothing remains (1 file, 2 routes)\n", 0)
    assert (root / "app.py").read_text() == BOTH_FIXED


def test_unsafe_fixes_can_be_called_safe(run: Run, root: Path) -> None:
    (root / "fastapi-lint.toml").write_text('extend-safe-fixes = ["blocking-call"]\n')
    assert "FAL101 [*]" in run("--select", "FAL101", "--output-format", "concise").out
    assert run("--fix", *SAFE_AND_UNSAFE).code == 0
    assert (root / "app.py").read_text() == BOTH_FIXED


def test_safe_fixes_can_be_called_unsafe(run: Run, root: Path) -> None:
    (root / "fastapi-lint.toml").write_text('extend-unsafe-fixes = ["FAL0"]\n')
    result = run("--fix", *SAFE_AND_UNSAFE)
    assert "2 more fixable with `--unsafe-fixes`" in result.err
    assert (root / "app.py").read_text() == APP
    assert run("--fix", "--unsafe-fixes", *SAFE_AND_UNSAFE).code == 0


def test_what_is_not_fixable_stays(run: Run, root: Path) -> None:
    (root / "fastapi-lint.toml").write_text('unfixable = ["FAL002"]\nextend-safe-fixes = ["FAL002"]\n')
    assert run("--fix", "--unsafe-fixes", *SAFE_AND_UNSAFE).code == 1
    assert "noqa" in (root / "app.py").read_text()
    assert "[*]" not in run("--select", "FAL002", "--output-format", "concise").out


@pytest.mark.parametrize(
    ("safe", "unsafe", "claimed", "outcome"),
    [
        ((), (), "unsafe", "unsafe"),
        (("FAL101",), (), "unsafe", "safe"),
        (("ALL",), ("FAL1",), "unsafe", "unsafe"),
        (("FAL101",), ("FAL1",), "unsafe", "safe"),
        (("FAL1",), ("FAL101",), "safe", "unsafe"),
        (("FAL101",), ("FAL101",), "safe", "unsafe"),
        (("FAL3",), (), "unsafe", "unsafe"),
        (("ALL",), (), "display", "display"),
    ],
)
def test_the_more_specific_selector_decides(
    safe: tuple[str, ...], unsafe: tuple[str, ...], claimed: str, outcome: str
) -> None:
    settings = Settings(extend_safe_fixes=safe, extend_unsafe_fixes=unsafe)
    assert settings.applicability("FAL101", claimed) == outcome  # type: ignore[arg-type]


def test_a_fix_that_loses_a_comment_is_never_called_safe(run: Run, root: Path) -> None:
    code = APP.replace("time.sleep(1)", "time.sleep(  # for the device\n        1\n    )")
    (root / "app.py").write_text(code)
    (root / "fastapi-lint.toml").write_text('extend-safe-fixes = ["ALL"]\n')
    run("--fix")
    assert "# for the device" in (root / "app.py").read_text()


SECRET = "kX9-fU2q-Lz7vWp4m"
WITH_SECRET = f"""\
import jwt
from fastapi import FastAPI

app = FastAPI()


@app.get("/token")
def token(q: str | None = None):
    return jwt.encode({{"sub": q, "exp": 1}}, "{SECRET}", algorithm="HS256")


@app.get("/")
def quiet() -> None:  # noqa: FAL101
    return None
"""


@pytest.mark.parametrize("selection", [["--select", "FAL301"], ["--select", "FAL002,FAL101"], []])
def test_a_diff_shows_no_secret(run: Run, root: Path, selection: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "app.py").write_text(WITH_SECRET.replace('\n\n\n@app.get("/")', '\n@app.get("/")'))
    for colour in ("", "1"):
        monkeypatch.setenv("FORCE_COLOR", colour)
        result = run("--diff", "--unsafe-fixes", *selection)
        assert result.code == 1
        assert SECRET not in result.out
        assert f'"{"*" * len(SECRET)}"' in result.out
        assert "secrets are masked in this diff, so it cannot be applied" in result.err
        assert 'algorithm="HS256"' in result.out


def test_the_report_shows_no_secret_in_the_lines_around_another_finding(run: Run, root: Path) -> None:
    (root / "app.py").write_text(WITH_SECRET)
    result = run("--select", "FAL301,FAL404")
    assert "FAL404" in result.out
    assert "FAL301" in result.out
    assert SECRET not in result.out


def test_the_fix_itself_is_not_masked(run: Run, root: Path) -> None:
    (root / "app.py").write_text(WITH_SECRET)
    run("--fix", "--unsafe-fixes", "--select", "FAL301,FAL002,FAL101")
    text = (root / "app.py").read_text()
    assert "***" not in text
    assert "# noqa" not in text


WITH_SECRETS_IN_FIXES = f"""\
from fastapi import FastAPI, Header
from pydantic import BaseModel
from pydantic_settings import BaseSettings

app = FastAPI()


class Settings(BaseSettings):
    class Config:
        json_schema_extra = {{"example": {{"api_key": "sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z"}}}}


@app.get("/a")
def a(key: str = Header("{SECRET}"), other: str = Header("plain")) -> str:
    return key + other
"""


@pytest.mark.parametrize("output_format", ["json", "sarif"])
def test_what_programs_get_of_a_fix_holds_no_secret_and_does_the_same(run: Run, root: Path, output_format: str) -> None:
    (root / "app.py").write_text(WITH_SECRETS_IN_FIXES)
    out = run("--select", "ALL", "--output-format", output_format).out
    assert SECRET not in out
    assert "sk-proj" not in out
    assert "Annotated" in out
    if output_format == "json":
        found = next(one for one in json.loads(out)["diagnostics"] if one["code"] == "FAL205")
        text = WITH_SECRETS_IN_FIXES
        lines = [0, *(match.end() for match in re.finditer("\n", text))]
        for edit in sorted(found["fix"]["edits"], key=lambda edit: (edit["line"], edit["column"]), reverse=True):
            start = lines[edit["line"] - 1] + edit["column"] - 1
            end = lines[edit["end_line"] - 1] + edit["end_column"] - 1
            text = text[:start] + edit["replacement"] + text[end:]
        assert f'def a(key: Annotated[str, Header()] = "{SECRET}", other: Annotated[str, Header()] = "plain")' in text


def test_a_fix_that_moves_a_secret_is_left_out_of_the_report() -> None:
    source = Source.decode("a.py", f'KEY = "{SECRET}"\n'.encode())
    edits = (TextEdit("a.py", 0, 0, f'OTHER = "{SECRET}"\n', source.span(0, 0)),)
    fix = LocatedFix("Move it", "safe", edits)
    spot = Diagnostic("FAL301", "hardcoded-secret", "error", "", "a.py", source.span(0, 20), fix=fix)
    (shown,) = shareable([spot], {"a.py": source})
    assert shown == replace(spot, fix=None)


@pytest.mark.parametrize(
    ("text", "value", "outcome"),
    [
        ('key = "ab-cd!"  # ab-cd!', "ab-cd!", 'key = "******"  # ******'),
        ("password = 'password'", "password", "password = '********'"),
        ("url = 'a:password@b'", "password", "url = 'a:********@b'"),
        ("x = 'ab' + 'abc' + ab", "ab", "x = '**' + 'abc' + ab"),
        ("x = 1", "ab", "x = 1"),
    ],
)
def test_masking(text: str, value: str, outcome: str) -> None:
    assert masked(text, {value}) == outcome


def test_a_diff_without_secrets_applies(run: Run, root: Path) -> None:
    diff = run("--diff", "--unsafe-fixes", *SAFE_AND_UNSAFE).out
    subprocess.run(["git", "apply", "-p0"], cwd=root, check=True, input=diff, text=True)
    assert (root / "app.py").read_text() == BOTH_FIXED
