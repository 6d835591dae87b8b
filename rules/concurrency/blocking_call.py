"""A blocking call in an `async def`.

## What it does
Reports a call in an asynchronous function that waits for the network, a database, a disk, another process or the clock without
giving the event loop a chance to run something else. Receivers are told apart by type: `Session` blocks and `AsyncSession` does
not, whatever the variable is called.

## Why is this bad?
The event loop runs one thing at a time. While the call waits, every other request of the process waits with it, health checks
included. A plain `def` handler would have run in a thread.

## Bad
```python
import asyncio
import time

from fastapi import FastAPI, Request

app = FastAPI()


@app.post("/slow")
async def slow(request: Request) -> float:
    started = time.monotonic()
    await request.body()
    time.sleep(1)
    return time.monotonic() - started
```

## Good
```python
import asyncio
import time

from fastapi import FastAPI, Request

app = FastAPI()


@app.post("/slow")
async def slow(request: Request) -> float:
    started = time.monotonic()
    await request.body()
    await asyncio.sleep(1)
    return time.monotonic() - started
```

## Options
`blocking-calls` and `non-blocking-calls` in the configuration extend and correct the list of what blocks, by qualified name
(`mylib.Client.fetch`, `mylib.*`). As a table, `blocking-calls` says what to use instead, which the message then repeats.

In a lifespan, or a handler of start-up or shut-down, the finding is a warning: nobody is being served yet.

## Known misses
A receiver whose type cannot be told: a parameter without an annotation that nobody calls with a known value, the result of a
library function that the linter does not know; `os.read` and `os.write`, for whether they wait depends on the descriptor. File-system
calls about a single entry (`exists`, `stat`, `makedirs`, `unlink`) belong to `cheap-blocking-call`; going through a directory is reported here.

## Fix safety
Unsafe: the call runs in another thread, or through an awaitable function, so other work may run before it returns. A request of `httpx`
becomes one of an `httpx.AsyncClient` where the statement allows it, which may show `resource-per-request`. There is no fix for what `with`
enters, and for an iterator only where it goes through a directory, which is collected in a thread.

No fix is offered for what is bound to its thread either, such as a connection of `sqlite3`.
"""

from collections.abc import Iterator

from fastapi_lint import syntax
from fastapi_lint.context import Context
from fastapi_lint.edits import (
    await_twin,
    await_with_client,
    collect_in_threadpool,
    collect_iterator_in_threadpool,
    wrap_await_run_in_threadpool,
)
from fastapi_lint.findings import AddAwait, AddImport, Finding, Fix, Replace
from fastapi_lint.project import CallSite, Chain, Function
from fastapi_lint.project.thread_bound import is_entered, is_thread_bound
from fastapi_lint.rule import Rule

rule = Rule("FAL101", severity="error", fix="unsafe")

OPENING = frozenset({"open", "pathlib.Path.open", "io.open", "os.fdopen", "os.scandir"})


@rule.on(Function)
def check(function: Function, ctx: Context) -> Iterator[Finding]:
    if not function.definition.node.is_async:
        return
    found = [(site, chain) for site in function.frame.sites if (chain := ctx.chain(site)) is not None]
    for site, chain in found:
        if chain.is_direct:
            yield Finding(
                site.anchor,
                f"`{chain.leaf.name}` blocks the event loop in `{function.definition.name}`{ctx.advice(chain)}",
                fix=_fix(site, chain, function, ctx) if not _is_linked(site, [other for other, _ in found]) else None,
                symbol=function.definition.qualname,
                severity="warning" if function.definition in ctx.project.lifecycle_functions else None,
            )


def _is_linked(site: CallSite, blocking: list[CallSite]) -> bool:
    """Whether the call is made on the result of another blocking call, or gives the receiver of one: they belong into one thread."""
    if site.kind != "call":
        return False
    receivers = {id(inner) for inner in syntax.walk(site.node.func)}
    return any(
        other is not site and other.kind == "call" and (id(other.node) in receivers or _is_receiver(site, other))
        for other in blocking
    )


