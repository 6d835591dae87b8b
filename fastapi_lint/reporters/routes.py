"""The route table and its changes, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fastapi_lint.reporters.paint import Paint, visible, width

if TYPE_CHECKING:
    from fastapi_lint.route_changes import Changes
    from fastapi_lint.routes import Gap, Row, Taken

VERSION = 1
COLUMNS = ("Method", "Path", "Handler", "Place", "", "Response", "Auth", "Status", "Tests")
AUTHENTICATED: Mapping[Any, str] = {True: "yes", False: "no", None: "?", "middleware": "middleware"}


def render(rows: Iterable[Row], gaps: Iterable[Gap], output_format: str, paint: Paint) -> str:
    """The table. `output_format` is `text` or `json`."""
    return _json(rows, gaps) if output_format == "json" else _text(list(rows), list(gaps), paint)


def render_changes(changes: Changes, output_format: str, paint: Paint) -> str:
    return _changes_json(changes) if output_format == "json" else _changes_text(changes, paint)


# ---- for people -------------------------------------------------------------------------------------------------------------


def _text(rows: list[Row], gaps: list[Gap], paint: Paint) -> str:
    lines: list[str] = []
    for application in dict.fromkeys(row.application for row in rows):
        name = f"{application.module}:{application.name}" if application.name else application.module
        lines.append(paint("path", visible(f"{name} ({application.path}:{application.line})")))
        lines += _aligned([COLUMNS, *(_cells(row) for row in rows if row.application == application)], paint)
        lines.append("")
    if gaps:
        lines.append(paint("warning", "Not resolved:"))
        lines += [visible(f"  {gap.path}:{gap.line}:{gap.column}: {gap.message}") for gap in gaps]
    return "\n".join(lines).rstrip("\n") + "\n" if lines else ""


def _cells(row: Row) -> tuple[str, ...]:
    colour = "?" if row.is_async is None else "async" if row.is_async else "sync"
    status = "" if row.method == "WEBSOCKET" else str(row.status_code or "?")
    model = row.response_model or ("?" if "response_model" in row.unknown else "-")
    authenticated = AUTHENTICATED[row.authenticated]
    path = (row.path or "?") + (" (if switched on)" if row.conditional else "")
    place = f"{row.file}:{row.line}"
    return (
        row.method or "?",
        path,
        row.handler or "?",
        place,
        colour,
        model,
        authenticated,
        status,
        str(len(row.tests)),
    )


def _aligned(table: list[tuple[str, ...]], paint: Paint) -> list[str]:
    table = [tuple(visible(cell) for cell in line) for line in table]
    widths = [max(width(line[column]) for line in table) for column in range(len(COLUMNS))]
    lines = [
        "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]
    return [paint("context", f"  {lines[0]}"), *(f"  {line}" for line in lines[1:])]


def _changes_text(changes: Changes, paint: Paint) -> str:
    lines: list[str] = []
    for row in changes.removed:
        lines.append(paint("removed", visible(f"- {row.method} {row.path}")) + "  removed, breaks clients")
    for row in changes.added:
        lines.append(paint("added", visible(f"+ {row.method} {row.path}")) + f"  {visible(f'{row.file}:{row.line}')}")
    for changed in changes.changed:
        row = changed.row
        lines.append(paint("path", visible(f"~ {row.method} {row.path}")) + f"  {visible(f'{row.file}:{row.line}')}")
        for one in changed.changes:
            mark = paint("error", "breaking") if one.is_breaking else paint("info", "noted")
            lines.append(f"    {mark}: {visible(one.message)}")
    return "\n".join(lines) + "\n" if lines else ""


# ---- for programs -----------------------------------------------------------------------------------------------------------


def _json(rows: Iterable[Row], gaps: Iterable[Gap]) -> str:
    document = {
        "version": VERSION,
        "routes": [described(row) for row in rows],
        "unresolved": [
            {"path": gap.path, "line": gap.line, "column": gap.column, "message": gap.message} for gap in gaps
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def described(row: Row) -> dict[str, Any]:
    application = row.application
    return {
        "application": {
            "module": application.module,
            "name": application.name,
            "path": application.path,
            "line": application.line,
        },
        "method": row.method,
        "path": row.path,
        "handler": row.handler,
        "file": row.file,
        "line": row.line,
        "async": row.is_async,
        "response_model": row.response_model,
        "status_code": row.status_code,
        "dependencies": list(row.dependencies),
        "authenticated": row.authenticated,
        "tests": list(row.tests),
        "symbol": row.symbol,
        "response_fields": {name: kind for name, (kind, _) in row.fields.items()},
        "security": [{"scheme": scheme, "scopes": scopes} for scheme, scopes in row.security],
        "parameters": [_parameter(one) for one in row.parameters],
        "conditional": row.conditional,
        "unknown": sorted(row.unknown),
    }


def _parameter(one: Taken) -> dict[str, Any]:
    found: dict[str, Any] = {"name": one.name, "in": one.location, "required": one.required, "type": one.type}
    if one.fields:
        found["fields"] = {name: {"type": kind, "required": required} for name, (kind, required) in one.fields.items()}
    return found


def _changes_json(changes: Changes) -> str:
    document = {
        "version": VERSION,
        "breaking": changes.are_breaking,
        "added": [_key(row) for row in changes.added],
        "removed": [_key(row) for row in changes.removed],
        "changed": [
            {
                **_key(changed.row),
                "changes": [
                    {"kind": one.kind, "breaking": one.is_breaking, "message": one.message} for one in changed.changes
                ],
            }
            for changed in changes.changed
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _key(row: Row) -> dict[str, Any]:
    return {"method": row.method, "path": row.path, "handler": row.handler, "file": row.file, "line": row.line}
