"""A `yield` dependency that catches what happens in the route and does not raise it.

## What it does
Reports a dependency whose `yield` stands in a `try` with an `except` for any exception, or for HTTP exceptions, that does not raise.

## Why is this bad?
FastAPI throws the route's exception into the dependency at the `yield`. Since 0.110, one that is not raised again is gone: the client gets a 500 without
a cause, the log says nothing, and a 404 that the route raised becomes a 500.

## Bad
```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI

app = FastAPI()


def get_log() -> Iterator[list[str]]:
    log: list[str] = []
    try:
        yield log
    except Exception:
        log.append("failed")


@app.get("/log")
def read_log(log: list[str] = Depends(get_log)) -> list[str]:
    return log
```

## Good
```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI

app = FastAPI()


def get_log() -> Iterator[list[str]]:
    log: list[str] = []
    try:
        yield log
    except Exception:
        log.append("failed")
        raise


@app.get("/log")
def read_log(log: list[str] = Depends(get_log)) -> list[str]:
    return log
```

## Known misses
Context managers around the `yield` that swallow exceptions.

## Fix safety
Unsafe: what was hidden is raised from then on.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, Insert
from fastapi_lint.project import Project, failures
from fastapi_lint.rule import Rule

rule = Rule("FAL803", severity="error", fix="unsafe", since="0.110")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition, dependency in project.dependency_functions.items():
        if not definition.node.is_generator or dependency.function is None or project.is_test(definition.module.path):
            continue
        frame = project.it.analysis(dependency.function)
        path = definition.module.path
        for one in failures.tries(definition.node.body):
            if not any(type(node) is s.Yield for node in s.walk(*one.body)):
                continue
            for handler in one.handlers:
                catches = failures.is_broad(project, frame, handler) or failures.catches_http(project, frame, handler)
                if not catches:
                    continue
                if not failures.raises(handler.body):
                    last = Anchor(path, handler.body[-1].at)
                    yield Finding(
                        Anchor(path, handler.at, "header"),
                        f"`{definition.name}` swallows what the route raises, so the client gets a 500 without a cause",
                        fix=Fix("Raise it again", (Insert(last, "after", ("raise",)),)),
                        symbol=definition.qualname,
                    )
                break
