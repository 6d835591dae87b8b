"""Symbolic edits made into text, on real code: what is marked with « » is the node that an edit is about."""

from __future__ import annotations

import re
from collections.abc import Callable

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastapi_lint.comments import comments
from fastapi_lint.edits import (
    Edits,
    add_keyword,
    await_twin,
    insert_return_annotation,
    remove_argument,
    remove_async,
    remove_decorator,
    replace_callee,
    wrap_await_run_in_threadpool,
    wrap_await_to_thread,
)
from fastapi_lint.edits.changes import Unfixable
from fastapi_lint.edits.concrete import located, text_edits
from fastapi_lint.findings import (
    AddAwait,
    AddImport,
    Anchor,
    Annotate,
    Applicability,
    Defer,
    Fix,
    Insert,
    Remark,
    Replace,
    SymbolicEdit,
    TextRange,
    Without,
)
from fastapi_lint.reading import extract
from fastapi_lint.reading.locate import Locator
from fastapi_lint.source import Source
from fastapi_lint.syntax import UNIT_BITS
from fastapi_lint.trial import applied_to

PATH = "src/app/routers/users.py"
Build = Callable[[Anchor], Edits]


def marked(text: str, path: str = PATH, data: bytes | None = None) -> tuple[Locator, Anchor]:
    """A file without its marks, and the anchor of the outermost record in them (of a definition, its header)."""
    start, end = text.index("«"), text.index("»") - 1
    plain = text.replace("«", "").replace("»", "")
    locator = Locator({path: Source.decode(path, plain.encode() if data is None else data)})
    for index, _ in enumerate(locator.chunks(path)):
        unit = locator.unit(path, index)
        for low, node in enumerate(unit.nodes):
            place = Anchor(path, index << UNIT_BITS | low)
            definition = isinstance(node, (cst.FunctionDef, cst.ClassDef))
            if locator.span(place.of("header") if definition else place) == (start, end) and type(node) is not cst.Expr:
                return locator, place
    raise AssertionError(f"nothing is {plain[start:end]!r}")


def edited(text: str, build: Build, path: str = PATH) -> str:
    locator, place = marked(text, path)
    result = applied_to(locator.source(path).text, text_edits(build(place), locator))
    cst.parse_module(result)
    return result


def in_async(code: str) -> str:
    return f"import asyncio\n\n\nasync def f():\n    {code}\n"


# ---- await ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("«g(1)»", "await g(1)"),
        ("x = «g(1)»", "x = await g(1)"),
        ("x = «g(1)».y", "x = (await g(1)).y"),
        ("x = «g(1)»[0]", "x = (await g(1))[0]"),
        ("x = «g(1)»(2)", "x = (await g(1))(2)"),
        ("x = («g(1)»).y", "x = (await g(1)).y"),
        ("x = -«g(1)» ** 2", "x = -await g(1) ** 2"),
        ("x = await «g(1)»", "x = await (await g(1))"),
        ("x = y if «g(1)» else z", "x = y if await g(1) else z"),
        ("x = not(«g(1)»)", "x = not(await g(1))"),
        ("x = y in«'a'.join(z)»", "x = y in await 'a'.join(z)"),
        ("x = f'{«g(1)»!r}'", "x = f'{await g(1)!r}'"),
        ("x = [«g(y)» for y in z]", "x = [await g(y) for y in z]"),
        ("x = (y for y in «g(1)»)", "x = (y for y in await g(1))"),
        ("x = [*«g(1)»]", "x = [*await g(1)]"),
        ("return «g(1)»", "return await g(1)"),
        ("with «g(1)» as x: pass", "with await g(1) as x: pass"),
        ("def h(x=«g(1)»): pass", "def h(x=await g(1)): pass"),
        ("x = lambda y=«g(1)»: y", "x = lambda y=await g(1): y"),
    ],
)
def test_await_goes_where_python_takes_it(code: str, result: str) -> None:
    assert edited(in_async(code), lambda place: (AddAwait(place),)) == in_async(result)
    compile(in_async(result), "<test>", "exec")


