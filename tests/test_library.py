"""The library data: well-formed, closed under its own names, and true of whatever is installed here."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import pytest

from fastapi_lint.library import (
    CONFIGURED,
    HARMLESS,
    TIERS,
    ClassEntry,
    Entry,
    Library,
    TypeExpression,
    type_expression,
)
from fastapi_lint.library_data import document, entry, package, packages
from fastapi_lint.project.interpreting import views
from fastapi_lint.project.interpreting.routing import APPLICATIONS, DECLARING, ROUTERS

PACKAGES = sorted(packages())
LIBRARY = Library()

TABLES = {"aliases", "functions", "modules", "variables", "classes"}
GROUPS = {"harmless", "coroutines", "blocking", "returning"}
CLASS_KEYS = GROUPS | {
    "bases",
    "subclasses",
    "parameters",
    "constructor",
    "attributes",
    "methods",
    "iterates",
    "iteration_blocks",
    "async_iterates",
    "enters",
    "enter_blocks",
    "exit_blocks",
    "async_enters",
    "awaits",
    "shown",
}
FLAG_KEYS = {"async", "generator", "takes_coroutine", "property"}
ARGUMENT_KEYS = {"runs_in_thread", "runs_on_loop", "calls", "consumes"}

OTHER_VERSIONS = {
    "telnetlib": "removed in Python 3.13",
    "pathlib.Path.walk": "new in Python 3.12",
    "asyncio.timeout": "new in Python 3.11",
    "asyncio.timeout_at": "new in Python 3.11",
    "asyncio.Timeout": "new in Python 3.11",
    "asyncio.TaskGroup": "new in Python 3.11",
    "asyncio.Runner": "new in Python 3.11",
    "asyncio.Barrier": "new in Python 3.11",
    "redis.asyncio.client.PubSub.ssubscribe": "new in redis 6",
    "redis.asyncio.client.PubSub.sunsubscribe": "new in redis 6",
    "openai.ChatCompletion": "removed in openai 1",
    "openai.Completion": "removed in openai 1",
    "openai.Embedding": "removed in openai 1",
    "openai.Image": "removed in openai 1",
    "openai.Moderation": "removed in openai 1",
    "openai.Audio": "removed in openai 1",
}
"""Names that some supported version of Python or of a library does not have."""

MADE_AT_RUN_TIME = {
    "boto3.resources.base.ServiceResource": "subclasses are built from service descriptions",
    "boto3.resources.collection.CollectionManager": "subclasses are built from service descriptions",
    "django.db.models.Model.objects": "is given to subclasses",
    "django.db.models.Model._default_manager": "is given to subclasses",
    "openai._resource": "stands for every resource class",
    "anthropic._resource": "stands for every resource class",
    "groq._resource": "stands for every resource class",
    "mistralai.client.basesdk": "stands for every resource class",
    "stripe._stripe_service": "stands for every service class",
    "twilio.base.version.Version": "stands for every list, context and instance class",
}
"""Classes and modules whose members cannot be looked up."""

STANDS_IN = {
    "sqlalchemy.orm.scoped_session": "has the methods of the session that it hands on to",
    "sqlalchemy.ext.asyncio.async_scoped_session": "has the methods of the session that it hands on to",
    "redis.RedisCluster": "has the commands of the client",
    "redis.asyncio.RedisCluster": "has the commands of the client",
    "starlette.testclient.TestClient": "httpx2 is httpx",
    "authlib.integrations.httpx_client": "httpx2 is httpx",
}
"""Classes whose bases in the data are not their bases in the code."""

RETURN_AN_AWAITABLE = (
    "redis.asyncio.",
    "builtins.anext",
    "anyio.getnameinfo",
    "anyio.wait_readable",
    "anyio.wait_writable",
    "starlette.requests.Request.form",
    "sqlalchemy.ext.asyncio.AsyncEngine.connect",
    "aiofiles.open",
    "aiofiles.tempfile.",
    "aiohttp.request",
    "aiohttp.ClientSession.",
    "aiosqlite.connect",
    "asyncpg.create_pool",
    "asyncpg.Pool.acquire",
    "authlib.integrations.httpx_client.AsyncOAuth2Client.",
    "beanie.odm.queries.find.",
    "motor.",
    "tortoise.",
    "websockets.",
    "aio_pika.Connection.channel",
    "weaviate.WeaviateAsyncClient.",
)
"""Where a plain function returns something to await."""


HOLD_A_CALLABLE = {
    "celery.Celery.AsyncResult": "a class",
    "celery.Celery.GroupResult": "a class",
    "celery.app.control.Control.inspect": "a class",
    "huggingface_hub.inference._client.ProxyClientChatCompletions.create": "a bound method",
}
"""Properties whose value is called."""


ENGINE = {*APPLICATIONS, *ROUTERS, *DECLARING, *views.SPECIAL, "fastapi_class.endpoint"}
"""What the model of applications knows by itself."""


def test_data_files_are_listed() -> None:
    assert {"builtins", "os", "requests", "sqlalchemy"} <= set(PACKAGES)


@pytest.mark.parametrize("name", PACKAGES)
def test_schema(name: str) -> None:
    data = document(name)
    assert set(data) <= TABLES, set(data) - TABLES
    problems = [
        *(f"{key}: {problem}" for key, value in data.get("functions", {}).items() for problem in entry_problems(value)),
        *(f"{key}: {problem}" for key, value in data.get("modules", {}).items() for problem in group_problems(value)),
        *(
            f"{key}: {problem}"
            for key, value in data.get("classes", {}).items()
            for problem in class_problems(key, value)
        ),
        *(f"{key}: {problem}" for key, value in data.get("variables", {}).items() for problem in type_problems(value)),
        *(
            f"alias {key} means nothing: {value}"
            for key, value in data.get("aliases", {}).items()
            if not stands(value) and value not in ENGINE
        ),
    ]
    assert not problems, "\n".join(problems)
    owned = [*data.get("aliases", {}), *package(name).functions, *package(name).variables, *package(name).classes]
    assert not [key for key in owned if key.partition(".")[0] != name], "in the wrong file"
    known = [key for key in owned if key not in data.get("aliases", {})]
    assert not [key for key in known if LIBRARY.canonical(key) != key], "not spelt canonically"


def entry_problems(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        value = {"blocks": value}
    for key, item in value.items():
        if key in ("blocks", "in_memory"):
            if item not in TIERS:
                yield f"no tier: {item}"
        elif key in ("returns", "decorates"):
            yield from type_problems(item)
        elif key in FLAG_KEYS:
            if item is not True:
                yield f"{key} is true or absent"
        elif key in ARGUMENT_KEYS:
            if not is_argument(item):
                yield f"{key} is a position or a keyword"
        elif key in ("when", "unless"):
            if not isinstance(item, list) or not all(map(is_argument, item)):
                yield f"{key} is a list of positions and keywords"
        elif key == "instead":
            if "." in item and LIBRARY.function(item) is None:
                yield f"unknown twin: {item}"
        else:
            yield f"unknown key: {key}"
    if value.get("async") and value.get("blocks"):
        yield "a coroutine function does not block"


def is_argument(item: Any) -> bool:
    return isinstance(item, int | str) and not isinstance(item, bool)


def group_problems(table: dict[str, Any]) -> Iterator[str]:
    yield from (f"unknown key: {key}" for key in table.keys() - GROUPS)
    yield from (f"no tier: {name}" for name in table.get("blocking", {}).keys() - set(TIERS))
    for returns in table.get("returning", {}):
        yield from type_problems(returns)
    names = members(table)
    yield from (f"{name} twice" for name in sorted({name for name in names if names.count(name) > 1}))


def members(table: Mapping[str, Any]) -> list[str]:
    groups = [*table.get("blocking", {}).values(), *table.get("returning", {}).values()]
    names = [name for group in (table.get("harmless", []), table.get("coroutines", []), *groups) for name in group]
    return [*names, *table.get("methods", {})]


def class_problems(name: str, table: dict[str, Any]) -> Iterator[str]:
    yield from (f"unknown key: {key}" for key in table.keys() - CLASS_KEYS)
    yield from group_problems({key: value for key, value in table.items() if key in GROUPS})
    known = members(table)
    yield from (f"{member} twice" for member in sorted({member for member in known if known.count(member) > 1}))
    for member, value in table.get("methods", {}).items():
        yield from (f"{member}: {problem}" for problem in entry_problems(value))
    yield from entry_problems(table.get("constructor", {}))
    yield from (f"unknown base: {base}" for base in table.get("bases", []) if not LIBRARY.is_class(base))
    if "*" in table.get("attributes", {}) and "*" in table.get("methods", {}):
        yield "an attribute that is not listed would hide the methods that are not listed"
    yield from (f"no tier: {table[key]}" for key in table if key.endswith("_blocks") and table[key] not in TIERS)
    types = [*table.get("attributes", {}).values(), *filter(None, table.get("parameters", {}).values())]
    types += [table[key] for key in ("iterates", "async_iterates", "enters", "async_enters", "awaits") if key in table]
    for text in types:
        yield from type_problems(text)


def type_problems(text: str) -> Iterator[str]:
    yield from (f"unknown type: {name}" for name in names_of(type_expression(text)) if not is_type(name))


def names_of(expression: TypeExpression) -> Iterator[str]:
    yield expression.name
    for argument in expression.arguments:
        yield from names_of(argument)


def is_type(name: str) -> bool:
    return name in ("self", "arg0", "arg0.T", "T", "K", "V", "keyword.class_") or (
        LIBRARY.is_class(name) and LIBRARY.canonical(name) == name
    )


def stands(name: str) -> bool:
    """Whether a name is known, leads to one that is, or is the front of one."""
    name = LIBRARY.canonical(name)
    known = package(name.partition(".")[0])
    every = [*known.functions, *known.classes, *known.variables, *known.aliases]
    return any(key == name or key.startswith(f"{name}.") for key in every)


def everything() -> Iterator[tuple[str, Entry]]:
    for name in PACKAGES:
        yield from package(name).functions.items()
        for cls in package(name).classes:
            yield from ((f"{cls}.{method}", value) for method, value in own_methods(cls))


def own_methods(cls: str) -> Iterator[tuple[str, Entry]]:
    table = package(cls.partition(".")[0]).classes[cls]
    resolved = LIBRARY.cls(cls)
    assert resolved is not None
    yield from ((name, resolved.methods[name]) for name in members(table) if "*" not in name)


def installed(name: str) -> bool:
    top = name.partition(".")[0]
    return top in sys.stdlib_module_names or importlib.util.find_spec(top) is not None


def excused(name: str, reasons: dict[str, str]) -> bool:
    return any(name == key or name.startswith(f"{key}.") for key in reasons)


@pytest.fixture(scope="module", autouse=True)
def _settings() -> None:
    """Django's models can be imported only by a project."""
    if installed("django"):
        settings = importlib.import_module("django.conf").settings
        if not settings.configured:
            settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"])
            importlib.import_module("django").setup()


