"""The command as users run it: arguments in; standard output, standard error and an exit code out."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from fastapi_lint.cli import main
from fastapi_lint.registry import all_rules
from fastapi_lint.writing import written

APP = """\
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def read() -> None:
    await asyncio.sleep(0)
    time.sleep(1)


@app.get("/quiet")
def quiet() -> None:  # noqa: FAL101
    return None
"""
FIXED = APP.replace("  # noqa: FAL101", "")


class Result(NamedTuple):
    out: str
    err: str
    code: int


Run = Callable[..., Result]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "sample"\n')
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        assert isinstance(exit_.value.code, int)
        return Result(*capsys.readouterr(), exit_.value.code)

    return invoke


def lines(result: Result) -> list[str]:
    return [line.split(" ", 2)[0] + " " + line.split(" ", 2)[1] for line in result.out.splitlines()]


# check


def test_check_is_the_default_command(run: Run) -> None:
    expected = ["app.py:12:5: FAL101", "app.py:16:23: FAL002"]
    for arguments in (["app.py"], ["."], [], ["check", "."], ["check"]):
        result = run(*arguments, "--output-format", "concise")
        assert (lines(result), result.code) == (expected, 1)
    assert lines(run("--output-format", "concise")) == expected


def test_words_go_to_the_standard_error(run: Run) -> None:
    result = run(".")
    assert "\x1b" not in result.out + result.err
    assert "12 |     time.sleep(1)" in result.out
    assert result.err.startswith("Found 1 error and 1 warning (1 file, 2 routes)\n")
    assert "Found" not in result.out


def test_quiet(run: Run) -> None:
    assert run(".", "--quiet").err == run("--select", "FAL3", "-q").err == ""
    assert run(".", "--quiet").out == run(".").out


def test_clean(run: Run) -> None:
    assert run("--select", "FAL303") == Result("", "All checks passed (1 file, 2 routes)\n", 0)


def test_selection(run: Run) -> None:
    for arguments in (
        ["--select", "FAL101"],
        ["--ignore", "FAL002,FAL103"],
        ["--select", "FAL001", "--extend-select=blocking-call"],
    ):
        assert lines(run(*arguments, "--output-format=concise")) == ["app.py:12:5: FAL101"]


def test_exit_zero(run: Run) -> None:
    result = run("--exit-zero")
    assert result.code == 0
    assert "FAL101" in result.out


def test_json(run: Run) -> None:
    result = run("--output-format", "json")
    assert (result.err, result.code) == ("", 1)
    document = json.loads(result.out)
    assert [item["code"] for item in document["diagnostics"]] == ["FAL101", "FAL002"]
    assert document["summary"]["files"] == 1


def test_output_file(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = run("--output-format", "concise", "--output-file", "report.txt")
    assert (result.out, result.code) == ("", 1)
    assert (root / "report.txt").read_text().startswith("app.py:12:5: FAL101 ")
    assert run("--output-file", "gone/report.txt") == Result(
        "", "error: gone/report.txt: cannot be written: No such file or directory\n", 2
    )


def test_statistics(run: Run) -> None:
    assert run("--statistics").out == "1  FAL002  [*] unused-suppression\n1  FAL101  [ ] blocking-call\n"
    assert [row["count"] for row in json.loads(run("--statistics", "--output-format", "json").out)["statistics"]] == [
        1,
        1,
    ]


def test_colour(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run(".").out
    assert "\x1b[" not in run(".", "--output-format", "json").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run(".").out


def test_named_files_narrow_the_report(run: Run, root: Path) -> None:
    (root / "other.py").write_text("x = 1\n")
    assert run("other.py").code == 0
    assert run("other.py", "app.py").code == 1


def test_configured_sources_and_format(run: Run, root: Path) -> None:
    (root / "back").mkdir()
    (root / "back" / "x.py").write_text("x = 1\n")
    (root / "fastapi-lint.toml").write_text('src = ["back"]\noutput-format = "concise"\n')
    assert run().code == 0
    assert lines(run("app.py")) == ["app.py:12:5: FAL101", "app.py:16:23: FAL002"]
    (root / "fastapi-lint.toml").write_text('src = ["gone"]\n')
    assert run() == Result("", "error: fastapi-lint.toml: `src` names `gone`, which does not exist\n", 2)


def test_configuration_can_be_named_or_left_out(run: Run, root: Path) -> None:
    (root / "fastapi-lint.toml").write_text('select = ["FAL00"]\n')
    (root / "other.toml").write_text('select = ["FAL101"]\n')
    assert run().code == 0
    assert run("--isolated").code == 1
    assert "FAL101" in run("--config", "other.toml").out
    assert "FAL002" not in run("--config", "other.toml").out


def test_severity_and_per_file_ignores(run: Run, root: Path) -> None:
    (root / "fastapi-lint.toml").write_text(
        'severity = {FAL101 = "info"}\nper-file-ignores = {"app.py" = ["FAL002"]}\n'
    )
    document = json.loads(run("--output-format", "json").out)
    assert [(item["code"], item["severity"]) for item in document["diagnostics"]] == [("FAL101", "info")]


def test_show_settings(run: Run, root: Path) -> None:
    (root / "fastapi-lint.toml").write_text('select = ["FAL1"]\n')
    result = run("--show-settings", "--select", "FAL101")
    assert result.code == 0
    assert result.out.startswith(f"# from fastapi-lint.toml\n# root: {root}\n# rules in force: FAL101\n")


def test_nothing_to_check_is_a_visible_warning(run: Run, root: Path) -> None:
    (root / "empty").mkdir()
    assert run("empty") == Result("", "warning: no Python files found under `empty`\n", 0)
    (root / "build").mkdir()
    (root / "build" / "x.py").write_text("x = 1\n")
    expected = "warning: no Python files found under `build/x.py`; `build/x.py` is excluded by the pattern `build`\n"
    assert run("build/x.py") == Result("", expected, 0)
    assert run("empty", "--quiet").err == ""


def test_empty_and_broken_files(run: Run, root: Path) -> None:
    (root / "empty.py").write_text("")
    (root / "latin.py").write_bytes(b"x = '\xe4'\n")
    assert run("empty.py").code == 0
    result = run("latin.py", "app.py", "--output-format", "concise")
    assert lines(result) == ["app.py:12:5: FAL101", "app.py:16:23: FAL002", "latin.py:1:1: FAL001"]
    assert result.code == 1


def test_a_statement_that_libcst_cannot_parse_costs_its_file_only(root: Path, run: Run) -> None:
    (root / "templates.py").write_text('from fastapi import FastAPI\n\nx = t"a" t"b{FastAPI}"\n')
    result = run("templates.py", "app.py", "--output-format", "concise")
    assert lines(result) == ["app.py:12:5: FAL101", "app.py:16:23: FAL002", "templates.py:1:1: FAL001"]


# Standard input


def test_standard_input(run: Run) -> None:
    for arguments in (
        ["-"],
        ["--stdin-filename", "app.py"],
        ["--stdin-filename", "app.py", "-"],
        ["--stdin-filename", "new.py", "-"],
    ):
        result = run(*arguments, "--output-format", "json", stdin=APP.replace("import time", "import time\n"))
        (first, second) = json.loads(result.out)["diagnostics"]
        assert (first["line"], second["line"], result.code) == (13, 17, 1)
        assert first["path"] == (arguments[1] if len(arguments) > 1 else "-")


def test_fixing_the_standard_input_writes_it_to_the_standard_output(run: Run, root: Path) -> None:
    result = run("--stdin-filename", "app.py", "--fix", "--output-format", "concise", stdin=APP)
    assert result.out == FIXED
    assert result.err.startswith("app.py:12:5: FAL101 ")
    assert (root / "app.py").read_text() == APP


def test_the_standard_input_stands_alone(run: Run) -> None:
    assert run("-", "app.py", stdin="") == Result(
        "", "error: the standard input is checked alone: leave out `app.py`\n", 2
    )


# Fixes


def test_fix(run: Run, root: Path) -> None:
    result = run("--fix", "--output-format", "concise")
    assert (root / "app.py").read_text() == FIXED
    assert lines(result) == ["app.py:12:5: FAL101"]
    assert result.code == 1
    assert result.err == "Fixed 1 finding; 1 error remains (1 file, 2 routes)\n1 more fixable with `--unsafe-fixes`\n"
    assert run("--fix", "--select", "FAL002").code == 0


def test_diff(run: Run, root: Path) -> None:
    result = run("--diff")
    assert (root / "app.py").read_text() == APP
    assert result.out == (
        "--- app.py\n"
        "+++ app.py\n"
        "@@ -13,5 +13,5 @@\n"
        " \n"
        " \n"
        ' @app.get("/quiet")\n'
        "-def quiet() -> None:  # noqa: FAL101\n"
        "+def quiet() -> None:\n"
        "     return None\n"
    )
    assert (result.err, result.code) == ("Would fix 1 finding\n1 more fixable with `--unsafe-fixes`\n", 1)
    assert run("--diff", "--select", "FAL3") == Result("", "Would fix 0 findings\n", 0)


def test_a_diff_can_be_applied(run: Run, root: Path) -> None:
    for text in (APP.rstrip("\n"), APP.replace("\n", "\r\n"), APP.replace("return None\n", "return None\n\f\n# end")):
        (root / "app.py").write_text(text, newline="")
        (root / "change.diff").write_text(run("--diff").out, newline="")
        subprocess.run(["git", "apply", "-p0", "--whitespace=nowarn", "change.diff"], cwd=root, check=True)
        assert (root / "app.py").read_bytes() == text.replace("  # noqa: FAL101", "").encode()


def test_a_file_that_changes_while_it_is_fixed_is_left_alone(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_late(*arguments: object) -> None:
        (root / "app.py").write_text("saved = True\n")
        written(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("fastapi_lint.fix.written", write_late)
    assert run("--fix") == Result("", "error: app.py has changed since it was checked\n", 2)
    assert (root / "app.py").read_text() == "saved = True\n"


# Rules


def test_rules(run: Run) -> None:
    table = run("rules").out.splitlines()
    assert table[0].split() == ["code", "name", "severity", "default", "fix"]
    assert [row.split()[0] for row in table[1:]] == [rule.code for rule in all_rules()]
    document = json.loads(run("rules", "--output-format", "json").out)
    assert [row["name"] for row in document["rules"]] == [rule.name for rule in all_rules()]
    assert {row["name"]: row["options"] for row in document["rules"]}["async-without-await"]["bodies"][
        "default"
    ] == "working"


@pytest.mark.parametrize("selector", ["FAL101", "blocking-call", "fal101"])
def test_explain(run: Run, selector: str) -> None:
    text = run("explain", selector).out
    assert text.startswith("# blocking-call (FAL101)\n\nconcurrency · error · on by default · unsafe fix\n\n")
    assert next(rule for rule in all_rules() if rule.code == "FAL101").documentation.rstrip() in text


def test_help_and_version(run: Run) -> None:
    assert run("--version").out.startswith("fastapi-lint ")
    assert run("-h") == run("--help")
    assert "[check] [OPTIONS] [PATHS]" in run("-h").out
    assert "--unsafe-fixes" in run("check", "-h").out


# What goes wrong


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.py"], "gone.py: no such file or directory"),
        (["chekc"], "chekc: no such file or directory; did you mean `check`?"),
        (["--selct", "FAL1"], "no such option `--selct`; did you mean `--select`?"),
        (["--select", "FAL101,blocking-cal"], "--select: unknown rule `blocking-cal`; did you mean `blocking-call`?"),
        (["--config", "gone.toml"], "gone.toml: no such configuration file"),
        (
            ["--config", "a.toml", "--isolated"],
            "--isolated reads no configuration file, --config names one: leave one of them out",
        ),
        (["--unsafe-fixes"], "--unsafe-fixes says which fixes to apply: add --fix or --diff"),
        (["--show-fixes"], "--show-fixes lists what was fixed: add --fix or --diff"),
        (["--exit-non-zero-on-fix"], "--exit-non-zero-on-fix is about applied fixes: add --fix or --diff"),
        (["--config"], "Option '--config' requires an argument"),
        (["explain", "blocking-cal"], "unknown rule `blocking-cal`; did you mean `blocking-call`?"),
        (["explain", "security"], "`security` stands for "),
        (["--output-format", "xml"], "Invalid value for '--output-format': 'xml' is not one of "),
        (["rules", "extra"], "Got unexpected extra argument (extra)"),
    ],
)
def test_wrong_usage_is_one_line(run: Run, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.err.startswith(f"error: {message}")
    assert (result.out, result.err.count("\n"), result.code) == ("", 1, 2)


def test_broken_configuration_is_one_line(run: Run, root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.fastapi-lint]\nselct = []\n")
    assert run() == Result(
        "", "error: pyproject.toml: unknown key `tool.fastapi-lint.selct`; did you mean `select`?\n", 2
    )


def test_a_bug_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise LookupError("out of\nluck")

    monkeypatch.setattr("fastapi_lint.run.check", fail)
    result = run(".")
    assert result.err.startswith("error: internal error, LookupError: out of luck (test_cli.py:")
    assert (result.err.count("\n"), result.code) == (1, 2)
    monkeypatch.setenv("FASTAPI_LINT_TRACEBACK", "1")
    with pytest.raises(LookupError):
        main(["."])


def test_an_interrupt_is_quiet(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fastapi_lint.run.check", interrupt)
    assert run(".") == Result("", "\n", 130)


# As a process


def test_as_a_module(root: Path) -> None:
    command = [sys.executable, "-m", "fastapi_lint"]
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("fastapi-lint ")
    answer = subprocess.run(
        [*command, "explain", "FAL101"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert answer.stdout.startswith(b"# blocking-call")


def test_the_version_is_told_without_loading_the_command_line() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "fastapi_lint", "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines()}
    assert "fastapi_lint.version" in loaded
    assert not loaded & {"click", "libcst", "fastapi_lint.cli"}


def test_a_closed_pipe_is_no_traceback(root: Path) -> None:
    code = "import sys; from fastapi_lint.cli import main; main(sys.argv[1:])"
    with subprocess.Popen(
        [sys.executable, "-c", code, "rules"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() != 2
