"""A rule failed.

## What it does
Reports a rule that raised an exception, with the file that it was looking at. The other rules and files are checked all the
same, and the exit code is 2.

## Why is this bad?
What the rule would have found is missing from the report. Please report the message; ignoring the rule (`ignore = [...]`)
lets the run succeed meanwhile.

## Known misses
None.
"""

from fastapi_lint.rule import Rule

rule = Rule("FAL004", severity="error")