@pytest.mark.parametrize(
    "text",
    [
        "x = «g(1)»\n",
        "def f():\n    «g(1)»\n",
        "async def f(x=«g(1)»): pass\n",
        "async def f():\n    x = lambda: «g(1)»\n",
        "async def f():\n    class A:\n        x = «g(1)»\n",
        "async def f():\n    x = (y for y in z if «g(1)»)\n",
        "async def f():\n    x = sum(«g(y)» for y in z)\n",
        "async def f():\n    x = [[«g(y)» for y in z] for z in w]\n",
        "async def f():\n    def h():\n        «g(1)»\n",
    ],
)
def test_await_is_refused_where_python_does_not_take_it(text: str) -> None:
    with pytest.raises(Unfixable):
        edited(text, lambda place: (AddAwait(place),))


# ---- calls ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("«g()»", "await asyncio.to_thread(g)"),
        ("«g( )»", "await asyncio.to_thread(g )"),
        ("«g(a, b=1)»", "await asyncio.to_thread(g, a, b=1)"),
        ("«g(a, b=1,)»", "await asyncio.to_thread(g, a, b=1,)"),
        ("«g(x for x in y)»", "await asyncio.to_thread(g, (x for x in y))"),
        ("«g((x for x in y))»", "await asyncio.to_thread(g, (x for x in y))"),
        ("«g(*a, **b)»", "await asyncio.to_thread(g, *a, **b)"),
        ("«(g)(a)»", "await asyncio.to_thread((g), a)"),
        ("x = «g.h(a)».i", "x = (await asyncio.to_thread(g.h, a)).i"),
        ("x = («g.h(a)»).i", "x = (await asyncio.to_thread(g.h, a)).i"),
        ("x = f'{«g(a)»}'", "x = f'{await asyncio.to_thread(g, a)}'"),
        ("«g (a)»", "await asyncio.to_thread (g, a)"),
        (
            "«g(\n        a,  # first\n        b=1,\n    )»",
            "await asyncio.to_thread(\n        g,\n        a,  # first\n        b=1,\n    )",
        ),
        ("«g(\n        a, b\n    )»", "await asyncio.to_thread(\n        g, a, b\n    )"),
        ("«g(\n        a\n    )»", "await asyncio.to_thread(\n        g, a\n    )"),
        ("«g(\n        a,\n    )»", "await asyncio.to_thread(\n        g,\n        a,\n    )"),
        ("«g(a,\n      b)»", "await asyncio.to_thread(g, a,\n      b)"),
        ("«g(\n    # nothing\n    )»", "await asyncio.to_thread(g\n    # nothing\n    )"),
        (
            "x = («db\n        .query(A)  # all\n        .all()»)",
            "x = (await asyncio.to_thread(db\n        .query(A)  # all\n        .all))",
        ),
    ],
)
def test_a_call_handed_to_a_thread(code: str, result: str) -> None:
    assert edited(in_async(code), wrap_await_to_thread) == in_async(result)
    compile(in_async(result), "<test>", "exec")


def test_a_call_with_an_argument_of_the_runners_own_name_is_not_handed_on() -> None:
    with pytest.raises(Unfixable):
        edited(in_async("«g(func=1)»"), wrap_await_to_thread)


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("add(«g(x, y=1)»)", "add(g, x, y=1)"),
        ("add(«g()»)", "add(g)"),
        ("add(«g(x,)», 1)", "add(g, x, 1)"),
        ("add(«g(x for x in y)»)", "add(g, (x for x in y))"),
        ("add(\n    «g(\n        x,\n    )»,\n)", "add(\n    g,\n        x,\n)"),
    ],
)
def test_a_call_spread_over_another(code: str, result: str) -> None:
    assert edited(code, lambda place: (Defer(place),)) == result


def test_a_callee_is_replaced_and_awaited() -> None:
    text = "import time\n\n\nasync def f():\n    «time.sleep(1)»  # why\n"
    fixed = edited(text, lambda place: await_twin(place, (AddImport(PATH, "asyncio"), ".sleep")))
    assert fixed == "import asyncio\nimport time\n\n\nasync def f():\n    await asyncio.sleep(1)  # why\n"
    assert edited("x = «g(1)»\n", lambda place: replace_callee(place, ("h.i",))) == "x = h.i(1)\n"