@functools.cache
def found(name: str) -> Any:
    """The object of a dotted name. Raises ImportError or AttributeError."""
    top, *parts = name.split(".")
    value = importlib.import_module(top)
    for part in parts:
        if not hasattr(value, part) and isinstance(value, ModuleType):
            with contextlib.suppress(ModuleNotFoundError):
                importlib.import_module(f"{value.__name__}.{part}")
        value = getattr(value, part)
    return value


def reachable(name: str) -> bool:
    """A submodule of an installed package may be a distribution of its own, or need one that is missing."""
    try:
        found(name)
    except ImportError:
        return False
    except AttributeError:
        return True
    return True


def skip_old_standard_library(name: str) -> None:
    if name in sys.stdlib_module_names and sys.version_info < (3, 11):
        pytest.skip("the data also names what newer versions of the standard library have")


@pytest.mark.parametrize("name", [name for name in PACKAGES if installed(name)])
def test_functions_are_what_the_data_says(name: str) -> None:
    skip_old_standard_library(name)
    problems = []
    for function, value in package(name).functions.items():
        if excused(function, OTHER_VERSIONS) or excused(function, MADE_AT_RUN_TIME) or not reachable(function):
            continue
        try:
            problems += [f"{function}: {problem}" for problem in untruths(function, found(function), value)]
        except AttributeError as error:
            problems.append(f"{function}: {error}")
    assert not problems, "\n".join(problems)


