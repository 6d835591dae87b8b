"""Places: where LibCST has its nodes, and where a finding says it is."""

from __future__ import annotations

import re
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libcst.metadata import CodePosition, MetadataWrapper, PositionProvider

from fastapi_lint.findings import Anchor, Finding, Step, TextRange
from fastapi_lint.reading import extract
from fastapi_lint.reading.locate import Locator, NoSuchPart, diagnostic
from fastapi_lint.reading.positions import Positions
from fastapi_lint.registry import find
from fastapi_lint.source import Source, SourceError
from fastapi_lint.syntax import UNIT_BITS

ROOT = Path(__file__).parent.parent
LIBCST = Path(cst.__file__).parent
FILES = sorted(
    [
        *(ROOT / "fastapi_lint").rglob("*.py"),
        *(ROOT / "fixtures").rglob("*.py"),
        *(ROOT / "rules").rglob("*.py"),
        LIBCST / "_nodes" / "statement.py",
        LIBCST / "_parser" / "conversions" / "expression.py",
        LIBCST / "matchers" / "_visitors.py",
    ]
)

PIECES = (
    "x = (1,\n     2)  # c\n",
    "@decorated(1)  # one\n\n# two\n@again\nasync  def f(a, /, b: int = (3), *c, d=4, **e) -> None :  # c\n    pass\n",
    "class A ( B , metaclass = C ) :\n\n    # before\n    x: int = 1 ; y = 2\n\n    # after\n",
    "if a :\n\tb\nelif c:  \n\td\nelse :\n\t'''é\n€'''\n",
    "try:\n  pass\nexcept (A) :\n  pass\nexcept B as b:\n  raise\nfinally:\n  ...\n",
    "with (open('a') as a, b): pass\n",
    "for x, in y : print(*x, **z, k = 1, )\nelse: pass\n",
    "value = f'a{b!r:>{c}}d' rf\"{'ü'}\" f'''{\nx\n}'''\n",
    "call(\n    # lead\n    a,  # first\n    b=(yield_ for _ in z),\n)\n",
    "(((a)))[1:2, ::3, ...].b (c) . d\n",
    "lambda a, *b, c=1, **d: (await_, not a, -b ** c)\n",
    "match x:\n  case {'a': 1, **k} if k: pass\n  case [a, *_] | A(b=1): pass\n",
    "x = [a for b in c if d async for e in f]\n",
    "from . import (\n    a,  # a\n    b as c,\n)\nimport a.b as d, e\n",
    "async def g():\n    async with a as b, c: await d\n    return (await (e)).f\n",
    "\x0cx = 1\n",
    "if x:\n    a\n    \\\n    b\n",
    "del a, (b), c\nassert a, b\nglobal c\n",
    "type X[T: int, *U, **V] = dict[T, U]\n",
    "\n\n  # indented comment\n\n",
    "a = b = c\na += 1; b: int\n",
    "x = '''\r\n'''  if y else\\\n z\n",
)


def check_against_provider(text: str) -> int:
    """Every node where the provider has it, or without a place where the text did not come back. How many have one."""
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    positions = Positions(wrapper.module, text)
    code = wrapper.module.code
    starts = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", code))]

    def offset(place: CodePosition) -> int:
        """LibCST writes a last newline that is not there, and takes it back."""
        return min(starts[place.line - 1] + place.column, len(code)) if place.line <= len(starts) else len(code)

    located = 0
    for node, place in wrapper.resolve(PositionProvider).items():
        start, end = offset(place.start), offset(place.end)
        found = positions.span(node)
        if code == text and not isinstance(node, cst.Param):  # of which the provider has the name only
            assert found == (start, end), node
        if found is not None:
            located += 1
            if (
                isinstance(node, (cst.BaseExpression, cst.BaseSmallStatement))
                and len(code[start:end].splitlines()) == 1
            ):
                assert text[slice(*found)] == code[start:end], node
    return located


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_spans_are_those_of_the_position_provider(path: Path) -> None:
    text = path.read_bytes().decode()
    try:
        assert check_against_provider(text) or not text
    except cst.ParserSyntaxError:
        pytest.skip("does not parse, on purpose")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_spans_are_those_of_the_position_provider_in_made_up_files(pieces: list[str], newline: str, last: bool) -> None:
    text = re.sub(r"\r?\n", newline, "".join(pieces))
    if not last:
        text = text.removesuffix(newline)
    try:
        cst.parse_module(text)
    except cst.ParserSyntaxError:
        return
    assert check_against_provider(text)


