"""A check of the `Host` header that lets every host in.

## What it does
Reports `TrustedHostMiddleware` with `"*"` among `allowed_hosts`, or without `allowed_hosts`, which means the same.

## Why is this bad?
It looks as if hosts were checked, and none is: links in mails, cache keys and redirects that are built from the `Host` header can be
made to point anywhere.

## Bad
```python
from fastapi import FastAPI
from fastapi.middleware.trustedhost import TrustedHostMiddleware

app = FastAPI()
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["*"])
```

## Good
```python
from fastapi import FastAPI
from fastapi.middleware.trustedhost import TrustedHostMiddleware

app = FastAPI()
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example", "*.shop.example"])
```

## Known misses
Hosts that are read from the environment at run time.

## Fix safety
There is no fix: only the author knows the hosts.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.values import Const, Sequence, Value, members
from fastapi_lint.project.serving.middleware import added
from fastapi_lint.project.written_calls import spreads
from fastapi_lint.rule import Rule

rule = Rule("FAL322")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for one in added(project, "TrustedHostMiddleware"):
        hosts = one.argument("allowed_hosts")
        if hosts is None and (spreads(one.node) or len(one.node.args) > 1 + (one.says("app"))):
            continue
        if hosts is None or all(_is_open(member) for member in members(hosts)):
            yield Finding(
                one.place("allowed_hosts"), "Every host is let in, so the check does nothing", symbol=one.symbol
            )


def _is_open(value: Value) -> bool:
    if type(value) is Const:
        return value.value is None or value.value == "*"
    if type(value) is Sequence:
        listed = value.default if value.default is not None else value
        return any(type(item) is Const and item.value == "*" for item in listed.items or ())
    return False