def untruths(name: str, value: Any, said: Entry) -> Iterator[str]:
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    if isinstance(value, property | functools.cached_property) or inspect.isgetsetdescriptor(value):
        if not said.is_property and not excused(name, HOLD_A_CALLABLE):
            yield "is a property"
        return
    if not callable(value) and not hasattr(type(value), "__get__"):
        yield "cannot be called"
    coroutine = inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(inspect.unwrap(value))
    if said.coroutine and not said.generator and not (coroutine or name.startswith(RETURN_AN_AWAITABLE)):
        yield "is no coroutine function"
    if not said.coroutine and coroutine:
        yield "is a coroutine function"
    if said.coroutine and said.generator and inspect.isgeneratorfunction(value):
        yield "is a generator function"
    if said.blocks and not said.generator and inspect.isgeneratorfunction(value):
        yield "is a generator function"
    if said.is_property:
        yield "is no property"


@pytest.mark.parametrize("name", [name for name in PACKAGES if installed(name)])
def test_classes_are_what_the_data_says(name: str) -> None:
    skip_old_standard_library(name)
    problems = []
    for cls in package(name).classes:
        if excused(cls, OTHER_VERSIONS) or not reachable(cls):
            continue
        try:
            actual = found(cls)
        except AttributeError as error:
            problems.append(f"{cls}: {error}")
            continue
        if not isinstance(actual, type):
            actual = type(actual())
        with contextlib.suppress(ImportError):  # a name that stands in for what another package would bring
            problems += [f"{cls}: {problem}" for problem in class_untruths(cls, actual)]
    assert not problems, "\n".join(problems)


