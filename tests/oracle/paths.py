"""Applications made at random whose routes get in one another's way, and requests to find out which of them answer.

One module each. A handler answers with its own name and with what it and its dependencies took from the path, so that an answer tells
which route gave it and whether a part of the path mattered. `Text.lines` leads from the line of a registration to its handler.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

PARAMETER = re.compile(r"{([a-z]+)(?::([a-z]+))?}")
VALUES = {
    "str": (
        "a",
        "b",
        "me",
        "7",
        "a.json",
        "x-y",
        "2.5",
        "v7",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "0f8fad5bd9cb469fa16570867728950e",
    ),
    "path": ("", "a", "me", "a/b", "b/7/", "7", "a/b/c", "me/a.json"),
    "int": ("7", "0", "42"),
    "float": ("7", "2.5", "0.0"),
    "uuid": ("0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5bd9cb469fa16570867728950e"),
}
PAIRS = {
    "str": ("first", "second"),
    "path": ("first", "second"),
    "int": ("1001", "1002"),
    "float": ("100.5", "200.5"),
    "uuid": ("0f8fad5b-d9cb-469f-a165-70867728950e", "11111111-d9cb-469f-a165-70867728950e"),
}
"""Two values that no literal equals, for each convertor."""  # fmt: skip
LITERALS = ("a", "b", "me", "7", "a.json", "v7")
PARAMETERS = (
    "{x}",
    "{x}",
    "{x}",
    "{x:int}",
    "{x:path}",
    "{x:float}",
    "{x:uuid}",
    "{x}.json",
    "v{x:int}",
    "{x}-{y}",
    "{x:str}",
)
METHODS = ("get", "get", "get", "post")
HEADER = """\
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse


async def opaque(scope, receive, send):
    await JSONResponse(["mounted"])(scope, receive, send)


async def refused(request, error):
    return JSONResponse([request.scope["endpoint"].__name__, None], 422)


HANDLERS = {RequestValidationError: refused}


def needs_x(x: Any) -> Any:
    return x


def needs_z(response: Response, other: Annotated[Any, Path(alias="z")]) -> None:
    response.headers["z"] = str(other)


def needs_nothing() -> None: ...


