"""Fixes chosen, applied and written: with made-up findings on real text."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fastapi_lint import fix
from fastapi_lint.findings import Applicability, Diagnostic, LocatedFix, TextEdit
from fastapi_lint.settings import Settings
from fastapi_lint.source import Source


@dataclass(frozen=True)
class Report:
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]


@dataclass
class Linter:
    """Finds each match of a pattern, and fixes it as told. `looked` counts how often it was asked to look."""

    files: Mapping[str, bytes]
    rules: tuple[Callable[[Source], Iterable[Diagnostic]], ...]
    looked: int = 0
    seen: list[dict[str, str]] = field(default_factory=list)

    def report(self, texts: Mapping[str, str] | None = None) -> Report:
        sources = {path: Source.decode(path, data) for path, data in self.files.items()}
        for path, text in (texts or {}).items():
            sources[path] = Source.decode(path, sources[path].encode(text))
        found = [one for source in sources.values() for rule in self.rules for one in rule(source)]
        return Report(tuple(sorted(found, key=lambda one: one.sort_key)), sources)

    def check(self, texts: Mapping[str, str]) -> Report:
        self.looked += 1
        self.seen.append(dict(texts))
        return self.report(texts)

    def plan(self, *, unsafe: bool = True, settings: Settings | None = None) -> fix.FixResult[Report]:
        return fix.plan(self.report(), self.check, settings or Settings(), unsafe=unsafe)


def edit(source: Source, start: int, end: int, text: str) -> TextEdit:
    return TextEdit(source.path, start, end, text, source.span(start, end))


def finding(
    source: Source,
    match: re.Match[str],
    edits: Iterable[TextEdit],
    code: str = "FAL101",
    applicability: Applicability = "unsafe",
) -> Diagnostic:
    located = LocatedFix("Mend it", applicability, tuple(edits))
    span = source.span(*match.span())
    before = source.text[: match.start()]
    functions = re.findall(r"def (\w+)", before)
    symbol = functions[-1] if functions else None
    return Diagnostic(code, "a-rule", "error", f"`{match.group()}` is wrong", source.path, span, symbol, fix=located)


def replacing(
    pattern: str, replacement: str, code: str = "FAL101", applicability: Applicability = "unsafe"
) -> Callable[[Source], Iterable[Diagnostic]]:
    def rule(source: Source) -> Iterable[Diagnostic]:
        for match in re.finditer(pattern, source.text):
            edits = [edit(source, *match.span(), match.expand(replacement))]
            yield finding(source, match, edits, code, applicability)

    return rule


def complaining(pattern: str, code: str = "FAL104") -> Callable[[Source], Iterable[Diagnostic]]:
    """Findings without a fix."""

    def rule(source: Source) -> Iterable[Diagnostic]:
        for match in re.finditer(pattern, source.text):
            one = finding(source, match, [], code)
            yield Diagnostic(one.code, one.name, one.severity, one.message, one.path, one.span, one.symbol)

    return rule


def one_file(text: str, *rules: Callable[[Source], Iterable[Diagnostic]]) -> Linter:
    return Linter({"a.py": text.encode()}, rules)


# ---- choosing and applying ------------------------------------------------------------------------------------------


def test_all_fixes_of_a_round_are_applied_with_one_look_at_the_result() -> None:
    linter = one_file("x = bad()\ny = bad(bad())\n", replacing(r"bad", "good"))
    result = linter.plan()
    assert result.texts == {"a.py": "x = good()\ny = good(good())\n"}
    assert result.applied == {"FAL101": 3}
    assert result.remaining.diagnostics == ()
    assert result.dropped == ()
    assert result.before["a.py"].text == "x = bad()\ny = bad(bad())\n"
    assert linter.looked == 1


def test_nothing_to_fix_is_no_look_and_no_change() -> None:
    linter = one_file("x = 1\n", replacing(r"bad", "good"))
    result = linter.plan()
    assert (result.texts, result.applied, result.further_unsafe, linter.looked) == ({}, {}, 0, 0)


@pytest.mark.parametrize(
    ("applicability", "unsafe", "fixed", "further"),
    [
        ("safe", False, 1, 0),
        ("safe", True, 1, 0),
        ("unsafe", False, 0, 1),
        ("unsafe", True, 1, 0),
        ("display", True, 0, 0),
        ("display", False, 0, 0),
    ],
)
def test_what_may_be_applied(applicability: Applicability, unsafe: bool, fixed: int, further: int) -> None:
    result = one_file("bad\n", replacing("bad", "good", applicability=applicability)).plan(unsafe=unsafe)
    assert sum(result.applied.values()) == fixed
    assert result.further_unsafe == further


@pytest.mark.parametrize(
    ("settings", "fixed"),
    [
        (Settings(fixable=("FAL101",)), {"FAL101": 1}),
        (Settings(unfixable=("FAL101",)), {"FAL104": 1}),
        (Settings(fixable=()), {}),
        (Settings(fixable=("ALL",), unfixable=("FAL1",)), {}),
    ],
)
def test_fixable_and_unfixable(settings: Settings, fixed: dict[str, int]) -> None:
    linter = one_file("bad\nworse\n", replacing("bad", "good"), replacing("worse", "better", "FAL104"))
    assert linter.plan(settings=settings).applied == fixed
    assert linter.plan(unsafe=False, settings=settings).further_unsafe == sum(fixed.values())


def test_overlapping_fixes_wait_for_the_next_round() -> None:
    def outer(source: Source) -> Iterable[Diagnostic]:
        for match in re.finditer(r"old\((.*)\)", source.text):
            yield finding(source, match, [edit(source, *match.span(), f"new({match[1]})")])

    linter = one_file("x = old(bad, bad)\n", outer, replacing("bad", "good", "FAL104"))
    result = linter.plan()
    assert result.texts == {"a.py": "x = new(good, good)\n"}
    assert result.applied == {"FAL101": 1, "FAL104": 2}
    assert linter.looked == 2
    assert linter.seen[0] == {"a.py": "x = new(bad, bad)\n"}


def test_two_fixes_on_one_line_go_together() -> None:
    linter = one_file("bad; bad\n", replacing("bad", "good"))
    assert linter.plan().texts == {"a.py": "good; good\n"}
    assert linter.looked == 1


def importing(source: Source) -> Iterable[Diagnostic]:
    """Each fix needs the same import."""
    for match in re.finditer(r"(?m)^    bad\(\)", source.text):
        edits = [edit(source, match.start() + 4, match.end(), "os.good()")]
        if "import os" not in source.text:
            edits.insert(0, edit(source, 0, 0, "import os\n"))
        yield finding(source, match, edits)


def test_the_import_that_several_fixes_need_is_added_once() -> None:
    linter = one_file("def f():\n    bad()\n    bad()\n\ndef g():\n    bad()\n", importing)
    result = linter.plan()
    assert result.texts["a.py"].count("import os") == 1
    assert result.texts["a.py"].count("os.good()") == 3
    assert linter.looked == 1


def test_different_imports_at_one_place_take_a_round_each() -> None:
    def other(source: Source) -> Iterable[Diagnostic]:
        for match in re.finditer(r"worse\(\)", source.text):
            yield finding(
                source, match, [edit(source, 0, 0, "import re\n"), edit(source, *match.span(), "re.good()")], "FAL104"
            )

    linter = one_file("def f():\n    bad()\n    worse()\n", importing, other)
    result = linter.plan()
    assert sorted(result.texts["a.py"].splitlines()[:2]) == ["import os", "import re"]
    assert linter.looked == 2


def test_an_edit_at_the_place_of_two_findings_is_not_shared() -> None:
    def awaiting(code: str, pattern: str) -> Callable[[Source], Iterable[Diagnostic]]:
        def rule(source: Source) -> Iterable[Diagnostic]:
            for match in re.finditer(pattern, source.text):
                if not source.text[: match.start()].endswith("await "):
                    yield finding(source, match, [edit(source, match.start(), match.start(), "await ")], code)

        return rule

    text = "async def f():\n    x = g(1)\n"
    result = one_file(text, awaiting("FAL101", r"g\(1\)"), awaiting("FAL104", r"g\(")).plan()
    assert result.texts == {"a.py": text.replace("g(", "await g(")}
    assert result.applied == {"FAL101": 1}


def test_the_edits_of_a_fix_apply_all_or_none_across_files() -> None:
    def rule(source: Source) -> Iterable[Diagnostic]:
        if source.path == "a.py":
            for match in re.finditer("bad", source.text):
                other = Source.decode("b.py", linter.files["b.py"])
                edits = [edit(source, *match.span(), "good"), edit(other, 0, 0, "good = )\n")]
                yield finding(source, match, edits)

    linter = Linter({"a.py": b"bad\n", "b.py": b"x = 1\n"}, (rule,))
    result = linter.plan()
    assert result.texts == {}
    assert [one.reason for one in result.dropped] == ["the result is no valid Python"]
    assert linter.looked == 0


def test_a_fix_may_edit_another_file_only() -> None:
    def rule(source: Source) -> Iterable[Diagnostic]:
        if source.path == "a.py" and current["b.py"] == "x = 1\n":
            for match in re.finditer("bad", source.text):
                yield finding(source, match, [edit(Source.decode("b.py", b"x = 1\n"), 4, 5, "2")])

    current = {"b.py": "x = 1\n"}

    class Watching(Linter):
        def check(self, texts: Mapping[str, str]) -> Report:
            current.update(texts)
            return super().check(texts)

    result = Watching({"a.py": b"bad\n", "b.py": b"x = 1\n"}, (rule,)).plan()
    assert result.texts == {"b.py": "x = 2\n"}
    assert set(result.before) == {"b.py"}


def test_a_fix_of_a_file_that_was_not_read_is_dropped() -> None:
    def rule(source: Source) -> Iterable[Diagnostic]:
        for match in re.finditer("bad", source.text):
            yield finding(source, match, [edit(Source.decode("c.py", b"x\n"), 0, 1, "y")])

    result = one_file("bad\n", rule).plan()
    assert [(one.diagnostic.code, one.reason) for one in result.dropped] == [("FAL101", "the file was not read")]


# ---- fixes that go wrong --------------------------------------------------------------------------------------------


def test_a_fix_that_breaks_the_syntax_is_dropped_and_the_others_stay() -> None:
    linter = one_file(
        "def f():\n    bad\n    ugly\n    bad\n", replacing("bad", "good"), replacing("ugly", ")", "FAL104")
    )
    result = linter.plan()
    assert result.texts == {"a.py": "def f():\n    good\n    ugly\n    good\n"}
    assert result.applied == {"FAL101": 2}
    assert [(one.diagnostic.code, one.reason) for one in result.dropped] == [
        ("FAL104", "the result is no valid Python")
    ]
    assert [one.code for one in result.remaining.diagnostics] == ["FAL104"]


def test_a_fix_that_only_the_compiler_refuses_is_dropped() -> None:
    result = one_file("def f():\n    bad()\n", replacing(r"bad\(\)", "await good()")).plan()
    assert result.texts == {}
    assert [one.reason for one in result.dropped] == ["the result is no valid Python"]


def test_a_file_that_the_running_python_does_not_take_can_be_fixed_all_the_same() -> None:
    text = "def f():\n    bad()\n\nx = 1\nreturn 5\n"
    assert one_file(text, replacing("bad", "good")).plan().texts == {"a.py": text.replace("bad", "good")}


def test_a_fix_that_brings_about_another_finding_is_dropped() -> None:
    linter = one_file(
        "def f():\n    bad\n\ndef g():\n    ugly\n",
        replacing("bad", "good"),
        replacing("ugly", "evil"),
        complaining("evil"),
    )
    result = linter.plan()
    assert result.texts == {"a.py": "def f():\n    good\n\ndef g():\n    ugly\n"}
    assert [one.reason for one in result.dropped] == ["it brings about FAL104"]


def test_a_finding_that_was_there_before_is_no_reason_to_drop_a_fix() -> None:
    text = "def f():\n    evil\n    bad\n"
    assert one_file(text, complaining("evil"), replacing("bad", "good")).plan().applied == {"FAL101": 1}


def test_a_superfluous_suppression_is_no_reason_to_drop_a_fix() -> None:
    def unused(source: Source) -> Iterable[Diagnostic]:
        if "bad" not in source.text:
            yield from complaining("# noqa", "FAL002")(source)

    result = one_file("bad\nx  # noqa\n", replacing("bad", "good"), unused).plan()
    assert result.applied == {"FAL101": 1}
    assert [one.code for one in result.remaining.diagnostics] == ["FAL002"]


def test_a_fix_that_leaves_its_finding_in_place_is_dropped() -> None:
    linter = one_file("def f():\n    bad\n", replacing("bad", "(bad)"))
    result = linter.plan()
    assert result.texts == {}
    assert [one.reason for one in result.dropped] == ["the finding is still there"]
    assert linter.looked == 1


def test_what_cannot_be_encoded_is_dropped() -> None:
    linter = Linter({"a.py": "# coding: latin-1\nbad = 'ä'\n".encode("latin-1")}, (replacing("bad", "go€d"),))
    result = linter.plan()
    assert [one.reason for one in result.dropped] == ["the result cannot be written in iso8859-1"]


def test_the_trouble_in_another_file_is_traced_to_the_fix_that_makes_it() -> None:
    """`c.py` complains when `a.py` says evil, and has a fix of its own that is all right."""

    def distant(source: Source) -> Iterable[Diagnostic]:
        if source.path == "c.py" and "evil" in current["a.py"]:
            yield from complaining("import a")(source)

    current = {"a.py": "ugly\nbad\n"}

    class Watching(Linter):
        def check(self, texts: Mapping[str, str]) -> Report:
            current.update({"a.py": "ugly\nbad\n"} | dict(texts))
            return super().check(texts)

    files = {"a.py": b"ugly\nbad\n", "b.py": b"bad\n", "c.py": b"import a\nbad\n"}
    result = Watching(files, (replacing("ugly", "evil"), replacing("bad", "good"), distant)).plan()
    assert result.texts == {"a.py": "ugly\ngood\n", "b.py": "good\n", "c.py": "import a\ngood\n"}
    assert [(one.diagnostic.path, one.reason) for one in result.dropped] == [("a.py", "it brings about FAL104")]


def test_fixes_that_work_only_without_each_other_do_not_drop_each_other() -> None:
    """Without `async`, no `await`; either alone ends both findings."""

    def asynchronous(source: Source) -> Iterable[Diagnostic]:
        match = re.search(r"async def f", source.text)
        if match and "await" not in source.text:
            yield finding(source, match, [edit(source, match.start(), match.start() + 6, "")], "FAL104")

    def blocking(source: Source) -> Iterable[Diagnostic]:
        match = re.search(r"(?<!await )bad\(\)", source.text)
        if match and "async" in source.text:
            yield finding(source, match, [edit(source, match.start(), match.start(), "await ")])

    linter = one_file("async def f():\n    bad()\n    x = 1\n", asynchronous, blocking)
    result = linter.plan()
    assert result.texts == {"a.py": "def f():\n    bad()\n    x = 1\n"}
    assert result.dropped == ()
    assert result.remaining.diagnostics == ()


def test_few_looks_are_enough_to_find_a_few_bad_fixes_among_many() -> None:
    files = {f"m{number}.py": b"bad\n" * 20 + (b"ugly\n" if number % 5 == 0 else b"") for number in range(20)}
    linter = Linter(files, (replacing("bad", "good"), replacing("ugly", "evil", "FAL103"), complaining("evil")))
    result = linter.plan()
    assert result.applied == {"FAL101": 400}
    assert len(result.dropped) == 4
    assert linter.looked < 40


def test_a_finding_that_moves_with_its_code_is_no_reason_to_drop_a_fix() -> None:
    """The fix puts what `f` does into `g`, where it is as bad as it was."""

    def moving(source: Source) -> Iterable[Diagnostic]:
        for match in re.finditer(r"def f\(\):\n    evil\n", source.text):
            edits = [edit(source, *match.span(), ""), edit(source, len(source.text), len(source.text), "    evil\n")]
            yield finding(source, match, edits, "FAL901")

    linter = one_file("def f():\n    evil\ndef g():\n    x\n", moving, complaining("evil", "FAL103"))
    result = linter.plan()
    assert result.texts == {"a.py": "def g():\n    x\n    evil\n"}
    assert result.applied == {"FAL901": 1}


def test_a_second_finding_like_one_that_stays_is_a_reason_to_drop_a_fix() -> None:
    linter = one_file("def f():\n    evil\ndef g():\n    bad\n", replacing("bad", "evil"), complaining("evil"))
    assert [one.reason for one in linter.plan().dropped] == ["it brings about FAL104"]


def test_what_a_fix_makes_visible_is_no_reason_to_drop_it() -> None:
    """What start-up handlers do keeps the event loop as busy as it does in a lifespan."""

    def handlers(source: Source) -> Iterable[Diagnostic]:
        for match in re.finditer(r"@startup\n", source.text):
            edits = [edit(source, *match.span(), ""), edit(source, 0, 0, "async def lifespan():\n    evil()\n\n")]
            yield finding(source, match, edits, "FAL901")

    def blocking(source: Source) -> Iterable[Diagnostic]:
        if "async" in source.text:
            yield from complaining(r"(?<=    )evil\(\)|other\(\)", "FAL103")(source)

    text = "@startup\ndef evil():\n    x\n"
    result = one_file(text, handlers, blocking).plan()
    assert result.applied == {"FAL901": 1}
    assert [one.code for one in result.remaining.diagnostics] == ["FAL103"]
    dropped = one_file(text + "\nother()\n", handlers, blocking).plan().dropped
    assert [one.reason for one in dropped] == ["it brings about FAL103"]


def test_statuses_are_documented_when_it_is_known_which_ones_get_out() -> None:
    """Letting an exception pass shows what is not documented, and the fix for that waits for it."""

    def undocumented(source: Source) -> Iterable[Diagnostic]:
        said = "".join(f"# {status}\n" for status in ("500", *(["404"] if "passes" in source.text else [])))
        match = re.search(r"(?<=def f\(\):\n    )\w+", source.text)
        if match and not source.text.startswith(said):
            edits = [edit(source, 0, 0, said)] if "#" not in source.text else []
            yield finding(source, match, edits, "FAL403")

    linter = one_file("def f():\n    swallowed\n", replacing("swallowed", "passes", "FAL711"), undocumented)
    result = linter.plan()
    assert result.texts == {"a.py": "# 500\n# 404\ndef f():\n    passes\n"}
    assert result.applied == {"FAL711": 1, "FAL403": 1}
    assert linter.looked == 2


def test_what_a_fix_shows_elsewhere_is_a_reason_to_drop_it() -> None:
    def other(source: Source) -> Iterable[Diagnostic]:
        if "passes" in source.text:
            yield from complaining("other", "FAL403")(source)

    linter = one_file(
        "def f():\n    swallowed\ndef g():\n    other\n", replacing("swallowed", "passes", "FAL711"), other
    )
    assert [one.reason for one in linter.plan().dropped] == ["it brings about FAL403"]


def test_many_bad_fixes_in_places_of_their_own_take_few_looks() -> None:
    """All that is suspicious is set aside at once, and tried together."""
    text = "".join(f"def f{number}():\n    {'ugly' if number % 3 == 0 else 'bad'}\n" for number in range(60))
    linter = one_file(text, replacing("bad", "good"), replacing("ugly", "evil", "FAL103"), complaining("evil"))
    result = linter.plan()
    assert (result.applied, len(result.dropped)) == ({"FAL101": 40}, 20)
    assert linter.looked <= 4


def test_a_culprit_that_nothing_points_to_is_found_among_many_by_halving() -> None:
    """One fix of two hundred spoils a file in which nothing is fixed."""

    def distant(source: Source) -> Iterable[Diagnostic]:
        if source.path == "z.py" and "evil" in current["a.py"]:
            yield from complaining("import a")(source)

    text = "".join(f"def f{number}():\n    {'ugly' if number == 77 else 'bad'}\n" for number in range(200))
    current = {"a.py": text}

    class Watching(Linter):
        def check(self, texts: Mapping[str, str]) -> Report:
            current.update({"a.py": text} | dict(texts))
            return super().check(texts)

    linter = Watching(
        {"a.py": text.encode(), "z.py": b"import a\n"}, (replacing("ugly", "evil"), replacing("bad", "good"), distant)
    )
    result = linter.plan()
    assert (result.applied, len(result.dropped)) == ({"FAL101": 199}, 1)
    assert linter.looked <= 12


def test_fixes_that_never_come_to_an_end_stop_after_ten_rounds() -> None:
    def counting(source: Source) -> Iterable[Diagnostic]:
        for match in re.finditer(r"bad_(\d+)", source.text):
            one = finding(source, match, [edit(source, *match.span(), f"bad_{int(match[1]) + 1}")])
            yield Diagnostic(one.code, one.name, one.severity, one.message, one.path, one.span, match[1], fix=one.fix)

    linter = one_file("x = bad_0\n", counting)
    result = linter.plan()
    assert result.texts in ({}, {"a.py": "x = bad_10\n"})
    assert linter.looked <= 10


WORDS = ("bad", "ugly", "evil", "fine", "worse")


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=6), min_size=1, max_size=4))
def test_made_up_projects_end_well(files: list[list[str]]) -> None:
    """No word that is fixed to something bad is touched, all others are, and a second run finds nothing more to do."""
    content = {
        f"f{n}.py": "".join(f"def f{i}():\n    {word}\n" for i, word in enumerate(words)).encode()
        for n, words in enumerate(files)
    }
    rules = (
        replacing(r"\bbad\b", "good"),
        replacing(r"\bugly\b", "evil", "FAL103"),
        replacing(r"\bworse\b", ")", "FAL401"),
        complaining("evil"),
    )
    linter = Linter(content, rules)
    result = linter.plan()
    for path, data in content.items():
        assert result.texts.get(path, data.decode()) == data.decode().replace("bad", "good")
    assert result.applied["FAL101"] == sum(words.count("bad") for words in files)
    assert len(result.dropped) == len(
        {(n, i) for n, words in enumerate(files) for i, w in enumerate(words) if w in ("ugly", "worse")}
    )
    again = Linter(
        {path: result.texts.get(path, data.decode()).encode() for path, data in content.items()}, rules
    ).plan()
    assert again.texts == {}


# ---- writing --------------------------------------------------------------------------------------------------------

ENCODED = [
    ("mark and CRLF", b"\xef\xbb\xbfx = 'bad'\r\ny = '\xc3\xa4'\r\n", b"\xef\xbb\xbfx = 'good'\r\ny = '\xc3\xa4'\r\n"),
    ("latin-1", b"# coding: latin-1\nx = '\xe4 bad'", b"# coding: latin-1\nx = '\xe4 good'"),
    ("form feed, tab, mixed", b"if 1:\n\tbad\r\n\x0c\nx = 1", b"if 1:\n\tgood\r\n\x0c\nx = 1"),
    ("CR", b"bad\rx = 1\r", b"good\rx = 1\r"),
    ("astral", "x = '😀 bad 😀'\n".encode(), "x = '😀 good 😀'\n".encode()),
]


@pytest.mark.parametrize(("data", "result"), [case[1:] for case in ENCODED], ids=[case[0] for case in ENCODED])
def test_only_the_edited_bytes_change(
    data: bytes, result: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a.py"
    file.write_bytes(data)
    file.chmod(0o751)
    fix.write(Linter({"a.py": data}, (replacing("bad", "good"),)).plan())
    assert file.read_bytes() == result
    assert file.stat().st_mode & 0o777 == 0o751
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_symbolic_link_stays_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "b.py").write_text("bad\n")
    (tmp_path / "a.py").symlink_to("real/b.py")
    fix.write(Linter({"a.py": b"bad\n"}, (replacing("bad", "good"),)).plan())
    assert (tmp_path / "a.py").is_symlink()
    assert (tmp_path / "real" / "b.py").read_text() == "good\n"


def test_a_file_that_changed_meanwhile_is_left_alone_and_so_are_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("bad\n")
    result = Linter({"a.py": b"bad\n", "b.py": b"bad\n"}, (replacing("bad", "good"),)).plan()
    (tmp_path / "b.py").write_text("bad  # edited\n")
    with pytest.raises(fix.WriteError, match=r"b\.py has changed"):
        fix.write(result)
    assert (tmp_path / "a.py").read_text() == "bad\n"
    assert sorted(os.listdir(tmp_path)) == ["a.py", "b.py"]


def test_a_file_that_cannot_be_written_is_named_and_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text("bad\n")
    with pytest.raises(fix.WriteError, match=r"b\.py cannot be written"):
        fix.write(Linter({"a.py": b"bad\n", "b.py": b"bad\n"}, (replacing("bad", "good"),)).plan())
    assert (tmp_path / "a.py").read_text() == "bad\n"
    assert os.listdir(tmp_path) == ["a.py"]


KILLED = """
import os, sys
from fastapi_lint.source import Source
from fastapi_lint.writing import written

