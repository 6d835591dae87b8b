"""The secrets that the source of a project gives away, each one once, at the text itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from fastapi_lint import syntax as s
from fastapi_lint.findings import Anchor, Place, Step, TextRange
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.modules import Module, chunk_of
from fastapi_lint.project.interpreting.values import Const
from fastapi_lint.project.secrets import comparisons as secret_comparisons
from fastapi_lint.project.secrets import defaults as secret_defaults
from fastapi_lint.project.secrets import sinks as secret_sinks
from fastapi_lint.project.secrets.clues import NAMED, USED_DEFAULT, Clue
from fastapi_lint.secret_text import kind_of, looks_random, variable_name
from fastapi_lint.token_formats import hits

if TYPE_CHECKING:
    from fastapi_lint.project import Project

MOST_STEPS = 3


@dataclass(frozen=True, slots=True)
class Exposure:
    """A text of the source that is a secret.

    `what`: what it is, the first half of a sentence. `kind`: `default` for one that is only used where another is missing.
    `variable`: what an environment variable with it could be called. `literal`: what could be replaced by another expression; None
    where the text is a part of something.
    """

    place: Place
    what: str
    kind: Literal["literal", "default"]
    variable: str = ""
    literal: Literal["str", "bytes"] | None = None
    trace: tuple[Step, ...] = ()
    symbol: str | None = None


def exposures(project: Project) -> tuple[Exposure, ...]:
    """Tests are left out. A text that is used in several ways is found once."""
    clues: dict[Anchor, list[Clue]] = {}
    for clue in _clues(project):
        if clue.const.place is not None and not project.is_test(clue.const.place.path):
            clues.setdefault(clue.const.place, []).append(clue)
    found = _told_apart([_exposure(project, place, several) for place, several in clues.items()], clues)
    known: dict[str, list[str]] = {}
    for place, several in clues.items():
        known.setdefault(place.path, []).extend(str(clue.const.value) for clue in several)
    found.extend(_formatted(project, known))
    return tuple(found)


def _told_apart(exposures: list[Exposure], clues: dict[Anchor, list[Clue]]) -> list[Exposure]:
    """Different secrets cannot be replaced by the same environment variable."""
    held: dict[str, set[str]] = {}
    for exposure, several in zip(exposures, clues.values(), strict=True):
        held.setdefault(exposure.variable, set()).update(str(clue.const.value) for clue in several)
    return [e if len(held[e.variable]) == 1 else replace(e, literal=None) for e in exposures]


def _clues(project: Project) -> Iterator[Clue]:
    gates = secret_comparisons.gates(project)
    for frame in _frames(project):
        if not project.is_test(frame.module.path):
            yield from secret_sinks.clues(project, frame)
            yield from secret_comparisons.clues(project, frame, gates)
            yield from secret_defaults.clues(project, frame)
            yield from _named(frame)
    for _, definition in sorted(project.it.classes.items()):
        if not project.is_test(definition.module.path):
            yield from secret_defaults.of_settings(project, definition)
            if definition.frame is not None:
                yield from _named(definition.frame)


def _frames(project: Project) -> Iterator[Frame]:
    studied = {function.definition: function.frame for function in project.functions}
    yield from studied.values()
    for definition, dependency in project.dependency_functions.items():
        if definition not in studied and dependency.function is not None:
            yield project.it.analysis(dependency.function)
    for module in project.modules:
        yield project.module_frame(module)


def _named(frame: Frame) -> Iterator[Clue]:
    """Variables that are called a secret and hold what only a generator makes."""
    for name, value in frame.env.items():
        if type(value) is Const and isinstance(value.value, str) and value.place is not None:
            if value.place.path == frame.module.path and value.origin == "literal" and kind_of(name) is not None:
                if looks_random(value.value) and not value.parts:
                    yield Clue(value, f"`{name}`", value.place, variable_name(name), NAMED)


def _exposure(project: Project, place: Anchor, clues: list[Clue]) -> Exposure:
    best = min(clues, key=lambda clue: clue.strength)
    module = project.index.module(place.path)
    chain = around(module, place.at) if module is not None else []
    steps = {clue.site: Step(clue.site, f"is {clue.used}") for clue in clues if not _within(place, clue.site, chain)}
    literal = _literal(chain) if best.is_whole and not best.is_default else None
    return Exposure(
        place,
        f"{best.used} {'falls back to' if best.strength == USED_DEFAULT else 'is'} a literal",
        "default" if best.is_default else "literal",
        _own_name(chain, best.variable),
        literal,
        tuple(steps.values())[:MOST_STEPS],
        _symbol(module, chain) if module is not None else None,
    )


def _formatted(project: Project, known: dict[str, list[str]]) -> Iterator[Exposure]:
    """Tokens that give themselves away, wherever they stand, where nothing else has shown them to be secrets."""
    for path in sorted(project.index.paths):
        if project.is_test(path):
            continue
        text = project.index.text(path)
        for hit in hits(text):
            token = text[hit.start : hit.end]
            if not any(token in other for other in known.get(path, ())):
                yield Exposure(TextRange(path, hit.start, hit.end), f"the text holds {hit.name}", "literal")


# ---- where a text stands ----------------------------------------------------------------------------------------------------


def around(module: Module, at: int) -> list[Any]:
    """The records around one, the outermost first, itself last; empty where there is none."""
    for statement in module.unit(chunk_of(at)).statements:
        chain = _down(statement, at)
        if chain:
            return chain
    return []


def _down(record: Any, at: int) -> list[Any]:
    if isinstance(record, s.Node) and record.at == at:
        return [record]
    if isinstance(record, tuple):
        return next((chain for item in record if (chain := _down(item, at))), [])
    if isinstance(record, msgspec.Struct):
        for name in record.__struct_fields__:
            chain = _down(getattr(record, name), at)
            if chain:
                return [record, *chain]
    return []


def _within(place: Anchor, site: Anchor, chain: list[Any]) -> bool:
    """Whether the text stands in the very expression that uses it."""
    return place.path == site.path and any(isinstance(record, s.Node) and record.at == site.at for record in chain)


def _literal(chain: list[Any]) -> Literal["str", "bytes"] | None:
    """How the text stands there as an expression of its own, which can be replaced."""
    if not chain or type(chain[-1]) is not s.Constant or any(type(record) is s.FormattedString for record in chain):
        return None
    if any(type(record) is s.Parameter for record in chain):
        return None
    return "bytes" if chain[-1].kind == "bytes" else "str"


def _own_name(chain: list[Any], otherwise: str) -> str:
    """The name that the text is given where it stands, if that is a constant's or says that it is a secret."""
    match chain[-2:]:
        case [s.Assign(targets=(s.Name(id=name), *_)) | s.AnnotatedAssign(target=s.Name(id=name)), _]:
            return (
                variable_name(name) if str(name).isupper() or kind_of(name) is not None or not otherwise else otherwise
            )
        case _:
            return otherwise


def _symbol(module: Module, chain: list[Any]) -> str | None:
    names = [record.name for record in chain if type(record) in (s.Function, s.Class)]
    if chain and type(chain[-1]) is not s.Function:
        assigned = next((r for r in reversed(chain) if type(r) in (s.Assign, s.AnnotatedAssign, s.Function)), None)
        match assigned:
            case s.Assign(targets=(s.Name(id=name), *_)) | s.AnnotatedAssign(target=s.Name(id=name)):
                names.append(name)
    return ".".join([module.name, *names]) if names else None
