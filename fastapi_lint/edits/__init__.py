"""The edits that rules ask for most, by what they do to the code.

All are symbolic: an edit that turns out to be impossible in a file drops its fix, and the finding stays. Nothing here
needs LibCST; `edits.concrete` makes text of it.
"""

from __future__ import annotations

from fastapi_lint.findings import (
    AddAwait,
    AddImport,
    Anchor,
    Annotate,
    Defer,
    Enclose,
    Insert,
    Replace,
    SetKeyword,
    SymbolicEdit,
    Template,
)

Edits = tuple[SymbolicEdit, ...]


def replace_callee(call: Anchor, callee: Template) -> Edits:
    """`f(x)` becomes `callee(x)`."""
    return (Replace(call.of("func"), callee),)


def await_twin(call: Anchor, callee: Template) -> Edits:
    """`f(x)` becomes `await callee(x)`."""
    return (AddAwait(call), *replace_callee(call, callee))


def wrap_await_to_thread(call: Anchor) -> Edits:
    """`f(x)` becomes `await asyncio.to_thread(f, x)`."""
    return (AddAwait(call), Defer(call, (AddImport(call.path, "asyncio"), ".to_thread")))


def wrap_await_run_in_threadpool(call: Anchor) -> Edits:
    """`f(x)` becomes `await run_in_threadpool(f, x)`."""
    runner = AddImport(call.path, "fastapi.concurrency", "run_in_threadpool", same_in=("starlette.concurrency",))
    return (AddAwait(call), Defer(call, (runner,)))


def collect_in_threadpool(iterable: Anchor) -> Edits:
    """`f(x)` becomes `await run_in_threadpool(lambda: list(f(x)))`: some iterables, `Path.iterdir` of 3.13 for one, read at the call."""
    runner = AddImport(iterable.path, "fastapi.concurrency", "run_in_threadpool", same_in=("starlette.concurrency",))
    return (
        AddAwait(iterable),
        Insert(iterable, "before", (runner, "(lambda: list(")),
        Insert(iterable, "after", ("))",)),
    )


def collect_iterator_in_threadpool(iterator: Anchor) -> Edits:
    """`f(x)` becomes `await run_in_threadpool(lambda: iter(list(f(x))))`, of which `next` can be asked for as well."""
    runner = AddImport(iterator.path, "fastapi.concurrency", "run_in_threadpool", same_in=("starlette.concurrency",))
    return (
        AddAwait(iterator),
        Insert(iterator, "before", (runner, "(lambda: iter(list(")),
        Insert(iterator, "after", (")))",)),
    )


def await_with_client(call: Anchor, client: Template, method: str, name: str) -> Edits:
    """`x = f(a)` becomes `x = await name.method(a)` under `async with client as name:`."""
    header = Enclose(call, ("async with ", *client, f" as {name}"))
    return (header, *await_twin(call, (f"{name}.{method}",)))


def insert_return_annotation(function: Anchor, text: Template) -> Edits:
    return (Annotate(function, text),)


def remove_async(function: Anchor) -> Edits:
    """Also of an `async for` or `async with`."""
    return (Replace(function.of("asynchronous"), ()),)


def add_keyword(call: Anchor, name: str, value: Template) -> Edits:
    """Sets the value where the call has that argument already."""
    return (SetKeyword(call, name, value),)


def remove_argument(call: Anchor, name: str) -> Edits:
    return (Replace(call.of(f"keyword:{name}"), ()),)


def remove_decorator(function: Anchor, index: int) -> Edits:
    """`index` counts from 0 at the top."""
    return (Replace(function.of(f"decorators.{index}"), ()),)