def test_a_node_where_the_text_does_not_come_back_has_no_place() -> None:
    text = "\x0cx = 1\ntry:\n    pass\nexcept (A) :\n    call(1)\n"
    module = cst.parse_module(text)
    positions = Positions(module, text)
    assert module.code != text
    assign = cst.ensure_type(cst.ensure_type(module.body[0], cst.SimpleStatementLine).body[0], cst.Assign)
    attempt = cst.ensure_type(module.body[1], cst.Try)
    handler = attempt.handlers[0]
    assert handler.type is not None
    found = {name: positions.span(node) for name, node in [("x", assign), ("try", attempt), ("A", handler.type)]}
    assert {name: span and text[slice(*span)] for name, span in found.items()} == {
        "x": "x = 1",
        "try": "try:\n    pass\nexcept (A) :\n    call(1)",
        "A": "A",
    }
    call = handler.body.body[0]
    assert text[slice(*(positions.span(call) or (0, 0)))] == "call(1)"


# ---- anchors --------------------------------------------------------------------------------------------------------


def locator(text: str, path: str = "app/main.py") -> Locator:
    return Locator({path: Source.decode(path, text.encode())})


def anchor(text: str, code: str, part: str = "", occurrence: int = 0) -> Anchor:
    """The anchor of the record whose source text is `code` (for a definition, its first line)."""
    found = locator(text)
    number = 0
    for index, _ in enumerate(found.chunks("app/main.py")):
        unit = found.unit("app/main.py", index)
        for low, node in enumerate(unit.nodes):
            place = Anchor("app/main.py", index << UNIT_BITS | low)
            written = found.text(place)
            if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
                written = written.splitlines()[0]
            if written == code and not isinstance(node, cst.Expr):
                if number == occurrence:
                    return place._replace(part=part)
                number += 1
    raise AssertionError(f"nothing is {code!r}")


ROUTES = """\
'''Routes.'''
import time

from fastapi import APIRouter

router = APIRouter(
    prefix="/ä€",
    tags=["ü"],
)


@router.get(
    "/slow",
    response_model=None,
)
@cached
async def slow(
    name: str = "😀",
    *,
    limit: int = (10),
) -> None:  # header
    time.sleep(limit); print(
        name
    )
    if name and (
        limit
    ):
        return (await other(name)).value


class Model(Base, table=True): x: int = f(1)
"""


def test_the_text_of_an_anchor_and_of_its_parts() -> None:
    found = locator(ROUTES)

    def text(code: str, part: str = "", occurrence: int = 0) -> str:
        return found.text(anchor(ROUTES, code, part, occurrence))

    assert text("async def slow(", "name") == "slow"
    assert text("async def slow(", "asynchronous") == "async"
    assert text("async def slow(", "returns.annotation") == "None"
    assert text("async def slow(", "params.params.0") == 'name: str = "😀"'
    assert text("async def slow(", "params.kwonly_params.0") == "limit: int = (10)"
    assert text("async def slow(", "params.kwonly_params.0.default") == "(10)"
    assert text("async def slow(", "decorators.1") == "@cached"
    assert text("async def slow(", "decorators.0.decorator.keyword:response_model") == "response_model=None"
    assert text("async def slow(", "header").startswith("async def slow(\n")
    assert text("async def slow(", "header").endswith(") -> None:")
    assert text("time.sleep(limit)", "func") == "time.sleep"
    assert text("time.sleep(limit)", "args.0.value") == "limit"
    assert text("other(name)", "statement") == "return (await other(name)).value"
    assert text("(await other(name))") == "(await other(name))"
    assert text('["ü"]', "elements.0.value") == '"ü"'
    assert text("class Model(Base, table=True): x: int = f(1)", "keyword:table") == "table=True"
    assert text("class Model(Base, table=True): x: int = f(1)", "header") == "class Model(Base, table=True):"


