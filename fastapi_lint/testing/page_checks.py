"""What is wrong with a rule's page: its sections, its examples, and what FastAPI itself says of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from fastapi_lint.findings import Diagnostic
from fastapi_lint.rule import Rule
from fastapi_lint.settings import option_key
from fastapi_lint.testing.pages import Example, Page, parse
from fastapi_lint.testing.projects import lint
from fastapi_lint.testing.trial import Trial, tried

LONGEST_TITLE = 100


def page_problems(rule: Rule) -> Iterator[str]:
    """Each Bad example yields the rule and no other default one but its companions, each Good example nothing."""
    page = parse(rule.documentation)
    yield from _section_problems(rule, page)
    for at, example in enumerate(page.bad, 1):
        found = _linted(rule, example)
        if all(one.code != rule.code for one in found):
            yield f"Bad {at} does not yield {rule.code}"
        yield from (
            f"Bad {at} also yields {headline(one)}" for one in found if one.code not in (rule.code, *rule.companions)
        )
    for at, example in enumerate(page.good, 1):
        yield from (f"Good {at} yields {headline(one)}" for one in _linted(rule, example))


def _linted(rule: Rule, example: Example) -> list[Diagnostic]:
    return lint(example.files, settings={"extend-select": [rule.code]})


def headline(found: Diagnostic) -> str:
    return f"{found.path}:{found.span.start.line}:{found.span.start.column}: {found.code} {found.message}"


def _section_problems(rule: Rule, page: Page) -> Iterator[str]:
    if not 0 < len(page.title) <= LONGEST_TITLE:
        yield f"the docstring's first line is the title: 1 to {LONGEST_TITLE} characters"
    wanted = ["What it does", "Why is this bad?", "Known misses"]
    wanted += ["Bad", "Good"] if rule.checks else []  # what the engine itself reports cannot always be shown
    wanted += ["Options"] if rule.options else []
    wanted += ["Fix safety"] if rule.fix else []
    for heading in wanted:
        if not page.sections.get(heading):
            yield f"the page has no `## {heading}`"
    for heading, examples in (("Bad", page.bad), ("Good", page.good)):
        if heading in page.sections and not examples:
            yield f"`## {heading}` has no ```python example"
    explained = page.sections.get("Options", "")
    for name in map(option_key, rule.options):
        if f"`{name}`" not in explained and f"`{name} = " not in explained:
            yield f"`## Options` does not explain `{name}`"


NAMED = "the one difference in the OpenAPI document"
"""How a page says that its safe fix changes the document, and in what."""


def import_problems(rules: Sequence[Rule]) -> dict[str, list[str]]:
    """What goes wrong when the installed FastAPI imports the Good examples and builds their OpenAPI documents.

    The problems come by rule name. Where a rule's fix is safe, the first Good example must have the document of the
    first Bad one, if that can be imported at all, unless the page names what the fix changes in it (`NAMED`). One interpreter imports all examples: starting it takes longer.
    """
    good = {rule.name: parse(rule.documentation).good for rule in rules}
    pages = {rule.name: parse(rule.documentation) for rule in rules if rule.fix == "safe"}
    bad = {name: page.bad[:1] for name, page in pages.items() if NAMED not in page.sections.get("Fix safety", "")}
    everything = [*chain.from_iterable(good.values()), *chain.from_iterable(bad.values())]
    trials = iter(tried([example.files for example in everything]))
    problems: dict[str, list[str]] = {}
    first: dict[str, Trial] = {}
    for name, examples in good.items():
        problems[name] = []
        for at, trial in enumerate(islice(trials, len(examples)), 1):
            first.setdefault(name, trial)
            if trial.error is not None:
                problems[name].append(f"Good {at} cannot be imported: {trial.error}")
    for name, examples in bad.items():
        for trial in islice(trials, len(examples)):
            if name in first and trial.error is None and trial.schemas != first[name].schemas:
                problems[name].append("the fix is called safe, but the OpenAPI documents of Bad and Good differ")
    return problems
