"""Suppression comments: where they are seen, what they silence, and how the unused ones go."""

from __future__ import annotations

import io
import sys
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastapi_lint import suppress
from fastapi_lint.comments import comments
from fastapi_lint.findings import Diagnostic, Position, Span, TraceStep
from fastapi_lint.registry import all_rules, find
from fastapi_lint.source import Source

EVERY = frozenset(rule.code for rule in all_rules())


def source(text: str, path: str = "app.py") -> Source:
    return Source.decode(path, text.encode())


def diagnostic(
    code: str, line: int, end_line: int = 0, path: str = "app.py", trace: tuple[TraceStep, ...] = ()
) -> Diagnostic:
    span = Span(Position(line, 5), Position(end_line or line, 9))
    return Diagnostic(code, find(code).name, "error", "message", path, span, trace=trace)


def outcome(text: str, *found: Diagnostic, ran: frozenset[str] = EVERY) -> suppress.Outcome:
    return suppress.apply(found, suppress.all_suppressions(source(text)), lambda path: ran)


def idle(text: str, *found: Diagnostic, ran: frozenset[str] = EVERY) -> list[list[str]]:
    return [[selector.text for selector in item.selectors] for item in outcome(text, *found, ran=ran).unused]


def repaired(text: str, *found: Diagnostic) -> str:
    """The text after the fixes of every unused suppression."""
    parsed = source(text)
    result = suppress.apply(found, suppress.all_suppressions(parsed), lambda path: EVERY)
    reported = list(suppress.unused(find("FAL002"), result.unused, {parsed.path: parsed}, "warning"))
    for item in reversed(reported):
        assert item.fix is not None
        for edit in item.fix.edits:
            assert edit.span == parsed.span(edit.start, edit.end)
            text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


# Where comments are


@pytest.mark.parametrize(
    "text",
    [
        "x = '# noqa'",
        'x = """\n# noqa: FAL101\n"""',
        "x = 'it\\'s # noqa'",
        "x = r'\\' ' # noqa'".replace("' #", "#"),
        'x = f"{y} # noqa"',
        'x = f"{y["# noqa"]}"',
        "x = f'{y:# noqa}'",
        "x = f'{{# noqa'",
        "x = rf'\\{y}# noqa'",
        "x = f'{y:{w}# noqa}'",
        "x = f'\\N{NUMBER SIGN} # noqa'",
        'x = f"""{y!r:>{w}} \n # noqa {z} """',
        "x = t'{y} # noqa'",
        "x = 1 if'# noqa'else 2",
        "x = b'# noqa' rb'# noqa'",
    ],
)
def test_strings_hold_no_comments(text: str) -> None:
    assert not list(comments(text))
    assert [(text + "  # noqa")[slice(*span)] for span in comments(text + "  # noqa")] == ["# noqa"]


def test_comments_inside_replacement_fields() -> None:
    text = 'f"""{\n  x  # noqa: FAL101\n}"""  # second'
    assert [text[slice(*span)] for span in comments(text)] == ["# noqa: FAL101", "# second"]


STRINGS = st.sampled_from(
    [
        "'a'",
        '"#"',
        "''",
        "'''#\n'#'''",
        '"""\n"#"""',
        "f'{a}#'",
        "f'{ {1: 2}[1] }'",
        "rf'#{a:#>{b}}'",
        "b'\\'#'",
        "r'\\#'",
        "f'{{#'",
    ]
)
LINES = st.lists(
    st.tuples(
        st.lists(STRINGS, min_size=1, max_size=3), st.sampled_from(["", "# a", "# noqa", "#'", '# """', "# f'{"])
    ),
    max_size=6,
)


@given(LINES)
def test_comments_agree_with_tokenize(lines: list[tuple[list[str], str]]) -> None:
    text = "".join(f"x = {' + '.join(strings)}  {comment}\n" for strings, comment in lines)
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    assert [text[slice(*span)] for span in comments(text)] == [
        token.string for token in tokens if token.type == tokenize.COMMENT
    ]


