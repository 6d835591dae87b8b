"""Small applications, one for each way in which routes come to be; `?` in the name marks those that cannot be known without running them."""

from __future__ import annotations

FORMS: dict[str, str] = {
    "constructor_of_a_dataclass": """
        from dataclasses import dataclass, field
        from fastapi import APIRouter, Depends, FastAPI

        def session(): ...

        class Extension:
            def register(self, factory):
                @factory.router.get("/extra")
                def extra(): ...

        @dataclass
        class Factory:
            name: str
            guard: object = session
            router: APIRouter = field(default_factory=APIRouter)
            extensions: list = field(default_factory=list)
            with_preview: bool = True
            made: bool = field(init=False, default=False)

            def __post_init__(self):
                self.register()
                for extension in self.extensions:
                    extension.register(self)

            def register(self):
                @self.router.get(f"/{self.name}")
                def info(user=Depends(self.guard)): ...

                if self.with_preview:
                    @self.router.get(f"/{self.name}/preview")
                    def preview(): ...

        app = FastAPI()
        app.include_router(Factory("a", extensions=[Extension()]).router, prefix="/one")
        app.include_router(Factory("b", with_preview=False).router, prefix="/two")
        """,
    "field_that_is_no_parameter": """
        from dataclasses import dataclass, field
        from fastapi import Depends, FastAPI

        @dataclass
        class Page:
            number: int = 1
            size: int = field(init=False, default=10)

        app = FastAPI()

        @app.get("/")
        def items(page: Page = Depends()): ...
        """,
    "wraps_over_wraps": """
        import functools
        from fastapi import FastAPI

        def timed(function):
            @functools.wraps(function)
            async def timing(*args, **kwargs):
                return await function(*args, **kwargs)
            return timing

        def recorded(kind):
            def decorator(function):
                @functools.wraps(function)
                async def recording(*args, **kwargs):
                    return await function(*args, **kwargs)
                return recording
            return decorator

        app = FastAPI()

        @app.post("/items/{item_id}")
        @timed
        @recorded("item")
        async def change(item_id: int, note: str = ""): ...
        """,
    "wraps_one_of_several": """
        import os
        from functools import wraps
        from fastapi import Depends, FastAPI
        from fastapi.security import HTTPBasic, HTTPBearer

        def basic(credentials=Depends(HTTPBasic())): ...
        def bearer(credentials=Depends(HTTPBearer())): ...

        def provider():
            if os.getenv("SCHEME") == "basic":
                return basic
            return bearer

        def authorize():
            chosen = provider()
            @wraps(chosen)
            def checked(*args, **kwargs):
                return chosen(*args, **kwargs)
            return checked

        app = FastAPI()

        @app.get("/")
        def index(user=Depends(authorize())): ...
        """,
    "switched_dependency": """
        import os
        from fastapi import Depends, FastAPI, Security
        from fastapi.security import APIKeyQuery

        dependencies = []
        if os.getenv("ACCESS_TOKEN"):
            def check(token: str = Security(APIKeyQuery(name="token"))): ...
            dependencies.append(Depends(check))

        app = FastAPI(dependencies=dependencies)

        @app.get("/")
        def index(): ...
        """,
    "factory_that_remembers": """
        import os
        from fastapi import APIRouter, Depends, FastAPI

        router = APIRouter(prefix="/items")

        @router.get("/")
        def items(): ...

        def version(): ...

        KNOWN: dict[str, FastAPI] = {}

        def create_api(dependencies=None, options=None, fresh: bool = False) -> FastAPI:
            key = os.getenv("NAME", "")
            if key in KNOWN and not fresh:
                return KNOWN[key]
            options = options or {}
            api = FastAPI(**options)
            if dependencies is None:
                dependencies = [Depends(version)]
            else:
                dependencies.append(Depends(version))
            api.include_router(router, dependencies=dependencies)
            KNOWN[key] = api
            return api

        def create_app() -> FastAPI:
            app = FastAPI()
            api = create_api(options={"title": "API"})

            @api.get("/status")
            def status(): ...

            app.mount("/api", api)
            return app

        app = create_app()
        """,
    "paths_that_functions_make": """
        from enum import Enum
        from fastapi import APIRouter, FastAPI

        def versioned(path: str) -> str:
            return f"/v1{path}"

        class Action(str, Enum):
            CHAT = "chat"
            EMBED = "embed"

        PATHS = {Action.CHAT: "/chat", Action.EMBED: "/embed"}
        router = APIRouter(prefix=versioned("/ai"))

        @router.post(PATHS[Action.CHAT])
        def chat(): ...

        @router.post(versioned(PATHS[Action.EMBED]))
        def embed(): ...

        app = FastAPI()
        app.include_router(router)
        """,
    "lazy_import": """
        import importlib
        import typing
        from fastapi import FastAPI

        class Lazy:
            def __init__(self, name):
                self._name = name
            def __getattr__(self, name):
                return getattr(importlib.import_module(self._name), name)

        if typing.TYPE_CHECKING:
            import pydantic
        else:
            pydantic = Lazy("pydantic")

        class Item(pydantic.BaseModel):
            name: str

        app = FastAPI()

        @app.post("/")
        def create(item: Item) -> Item: ...
        """,
    "router_with_inferred_models": """
        from typing import get_type_hints
        from fastapi import APIRouter, FastAPI
        from pydantic import BaseModel

        class InferringRouter(APIRouter):
            def add_api_route(self, path, endpoint, **kwargs):
                if kwargs.get("response_model") is None:
                    kwargs["response_model"] = get_type_hints(endpoint).get("return")
                return super().add_api_route(path, endpoint, **kwargs)

        class Item(BaseModel):
            name: str

        router = InferringRouter()

        @router.get("/item")
        def item() -> Item: ...

        app = FastAPI()
        app.include_router(router)
        """,
    "methods_that_remember_their_route": """
        import inspect
        from fastapi import APIRouter, Depends, FastAPI

        def get(path, **options):
            def decorator(method):
                method._endpoint = (path, ["GET"], options)
                return method
            return decorator

        def post(path, **options):
            def decorator(method):
                method._endpoint = (path, ["POST"], options)
                return method
            return decorator

        class Routable:
            def __init__(self, prefix=""):
                self.router = APIRouter(prefix=prefix)
                for name, method in inspect.getmembers(self, inspect.ismethod):
                    if hasattr(method, "_endpoint"):
                        path, methods, options = method._endpoint
                        self.router.add_api_route(path, method, methods=methods, **options)

        def user(): ...

        class Users(Routable):
            def __init__(self, store):
                super().__init__(prefix="/users")
                self.store = store

            @get("/{user_id}")
            def read(self, user_id: int, me=Depends(user)): ...

            @post("/", status_code=201)
            async def create(self, name: str): ...

        app = FastAPI()
        app.include_router(Users({}).router)
        """,
    "view_decorator": """
        from fastapi import APIRouter, FastAPI

        def View(router, path="/"):
            def decorator(cls):
                instance = cls()
                for name in ("get", "post", "delete"):
                    method = getattr(cls, name, None)
                    if method is not None:
                        router.add_api_route(path, getattr(instance, name), methods=[name.upper()])
                return cls
            return decorator

        router = APIRouter()

        @View(router, path="/items")
        class Items:
            def get(self, q: str = ""): ...
            async def post(self, name: str): ...

        app = FastAPI()
        app.include_router(router)
        """,
    "subclasses_that_register": """
        from fastapi import APIRouter, FastAPI

        router = APIRouter()

        class Resource:
            path = "/"

            def __init_subclass__(cls, prefix="", **kwargs):
                super().__init_subclass__(**kwargs)
                router.add_api_route(prefix + cls.path, cls.read, methods=["GET"])

            @staticmethod
            def read(): ...

        class Users(Resource, prefix="/v1"):
            path = "/users"

            @staticmethod
            def read(limit: int = 10): ...

        class Plain(Resource):
            path = "/plain"

        app = FastAPI()
        app.include_router(router)
        """,
    "metaclass_that_registers": """
        from fastapi import APIRouter, FastAPI

        router = APIRouter()

        class Registering(type):
            def __new__(mcs, name, bases, namespace):
                cls = super().__new__(mcs, name, bases, namespace)
                if bases:
                    router.add_api_route(namespace["path"], namespace["handle"], methods=["GET"])
                return cls

        class Resource(metaclass=Registering):
            path = "/"

        def handle(limit: int = 10): ...

        class Users(Resource):
            path = "/users"
            handle = handle

        app = FastAPI()
        app.include_router(router)
        """,
    "metaclass_with_init": """
        from fastapi import APIRouter, FastAPI

        router = APIRouter()

        class Registering(type):
            def __init__(cls, name, bases, namespace, **kwargs):
                super().__init__(name, bases, namespace)
                if "path" in namespace:
                    router.add_api_route(cls.path, cls.handle, methods=["GET"])

        class Resource(metaclass=Registering):
            @staticmethod
            def handle(): ...

        class Users(Resource):
            path = "/users"

        app = FastAPI()
        app.include_router(router)
        """,
    "router_class_that_a_function_makes": """
        from fastapi import APIRouter, FastAPI
        from pydantic import BaseModel

        def crud(model, prefix):
            class Crud(APIRouter):
                def __init__(self, **kwargs):
                    super().__init__(prefix=prefix, **kwargs)
                    self.add_api_route("/", self.make(), methods=["POST"], response_model=model)
                    self.add_api_route("/{key}", self.read, methods=["GET"], response_model=model)

                def make(self):
                    def create(item: model): ...
                    return create

                def read(self, key: int): ...
            return Crud

        class Item(BaseModel):
            name: str

        Items = crud(Item, "/items")
        app = FastAPI()
        app.include_router(Items())
        """,
    "conditional_includes": """
        import os
        from fastapi import APIRouter, FastAPI

        a, b, c = APIRouter(), APIRouter(), APIRouter()

        @a.get("/a")
        def in_a(): ...

        @b.get("/b")
        def in_b(): ...

        @c.get("/c")
        def in_c(): ...

        app = FastAPI()
        if os.getenv("OTHER"):
            app.include_router(a)
        else:
            app.include_router(b)
        app.include_router(c, prefix="/x" if os.getenv("OTHER") == "x" else "/x")
        """,
    "names_by_their_modules": """
        from fastapi.applications import FastAPI
        from fastapi.param_functions import Depends, Query
        from fastapi.params import Body, Depends as Needs
        from fastapi.routing import APIRouter

        def user(token: str = Query()): ...

        router = APIRouter(prefix="/items", dependencies=[Needs(user)])

        @router.post("/")
        def create(name: str = Body(), me=Depends(user)): ...

        app = FastAPI()
        app.include_router(router)
        """,
    "star_import_from_outside": """
        from fastapi import *
        from pydantic import *

        class Item(BaseModel):
            name: str

        app = FastAPI()
        router = APIRouter()

        def user(): ...

        @router.post("/items")
        def create(item: Item, me=Depends(user)) -> Item: ...

        app.include_router(router)
        """,
    "two_bases_from_outside": """
        from abc import ABC
        from fastapi import APIRouter, FastAPI
        from pydantic import BaseModel

        class Kind(BaseModel, ABC):
            name: str

            def handler(self):
                def read() -> dict[str, str]: ...
                return read

        class Routes(APIRouter, ABC):
            def add(self, kind: Kind):
                self.add_api_route("/" + kind.name, kind.handler(), methods=["GET"])

        router = Routes()
        router.add(Kind(name="user"))

        @router.get("/other")
        def other(): ...

        app = FastAPI()
        app.include_router(router)
        """,
    "signature_of_another": """
        import inspect
        from fastapi import Depends, FastAPI
        from pydantic import BaseModel

        class Page(BaseModel):
            number: int = 1
            size: int

        def other(q: str, n: int = 3): ...

        def borrowed(*args, **kwargs): ...

        borrowed.__signature__ = inspect.signature(other)

        def query(cls):
            def made(*args, **kwargs):
                return cls(*args, **kwargs)
            made.__signature__ = inspect.signature(cls)
            return made

        app = FastAPI()

        @app.get("/a")
        def a(x=Depends(borrowed)): ...

        @app.get("/b")
        def b(x=Depends(query(Page))): ...
        """,
    "?signature_that_is_put_together": """
        import inspect
        from fastapi import Depends, FastAPI

        def made(*args, **kwargs): ...

        made.__signature__ = inspect.Signature([inspect.Parameter("x", inspect.Parameter.KEYWORD_ONLY)])

        app = FastAPI()

        @app.get("/")
        def read(x=Depends(made)): ...
        """,
    "one_of_several_dependencies": """
        import os
        from functools import wraps
        from fastapi import Depends, FastAPI, Header
        from fastapi.security import HTTPBasic, OAuth2PasswordBearer

        basic = HTTPBasic()
        oauth = OAuth2PasswordBearer(tokenUrl="/token")
        scheme = os.environ.get("AUTHENTICATION_SCHEME", "oauth")

        def by_basic(given=Depends(basic)): ...
        def by_oauth(realm: str = Header(), token=Depends(oauth)): ...

        def provider():
            if scheme == "basic":
                return by_basic
            elif scheme == "oauth":
                return by_oauth
            raise ValueError(scheme)

        def wrapped():
            inner = provider()

            @wraps(inner)
            async def run(*args, **kwargs):
                return inner(*args, **kwargs)

            return run

        if scheme == "basic":
            current = by_basic
        else:
            current = by_oauth

        chosen = by_basic if scheme == "basic" else by_oauth
        known = {"basic": by_basic, "oauth": by_oauth}
        app = FastAPI()

        @app.get("/a", dependencies=[Depends(provider())])
        def a(): ...

        @app.get("/b")
        def b(user=Depends(wrapped())): ...

        @app.get("/c", dependencies=[Depends(current)])
        def c(): ...

        @app.get("/d", dependencies=[Depends(chosen)])
        def d(): ...

        @app.get("/e", dependencies=[Depends(known[scheme])])
        def e(): ...

        @app.get("/f", dependencies=[Depends(basic if scheme == "basic" else oauth)])
        def f(): ...

        @app.get("/g", dependencies=[Depends(known.get(scheme, by_basic))])
        def g(): ...
        """,
    "several_dependencies_that_take_the_same": """
        import os
        from fastapi import Depends, FastAPI
        from fastapi.security import OAuth2PasswordBearer

        oauth = OAuth2PasswordBearer(tokenUrl="/token")

        def locally(q: str, token=Depends(oauth)): ...
        def elsewhere(q: str, token=Depends(oauth)): ...

        check = locally if os.environ.get("LOCALLY") else elsewhere
        app = FastAPI()

        @app.get("/", dependencies=[Depends(check)])
        def read(): ...
        """,
    "models_as_dependencies": """
        import dataclasses
        from typing import Annotated, List, NamedTuple, Optional
        from fastapi import Depends, FastAPI, Header, Query
        from pydantic import BaseModel, ConfigDict, Field
        from pydantic.alias_generators import to_camel

        class Aliased(BaseModel):
            model_config = ConfigDict(extra="forbid")
            first_name: str = Field(alias="firstName")
            odd: str = Field("", alias="odd-name")
            read: str = Field("", validation_alias="readAs")

        class Populated(Aliased):
            model_config = ConfigDict(populate_by_name=True)

        class Camel(BaseModel):
            model_config = ConfigDict(alias_generator=to_camel)
            user_id: int

        class Extra(BaseModel):
            model_config = ConfigDict(extra="allow")
            user_id: int

        class Described(BaseModel):
            a: int = Query(3, alias="aa")
            b: List[str] = Query([])
            c: Annotated[str, Header()] = ""

        @dataclasses.dataclass
        class Record:
            a: int = dataclasses.field(default=3)
            made: List[str] = dataclasses.field(default_factory=list)
            named: List[str] = Query([])
            head: Annotated[str, Header()] = ""

        class Loose(BaseModel):
            a: int
            b: int = 3

            def __init__(self, a: str, **data):
                super().__init__(a=a, **data)

        class Loosest(BaseModel):
            a: int
            b: int = 3

            def __init__(self, **kw):
                super().__init__(**kw)

        class LooseExtra(BaseModel, extra="allow"):
            a: int

            def __init__(self, **kw):
                super().__init__(**kw)

        class Old(BaseModel):
            extra_data: int

            class Config:
                extra = "allow"

        class Both(BaseModel):
            a: int = Field(alias="one", validation_alias="two")

        class Keyword(BaseModel):
            a: int = Field(alias="class")

        class Options(BaseModel):
            a: Annotated[int, Field(ge=1)]
            b: Annotated[List[int], Query()]
            c: Optional[int] = Field(None, alias="cc")
            e: int = Field(3, exclude=True)

        class Pair(NamedTuple):
            a: int
            b: int = 3

        app = FastAPI()

        @app.get("/Aliased")
        def read_aliased(x: Aliased = Depends()): ...

        @app.get("/Populated")
        def read_populated(x: Populated = Depends()): ...

        @app.get("/Camel")
        def read_camel(x: Camel = Depends()): ...

        @app.get("/Extra")
        def read_extra(x: Extra = Depends()): ...

        @app.get("/Described")
        def read_described(x: Described = Depends()): ...

        @app.get("/Record")
        def read_record(x: Record = Depends()): ...

        @app.get("/Loose")
        def read_loose(x: Loose = Depends()): ...

        @app.get("/Loosest")
        def read_loosest(x: Loosest = Depends()): ...

        @app.get("/LooseExtra")
        def read_looseextra(x: LooseExtra = Depends()): ...

        @app.get("/Old")
        def read_old(x: Old = Depends()): ...

        @app.get("/Both")
        def read_both(x: Both = Depends()): ...

        @app.get("/Keyword")
        def read_keyword(x: Keyword = Depends()): ...

        @app.get("/Options")
        def read_options(x: Options = Depends()): ...

        @app.get("/Pair")
        def read_pair(x: Pair = Depends()): ...
        """,
    "attributes_that_a_method_looks_up": """
        from fastapi import FastAPI, status as real

        class Compatible:
            def __getattr__(self, name):
                renamed = {"GONE": "HTTP_410_GONE"}
                if name in renamed:
                    return getattr(real, renamed[name])
                return getattr(real, name)

        status = Compatible()
        app = FastAPI()

        @app.post("/a", status_code=status.HTTP_201_CREATED)
        def a(): ...

        @app.post("/b", status_code=status.GONE)
        def b(): ...
        """,
    "lists_that_a_switch_picks_and_a_function_copies": """
        import os
        from fastapi import APIRouter, Depends, FastAPI

        def limited(): ...
        def user(): ...
        def audited(): ...

        limits = [] if os.getenv("UNLIMITED") else [Depends(limited)]

        def make(authenticated: bool):
            given = list(limits)
            if authenticated:
                given.append(Depends(user))
            router = APIRouter(dependencies=given)

            @router.get("/x")
            def x(): ...
            return router

        after = Depends(audited)
        either = [after] if os.getenv("UNLIMITED") else [Depends(limited), after]
        app = FastAPI()
        app.include_router(make(True))

        @app.get("/y", dependencies=either)
        def y(): ...
        """,
}