def class_untruths(name: str, actual: type) -> Iterator[str]:
    said = LIBRARY.cls(name)
    assert said is not None
    home = LIBRARY.canonical(f"{actual.__module__}.{actual.__qualname__}")
    if home != name and home in package(home.partition(".")[0]).classes:
        yield f"is {home}"
    if not excused(name, STANDS_IN):
        bases = package(name.partition(".")[0]).classes[name].get("bases", [])
        yield from (f"is no subclass of {base}" for base in bases if not descends(actual, base))
    if excused(name, MADE_AT_RUN_TIME):
        return
    for method, value in own_methods(name):
        if excused(f"{name}.{method}", OTHER_VERSIONS):
            continue
        member = inspect.getattr_static(actual, method, None)
        if member is None and not (hasattr(actual, method) or delegates(actual) or sets(actual, method)):
            yield f"has no {method}"
        elif member is not None:
            yield from (f"{method} {problem}" for problem in untruths(f"{name}.{method}", member, value))
    yield from (f"has no {attribute}" for attribute in unknown_attributes(name, said, actual))


def descends(actual: type, base: str) -> bool:
    expected = found(base)
    return not isinstance(expected, type) or issubclass(actual, expected)


def delegates(actual: type) -> bool:
    return hasattr(actual, "__getattr__")


def unknown_attributes(name: str, said: ClassEntry, actual: type) -> Iterator[str]:
    own = package(name.partition(".")[0]).classes[name].get("attributes", {})
    if delegates(actual):
        return
    for attribute in own:
        if excused(f"{name}.{attribute}", MADE_AT_RUN_TIME):
            continue
        if attribute != "*" and not hasattr(actual, attribute) and not sets(actual, attribute):
            yield attribute


def sets(actual: type, attribute: str) -> bool:
    """Whether the class's source annotates the attribute or sets it on its instances."""
    mention = re.compile(rf"\bself\.{attribute}\b|^    +{attribute}:", re.MULTILINE)
    return any(
        mention.search(source_of(cls)) or attribute in inspect.get_annotations(cls) for cls in actual.__mro__[:-1]
    )


@functools.cache
def source_of(cls: type) -> str:
    for value in (cls, vars(cls).get("__init__")):
        try:
            return inspect.getsource(value)  # type: ignore[arg-type]
        except (OSError, TypeError):
            continue
    return ""


# The questions.


def test_every_spelling_is_one_name() -> None:
    assert LIBRARY.canonical("fastapi.responses.JSONResponse") == "starlette.responses.JSONResponse"
    assert LIBRARY.canonical("redis.client.StrictRedis") == "redis.Redis"
    assert LIBRARY.canonical("sqlalchemy.orm.session.Session.execute") == "sqlalchemy.orm.Session.execute"
    assert LIBRARY.canonical("sqlmodel.create_engine") == "sqlalchemy.create_engine"
    assert LIBRARY.canonical("somewhere.else_entirely") == "somewhere.else_entirely"


def test_a_name_that_the_data_knows_is_no_alias() -> None:
    assert LIBRARY.canonical("fastapi.responses.ORJSONResponse") == "fastapi.responses.ORJSONResponse"


