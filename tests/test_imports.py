"""Where a fix's import comes from: one that the file has, or a new one in its place."""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst
import pytest

from fastapi_lint.edits.changes import Unfixable
from fastapi_lint.edits.concrete import text_edits
from fastapi_lint.findings import AddImport, Anchor, Replace, Template
from fastapi_lint.reading.locate import Locator
from fastapi_lint.source import Source
from fastapi_lint.syntax import UNIT_BITS
from fastapi_lint.trial import applied_to

PATH = "src/app/routers/users.py"
USE = "\n\ndef f():\n    HERE\n"

Wanted = tuple[str, "str | None"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory without any configuration."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


ASYNCIO: Wanted = ("asyncio", None)
DEPENDS: Wanted = ("fastapi", "Depends")
POOL: Wanted = ("starlette.concurrency", "run_in_threadpool")
USER: Wanted = ("app.schemas", "User")


def with_imports(text: str, *wanted: Wanted, same_in: tuple[str, ...] = (), path: str = PATH) -> str:
    """The file after each HERE became a tuple of what is wanted."""
    locator = Locator({path: Source.decode(path, text.encode())})
    imports = [AddImport(path, module, name, same_in) for module, name in wanted]
    template: Template = ("(",)
    for one in imports:
        template += (one, ", ")
    result = edited(locator, path, (*template, ")"))
    cst.parse_module(result)
    ast.parse(result)
    return result


def edited(locator: Locator, path: str, template: Template) -> str:
    places: dict[int, Anchor] = {}
    for index, _ in enumerate(locator.chunks(path)):
        for low, node in enumerate(locator.unit(path, index).nodes):
            if isinstance(node, cst.Name) and node.value == "HERE":
                places[id(node)] = Anchor(path, index << UNIT_BITS | low)
    assert places
    edits = text_edits([Replace(place, template) for place in places.values()], locator)
    return applied_to(locator.source(path).text, edits)


def head(text: str, *wanted: Wanted, same_in: tuple[str, ...] = ()) -> str:
    """What stands above the function that uses the names, and behind ` -> ` how it knows them."""
    result = with_imports(text + USE, *wanted, same_in=same_in)
    above, _, use = result.partition("def f():\n    (")
    return above.rstrip("\n") + "\n-> " + use.removesuffix(", )\n")


# ---- imports that are there -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("present", "wanted", "name"),
    [
        ("import asyncio", ASYNCIO, "asyncio"),
        ("import asyncio as aio", ASYNCIO, "aio"),
        ("import os, asyncio as aio", ASYNCIO, "aio"),
        ("import asyncio.subprocess", ASYNCIO, "asyncio"),
        ("import os; import asyncio", ASYNCIO, "asyncio"),
        ("from fastapi import Depends", DEPENDS, "Depends"),
        ("from fastapi import Depends as D", DEPENDS, "D"),
        ("import fastapi", DEPENDS, "fastapi.Depends"),
        ("import fastapi as fa", DEPENDS, "fa.Depends"),
        ("import fastapi.security", DEPENDS, "fastapi.Depends"),
        ("from starlette.concurrency import run_in_threadpool as rit", POOL, "rit"),
        ("import starlette.concurrency", POOL, "starlette.concurrency.run_in_threadpool"),
        ("import starlette.concurrency as sc", POOL, "sc.run_in_threadpool"),
        ("from starlette import concurrency", POOL, "concurrency.run_in_threadpool"),
        ("from starlette import concurrency as c", POOL, "c.run_in_threadpool"),
        ("from app.schemas import User", USER, "User"),
        ("from ..schemas import User", USER, "User"),
        ("from ..schemas import User as UserOut", USER, "UserOut"),
        ("from .. import schemas", USER, "schemas.User"),
        ("from ... import app", USER, None),
    ],
)
def test_an_import_is_reused_under_whatever_name_it_has(present: str, wanted: Wanted, name: str | None) -> None:
    result = head(present + "\n", wanted)
    assert (result == f"{present}\n-> {name}") is (name is not None)


def test_the_same_name_may_come_from_another_module() -> None:
    present = "from starlette.concurrency import run_in_threadpool\n"
    wanted = ("fastapi.concurrency", "run_in_threadpool")
    assert head(present, wanted, same_in=("starlette.concurrency",)) == f"{present}-> run_in_threadpool"


