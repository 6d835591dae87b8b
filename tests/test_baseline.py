"""Baselines: what is in them is not reported, what is new is, and lines and files may move."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cli import FIXED, Run, root, run

from fastapi_lint import baseline
from fastapi_lint.baseline import BaselineError, Key, fingerprint, within_module
from fastapi_lint.findings import Diagnostic, Span
from fastapi_lint.source import Source

__all__ = ["root", "run"]

NAME = "fastapi-lint-baseline.toml"


@pytest.fixture
def accepted(run: Run, root: Path) -> Path:
    """A project whose one finding is in its baseline."""
    (root / "app.py").write_text(FIXED)
    (root / "fastapi-lint.toml").write_text(f'baseline = "{NAME}"\n')
    assert run("--write-baseline") == ("", f"Accepted 1 finding in {NAME}\n", 0)
    return root


def test_the_file(accepted: Path) -> None:
    lines = (accepted / NAME).read_text().splitlines()
    assert lines[1:3] == ["version = 1", "findings = ["]
    assert lines[3].startswith('    { path = "app.py", rule = "FAL101", symbol = "read", source = "')
    assert lines[4:] == ["]"]


def test_what_is_accepted_is_not_reported(run: Run, accepted: Path) -> None:
    assert run() == ("", "All checks passed (1 file, 2 routes)\n", 0)
    assert run("--no-baseline").code == 1
    assert run("--isolated", "--baseline", NAME).code == 0
    assert run("--isolated").code == 1


def test_the_words_where_nothing_is_configured(run: Run, root: Path) -> None:
    assert run("--write-baseline", "--baseline", "old.toml").err.splitlines()[1:] == [
        "Name it with --baseline, or as `baseline` in the configuration: `old.toml`"
    ]
    assert run("--baseline", "old.toml").code == 0


def test_lines_may_move_and_be_formatted(run: Run, accepted: Path) -> None:
    moved = FIXED.replace("\n\n\n", "\n\nX = 1\n\n\n").replace("time.sleep(1)", "time.sleep(\n        1,  # s\n    )")
    (accepted / "app.py").write_text(moved)
    assert run().code == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    time.sleep(1)\n", "    time.sleep(2)\n"),  # other code
        ("    time.sleep(1)\n", "    time.sleep(1)\n    time.sleep(1)\n"),  # once more
        ("def read(", "def read_all("),  # elsewhere
    ],
)
def test_new_findings_are_reported(run: Run, accepted: Path, old: str, new: str) -> None:
    (accepted / "app.py").write_text(FIXED.replace(old, new))
    result = run("--output-format", "concise")
    assert result.out.count("FAL101") == 1
    assert result.code == 1


def test_repeats_are_counted(run: Run, accepted: Path) -> None:
    (accepted / "app.py").write_text(FIXED.replace("    time.sleep(1)\n", "    time.sleep(1)\n" * 3))
    assert run("--write-baseline").err == f"Accepted 3 findings in {NAME}\n"
    assert (accepted / NAME).read_text().count("count = 3") == 1
    assert run().code == 0
    (accepted / "app.py").write_text(FIXED)
    assert f"{NAME}: FAL101 in app.py (`read`) is no longer found, 2 times" in run().err


def test_a_renamed_file(run: Run, accepted: Path) -> None:
    (accepted / "pkg").mkdir()
    (accepted / "app.py").rename(accepted / "pkg" / "main.py")
    assert run().code == 0
    assert "no longer" not in run().err
    assert run("--update-baseline").err.startswith(f"{NAME}: 0 findings taken out, 1 renamed file followed\n")
    assert 'path = "pkg/main.py"' in (accepted / NAME).read_text()
    assert 'path = "app.py"' not in (accepted / NAME).read_text()
    assert run().code == 0


def test_a_copied_file_is_new(run: Run, accepted: Path) -> None:
    (accepted / "copy.py").write_text(FIXED)
    assert run("--output-format", "concise").out.startswith("copy.py:12:5: FAL101")


def test_expired_entries_are_reported_and_taken_out(run: Run, accepted: Path) -> None:
    (accepted / "app.py").write_text(FIXED.replace("    time.sleep(1)\n", ""))
    result = run()
    assert result.code == 0
    assert result.err.splitlines()[:2] == [
        f"warning: {NAME}: FAL101 in app.py (`read`) is no longer found",
        f"warning: {NAME}: `--update-baseline` takes them out",
    ]
    assert run("--quiet").err == ""
    assert run("--update-baseline").err.startswith(f"{NAME}: 1 finding taken out\n")
    assert (accepted / NAME).read_text().count("FAL101") == 0
    assert "no longer" not in run().err


def test_update_accepts_nothing_new(run: Run, accepted: Path) -> None:
    (accepted / "app.py").write_text(FIXED.replace("time.sleep(1)", "time.sleep(2)"))
    result = run("--update-baseline", "--output-format", "concise")
    assert result.code == 1
    assert "FAL101" in result.out
    assert "FAL101" not in (accepted / NAME).read_text()


def test_what_a_run_does_not_look_at_stays(run: Run, accepted: Path) -> None:
    (accepted / "other.py").write_text(FIXED)
    before = (accepted / NAME).read_text()
    (accepted / "app.py").write_text(FIXED.replace("    time.sleep(1)\n", ""))
    assert "no longer" not in run("other.py").err
    assert "no longer" not in run("--select", "FAL002").err
    run("other.py", "--update-baseline")
    run("--select", "FAL002", "--update-baseline")
    assert (accepted / NAME).read_text() == before
    run("other.py", "--write-baseline")
    assert [line for line in (accepted / NAME).read_text().splitlines() if "path" in line] == [
        *[line for line in before.splitlines() if "path" in line],
        next(line for line in before.splitlines() if "path" in line).replace("app.py", "other.py"),
    ]


def test_paths_are_relative_to_the_file(run: Run, accepted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (accepted / "sub").mkdir()
    monkeypatch.chdir(accepted / "sub")
    assert run("..").code == 0
    assert run("../app.py").code == 0


def test_fixes_leave_what_is_accepted(run: Run, accepted: Path) -> None:
    text = FIXED.replace(
        "def quiet() -> None:", "async def quiet() -> None:\n    time.sleep(3)\n    await asyncio.sleep(0)"
    )
    (accepted / "app.py").write_text(text)
    result = run("--fix", "--unsafe-fixes", "--select", "FAL101")
    assert result.err == "Fixed 1 finding; nothing remains (1 file, 2 routes)\n"
    assert (accepted / "app.py").read_text() == text.replace("time.sleep(3)", "await asyncio.sleep(3)")


def test_sarif_tells_what_is_unchanged(run: Run, accepted: Path) -> None:
    (accepted / "app.py").write_text(FIXED.replace("    time.sleep(1)\n", "    time.sleep(2)\n    time.sleep(1)\n"))
    results = json.loads(run("--output-format", "sarif").out)["runs"][0]["results"]
    assert [
        (one["locations"][0]["physicalLocation"]["region"]["startLine"], one["baselineState"]) for one in results
    ] == [
        (12, "new"),
        (13, "unchanged"),
    ]


def test_a_broken_file_is_never_accepted(run: Run, accepted: Path) -> None:
    (accepted / "broken.py").write_text("def (:\n")
    assert "1 finding cannot be accepted" in run("--write-baseline").err
    assert run().code == 1


def test_no_value_of_a_secret_matters(run: Run, root: Path) -> None:
    code = "import jwt\nfrom fastapi import FastAPI\napp = FastAPI()\nKEY = '{}'\n\n\ndef f() -> str:\n    return jwt.encode({{'exp': 1}}, KEY)\n"
    (root / "app.py").write_text(code.format("kX9-fU2q-Lz7vWp4m"))
    assert "Accepted 1 finding" in run("--select", "FAL301", "--write-baseline").err
    (root / "app.py").write_text(code.format("aB3-gV5r-Mx8wXq6n"))
    assert run("--select", "FAL301", "--baseline", NAME).code == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("findings = [", "old.toml: is no baseline: "),
        (
            "version = 1\nfindings = [\n<<<<<<< HEAD\n=======\n>>>>>>> other\n]",
            "old.toml: was not merged to the end: keep the entries of both sides",
        ),
        ("findings = []", "old.toml: is no baseline that this version can read: it does not say `version = 1`"),
        ("version = 1\nfindings = 3", "old.toml: is no baseline: `findings` must be a list"),
        ('version = 1\nfindings = [{ path = "a" }]', "old.toml: finding 1 must be a table with `path`, `rule`, "),
        (
            'version = 1\nfindings = [{ path = "a", rule = "b", symbol = "", source = "", count = 0 }]',
            "old.toml: finding 1 must be a table with ",
        ),
    ],
)
def test_what_is_no_baseline(run: Run, root: Path, content: str, message: str) -> None:
    (root / "old.toml").write_text(content)
    result = run("--baseline", "old.toml")
    assert message in result.err
    assert (result.out, result.err.count("\n"), result.code) == ("", 1, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--baseline", "gone.toml"], "gone.toml: no such baseline; --write-baseline makes one"),
        (["--update-baseline"], "there is no baseline: name it with --baseline or in the configuration"),
        (["--no-baseline", "--baseline", "x"], "--no-baseline and --baseline do not go together"),
        (["--write-baseline", "--update-baseline"], "--write-baseline and --update-baseline do not go together"),
        (["--write-baseline", "--no-baseline"], "--write-baseline and --no-baseline do not go together"),
        (["--write-baseline", "--fix"], "--write-baseline and --fix do not go together"),
        (["--write-baseline", "--baseline", "gone/x.toml"], "gone/x.toml: cannot be written: "),
    ],
)
def test_what_does_not_work(run: Run, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert message in result.err
    assert result.code == 2


keys = st.builds(Key, *[st.text(st.characters(exclude_categories=["Cs"]))] * 4)


@settings(deadline=None)
@given(st.dictionaries(keys, st.integers(1, 99)))
def test_what_is_written_is_read(entries: dict[Key, int]) -> None:
    text = baseline.written(entries)
    assert len(text.splitlines()) >= len(entries) + 4 or not entries
    assert baseline.parsed(Path("x.toml"), text.encode()) == entries


def test_two_branches_that_accept_findings_at_one_place_can_be_merged(run: Run, accepted: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=x", "-c", "user.email=x@y", *arguments],
            cwd=accepted,
            check=True,
            capture_output=True,
        )

    app = (accepted / "app.py").read_text()
    git("init", "-q", "-b", "main", ".")
    (accepted / ".gitattributes").write_text(f"{NAME} merge=union\n")
    git("add", "-A")
    git("commit", "-q", "-m", "accepted")
    for branch in ("one", "other"):
        git("checkout", "-q", "-b", branch, "main")
        (accepted / f"zz_{branch}.py").write_text(app)
        run("--write-baseline")
        git("add", "-A")
        git("commit", "-q", "-m", branch)
    git("merge", "-q", "one", "-m", "both")
    assert run().code == 0
    assert {f"zz_{branch}.py" in (accepted / NAME).read_text() for branch in ("one", "other")} == {True}


def test_a_merge_that_doubles_an_entry_counts_it_once() -> None:
    key = Key("a.py", "FAL101", "f", "00")
    lines = baseline.written({key: 2}).splitlines(keepends=True)
    doubled = [*lines[:-1], lines[-2].replace("count = 2", "count = 3"), lines[-1]]
    assert baseline.parsed(Path("x.toml"), "".join(doubled).encode()) == {key: 3}


def test_a_baseline_in_another_encoding_is_refused() -> None:
    with pytest.raises(BaselineError, match=r"x\.toml: is no baseline"):
        baseline.parsed(Path("x.toml"), b"\xff")


@pytest.mark.parametrize(
    ("symbol", "path", "inside"),
    [
        ("app.users.read", "app/users.py", "read"),
        ("app.users.A.read", "src/app/users.py", "A.read"),
        ("app.read", "src/app/__init__.py", "read"),
        ("main.read", "main.py", "read"),
        ("main", "main.py", ""),
        ("mainly.read", "main.py", "mainly.read"),
        ("", "main.py", ""),
    ],
)
def test_symbols_without_their_module(symbol: str, path: str, inside: str) -> None:
    assert within_module(symbol, path) == inside


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("f(a, b)", "f(\n    a,  # first\n    b,\n)", True),
        ("f('a')", 'f("a")', True),
        ("async def f(", "async def f(a, b) -> None:", True),
        ("class A:", "class A(B):", True),
        ("f(a)", "f(b)", False),
        ("def f(", "def g(", False),
        ("def f():", "async def f():", False),
    ],
)
def test_fingerprints(one: str, other: str, same: bool) -> None:
    digests = set()
    for text in (one, other):
        source = Source.decode("a.py", text.encode())
        span = Span(source.position(0), source.position(len(text)))
        digests.add(fingerprint(Diagnostic("FAL101", "a-rule", "error", "", "a.py", span), source))
    assert (len(digests) == 1) == same
