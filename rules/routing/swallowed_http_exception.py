"""An HTTP exception that the `except` of its own function turns into something else.

## What it does
Reports `raise HTTPException(...)` inside a `try` whose `except Exception` (or a bare one) catches it and does not raise it again, nor one
with the same status code.

## Why is this bad?
`HTTPException` is an `Exception`. The client gets a 500 with the wrong text, or a 200, in place of the 404 that the code says.

## Bad
```python
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/books/{number}")
def read_book(number: int) -> int:
    try:
        if number < 1:
            raise HTTPException(status_code=404, detail="no such book")
        return 10 // number
    except Exception as e:
        raise HTTPException(status_code=500, detail="failed") from e
```

## Good
```python
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/books/{number}")
def read_book(number: int) -> int:
    try:
        if number < 1:
            raise HTTPException(status_code=404, detail="no such book")
        return 10 // number
    except HTTPException:
        raise
    except Exception as e:
        raise HTTPException(status_code=500, detail="failed") from e
```

## Known misses
HTTP exceptions that come from a function which is called inside the `try`. Clauses that hand the exception to a function and raise or
return what that makes of it.

## Fix safety
Unsafe: clients get the status code that the code names, in place of the one that they have got so far.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, Insert, Step
from fastapi_lint.project import CallSite, Project, failures
from fastapi_lint.project.database import queries
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import ClassValue, External, Value, known_members
from fastapi_lint.rule import Rule

rule = Rule("FAL711", fix="unsafe")

SHOWING = frozenset({"builtins.str", "builtins.repr", "builtins.print", "builtins.format", "builtins.type"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition, function in queries.served(project).items():
        frame = project.it.analysis(function)
        path = definition.module.path
        for one in failures.tries(definition.node.body):
            handler = _swallowing(project, frame, one)
            if handler is None:
                continue
            inner = {node.at for other in failures.tries(one.body) for node in s.walk(*other.body)}
            for node in s.walk(*one.body):
                if type(node) is s.Raise and node.at not in inner and _is_changed(project, frame, node, handler):
                    yield Finding(
                        Anchor(path, node.at),
                        f"The `except` of `{definition.name}` catches this HTTP exception, so the client does not get it",
                        trace=(Step(Anchor(path, handler.at, "header"), "It is caught here"),),
                        fix=_fix(path, node, handler),
                        symbol=definition.qualname,
                    )


def _swallowing(project: Project, frame: Frame, one: s.Try) -> s.Handler | None:
    """The broad clause that catches an HTTP exception and does not let it pass; None where another takes it first."""
    for handler in one.handlers:
        if failures.catches_http(project, frame, handler) is not False:
            return None
        if failures.is_broad(project, frame, handler):
            return None if _lets_pass(handler) or _is_handed_over(project, frame, handler) else handler
    return None


def _is_handed_over(project: Project, frame: Frame, handler: s.Handler) -> bool:
    """Whether what a clause makes of its exception comes out of a function that is given it, and may look at what it is."""
    told = {node.value.at for node in s.walk(*handler.body) if type(node) is s.ExpressionStatement}
    told |= {
        node.value.value.at
        for node in s.walk(*handler.body)
        if type(node) is s.ExpressionStatement and type(node.value) is s.Await
    }
    sites = {site.node.at: site for site in frame.sites if site.kind == "call"}
    for node in s.walk(*handler.body):
        if type(node) is not s.Call or node.at in told:
            continue
        if any(type(given.value) is s.Name and given.value.id == handler.name for given in node.args):
            site = sites.get(node.at)
            kinds = list(known_members(site.callee)) if site is not None else []
            if not kinds or not all(_only_shows(project, kind) for kind in kinds):
                return True
    return False


def _only_shows(project: Project, callee: Value) -> bool:
    """Whether a callable makes text or another exception of what it is given, whatever that is."""
    if type(callee) is ClassValue:
        return project.it.is_subclass(callee.definition, "builtins.BaseException")
    if type(callee) is External:
        name = callee.name
        return (
            name in SHOWING
            or name.startswith(("traceback.", "logging."))
            or failures.is_http_exception(project, callee)
        )
    return False


def _fix(path: str, raised: s.Raise, handler: s.Handler) -> Fix | None:
    if type(raised.exception) is not s.Call:
        return None
    clause = ("except ", Anchor(path, raised.exception.func.at), ":\n    raise\n")
    return Fix("Let it pass", (Insert(Anchor(path, handler.at, "header"), "before", clause),))


def _lets_pass(handler: s.Handler) -> bool:
    """Whether a clause raises what it caught, or looks at what it is."""
    for node in s.walk(*handler.body):
        match node:
            case s.Raise(exception=None):
                return True
            case s.Raise(exception=s.Name(id=name)) if name == handler.name:
                return True
            case s.Call(func=s.Name(id="isinstance" | "hasattr" | "getattr" | "type")):
                return True
            case s.Attribute(value=s.Name(id=name), attr="status_code" | "detail") if name == handler.name:
                return True
    return False


def _is_changed(project: Project, frame: Frame, node: s.Raise, handler: s.Handler) -> bool:
    """Whether an HTTP exception is raised, and what the clause makes of it has another status code, or none that is known."""
    made = _made(project, frame, node)
    if made is None:
        return False
    given = failures.status_of(made.arguments.get("status_code", 0))
    others = [_made(project, frame, one) for one in s.walk(*handler.body) if type(one) is s.Raise]
    codes = {failures.status_of(one.arguments.get("status_code", 0)) if one is not None else None for one in others}
    return given is None or codes != {given} or type(handler.body[-1]) is not s.Raise


def _made(project: Project, frame: Frame, node: s.Raise) -> CallSite | None:
    """The call that makes the HTTP exception which is raised; None for anything else."""
    if type(node.exception) is not s.Call:
        return None
    made = next((site for site in frame.sites if site.kind == "call" and site.node.at == node.exception.at), None)
    kinds = list(known_members(made.callee)) if made is not None else []
    return made if kinds and all(failures.is_http_exception(project, kind) for kind in kinds) else None