@pytest.mark.parametrize(
    "present",
    [
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import asyncio\n",
        "import typing\n\nif typing.TYPE_CHECKING:\n    import asyncio\nelse:\n    x = 1\n",
        "def g():\n    import asyncio\n",
        "from fastapi import *\n",
        "import asyncio.subprocess as asp\n",
        "from asyncio import sleep\n",
    ],
)
def test_an_import_that_is_not_there_at_run_time_is_not_reused(present: str) -> None:
    result = head(present, ASYNCIO)
    assert "\nimport asyncio\n" in f"\n{result}"
    assert result.endswith("-> asyncio")


@pytest.mark.parametrize(
    "present",
    [
        "import asyncio\nasyncio = None\n",
        "asyncio = 1\n",
        "def asyncio(): ...\n",
        "class asyncio: ...\n",
        "try:\n    import asyncio\nexcept ImportError:\n    asyncio = None\n",
        "for asyncio in x: ...\n",
        "with x as (asyncio, y): ...\n",
        "import trio as asyncio\n",
        "from app import asyncio\n",
        "if x:\n    asyncio: int = 1\n",
        "x = [(asyncio := y) for y in z]\n",
        "del asyncio\n",
        "def g():\n    global x, asyncio\n    asyncio = 1\n",
        "from app import *\nasyncio.run(main())\n",
        "type asyncio = int\n",
        "match x:\n    case {'a': [asyncio, *y], **z}: ...\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app import asyncio\n",
    ],
)
def test_a_name_that_means_something_else_is_not_taken(present: str) -> None:
    result = applied(present + USE) if present.startswith(("type", "match")) else head(present, ASYNCIO)
    assert "import asyncio as asyncio_\n" in result
    assert "asyncio_" in result.rpartition("def f")[2] or result.endswith("-> asyncio_")


def applied(text: str) -> str:
    """As `head`, for syntax that the running Python may not know."""
    locator = Locator({PATH: Source.decode(PATH, text.encode())})
    return edited(locator, PATH, (AddImport(PATH, "asyncio"),))


def test_where_the_other_name_is_taken_too_there_is_no_fix() -> None:
    with pytest.raises(Unfixable):
        head("asyncio = asyncio_ = 1\n", ASYNCIO)


def test_a_builtin_is_not_hidden() -> None:
    assert head("", ("app.tools", "open")) == "from app.tools import open as open_\n-> open_"


def test_two_names_of_one_fix_do_not_collide() -> None:
    result = head("", ("fastapi", "Path"), ("pathlib", "Path"))
    assert result.splitlines()[-1] == "-> Path, Path_"
    assert "from pathlib import Path as Path_\n" in result


@pytest.mark.parametrize(
    "body",
    [
        "asyncio = 1\n    HERE",
        "for asyncio in x:\n        HERE",
        "lambda asyncio: HERE",
        "[HERE for asyncio in x]",
        "def g(asyncio):\n        HERE",
        "def g():\n        HERE\n    asyncio = 1",
        "HERE\n    import asyncio",
        "if x:\n        import asyncio\n    HERE",
        "import trio as asyncio\n    HERE",
    ],
)
def test_a_name_that_a_function_hides_is_not_used_there(body: str) -> None:
    result = with_imports(f"import asyncio\n\n\ndef f():\n    {body}\n", ASYNCIO)
    assert "(asyncio_, )" in result
    assert "import asyncio as asyncio_\n" in result


def test_what_a_function_imports_above_is_used() -> None:
    text = "def f():\n    import asyncio as aio\n    x = HERE\n"
    assert with_imports(text, ASYNCIO) == text.replace("HERE", "(aio, )")
    text = "def f():\n    import asyncio\n    def g():\n        x = HERE\n"
    assert with_imports(text, ASYNCIO) == text.replace("HERE", "(asyncio, )")
    text = "class A:\n    asyncio = 1\n    def f(self):\n        x = HERE\n"
    assert with_imports(text, ASYNCIO) == "import asyncio\n\n\n" + text.replace("HERE", "(asyncio, )")
    text = "import asyncio\n\n\nclass A:\n    asyncio = 1\n    x = HERE\n"
    assert "x = (asyncio_, )" in with_imports(text, ASYNCIO)


def test_what_is_needed_as_the_module_loads_is_imported_above() -> None:
    text = "import os\n\nx = HERE\n\nimport asyncio\n"
    assert with_imports(text, ASYNCIO).startswith("import asyncio\nimport os\n\nx = (asyncio, )\n")
    with pytest.raises(Unfixable):
        with_imports("x = HERE\n\nimport os\n", ASYNCIO)
    assert "x = (asyncio, )" in with_imports("def f():\n    x = HERE\n\nimport asyncio\n", ASYNCIO)


