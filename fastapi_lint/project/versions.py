"""Which releases of FastAPI, Starlette, Pydantic and Python a project runs on: configuration, lock files, requirements.

A project that says nothing is taken to run on the newest releases. One that allows several is a range, and a question whose answer
changes within it is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Version = tuple[int, ...]

NEWEST = {"fastapi": "0.165.0", "starlette": "1.10.0", "pydantic": "2.14.3", "python": "3.14"}
"""The newest releases whose behaviour this linter knows."""
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
REQUIREMENTS = ("requirements*.txt", "requirements*.in", "requirements/*.txt", "requirements/*.in", "constraints*.txt")
DIGITS = re.compile(r"v?(\d+(?:\.\d+)*)")
CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>|\^|~)?\s*v?(\d+(?:\.\d+)*)(\.\*)?[a-zA-Z0-9.+!-]*|\*")


@dataclass(frozen=True, slots=True)
class Range:
    """Releases from `low` (included, None: any) up to `high` (None: any), which `includes_high` or not."""

    low: Version | None = None
    high: Version | None = None
    includes_high: bool = False

    def before(self, version: str) -> bool | None:
        """Whether every release in the range is older than a version: yes, no, or None where some are and some are not."""
        wanted = parsed(version)
        if self.high is not None and (
            _compare(self.high, wanted) < 0 or (_compare(self.high, wanted) == 0 and not self.includes_high)
        ):
            return True
        if self.low is not None and _compare(self.low, wanted) >= 0:
            return False
        return None

    def since(self, version: str) -> bool | None:
        """Whether every release in the range is that version or newer."""
        found = self.before(version)
        return None if found is None else not found

    def within(self, other: Range) -> Range:
        """The releases that are in both."""
        low = (
            other.low
            if self.low is None
            else self.low
            if other.low is None or _compare(self.low, other.low) >= 0
            else other.low
        )
        if self.high is None:
            return Range(low, other.high, other.includes_high)
        if other.high is None:
            return Range(low, self.high, self.includes_high)
        order = _compare(self.high, other.high)
        both = self.includes_high and other.includes_high
        return Range(
            low,
            self.high if order <= 0 else other.high,
            both if order == 0 else (self if order < 0 else other).includes_high,
        )

    def spanning(self, other: Range) -> Range:
        """The smallest range that has both in it."""
        low = None if self.low is None or other.low is None else min(self.low, other.low)
        if self.high is None or other.high is None:
            return Range(low)
        upper = self if _compare(self.high, other.high) >= 0 else other
        return Range(low, upper.high, upper.includes_high)


def parsed(version: str) -> Version:
    """The numbers of a release: `0.115.4rc1` is (0, 115, 4). Empty for what is no version."""
    match = DIGITS.match(version.strip())
    return tuple(int(number) for number in match[1].split(".")) if match else ()


def _compare(left: Version, right: Version) -> int:
    width = max(len(left), len(right))
    a, b = (version + (0,) * (width - len(version)) for version in (left, right))
    return (a > b) - (a < b)


def exactly(version: str) -> Range:
    numbers = parsed(version)
    return Range(numbers, numbers, includes_high=True) if numbers else Range()


def specified(text: str) -> Range:
    """The range of a requirement's specifier: `>=0.100,<1`, `==0.115.*`, `^0.110`, `0.115.4`. What it cannot read allows any."""
    found = Range()
    for part in text.split("||")[0].split(","):
        match = CLAUSE.search(part.strip())
        if match and match[2]:
            found = found.within(_clause(match[1] or "==", parsed(match[2]), is_prefix=bool(match[3])))
    return found


def _clause(operator: str, version: Version, *, is_prefix: bool) -> Range:
    match operator:
        case "==" | "===":
            return Range(version, _next(version)) if is_prefix else Range(version, version, includes_high=True)
        case ">=" | ">":
            return Range(version)
        case "<=":
            return Range(None, version, includes_high=True)
        case "<":
            return Range(None, version)
        case "~=":
            return Range(version, _next(version[:-1]))
        case "~":
            return Range(version, _next(version[:2]))
        case "^":
            first = next((i for i, number in enumerate(version) if number), len(version) - 1)
            return Range(version, _next(version[: first + 1]))
    return Range()


def _next(version: Version) -> Version:
    return (*version[:-1], version[-1] + 1) if version else ()


@dataclass(frozen=True, slots=True)
class Versions:
    fastapi: Range = field(default_factory=lambda: exactly(NEWEST["fastapi"]))
    starlette: Range = field(default_factory=lambda: exactly(NEWEST["starlette"]))
    pydantic: Range = field(default_factory=lambda: exactly(NEWEST["pydantic"]))
    python: Range = field(default_factory=lambda: exactly(NEWEST["python"]))


# ---- where it is written ------------------------------------------------------------------------------------------------------