KEYWORDS = [
    ("«f()»", "f(k=1)"),
    ("«f( )»", "f(k=1 )"),
    ("«f(a)»", "f(a, k=1)"),
    ("«f(a,)»", "f(a, k=1)"),
    ("«f(a, )»", "f(a, k=1 )"),
    ("«f(a, k=(2), b=3)»", "f(a, k=1, b=3)"),
    ("«f(k = 2)»", "f(k = 1)"),
    ("«f(*a, **b)»", "f(*a, **b, k=1)"),
    ("«f(x for x in y)»", "f((x for x in y), k=1)"),
    ("«f(\n    a,\n    b,  # b, c\n)»", "f(\n    a,\n    b,  # b, c\n    k=1,\n)"),
    ("«f(\n    a,\n    b  # b, c\n)»", "f(\n    a,\n    b,  # b, c\n    k=1\n)"),
    ("«f(a,\n  b)»", "f(a,\n  b, k=1)"),
    ("«f(\n    # nothing\n)»", "f(k=1\n    # nothing\n)"),
    ("«class A():»\n    pass", "class A(k=1):\n    pass"),
    ("«class A(B):»\n    pass", "class A(B, k=1):\n    pass"),
    ("«class A(B, k=2):»\n    pass", "class A(B, k=1):\n    pass"),
]


@pytest.mark.parametrize(("code", "result"), KEYWORDS)
def test_a_keyword_is_added_or_replaced(code: str, result: str) -> None:
    assert edited(code, lambda place: add_keyword(place, "k", ("1",))) == result


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("«f(\n    a, b\n)»", "f(\n    a, b, k=1\n)"),
        ("«f(\n    a,\n    b, c\n)»", "f(\n    a,\n    b, c, k=1\n)"),
        ("«f(\n    a, b,\n)»", "f(\n    a, b,\n    k=1,\n)"),
        ("«f(\n    a, b  # why\n)»", "f(\n    a, b,  # why\n    k=1\n)"),
        (f"«f(\n    a, b{'c' * 107}\n)»", f"f(\n    a, b{'c' * 107}, k=1\n)"),
        (f"«f(\n    a, b{'c' * 108}\n)»", f"f(\n    a, b{'c' * 108},\n    k=1\n)"),
    ],
)
def test_a_keyword_joins_the_line_of_the_last_argument_where_there_is_room(code: str, result: str) -> None:
    assert edited(code, lambda place: add_keyword(place, "k", ("1",))) == result


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("def f(«a», b): ...\n", "def f(k, a, b): ...\n"),
        ("def f(\n    «a», b\n): ...\n", "def f(\n    k,\n    a, b\n): ...\n"),
        ("def f(\r\n\t«a»,\r\n): ...\r\n", "def f(\r\n\tk,\r\n\ta,\r\n): ...\r\n"),
    ],
)
def test_what_goes_before_a_parameter_on_a_line_of_its_own_gets_one_too(code: str, result: str) -> None:
    assert edited(code, lambda place: (Insert(place, "before", ("k, ",)),)) == result


LONG = "b" * 117


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (f"«f({LONG})»", f"f(\n    {LONG},\n    key=1,\n)"),
        (
            f"if x:\n    y = «f(a, *b,  {LONG}, )»  # why",
            f"if x:\n    y = f(\n        a,\n        *b,\n        {LONG},\n        key=1,\n    )  # why",
        ),
        (f"«{LONG}()»", f"{LONG}(\n    key=1,\n)"),
        (f"«f(k for k in {LONG})»", f"f((k for k in {LONG}), key=1)"),
        (f"«f({LONG[:100]})»", f"f({LONG[:100]}, key=1)"),
        (f"«f(key=2, {LONG}={LONG})»", f"f(key=1, {LONG}={LONG})"),
        (f"if x:\r\n\t«f(a, {LONG})»\r\n", f"if x:\r\n\tf(\r\n\t\ta,\r\n\t\t{LONG},\r\n\t\tkey=1,\r\n\t)\r\n"),
    ],
)
def test_a_keyword_that_makes_a_line_too_long_spreads_the_call(code: str, result: str) -> None:
    assert edited(code, lambda place: add_keyword(place, "key", ("1",))) == result


def test_a_value_of_several_lines_spreads_the_call() -> None:
    """And what is in it moves along."""
    fixed = edited("if x:\n    «f(a)»\n", lambda place: add_keyword(place, "key", ("{\n    1: 2,\n}",)))
    assert fixed == "if x:\n    f(\n        a,\n        key={\n            1: 2,\n        },\n    )\n"