# ---- new lines ------------------------------------------------------------------------------------------------------

PLACES = [
    ("", ASYNCIO, "import asyncio"),
    ('"""Doc."""\n', ASYNCIO, '"""Doc."""\n\nimport asyncio'),
    ('"""Doc."""\nx = 1\n', ASYNCIO, '"""Doc."""\n\nimport asyncio\n\nx = 1'),
    (
        "#!/usr/bin/env python\n# coding: utf-8\n\nx = 1\n",
        ASYNCIO,
        "#!/usr/bin/env python\n# coding: utf-8\n\nimport asyncio\n\nx = 1",
    ),
    ("# Licence\nx = 1\n", ASYNCIO, "# Licence\nimport asyncio\n\nx = 1"),
    ("# Licence\n\n# about x\nx = 1\n", ASYNCIO, "# Licence\n\nimport asyncio\n\n# about x\nx = 1"),
    ("from __future__ import annotations\n", ASYNCIO, "from __future__ import annotations\n\nimport asyncio"),
    (
        '"""Doc."""\n\nfrom __future__ import annotations\n\nx = 1\n',
        ASYNCIO,
        '"""Doc."""\n\nfrom __future__ import annotations\n\nimport asyncio\n\nx = 1',
    ),
    ("import os\nimport sys\n", ASYNCIO, "import asyncio\nimport os\nimport sys"),
    ("import abc\nimport sys\n", ASYNCIO, "import abc\nimport asyncio\nimport sys"),
    ("import sys\nimport abc\n", ASYNCIO, "import sys\nimport abc\nimport asyncio"),
    ("import abc\n\nimport fastapi\n", ASYNCIO, "import abc\nimport asyncio\n\nimport fastapi"),
    ("import fastapi\n", ASYNCIO, "import asyncio\n\nimport fastapi"),
    ("# third\nimport fastapi\n", ASYNCIO, "# third\nimport asyncio\n\nimport fastapi"),
    ("# top\n\n# third\nimport fastapi\n", ASYNCIO, "# top\n\nimport asyncio\n\n# third\nimport fastapi"),
    ("import os  # c\n\nfrom app import x\n", ("httpx", None), "import os  # c\n\nimport httpx\n\nfrom app import x"),
    ("import os\nfrom app import x\n", ("httpx", None), "import os\nimport httpx\nfrom app import x"),
    ("import os\nx = 1\n", ("httpx", None), "import os\n\nimport httpx\n\nx = 1"),
    (
        "import os\n\nimport fastapi\n\nfrom . import y\n",
        USER,
        "import os\n\nimport fastapi\n\nfrom app.schemas import User\n\nfrom . import y",
    ),
    ("from fastapi import x\n", ("httpx", None), "import httpx\nfrom fastapi import x"),
    (
        "import zoo\nfrom fastapi import x\n",
        ("httpx", "get"),
        "import zoo\nfrom fastapi import x\nfrom httpx import get",
    ),
    (
        "from fastapi import x\nimport zoo\n",
        ("httpx", "get"),
        "from fastapi import x\nfrom httpx import get\nimport zoo",
    ),
    ("import Zoo\nimport a\n", ("httpx", None), "import Zoo\nimport a\nimport httpx"),
    ("import fastapi\nimport Zoo\n", ("httpx", None), "import fastapi\nimport httpx\nimport Zoo"),
    ("import os\n# about sys\nimport sys\n", ("pathlib", None), "import os\nimport pathlib\n# about sys\nimport sys"),
    (
        "import os\n\nos.x = 1\n\nimport httpx\n",
        ("fastapi", None),
        "import os\n\nos.x = 1\n\nimport fastapi\nimport httpx",
    ),
    ("import os\nfrom app import *\n\nx = 1\n", ASYNCIO, "import os\nfrom app import *\nimport asyncio\n\nx = 1"),
    ("if x:\n    import os\n", ASYNCIO, "import asyncio\n\nif x:\n    import os"),
    ("import os; x = 1\n", ASYNCIO, "import asyncio\n\nimport os; x = 1"),
]


@pytest.mark.parametrize(("present", "wanted", "result"), PLACES)
def test_a_new_import_goes_where_the_file_would_have_it(present: str, wanted: Wanted, result: str) -> None:
    found = head(present, wanted)
    assert found.rpartition("\n->")[0] == result
    before, after = compiled(present), compiled(found.rpartition("\n->")[0])
    assert before <= after