def test_functions() -> None:
    assert LIBRARY.function("requests.get") == Entry(blocks="network", returns="requests.Response")
    assert LIBRARY.function("time.sleep") == Entry(blocks="sleep", awaitable_twin="asyncio.sleep")
    assert LIBRARY.function("asyncio.sleep") == Entry(coroutine=True)
    assert LIBRARY.function("os.path.join") == Entry(returns="str")
    assert LIBRARY.function("requests.no_such_function") is None
    assert LIBRARY.function("no_such_package.function") is None
    assert LIBRARY.function("open") is None


def test_a_function_may_be_reached_through_a_class_or_a_variable() -> None:
    assert LIBRARY.function("pathlib.Path.read_text") == LIBRARY.method("pathlib.Path", "read_text")
    assert LIBRARY.function("sqlmodel.SQLModel.metadata.create_all") == Entry(blocks="database")
    assert LIBRARY.function("sys.stdin.readline") == Entry(blocks="input")
    assert LIBRARY.variable("sys.stdin") == "io.TextIOWrapper"
    assert LIBRARY.variable("sys.no_such_variable") is None


def test_methods_are_inherited_and_listed_ones_come_before_the_rest() -> None:
    assert LIBRARY.method("sqlmodel.Session", "commit") == Entry(blocks="database")
    assert LIBRARY.method("sqlmodel.Session", "add") == HARMLESS
    assert LIBRARY.method("sqlmodel.Session", "no_such_method") is None
    assert LIBRARY.method("redis.Redis", "hgetall") == Entry(blocks="network")
    assert LIBRARY.method("redis.Redis", "close") == HARMLESS
    assert LIBRARY.method("redis.Redis", "__len__") is None
    assert LIBRARY.method("redis.asyncio.Redis", "hgetall") == Entry(coroutine=True)
    assert LIBRARY.method("mylib.Client", "fetch") is None


def test_the_awaited_session_does_not_block() -> None:
    execute = LIBRARY.method("sqlalchemy.ext.asyncio.AsyncSession", "execute")
    assert execute == Entry(coroutine=True, returns="sqlalchemy.engine.Result[arg0.T]")
    assert LIBRARY.method("sqlalchemy.engine.Result", "all") == HARMLESS


def test_attributes() -> None:
    assert LIBRARY.attribute("fastapi.UploadFile", "file") == "tempfile.SpooledTemporaryFile"
    assert LIBRARY.attribute("pymongo.MongoClient", "any_database") == "pymongo.database.Database"
    assert LIBRARY.attribute("pymongo.MongoClient", "_private") is None
    assert LIBRARY.attribute("pymongo.MongoClient", "list_databases") is None
    assert LIBRARY.attribute("requests.Session", "no_such_attribute") is None


def test_classes() -> None:
    session = LIBRARY.cls("sqlmodel.Session")
    assert session is not None
    assert session.ancestors == ("sqlalchemy.orm.Session",)
    file = LIBRARY.cls("io.TextIOWrapper")
    assert file is not None
    assert (file.iterates, file.iteration_blocks, file.enters) == ("str", "disk", "self")
    assert LIBRARY.is_subclass("fastapi.responses.FileResponse", "fastapi.Response")
    assert not LIBRARY.is_subclass("fastapi.Response", "fastapi.responses.FileResponse")
    assert not LIBRARY.is_subclass("mylib.Client", "builtins.object")
    assert LIBRARY.is_class("pathlib.Path")
    assert not LIBRARY.is_class("os.path.join")


def test_constructors_are_inherited() -> None:
    smtp = LIBRARY.cls("smtplib.SMTP_SSL")
    assert smtp is not None
    assert smtp.constructor.blocks == "network"


def test_what_a_call_passes_decides_whether_it_blocks() -> None:
    percent = LIBRARY.function("psutil.cpu_percent")
    acquire = LIBRARY.method("threading.Lock", "acquire")
    read = LIBRARY.function("pandas.read_csv")
    assert percent is not None
    assert acquire is not None
    assert read is not None
    assert percent.tier_of(0, (), in_memory=False) is None
    assert percent.tier_of(1, (), in_memory=False) == "sleep"
    assert percent.tier_of(0, ("interval",), in_memory=False) == "sleep"
    assert acquire.tier_of(0, (), in_memory=False) == "lock"
    assert acquire.tier_of(0, ("blocking",), in_memory=False) is None
    assert acquire.tier_of(0, ("timeout",), in_memory=False) == "lock"
    assert (read.tier_of(1, (), in_memory=False), read.tier_of(1, (), in_memory=True)) == ("disk", "cpu")


