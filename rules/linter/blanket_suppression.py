"""A suppression comment that names no rule.

## What it does
Reports `# fastapi-lint: ignore` and `# fastapi-lint: ignore-file` without codes or names, and a bare `# noqa` that hides one of our findings.

## Why is this bad?
The comment was written for one finding. It hides all others too, those that a later change brings among them, and nobody can
tell which one was meant.

## Bad
```python
from fastapi import FastAPI

app = FastAPI(title="Shop")  # fastapi-lint: ignore
```

## Good
```python
from fastapi import FastAPI

app = FastAPI(title="Shop")
```

Or name what is meant: `# fastapi-lint: ignore[debug-enabled]`.

## Known misses
A bare `# noqa` that hides nothing of ours: it may be meant for another tool.
"""

from fastapi_lint.rule import Rule

rule = Rule("FAL003", default=False, companions=("FAL002",))
