"""A word at the leaf, in a comment or in the configuration, silences every chain that ends in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from fastapi_lint.run import check
from fastapi_lint.settings import Settings

Lint = Callable[..., list[tuple[str, str]]]
CODES = ("FAL101", "FAL103", "FAL108")
REMOTE = """\
import time

import requests


class Remote:
    def fetch(self, path: str) -> str:
        return requests.get(path).text{comment}

    @property
    def status(self) -> str:
        return self.fetch("/status")


def rows():
    yield Remote().fetch("/rows")


def pause() -> None:
    time.sleep(1)
"""
MAIN = """\
import asyncio

from fastapi import BackgroundTasks, Depends, FastAPI

from remote import Remote, pause, rows

app = FastAPI()
remote = Remote()
tasks = set()


async def current() -> str:
    return remote.status


@app.get("/method")
async def method(status: str = Depends(current)) -> str:
    return remote.fetch("/")


@app.get("/generator")
async def generator() -> list[str]:
    return [row for row in rows()] + sorted(rows())


@app.get("/key")
async def key() -> list[str]:
    return sorted(["/a", "/b"], key=remote.fetch)


async def report() -> None:
    await asyncio.sleep(0)
    remote.fetch("/report")


@app.post("/background")
async def background(later: BackgroundTasks) -> None:
    later.add_task(report)
    task = asyncio.create_task(report())
    tasks.add(task)


@app.post("/other")
async def other() -> None:
    pause()
"""


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lint:
    monkeypatch.chdir(tmp_path)

    def lint(comment: str = "", non_blocking: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        Path("remote.py").write_text(REMOTE.format(comment=comment))
        Path("main.py").write_text(MAIN)
        settings = Settings(root=tmp_path, select=CODES, non_blocking_calls=non_blocking)
        return [(one.code, (one.symbol or "").rpartition(".")[2]) for one in check(["."], settings).diagnostics]

    return lint


BILLING = """\
import asyncio

import billing
from fastapi import FastAPI

app = FastAPI()


def tell(): ...


@app.get("/")
async def read() -> None:
    await asyncio.sleep(0)
    billing.charge(1)
    tell()
    billing.quote()
"""
OTHER = [("FAL103", "other")]
"""The chain that ends in another leaf."""


def test_every_way_is_reported(lines: Lint) -> None:
    assert lines() == [
        ("FAL103", "current"),
        ("FAL103", "method"),
        ("FAL103", "generator"),
        ("FAL103", "generator"),
        ("FAL103", "key"),
        ("FAL103", "report"),
        ("FAL108", "background"),
        ("FAL108", "background"),
        *OTHER,
    ]


@pytest.mark.parametrize(
    "name", ["requests.get", "requests.*", "remote.Remote.fetch", "remote.Remote.*"], ids=lambda name: name
)
def test_non_blocking_calls(lines: Lint, name: str) -> None:
    assert lines(non_blocking=(name,)) == OTHER


def test_replacement_of_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("main.py").write_text(BILLING)
    told: Mapping[str, str | None] = {"billing.*": "billing.aio", "main.tell": "`await atell()`", "billing.quote": None}
    report = check(["."], Settings(root=tmp_path, select=CODES, blocking_calls=told))
    assert [one.message for one in report.diagnostics] == [
        "`billing.charge` blocks the event loop in `read`; the configuration says: billing.aio",
        "`main.tell` blocks the event loop in `read`; the configuration says: `await atell()`",
        "`billing.quote` blocks the event loop in `read`",
    ]


def test_suppression(lines: Lint) -> None:
    assert lines("  # fastapi-lint: ignore[blocking-chain, blocking-background-task] a local cache") == OTHER


def test_suppression_of_one_rule(lines: Lint) -> None:
    left = lines("  # fastapi-lint: ignore[FAL103] a local cache")
    assert left == [("FAL108", "background"), ("FAL108", "background"), *OTHER]
