"""Ask applications: which route answers a request, by their own matching under a test client.

Run as a script in an interpreter that has FastAPI and its test client: `python answering.py JOBS.json`, where a job is
`{"text": module, "requests": [[method, path], ...]}`; with `"copies": true`, an include takes the routes that there are then, as it did
before FastAPI 0.137. One line each: `{"served": [[method, path, handler], ...], "answers":
[[status, body, header z], ...]}` or `{"error": text}`. A websocket is asked by the method `WEBSOCKET`.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from copy import copy
from typing import Any

import fastapi.routing
from fastapi import APIRouter
from fastapi.testclient import TestClient
from starlette.routing import Mount
from starlette.websockets import WebSocketDisconnect


def main(file: str) -> None:
    warnings.simplefilter("ignore")
    with open(file, encoding="utf-8") as jobs:
        for job in json.load(jobs):
            with copying() if job.get("copies") else nullcontext():
                print(json.dumps(answer(job)), flush=True)


@contextmanager
def copying() -> Iterator[None]:
    include = APIRouter.include_router

    def included(self: APIRouter, router: APIRouter, **settings: Any) -> None:
        kept = copy(router)
        kept.routes = list(router.routes)
        include(self, kept, **settings)

    APIRouter.include_router = included  # type: ignore[method-assign]
    try:
        yield
    finally:
        APIRouter.include_router = include  # type: ignore[method-assign]


def answer(job: dict[str, Any]) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "main"}
    try:
        exec(compile(job["text"], "main.py", "exec"), namespace)
        client = TestClient(namespace["app"], raise_server_exceptions=False, follow_redirects=False)
        served = list(operations(namespace["app"].routes))
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"served": served, "answers": [ask(client, method, path) for method, path in job["requests"]]}


def ask(client: TestClient, method: str, path: str) -> list[Any]:
    if method == "WEBSOCKET":
        try:
            with client.websocket_connect(path) as socket:
                return [200, socket.receive_json()]
        except (WebSocketDisconnect, KeyError, AssertionError):
            return [404, None]
        except Exception as error:
            return [500, str(error)]
    response = client.request(method, path)
    try:
        return [response.status_code, response.json(), response.headers.get("z")]
    except ValueError:
        return [response.status_code, None]


def operations(routes: Any, prefix: str = "") -> Iterator[list[str]]:
    iterate = getattr(fastapi.routing, "iter_route_contexts", None)
    for entry in iterate(routes) if iterate else routes:
        route = getattr(entry, "original_route", entry)
        path = prefix + (getattr(entry, "path", None) or getattr(route, "path", "") or "")
        if isinstance(route, fastapi.routing.APIRoute):
            yield from ([method, path, route.endpoint.__name__] for method in sorted(entry.methods or ()))
        elif isinstance(route, fastapi.routing.APIWebSocketRoute):
            yield ["WEBSOCKET", path, route.endpoint.__name__]
        elif isinstance(route, Mount):
            yield from operations(getattr(route, "routes", None) or [], path.removesuffix("/"))


if __name__ == "__main__":
    main(sys.argv[1])