replace = os.replace
def replacing(old, new):
    print("now", flush=True)
    sys.stdin.readline()
    replace(old, new)
os.replace = replacing
data = open("a.py", "rb").read()
written({"a.py": "x = 2\\n" * 100_000}, {"a.py": Source.decode("a.py", data)})
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_a_kill_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    old = b"x = 1\n" * 100_000
    (tmp_path / "a.py").write_bytes(old)
    with subprocess.Popen([sys.executable, "-c", KILLED], cwd=tmp_path, stdin=-1, stdout=-1) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"now\n"
        process.kill()
    assert (tmp_path / "a.py").read_bytes() == old


# ---- showing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "after"),
    [
        (b"a\nbad\nc\n", "a\ngood\nc\n"),
        (b"a\r\nbad\r\nc", "a\r\ngood\r\nc"),
        (b"\xef\xbb\xbfbad\nc", "good\nc\nd"),
        (b"a\x0cb\nbad\n\x0c\n", "a\x0cb\ngood\n\x0c\n"),
        ("é\nbad\u2028x\n".encode(), "é\ngood\u2028x\n"),
    ],
    ids=["plain", "CRLF, no newline", "mark", "form feed", "line separator"],
)
def test_git_applies_the_diff(data: bytes, after: str, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.py").write_bytes(data)
    source = Source.decode("app/a.py", data)
    patch = fix.diff(source, after)
    assert patch.startswith("--- app/a.py\n+++ app/a.py\n@@ ")
    command = ["git", "apply", "-p0", "--whitespace=nowarn", "-"]
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    subprocess.run(command, cwd=tmp_path, input=patch.encode(), check=True, env=environment)
    assert (tmp_path / "app" / "a.py").read_bytes() == source.encode(after)


def test_no_change_is_no_diff() -> None:
    assert fix.diff(Source.decode("a.py", b"x\n"), "x\n") == ""