def test_names_that_only_end_in_a_known_way() -> None:
    assert LIBRARY.method("stripe.Invoice", "send_invoice") == Entry(blocks="network")
    assert LIBRARY.method("stripe.Invoice", "send_invoice_async") == Entry(coroutine=True)
    assert LIBRARY.function("stripe.checkout.Session.create") == LIBRARY.method("stripe.APIResource", "create")


def test_a_factory_of_sessions_makes_sessions_unless_told_otherwise() -> None:
    factory = LIBRARY.cls("sqlalchemy.orm.sessionmaker")
    assert factory is not None
    assert (factory.parameters, factory.defaults) == (("T",), {"T": "sqlalchemy.orm.Session"})
    assert factory.constructor.returns == "sqlalchemy.orm.sessionmaker[keyword.class_]"


def test_a_class_that_stands_for_many_has_a_name_to_show() -> None:
    resource, session = LIBRARY.cls("openai._resource.SyncAPIResource"), LIBRARY.cls("requests.Session")
    assert resource is not None
    assert session is not None
    assert (resource.shown, session.shown) == ("openai.OpenAI", "requests.Session")
    library = Library(non_blocking_calls=["openai.OpenAI.create"])
    assert library.method("openai._resource.SyncAPIResource", "create") == HARMLESS


def test_type_expressions() -> None:
    row = TypeExpression("sqlalchemy.engine.Row")
    assert type_expression("list[sqlalchemy.engine.Row]") == TypeExpression("builtins.list", (row,))
    assert type_expression("dict[str, list[T]]").arguments[1] == TypeExpression("builtins.list", (TypeExpression("T"),))
    for text in ("", "list[", "list[]", "list]", "a | b", "list[str] x"):
        with pytest.raises(ValueError, match="not a type expression"):
            type_expression(text)


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(TypeError):
        entry({"block": "network"})


# The user's word.


def test_the_user_adds_blocking_calls() -> None:
    library = Library(blocking_calls=["mylib.Client.fetch", "mylib.slow_*", "requests.Response.json"])
    assert library.function("mylib.Client.fetch") == Entry(blocks=CONFIGURED)
    assert library.method("mylib.Client", "fetch") == Entry(blocks=CONFIGURED)
    assert library.function("mylib.slow_thing") == Entry(blocks=CONFIGURED)
    assert library.function("mylib.quick_thing") is None
    assert library.method("requests.Response", "json") == Entry(blocks=CONFIGURED)


def test_the_user_silences_calls() -> None:
    library = Library(non_blocking_calls=["requests.get", "redis.client.Redis.*", "sqlalchemy.orm.Session.commit"])
    assert library.function("requests.get") == Entry(returns="requests.Response")
    assert library.method("redis.Redis", "get") == HARMLESS
    assert library.method("sqlmodel.Session", "commit") == HARMLESS
    assert library.method("sqlmodel.Session", "flush") == Entry(blocks="database")


def test_the_users_constructor() -> None:
    library = Library(blocking_calls=["requests.Session"], non_blocking_calls=["smtplib.SMTP"])
    session, smtp = library.cls("requests.Session"), library.cls("smtplib.SMTP")
    assert session is not None
    assert smtp is not None
    assert (session.constructor.blocks, smtp.constructor.blocks) == (CONFIGURED, None)


def test_the_more_specific_word_wins() -> None:
    library = Library(blocking_calls=["mylib.*", "mylib.cache.*"], non_blocking_calls=["mylib.cache.get", "mylib.*"])
    assert library.user_says("mylib.cache.get") is False
    assert library.user_says("mylib.cache.put") is True
    assert library.user_says("mylib.other") is False
    assert library.user_says("elsewhere.other") is None
    assert Library().user_says("mylib.other") is None


def test_the_users_word_covers_what_the_data_calls_a_coroutine() -> None:
    library = Library(blocking_calls=["httpx.AsyncClient.get"])
    assert library.method("httpx.AsyncClient", "get") == Entry(blocks=CONFIGURED, returns="httpx.Response")
