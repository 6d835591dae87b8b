"""Import examples under the installed FastAPI, in an interpreter of their own.

That interpreter runs `main`: it reads a JSON list of `{path: text}` from the standard input and writes a JSON list of
`{"error": ..., "schemas": {...}}`, one for each example.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

SECONDS = 120
VARIABLE = re.compile(r"""(?:environ(?:\.get)?|getenv)[\[(]["'](\w+)["']""")
REQUIRED_FIELD = re.compile(r"^\s+(\w+): (?:str|SecretStr)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Trial:
    """`error` is what went wrong, if anything. `schemas`: the OpenAPI document of each application and router."""

    error: str | None
    schemas: Mapping[str, Any]


def tried(examples: Sequence[Mapping[str, str]]) -> list[Trial]:
    """What happens when every module of each example is imported and its OpenAPI documents are built.

    Raises RuntimeError if the interpreter dies, subprocess.TimeoutExpired after `SECONDS`.
    """
    done = subprocess.run(
        [sys.executable, "-c", "from fastapi_lint.testing.trial import main; main()"],
        input=json.dumps([dict(example) for example in examples]),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the interpreter that imports the examples ended with {done.returncode}:\n{done.stderr}")
    return [Trial(**answer) for answer in json.loads(done.stdout)]


def _try(files: Mapping[str, str], directory: Path) -> Trial:
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text, encoding="utf-8")
    schemas: dict[str, Any] = {}
    with _importable(directory), _environment(files.values()), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for path in files:
                if path.endswith(".py"):
                    module = importlib.import_module(_module_name(path))
                    schemas.update(_schemas(module))
        except Exception as error:
            return Trial(_told(error), schemas)
    deprecated = [
        f"{Path(warning.filename).name}:{warning.lineno}: {warning.message}"
        for warning in caught
        if issubclass(warning.category, (DeprecationWarning, PendingDeprecationWarning))
        and Path(warning.filename).is_relative_to(directory)
    ]
    return Trial("; ".join(deprecated) or None, schemas)


def _module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _told(error: Exception) -> str:
    return "".join(traceback.format_exception(error, limit=-3)).rstrip()


def _schemas(module: ModuleType) -> Iterator[tuple[str, Any]]:
    from fastapi import APIRouter, FastAPI

    for name, value in sorted(vars(module).items()):
        if isinstance(value, APIRouter):
            application = FastAPI()
            application.include_router(value)
            yield f"{module.__name__}.{name}", application.openapi()
        elif isinstance(value, FastAPI):
            yield f"{module.__name__}.{name}", value.openapi()


@contextmanager
def _importable(directory: Path) -> Iterator[None]:
    """The directory first on the module path; afterwards none of its modules is left."""
    path, known = list(sys.path), set(sys.modules)
    sys.path.insert(0, str(directory))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - known:
            if _lies_in(sys.modules[name], directory):
                del sys.modules[name]


def _lies_in(module: ModuleType, directory: Path) -> bool:
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return any(Path(place).is_relative_to(directory) for place in places if place)


@contextmanager
def _environment(texts: Iterable[str]) -> Iterator[None]:
    """A value for every environment variable and required settings field that the examples name."""
    before = dict(os.environ)
    for text in texts:
        for name in (*VARIABLE.findall(text), *map(str.upper, REQUIRED_FIELD.findall(text))):
            os.environ.setdefault(name, "a-value-of-the-environment-0123456789")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def main() -> None:
    answers: list[dict[str, Any]] = []
    with redirect_stdout(sys.stderr):
        for files in json.load(sys.stdin):
            with tempfile.TemporaryDirectory() as directory:
                trial = _try(files, Path(directory).resolve())
            answers.append({"error": trial.error, "schemas": trial.schemas})
    json.dump(answers, sys.stdout)
