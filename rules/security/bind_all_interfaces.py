"""A server that listens on every network interface.

## What it does
Reports `uvicorn.run`, `uvicorn.Config` and `hypercorn` started with the literal host `0.0.0.0` or `::`.

## Why is this bad?
Whoever shares a network with the machine can reach the service. In a container that is how it should be; on a laptop it is not.

## Bad
```python
import uvicorn
from fastapi import FastAPI

app = FastAPI()


def main() -> None:
    uvicorn.run(app, host="0.0.0.0", port=8000)
```

## Good
```python
import uvicorn
from fastapi import FastAPI

app = FastAPI()


def main() -> None:
    uvicorn.run(app, host="127.0.0.1", port=8000)
```

## Known misses
Hosts that come from the environment, and command lines.

## Fix safety
There is no fix: where the service must be reachable from is for the author to say.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.values import Const
from fastapi_lint.project.written_calls import keyword, names, sites, symbol
from fastapi_lint.rule import Rule

rule = Rule("FAL319", severity="info", default=False)

SERVERS = frozenset({"uvicorn.run", "uvicorn.main.run", "uvicorn.Config", "uvicorn.config.Config", "granian.Granian"})
EVERYWHERE = frozenset({"0.0.0.0", "::", "[::]"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in sites(project, "host"):
        if not names(site.callee) & SERVERS:
            continue
        for name in ("host", "address"):
            host = site.arguments.keywords.get(name)
            if type(host) is Const and host.value in EVERYWHERE and host.origin == "literal":
                place = site.anchor.of(f"keyword:{name}") if keyword(site.node, name) is not None else site.anchor
                yield Finding(place, "The server listens on every network interface", symbol=symbol(site))