"""


@dataclass
class Handler:
    """One registration, and the line that it is on."""

    name: str
    line: int
    path: str
    router: str


@dataclass
class Program:
    text: str = HEADER
    handlers: dict[str, Handler] = field(default_factory=dict)
    includes: dict[int, str] = field(default_factory=dict)

    @property
    def next_line(self) -> int:
        return self.text.count("\n") + 1

    def add(self, line: str) -> int:
        """Add a line and return its number."""
        number = self.next_line
        self.text += f"{line}\n"
        return number


class Writer:
    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.program = Program()
        self.pages = rng.random() < 0.15
        self.included: dict[str, tuple[str, str]] = {}

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def write(self) -> Program:
        add = self.program.add
        add(f"app = FastAPI(exception_handlers=HANDLERS{'' if self.pages else ', openapi_url=None'})")
        routers = [self.router(index) for index in range(self.rng.randint(0, 3))]
        applications = ["app"]
        if self.chance(0.3):
            add("inner = FastAPI(openapi_url=None, exception_handlers=HANDLERS)")
            applications.append("inner")
        steps = [("route", self.rng.choice((*applications, *routers, *routers))) for _ in range(self.rng.randint(3, 9))]
        steps += [("include", router) for router in routers if self.chance(0.9)]
        steps += [("include", router) for router in routers if self.chance(0.15)]
        steps += [("mount", "inner")] if "inner" in applications else []
        steps += [("mount", "opaque")] if self.chance(0.15) else []
        self.rng.shuffle(steps)
        for kind, what in steps:
            if kind == "route":
                self.route(what)
            elif kind == "include":
                self.include(what, routers)
            else:
                self.mount(what, routers)
        return self.program

    def router(self, index: int) -> str:
        name = f"router{index}"
        prefix = self.rng.choice(("", "", "/a", "/{z}", "/me", "/a/b"))
        depends = ", dependencies=[Depends(needs_z)]" if "{z}" in prefix and self.chance(0.5) else ""
        self.program.add(f'{name} = APIRouter(prefix="{prefix}"{depends})')
        return name

    def path(self) -> str:
        parts: list[str] = []
        names: set[str] = set()
        for _ in range(self.rng.choice((1, 1, 2, 2, 3))):
            part = self.rng.choice((*LITERALS, *PARAMETERS, *PARAMETERS))
            fresh = next(letter for letter in "xuw" if letter not in names)
            part = part.replace("{x", "{" + fresh) if "{y}" not in part or "y" not in names else "b"
            names.update(name for name, _ in PARAMETER.findall(part))
            parts.append(part)
        path = "/" + "/".join(parts) + ("/" if self.chance(0.1) else "")
        return path.removeprefix("/") if self.chance(0.05) else path

    def route(self, router: str) -> None:
        name = f"handler{len(self.program.handlers)}"
        path = self.path()
        names = [name for name, _ in PARAMETER.findall(path)]
        if self.chance(0.05):
            self.raw(router, f"raw{self.program.next_line}", path if path.startswith("/") else f"/{path}")
            return
        if self.chance(0.05):
            line = self.program.add(f'@{router}.websocket("{path}")')
            self.program.add(f"async def {name}(socket: WebSocket):")
            self.program.add(f'    await socket.accept(); await socket.send_json(["{name}", []]); await socket.close()')
        else:
            taken = [one for one in names if self.chance(0.85)]
            parameters = [f"{one}: Any" for one in taken]
            parameters += ["z: Any"] if router != "app" and self.chance(0.3) else []
            parameters += ["gone: Annotated[Any, Path()]"] if self.chance(0.05) else []
            dependency = "needs_x" if "x" in names and self.chance(0.4) else "needs_nothing"
            parameters = [one for one in parameters if not (dependency == "needs_x" and one.startswith("x:"))]
            if "z: Any" in parameters:  # a query parameter where the path has none
                parameters[parameters.index("z: Any")] = (
                    'z: Any = "none"' if self.chance(0.5) else "z: Annotated[Any, Path()]"
                )
            parameters.sort(key=lambda one: "=" in one)
            given = [f"given=Depends({dependency})"]
            body = [*(one.partition(":")[0] for one in parameters), "given"]
            line = self.register(
                router, path, name, ", ".join([*parameters, *given]), f'["{name}", [{", ".join(body)}]]'
            )
        self.program.handlers[name] = Handler(name, line, path, router)

    def register(self, router: str, path: str, name: str, parameters: str, body: str) -> int:
        add = self.program.add
        definition = f"def {name}({parameters}): return {body}"
        match self.rng.randrange(6):
            case 0:
                add(definition)
                return add(f'{router}.add_api_route("{path}", {name})')
            case 1:
                line = add(f'@{router}.api_route("{path}", methods=["GET", "PUT"])')
            case _:
                line = add(f'@{router}.{self.rng.choice(METHODS)}("{path}")')
        add(definition)
        return line

    def raw(self, router: str, name: str, path: str) -> None:
        """A route of Starlette's own, which is no operation: it only stands in the way."""
        self.program.add(f'def {name}(request): return JSONResponse(["{name}", []])')
        self.program.add(
            f'{router}.router.add_route("{path}", {name})'
            if router in ("app", "inner")
            else f'{router}.add_route("{path}", {name})'
        )

    def include(self, router: str, routers: list[str]) -> None:
        parents = ["app", "app", *routers[: routers.index(router)]]
        place = (self.rng.choice(parents), self.rng.choice(("", "", "/a", "/me", "/{z}")))
        if self.chance(0.5):
            place = self.included.get(router, place)  # once more where it is already
        parent, prefix = self.included[router] = place
        line = self.program.add(f'{parent}.include_router({router}, prefix="{prefix}")')
        self.program.includes[line] = router

    def mount(self, what: str, routers: list[str]) -> None:
        parent = self.rng.choice(("app", "app", *routers))
        self.program.add(f'{parent}.mount("{self.rng.choice(("/a", "/me", "/b/{m}", "/", "/7"))}", {what})')


def program(rng: Random) -> Program:
    return Writer(rng).write()


def requests(path: str, rng: Random, number: int) -> list[str]:
    """Concrete paths that a path matches."""
    found: dict[str, None] = {}
    for _ in range(number):
        found[filled(path, {name: rng.choice(VALUES[kind or "str"]) for name, kind in PARAMETER.findall(path)})] = None
    return list(found)


def pairs(path: str) -> dict[str, tuple[str, str]]:
    """For each parameter of a path two concrete paths that differ in it alone."""
    kinds = {name: kind or "str" for name, kind in PARAMETER.findall(path)}
    first = {name: PAIRS[kind][0] for name, kind in kinds.items()}
    return {name: (filled(path, first), filled(path, {**first, name: PAIRS[kind][1]})) for name, kind in kinds.items()}


def filled(path: str, values: dict[str, str]) -> str:
    found = PARAMETER.sub(lambda match: values[match[1]], path)
    return f"/{found}" if re.match(r"{\w+:path}", path) else found  # which takes the slash too