def found(directories: Iterable[Path], fastapi_version: str | None = None) -> Versions:
    """The versions that the files in some directories ask for. `fastapi_version` is what the configuration says, which wins."""
    places = list(dict.fromkeys(directories))
    fastapi = specified(fastapi_version) if fastapi_version else _of_package("fastapi", places)
    others = [
        _of_package(name, places) or (Range() if fastapi is not None else exactly(NEWEST[name]))
        for name in ("starlette", "pydantic")
    ]
    return Versions(
        fastapi or exactly(NEWEST["fastapi"]), others[0], others[1], _python(places) or exactly(NEWEST["python"])
    )


def _of_package(name: str, places: list[Path]) -> Range | None:
    """A lock file knows best, then requirement files, `pyproject.toml` and what a wheel says of itself; where several of a kind differ, all of them
    count. A requirement without bounds says nothing."""
    for source in (_locked, _required, _declared, _packaged):
        ranges = [one for place in places for one in source(name, place) if one != Range()]
        if ranges:
            spanned = ranges[0]
            for one in ranges[1:]:
                spanned = spanned.spanning(one)
            return spanned
    return None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _locked(name: str, place: Path) -> Iterator[Range]:
    entry = re.compile(rf'^name = "{re.escape(name)}"\r?\nversion = "([^"]+)"', re.MULTILINE)
    for lock in LOCKS:
        file = place / lock
        if file.is_file():
            yield from (exactly(version) for version in entry.findall(_text(file)))
    pipenv = place / "Pipfile.lock"
    if pipenv.is_file():
        locked = re.search(rf'"{re.escape(name)}": \{{[^}}]*?"version": "([^"]+)"', _text(pipenv))
        if locked:
            yield specified(locked[1])


def _required(name: str, place: Path) -> Iterator[Range]:
    line = re.compile(rf"^\s*{re.escape(name)}(?:\[[^\]]*\])?(?![\w.-])([^#;\n]*)", re.MULTILINE | re.IGNORECASE)
    for pattern in REQUIREMENTS:
        for file in sorted(place.glob(pattern)):
            yield from (specified(rest) for rest in line.findall(_text(file)))


def _declared(name: str, place: Path) -> Iterator[Range]:
    """From `pyproject.toml`: dependencies, optional ones and groups, and Poetry's table; from `setup.cfg` and `setup.py`, quoted."""
    quoted = re.compile(rf"""["']{re.escape(name)}(?:\[[^\]]*\])?\s*((?:[<>=!~][^"';]*)?)[;"']""", re.IGNORECASE)
    poetry = re.compile(
        rf"""^{re.escape(name)}\s*=\s*(?:["']([^"']*)["']|\{{[^}}\n]*?version\s*=\s*["']([^"']*)["'])""", re.MULTILINE
    )
    project = _text(place / "pyproject.toml")
    for rest in quoted.findall(project):
        yield specified(rest)
    for plain, in_table in poetry.findall(project):
        yield specified(plain or in_table)
    for rest in quoted.findall(_text(place / "setup.py")):
        yield specified(rest)
    for rest in re.findall(
        rf"^\s+{re.escape(name)}(?:\[[^\]]*\])?\s*([<>=!~][^;\n]*)?$", _text(place / "setup.cfg"), re.MULTILINE
    ):
        yield specified(rest)


def _packaged(name: str, place: Path) -> Iterator[Range]:
    """From the metadata beside an unpacked wheel: what it requires itself, else what its extras do."""
    line = re.compile(
        rf"^Requires-Dist: {re.escape(name)}(?:\[[^\]]*\])?(?![\w.-])\s*([^;\n]*)(;.*)?$", re.MULTILINE | re.IGNORECASE
    )
    found = list(line.finditer(_metadata(place)))
    always = [match for match in found if "extra" not in (match[2] or "")]
    yield from (specified(match[1].strip(" ()")) for match in always or found)


def _metadata(place: Path) -> str:
    """Empty where there is none, and in a directory with those of several distributions, such as `site-packages`."""
    found = list(place.glob("*.dist-info"))
    return _text(found[0] / "METADATA") if len(found) == 1 else ""


def _python(places: list[Path]) -> Range | None:
    for place in places:
        for file in (".python-version", ".tool-versions"):
            match = re.search(r"^(?:python\s+)?v?(3\.\d+)", _text(place / file), re.MULTILINE)
            if match:
                return specified(f"{match[1]}.*")
    for place in places:
        text = _text(place / "pyproject.toml")
        match = re.search(
            r"""^requires-python\s*=\s*["']([^"']*)["']|^python\s*=\s*["']([^"']*)["']""", text, re.MULTILINE
        )
        if match:
            return specified(match[1] or match[2])
        match = re.search(r"^Requires-Python: (.*)$", _metadata(place), re.MULTILINE)
        if match:
            return specified(match[1])
    return None
