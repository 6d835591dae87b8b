"""Write the skeleton of a rule and its first fixture: `python scripts/new_rule.py FAL105 missing-await --fix safe`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from fastapi_lint.registry import FAMILIES, all_rules

ROOT = Path(__file__).resolve().parent.parent

RULE = '''"""TITLE: the problem, in a few words.

## What it does
Reports TODO.

## Why is this bad?
TODO

## Bad
```python
from fastapi import FastAPI

app = FastAPI()
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()
```

## Known misses
TODO
{fix_safety}"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Function
from fastapi_lint.rule import Rule

rule = Rule({arguments})


@rule.on(Function)
def check(function: Function, ctx: Context) -> Iterator[Finding]:
    if function.definition.name == "TODO":
        yield Finding(function.definition.anchor, "`TODO`", symbol=function.definition.qualname)
'''

FIX_SAFETY = """
## Fix safety
TODO
"""

FIXTURE = """from fastapi import FastAPI

app = FastAPI()


@app.get("/flagged")
async def TODO() -> int:  # {code}
    return 1


@app.get("/silent")
async def silent() -> int:
    return 1
"""


class NotNew(Exception):
    """A code or name that cannot be given to a new rule; the message says why."""


def write(root: Path, code: str, name: str, *, severity: str, fix: str | None, default: bool) -> list[Path]:
    """Write the files of a new rule below `root` and return them. Raises NotNew."""
    family = next((family for family, prefix in FAMILIES.items() if re.fullmatch(rf"{prefix}\d\d", code)), None)
    if family is None:
        raise NotNew(f"{code} is no code of a family: {', '.join(f'{p}xx {f}' for f, p in FAMILIES.items())}")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise NotNew(f"`{name}` is no name: lower case words with hyphens between them")
    taken = [rule for rule in all_rules() if rule.code == code or rule.name == name]
    if taken:
        raise NotNew(f"{taken[0].code} {taken[0].name} exists")
    module = root / "rules" / family / f"{name.replace('-', '_')}.py"
    fixture = root / "fixtures" / "rules" / name / f"{module.stem}.py"
    if not module.parent.exists():
        _add_family(root, family)
    arguments = [f'"{code}"', f'severity="{severity}"']
    arguments += [] if default else ["default=False"]
    arguments += [f'fix="{fix}"'] if fix else []
    module.write_text(
        RULE.format(arguments=", ".join(arguments), fix_safety=FIX_SAFETY if fix else ""), encoding="utf-8"
    )
    fixture.parent.mkdir(parents=True, exist_ok=True)
    fixture.write_text(FIXTURE.format(code=code), encoding="utf-8")
    row = f'["{code}", "{name}", "{"on" if default else "opt"}", "{severity}", "{fix or ""}"]'
    return [module, fixture, *_catalogued(root, code, row)]


def _catalogued(root: Path, code: str, row: str) -> list[Path]:
    """Put a rule into the catalogue, in its place, unless it is announced there."""
    file = root / "tests" / "catalogue.toml"
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    known = [(index, line[6:12]) for index, line in enumerate(lines) if line.startswith('    ["FAL')]
    if any(found == code for _, found in known):
        return []
    before = [index for index, found in known if found < code]
    lines.insert(before[-1] + 1 if before else known[0][0], f"    {row},\n")
    file.write_text("".join(lines), encoding="utf-8")
    return [file]


def _add_family(root: Path, family: str) -> None:
    """A package that pyproject.toml does not list would be missing from the wheel."""
    package = root / "rules" / family / "__init__.py"
    package.parent.mkdir()
    package.write_text(f'"""{FAMILIES[family]}: {family}."""\n', encoding="utf-8")
    pyproject = root / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    listed = '    "fastapi_lint.rules",\n'
    if listed not in text:
        raise NotNew(f"pyproject.toml does not list {listed.strip()}, so the new family cannot be listed after it")
    pyproject.write_text(text.replace(listed, f'{listed}    "fastapi_lint.rules.{family}",\n', 1), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("code", help="such as FAL105; the family follows from it")
    parser.add_argument("name", help="what the problem is called, such as missing-await")
    parser.add_argument("--severity", choices=("error", "warning", "info"), default="warning")
    parser.add_argument("--fix", choices=("safe", "unsafe", "display"))
    parser.add_argument("--opt-in", action="store_true", help="only runs when it is selected")
    chosen = parser.parse_args()
    try:
        written = write(
            ROOT, chosen.code, chosen.name, severity=chosen.severity, fix=chosen.fix, default=not chosen.opt_in
        )
    except NotNew as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for file in written:
        print(file.relative_to(ROOT).as_posix())
    print(f"Next: write them, run `python -m pytest -k {chosen.name}`, then `python scripts/rule_pages.py`")
    return 0


if __name__ == "__main__":
    sys.exit(main())
