"""Random programs whose endpoints reach a blocking call by random ways, or do not reach it at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

LEAVES = (
    "time.sleep(0.0001)",
    "nap(0.0001)",
    "subprocess.run(['true'])",
    "sqlite3.connect(':memory:').execute('select 1').fetchall()",
)
HARMLESS = ("len('x')", "math.sqrt(2)", "time.monotonic()", "os.path.join('a', 'b')", "json.dumps({})")

HEADER = """\
import functools
import json
import math
import os
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from time import sleep as nap

"""


@dataclass
class Program:
    """`endpoints` maps a path to the functions in which its blocking call may be reported."""

    library: list[str] = field(default_factory=list)
    main: list[str] = field(default_factory=list)
    endpoints: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, str]:
        names = sorted(
            {line.split()[1].split("(")[0].rstrip(":") for line in self.library if line[:4] in ("def ", "clas")}
        )
        names += sorted(
            line.split(" = ")[0] for line in self.library if line[:1].isalpha() and " = " in line.split("(")[0]
        )
        imports = f"from library import {', '.join(names)}\n" if names else ""
        main = (
            HEADER
            + "import asyncio\n\nfrom fastapi import Depends, FastAPI\nfrom fastapi.concurrency import run_in_threadpool\n\n"
            + imports
            + "\napp = FastAPI()\n\n\n"
            + "\n".join(self.main)
            + "\n"
        )
        return {"library.py": HEADER + "\n".join(self.library) + "\n", "main.py": main}


Way = Callable[[Program, int, str], str]
"""Adds definitions to the library and gives an expression that runs `inner`."""


def function(p: Program, k: int, inner: str) -> str:
    p.library += [f"def f{k}():", f"    return {inner}", ""]
    return f"f{k}()"


def method(p: Program, k: int, inner: str) -> str:
    p.library += [f"class C{k}:", "    def run(self):", f"        return {inner}", ""]
    return f"C{k}().run()"


def singleton(p: Program, k: int, inner: str) -> str:
    method(p, k, inner)
    p.library += [f"c{k} = C{k}()", ""]
    return f"c{k}.run()"


def static_method(p: Program, k: int, inner: str) -> str:
    p.library += [f"class C{k}:", "    @staticmethod", "    def run():", f"        return {inner}", ""]
    return f"C{k}.run()"


def class_method(p: Program, k: int, inner: str) -> str:
    p.library += [f"class C{k}:", "    @classmethod", "    def run(cls):", f"        return {inner}", ""]
    return f"C{k}.run()"


def property_(p: Program, k: int, inner: str) -> str:
    p.library += [f"class C{k}:", "    @property", "    def value(self):", f"        return {inner}", ""]
    return f"C{k}().value"


def context_class(p: Program, k: int, inner: str) -> str:
    p.library += [
        f"class C{k}:", "    def __enter__(self):", f"        {inner}", "    def __exit__(self, *args):", "        pass",
        f"def f{k}():", f"    with C{k}():", "        pass", "",
    ]  # fmt: skip
    return f"f{k}()"


def context_function(p: Program, k: int, inner: str) -> str:
    p.library += [
        "@contextmanager", f"def m{k}():", f"    {inner}", "    yield", f"def f{k}():", f"    with m{k}():", "        pass", "",
    ]  # fmt: skip
    return f"f{k}()"


def generator(p: Program, k: int, inner: str) -> str:
    p.library += [
        f"def g{k}():",
        f"    {inner}",
        "    yield 1",
        f"def f{k}():",
        f"    for _ in g{k}():",
        "        pass",
        "",
    ]
    return f"f{k}()"


def drained_generator(p: Program, k: int, inner: str) -> str:
    p.library += [f"def g{k}():", f"    {inner}", "    yield 1", ""]
    return f"list(g{k}())"


def decorated(p: Program, k: int, inner: str) -> str:
    p.library += [
        f"def d{k}(fn):", "    @functools.wraps(fn)", "    def wrapper(*args, **kwargs):", "        return fn(*args, **kwargs)",
        "    return wrapper", f"@d{k}", f"def f{k}():", f"    return {inner}", "",
    ]  # fmt: skip
    return f"f{k}()"


def partial(p: Program, k: int, inner: str) -> str:
    p.library += [f"def f{k}(x):", f"    return {inner}", f"p{k} = functools.partial(f{k}, 1)", ""]
    return f"p{k}()"


def lambda_(p: Program, k: int, inner: str) -> str:
    p.library += [f"h{k} = lambda: {inner}", ""]
    return f"h{k}()"


def callable_instance(p: Program, k: int, inner: str) -> str:
    p.library += [f"class C{k}:", "    def __call__(self):", f"        return {inner}", f"c{k} = C{k}()", ""]
    return f"c{k}()"


def closure(p: Program, k: int, inner: str) -> str:
    p.library += [f"def make{k}():", "    def run():", f"        return {inner}", "    return run", ""]
    return f"make{k}()()"


def constructor(p: Program, k: int, inner: str) -> str:
    p.library += [f"class C{k}:", "    def __init__(self):", f"        self.x = {inner}", ""]
    return f"C{k}()"


def inherited(p: Program, k: int, inner: str) -> str:
    p.library += [f"class B{k}:", "    def run(self):", f"        return {inner}", f"class C{k}(B{k}):", "    pass", ""]
    return f"C{k}().run()"


def overriding(p: Program, k: int, inner: str) -> str:
    p.library += [
        f"class B{k}:", "    def run(self):", "        raise NotImplementedError", f"class C{k}(B{k}):", "    def run(self):",
        f"        return {inner}", f"def f{k}(it: B{k}):", "    return it.run()", "",
    ]  # fmt: skip
    return f"f{k}(C{k}())"


def through_super(p: Program, k: int, inner: str) -> str:
    p.library += [
        f"class B{k}:", "    def run(self):", f"        return {inner}", f"class C{k}(B{k}):", "    def run(self):",
        "        return super().run()", "",
    ]  # fmt: skip
    return f"C{k}().run()"


def callback(p: Program, k: int, inner: str) -> str:
    p.library += [f"def f{k}():", f"    return {inner}", f"def apply{k}(fn):", "    return fn()", ""]
    return f"apply{k}(f{k})"


def held(p: Program, k: int, inner: str) -> str:
    method(p, k, inner)
    p.library += [
        f"class H{k}:", "    def __init__(self):", f"        self.inner = C{k}()", "    def go(self):", "        return self.inner.run()", "",
    ]  # fmt: skip
    return f"H{k}().go()"


def recursive(p: Program, k: int, inner: str) -> str:
    p.library += [f"def f{k}(n=2):", "    if n:", f"        f{k}(n - 1)", f"    return {inner}", ""]
    return f"f{k}()"


def guarded(p: Program, k: int, inner: str) -> str:
    p.library += [f"def f{k}():", "    try:", f"        return {inner}", "    finally:", "        pass", ""]
    return f"f{k}()"


def comprehension(p: Program, k: int, inner: str) -> str:
    p.library += [f"def f{k}():", f"    return [{inner} for _ in range(1)]", ""]
    return f"f{k}()"


WAYS: tuple[Way, ...] = (
    function, method, singleton, static_method, class_method, property_, context_class, context_function, generator, drained_generator,
    decorated, partial, lambda_, callable_instance, closure, constructor, inherited, overriding, through_super, callback, held, recursive,
    guarded, comprehension,
)  # fmt: skip


def program(seed: int) -> Program:
    rng = Random(seed)
    made = Program()
    for number in range(4):
        call = rng.choice(LEAVES if rng.random() < 0.6 else HARMLESS)
        for depth in range(rng.randint(0, 3)):
            call = rng.choice(WAYS)(made, number * 10 + depth, call)
        _endpoint(made, number, call, rng)
    return made


def _endpoint(made: Program, number: int, call: str, rng: Random) -> None:
    name, path = f"endpoint{number}", f"/{number}"
    body, functions = _body(made, number, call, rng)
    made.main += [
        f"@app.get({path!r})",
        f"async def {name}():",
        *(f"    {line}" for line in body),
        "    await asyncio.sleep(0)",
        "",
        "",
    ]
    made.endpoints[path] = (name, *functions)


def _body(made: Program, number: int, call: str, rng: Random) -> tuple[list[str], list[str]]:
    style = rng.choice(
        ("direct", "direct", "direct", "thread", "pool", "executor", "mentioned", "nested", "awaited", "named")
    )
    if style == "thread":
        return [f"await asyncio.to_thread(lambda: {call})"], []
    if style == "pool":
        return ["def work():", f"    return {call}", "await run_in_threadpool(work)"], []
    if style == "executor":
        return [f"await asyncio.get_running_loop().run_in_executor(None, lambda: {call})"], []
    if style == "mentioned":
        return [f"later = lambda: {call}"], []
    if style == "nested":
        return ["def never():", f"    {call}"], []
    if style == "named":
        return ["def now():", f"    {call}", "now()"], []
    if style == "awaited":
        made.main += [f"async def helper{number}():", f"    {call}", "    await asyncio.sleep(0)", "", ""]
        return [f"await helper{number}()"], [f"helper{number}"]
    return [call], []
