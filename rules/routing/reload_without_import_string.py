"""A server that is to reload, or to run several workers, and is given the application itself.

## What it does
Reports `uvicorn.run(app, reload=True)` and `uvicorn.run(app, workers=4)`.

## Why is this bad?
Reloading and workers start other processes, which have to import the application by its name. Given the object, uvicorn prints a warning
and exits.

## Bad
```python
import uvicorn
from fastapi import FastAPI

app = FastAPI()


if __name__ == "__main__":
    uvicorn.run(app, reload=True)
```

## Good
```python
import uvicorn
from fastapi import FastAPI

app = FastAPI()


if __name__ == "__main__":
    uvicorn.run("main:app", reload=True)
```

## Known misses
Switches whose value is not known, and applications that come out of a variable which is not.

## Fix safety
Unsafe: the name holds where the module can be imported by it, which depends on the directory that the server is started in.
"""

import posixpath
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, Replace
from fastapi_lint.project import CallSite, Project, written_calls
from fastapi_lint.project.interpreting.values import Const, FunctionValue, Instance, Value, members
from fastapi_lint.rule import Rule

rule = Rule("FAL719", fix="unsafe")

RUN = frozenset({"uvicorn.run", "uvicorn.main.run"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in (*written_calls.sites(project, "reload"), *written_calls.sites(project, "workers")):
        switch = _switch(site)
        app = site.arguments.get("app", 0)
        if switch is None or not written_calls.names(site.callee) & RUN or app is None:
            continue
        if all(type(one) in (Instance, FunctionValue) for one in members(app)):
            yield Finding(
                site.anchor,
                f"uvicorn exits at once: with `{switch}` it needs the application's name, not the application",
                fix=_fix(project, site, app),
                symbol=written_calls.symbol(site),
            )


def _switch(site: CallSite) -> str | None:
    """What asks for other processes."""
    reload, workers = (_constant(site.arguments.keywords.get(name)) for name in ("reload", "workers"))
    if reload:
        return "reload"
    return "workers" if isinstance(workers, int) and workers > 1 else None


def _constant(value: Value | None) -> object:
    return value.value if type(value) is Const else None


def _fix(project: Project, site: CallSite, app: Value) -> Fix | None:
    module = site.frame.module
    node = written_calls.argument(site.node, "app", 0)
    if site.function is None and not written_calls.runs_as_script(project, site):
        return None  # whoever imports the module would start a server
    if type(node) is not s.Name or project.module_frame(module).env.get(node.id) is not app:
        return None
    directory, name = posixpath.split(module.path)
    dotted = module.name if directory in project.index.packages else name.removesuffix(".py")
    return Fix("Give its name", (Replace(Anchor(module.path, node.at), (f'"{dotted}:{node.id}"',)),))