def test_a_call_that_a_fix_changes_otherwise_too_is_not_spread() -> None:
    fixed = edited(
        f"«f(a, {LONG})»", lambda place: (*add_keyword(place, "k", ("1",)), *add_keyword(place, "l", ("2",)))
    )
    assert fixed == f"f(a, {LONG}, k=1, l=2)"


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ("\n        1,\n        ge=1,  # why\n    ", "\n        ge=1,  # why\n    "),
        ("\n        1,  # one\n        ge=1,\n    ", "\n        # one\n        ge=1,\n    "),
        (
            "\n        1,  # one\n        # two\n        ge=1,\n    ",
            "\n        # one\n        # two\n        ge=1,\n    ",
        ),
        ("1, ge=1", "ge=1"),
        ("1", ""),
    ],
)
def test_a_call_without_its_default_keeps_its_lines_and_comments(arguments: str, left: str) -> None:
    def annotated(place: Anchor) -> tuple[Replace, ...]:
        call = place.of("default")
        return (Replace(place, ("a: Annotated[int, ", Without(call, 0), "] = ", call.of("args.0.value"))),)

    fixed = edited(f"def f(\n    «a: int = Query({arguments})»,\n): ...\n", annotated)
    assert fixed == f"def f(\n    a: Annotated[int, Query({left})] = 1,\n): ...\n"
    assert sum(fixed.count(comment) for comment in ("# one", "# two", "# why")) == arguments.count("#")


def test_the_comment_of_the_only_argument_stays_too() -> None:
    def shortened(place: Anchor) -> tuple[Replace, ...]:
        return (Replace(place, (Without(place, 0),)),)

    for code in (
        "x = «f(\n    1,  # one\n)»\n",
        "x = «f(\n    1  # one\n)»\n",
        "x = «f(1,  # one\n)»\n",
        "x = «f(a,  # a\n    # one\n    1)»\n",
    ):
        assert edited(code, shortened).count("# one") == 1


def test_a_class_without_parentheses_gets_no_keyword() -> None:
    with pytest.raises(Unfixable):
        edited("«class A:»\n    pass\n", lambda place: add_keyword(place, "k", ("1",)))


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("«f(k=1)»", "f()"),
        ("«f(k=1,)»", "f()"),
        ("«f(k=1, a=2)»", "f(a=2)"),
        ("«f(a, k=1)»", "f(a)"),
        ("«f(a, k=1,)»", "f(a,)"),
        ("«f(a, k=1, b=2)»", "f(a, b=2)"),
        ("«f(\n    a,\n    k=1,\n    b=2,\n)»", "f(\n    a,\n    b=2,\n)"),
        ("«f(\n    a,\n    k=1,\n)»", "f(\n    a,\n)"),
        ("«f(\n    a,\n    k=1\n)»", "f(\n    a\n)"),
        ("«f(\n    k=g(\n        1,\n    ),\n    a=1,\n)»", "f(\n    a=1,\n)"),
        ("«f(a,\n  k=1)»", "f(a)"),
        ("«f(a, k=1,\n  b=2)»", "f(a,\n  b=2)"),
        ("«f(k=1,\n  b=2)»", "f(\n  b=2)"),
    ],
)
def test_an_argument_is_removed_with_its_comma(code: str, result: str) -> None:
    assert edited(code, lambda place: remove_argument(place, "k")) == result


def test_removing_an_argument_that_is_not_there_is_the_rules_mistake() -> None:
    locator, place = marked("«f(a)»\n")
    with pytest.raises(LookupError):
        text_edits(remove_argument(place, "k"), locator)


# ---- functions ------------------------------------------------------------------------------------------------------

HANDLER = """\
@router.get("/")  # the route
# about caching
@cached
«async  def f(a, b=1, *, c: int = 2) :»  # the handler
    return a
"""


def test_async_is_removed() -> None:
    assert edited(HANDLER, remove_async).splitlines()[3] == "def f(a, b=1, *, c: int = 2) :  # the handler"


def test_a_return_annotation_is_added_and_replaced() -> None:
    fixed = edited(HANDLER, lambda place: insert_return_annotation(place, ("list[A]",)))
    assert fixed.splitlines()[3] == "async  def f(a, b=1, *, c: int = 2) -> list[A] :  # the handler"
    again = edited("«def f() -> (int):» ...\n", lambda place: insert_return_annotation(place, ("str",)))
    assert again == "def f() -> str: ...\n"


