"""Python's own parser and LibCST give the same records with the same numbers, so that a number leads to LibCST's node."""

import ast
import sys
from pathlib import Path

import libcst as cst
import msgspec
import pytest

from fastapi_lint import syntax as s
from fastapi_lint.reading import extract, quick
from fastapi_lint.reading.split import split
from fastapi_lint.source import Source, SourceError

ROOT = Path(__file__).parent.parent
FILES = sorted(
    path for part in ("fastapi_lint", "rules", "tests", "fixtures", "scripts") for path in (ROOT / part).rglob("*.py")
)

PIECES = {
    "strings": r"""x = "a" 'b' "c\n"; y = b"a" b"\xff"; z = u"q" "r"; w = '''a
b'''""",
    "formatted": r"""x = f"a{b}c" "d" f"{e!r:>{w}.{p}}" f"{{g}}\t" rf"\d{h}"; y = f"{i=}{ j = !s}"; z = f"plain"; e = f"" """,
    "string in a string": """x = f"{'a'}b" """,
    "subscripts": "a[b]; a[b, c]; a[(b, c)]; a[b:c, ::d]; a[()]; a[b,]; Dict[(str, 'int')]; Callable[[int, 'str'], 'T']",
    "calls": "f(a, *b, c=d, **e); f(a=b, *c); f(a=b, **c, d=e); f(x for x in y)",
    "operators": "a and b and c or not d; a + b * -c; -1; - -1; a < b <= c not in d is not e; a ** b @ c; a and (b and c)",
    "lambdas": "f = lambda a, /, b=1, *c, d, e=2, **g: (yield a)",
    "comprehensions": "[a for b in c if d if e for f in g]; {a: b for a, b in c}; {a async for a in b}; (a for a in b)",
    "functions": """@a.b(c)
async def f(a: 'A', /, b: Optional['B'] = None, *c: int, d: 'x | y' = 1, e, **g: Annotated['C', 'text']) -> List['D']:
    '''Doc.'''
    async with a as b, c as (d, e):
        await f()
    async for x in y:
        yield x
    else:
        return
    def g():
        yield from h
        return lambda: await_
""",
    "classes": "@d\nclass A(B, *C, metaclass=M, **k):\n    'doc'\n    a: int = 1\n    b: 'A | None'\n    a.b: int\n",
    "statements": """import a.b.c as d, e
from . import f
from ..g.h import i as j, k
from l import *
global m, n
del o, (p, q)
del (r, s)
assert t, u
raise v from w
a = b = c, *d = e
f += g
if a: b
elif c: d
else:
    if e: f
for x, *y in z: continue
while a: break
try: a
except (b, c) as d: e
except f: g
else: h
finally: i
x: int
if (z := 1): pass
""",
    "matching": """match a:
    case [b, *c] if d: e
    case {"f": g, **h}: i
    case J(k, l=m) as n: o
    case p.q | 1 | None: r
    case _: t
""",
    "numbers": "1_000; 0x_ff; 1e3; 2j; 99999999999999999999; ...; True; None; 0o17",
    "unusual white space": "x = 1\f\nif a:\n\tb\n\t# c\n\n# d\n",
    "carriage returns": "x = 'a\\\r\nb'\r\ny = '''c\r\nd'''\r\n",
}


def _quick(text: str, index: int = 3) -> s.Unit:
    return s.Unit(quick.Reader(index).block(ast.parse(text).body))


@pytest.mark.parametrize("text", PIECES.values(), ids=PIECES)
def test_agree(text: str) -> None:
    assert msgspec.to_builtins(_quick(text)) == msgspec.to_builtins(extract.unit(text, 3, 1))


@pytest.mark.filterwarnings("ignore")
def test_agree_on_the_files_of_this_project() -> None:
    compared = 0
    for path in FILES:
        try:
            text = Source.read(str(path), path).text
        except SourceError:
            continue
        for index, chunk in enumerate(split(text)):
            statement = text[chunk.start : chunk.end]
            try:
                quickly = _quick(statement, index)
            except (SyntaxError, quick.Newer):
                continue
            assert msgspec.to_builtins(quickly) == msgspec.to_builtins(extract.unit(statement, index, 1)), path
            compared += 1
    assert compared > 3000


def test_every_kind_of_node_is_known() -> None:
    abstract = {ast.expr, ast.stmt}
    expressions = {kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.expr)}
    statements = {kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.stmt)}
    old = {getattr(ast, name, None) for name in ("Num", "Str", "Bytes", "NameConstant", "Ellipsis")}
    inner = {kind for kind in expressions if kind.__name__ in ("FormattedValue", "Interpolation")}
    assert expressions - abstract - old - inner == set(quick.EXPRESSIONS)
    assert statements - abstract == set(quick.STATEMENTS)


NEWER = "try: a\nexcept b, c: d\n"
"""Python 3.14."""


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python parses it")
def test_what_this_python_cannot_parse_is_left_to_libcst() -> None:
    found = quick.unit(NEWER, 0, 1)
    assert isinstance(found.statements[0], s.Try)
    assert found.statements[0].handlers[0].caught is not None


def test_numbers_lead_to_the_node() -> None:
    text = PIECES["formatted"]
    unit = _quick(text, 5)
    _, nodes = extract.nodes(text, 5)
    for record in s.walk(*unit.statements, into_functions=True):
        node = nodes[record.at & (1 << s.UNIT_BITS) - 1]
        if isinstance(record, s.Name):
            assert isinstance(node, cst.Name)
            assert node.value == record.id


def test_a_syntax_error_says_its_line() -> None:
    with pytest.raises(SourceError) as caught:
        quick.unit("x = 1\ny = (\n", 0, 10)
    assert caught.value.line >= 11