def _is_receiver(site: CallSite, other: CallSite) -> bool:
    return any(inner is site.node for inner in syntax.walk(other.node.func))


def _fix(site: CallSite, chain: Chain, function: Function, ctx: Context) -> Fix | None:
    """The awaitable twin where there is one; a file that is opened in a thread would still be read on the loop."""
    if site.kind != "call" or chain.leaf.name in OPENING or is_entered(site):
        return None
    if chain.leaf.is_lazy:
        if chain.leaf.tier != "disk" or is_thread_bound(ctx.project, site):
            return None
        collect = collect_in_threadpool if _is_used_up(site, function) else collect_iterator_in_threadpool
        return Fix(f"Collect `{chain.leaf.name}` in a thread", collect(site.anchor))
    if chain.leaf.twin is not None and "." not in chain.leaf.twin:
        edits = (AddAwait(site.anchor), Replace(site.anchor.of("func.attr"), (chain.leaf.twin,)))
        return Fix(f"Await `{chain.leaf.twin}`", edits)
    if chain.leaf.twin is not None:
        module, _, name = chain.leaf.twin.rpartition(".")
        if ctx.project.library.is_class(module):
            return _with_client(site, module, name, function) or _in_thread(site, chain, ctx)
        twin = AddImport(site.anchor.path, module)
        return Fix(f"Await `{chain.leaf.twin}`", await_twin(site.anchor, (twin, f".{name}")))
    return _in_thread(site, chain, ctx)


def _is_used_up(site: CallSite, function: Function) -> bool:
    """Whether the call stands where any iterable does, so that a list serves as well as an iterator."""
    for node in syntax.walk(*function.definition.node.body):
        match node:
            case syntax.For(iter=iterable) if iterable is site.node:
                return True
            case syntax.Comprehension(clauses=clauses) if any(clause.iter is site.node for clause in clauses):
                return True
            case syntax.Call(func=syntax.Name(id=name), args=(syntax.Argument(value=value), *_)) if value is site.node:
                return name in CONSUMING
    return False


def _in_thread(site: CallSite, chain: Chain, ctx: Context) -> Fix | None:
    if is_thread_bound(ctx.project, site):
        return None
    return Fix(f"Run `{chain.leaf.name}` in a thread", wrap_await_run_in_threadpool(site.anchor))


CONSUMING = frozenset({"any", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"})
OF_THE_CLIENT = frozenset({"cert", "mounts", "proxies", "proxy", "transport", "trust_env", "verify"})
"""Arguments that a client takes when it is made, and its methods do not."""


def _with_client(site: CallSite, client: str, method: str, function: Function) -> Fix | None:
    """The same request by a client of its own, where the function has a name left for it."""
    node = function.definition.node
    simple = (one for one in syntax.walk(*node.body) if isinstance(one, SIMPLE))
    if not any(part is site.node for statement in simple for part in syntax.walk(statement)):
        return None
    if site.arguments.starred or OF_THE_CLIENT & site.arguments.keywords.keys():
        return None
    used = {part.id for part in syntax.walk(*node.body, into_functions=True) if isinstance(part, syntax.Name)}
    used |= {parameter.name for parameter in node.parameters}
    name = next((name for name in CLIENT_NAMES if name not in used), None)
    if name is None:
        return None
    module, _, cls = client.rpartition(".")
    made = (AddImport(site.anchor.path, module), f".{cls}()")
    return Fix(f"Await `{client}.{method}`", await_with_client(site.anchor, made, method, name))


SIMPLE = (
    syntax.Assign,
    syntax.AnnotatedAssign,
    syntax.AugmentedAssign,
    syntax.ExpressionStatement,
    syntax.Return,
)
CLIENT_NAMES = ("client", "http_client", "async_client")