@pytest.mark.parametrize(
    ("part", "signature"),
    [
        ("params.params.0", "a: str, b=1, *, c: int = 2"),
        ("params.params.1", "a, b: str = 1, *, c: int = 2"),
        ("params.kwonly_params.0", "a, b=1, *, c: str = 2"),
    ],
)
def test_a_parameter_is_annotated(part: str, signature: str) -> None:
    fixed = edited(HANDLER, lambda place: (Annotate(place.of(part), ("str",)),))
    assert fixed.splitlines()[3] == f"async  def f({signature}) :  # the handler"


def test_only_a_function_or_its_parameter_is_annotated() -> None:
    for code in ("x = «g(1)»\n", "x = «lambda y: y»\n"):
        part = "params.params.0" if "lambda" in code else ""
        with pytest.raises(Unfixable):
            edited(code, lambda place, part=part: (Annotate(place.of(part) if part else place, ("int",)),))  # type: ignore[misc]


def test_a_decorator_goes_with_its_line() -> None:
    fixed = edited(HANDLER, lambda place: remove_decorator(place, 1))
    assert fixed.splitlines()[:3] == ['@router.get("/")  # the route', "# about caching", fixed.splitlines()[2]]
    assert "cached\n" not in fixed


@pytest.mark.parametrize(
    ("signature", "part", "result"),
    [
        ("a, b=1, *, c", "params.params.0", "b=1, *, c"),
        ("a, b=1, *, c", "params.params.1", "a, *, c"),
        ("a, *, b, c", "params.kwonly_params.1", "a, *, b"),
        ("a, /, b", "params.params.0", "a, /"),
        ("a, *b", "params.params.0", "*b"),
        ("a", "params.params.0", ""),
        ("a, **b", "params.star_kwarg", "a"),
    ],
)
def test_a_parameter_is_removed(signature: str, part: str, result: str) -> None:
    build: Build = lambda place: (Replace(place.of(part), ()),)  # noqa: E731
    if result == "a, /":
        with pytest.raises(Unfixable):
            edited(f"«def f({signature}):» ...\n", build)
    else:
        assert edited(f"«def f({signature}):» ...\n", build) == f"def f({result}): ...\n"


# ---- other replacements and removals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "new", "result"),
    [
        ("x = «a».b", "c.d", "x = c.d.b"),
        ("x = «a».b", "c + d", "x = (c + d).b"),
        ("x = «a».b", "1", "x = (1).b"),
        ("x = «a» * b", "c + d", "x = (c + d) * b"),
        ("x = («a») * b", "c + d", "x = (c + d) * b"),
        ("x = «a»", "c if d else e", "x = c if d else e"),
        ("x = f(«a»)", "lambda: 1", "x = f(lambda: 1)"),
        ("x = f(*«a»)", "c or d", "x = f(*(c or d))"),
        ("x = «a»", "y := 1", "x = (y := 1)"),
        ("x = [b for b in «a»]", "c if d else e", "x = [b for b in (c if d else e)]"),
        ("x = «a»['b']", "await c", "x = (await c)['b']"),
        ("x = «a» + 1", "await c", "x = await c + 1"),
    ],
)
def test_a_replacement_gets_the_parentheses_that_it_needs(code: str, new: str, result: str) -> None:
    assert edited(in_async(code), lambda place: (Replace(place, (new,)),)) == in_async(result)


def test_templates_quote_the_source_of_other_nodes() -> None:
    build: Build = lambda place: (Replace(place, ("g(", place.of("args.1.value"), ", ", place.of("args.0"), ")")),)  # noqa: E731
    assert edited("x = «f(a, (b\n  + c))»\n", build) == "x = g((b\n  + c), a)\n"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("def f():\n    «x = 1»\n    y\n", "def f():\n    y\n"),
        ("def f():\n    «x = 1»  # c\n", "def f():\n    pass  # c\n"),
        ("def f(): «x = 1»\n", "def f(): pass\n"),
        ("«x = 1»; y\n", "y\n"),
        ("y; «x = 1»\n", "y\n"),
        ("a\n«x = 1»\nb\n", "a\nb\n"),
        ("a\n\n\n@d\n«def f():»\n    pass\n\n\nb\n", "a\n\n\n\n\nb\n"),
    ],
)
def test_a_statement_is_removed_with_its_line(text: str, result: str) -> None:
    assert edited(text, lambda place: (Replace(place, ()),)) == result


