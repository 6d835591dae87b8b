"""Imports that a fix leaves without a use go with it, and no other import does."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from fastapi_lint.edits.idle_imports import Neighbours, without_idle_imports
from fastapi_lint.settings import Settings
from fastapi_lint.source import Source


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tidied(text: str, path: str = "app.py", use: str = "USE", others: dict[str, str] | None = None) -> str:
    """The file after a fix that takes the word `USE` out of it. `use`: what stood there, a name of an import."""
    before = text.replace("USE", use)
    for name, content in {path: before, **(others or {})}.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content, newline="")
    after = text.replace("USE", "print")
    result = without_idle_imports(Source.decode(path, before.encode()), after, Neighbours(Settings(root=Path.cwd())))
    ast.parse(result)
    return result


@pytest.mark.parametrize(
    ("imports", "left"),
    [
        ("import time\nimport os\n\nos.x()\n", "import os\n\nos.x()\n"),
        ("import time\n\nimport os\n\nos.x()\n", "import os\n\nos.x()\n"),
        ("import os\n\nimport time\n\nos.x()\n", "import os\n\nos.x()\n"),
        ("import os\nimport time\n\nos.x()\n", "import os\n\nos.x()\n"),
        ("import fast.time as time\n", ""),
        ("from fast import time\n", ""),
        ("from fast import slow as time\n", ""),
        ("from fast import time, other\nother()\n", "from fast import other\nother()\n"),
        ("from fast import other, time\nother()\n", "from fast import other\nother()\n"),
        ("from fast import (\n    other,\n    time,\n)\nother()\n", "from fast import (\n    other,\n)\nother()\n"),
        ("from fast import (\n    time,\n)\n", ""),
        ("from time import time\n", ""),
        ("import time  \r\nimport os\r\nos.x()\r\n", "import os\r\nos.x()\r\n"),
        ('"""About time, no."""\nimport fast as time_\n', '"""About time, no."""\nimport fast as time_\n'),
    ],
)
def test_what_goes(imports: str, left: str) -> None:
    assert tidied(f"{imports}USE()\n", use="time") == f"{left}print()\n"


@pytest.mark.parametrize(
    "text",
    [
        "import time\nUSE(time)\n",
        "import time\n__all__ = ['time']\nUSE()\n",
        "import time\ndef f(x: 'time.T'): USE()\n",
        "import time\ndef f():\n    global time\n    USE()\n",
        "import time  # noqa\nUSE()\n",
        "from fast import (\n    time,  # why\n)\nUSE()\n",
        "import time; import os\nUSE(os)\n",
        "import time\nimport time\nUSE()\n",
        "try:\n    import time\nexcept ImportError:\n    pass\nUSE()\n",
        "if True:\n    import time\nUSE()\n",
        "from . import time\nUSE()\n",
        "import time.sub\nUSE()\n",
        "from time import *\nUSE()\n",
        "from __future__ import annotations\nUSE()\n",
    ],
)
def test_what_stays(text: str) -> None:
    assert tidied(text, use="time") == text.replace("USE", "print")


def test_what_was_not_used_before_stays() -> None:
    assert tidied("import os\nimport time\nUSE()\n", use="time") == "import os\nprint()\n"


def test_a_package_may_be_imported_for_its_names() -> None:
    text = "import time\nUSE()\n"
    assert tidied(text, "app/__init__.py", "time") == text.replace("USE", "print")


@pytest.mark.parametrize(
    ("other", "stays"),
    [
        ("from app import time\n", True),
        ("from .app import (\n    x,\n    time,\n)\n", True),
        ("from pkg.app import x, \\\n    time\n", True),
        ("from app import *\n", True),
        ("import app\napp.time.sleep(1)\n", True),
        ("import app as a\na.time.sleep(1)\n", True),
        ("def test(mocker):\n    mocker.patch('app.time.sleep')\n", True),
        ("import time\nfrom app import run\ntime()\n", False),
        ("from application import time\n", False),
        ("import time\ntime.time()\n", False),
    ],
)
def test_what_others_take_stays(other: str, stays: bool) -> None:
    result = tidied("import time\nUSE()\n", use="time", others={"other.py": other})
    assert ("import time" in result) == stays


def test_a_module_of_the_project_is_imported_for_what_it_does() -> None:
    result = tidied("import tasks\nUSE()\n", use="tasks", others={"tasks.py": "register()\n"})
    assert "import tasks" in result
    result = tidied("from lib.inner import run\nUSE()\n", use="run", others={"lib/inner.py": ""})
    assert "import run" in result


def test_a_file_that_does_not_parse_stays() -> None:
    source = Source.decode("app.py", b"import time\ntime(\n")
    text = "import time\nprint(\n"
    assert without_idle_imports(source, text, Neighbours(Settings())) == text


def test_a_buffer_that_is_no_file_keeps_its_imports() -> None:
    source = Source.decode("new.py", b"import time\ntime()\n")
    text = "import time\nprint()\n"
    assert without_idle_imports(source, text, Neighbours(Settings(root=Path.cwd()))) == text
