"""The harness that every rule is tested with.

    from fastapi_lint.testing import lint

    assert not lint({"main.py": text}, select=["blocking-call"])

A rule's page is run as a test, and so is every case in its fixture directory: a file, or a directory of files that are
checked together.

- A trailing `# FAL101` (several codes with commas) says what its line is flagged with. For the rule and every
  other code that the case names, these are all the findings, no more and no less.
- A first line `# options: {bodies = "all"}` sets the rule's options, `# settings: {fastapi-version = "0.110"}` any
  setting. A directory may hold a pyproject.toml or a fastapi-lint.toml of its own.
- `name.fixed.py` is what the rule's fixes, unsafe ones included, make of `name.py`.

What is wrong comes as text, one string a problem: a test asserts that there is none.
"""

from fastapi_lint.testing.cases import Case, fixture_cases, page_cases
from fastapi_lint.testing.examination import Examination, examine, fixability_problem
from fastapi_lint.testing.page_checks import import_problems, page_problems
from fastapi_lint.testing.projects import lint, project

__all__ = [
    "Case",
    "Examination",
    "examine",
    "fixability_problem",
    "fixture_cases",
    "import_problems",
    "lint",
    "page_cases",
    "page_problems",
    "project",
]