@pytest.mark.parametrize("part", ["nothing", "args.7", "keyword:missing", "args.x", "header", "returns", "func.header"])
def test_a_part_that_is_not_there_is_an_error(part: str) -> None:
    with pytest.raises(NoSuchPart):
        locator(ROUTES).span(anchor(ROUTES, "time.sleep(limit)", part))


def test_an_expression_is_without_its_own_parentheses_and_its_text_with_them() -> None:
    place = anchor(ROUTES, "(10)")
    found = locator(ROUTES)
    start, end = found.span(place)
    assert ROUTES[start:end] == "10"
    assert found.text(place) == "(10)"


@pytest.mark.parametrize(
    ("code", "part", "reported"),
    [
        ("async def slow(", "", "async def slow("),
        ("async def slow(", "header", "async def slow("),
        ("async def slow(", "name", "slow"),
        ("class Model(Base, table=True): x: int = f(1)", "", "class Model(Base, table=True):"),
        ("print(\n        name\n    )", "", "print(\n        name\n    )"),
        ("name and (\n        limit\n    )", "statement", "if name and ("),
    ],
)
def test_a_compound_statement_is_reported_by_the_first_line_of_its_header(code: str, part: str, reported: str) -> None:
    start, end = locator(ROUTES).report_span(anchor(ROUTES, code, part))
    assert ROUTES[start:end] == reported


@pytest.mark.parametrize(
    ("code", "part", "lines"),
    [
        ("async def slow(", "", {12, 15, 16, 17, 21}),
        ("async def slow(", "decorators.0", {12, 15, 16, 17, 21}),
        ('"/slow"', "", {12, 13, 15, 16, 17, 21}),
        ('"😀"', "", {12, 15, 16, 17, 18, 21}),
        ("time.sleep(limit)", "", {22, 23, 24}),
        ("async def slow(", "params.params.0.name", {12, 15, 16, 17, 18, 21}),
        ("print(\n        name\n    )", "args.0", {22, 23, 24}),
        ("(\n        limit\n    )", "", {25, 26, 27}),
        ("other(name)", "", {28}),
        ("f(1)", "", {31}),
        ('["ü"]', "", {6, 8, 9}),
    ],
)
def test_the_lines_that_a_suppression_may_stand_on(code: str, part: str, lines: set[int]) -> None:
    assert locator(ROUTES).statement_lines(anchor(ROUTES, code, part)) == lines


def test_the_clauses_of_a_compound_statement_have_their_own_lines() -> None:
    text = "try:\n    a\nexcept (\n    first(),\n):\n    b\nelse:\n    match c:\n"
    text += "        case 1 if second(\n        ):\n            d\n"
    found = locator(text)
    assert found.statement_lines(anchor(text, "first()")) == {3, 4, 5}
    assert found.statement_lines(anchor(text, "second(\n        )")) == {9, 10}


def test_the_lines_for_a_range_of_text() -> None:
    found = locator(ROUTES)
    start = ROUTES.index("sleep")
    assert found.statement_lines(TextRange("app/main.py", start, start + 5)) == {22, 23, 24}
    start = ROUTES.index("\n\n\nclass")
    assert found.statement_lines(TextRange("app/main.py", start + 1, start + 1)) == {29}
    broken = "x = (\n\ny = 1\n"
    assert locator(broken).statement_lines(TextRange("app/main.py", 0, 1)) == {1}


def test_a_node_that_libcst_does_not_give_back_falls_back_to_what_is_around_it() -> None:
    text = "x = f(1234)\n"
    module = cst.parse_module("x = f(9876)\n")
    positions = Positions(module, text)
    call = cst.ensure_type(
        cst.ensure_type(cst.ensure_type(module.body[0], cst.SimpleStatementLine).body[0], cst.Assign).value, cst.Call
    )
    assert positions.span(call.args[0].value) is None
    assert positions.span(call) == (4, 11)
    assert positions.extent(call.args[0]) is None


