"""An application that runs in debug mode.

## What it does
Reports `debug=True` in `FastAPI(...)` or `Starlette(...)`, and `app.debug = True`, outside of tests, of `if __name__ == "__main__":` and of
branches that only a debug or development mode takes.

## Why is this bad?
In debug mode Starlette answers every error with a page that shows the traceback, the source lines and the local files.

## Bad
```python
from fastapi import FastAPI

app = FastAPI(title="Shop", debug=True)
```

## Good
```python
from fastapi import FastAPI

app = FastAPI(title="Shop")
```

## Known misses
A debug mode that a setting switches on by default.

## Fix safety
Safe, with one intended difference: errors are answered with `Internal Server Error` and nothing else.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, Replace
from fastapi_lint.project import Module, Project
from fastapi_lint.project.interpreting.routing import APPLICATIONS
from fastapi_lint.project.interpreting.values import Instance
from fastapi_lint.project.written_calls import is_for_developers, keyword, names, runs_as_script, sites, symbol
from fastapi_lint.rule import Rule

rule = Rule("FAL318", fix="safe")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in sites(project, "debug"):
        made = isinstance(site.result, Instance) and project.it.routing.is_application(site.result)
        if not (made or names(site.callee) & set(APPLICATIONS)) or runs_as_script(project, site):
            continue
        if _is_true(keyword(site.node, "debug")) and not is_for_developers(site):
            place = site.anchor.of("keyword:debug")
            fix = Fix("Leave it off", (Replace(place, ()),), "safe")
            yield Finding(place, "Errors are answered with their traceback and source", fix=fix, symbol=symbol(site))


@rule.on(Module)
def assignments(module: Module, ctx: Context) -> Iterator[Finding]:
    """`app.debug = True` at the top level of a module."""
    frame = ctx.project.module_frame(module)
    for index, chunk in enumerate(module.chunks):
        if chunk.kind != "other" or not module.has(".debug", index):
            continue
        for statement in module.unit(index).statements:
            match statement:
                case s.Assign(targets=(s.Attribute(attr="debug", value=s.Name(id=name)),), value=value) if _is_true(
                    value
                ):
                    if ctx.project.it.routing.is_application(ctx.project.it.lookup(frame, name)):
                        yield Finding(
                            Anchor(module.path, statement.at), "Errors are answered with their traceback and source"
                        )


def _is_true(node: s.Expression | None) -> bool:
    return type(node) is s.Constant and node.value is True