def test_comments_of_the_standard_library() -> None:
    for module in (tokenize, io, pytest, sys.modules["argparse"], sys.modules["inspect"]):
        assert module.__file__
        text = Path(module.__file__).read_text(encoding="utf-8")
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        assert [text[slice(*span)] for span in comments(text)] == [
            token.string for token in tokens if token.type == tokenize.COMMENT
        ]


@given(st.text(alphabet="#'\"{}\\frtN:[]\n x"))
def test_any_text_has_comments_in_order(text: str) -> None:
    spans = list(comments(text))
    assert all(text[start] == "#" and "\n" not in text[start:end] for start, end in spans)
    assert spans == sorted(spans)


# What they say


@pytest.mark.parametrize(
    ("comment", "kind", "selectors"),
    [
        ("# noqa", "noqa", []),
        ("#NoQA", "noqa", []),
        ("# noqa: FAL101", "noqa", ["FAL101"]),
        ("# noqa:FAL101,E501", "noqa", ["FAL101", "E501"]),
        ("# noqa : FAL101 E501 because", "noqa", ["FAL101", "E501"]),
        ("# type: ignore # noqa: FAL101", "noqa", ["FAL101"]),
        ("# fastapi-lint: ignore", "ignore", []),
        ("# fastapi-lint: ignore[FAL101]", "ignore", ["FAL101"]),
        ("#fastapi-lint:ignore [FAL101, blocking-chain] why not", "ignore", ["FAL101", "blocking-chain"]),
    ],
)
def test_forms(comment: str, kind: str, selectors: list[str]) -> None:
    (suppression,) = suppress.all_suppressions(source(f"x = 1  {comment}\n"))
    assert (suppression.kind, [selector.text for selector in suppression.selectors]) == (kind, selectors)
    assert (suppression.line, suppression.misplaced) == (1, False)


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: because",
        "# noqa:",
        "# noqa-ish",
        "# noqary",
        "# ruff: noqa",
        "# fastapi-lint: ignored",
        "# fastapi-lint: ignore[FAL101",
        "# fastapi-lint: ignore[]",
    ],
)
def test_what_is_no_suppression(comment: str) -> None:
    assert suppress.all_suppressions(source(f"x = 1  {comment}\n")) == ()


@pytest.mark.parametrize(
    ("text", "misplaced"),
    [
        ("# fastapi-lint: ignore-file[FAL101]\nx = 1\n", False),
        ("#!/usr/bin/env python\n\n'''Docs.'''\n# fastapi-lint: ignore-file[FAL101]\nimport x\n", False),
        ('r"""Docs."""  # fastapi-lint: ignore-file[FAL101]\n', False),
        ("import x  # fastapi-lint: ignore-file[FAL101]\n", True),
        ("x = 1\n# fastapi-lint: ignore-file[FAL101]\n", True),
    ],
)
def test_ignore_file_belongs_to_the_top(text: str, misplaced: bool) -> None:
    (suppression,) = suppress.all_suppressions(source(text))
    assert suppression.misplaced is misplaced
    assert bool(outcome(text, diagnostic("FAL101", 9)).kept) is misplaced
    assert bool(outcome(text, diagnostic("FAL101", 9)).unused) is misplaced


# What they silence


@pytest.mark.parametrize("selector", ["FAL101", "fal101", "blocking-call", "FAL1", "concurrency", "ALL"])
def test_selectors(selector: str) -> None:
    text = f"x\ny  # fastapi-lint: ignore[{selector}]\n"
    found = diagnostic("FAL101", 2)
    assert outcome(text, found) == suppress.Outcome((), ())
    assert outcome(text, diagnostic("FAL101", 1)).kept == (diagnostic("FAL101", 1),)
    assert outcome(text, diagnostic("FAL401", 2)).kept == (() if selector == "ALL" else (diagnostic("FAL401", 2),))


