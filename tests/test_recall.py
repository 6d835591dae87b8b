"""An answer from the cache is the answer that a fresh check gives, whatever happened to the files in between."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import msgspec
import pytest

from fastapi_lint import cache, recall
from fastapi_lint.commands import check as commands
from fastapi_lint.commands.request import CommandError, Request

SEQUENCES = int(os.environ.get("FASTAPI_LINT_SEQUENCES", "48"))
"""How many projects are changed at random; set it to some hundreds for a thorough run."""
PARTS = 6
STEPS = 4

MAIN = "from fastapi import FastAPI\nfrom app.routes import router\napp = FastAPI()\napp.include_router(router)\n"
ROUTES = """import time
from fastapi import APIRouter
from app.helpers import work
router = APIRouter()
@router.get("/a")
async def a():
    {body}
    return {{"a": work()}}
"""
VARIANTS = {
    "app/__init__.py": ["", "\n"],
    "app/main.py": [MAIN, MAIN.replace("app = FastAPI()", "app = FastAPI(debug=True)"), "import os\n"],
    "app/routes.py": [
        ROUTES.format(body=body)
        for body in (
            "time.sleep(1)",
            "pass",
            "open('x').read()",
            "x = (",
            "time.sleep(1)  # fastapi-lint: ignore[FAL101]",
        )
    ],
    "app/helpers.py": [
        "def work():\n    return 1\n",
        "import requests\ndef work():\n    return requests.get('http://x').text\n",
        "import time\ndef work():\n    time.sleep(1)  # fastapi-lint: ignore[FAL103]\n",
    ],
    "app/schemas.py": ["from pydantic import BaseModel\nclass A(BaseModel):\n    x: str\n", "x = 1\n"],
    "app/extra.py": ["from app.helpers import work\n", "\xe4 = 1\n"],
    "pyproject.toml": [
        "[project]\nname = 'x'\n",
        "[tool.ruff]\nline-length = 30\n",
        "[tool.fastapi-lint]\nextend-exclude = ['extra.py']\n",
        "[tool.fastapi-lint]\nignore = ['FAL101']\nselect = ['ALL']\n",
    ],
    "requirements.txt": ["fastapi==0.100.0\n", "fastapi>=0.100\n", "fastapi==0.88.0\n"],
    ".gitignore": ["", "schemas.py\n"],
}


def _said(request: Request) -> tuple[int | str, str, str]:
    out, words = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(words):
        try:
            code: int | str = commands.check(request)
        except Exception as error:
            code = f"{type(error).__name__}: {error}"
    return code, out.getvalue(), words.getvalue()


def _agree(what: str = "", **asked: object) -> tuple[int | str, str, str]:
    first = _said(Request(**asked))  # type: ignore[arg-type]
    fresh = _said(Request(**asked, no_cache=True))  # type: ignore[arg-type]
    assert first == fresh, what
    return fresh


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    root = tmp_path / "project"
    for name, variants in VARIANTS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(variants[0], encoding="utf-8")
    (root / ".git").mkdir()
    monkeypatch.chdir(root)
    return root


def _edit(root: Path, dice: random.Random) -> str:
    name = dice.choice(sorted(VARIANTS))
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text(dice.choice(VARIANTS[name]), encoding="utf-8")
    return f"edit {name}"


def _touch(root: Path, dice: random.Random) -> str:
    file = dice.choice(sorted(root.rglob("*.py")) or [root / "new.py"])
    file.touch()
    return f"touch {file.name}"


def _set_back(root: Path, dice: random.Random) -> str:
    """Another content of the same size, at the same time."""
    file = dice.choice(sorted(root.rglob("*.py")) or [root / "new.py"])
    if file.exists() and (text := file.read_text(encoding="utf-8")):
        before = file.stat()
        file.write_text(text.replace("time.sleep(1)", "time.ctime(1)"), encoding="utf-8")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    return f"set back {file.name}"


def _add(root: Path, dice: random.Random) -> str:
    name = f"app/{dice.choice(['one', 'two'])}.py"
    (root / "app").mkdir(exist_ok=True)
    (root / name).write_text(dice.choice(VARIANTS["app/routes.py"]), encoding="utf-8")
    return f"add {name}"


def _move(root: Path, dice: random.Random) -> str:
    files = sorted(root.rglob("*.py"))
    if files:
        file = dice.choice(files)
        file.rename(file.with_name(dice.choice(["routes.py", "moved.py", "helpers.py"])))
        return f"move {file.name}"
    return "move nothing"


def _delete(root: Path, dice: random.Random) -> str:
    files = sorted(file for name in VARIANTS if (file := root / name).exists())
    if files:
        file = dice.choice(files)
        file.unlink()
        return f"delete {file.name}"
    return "delete nothing"


def _spoil(root: Path, dice: random.Random) -> str:
    """Bytes of the cache change, or go."""
    entries = sorted((root / cache.FOLDER).rglob("*")) if (root / cache.FOLDER).exists() else []
    files = [entry for entry in entries if entry.is_file()]
    if files:
        file = dice.choice(files)
        data = bytearray(file.read_bytes())
        if data:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        file.write_bytes(bytes(data[: dice.randint(0, len(data))] if dice.random() < 0.3 else data))
    return "spoil"


STEPS_KNOWN: list[Callable[[Path, random.Random], str]] = [
    _edit, _edit, _edit, _touch, _set_back, _add, _move, _delete, _spoil
]  # fmt: skip


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_remembered_is_what_would_be_found(part: int, project: Path) -> None:
    for number in range(part, SEQUENCES, PARTS):
        dice = random.Random(number)
        story = [f"sequence {number}"]
        _agree(str(story))
        for _ in range(STEPS):
            story += [dice.choice(STEPS_KNOWN)(project, dice) for _ in range(dice.randint(0, 2))]
            options: dict[str, object] = dice.choice([{}, {"select": ("FAL1",)}, {"paths": ("app",)}])
            _agree(str(story), **options)


def test_nothing_is_checked_twice(project: Path, checks: list[object]) -> None:
    first = _said(Request())
    assert "FAL101" in first[1]
    assert _said(Request()) == first
    assert len(checks) == 1
    assert _said(Request(output_format="json"))[1] != first[1]
    assert len(checks) == 2
    assert _said(Request(no_cache=True)) == first
    assert len(checks) == 3


def test_times_spare_reading_only_files_that_are_old_enough(
    project: Path, checks: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recall, "TICK", 200_000_000)
    time.sleep(0.4)
    _said(Request())
    read: list[str] = []
    real = recall._content

    def content(path: str) -> bytes | None:
        read.append(path)
        return real(path)

    monkeypatch.setattr(recall, "_content", content)
    _said(Request())
    assert [path for path in read if path.endswith(".py")] == []
    (project / "app/main.py").touch()
    _said(Request())
    assert [os.path.basename(path) for path in read if path.endswith(".py")] == ["main.py"]
    assert len(checks) == 1
    time.sleep(0.4)
    _said(Request())  # what was touched is old now, and noted as it is
    _said(Request())
    assert len([path for path in read if path.endswith(".py")]) <= 2
    assert len(checks) == 1


def test_a_changed_configuration_is_another_question(project: Path, checks: list[object]) -> None:
    _said(Request())
    (project / "pyproject.toml").write_text("[tool.fastapi-lint]\nignore = ['FAL1']\n")
    assert "FAL101" not in _said(Request())[1]
    assert len(checks) == 2


def test_requirements_are_looked_at(project: Path, checks: list[object]) -> None:
    _said(Request())
    (project / "requirements.txt").write_text("fastapi==0.110.0\n")
    _said(Request())
    (project / "requirements").mkdir()
    (project / "requirements/base.txt").write_text("fastapi==0.111.0\n")
    _said(Request())
    assert len(checks) == 3


def test_another_linter_forgets(project: Path, checks: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    _said(Request())
    monkeypatch.setattr(recall, "engine", lambda: "another")
    _said(Request())
    assert len(checks) == 2


def _entries(root: Path) -> list[Path]:
    return [file for file in (root / cache.FOLDER / recall.KIND).iterdir() if not file.name.startswith(".")]


def test_an_entry_made_by_hand_is_not_believed(project: Path, checks: list[object]) -> None:
    first = _said(Request())
    (entry,) = _entries(project)
    payload = entry.read_bytes()[cache.SEAL :]
    memory = msgspec.msgpack.decode(payload, type=recall.Remembered, dec_hook=recall._decoded)
    forged = msgspec.msgpack.encode(msgspec.structs.replace(memory, diagnostics=()), enc_hook=recall._encoded)
    foreign = cache.Cache(project / cache.FOLDER, b"k" * cache.SEAL)
    foreign.store(recall.KIND, entry.name, forged)
    assert _said(Request()) == first
    assert len(checks) == 2


@pytest.mark.parametrize("content", [b"", b"x", b"\x00" * 100])
def test_rubbish_is_a_miss(project: Path, content: bytes) -> None:
    first = _said(Request())
    for entry in _entries(project):
        entry.write_bytes(content)
    assert _said(Request()) == first


def test_what_another_release_wrote_is_a_miss(project: Path) -> None:
    first = _said(Request())
    (entry,) = _entries(project)
    opened = cache.opened(project / cache.FOLDER)
    assert opened is not None
    for payload in (b"", msgspec.msgpack.encode([1, 2]), msgspec.msgpack.encode({"a": 1})):
        opened.store(recall.KIND, entry.name, payload)
        assert _said(Request()) == first


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_folder_that_cannot_be_written(project: Path) -> None:
    (project / cache.FOLDER).mkdir(mode=0o500)
    _agree()
    _agree()


def test_a_folder_that_is_a_file(project: Path) -> None:
    (project / cache.FOLDER).write_text("")
    _agree()
    assert (project / cache.FOLDER).read_text() == ""


def test_a_full_disk_loses_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "_write", full)
    _agree()
    _agree()


def test_without_a_place_for_the_key_there_is_no_cache(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(project / "file"))
    _agree()
    assert not (project / cache.FOLDER).exists()


KILLED = """
import os, sys
from fastapi_lint import cache
from fastapi_lint.cli import main
os.replace = lambda *_: os._exit(9)
main(["."])
"""


def test_a_kill_in_the_middle_of_writing(project: Path) -> None:
    first = _said(Request(no_cache=True))
    _said(Request())
    before = {file: file.read_bytes() for file in _entries(project)}
    (project / "app/helpers.py").write_text(VARIANTS["app/helpers.py"][1])
    ended = subprocess.run([sys.executable, "-c", KILLED], cwd=project, capture_output=True)
    assert ended.returncode == 9
    assert {file: file.read_bytes() for file in _entries(project)} == before
    (project / "app/helpers.py").write_text(VARIANTS["app/helpers.py"][0])
    assert _said(Request()) == first


def test_two_at_once(project: Path) -> None:
    expected = _said(Request(no_cache=True))[1]
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "fastapi_lint"],
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(2)
    ]
    assert [process.communicate()[0] for process in both] == [expected, expected]
    assert _said(Request())[1] == expected


def test_the_folder_says_what_it_is(project: Path) -> None:
    _said(Request())
    folder = project / cache.FOLDER
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert "*" in (folder / ".gitignore").read_text().split()


def test_old_entries_go(project: Path) -> None:
    opened = cache.opened(project / cache.FOLDER)
    assert opened is not None
    for number in range(cache.KEPT + 5):
        opened.store("reports", f"{number:032x}", b"x")
    assert len(_entries(project)) == cache.KEPT
    assert opened.load("reports", f"{cache.KEPT + 4:032x}") == b"x"


def test_clean(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _said(Request())
    with redirect_stderr(StringIO()) as words:
        assert commands.clean_cache(None) == 0
        assert not (project / cache.FOLDER).exists()
        assert commands.clean_cache(None) == 0
    assert "no cache" in words.getvalue()
    shutil.copytree(project / "app", project / "elsewhere")
    with pytest.raises(CommandError, match="is no cache"):
        commands.clean_cache("elsewhere")
    assert (project / "elsewhere/main.py").exists()


def test_where_it_lies(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "pyproject.toml").write_text("[tool.fastapi-lint]\ncache-dir = 'build/lint'\n")
    _said(Request())
    assert (project / "build/lint/CACHEDIR.TAG").exists()
    _said(Request(cache_dir="other"))
    assert (project / "other/CACHEDIR.TAG").exists()
    assert not (project / cache.FOLDER).exists()