@pytest.mark.parametrize(
    ("text", "part", "result"),
    [
        ("«import a»\nb\n", "names.0", "b\n"),
        ("«import a, b»\n", "names.0", "import b\n"),
        ("«from a import (\n    b,\n    c,\n)»\n", "names.0", "from a import (\n    c,\n)\n"),
        ("«from a import b, c»\n", "names.1", "from a import b\n"),
    ],
)
def test_an_imported_name_is_removed(text: str, part: str, result: str) -> None:
    assert edited(text, lambda place: (Replace(place.of(part), ()),)) == result


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("x = («1, 2»)", "elements.0"),
        ("x = «{a}»", "elements.0"),
        ("x = «y[a]»", "slice.0"),
        ("«with a: b»", "items.0"),
    ],
)
def test_what_the_syntax_needs_is_not_removed(text: str, part: str) -> None:
    with pytest.raises(Unfixable):
        edited(text, lambda place: (Replace(place.of(part), ()),))


@pytest.mark.parametrize(
    ("text", "where", "result"),
    [
        ("def f():\n    «x»\n    y\n", "before", "def f():\n    new\n    x\n    y\n"),
        ("def f():\n    «x»  # c\n    y\n", "after", "def f():\n    x  # c\n    new\n    y\n"),
        ("def f():\n\t«x»", "after", "def f():\n\tx\n\tnew"),
        ("def f(): «x»\n", "before", "def f(): new; x\n"),
        ("a; «x»; b\n", "after", "a; x; new; b\n"),
        ("a; «x»\n", "after", "a; x\nnew\n"),
        ("@d\n«def f():»\n    pass\n", "before", "new\n@d\ndef f():\n    pass\n"),
        ("@d\n«def f():»\n    pass\nx\n", "after", "@d\ndef f():\n    pass\nnew\nx\n"),
    ],
)
def test_a_statement_is_inserted_as_one_of_its_own(text: str, where: str, result: str) -> None:
    def build(place: Anchor) -> Edits:
        target = place if "def f():»" in text else place.of("statement")
        return (Insert(target, "before" if where == "before" else "after", ("new",)),)

    assert edited(text, build) == result


def test_a_text_of_several_lines_takes_the_indentation_and_the_line_ending_of_its_place() -> None:
    text = "class A:\r\n    «x = 1»\r\n"
    locator, place = marked(text)
    edits = text_edits((Insert(place, "before", ("if y:\n    z = 1",)),), locator)
    assert applied_to(locator.source(PATH).text, edits) == "class A:\r\n    if y:\r\n        z = 1\r\n    x = 1\r\n"


def test_a_range_of_text_can_be_edited_too() -> None:
    locator, _ = marked("x = «f(1)»\n")
    edits = (Replace(TextRange(PATH, 0, 1), ("y",)), Insert(TextRange(PATH, 4, 8), "after", ("()",)))
    assert applied_to("x = f(1)\n", text_edits(edits, locator)) == "y = f(1)()\n"


# ---- what makes a fix impossible, or unsafe -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "new", "possible"),
    [
        ("x = f'{«a»}'", "b['c']", False),
        ("x = f'{«a»}'", 'b["c"]', True),
        ("x = f'''{«a»}'''", "b", True),
        ("x = f'{«a»}'", "b\\\n", False),
        ("x = f'{«a»}'", "{1: 2}", False),
        ("x = f'{g(«a»)}'", "b  # c\n", False),
    ],
)
def test_the_limits_of_formatted_strings(code: str, new: str, possible: bool) -> None:
    locator, place = marked(code + "\n")
    if possible:
        text_edits((Replace(place, (new,)),), locator)
    else:
        with pytest.raises(Unfixable):
            text_edits((Replace(place, (new,)),), locator)


def test_edits_that_overlap_make_no_fix() -> None:
    locator, place = marked("x = «f(a, b)»\n")
    with pytest.raises(Unfixable):
        text_edits((Replace(place, ("y",)), Replace(place.of("args.0"), ("z",))), locator)
    with pytest.raises(Unfixable):
        text_edits((Replace(place, ("y",)), Replace(place, ("z",))), locator)


def test_text_that_the_file_cannot_hold_makes_no_fix() -> None:
    text = "# coding: latin-1\nx = «f('\xe4')»\n"
    plain = text.replace("«", "").replace("»", "").encode("latin-1")
    locator, place = marked(text, data=plain)
    assert text_edits((Replace(place.of("args.0"), ("'\xfc'",)),), locator)
    with pytest.raises(Unfixable):
        text_edits((Replace(place.of("args.0"), ("'€'",)),), locator)