def test_first_and_last_line_of_the_span_and_the_lines_of_the_statement() -> None:
    text = "call(\n    1,  # noqa: FAL101\n)\n"
    found = diagnostic("FAL101", 1, 3)
    assert outcome(text, found).kept == (found,)
    assert not outcome("call(\n    1,\n)  # noqa: FAL101\n", found).kept
    held = suppress.apply([found], suppress.all_suppressions(source(text)), lambda path: EVERY, lambda item: {1, 2})
    assert held == suppress.Outcome((), ())


def test_a_trace_is_silenced_at_its_end_by_name_only() -> None:
    step = TraceStep("lib.py", Span(Position(2, 1), Position(2, 5)), "blocks")
    found = diagnostic("FAL103", 1, trace=(step,))
    for comment, kept in (("noqa: FAL103", 0), ("noqa", 1), ("noqa: FAL101", 1)):
        suppressions = suppress.all_suppressions(source(f"x\ny  # {comment}\n", "lib.py"))
        assert len(suppress.apply([found], suppressions, lambda path: EVERY).kept) == kept


def test_a_blanket_hides_neither_broken_files_nor_broken_rules() -> None:
    text = "# fastapi-lint: ignore-file\n"
    found = [diagnostic(code, 3) for code in ("FAL001", "FAL004", "FAL101")]
    assert [item.code for item in outcome(text, *found).kept] == ["FAL001", "FAL004"]
    assert not outcome("# fastapi-lint: ignore-file[FAL001]\n", found[0]).kept


# What was not needed


@pytest.mark.parametrize(
    ("comment", "unneeded"),
    [
        ("noqa: FAL101", []),
        ("noqa: FAL101, FAL103", [["FAL103"]]),
        ("noqa: FAL103, E501", [["FAL103"]]),
        ("noqa: E501, FAL999", []),
        ("noqa", []),
        ("fastapi-lint: ignore", []),
        ("fastapi-lint: ignore[FAL103, blocking-call]", [["FAL103"]]),
        ("fastapi-lint: ignore[bloking-call]", [["bloking-call"]]),
        ("noqa: FAL101  # fastapi-lint: ignore[FAL101]", []),
        ("fastapi-lint: ignore[FAL103, FAL002]", []),
        ("noqa: FAL103, FAL002", []),
    ],
)
def test_unused(comment: str, unneeded: list[list[str]]) -> None:
    assert idle(f"x = 1  # {comment}\n", diagnostic("FAL101", 1)) == unneeded


def test_unused_only_for_rules_that_ran() -> None:
    assert idle("x  # noqa: FAL101\n", ran=EVERY - {"FAL101"}) == []
    assert idle("x  # noqa: FAL1\n", ran=EVERY - {"FAL101"}) == []
    assert idle("x  # noqa: FAL101\n", ran=EVERY - {"FAL002"}) == []
    assert idle("x  # fastapi-lint: ignore\n", ran=EVERY) == [[]]
    assert idle("x  # fastapi-lint: ignore\n", ran=frozenset({"FAL002", "FAL101"})) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x  # noqa: FAL101\n", "x\n"),
        ("x  # noqa: FAL101", "x"),
        ("x  # noqa: FAL101, E501\n", "x  # noqa: E501\n"),
        ("x  # noqa: E501 , FAL101, W1\n", "x  # noqa: E501, W1\n"),
        ("x  # why  # noqa: FAL101\n", "x  # why\n"),
        ("x  # noqa: FAL101  # why\n", "x  # why\n"),
        ("x  # noqa: FAL101 because\n", "x  # because\n"),
        ("if x:\n    # noqa: FAL101\r\n    y\n", "if x:\n    y\n"),
        ("x  # fastapi-lint: ignore[FAL101] see #12 for it\n", "x\n"),
        ("x  # fastapi-lint: ignore[FAL101,FAL103] why\n", "x\n"),
        ("x  # fastapi-lint: ignore[nonsense]  # type: ignore\n", "x  # type: ignore\n"),
        ("# fastapi-lint: ignore-file\n\nx\n", "\nx\n"),
        ("x\n# noqa: FAL101", "x\n"),
        ("x = 'é# noqa: FAL101'  # noqa: FAL101\n", "x = 'é# noqa: FAL101'\n"),
    ],
)
def test_removal(before: str, after: str) -> None:
    assert repaired(before) == after
    assert repaired(after) == after


