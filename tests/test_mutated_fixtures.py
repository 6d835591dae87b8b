"""Fixtures that somebody has edited at random: their fixes still end well.

Comments are put wherever there may be one, brackets are broken over lines, imported names get another name. Then: fix,
parse, check again, fix again. `MUTATIONS` says how many; the default is what a test run can afford.
"""

from __future__ import annotations

import ast
import io
import os
import random
import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fastapi_lint import fix
from fastapi_lint.comments import comments
from fastapi_lint.registry import all_rules
from fastapi_lint.rule import Rule
from fastapi_lint.run import Report, check
from fastapi_lint.source import Source, SourceError
from fastapi_lint.testing import Case, fixture_cases, page_cases, project

MUTATIONS = int(os.environ.get("MUTATIONS", "120"))
FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "rules"
TEMPLATES = re.compile(r"FSTRING_START|TSTRING_START"), re.compile(r"FSTRING_END|TSTRING_END")


def _cases() -> list[tuple[Rule, Case]]:
    found: list[tuple[Rule, Case]] = []
    for rule in all_rules():
        if rule.fix in ("safe", "unsafe") and rule.checks:
            directory = FIXTURES / rule.name
            cases = [*page_cases(rule), *(fixture_cases(rule, directory) if directory.is_dir() else ())]
            found += [
                (rule, case) for case in cases if any(place[2] == rule.code for place in case.expected) or case.fixed
            ]
    return found


CASES = _cases()


def mutated(text: str, chance: random.Random) -> str:
    """The text with a few changes that leave what it does as it was. The same text where it cannot be read by this Python."""
    for _ in range(chance.randint(1, 6)):
        change = chance.choice((commented, commented, broken, broken, renamed))
        try:
            new = change(text, chance)
            if ast.dump(ast.parse(new)) != ast.dump(ast.parse(text)) and change is not renamed:
                continue
        except (SyntaxError, tokenize.TokenError, ValueError):
            continue
        text = new
    return text


