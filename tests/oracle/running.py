"""What FastAPI serves: import applications and print their operations as JSON, in the terms of `operations`.

Run as a script in an interpreter that has FastAPI (0.100 or later) and nothing of this project:

    python running.py JOBS.json

`JOBS.json` is a list of `{"root": directory, "path": [import directories], "module": dotted name, "names": [...]}`; a name may end
in `()` for a factory; without names, every application that the module holds is described. One answer is printed a job, a line each:
`{"applications": {name: [operation, ...]}}` or `{"error": text}`.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import io
import json
import os
import signal
import sys
import types
import typing
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import fastapi
import fastapi.params
import fastapi.routing
from fastapi.security.base import SecurityBase
from fastapi.security.oauth2 import OAuth2
from fastapi.security.open_id_connect_url import OpenIdConnect
from pydantic import BaseModel
from starlette.routing import BaseRoute, Mount

LONGEST = 120
"""Seconds that an application may take to import."""
KINDS = ("path", "query", "header", "cookie")


def main(file: str) -> None:
    with open(file, encoding="utf-8") as jobs:
        for job in json.load(jobs):
            if hasattr(os, "fork"):
                in_child(job)
            else:
                print(json.dumps(answer(job)), flush=True)


def in_child(job: dict[str, Any]) -> None:
    """Answer in a process of its own, for what applications leave behind in libraries; the imports so far are shared."""
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST)
        try:
            print(json.dumps(answer(job)), flush=True)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        print(json.dumps({"error": f"killed by signal {os.WTERMSIG(status)}"}), flush=True)


def answer(job: dict[str, Any]) -> dict[str, Any]:
    known, paths, here = set(sys.modules), list(sys.path), os.getcwd()
    sys.path[:0] = job["path"]
    os.chdir(job["root"])
    importlib.invalidate_caches()
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            module = importlib.import_module(job["module"])
            found = applications(module, job.get("names"))
            return {"applications": {name: list(operations(app.routes, job["root"])) for name, app in found.items()}}
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"[:500]}
    finally:
        sys.path[:] = paths
        os.chdir(here)
        for name in set(sys.modules) - known:
            if inside(getattr(sys.modules[name], "__file__", None), job["root"]) is not None or is_namespace(
                sys.modules[name]
            ):
                del sys.modules[name]


def is_namespace(module: Any) -> bool:
    return getattr(module, "__file__", None) is None and hasattr(module, "__path__")


def applications(module: Any, names: list[str] | None) -> dict[str, Any]:
    if names is None:
        return {name: value for name, value in vars(module).items() if isinstance(value, fastapi.FastAPI)}
    found = {}
    for name in names:
        value = getattr(module, name.removesuffix("()"))
        found[name] = value() if name.endswith("()") else value
    return found


def inside(file: str | None, root: str) -> str | None:
    """The path of a file below a directory."""
    if file is None:
        return None
    real, top = os.path.realpath(file), os.path.realpath(root)
    return os.path.relpath(real, top).replace(os.sep, "/") if real.startswith(top + os.sep) else None


# ---- operations -----------------------------------------------------------------------------------------------------------


def operations(routes: Any, root: str, prefix: str = "") -> Iterator[dict[str, Any]]:
    for entry, route in contexts(routes):
        path = prefix + (getattr(entry, "path", None) or getattr(route, "path", "") or "")
        if isinstance(route, fastapi.routing.APIRoute):
            for method in sorted(entry.methods or ()):
                yield operation(method, path, entry, root)
        elif isinstance(route, fastapi.routing.APIWebSocketRoute):
            yield operation("WEBSOCKET", path, entry, root)
        elif isinstance(route, Mount):
            below = getattr(route, "routes", None)
            yield from operations(below or [], root, path.removesuffix("/"))


def contexts(routes: Any) -> Iterator[tuple[Any, BaseRoute]]:
    """Each route as it is served, and as it was declared; since 0.137 routers are kept as a tree."""
    iterate = getattr(fastapi.routing, "iter_route_contexts", None)
    for entry in iterate(routes) if iterate else routes:
        yield entry, getattr(entry, "original_route", entry)


def operation(method: str, path: str, route: Any, root: str) -> dict[str, Any]:
    endpoint = function_of(route.endpoint)
    code = getattr(endpoint, "__code__", None)
    dependant = route.dependant
    model = getattr(route, "response_model", None)
    return {
        "method": method,
        "path": path,
        "handler": name_of(route.endpoint, root),
        "file": inside(code.co_filename, root) if code else None,
        "line": code.co_firstlineno if code else None,
        "async": inspect.iscoroutinefunction(endpoint) or inspect.isasyncgenfunction(endpoint),
        "status": None if method == "WEBSOCKET" else status_of(route),
        "dependencies": [tree(child, root) for child in dependant.dependencies],
        "security": list(security(dependant)),
        "parameters": parameters(dependant),
        "response": response_fields(route, model) if method != "WEBSOCKET" else None,
    }


def status_of(route: Any) -> int:
    if route.status_code is not None:
        return int(route.status_code)
    response_class = getattr(route.response_class, "value", route.response_class)
    parameter = inspect.signature(response_class.__init__).parameters.get("status_code")
    return parameter.default if parameter is not None and isinstance(parameter.default, int) else 200


# ---- callables ------------------------------------------------------------------------------------------------------------


def function_of(call: Any) -> Any:
    while True:
        if isinstance(call, functools.partial):
            call = call.func
        elif hasattr(call, "__wrapped__"):
            call = call.__wrapped__
        else:
            return call


def name_of(call: Any, root: str) -> str:
    call = function_of(call)
    if inspect.ismethod(call):
        call = call.__func__
    if not (inspect.isfunction(call) or inspect.isclass(call) or inspect.isbuiltin(call)):
        call = type(call)
    code = getattr(call, "__code__", None)
    file = inside(
        code.co_filename if code is not None else getattr(sys.modules.get(call.__module__), "__file__", None), root
    )
    name = call.__qualname__.replace("<locals>.", "")
    return f"{file}:{name}" if file is not None else call.__name__


def tree(dependant: Any, root: str) -> list[Any]:
    return [name_of(dependant.call, root), [tree(child, root) for child in dependant.dependencies]]


def security(dependant: Any) -> Iterator[list[Any]]:
    for child in dependant.dependencies:
        call = child.call
        if isinstance(call, SecurityBase):
            yield [type(call).__name__, scopes_of(child, call)]
        yield from security(child)


def scopes_of(dependant: Any, scheme: SecurityBase) -> list[str]:
    """The scopes asked of an OAuth 2 or OpenID Connect scheme: no other kind has some."""
    if not isinstance(scheme, (OAuth2, OpenIdConnect)):
        return []
    if hasattr(dependant, "own_oauth_scopes"):
        wanted = [*(dependant.parent_oauth_scopes or []), *(dependant.own_oauth_scopes or [])]
    else:
        wanted = [scope for requirement in dependant.security_requirements for scope in requirement.scopes or []]
    return sorted(set(wanted))


# ---- parameters -----------------------------------------------------------------------------------------------------------


def parameters(dependant: Any) -> dict[str, list[str]]:
    """Names on the wire, by kind, in alphabetical order; models in the query, headers, cookies or form by their fields."""
    found: dict[str, set[str]] = {}
    for one in walk(dependant):
        for kind in KINDS:
            for field in getattr(one, f"{kind}_params"):
                found.setdefault(kind, set()).update(wire_names(field))
        for field in one.body_params:
            info = field.field_info
            kind = (
                "file"
                if isinstance(info, fastapi.params.File)
                else "form"
                if isinstance(info, fastapi.params.Form)
                else "body"
            )
            found.setdefault(kind, set()).update([alias(field)] if kind == "body" else wire_names(field))
    return {kind: sorted(names) for kind, names in sorted(found.items())}


def walk(dependant: Any) -> Iterator[Any]:
    yield dependant
    for child in dependant.dependencies:
        yield from walk(child)


def alias(field: Any) -> str:
    validation = getattr(field.field_info, "validation_alias", None)
    return validation if isinstance(validation, str) else field.alias


def wire_names(field: Any) -> list[str]:
    if not hasattr(field.field_info, "annotation"):  # Pydantic 1, with which FastAPI knows no models of parameters
        return [alias(field)]
    model = plain(field.field_info.annotation)
    if not (inspect.isclass(model) and issubclass(model, BaseModel)):
        return [alias(field)]
    dashes = isinstance(field.field_info, fastapi.params.Header) and field.field_info.convert_underscores
    return [
        info.validation_alias
        if isinstance(info.validation_alias, str)
        else info.alias or (name.replace("_", "-") if dashes else name)
        for name, info in model.model_fields.items()
    ]


# ---- response models --------------------------------------------------------------------------------------------------------


def plain(annotation: Any) -> Any:
    """An annotation without `Annotated`, `Optional` and `type` statements."""
    while True:
        if hasattr(annotation, "__value__"):
            annotation = annotation.__value__
        elif typing.get_origin(annotation) is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif is_union(annotation) and len(some := [a for a in typing.get_args(annotation) if a is not type(None)]) == 1:
            annotation = some[0]
        else:
            return annotation


def is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (typing.Union, getattr(types, "UnionType", typing.Union))


def response_fields(route: Any, model: Any) -> list[str] | None:
    """The names that the response's models have on the wire; None where there is no model."""
    if model is None:
        return None
    only = route.response_model_include
    without = route.response_model_exclude or ()
    found: dict[str, None] = {}
    for kind in models(model):
        for name, wire in fields(kind, route.response_model_by_alias):
            if (only is None or name in only) and not excluded(name, without):
                found[wire] = None
    return list(found)


