"""Words are only a quicker way to the same answer."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastapi_lint.project
from fastapi_lint.reading.words import may_match, required
from fastapi_lint.registry import all_rules

ROOT = Path(__file__).parent.parent
TEXTS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "fixtures").rglob("*.py"))]


def _patterns() -> Iterator[re.Pattern[str]]:
    names = {one.name for one in pkgutil.walk_packages(fastapi_lint.project.__path__, "fastapi_lint.project.")}
    names |= {rule.module for rule in all_rules()}
    for name in sorted(names):
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                yield value


PATTERNS = sorted(set(_patterns()), key=lambda pattern: pattern.pattern)


def test_a_pattern_of_the_linter_is_found_where_it_is() -> None:
    with_words = [pattern for pattern in PATTERNS if required(pattern) is not None]
    assert len(with_words) > 40
    found = 0
    for pattern in with_words:
        for text in TEXTS:
            if pattern.search(text) is not None:
                found += 1
                assert may_match(pattern, text), pattern
    assert found > 500


PIECES = st.recursive(
    st.sampled_from(["abc", "x", "de", r"\.", "[gh]", "[^a]", r"\w", r"\b", "^", "(?=abc)", "(?!x)", "(?i:abc)"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,1}", "+?"])).map(lambda p: f"(?:{p[0]}){p[1]}"),
        inner.map(lambda part: f"({part})"),
    ),
    max_leaves=8,
)


@given(PIECES, st.text("abcdeghxABC\u017f. \n", max_size=14), st.sampled_from([0, re.IGNORECASE]))
def test_any_pattern_is_found_where_it_is(pattern: str, text: str, flags: int) -> None:
    compiled = re.compile(pattern, flags)
    if compiled.search(text) is not None:
        assert may_match(compiled, text)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\b(?:FastAPI|Starlette)\(", ("FastAPI(", "Starlette(")),
        (r"async\s+def|[Ss]ecret", ("Secret", "async", "secret")),
        (r"\.(?:get|post)\(x+", (".get(", ".post(")),
        (r"abc|d", None),
        (r"(?i)aBc|defG", ("abc", "defg")),
        (r"(?i:abc)", None),
        (r"abc*", None),
    ],
)
def test_what_is_looked_for(pattern: str, words: tuple[str, ...] | None) -> None:
    assert required(re.compile(pattern)) == words
