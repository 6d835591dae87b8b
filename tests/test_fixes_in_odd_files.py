"""Every fixture again, as a file of another system, encoding or indentation: its fixes do the same to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from fastapi_lint import fix
from fastapi_lint.registry import all_rules
from fastapi_lint.run import Report, check
from fastapi_lint.source import Source, SourceError
from fastapi_lint.testing import Case, fixture_cases, page_cases, project

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "rules"
RULES = {rule.name: rule for rule in all_rules() if rule.fix in ("safe", "unsafe") and rule.checks}
COOKIE = "# -*- coding: latin-1 -*-\n"
INDENT = re.compile(r"^(?: {4})+", re.MULTILINE)


class Oddity(NamedTuple):
    """`applied` makes a file odd, `undone` takes that from its text, as far as `compared` texts tell."""

    applied: Callable[[str], bytes]
    undone: Callable[[str], str]


def tabbed(text: str) -> str:
    return INDENT.sub(lambda match: "\t" * (len(match.group()) // 4), text)


ODDITIES = {
    "Windows, no final newline": Oddity(
        lambda text: text.rstrip("\n").replace("\n", "\r\n").encode(), lambda text: text.replace("\r\n", "\n")
    ),
    "mark and tabs": Oddity(lambda text: b"\xef\xbb\xbf" + tabbed(text).encode(), lambda text: text),
    "cookie and form feeds": Oddity(
        lambda text: (COOKIE + text.replace("\n\n\n", "\n\n\f\n")).encode("latin-1"),
        lambda text: text.removeprefix(COOKIE).replace("\f", ""),
    ),
}


def fixed(files: Mapping[str, bytes], case: Case, code: str) -> dict[str, bytes]:
    """The files that the fixes change, as they leave them."""
    with project(files, {**case.settings, "select": [code]}) as settings:

        def again(texts: Mapping[str, str]) -> Report:
            return check(["."], settings, overlays=texts)

        planned = fix.plan(again({}), again, settings, unsafe=True)
        fix.write(planned)
        return {path: Path(path).read_bytes() for path in planned.texts}


def odd(path: str, data: bytes, oddity: Oddity) -> bytes | None:
    """A file made odd, None for one that cannot be."""
    if not path.endswith(".py"):
        return data
    try:
        source = Source.decode(path, data)
        if source.mark or source.encoding != "utf-8" or "\r" in source.text or "\t" in source.text:
            return None
        return oddity.applied(source.text)
    except (SourceError, UnicodeEncodeError):
        return None


@pytest.mark.parametrize("name", RULES)
def test_fixes_of_odd_files(name: str) -> None:
    rule = RULES[name]
    directory = FIXTURES / name
    cases = [*page_cases(rule)[:1], *(fixture_cases(rule, directory) if directory.is_dir() else ())]
    tried = 0
    for case in cases:
        plain = fixed(case.files, case, rule.code)
        for kind, oddity in ODDITIES.items() if plain else ():
            files = {path: odd(path, data, oddity) for path, data in case.files.items()}
            given = {path: data for path, data in files.items() if data is not None}
            if len(given) < len(files):
                continue
            tried += 1
            answer = fixed(given, case, rule.code)
            assert answer.keys() == plain.keys(), (case.name, kind)
            for path, data in answer.items():
                before, after = Source.decode(path, given[path]), Source.decode(path, data)
                assert (after.encoding, after.mark) == (before.encoding, before.mark)
                assert set(re.findall("\r\n|\r|\n", after.text)) <= set(re.findall("\r\n|\r|\n", before.text)) | {
                    after.newline
                }
                assert ends_alike(before.text, after.text), (case.name, kind)
                expected = plain[path].decode()
                expected = tabbed(expected) if "tabs" in kind else expected
                assert spaced(oddity.undone(after.text)) == spaced(expected), (case.name, kind)
    assert tried >= 2


def ends_alike(before: str, after: str) -> bool:
    """Whether a file that has no newline at its end still has none, unless its last line is another now."""
    return before.endswith("\n") == after.endswith("\n") or before.splitlines()[-1] != after.splitlines()[-1]


def spaced(text: str) -> str:
    """Without what a form feed hides: how many blank lines there are."""
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")