def test_removal_keeps_what_is_needed() -> None:
    text = "x  # fastapi-lint: ignore[FAL401, FAL101] slow but rare\n"
    assert repaired(text, diagnostic("FAL101", 1)) == "x  # fastapi-lint: ignore[FAL101] slow but rare\n"


WORDS = st.lists(st.sampled_from(["FAL101", "FAL103", "FAL401", "E501", "W291"]), min_size=1, max_size=5)
COMMENTS = st.tuples(
    st.sampled_from(["", "# why ", "    "]),
    WORDS,
    st.sampled_from([",", ", ", " , "]),
    st.sampled_from(["", " so", " # that"]),
)


@given(st.lists(COMMENTS, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_removal_leaves_nothing_unused_and_no_code_changed(
    lines: list[tuple[str, list[str], str, str]], newline: str
) -> None:
    text = newline.join(
        f"x = {number}  {head}# noqa: {join.join(codes)}{tail}"
        for number, (head, codes, join, tail) in enumerate(lines)
    )
    found = [diagnostic("FAL101", number) for number in range(1, len(lines) + 1)]
    once = repaired(text, *found)
    assert repaired(once, *found) == once
    kept = [selector.text for item in suppress.all_suppressions(source(once)) for selector in item.selectors]
    assert kept == [code for _, codes, _, _ in lines for code in codes if code not in ("FAL103", "FAL401")]
    assert [line.partition("  ")[0] for line in once.split(newline)] == [
        line.partition("  ")[0] for line in text.split(newline)
    ]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("noqa: FAL101", "`FAL101` silences nothing"),
        ("noqa: FAL101, FAL103", "`FAL101` and `FAL103` silence nothing"),
        ("fastapi-lint: ignore[FAL101, nonsense]", "`FAL101` silences nothing and `nonsense` is no rule"),
        ("fastapi-lint: ignore", "`# fastapi-lint: ignore` silences nothing"),
        ("fastapi-lint: ignore-file", "`ignore-file` has no effect after the first statement"),
    ],
)
def test_messages(comment: str, message: str) -> None:
    parsed = source(f"x  # {comment}\n")
    result = suppress.apply([], suppress.all_suppressions(parsed), lambda path: EVERY)
    (found,) = suppress.unused(find("FAL002"), result.unused, {"app.py": parsed}, "info")
    assert (found.message, found.severity, found.code, found.span.start.line) == (message, "info", "FAL002", 1)


BLANKETS = """\
from fastapi import FastAPI

app = FastAPI(debug=True)  # noqa
x = 1  # noqa
y = 2  # fastapi-lint: ignore
z = 3  # fastapi-lint: ignore[FAL318]
v = 4  # fastapi-lint: ignore  # noqa: FAL003
w = "# fastapi-lint: ignore"
"""


def test_suppressions_that_name_no_rule_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastapi_lint import run
    from fastapi_lint.settings import Settings

    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(BLANKETS)
    report = run.check(["app.py"], Settings(select=("FAL003", "FAL318")))
    assert [(found.code, found.span.start.line) for found in report.diagnostics] == [("FAL003", 3), ("FAL003", 5)]
    assert "every finding of the statement" in report.diagnostics[0].message
    (tmp_path / "app.py").write_text("# fastapi-lint: ignore-file\n" + BLANKETS)
    report = run.check(["app.py"], Settings(select=("FAL003",)))
    assert (report.diagnostics[0].span.start.line, len(report.diagnostics)) == (1, 2)
