"""The same file, read again for each request.

## What it does
Reports a GET route that reads a file whose path does not depend on the request, itself or in a function that it calls, and the metadata of an
installed package likewise. Files that the project writes, logs and what lies in `/proc`, `/sys`, `/tmp`, `/var` or `/run` are fine, and so is
what is kept: by a cache decorator, in a global or an attribute.

## Why is this bad?
The answer is always the same, but each request opens the file, reads and mostly parses it. In an `async def` it holds up everybody else
meanwhile.

## Bad
```python
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

app = FastAPI()
PAGES = Path(__file__).parent / "pages"


@app.get("/terms")
def read_terms() -> HTMLResponse:
    return HTMLResponse((PAGES / "terms.html").read_text())
```

## Good
```python
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

app = FastAPI()
PAGES = Path(__file__).parent / "pages"


@cache
def terms() -> str:
    return (PAGES / "terms.html").read_text()


@app.get("/terms")
def read_terms() -> HTMLResponse:
    return HTMLResponse(terms())
```

## Known misses
What is computed rather than read, and files that somebody else changes while the program runs: for those, say so in a suppression.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import CallSite, Project, Route, describe, keeping
from fastapi_lint.project.database import queries
from fastapi_lint.project.interpreting.definitions import FunctionDefinition, target_names
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import External, FunctionValue, Method, known_members
from fastapi_lint.rule import Rule

rule = Rule("FAL610", severity="info", default=False)

OPENING = frozenset({"builtins.open", "io.open", "codecs.open", "aiofiles.open", "anyio.open_file"})
READING = frozenset({"read_text", "read_bytes"})
PATHS = frozenset({"pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "anyio.Path"})
METADATA = frozenset({"importlib.metadata.version", "importlib.metadata.metadata", "importlib.metadata.distribution"})
PURE = frozenset(
    {
        "Path",
        "join",
        "dirname",
        "abspath",
        "resolve",
        "joinpath",
        "with_suffix",
        "with_name",
        "absolute",
        "str",
        "expanduser",
        "files",
    }
)
PARTS = frozenset({"parent", "parents", "path", "name", "stem"})
WRITING = re.compile(
    r"""open\([^)\n]*["'][rb]*[wax+]|\.write_(?:text|bytes)\(|\.dump\(|os\.replace\(|os\.rename\(|shutil\.|\.rename\(|\.open\(["'][wax]"""
)
CHANGING = re.compile(r"^/(?:proc|sys|tmp|var|run|dev)/|\.(?:log|pid|lock|db|sqlite\d?|tmp|jsonl)$")


@rule.on(Route)
def check(route: Route, ctx: Context) -> Iterator[Finding]:
    function, project = route.function, ctx.project
    if function is None or route.methods != ("GET",) or queries.is_cached(function.definition):
        return
    frame = project.it.analysis(function)
    yield from _read(project, frame, function.definition, None)
    for site in frame.sites:
        for member in known_members(site.callee):
            called = member.definition if type(member) is FunctionValue else None
            if (
                called is None
                or called.node.decorators
                or called.node.is_generator
                or project.is_test(called.module.path)
            ):
                continue
            if site.kind == "call" and type(member) is FunctionValue:
                yield from _read(project, project.it.analysis(member), called, site)


def _read(project: Project, frame: Frame, definition: FunctionDefinition, by: CallSite | None) -> Iterator[Finding]:
    for site in frame.sites:
        path = _path(site)
        if path is None or site.once or site.node.at in keeping.kept(definition.node.body):
            continue
        if _is_constant(path, definition, frame) and not _changes(project, path, definition):
            trace = (
                (Step(by.anchor, f"`{describe.caller(by)}` calls `{describe.called(by)}`"),) if by is not None else ()
            )
            yield Finding(
                site.anchor,
                f"`{definition.name}` reads the same file for each request",
                trace=trace,
                symbol=definition.qualname,
            )


def _path(site: CallSite) -> s.Expression | None:
    """What says which file a call reads; None where it reads none."""
    node = site.node
    if site.kind != "call" or type(node) is not s.Call:
        return None
    for member in known_members(site.callee):
        if type(member) is External and (member.name in METADATA or (member.name in OPENING and _only_reads(node, 1))):
            return node.args[0].value if node.args else None
        if type(member) is Method and member.owner in PATHS and type(node.func) is s.Attribute:
            if member.name in READING or (member.name == "open" and _only_reads(node, 0)):
                return node.func.value
    return None


def _only_reads(node: s.Call, index: int) -> bool:
    """Whether a call opens a file for reading; `index` is the place of the mode."""
    given = [argument.value for argument in node.args if argument.keyword == "mode"]
    positional = [argument.value for argument in node.args if argument.keyword is None]
    mode = given[0] if given else positional[index] if len(positional) > index else None
    return mode is None or (type(mode) is s.Constant and set(str(mode.value)) <= set("rbtU"))


def _is_constant(path: s.Expression, definition: FunctionDefinition, frame: Frame) -> bool:
    """Whether a path is made of literals, of names that modules define once, and of functions that only work on the name."""
    for node in s.walk(path):
        match node:
            case s.Call(func=s.Name(id=name) | s.Attribute(attr=name)):
                if name not in PURE:
                    return False
            case s.Name(id=name):
                if name in definition.locals and not _is_constant_local(name, definition, frame):
                    return False
                if name not in definition.locals and not _is_of_module(name, frame):
                    return False
            case s.Attribute(attr=attr):
                if attr not in PARTS and attr not in PURE and not attr.isupper():
                    return False  # such as a setting
            case s.Constant() | s.BinaryOperation() | s.FormattedString() | s.Subscript() | s.Collection():
                pass
            case _:
                return False
    return True


def _is_constant_local(name: str, definition: FunctionDefinition, frame: Frame) -> bool:
    if any(parameter.name == name for parameter in definition.node.parameters):
        return False
    given = [
        node.value if type(node) is s.Assign else None
        for node in s.walk(*definition.node.body, into_functions=True)
        if name in _bound(node)
    ]
    return len(given) == 1 and given[0] is not None and _is_constant(given[0], definition, frame)


def _bound(node: s.Node) -> list[str]:
    match node:
        case s.Assign(targets=targets):
            return [name for target in targets for name in target_names(target)]
        case s.AnnotatedAssign(target=target) | s.AugmentedAssign(target=target) | s.NamedExpression(target=target):
            return target_names(target)
        case s.For(target=target):
            return target_names(target)
        case s.With(items=items):
            return [name for item in items if item.target is not None for name in target_names(item.target)]
    return []


def _is_of_module(name: str, frame: Frame) -> bool:
    """Whether a name is a module's or built in, rather than that of a function around."""
    outer = frame.parent
    while outer is not None:
        if outer.function is not None and name in outer.env:
            return False
        outer = outer.parent
    return True


def _changes(project: Project, path: s.Expression, definition: FunctionDefinition) -> bool:
    """Whether a file may change while the program runs: by its name, or since code that mentions it writes files."""
    words = {definition.module.path}
    told: set[str] = set()
    for node in s.walk(path):
        if type(node) is s.Constant and isinstance(node.value, str) and len(node.value) > 3:
            if CHANGING.search(node.value):
                return True
            told.add(node.value)
        elif type(node) is s.Name and node.id not in PURE and len(node.id) > 3:
            told.add(node.id)
    mentions = re.compile("|".join(map(re.escape, sorted(told)))) if told else None
    return any(
        module.has(WRITING) and (module.path in words or (mentions is not None and module.has(mentions)))
        for module in project.modules
    )
