"""A file that cannot be read or parsed.

## What it does
Reports a file that cannot be opened, decoded or parsed. The other files are checked all the same.

## Why is this bad?
Nothing in the file has been checked, and what other modules import from it is unknown.

The file is parsed with the grammar of the newest Python that the parser knows, so code that is newer than the Python which runs
the linter is no error.

## Known misses
None.
"""

from fastapi_lint.rule import Rule

rule = Rule("FAL001", severity="error")