def test_around_what_libcst_garbles_edits_go_where_they_should() -> None:
    text = "def f():\n    try:\n        «g(1)»\n    except A :\n        x = 2 # c\n"
    plain = text.replace("«", "").replace("»", "")
    assert cst.parse_module(plain).code == plain.replace("A :", "A:")
    assert edited(text, lambda place: (Replace(place, ("h()",)),)) == plain.replace("g(1)", "h()")
    assert edited(plain.replace("x = 2", "x = «y(2)»"), lambda place: add_keyword(place, "k", ("1",))) == plain.replace(
        "x = 2", "x = y(2, k=1)"
    )


def test_what_libcst_does_not_give_back_is_not_edited(monkeypatch: pytest.MonkeyPatch) -> None:
    locator, place = marked("x = f(g, «aaa(1)»)\n")
    original = extract.nodes
    monkeypatch.setattr(
        extract, "nodes", lambda text, index: original(text.replace("aaa", "bbb").replace("1", "2"), index)
    )
    other = Locator({PATH: locator.source(PATH)})
    assert other.exact_span(place.of("args.0.value")) is None
    start, end = other.span(place.of("args.0.value"))
    assert "1" in "x = f(g, aaa(1))\n"[start:end]
    for edit in (
        Replace(place.of("args.0.value"), ("3",)),
        Replace(place.of("args.0"), ()),
        AddAwait(place.of("func")),
    ):
        with pytest.raises(Unfixable):
            text_edits((edit,), other)
    with pytest.raises(Unfixable):
        text_edits((Replace(TextRange(PATH, 0, 1), (place.of("func"),)),), other)


@pytest.mark.parametrize(
    ("claimed", "limit", "code", "result"),
    [
        ("safe", "safe", "«f(a)»", "safe"),
        ("safe", "unsafe", "«f(a)»", "unsafe"),
        ("unsafe", "safe", "«f(a)»", "unsafe"),
        ("safe", "safe", "«f(  # c\n    a)»", "unsafe"),
        ("unsafe", "safe", "«f(  # c\n    a)»", "unsafe"),
        ("display", "safe", "«f(  # c\n    a)»", "display"),
        ("safe", "safe", "«f('# c')»", "safe"),
        ("safe", None, "«f(a)»", None),
    ],
)
def test_a_fix_is_no_safer_than_its_rule_and_its_comments_allow(
    claimed: Applicability, limit: Applicability | None, code: str, result: Applicability | None
) -> None:
    locator, place = marked(code + "\n")
    fix = located(Fix("title", (Replace(place, ("g()",)),), claimed), locator, limit)
    assert (fix and fix.applicability) == result


def test_a_comment_that_lives_on_in_the_new_text_is_not_lost() -> None:
    locator, place = marked("x = «f(a,  # why\n      b)»\n")
    whole = Fix("title", (Replace(place, ("g(", place, ")")),), "safe")
    part = Fix("title", (Replace(place, ("g(", place.of("args.0"), ")")),), "safe")
    assert [fix and fix.applicability for fix in (located(whole, locator, "safe"), located(part, locator, "safe"))] == [
        "safe",
        "unsafe",
    ]


def test_an_impossible_edit_drops_the_fix() -> None:
    locator, place = marked("def f():\n    «g(1)»\n")
    assert located(Fix("title", wrap_await_to_thread(place), "unsafe"), locator, "unsafe") is None


def test_the_span_of_an_edit_is_that_of_its_offsets() -> None:
    locator, place = marked("# ä\r\nx = «f(a)»\r\n")
    (edit,) = text_edits((Replace(place, ("g()",)),), locator)
    assert (edit.start, edit.end, edit.replacement) == (9, 13, "g()")
    assert (edit.span.start, edit.span.end) == ((2, 5), (2, 9))


# ---- hypothesis -----------------------------------------------------------------------------------------------------

ARGUMENTS = ("a", "b=1", "*c", "**d", "k=(2)", "'é'", "lambda: 0", "[x\n for x in y]")
GAPS = ("", " ", "\n        ", "  # note\n        ", "\n        # alone\n        ")


@st.composite
def calls(draw: st.DrawFn) -> str:
    """A call with any spacing, line breaks, comments, a trailing comma or none."""
    arguments = sorted(
        draw(st.lists(st.sampled_from(ARGUMENTS), max_size=4, unique=True)),
        key=lambda one: ("**" in one, "=" in one or "*" in one),
    )
    text = "f(" + draw(st.sampled_from(GAPS))
    for index, argument in enumerate(arguments):
        last = index == len(arguments) - 1
        text += argument
        if not last or draw(st.booleans()):
            text += draw(st.sampled_from(("", " "))) + ","
        text += draw(st.sampled_from(GAPS))
    return text + ")"


