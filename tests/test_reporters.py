"""The three formats, statistics and the summary, as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from fastapi_lint import reporters
from fastapi_lint.findings import Diagnostic, LocatedFix, Position, Severity, Span, TextEdit, TraceStep
from fastapi_lint.reporters import statistics, summary
from fastapi_lint.reporters.paint import coloured, plain, visible, width
from fastapi_lint.source import Source

TEXT = """\
from app.service import load


@router.get("/users")
async def list_users():
\treturn load("ä漢")


KEY = "correct horse battery"
"""


@dataclass
class Report:
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    files: int = 3
    routes: int = 1
    internal_error: bool = False
    unchanged: tuple[Diagnostic, ...] = ()


def source(text: str = TEXT, path: str = "app/users.py") -> Source:
    return Source.decode(path, text.encode())


def span(line: int, column: int, end_line: int, end_column: int) -> Span:
    return Span(Position(line, column), Position(end_line, end_column))


def found(
    at: Span,
    code: str = "FAL103",
    name: str = "blocking-chain",
    severity: Severity = "error",
    fix: LocatedFix | None = None,
) -> Diagnostic:
    message = "`load` blocks the event loop through `requests.get`"
    return Diagnostic(
        code,
        name,
        severity,
        message,
        "app/users.py",
        at,
        symbol="app.users.list_users",
        url="https://x.test/r",
        fix=fix,
    )


def edit(at: Span, replacement: str) -> TextEdit:
    return TextEdit("app/users.py", 0, 1, replacement, at)


CALL = span(6, 9, 6, 19)
SAFE = LocatedFix("Drop it", "safe", (edit(CALL, "x"),))
UNSAFE = LocatedFix("Run it in a thread", "unsafe", (edit(CALL, "await to_thread(load)"),))
CHAIN = replace(
    found(CALL, fix=UNSAFE),
    trace=(
        TraceStep("app/service.py", span(9, 12, 9, 20), "`load` calls `fetch`"),
        TraceStep("app/http.py", span(4, 5, 4, 30), "`fetch` calls `requests.get`"),
    ),
)


def rendered(*diagnostics: Diagnostic, text: str = TEXT, output_format: str = "full") -> str:
    report = Report(diagnostics, {"app/users.py": source(text)})
    return reporters.render(report, output_format, plain)


def test_full() -> None:
    assert rendered(CHAIN) == (
        "app/users.py:6:9: FAL103 `load` blocks the event loop through `requests.get`\n"
        "  |\n"
        '4 | @router.get("/users")\n'
        "5 | async def list_users():\n"
        '6 |     return load("ä漢")\n'
        "  |            ^^^^^^^^^^^\n"
        "  |\n"
        "  --> app/service.py:9:12: `load` calls `fetch`\n"
        "  --> app/http.py:4:5: `fetch` calls `requests.get`\n"
        "help: Run it in a thread (unsafe fix)\n"
        "\n"
    )


def test_full_without_the_source() -> None:
    text = reporters.render(Report((found(CALL, fix=SAFE),)), "full", plain)
    assert text == "app/users.py:6:9: FAL103 [*] `load` blocks the event loop through `requests.get`\nhelp: Drop it\n\n"


@pytest.mark.parametrize(
    ("at", "carets"),
    [
        (span(1, 1, 1, 5), "^^^^"),
        (span(4, 1, 6, 3), "^" * len('@router.get("/users")')),
        (span(2, 1, 2, 1), "^"),
        (span(10, 1, 10, 1), "^"),
    ],
)
def test_carets(at: Span, carets: str) -> None:
    (line,) = [line for line in rendered(found(at)).splitlines() if "^" in line]
    assert line.partition("| ")[2].strip() == carets


def test_long_lines_are_cut_around_the_finding() -> None:
    text = "x = [" + "a, " * 400 + "TARGET" + ", b" * 400 + "]"
    at = text.index("TARGET") + 1
    lines = rendered(found(span(1, at, 1, at + 6)), text=text).splitlines()
    assert all(len(line) < 200 for line in lines)
    assert lines[3].index("^^^^^^") == lines[2].index("TARGET")
    assert lines[2].count("…") == 2


@pytest.mark.parametrize("name", ["hardcoded-secret", "insecure-secret-default"])
def test_secrets_do_not_reach_the_log(name: str) -> None:
    text = rendered(found(span(9, 1, 9, 30), name=name))
    assert "correct horse" not in text
    assert '9 | KEY = "*********************"\n' in text
    multiline = 'KEY = """-----BEGIN KEY\nabcdef\n"""\n'
    text = rendered(found(span(1, 7, 3, 4), name=name), text=multiline)
    assert "BEGIN" not in text
    assert "abcdef" not in text


def test_control_characters_cannot_act() -> None:
    text = rendered(found(span(1, 1, 1, 2)), text="x = '\x1b[31m \u202e'  # \x07\n")
    assert not set(text) & {"\x1b", "\x07", "\u202e"}
    assert r"x = '\x1b[31m \u202e'  # \x07" in text
    assert visible("a\nb\tc") == r"a\x0ab    c"
    assert width(visible("漢é\u0301")) == 3


def test_colour_only_decorates() -> None:
    report = Report((CHAIN, found(CALL, fix=SAFE)), {"app/users.py": source()})
    for output_format in ("full", "concise"):
        text = reporters.render(report, output_format, coloured)
        stripped = text
        while "\x1b[" in stripped:
            start = stripped.index("\x1b[")
            stripped = stripped[:start] + stripped[stripped.index("m", start) + 1 :]
        assert text != stripped == reporters.render(report, output_format, plain)


def test_concise() -> None:
    assert rendered(CHAIN, found(CALL, fix=SAFE), output_format="concise") == (
        "app/users.py:6:9: FAL103 `load` blocks the event loop through `requests.get`\n"
        "app/users.py:6:9: FAL103 [*] `load` blocks the event loop through `requests.get`\n"
    )


def test_json() -> None:
    document = json.loads(rendered(CHAIN, found(CALL, severity="info", fix=SAFE), output_format="json"))
    assert list(document) == ["version", "diagnostics", "summary"]
    assert document["version"] == 1
    assert document["summary"] == {"files": 3, "routes": 1, "errors": 1, "warnings": 0, "infos": 1, "fixable": 1}
    assert document["diagnostics"][0] == {
        "code": "FAL103",
        "name": "blocking-chain",
        "severity": "error",
        "message": "`load` blocks the event loop through `requests.get`",
        "path": "app/users.py",
        "line": 6,
        "column": 9,
        "end_line": 6,
        "end_column": 19,
        "symbol": "app.users.list_users",
        "url": "https://x.test/r",
        "trace": [
            {"path": "app/service.py", "line": 9, "column": 12, "message": "`load` calls `fetch`"},
            {"path": "app/http.py", "line": 4, "column": 5, "message": "`fetch` calls `requests.get`"},
        ],
        "fix": {
            "applicability": "unsafe",
            "title": "Run it in a thread",
            "edits": [
                {
                    "path": "app/users.py",
                    "line": 6,
                    "column": 9,
                    "end_line": 6,
                    "end_column": 19,
                    "replacement": "await to_thread(load)",
                }
            ],
        },
    }


def test_json_of_nothing() -> None:
    document = json.loads(reporters.render(Report(), "json", plain))
    assert document["diagnostics"] == []
    assert document["summary"]["errors"] == 0


@pytest.mark.parametrize("output_format", reporters.FORMATS)
def test_every_format_ends_in_a_newline(output_format: str) -> None:
    assert rendered(CHAIN, output_format=output_format).endswith("\n")


def test_every_named_format_has_a_module() -> None:
    for output_format in reporters.FORMATS:
        assert isinstance(reporters.render(Report(), output_format, plain), str)


def test_statistics() -> None:
    few = found(CALL, code="FAL101", name="blocking-call")
    report = Report((few, *[found(CALL, fix=SAFE)] * 10, few))
    assert statistics.render(report, plain) == "10  FAL103  [*] blocking-chain\n 2  FAL101  [ ] blocking-call\n"
    assert json.loads(statistics.render_json(report))["statistics"] == [
        {"code": "FAL103", "name": "blocking-chain", "count": 10, "fixable": True},
        {"code": "FAL101", "name": "blocking-call", "count": 2, "fixable": False},
    ]
    assert statistics.render(Report(), plain) == ""


@pytest.mark.parametrize(
    ("diagnostics", "text"),
    [
        ((), "All checks passed (3 files, 1 route)\n"),
        ((found(CALL),), "Found 1 error (3 files, 1 route)\n"),
        (
            (found(CALL, fix=SAFE), found(CALL, fix=UNSAFE), found(CALL, severity="warning")),
            "Found 2 errors and 1 warning (3 files, 1 route)\n"
            "[*] 1 fixable with `--fix`, 1 more with `--unsafe-fixes`\n",
        ),
        (
            (found(CALL, fix=UNSAFE),),
            "Found 1 error (3 files, 1 route)\n1 fixable with `--fix --unsafe-fixes`\n",
        ),
    ],
)
def test_summary(diagnostics: tuple[Diagnostic, ...], text: str) -> None:
    assert summary.render(Report(diagnostics), plain) == text


@pytest.mark.parametrize(
    ("left", "fixed", "more", "text"),
    [
        ((), (found(CALL), found(CALL)), 0, "Fixed 2 findings; nothing remains (3 files, 1 route)\n"),
        ((found(CALL),), (), 0, "Fixed nothing; 1 error remains (3 files, 1 route)\n"),
        (
            (found(CALL), found(CALL, severity="info")),
            (found(CALL),),
            1,
            "Fixed 1 finding; 1 error and 1 info remain (3 files, 1 route)\n1 more fixable with `--unsafe-fixes`\n",
        ),
    ],
)
def test_closing_words_of_fixes(
    left: tuple[Diagnostic, ...], fixed: tuple[Diagnostic, ...], more: int, text: str
) -> None:
    assert summary.render_fixed(Report(left), plain, fixed, more) == text


def test_enumeration_of_fixes() -> None:
    few = found(CALL, code="FAL101", name="blocking-call")
    elsewhere = replace(few, path="app/a.py")
    assert summary.render_fixes((few, *[found(CALL)] * 10, elsewhere), plain) == (
        "app/a.py\n  1  FAL101  blocking-call\napp/users.py\n  10  FAL103  blocking-chain\n   1  FAL101  blocking-call\n"
    )