def compiled(text: str) -> set[str]:
    """The statements of a text: none may be lost."""
    return {ast.unparse(statement) for statement in ast.parse(text).body}


def test_two_new_imports_of_one_group_stand_together() -> None:
    assert head("", ASYNCIO, ("time", "sleep")) == "import asyncio\nfrom time import sleep\n-> asyncio, sleep"
    assert head("import fastapi\n", ("httpx", None), ("app.x", "y"), ASYNCIO).rpartition("\n->")[0] == (
        "import asyncio\n\nimport fastapi\nimport httpx\n\nfrom app.x import y"
    )
    assert head("", ("app.x", "y"), ("app.x", "a")).startswith("from app.x import a, y\n")


def test_line_endings_are_the_files_own() -> None:
    text = ("import os\n\nimport fastapi\n" + USE).replace("\n", "\r\n")
    result = with_imports(text, ("httpx", None), USER)
    assert result.count("\n") == result.count("\r\n")
    assert "import fastapi\r\nimport httpx\r\n\r\nfrom app.schemas import User\r\n" in result


def test_a_file_that_ends_without_a_newline() -> None:
    result = with_imports("def f():\n    HERE\n\nimport os", ASYNCIO)
    assert result == "def f():\n    (asyncio, )\n\nimport asyncio\nimport os"
    result = with_imports("def f():\n    HERE\n\nimport abc", ASYNCIO)
    assert result == "def f():\n    (asyncio, )\n\nimport abc\nimport asyncio"


# ---- lines that are there -------------------------------------------------------------------------------------------

LONG = "from fastapi import APIRouter, Body, Cookie, File, Form, Header, HTTPException, Query"
BROKEN_UP = """\
from fastapi import (
    APIRouter,
    Body,
    Cookie,
    Depends,
    File,
    Form,
    Header,
    HTTPException,
    Query,
)"""
MERGED = [
    ("from fastapi import APIRouter", "from fastapi import APIRouter, Depends"),
    ("from fastapi import APIRouter, Query", "from fastapi import APIRouter, Depends, Query"),
    ("from fastapi import Query, APIRouter", "from fastapi import Query, APIRouter, Depends"),
    ("from fastapi import APIRouter, status", "from fastapi import APIRouter, Depends, status"),
    ("from fastapi import (APIRouter, Query)", "from fastapi import (APIRouter, Depends, Query)"),
    ("from fastapi import (APIRouter,)", "from fastapi import (APIRouter, Depends,)"),
    ("from fastapi import APIRouter as R  # c", "from fastapi import APIRouter as R, Depends  # c"),
    (
        "from fastapi import (\n    APIRouter,  # a\n    Query,  # q\n)",
        "from fastapi import (\n    APIRouter,  # a\n    Depends,\n    Query,  # q\n)",
    ),
    (
        "from fastapi import (\n    APIRouter,\n    Body,  # b, c\n)",
        "from fastapi import (\n    APIRouter,\n    Body,  # b, c\n    Depends,\n)",
    ),
    (
        "from fastapi import (\n    APIRouter,\n    Body  # b, c\n)",
        "from fastapi import (\n    APIRouter,\n    Body,  # b, c\n    Depends\n)",
    ),
    (
        "from fastapi import (\n    # first\n    APIRouter,\n\n    # last\n)",
        "from fastapi import (\n    # first\n    APIRouter,\n\n    # last\n    Depends,\n)",
    ),
    (
        "from fastapi import (APIRouter,\n                     Query)",
        "from fastapi import (APIRouter,\n                     Depends,\n                     Query)",
    ),
    (
        "from fastapi import (\n    APIRouter, Body,\n    File, Query,\n)",
        "from fastapi import (\n    APIRouter, Body,\n    Depends,\n    File, Query,\n)",
    ),
    ("from fastapi import APIRouter, \\\n    Query", "from fastapi import APIRouter, \\\n    Depends, Query"),
    ("from fastapi import APIRouter; x = 1", "from fastapi import APIRouter, Depends; x = 1"),
    (
        LONG,
        BROKEN_UP,
    ),
    (f"{LONG}  # c", f"{LONG.replace('File', 'Depends, File')}  # c"),
    (
        f"{LONG.replace('import ', 'import (')})",
        BROKEN_UP,
    ),
]


@pytest.mark.parametrize(("present", "result"), MERGED)
def test_a_name_joins_the_line_in_its_style(present: str, result: str) -> None:
    found = head(present + "\n", DEPENDS)
    assert found == f"{result}\n-> Depends"