BUILDS: tuple[Build, ...] = (
    wrap_await_to_thread,
    wrap_await_run_in_threadpool,
    lambda place: add_keyword(place, "k", ("1",)),
    lambda place: remove_argument(place, "k"),
    lambda place: await_twin(place, (AddImport(PATH, "asyncio"), ".sleep")),
)


@settings(max_examples=600, deadline=None)
@given(
    calls(),
    st.sampled_from(BUILDS),
    st.sampled_from(("{}", "x = {}.y", "return {}", "x = [{}]")),
    st.sampled_from(("\n", "\r\n")),
)
def test_made_up_calls_survive_every_edit(call: str, build: Build, frame: str, newline: str) -> None:
    text = f"async def handler():\n    {frame.format(f'«{call}»')}\n".replace("\n", newline)
    try:
        cst.parse_module(text.replace("«", "").replace("»", ""))
    except cst.ParserSyntaxError:
        return
    locator, place = marked(text)
    before = locator.source(PATH).text
    try:
        edits = text_edits(build(place), locator)
    except (Unfixable, LookupError):
        return
    after = applied_to(before, edits)
    cst.parse_module(after)
    compile(after, "<test>", "exec")
    kept = [after[start:end] for start, end in comments(after)]
    removed = build is BUILDS[3]
    assert removed or kept == [before[start:end] for start, end in comments(before)]
    assert re.sub(r"\r\n", "", after).count("\n") == (0 if newline == "\r\n" else after.count("\n"))
    outline = [type(node).__name__ for node in cst.parse_module(after).body[-1:]]
    assert outline == ["FunctionDef"]
    if build is BUILDS[2]:
        assert re.search(r"\bk ?= ?1\b", after)
    if build is BUILDS[3]:
        assert "k=(2)" not in after


def test_symbolic_edits_are_what_the_findings_module_says() -> None:
    _, place = marked("«f(1)»\n")
    for build in BUILDS:
        assert all(isinstance(edit, SymbolicEdit) for edit in build(place))


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("if x:\n    «f()»  # why\n    y = 1\n", "if x:\n    # why\n    g()\n    f()  # why\n    y = 1\n"),
        ("«f()»\ny = 1\n", "g()\nf()\ny = 1\n"),
        ("«f()»;\t# why, ä\r\ny = 1", "# why, ä\r\ng()\r\nf();\t# why, ä\r\ny = 1"),
        ("«f()»  # at the end", "# at the end\ng()\nf()  # at the end"),
    ],
)
def test_the_comment_behind_a_statement_can_go_along(code: str, result: str) -> None:
    assert (
        edited(code, lambda place: (Insert(place.of("statement"), "before", (Remark(place.of("statement")), "g()")),))
        == result
    )


def test_blank_lines_that_a_fix_puts_in_have_no_margin() -> None:
    text = edited("if x:\n    «f()»\n", lambda place: (Insert(place.of("statement"), "after", ("\n\ng()\n\nh()",)),))
    assert text == "if x:\n    f()\n\n\n    g()\n\n    h()\n"


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("x = 1\n«f()»\n", "x = 1\n\n\n@a\ndef g(): ...\n\nf()\n"),
        ("x = 1\n\n\n«f()»\n", "x = 1\n\n\n@a\ndef g(): ...\n\nf()\n"),
        ("«f()»\n", "@a\ndef g(): ...\n\nf()\n"),
        ("def h():\n    x = 1\n    «f()»\n", "def h():\n    x = 1\n\n    @a\n    def g(): ...\n\n    f()\n"),
        ("def h():\n    «f()»\n", "def h():\n    @a\n    def g(): ...\n\n    f()\n"),
        ("if x:\r\n\ty\r\n\t«f()»\r\n", "if x:\r\n\ty\r\n\r\n\t@a\r\n\tdef g(): ...\r\n\r\n\tf()\r\n"),
    ],
)
def test_a_function_that_a_fix_puts_in_stands_apart(code: str, result: str) -> None:
    text = ("@a\ndef g(): ...\n",)
    assert edited(code, lambda place: (Insert(place.of("statement"), "before", text),)) == result
