"""Applications made at random: trees of routers over several modules, in the styles in which people write them.

Everything is drawn from one `random.Random`, so that a property test can make (and shrink) an application from a seed of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

METHODS = ("get", "post", "put", "patch", "delete")
WORDS = ("alpha", "beta", "gamma", "delta", "omega", "items", "users", "orders", "books", "teams", "notes", "files")
SCALARS = (
    "int",
    "str",
    "float",
    "bool",
    "int | None",
    "str | None",
    "Optional[str]",
    "UUID",
    "datetime",
    "Color",
    'Literal["a", "b"]',
)


@dataclass
class Module:
    """A module while it is written. `imports` maps a line to None, in order."""

    package: str
    name: str
    imports: dict[str, None] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)

    def add(self, *lines: str) -> None:
        self.body.extend(lines)

    def standard(self, line: str) -> None:
        self.imports[line] = None

    @property
    def text(self) -> str:
        return "\n".join([*self.imports, "", *self.body, ""])


@dataclass
class Router:
    """A router, or what makes one: where it lives, and the expression that stands for it there."""

    module: Module
    name: str
    expression: str = ""


class Writer:
    def __init__(self, rng: Random, package: str, *, query_models: bool = True) -> None:
        self.rng = rng
        self.query_models = query_models  # FastAPI 0.115 and later
        self.package = package
        self.modules: dict[str, Module] = {}
        self.count = 0
        self.dependencies: list[
            Callable[[Module], str]
        ] = []  # each writes `Depends(...)` or `Security(...)` for a module
        self.parameters: list[Callable[[Module], tuple[str, str | None]]] = []  # an annotation and a default
        self.models: list[str] = []
        self.response_types: list[Callable[[Module], str]] = []

    # ---- names and imports --------------------------------------------------------------------------------------------------

    def fresh(self, word: str = "") -> str:
        self.count += 1
        return f"{word or self.rng.choice(WORDS)}_{self.count}"

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def module(self, name: str) -> Module:
        if name not in self.modules:
            self.modules[name] = Module(self.package, name)
        return self.modules[name]

    def ref(self, here: Module, there: Module, name: str) -> str:
        """An expression for a name of another module, imported in one of the ways there are."""
        if here is there:
            return name
        dots = "." * (here.name.count(".") + 1)
        parent, _, last = there.name.rpartition(".")
        match self.rng.randrange(5):
            case 0:
                here.standard(f"from {dots}{there.name} import {name}")
                return name
            case 1:
                here.standard(f"from {self.package}.{there.name} import {name}")
                return name
            case 2:
                alias = f"{name}_of_{last}"
                here.standard(f"from {dots}{there.name} import {name} as {alias}")
                return alias
            case 3:
                alias = f"{last}_module"
                here.standard(f"from {dots}{parent} import {last} as {alias}")
                return f"{alias}.{name}"
            case _:
                here.standard(f"import {self.package}.{there.name}")
                return f"{self.package}.{there.name}.{name}"

    def reexport(self, here: Module, module: Module, name: str) -> Module:
        """Another module that passes a name on."""
        if here is module or not self.chance(0.2):
            return module
        passing = self.module(f"passing_{module.name.replace('.', '_')}")
        line = (
            f"from .{module.name} import *"
            if self.chance(0.3) and module.name in ("deps", "models")
            else f"from .{module.name} import {name}"
        )
        passing.standard(line)
        return passing

    # ---- the application ------------------------------------------------------------------------------------------------------

    def write(self) -> dict[str, str]:
        self.settings()
        self.write_models()
        self.write_dependencies()
        routers = [self.router(depth=0) for _ in range(self.rng.randint(1, 3))]
        self.main(routers)
        files = {f"{name.replace('.', '/')}.py": module.text for name, module in self.modules.items()}
        for name in list(files):
            if "/" in name:
                files.setdefault(f"{name.rpartition('/')[0]}/__init__.py", "")
        files.setdefault("__init__.py", "")
        return files

    def settings(self) -> None:
        module = self.module("settings")
        module.standard("import os")
        module.standard("from pydantic_settings import BaseSettings")
        module.add(
            'PREFIX = "/api"', 'VERSION = "v2"', 'ROOT = f"{PREFIX}/{VERSION}"', 'JOINED = PREFIX + "/" + VERSION', "",
            "class Settings(BaseSettings):", '    prefix: str = "/configured"', "    extra: bool = True", "    admin: bool = False", "",
            "settings = Settings()", 'FROM_ENVIRONMENT = os.getenv("GENERATED_APPLICATION_PREFIX", "/environment")', "",
        )  # fmt: skip

    def prefix(self, here: Module) -> str:
        word = self.rng.choice(WORDS)
        settings = self.module("settings")
        match self.rng.randrange(9):
            case 0:
                return self.ref(here, settings, self.rng.choice(("PREFIX", "ROOT", "JOINED", "FROM_ENVIRONMENT")))
            case 1:
                return f'f"{{{self.ref(here, settings, "PREFIX")}}}/{word}"'
            case 2:
                return f'{self.ref(here, settings, "ROOT")} + "/{word}"'
            case 3:
                return f"{self.ref(here, settings, 'settings')}.prefix"
            case 4:
                return f'f"/{word}/{{{self.ref(here, settings, "VERSION")}}}"'
            case _:
                return f'"/{word}"'

    # ---- models -----------------------------------------------------------------------------------------------------------------

    def write_models(self) -> None:
        module = self.module("models")
        for line in (
            "from dataclasses import dataclass", "from datetime import datetime", "from enum import Enum", "from typing import Annotated, Generic, Literal, Optional, TypeVar",
            "from typing_extensions import TypedDict", "from uuid import UUID", "from pydantic import BaseModel, ConfigDict, Field, computed_field", "from pydantic.alias_generators import to_camel",
        ):  # fmt: skip
            module.standard(line)
        module.add('T = TypeVar("T")', "", "class Color(str, Enum):", '    red = "red"', '    blue = "blue"', "")
        for index in range(self.rng.randint(2, 4)):
            self.model(module, f"Model{index}")
        module.add("class Page(BaseModel, Generic[T]):", "    items: list[T]", "    total: int = 0", "")
        module.add("@dataclass", "class Point:", "    x: int", "    y: int = 0", "")
        module.add("class Row(TypedDict):", "    key: str", "    value: int", "")
        module.add(
            "class Filter(BaseModel):",
            "    limit: int = 10",
            "    order_by: str | None = None",
            '    since: str | None = Field(None, alias="from")',
            "",
        )
        self.response_types = [self.response_type(name) for name in (*self.models, "Point", "Row")]

    def model(self, module: Module, name: str) -> None:
        base = self.rng.choice(self.models) if self.models and self.chance(0.4) else "BaseModel"
        module.add(f"class {name}({base}):")
        if self.chance(0.2):
            module.add("    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)")
        for _ in range(self.rng.randint(1, 4)):
            kind = self.rng.choice((*SCALARS, "list[int]", "dict[str, int]"))
            match self.rng.randrange(7):
                case 0:
                    module.add(f'    {self.fresh()}: {kind} = Field(alias="{self.fresh("alias")}")')
                case 1:
                    module.add(f"    {self.fresh()}: Annotated[{kind}, Field(exclude=True)]")
                case 2:
                    module.add(f"    {self.fresh()}: Optional[{kind}] = None")
                case 3:
                    module.add(f'    {self.fresh()}: {kind} = Field(serialization_alias="{self.fresh("out")}")')
                case _:
                    module.add(f"    {self.fresh()}: {kind}")
        if self.chance(0.2):
            module.add(
                "",
                "    @computed_field",
                "    @property",
                f"    def {self.fresh('computed')}(self) -> int:",
                "        return 1",
            )
        module.add("")
        self.models.append(name)

    def response_type(self, name: str) -> Callable[[Module], str]:
        def write(here: Module) -> str:
            models = self.module("models")
            one = self.ref(here, self.reexport(here, models, name), name)
            match self.rng.randrange(8):
                case 0:
                    return f"list[{one}]"
                case 1:
                    return f"{one} | None"
                case 2 if name.startswith("Model"):
                    return f"{self.ref(here, models, 'Page')}[{one}]"
                case 3:
                    return f"dict[str, {one}]"
                case 4:
                    here.standard("from typing import Union")
                    return f"Union[{one}, {self.ref(here, models, self.rng.choice(self.models))}]"
                case _:
                    return one

        return write

    # ---- dependencies -------------------------------------------------------------------------------------------------------------

    def write_dependencies(self) -> None:
        module = self.module("deps")
        for line in (
            "from dataclasses import dataclass", "from functools import partial, wraps", "from typing import Annotated, Optional",
            "from fastapi import Cookie, Depends, Header, HTTPException, Query, Request, Security",
            "from fastapi.security import APIKeyHeader, APIKeyQuery, HTTPBasic, HTTPBearer, OAuth2PasswordBearer, OAuth2PasswordRequestForm, SecurityScopes",
        ):  # fmt: skip
            module.standard(line)
        module.add(
            'oauth2 = OAuth2PasswordBearer(tokenUrl="token", scopes={"read": "", "write": ""}, auto_error=False)', "bearer = HTTPBearer(auto_error=False)",
            'api_key = APIKeyHeader(name="X-Key", auto_error=False)', "",
        )  # fmt: skip
        makers = [
            self.plain_dependency, self.yielding_dependency, self.class_dependency, self.instance_dependency, self.closure_dependency, self.partial_dependency,
            self.scheme_dependency, self.dataclass_dependency, self.scoped_dependency, self.method_dependency, self.own_scheme, self.wrapped_dependency,
            self.form_dependency, self.inherited_dependency,
        ]  # fmt: skip
        self.plain_dependency(module)
        for make in self.rng.sample(makers, self.rng.randint(3, 8)):
            make(module)

    def offer(
        self, module: Module, expression: Callable[[Module], str], kind: str = "dict", *, in_lists: bool = True
    ) -> None:
        """Make a dependency available in the ways in which one can be used."""
        if in_lists:
            self.dependencies.append(lambda here: f"Depends({expression(here)})")
        match self.rng.randrange(4):
            case 0:
                alias = self.fresh("Alias").replace("_", "")
                module.add(f"{alias} = Annotated[{kind}, Depends({expression(module)})]", "")
                self.parameters.append(lambda here: (self.ref(here, self.reexport(here, module, alias), alias), None))
            case 1:
                name = self.fresh("injected")
                module.add(f"{name} = Depends({expression(module)})", "")
                self.parameters.append(lambda here: (kind, self.ref(here, module, name)))
            case 2:
                self.parameters.append(lambda here: (f"Annotated[{kind}, Depends({expression(here)})]", None))
            case _:
                self.parameters.append(lambda here: (kind, f"Depends({expression(here)})"))

    def named(self, module: Module, name: str) -> Callable[[Module], str]:
        return lambda here: self.ref(here, self.reexport(here, module, name), name)

    def sub_dependency(self, module: Module) -> str:
        """A parameter of a dependency: another one, or a value of the request."""
        if self.parameters and self.chance(0.5):
            annotation, default = self.rng.choice(self.parameters)(module)
            return f"{self.fresh('sub')}: {annotation}" + (f" = {default}" if default else "")
        return self.simple_parameter()

    def simple_parameter(self) -> str:
        name = self.fresh()
        return self.rng.choice((
            f"{name}: int = 1", f"{name}: str | None = None", f"{name}: Annotated[str | None, Header()] = None", f"{name}: Optional[str] = Cookie(None)",
            f'{name}: str = Query("x", alias="{name}-alias")', f"{name}: list[str] = Query([])",
        ))  # fmt: skip

    def signature(self, module: Module, first: str = "", most: int = 2) -> str:
        found = [self.sub_dependency(module) for _ in range(self.rng.randint(0, most))]
        ordered = sorted(found, key=lambda text: " = " in text)
        return ", ".join(([first] if first else []) + ordered)

    def plain_dependency(self, module: Module) -> None:
        name = self.fresh("dep")
        module.add(f"{self.rng.choice(('', 'async '))}def {name}({self.signature(module)}):", "    return {}", "")
        self.offer(module, self.named(module, name))

    def yielding_dependency(self, module: Module) -> None:
        name = self.fresh("session")
        module.add(f"{self.rng.choice(('', 'async '))}def {name}({self.signature(module)}):", "    yield {}", "")
        self.offer(module, self.named(module, name))

    def class_dependency(self, module: Module) -> None:
        name = self.fresh("Service").replace("_", "")
        module.add(
            f"class {name}:", f"    def __init__({self.signature(module, 'self')}):", "        self.ready = True", ""
        )
        self.offer(module, self.named(module, name))
        self.parameters.append(lambda here: (self.ref(here, module, name), "Depends()"))
        self.parameters.append(lambda here: (f"Annotated[{self.ref(here, module, name)}, Depends()]", None))

    def inherited_dependency(self, module: Module) -> None:
        base, name = self.fresh("Base").replace("_", ""), self.fresh("Derived").replace("_", "")
        module.add(
            f"class {base}:",
            f"    def __init__({self.signature(module, 'self')}):",
            "        self.ready = True",
            "",
            f"class {name}({base}):",
            "    pass",
            "",
        )
        self.offer(module, self.named(module, name))

    def instance_dependency(self, module: Module) -> None:
        cls, name = self.fresh("Checker").replace("_", ""), self.fresh("checker")
        module.add(
            f"class {cls}:", "    def __init__(self, role):", "        self.role = role", "", f"    def __call__({self.signature(module, 'self')}):", "        return {}", "",
            f'{name} = {cls}("admin")', "",
        )  # fmt: skip
        self.offer(module, self.named(module, name))
        self.offer(module, lambda here: f'{self.ref(here, module, cls)}("other")')

    def closure_dependency(self, module: Module) -> None:
        name = self.fresh("require")
        module.add(
            f"def {name}(role, dependency=None):", f"    {self.rng.choice(('', 'async '))}def check({self.signature(module)}):", "        return role", "    return check", "",
        )  # fmt: skip
        self.offer(module, lambda here: f'{self.ref(here, module, name)}("editor")')

    def partial_dependency(self, module: Module) -> None:
        base, name = self.fresh("limited"), self.fresh("few")
        module.add(
            f"def {base}({self.signature(module, 'size')}):", "    return size", "", f"{name} = partial({base}, 3)", ""
        )
        self.offer(module, self.named(module, name))

    def scheme_dependency(self, module: Module) -> None:
        name = self.rng.choice(("oauth2", "bearer", "api_key"))
        self.offer(module, self.named(module, name), "str")
        user = self.fresh("user")
        module.add(f"def {user}(token=Depends({name})):", "    return token", "")
        self.offer(module, self.named(module, user), "str")

    def own_scheme(self, module: Module) -> None:
        cls, name = self.fresh("OwnBearer").replace("_", ""), self.fresh("own_bearer")
        module.add(
            f"class {cls}(HTTPBearer):",
            "    async def __call__(self, request: Request):",
            "        return None",
            "",
            f"{name} = {cls}(auto_error=False)",
            "",
        )
        self.offer(module, self.named(module, name), "str")

    def scoped_dependency(self, module: Module) -> None:
        inner, name = self.fresh("current"), self.fresh("scoped")
        module.add(f"def {inner}(scopes: SecurityScopes, token: str = Depends(oauth2)):", "    return token", "")
        module.add(f'def {name}(user: Annotated[str, Security({inner}, scopes=["read"])]):', "    return user", "")
        self.offer(module, self.named(module, name), "str")
        self.parameters.append(
            lambda here: (f'Annotated[str, Security({self.ref(here, module, inner)}, scopes=["write"])]', None)
        )
        self.dependencies.append(lambda here: f'Security({self.ref(here, module, name)}, scopes=["write"])')

    def dataclass_dependency(self, module: Module) -> None:
        name = self.fresh("Params").replace("_", "")
        module.add(
            "@dataclass",
            f"class {name}:",
            f"    {self.fresh()}: int",
            f'    {self.fresh()}: str = "x"',
            "    key: Annotated[str | None, Header()] = None",
            "",
        )
        self.parameters.append(lambda here: (f"Annotated[{self.ref(here, module, name)}, Depends()]", None))

    def method_dependency(self, module: Module) -> None:
        cls, name = self.fresh("Keeper").replace("_", ""), self.fresh("keeper")
        module.add(
            f"class {cls}:",
            f"    def check({self.signature(module, 'self')}):",
            "        return {}",
            "",
            f"{name} = {cls}()",
            "",
        )
        self.offer(module, lambda here: f"{self.ref(here, module, name)}.check")

    def wrapped_dependency(self, module: Module) -> None:
        decorator, name = self.fresh("logged"), self.fresh("wrapped")
        module.add(
            f"def {decorator}(func):", "    @wraps(func)", "    def wrapper(*args, **kwargs):", "        return func(*args, **kwargs)", "    return wrapper", "",
            f"@{decorator}", f"def {name}({self.signature(module)}):", "    return {}", "",
        )  # fmt: skip
        self.offer(module, self.named(module, name))

    def form_dependency(self, module: Module) -> None:
        name = self.fresh("login")
        module.add(f"def {name}(form: Annotated[OAuth2PasswordRequestForm, Depends()]):", "    return form", "")
        self.offer(module, self.named(module, name), in_lists=False)

    # ---- handlers -----------------------------------------------------------------------------------------------------------------

    def header(self, module: Module) -> None:
        for line in (
            "from datetime import datetime", "from functools import partial, wraps", "from http import HTTPStatus", "from typing import Annotated, Literal, Optional",
            "from uuid import UUID", "from fastapi import APIRouter, BackgroundTasks, Body, Cookie, Depends, FastAPI, File, Form, Header, Path, Query, Request, Response, Security, UploadFile, WebSocket, status",
            "from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse",
        ):  # fmt: skip
            module.standard(line)

    def path(self, names: list[str]) -> str:
        parts = [self.fresh()]
        for _ in range(self.rng.choice((0, 0, 1, 1, 2))):
            name = self.fresh("id")
            names.append(name)
            parts.append("{" + name + self.rng.choice(("", "", "", ":path", ":str")) + "}")
        return "/" + "/".join(parts)

    def handler_parameters(self, here: Module, names: list[str], *, websocket: bool = False, first: str = "") -> str:
        found = [self.path_parameter(here, name) for name in names if self.chance(0.9)]
        for _ in range(self.rng.randint(0, 3)):
            if self.chance(0.35):
                annotation, default = self.rng.choice(self.parameters)(here)
                found.append(f"{self.fresh('dep')}: {annotation}" + (f" = {default}" if default else ""))
            else:
                found.append(self.request_parameter(here))
        if websocket:
            found.insert(0, "socket: WebSocket")
        else:
            found += self.body_parameters(here)
        return ", ".join(([first] if first else []) + sorted(found, key=lambda text: " = " in text))

    def path_parameter(self, here: Module, name: str) -> str:
        return self.rng.choice(
            (f"{name}: str", f"{name}", f"{name}: Annotated[str, Path()]", f'{name}: str = Path(description="x")')
        )

    def request_parameter(self, here: Module) -> str:
        name = self.fresh()
        kind = self.rng.choice(SCALARS)
        if kind == "Color":
            kind = self.ref(here, self.module("models"), "Color")
        return self.rng.choice((
            f"{name}: {kind}", f"{name}: {kind}", f"{name}: str | None = None", f"{name}: int = 3", f"{name} = 3", f"{name}: Annotated[{kind}, Query()]",
            f'{name}: Annotated[{kind}, Query(alias="{name}-x")]', f"{name}: list[str] = Query()", f"{name}: Annotated[list[int], Query()] = []",
            f"{name}: Annotated[str, Header()]", f"{name}: str = Header(convert_underscores=False)", f"{name}: Annotated[str | None, Cookie()] = None",
            f"{name}: Request", f"{name}: BackgroundTasks",
        ))  # fmt: skip

    def body_parameters(self, here: Module) -> list[str]:
        models = self.module("models")
        name = self.fresh()
        model = self.ref(here, models, self.rng.choice(self.models))
        match self.rng.randrange(14):
            case 0:
                return [f"{name}: {model}"]
            case 1:
                return [f"{name}: {model}", f"{self.fresh()}: {model}"]
            case 2:
                return [f"{name}: Annotated[int, Body()]"]
            case 3:
                return [f"{name}: list[{model}]"]
            case 4:
                return [f"{name}: dict[str, int]"]
            case 5:
                return [f"{name}: str = Form()", f"{self.fresh()}: Annotated[int, Form()] = 1"]
            case 6:
                return [f"{name}: UploadFile", f"{self.fresh()}: UploadFile | None = None"]
            case 7:
                return [f"{name}: Annotated[bytes, File()]", f"{self.fresh()}: list[UploadFile] = []"]
            case 8:
                return [f"{name}: Annotated[{model}, Body(embed=True)]"]
            case 9:
                return [f"{name}: {self.ref(here, models, 'Point')}"]
            case 10 if self.query_models:
                return [f"{name}: Annotated[{self.ref(here, models, 'Filter')}, Query()]"]
            case 11:
                return [f"{name}: {model} | None = None"]
            case _:
                return []

    def response(self, here: Module) -> tuple[str, list[str]]:
        """A return annotation (with its arrow), and arguments of the decorator."""
        arguments: list[str] = []
        if self.chance(0.25):
            arguments.append(
                f"status_code={self.rng.choice(('201', 'status.HTTP_202_ACCEPTED', 'HTTPStatus.CREATED', '200'))}"
            )
        match self.rng.randrange(9):
            case 0 | 1:
                return f" -> {self.rng.choice(self.response_types)(here)}", arguments
            case 2 | 3:
                return "", [f"response_model={self.rng.choice(self.response_types)(here)}", *arguments]
            case 4:
                return " -> dict[str, int]", arguments
            case 5:
                return f" -> {self.rng.choice(('Response', 'JSONResponse', 'None', 'int'))}", arguments
            case 6:
                return f" -> {self.rng.choice(self.response_types)(here)}", ["response_model=None", *arguments]
            case 7:
                return "", ["response_class=RedirectResponse"]
            case _:
                return "", arguments

    def route_arguments(self, here: Module) -> list[str]:
        found: list[str] = []
        if self.chance(0.25):
            found.append(f"dependencies=[{self.dependency_list(here)}]")
        if self.chance(0.1):
            found.append('tags=["x"]')
        return found

    def dependency_list(self, here: Module) -> str:
        return ", ".join(self.rng.choice(self.dependencies)(here) for _ in range(self.rng.randint(1, 2)))

    def handler(self, here: Module, router: str, indent: str = "") -> None:
        """A handler and its registration, in one of the ways there are."""
        names: list[str] = []
        path, name = self.path(names), self.fresh("handle")
        annotation, arguments = self.response(here)
        arguments += self.route_arguments(here)
        method = self.rng.choice(METHODS)
        parameters = self.handler_parameters(here, names)
        definition = f"{self.rng.choice(('', 'async '))}def {name}({parameters}){annotation}:"
        rest = "".join(f", {argument}" for argument in arguments)
        written = f'"{path}"' if self.chance(0.7) else self.written_path(here, path)
        lines = [definition, "    ...", ""]
        match self.rng.randrange(9):
            case 0:
                lines = [*lines, f'{router}.add_api_route({written}, {name}, methods=["{method.upper()}"]{rest})', ""]
            case 1:
                lines = [f'@{router}.api_route({written}, methods=["{method.upper()}", "HEAD"]{rest})', *lines]
            case 2:
                logged = self.fresh("logged")
                lines = [
                    f"def {logged}(func):", "    @wraps(func)", "    async def wrapper(*args, **kwargs):", "        return await func(*args, **kwargs)", "    return wrapper", "",
                    f"@{router}.{method}({written}{rest})", f"@{logged}", *lines,
                ]  # fmt: skip
            case 3:
                lines = [
                    f"@{router}.{method}({written}{rest})",
                    f'@{router}.{method}("/{self.fresh()}/again", name="{self.fresh()}")',
                    *lines,
                ]
            case 4 if "response_model" not in rest:
                chosen = ["socket: WebSocket", *[f"{n}: str" for n in names]]
                listed = next((f", {a}" for a in arguments if a.startswith("dependencies")), "")
                lines = [
                    f"@{router}.websocket({written}{listed})",
                    f"async def {name}({', '.join(chosen)}):",
                    "    await socket.accept()",
                    "",
                ]
            case _:
                lines = [f"@{router}.{method}({written}{rest})", *lines]
        here.add(*[f"{indent}{line}" if line else "" for line in lines])

    def written_path(self, here: Module, path: str) -> str:
        constant = self.fresh("PATH").upper()
        here.body.insert(0, f'{constant} = "{path}"')
        return self.rng.choice((constant, f'{constant} + ""', f'f"{{{constant}}}"', f"str({constant})"))

    # ---- routers ------------------------------------------------------------------------------------------------------------------

    def router(self, depth: int) -> Router:
        self.count += 1
        place = self.rng.choice(("web.r", "web.s", "api", "routes", "v1.endpoints"))
        module = self.module(f"{place}_{self.count}")
        self.header(module)
        kind = self.rng.choice((
            self.plain_router, self.plain_router, self.plain_router, self.built_router, self.class_attribute, self.controller, self.subclass, self.view, self.marked_view,
            self.loop_router, self.class_router, self.mixin_router,
        ))  # fmt: skip
        found = kind(module)
        if depth < 2 and found.expression == "" and self.chance(0.5):
            for _ in range(self.rng.randint(1, 2)):
                child = self.router(depth + 1)
                module.add(
                    f"{found.name}.include_router({self.use(module, child)}{self.include_arguments(module)})", ""
                )
        return found

    def use(self, here: Module, router: Router) -> str:
        there = self.reexport(here, router.module, router.name) if router.expression == "" else router.module
        name = self.ref(here, there, router.name)
        return router.expression.replace("@", name) if router.expression else name

    def include_arguments(self, here: Module) -> str:
        found = ""
        if self.chance(0.5):
            found += f", prefix={self.prefix(here)}"
        if self.chance(0.3):
            found += f", dependencies=[{self.dependency_list(here)}]"
        if self.chance(0.2):
            found += ', tags=["included"]'
        return found

    def router_arguments(self, here: Module) -> str:
        found = [f"prefix={self.prefix(here)}"] if self.chance(0.6) else []
        if self.chance(0.3):
            found.append(f"dependencies=[{self.dependency_list(here)}]")
        return ", ".join(found)

    def some(self, most: int = 3) -> range:
        return range(self.rng.randint(1, most))

    def plain_router(self, module: Module) -> Router:
        name = self.rng.choice(("router", self.fresh("router")))
        module.add(f"{name} = APIRouter({self.router_arguments(module)})", "")
        for _ in self.some():
            self.handler(module, name)
        return Router(module, name)

    def built_router(self, module: Module) -> Router:
        name = self.fresh("build")
        module.add(
            f"def {name}(service=None, *, extra=False):", f"    router = APIRouter({self.router_arguments(module)})", ""
        )
        for _ in self.some(2):
            self.handler(module, "router", "    ")
        if self.chance(0.5):
            module.add("    if extra:")
            self.handler(module, "router", "        ")
        module.add("    return router", "")
        return Router(module, name, self.rng.choice(("@()", "@(object())", "@(None, extra=True)")))

    def class_attribute(self, module: Module) -> Router:
        name = self.fresh("Endpoints").replace("_", "")
        module.add(f"class {name}:", f"    router = APIRouter({self.router_arguments(module)})", "")
        for _ in self.some(2):
            names: list[str] = []
            path = self.path(names)
            annotation, arguments = self.response(module)
            module.add(
                "    @staticmethod",
                f'    @router.{self.rng.choice(METHODS)}("{path}"{"".join(f", {a}" for a in arguments)})',
            )
            module.add(
                f"    def {self.fresh('handle')}({self.handler_parameters(module, names)}){annotation}:",
                "        ...",
                "",
            )
        return Router(module, name, "@.router")

    def controller(self, module: Module) -> Router:
        """A class that registers its bound methods."""
        name = self.fresh("Controller").replace("_", "")
        methods = [self.bound_method(module) for _ in self.some(2)]
        module.add(
            f"class {name}:",
            "    def __init__(self, service=None):",
            "        self.service = service",
            f"        self.router = APIRouter({self.router_arguments(module)})",
        )
        module.add(
            *[
                f'        self.router.add_api_route("{path}", self.{method}, methods=["{verb}"]{rest})'
                for method, path, verb, rest, _ in methods
            ],
            "",
        )
        for *_, lines in methods:
            module.add(*lines)
        return Router(module, name, self.rng.choice(("@().router", "@(service=3).router")))

    def bound_method(self, module: Module) -> tuple[str, str, str, str, list[str]]:
        names: list[str] = []
        path, method = self.path(names), self.fresh("method")
        annotation, arguments = self.response(module)
        parameters = self.handler_parameters(module, names, first="self")
        lines = [f"    {self.rng.choice(('', 'async '))}def {method}({parameters}){annotation}:", "        ...", ""]
        return method, path, self.rng.choice(METHODS).upper(), "".join(f", {a}" for a in arguments), lines

    def subclass(self, module: Module) -> Router:
        cls, name = self.fresh("VersionedRouter").replace("_", ""), self.fresh("router")
        module.add(
            f"class {cls}(APIRouter):", '    def __init__(self, version: int = 1, *, prefix: str = "", **options):',
            '        super().__init__(prefix=f"/v{version}{prefix}", **options)', "",
            f"{name} = {cls}({', '.join(filter(None, (self.rng.choice(('', '2')), self.router_arguments(module))))})", "",
        )  # fmt: skip
        for _ in self.some(2):
            self.handler(module, name)
        return Router(module, name)

    def view(self, module: Module) -> Router:
        """Methods that carry what a decorator noted on them, registered by a class decorator."""
        name, cls = self.fresh("router"), self.fresh("View").replace("_", "")
        members, marker = self.rng.choice((
            ("inspect.getmembers(cls, inspect.isfunction)", "setattr(func, '_route', (method, path))"),
            ("vars(cls).items()", "func._route = (method, path)"),
            ("cls.__dict__.items()", "func._route = (method, path)"),
        ))  # fmt: skip
        test = self.rng.choice(
            ('hasattr(func, "_route")', 'getattr(func, "_route", None) is not None', 'getattr(func, "_route", None)')
        )
        module.standard("import inspect")
        module.add(
            f"{name} = APIRouter({self.router_arguments(module)})", "", "def endpoint(method, path):", "    def mark(func):", f"        {marker}", "        return func",
            "    return mark", "", "def register(cls):", "    instance = cls()", f"    for attribute, func in {members}:", f"        if {test}:",
            "            method, path = func._route", f"            {name}.add_api_route(path, getattr(instance, attribute), methods=[method])", "    return cls", "", "@register", f"class {cls}:",
        )  # fmt: skip
        for _ in self.some(2):
            self.marked_method(module, "endpoint")
        return Router(module, name)

    def marked_method(self, module: Module, marker: str) -> None:
        names: list[str] = []
        path, method = self.path(names), self.fresh("method")
        annotation, _ = self.response(module)
        parameters = self.handler_parameters(module, names, first="self")
        module.add(
            f'    @{marker}("{self.rng.choice(METHODS).upper()}", "{path}")',
            f"    {self.rng.choice(('', 'async '))}def {method}({parameters}){annotation}:",
            "        ...",
            "",
        )

    def marked_view(self, module: Module) -> Router:
        """A base class that registers the marked methods of the class below it when that is made, or instantiated."""
        base, cls, name = (self.fresh(word).replace("_", "") for word in ("BaseView", "View", "routes"))
        module.standard("import inspect")
        module.add(
            "def route(method, path):",
            "    def mark(func):",
            '        func.__route__ = {"method": method, "path": path}',
            "        return func",
            "    return mark",
            "",
        )
        module.add(
            f"class {base}:", f"    prefix = {self.prefix(module)}", "", "    def __init__(self):", "        self.router = APIRouter(prefix=self.prefix)",
            "        for _, member in inspect.getmembers(self, predicate=inspect.ismethod):", '            described = getattr(member, "__route__", None)', "            if described is None:",
            "                continue", '            self.router.add_api_route(described["path"], member, methods=[described["method"]])', "",
            f"class {cls}({base}):", f"    prefix = {self.prefix(module)}", "",
        )  # fmt: skip
        for _ in self.some(2):
            self.marked_method(module, "route")
        module.add(f"{name} = {cls}()", "")
        return Router(module, name, "@.router")

    def loop_router(self, module: Module) -> Router:
        """One handler, registered for several things in a loop."""
        name = self.fresh("router")
        module.add(f"{name} = APIRouter({self.router_arguments(module)})", "")
        kinds = ", ".join(
            f'("{self.fresh()}", {self.ref(module, self.module("models"), model)})'
            for model in self.rng.sample(self.models, 2)
        )
        module.add(
            "def register(name, model):", f'    @{name}.post(f"/{{name}}", response_model=model)', "    def create(payload: model, limit: int = 3):", "        ...", "",
            f"for name, model in [{kinds}]:", "    register(name, model)", "",
        )  # fmt: skip
        return Router(module, name)

    def class_router(self, module: Module) -> Router:
        """A router class that a function makes."""
        name = self.fresh("router")
        module.add(
            "def router_class(version):", "    class Made(APIRouter):", "        def __init__(self, **options):", '            super().__init__(prefix=f"/made{version}", **options)', "    return Made", "",
            f"{name} = router_class({self.rng.randint(1, 9)})()", "",
        )  # fmt: skip
        for _ in self.some(2):
            self.handler(module, name)
        return Router(module, name)

    def mixin_router(self, module: Module) -> Router:
        """A base class whose method registers what its subclasses define."""
        base, cls, name = (self.fresh(word).replace("_", "") for word in ("Crud", "Items", "crud"))
        model = self.ref(module, self.module("models"), self.rng.choice(self.models))
        module.add(
            f"class {base}:", "    model = None", "    path = '/base'", "", "    def build(self):", "        router = APIRouter(prefix=self.path)", "        model = self.model",
            '        @router.get("/all", response_model=list[self.model])', "        def read_all(limit: int = 10):", "            ...", "",
            '        @router.post("/one")', "        def create(payload: model) -> model:", "            ...", "        return router", "",
            f"class {cls}({base}):", f"    model = {model}", f'    path = "/{self.fresh()}"', "", f"{name} = {cls}().build()", "",
        )  # fmt: skip
        return Router(module, name)

    # ---- the main module ------------------------------------------------------------------------------------------------------------

    def main(self, routers: list[Router]) -> None:
        module = self.module("main")
        self.header(module)
        arguments = f"dependencies=[{self.dependency_list(module)}]" if self.chance(0.3) else ""
        if self.chance(0.4):
            module.add("def create_app(title='x') -> FastAPI:", f"    app = FastAPI({arguments})")
            self.assemble(module, routers, "    ")
            module.add("    return app", "", "app = create_app()", "")
        else:
            cls = "FastAPI"
            if self.chance(0.2):
                cls = "Application"
                module.add(
                    "class Application(FastAPI):",
                    "    def __init__(self, **options):",
                    "        super().__init__(**options)",
                    "        self.extra = True",
                    "",
                )
            module.add(f"app = {cls}({arguments})", "")
            self.assemble(module, routers, "")

    def assemble(self, module: Module, routers: list[Router], indent: str) -> None:
        used = [self.use(module, router) for router in routers]
        lines: list[str] = []
        match self.rng.randrange(6):
            case 0:
                lines += [
                    f"for one in [{', '.join(used)}]:",
                    f"    app.include_router(one{self.include_arguments(module)})",
                ]
            case 1:
                pairs = ", ".join(f"({one}, {self.prefix(module)})" for one in used)
                lines += [f"for one, prefix in ({pairs},):", "    app.include_router(one, prefix=prefix)"]
            case 2:
                entries = ", ".join(f'"/{self.fresh()}": {one}' for one in used)
                lines += [f"for prefix, one in {{{entries}}}.items():", "    app.include_router(one, prefix=prefix)"]
            case 3:
                lines += ["main_router = APIRouter()"]
                lines += [f"main_router.include_router({one}{self.include_arguments(module)})" for one in used]
                lines += [f"app.include_router(main_router{self.include_arguments(module)})"]
            case _:
                lines += [f"app.include_router({one}{self.include_arguments(module)})" for one in used]
        if self.chance(0.2):
            twice = self.router(2)
            one = self.use(module, twice)
            lines += [f"app.include_router({one}, prefix='/first')", f"app.include_router({one}, prefix='/second')"]
        if self.chance(0.25):
            switch = self.ref(module, self.module("settings"), "settings")
            lines += [
                f"if {switch}.{self.rng.choice(('extra', 'admin'))}:",
                f"    app.include_router({self.use(module, self.router(2))}, prefix='/switched')",
            ]
        if self.chance(0.25):
            lines += [
                "sub = FastAPI()",
                f"sub.include_router({self.use(module, self.router(2))})",
                "app.mount('/mounted', sub)",
            ]
        module.add(*[f"{indent}{line}" for line in lines])
        for _ in range(self.rng.randint(0, 2)):
            self.handler(module, "app", indent)


def application(rng: Random, package: str, *, query_models: bool = True) -> dict[str, str]:
    """The files of an application, by path below the package; `main.py` has it as `app`."""
    return Writer(rng, package, query_models=query_models).write()


def write(root: Path, package: str, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