def _tokens(text: str) -> Iterator[tuple[tokenize.TokenInfo, int, int]]:
    """Each token outside of template strings, its end as an offset, and how many brackets are open behind it."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    depth = inside = 0
    for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
        name = tokenize.tok_name[token.type]
        inside += bool(TEMPLATES[0].match(name)) - bool(TEMPLATES[1].match(name))
        if inside or TEMPLATES[1].match(name):
            continue
        depth += (
            (token.string in ("(", "[", "{")) - (token.string in (")", "]", "}")) if token.type == tokenize.OP else 0
        )
        yield token, starts[token.end[0] - 1] + token.end[1], depth


def commented(text: str, chance: random.Random) -> str:
    """A comment at the end of a line, or on a line of its own."""
    places: list[tuple[int, str]] = []
    before: tokenize.TokenInfo | None = None
    for token, end, depth in _tokens(text):
        if token.type in (tokenize.NEWLINE, tokenize.NL) and token.string:
            indent = re.match(r"[ \t]*", token.line)
            own = f"{indent.group() if indent else ''}# on its own\n"
            if depth or (token.type == tokenize.NEWLINE and not token.line.rstrip().endswith(":")):
                places.append((end, own))
            if before is not None and before.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE):
                places.append((end - len(token.string), "  # at the end"))
        before = token
    if not places:
        return text
    offset, new = chance.choice(places)
    return text[:offset] + new + text[offset:]


def broken(text: str, chance: random.Random) -> str:
    """A line break behind an opening bracket or a comma, or before a closing bracket."""
    places: list[tuple[int, str]] = []
    for token, end, depth in _tokens(text):
        if token.type != tokenize.OP:
            continue
        indent = re.match(r"[ \t]*", token.line)
        margin = indent.group() if indent else ""
        if depth and token.string in ("(", "[", "{", ","):
            places.append((end, f"\n{margin}        "))
        elif token.string in (")", "]", "}"):
            places.append((end - 1, f"\n{margin}" if depth else f"\n{margin}    "))
    if not places:
        return text
    offset, new = chance.choice(places)
    return text[:offset] + new + text[offset:]


def renamed(text: str, chance: random.Random) -> str:
    """An imported name under another name."""
    aliases = [
        alias.name
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
        if alias.asname is None and alias.name != "*"
    ]
    names = [name for name in aliases if aliases.count(name) == 1]
    if not names:
        return text
    name = chance.choice(names)
    pieces: list[str] = []
    at, in_import, previous = 0, False, ""
    first = True
    for token, end, _ in _tokens(text):
        if token.type == tokenize.NAME and token.string in ("from", "import"):
            in_import = True
        elif token.type == tokenize.NEWLINE:
            in_import = False
        if token.type == tokenize.NAME and token.string == name and previous != ".":
            following = text[end:].lstrip(" ")
            if in_import and first:
                pieces += [text[at:end], f" as {name}X"]
                at, first = end, False
            elif not in_import and not (following.startswith("=") and not following.startswith("==")):
                pieces += [text[at : end - len(name)], f"{name}X"]
                at = end
        previous = token.string
    return "".join([*pieces, text[at:]])


def problems(rule: Rule, case: Case, chance: random.Random) -> list[str]:
    """What goes wrong with a mutated case, and with what text."""
    files: dict[str, bytes] = {}
    for path, data in case.files.items():
        files[path] = data
        if path.endswith(".py"):
            try:
                source = Source.decode(path, data)
                files[path] = source.encode(mutated(source.text, chance))
            except (SourceError, UnicodeEncodeError):
                pass
    with project(files, {**case.settings, "select": [rule.code]}) as chosen:

        def again(texts: Mapping[str, str]) -> Report:
            return check(["."], chosen, overlays=texts)

        before = again({})
        if before.internal_error:
            return [f"{rule.name}/{case.name}: a rule failed", *_shown(files)]
        found = list(_ill_fixed(rule, before, fix.plan(before, again, chosen, unsafe=False), keeps_comments=True))
        planned = fix.plan(before, again, chosen, unsafe=True)
        found += _ill_fixed(rule, before, planned, keeps_comments=False)
        fix.write(planned)
        second = fix.plan(again({}), again, chosen, unsafe=True).texts
        found += [f"a second run changes {path}:\n{text}" for path, text in second.items()]
    return [f"{rule.name}/{case.name}: {problem}" for problem in found] + (_shown(files) if found else [])


def _shown(files: Mapping[str, bytes]) -> list[str]:
    return [f"---- {path}\n{data.decode(errors='replace')}" for path, data in files.items()]


def _ill_fixed(rule: Rule, before: Report, planned: fix.FixResult[Report], *, keeps_comments: bool) -> Iterator[str]:
    for dropped in planned.dropped:
        if "valid Python" in dropped.reason:
            yield f"a fix makes invalid Python of line {dropped.diagnostic.span.start.line}"
    for path, text in planned.texts.items():
        source = planned.before[path]
        try:
            ast.parse(text)
        except SyntaxError as error:
            try:
                ast.parse(source.text)
            except SyntaxError:
                continue
            yield f"{path} is broken: {error}\n{text}"
        lost = _comments(source.text) - _comments(text)
        if keeps_comments and lost:
            yield f"a safe fix loses {list(lost)}"
    count = Counter(one.code for one in planned.remaining.diagnostics) - Counter(one.code for one in before.diagnostics)
    if count:
        yield f"there is more to find: {count}"


def _comments(text: str) -> Counter[str]:
    return Counter(text[start:end] for start, end in comments(text))


@settings(
    max_examples=MUTATIONS,
    derandomize="MUTATIONS" not in os.environ,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(st.sampled_from(range(len(CASES))), st.integers(0, 2**32))
def test_fixes_of_mutations_end_well(index: int, seed: int) -> None:
    assert problems(*CASES[index], random.Random(seed)) == []


def test_mutations_mutate() -> None:
    text = "from fastapi import Depends, FastAPI\n\napp = FastAPI()\n\n\ndef f(a=Depends(1), *, Depends2=[2, 3]):\n    return Depends\n"
    chance = random.Random(1)
    assert "DependsX" in {name for _ in range(20) for name in re.findall(r"\bDependsX\b", renamed(text, chance))}
    assert all(len(text.splitlines()) < len(broken(text, chance).splitlines()) for _ in range(20))
    assert all("# " in commented(text, chance) for _ in range(20))
    assert {ast.dump(ast.parse(change(text, chance))) for change in (commented, broken) for _ in range(20)} == {
        ast.dump(ast.parse(text))
    }


def main() -> None:
    """By hand: as many as `MUTATIONS` says, each failure printed, none of them the end."""
    chance = random.Random(int(os.environ.get("SEED", "0")))
    failed = Counter[str]()
    for number in range(MUTATIONS):
        rule, case = chance.choice(CASES)
        seed = chance.getrandbits(32)
        try:
            found = problems(rule, case, random.Random(seed))
        except Exception as error:
            found = [f"{rule.name}/{case.name}: {type(error).__name__}: {error}"]
        if found:
            failed[rule.name] += 1
            print(f"==== {number} seed {seed}", *found, sep="\n", flush=True)
    print(f"{MUTATIONS} mutations, {sum(failed.values())} failures: {dict(failed)}")


if __name__ == "__main__":
    main()
