"""A suppression comment that silences nothing.

## What it does
Reports the codes and names in `# noqa: ...`, `# fastapi-lint: ignore[...]` and `# fastapi-lint: ignore-file[...]` that silenced
nothing in this run. Only rules that ran are looked at, and codes of other tools are left alone.

## Why is this bad?
A comment that no longer does anything hides the next finding on its line.

## Bad
```python
from fastapi import FastAPI

app = FastAPI(title="Shop")  # noqa: FAL101
```

## Good
```python
from fastapi import FastAPI

app = FastAPI(title="Shop")
```

## Known misses
A bare `# noqa` is never reported: it may be meant for another tool.

## Fix safety
Safe: only the comment changes, and a reason that stands in it goes with it.
"""

from fastapi_lint.rule import Rule

rule = Rule("FAL002", fix="safe")
