"""Python's parser places expressions where LibCST does."""

from pathlib import Path

import pytest

from fastapi_lint.findings import Anchor
from fastapi_lint.reading.locate import Locator
from fastapi_lint.source import Source
from fastapi_lint.syntax import UNIT_BITS

ROOT = Path(__file__).parent.parent
ODD = """\
x = (a)(b).c[(d)]
y = ((a + b) * (c))  # ä
ä = "ü", f(ö, "é", [g(
    h, é.k(l)
)])
def f():
\tif (a and (b or c)): return {("ñ"): (await_(x))}
\r
z = {1, g()} < (h)(
) == i
w = "日本" + k() + f"{m(n)}"
@d(": (")
async  def é( a: "x:[", b={1: 2}, *, c=lambda: 0) -> q[1:2] : # no: comment
    class C (B, k='''
:''', ) : x = 1
    def g(  # a comment
        a): return (a)
    async def h(a,b) \\
        : pass
class D: pass
"""
FILES = [
    ROOT / "fastapi_lint/reading/locate.py",
    ROOT / "fastapi_lint/project/interpreting/calls.py",
    ROOT / "tests/test_suppress.py",
]


def _compared(source: Source) -> int:
    quickly, exactly = Locator({source.path: source}), Locator({source.path: source})
    told = 0
    for index in range(len(exactly.chunks(source.path))):
        for number in range(len(exactly.unit(source.path, index).nodes)):
            anchor = Anchor(source.path, index << UNIT_BITS | number)
            found = quickly.quick_span(anchor)
            if found is not None:
                told += 1
                assert found == exactly.report_span(anchor), source.text[slice(*found)]
    return told


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_odd_text(newline: str) -> None:
    text = ODD.replace("\r\n", "\n").replace("\n", newline)
    assert _compared(Source("odd.py", text.encode(), text, "utf-8")) > 25


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_real_files(file: Path) -> None:
    assert _compared(Source.read(file.name, file)) > 500


def test_what_python_cannot_parse_is_left_to_libcst() -> None:
    text = "try: f()\nexcept a, b: g()\n"
    source = Source("newer.py", text.encode(), text, "utf-8")
    locator = Locator({"newer.py": source})
    found = locator.quick_span(Anchor("newer.py", 2))
    assert found is None or text[slice(*found)] == "f()"