def excluded(name: str, without: Any) -> bool:
    return without.get(name) in (True, ...) if isinstance(without, dict) else name in without


def models(annotation: Any) -> Iterator[Any]:
    """The models in an annotation, containers and unions looked through."""
    annotation = plain(annotation)
    kind = (
        typing.get_origin(annotation) or annotation
    )  # a generic class that does not make classes of its own: a dataclass, a model of Pydantic 1
    if inspect.isclass(kind) and fields_of(kind) is not None:
        yield kind
        return
    for argument in typing.get_args(annotation):
        yield from models(argument)


def fields(kind: Any, by_alias: bool) -> Iterator[tuple[str, str]]:
    found = fields_of(kind)
    if not isinstance(found, dict):
        yield from ((name, name) for name in found)
        return
    for name, field in found.items():
        info: Any = getattr(field, "field_info", field)  # Pydantic 1 wraps it
        if not info.exclude:
            yield name, (getattr(info, "serialization_alias", None) or field.alias or name) if by_alias else name
    for name, computed in getattr(kind, "model_computed_fields", {}).items():
        yield name, (computed.alias or name) if by_alias else name


def fields_of(kind: Any) -> Any:
    if issubclass(kind, BaseModel):
        return getattr(kind, "__pydantic_fields__", None) or getattr(kind, "model_fields", None) or kind.__fields__
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    if hasattr(kind, "__required_keys__"):
        return list(kind.__annotations__)
    return list(kind._fields) if issubclass(kind, tuple) and hasattr(kind, "_fields") else None


if __name__ == "__main__":
    main(sys.argv[1])
