"""What changed between two route tables, and what of it breaks clients or drops authentication."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_lint.project.serving.paths import PARAMETER

if TYPE_CHECKING:
    from fastapi_lint.routes import Row, Taken


@dataclass(frozen=True, slots=True)
class Change:
    """`kind` is `authentication`, `parameter`, `response` or `status`."""

    kind: str
    message: str
    is_breaking: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """`row` is the operation as it is now."""

    row: Row
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    changed: tuple[Changed, ...]

    @property
    def are_breaking(self) -> bool:
        return bool(self.removed) or any(one.is_breaking for changed in self.changed for one in changed.changes)


def changes(before: Sequence[Row], after: Sequence[Row]) -> Changes:
    """Compare by method and path; the names of path parameters do not matter. What is unknown on either side is no change."""
    old, new = _by_key(before), _by_key(after)
    added = [row for key, rows in new.items() for row in rows[len(old.get(key, ())) :]]
    removed = [row for key, rows in old.items() for row in rows[len(new.get(key, ())) :]]
    changed: list[Changed] = []
    for key, rows in new.items():
        for was, now in zip(old.get(key, ()), rows, strict=False):
            found = tuple(_of(was, now))
            if found:
                changed.append(Changed(now, found))
    return Changes(tuple(added), tuple(removed), tuple(changed))


def _by_key(rows: Iterable[Row]) -> Mapping[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.method is not None and row.path is not None:
            found[row.method, PARAMETER.sub(_anonymous, row.path)].append(row)
    return found


def _anonymous(parameter: re.Match[str]) -> str:
    """A path parameter without its name, of which clients know nothing."""
    return f"{{:{parameter[2] or 'str'}}}"


def _of(was: Row, now: Row) -> Iterator[Change]:
    yield from _authentication(was, now)
    unknown = was.unknown | now.unknown
    if "parameters" not in unknown or ("dependencies" not in unknown and was.dependencies == now.dependencies):
        yield from _parameters(was, now)  # what an unknown dependency takes is the same on both sides
    else:
        yield from _common_parameters(was, now)
    if "response_model" not in was.unknown | now.unknown:
        yield from _response(was, now)
    if was.status_code != now.status_code and None not in (was.status_code, now.status_code):
        yield Change("status", f"the status code was {was.status_code} and is {now.status_code}", True)


def _only_lost(was: Row, now: Row) -> bool:
    """Whether dependencies went and none came, so that what was not known to authenticate before is all that is left."""
    if "dependencies" in was.unknown | now.unknown:
        return False
    return set(now.dependencies) < set(was.dependencies)


def _authentication(was: Row, now: Row) -> Iterator[Change]:
    if was.authenticated and now.authenticated is False:
        yield Change("authentication", "the operation no longer asks who calls it", True)
    elif was.authenticated and now.authenticated is None:
        if _only_lost(was, now):
            yield Change("authentication", "what asked who calls the operation is gone", True)
        else:
            yield Change("authentication", "it is no longer clear that the operation asks who calls it", False)
    elif was.authenticated is False and now.authenticated:
        yield Change("authentication", "the operation asks who calls it now", True)
    lost = {scheme for scheme, _ in was.security} - {scheme for scheme, _ in now.security}
    if lost and now.authenticated:
        yield Change("authentication", f"{_listed(lost)} no longer counts", True)
    for scheme, scopes in now.security:
        before = [known for name, known in was.security if name == scheme]
        if before and scopes is not None and before[0] is not None and set(scopes) != set(before[0]):
            dropped, asked = set(before[0]) - set(scopes), set(scopes) - set(before[0])
            if dropped:
                yield Change("authentication", f"the scopes {_listed(dropped)} are no longer asked for", True)
            if asked:
                yield Change("authentication", f"the scopes {_listed(asked)} are asked for now", True)


def _parameters(was: Row, now: Row) -> Iterator[Change]:
    old = {(one.location, one.name): one for one in was.parameters if one.location != "path" and one.name is not None}
    new = {(one.location, one.name): one for one in now.parameters if one.location != "path" and one.name is not None}
    for key, one in new.items():
        if key not in old:
            before = next(
                (other for other in was.parameters if other.name == one.name and other.location != "path"), None
            )
            if before is not None and before.location is not None and one.location is not None:
                yield Change("parameter", f"`{one.name}` moved from {before.location} to {one.location}", True)
            else:
                yield Change(
                    "parameter",
                    f"{_kind(one)} `{one.name}` is new{' and required' if one.required else ''}",
                    one.required,
                )
        else:
            yield from _parameter(old[key], one)
    for key, one in old.items():
        if key not in new and not any(other.name == one.name for other in now.parameters):
            yield Change("parameter", f"{_kind(one)} `{one.name}` is gone", False)
    yield from _path_types(was, now)


def _common_parameters(was: Row, now: Row) -> Iterator[Change]:
    """Of parameters that both sides are known to have: the others may come from a dependency that is not known."""
    old = {(one.location, one.name): one for one in was.parameters}
    for one in now.parameters:
        before = old.get((one.location, one.name))
        if before is not None and one.name is not None and one.location != "path":
            yield from _parameter(before, one)


def _parameter(was: Taken, now: Taken) -> Iterator[Change]:
    if now.required and not was.required:
        yield Change("parameter", f"{_kind(now)} `{now.name}` is required now", True)
    elif was.type != now.type and None not in (was.type, now.type) and not (was.fields and now.fields):
        yield Change(
            "parameter",
            f"{_kind(now)} `{now.name}` was `{was.type}` and is `{now.type}`",
            not _widens(was.type, now.type),
        )
    if was.fields and now.fields:
        for name, (kind, required) in now.fields.items():
            parent = name.rpartition(".")[0]
            if name not in was.fields:
                if not parent or parent in was.fields:
                    yield Change(
                        "parameter",
                        f"the field `{name}` of {_kind(now)} is new{' and required' if required else ''}",
                        required,
                    )
            elif required and not was.fields[name][1]:
                yield Change("parameter", f"the field `{name}` of {_kind(now)} is required now", True)
            elif _differ(was.fields[name][0], kind) and not any(other.startswith(f"{name}.") for other in now.fields):
                before = was.fields[name][0]
                yield Change(
                    "parameter",
                    f"the field `{name}` of {_kind(now)} was `{before}` and is `{kind}`",
                    not _widens(before, kind),
                )
        for name in was.fields:
            if name not in now.fields and (not name.rpartition(".")[0] or name.rpartition(".")[0] in now.fields):
                yield Change("parameter", f"the field `{name}` of {_kind(now)} is gone", False)


def _path_types(was: Row, now: Row) -> Iterator[Change]:
    old, new = ([one for one in row.parameters if one.location == "path"] for row in (was, now))
    for before, one in zip(old, new, strict=False):
        if _differ(before.type, one.type) and len(old) == len(new):
            yield Change(
                "parameter",
                f"path parameter `{one.name}` was `{before.type}` and is `{one.type}`",
                not _widens(before.type, one.type),
            )


def _response(was: Row, now: Row) -> Iterator[Change]:
    if was.fields and not now.fields and now.response_model is None:
        yield Change("response", f"the response was `{was.response_model}` and has no model now", True)
        return
    for name, (kind, _) in was.fields.items():
        parent = name.rpartition(".")[0]
        if name not in now.fields:
            if not parent or parent in now.fields:
                yield Change("response", f"the field `{name}` of the response is gone", True)
        elif _differ(kind, now.fields[name][0]) and not any(other.startswith(f"{name}.") for other in was.fields):
            yield Change(
                "response", f"the field `{name}` of the response was `{kind}` and is `{now.fields[name][0]}`", True
            )
    for name in now.fields:
        parent = name.rpartition(".")[0]
        if (
            name not in was.fields
            and (not parent or parent in was.fields)
            and (was.fields or was.response_model is not None)
        ):
            yield Change("response", f"the field `{name}` of the response is new", False)
    if _differ(_container(was), _container(now)):
        yield Change("response", f"the response was `{was.response_model}` and is `{now.response_model}`", True)


def _container(row: Row) -> str | None:
    """The response model without the names of classes: `list[app.UserOut]` is `list[]`."""
    if row.response_model is None:
        return None
    return re.sub(r"\b[\w.]+\.[\w.<>]+\b", "", row.response_model) if row.fields else row.response_model


def _differ(one: str | None, other: str | None) -> bool:
    return None not in (one, other) and one != other


def _widens(was: str | None, now: str | None) -> bool:
    """Whether a type takes all that another one took: `int` became `int | None`, or `int` became `str`."""
    if was is None or now is None:
        return True
    old, new = ({part.strip() for part in kind.split("|")} for kind in (was, now))
    return old <= new or "Any" in new or (new >= {"str"} and old <= {"int", "float", "str", "bool", "uuid.UUID"})


def _kind(one: Taken) -> str:
    return {"body": "the body", "form": "form field", "file": "file"}.get(
        one.location or "", f"{one.location} parameter"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
