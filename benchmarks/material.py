"""What is measured: pinned wheels from PyPI, unpacked, and the peers in an environment of their own."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

WORK = Path(__file__).parent / ".work"
PEERS = ("ruff==0.17.5", "bandit==1.9.4", "flake8==7.5.0", "flake8-async==26.8.1", "libcst>=1.8.5", "click>=8.1")


@dataclass(frozen=True, slots=True)
class Code:
    """An application on PyPI. `edited`: a file with routes, and one that many modules import."""

    name: str
    version: str
    route_file: str = ""
    shared_file: str = ""

    @property
    def folder(self) -> Path:
        return WORK / f"{self.name}-{self.version}"


SMALL = Code("docling-serve", "1.38.2")
LANGFLOW = Code("langflow-base", "1.13.0", "langflow/api/v1/flows.py", "langflow/services/deps.py")
LITELLM = Code("litellm", "1.109.1", "litellm/proxy/health_endpoints/_health_endpoints.py", "litellm/types/utils.py")
WITHOUT = Code("Django", "5.2.19")
"""Not an application of FastAPI."""


def unpacked(code: Code) -> Path:
    """The folder of an application's wheel, fetched with pip if it is not there. Raises CalledProcessError."""
    if not code.folder.exists():
        wheels = WORK / "wheels"
        wanted = f"{code.name}=={code.version}"
        fetch = ["download", "-q", "--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "-d", str(wheels)]
        subprocess.run([sys.executable, "-m", "pip", *fetch, wanted], check=True)
        stem = f"{code.name.replace('-', '_').lower()}-{code.version}-"
        (wheel,) = (file for file in wheels.iterdir() if file.name.lower().startswith(stem))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(code.folder)
        (code.folder / "setup.cfg").touch()  # the top of a project of its own, not a part of the one around it
    return code.folder


def lines(folder: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in folder.rglob("*.py"))


def peers() -> Path:
    """The folder with the peers' commands."""
    environment = WORK / "peers"
    if not environment.exists():
        venv.create(environment, with_pip=True)
        subprocess.run([environment / "bin/python", "-m", "pip", "install", "-q", *PEERS], check=True)
    return environment / "bin"