@pytest.mark.parametrize(("present", "_"), MERGED)
def test_two_names_join_a_line(present: str, _: str) -> None:
    found = head(present + "\n", DEPENDS, ("fastapi", "Zebra"))
    tree = ast.parse(found.rpartition("\n->")[0])
    (line,) = [one for one in tree.body if isinstance(one, ast.ImportFrom)]
    names = {alias.name for alias in line.names}
    assert {"APIRouter", "Depends", "Zebra"} <= names
    assert found.endswith("-> Depends, Zebra")


def test_a_line_may_be_as_long_as_the_files_others_are() -> None:
    wide = "x = '" + "-" * 110 + "'\n"
    assert head(f"{LONG}\n{wide}", DEPENDS).startswith(LONG.replace("File", "Depends, File"))


def test_a_name_does_not_join_a_star_or_what_is_for_type_checkers_only() -> None:
    assert "from fastapi import *\nfrom fastapi import Depends\n" in head("from fastapi import *\n", DEPENDS)
    text = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from fastapi import Query\n"
    assert head(text, DEPENDS).startswith("from typing import TYPE_CHECKING\n\nfrom fastapi import Depends\n\nif TYPE")
    text = "try:\n    from fastapi import Query\nexcept ImportError:\n    Query = None\n"
    assert head(text, DEPENDS).startswith("from fastapi import Depends\n\ntry:")


def test_a_name_that_is_known_another_way_joins_under_another_name() -> None:
    result = head("from fastapi import Query\n\nDepends = None\n", DEPENDS)
    assert result == "from fastapi import Depends as Depends_, Query\n\nDepends = None\n-> Depends_"


def test_an_import_for_type_checkers_is_repeated_for_run_time() -> None:
    text = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from app.schemas import User\n"
    assert head(text, USER) == f"from typing import TYPE_CHECKING\n\nfrom app.schemas import User\n{text[33:]}-> User"


# ---- how long lines may be ------------------------------------------------------------------------------------------

LINE = "from fastapi import APIRouter, Body, Cookie, File, Form"
JOINED = "from fastapi import APIRouter, Body, Cookie, Depends, File, Form"


@pytest.mark.parametrize(
    ("files", "broken"),
    [
        ({}, False),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 60\n"}, True),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 64\n"}, False),
        ({"pyproject.toml": "[tool.black]\nline-length = 60\n"}, True),
        ({"pyproject.toml": "[tool.black]\nline_length = 60\n"}, True),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 99\n[tool.black]\nline-length = 60\n"}, False),
        ({"ruff.toml": "line-length = 60\n", "pyproject.toml": "[tool.ruff]\nline-length = 99\n"}, True),
        ({".ruff.toml": "line-length = 60\n"}, True),
        ({"src/ruff.toml": "line-length = 60\n"}, True),
        (
            {"src/ruff.toml": 'extend = "../pyproject.toml"\n', "pyproject.toml": "[tool.ruff]\nline-length = 60\n"},
            True,
        ),
        ({"src/ruff.toml": "", "pyproject.toml": "[tool.ruff]\nline-length = 60\n"}, False),
        ({"src/ruff.toml": 'extend = "ruff.toml"\n'}, False),
        ({"src/pyproject.toml": "[project]\n", "pyproject.toml": "[tool.ruff]\nline-length = 60\n"}, True),
        ({"pyproject.toml": "[tool.ruff"}, False),
    ],
)
def test_lines_are_as_long_as_the_formatter_lets_them_be(elsewhere: Path, files: dict[str, str], broken: bool) -> None:
    for path, text in files.items():
        (elsewhere / path).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / path).write_text(text)
    result = head(f"{LINE}\n", DEPENDS)
    assert result.startswith("from fastapi import (\n    APIRouter,\n" if broken else f"{JOINED}\n")


def test_a_file_with_long_lines_of_its_own_is_told_what_the_formatter_says(elsewhere: Path) -> None:
    (elsewhere / "pyproject.toml").write_text("[tool.black]\n")
    long = f"{LINE}, Header, HTTPException, Query\nX = '{'x' * 115}'\n"
    assert head(long, DEPENDS).startswith("from fastapi import (\n")
    (elsewhere / "pyproject.toml").unlink()
    assert head(long, DEPENDS).startswith(JOINED)


def test_names_under_each_other_are_indented_as_the_file_is() -> None:
    long = f"{LINE}, Header, HTTPException, Query\n\n\nif True:\n\tX = 1\n"
    assert head(long, DEPENDS).startswith("from fastapi import (\n\tAPIRouter,\n\tBody,")