def test_what_two_lines_have_in_common_is_not_counted_twice() -> None:
    """Where LibCST gives fewer of several like characters back."""
    module = cst.parse_module("x = 11\n")
    value = cst.ensure_type(cst.ensure_type(module.body[0], cst.SimpleStatementLine).body[0], cst.Assign).value
    assert Positions(module, "x = 1111\n").span(value) == (4, 6)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_every_record_of_a_made_up_file_can_be_located(pieces: list[str], newline: str) -> None:
    text = re.sub(r"\r?\n", newline, "".join(pieces))
    found = locator(text)
    source = found.source("app/main.py")
    for index, chunk in enumerate(found.chunks("app/main.py")):
        try:
            nodes = extract.nodes(text[chunk.start : chunk.end], index)[1]
        except SourceError:
            continue
        for low, _ in enumerate(nodes):
            place = Anchor("app/main.py", index << UNIT_BITS | low)
            start, end = found.span(place)
            assert chunk.start <= start <= end <= chunk.end
            first, last = found.report_span(place)
            assert chunk.start <= first <= last <= end
            lines = found.statement_lines(place)
            assert source.position(first).line in lines
            assert lines <= set(range(1, source.line_count + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfx = 1\r\nprint('\xc3\xa4', call(1))\r\n",
        b"# -*- coding: latin-1 -*-\nx = 1\nprint('\xe4', call(1))",
        "x = 1\nprint('ä', call(1))\n\x0c\ny = 2\n".encode(),
        "x = 1\rprint('ä', call(1))\r".encode(),
        "if x:\n\tprint('ä', call(1))".encode(),
    ],
    ids=["mark and CRLF", "latin-1", "form feed", "CR", "tab, no newline"],
)
def test_lines_and_columns_count_code_points_of_the_decoded_text(data: bytes) -> None:
    source = Source.decode("app/main.py", data)
    found = Locator({"app/main.py": source})
    place = next(
        Anchor("app/main.py", low)
        for low, node in enumerate(found.unit("app/main.py", 0).nodes)
        if isinstance(node, cst.Call) and found.text(Anchor("app/main.py", low)) == "call(1)"
    )
    span = source.span(*found.span(place))
    column = 13 if data.startswith(b"if x") else 12
    assert span.start.column == column
    assert span.end.column == column + len("call(1)")
    assert source.line(span.start.line)[column - 1 :].startswith("call(1)")


def test_each_statement_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    original = extract.nodes

    def counting(text: str, index: int) -> tuple[cst.Module, list[cst.CSTNode]]:
        parsed.append(text)
        return original(text, index)

    place = anchor(ROUTES, "time.sleep(limit)")
    monkeypatch.setattr(extract, "nodes", counting)
    found = locator(ROUTES)
    found.span(place)
    found.statement_lines(place)
    found.text(place.of("func"))
    assert len(parsed) == 1
    assert "slow" in parsed[0]
    assert "APIRouter(" not in parsed[0]


def test_a_diagnostic_has_the_place_the_trace_and_the_severity() -> None:
    rule = find("FAL101")
    finding = Finding(
        anchor(ROUTES, "time.sleep(limit)"),
        "it blocks",
        trace=(Step(anchor(ROUTES, "async def slow("), "here"),),
        symbol="app.main.slow",
    )
    found = diagnostic(finding, rule, locator(ROUTES), "error")
    assert (found.code, found.name, found.severity, found.symbol) == (
        "FAL101",
        "blocking-call",
        "error",
        "app.main.slow",
    )
    assert (found.span.start, found.span.end) == ((22, 5), (22, 22))
    assert [(step.span.start, step.span.end) for step in found.trace] == [((17, 1), (17, 16))]
    milder = Finding(finding.place, "it blocks a little", severity="info")
    assert diagnostic(milder, rule, locator(ROUTES), "error").severity == "info"
    assert diagnostic(milder, rule, locator(ROUTES), "warning").severity == "warning"
