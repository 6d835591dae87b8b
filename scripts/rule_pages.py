"""Write docs/rules from the docstrings of the rules: a page for each, and the table in README.md.

`python scripts/rule_pages.py` writes, `--check` only says which pages are not what they would be, and exits with 1.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from fastapi_lint.registry import FAMILIES, all_rules
from fastapi_lint.rule import Rule

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "rules"
TITLED = re.compile(r"^(?P<fence>```\w*) title=\"(?P<title>[^\"]+)\"$", re.MULTILINE)


def pages() -> dict[str, str]:
    """The text of every page, by file name."""
    written = {f"{rule.name}.md": page(rule) for rule in all_rules()}
    return {**written, "README.md": "\n".join(index()) + "\n"}


def page(rule: Rule) -> str:
    # Markdown on GitHub shows no title of a fence
    body = TITLED.sub(r"`\g<title>`\n\n\g<fence>", rule.documentation.partition("\n")[2].strip())
    return "\n".join(
        [
            f"<!-- scripts/rule_pages.py writes this page from rules/{source(rule)}: edit that. -->",
            "",
            f"# {rule.name} ({rule.code})",
            "",
            rule.title,
            "",
            f"{rule.category} · {rule.severity} · {'on' if rule.default else 'off'} by default · {fixability(rule)}",
            "",
            body,
            "",
        ]
    )


def index() -> Iterator[str]:
    yield "<!-- scripts/rule_pages.py writes this page from the rules: edit those. -->"
    yield ""
    yield "# Rules"
    yield ""
    yield "A rule is named by its code or its name, a family by its name or the beginning of its codes."
    for family, prefix in FAMILIES.items():
        rules = [rule for rule in all_rules() if rule.category == family]
        if rules:
            yield from ["", f"## {family} (`{prefix}`)", ""]
            yield from ["| code | name | what | severity | default | fix |", "| --- | --- | --- | --- | --- | --- |"]
            yield from (row(rule) for rule in rules)


def row(rule: Rule) -> str:
    what = rule.title.rstrip(".").replace("|", "\\|")
    default = "on" if rule.default else "off"
    fix = "shown" if rule.fix == "display" else rule.fix or "-"
    return f"| {rule.code} | [{rule.name}]({rule.name}.md) | {what} | {rule.severity} | {default} | {fix} |"


def source(rule: Rule) -> str:
    return "/".join(rule.module.split(".")[2:]) + ".py"


def fixability(rule: Rule) -> str:
    if rule.fix is None:
        return "no fix"
    return "fix is shown, not applied" if rule.fix == "display" else f"{rule.fix} fix"


def stale(wanted: dict[str, str]) -> Iterator[str]:
    """The names of pages that are missing, different or no longer wanted."""
    for name, text in sorted(wanted.items()):
        file = PAGES / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            yield name
    yield from sorted(file.name for file in PAGES.glob("*") if file.name not in wanted)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 if a page is out of date")
    check: bool = parser.parse_args().check
    wanted = pages()
    outdated = list(stale(wanted))
    for name in outdated:
        print(f"{'out of date' if check else 'written'}: docs/rules/{name}")
        if not check and name in wanted:
            PAGES.mkdir(parents=True, exist_ok=True)
            (PAGES / name).write_text(wanted[name], encoding="utf-8")
        elif not check:
            (PAGES / name).unlink()
    if check and outdated:
        print("run `python scripts/rule_pages.py`")
    return int(check and bool(outdated))


if __name__ == "__main__":
    sys.exit(main())
