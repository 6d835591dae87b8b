"""A client, an engine, a pool or a model that each request makes anew.

## What it does
Reports an HTTP client, a database engine or pool, a client of a store or of a service, or a machine-learning model that is made in the body of
a route or a dependency. Sessions that come out of a shared pool are fine, and so is what is kept: in a global, an attribute, or by a cache.

## Why is this bad?
Each of them has connections of its own. A new one means a new TCP and TLS handshake for each request, an engine means a whole pool that
nobody disposes of, and a model is read from disk each time.

## Bad
```python
import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/status")
async def read_status() -> int:
    async with httpx.AsyncClient(timeout=5) as client:
        answer = await client.get("https://example.org")
    return answer.status_code
```

## Good
```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(timeout=5) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/status")
async def read_status(request: Request) -> int:
    answer = await request.app.state.client.get("https://example.org")
    return answer.status_code
```

## Known misses
What a function makes that the route or dependency calls.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import CallSite, Project, keeping
from fastapi_lint.project.database import queries
from fastapi_lint.project.interpreting.values import External, known_members
from fastapi_lint.rule import Rule

rule = Rule("FAL603")

RESOURCES = {
    **dict.fromkeys(("httpx.AsyncClient", "httpx.Client", "aiohttp.ClientSession", "requests.Session", "requests.session"), "an HTTP client"),
    **dict.fromkeys(("sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine"), "a database engine"),
    **dict.fromkeys((
        "asyncpg.create_pool", "psycopg_pool.ConnectionPool", "psycopg_pool.AsyncConnectionPool", "aiomysql.create_pool", "psycopg2.pool.SimpleConnectionPool",
        "psycopg2.pool.ThreadedConnectionPool",
    ), "a connection pool"),
    **dict.fromkeys((
        "redis.Redis", "redis.StrictRedis", "redis.asyncio.Redis", "redis.from_url", "redis.Redis.from_url", "redis.asyncio.from_url",
        "redis.asyncio.Redis.from_url", "pymongo.MongoClient", "pymongo.AsyncMongoClient", "motor.motor_asyncio.AsyncIOMotorClient",
        "elasticsearch.Elasticsearch", "elasticsearch.AsyncElasticsearch", "boto3.client", "boto3.resource", "qdrant_client.QdrantClient",
        "qdrant_client.AsyncQdrantClient", "neo4j.GraphDatabase.driver", "neo4j.AsyncGraphDatabase.driver", "minio.Minio",
    ), "a client"),
    **dict.fromkeys((
        "openai.OpenAI", "openai.AsyncOpenAI", "openai.AzureOpenAI", "openai.AsyncAzureOpenAI", "anthropic.Anthropic", "anthropic.AsyncAnthropic",
    ), "an API client"),
    **dict.fromkeys((
        "sentence_transformers.SentenceTransformer", "transformers.pipeline", "joblib.load", "torch.load", "whisper.load_model", "spacy.load",
        "faster_whisper.WhisperModel", "llama_cpp.Llama",
    ), "a model"),
}  # fmt: skip


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    websockets = {
        route.function.definition for route in project.routes if route.is_websocket and route.function is not None
    }
    for definition, function in queries.served(project).items():
        if definition in websockets or queries.is_cached(definition) or definition.name == "__init__":
            continue
        kept: set[int] | None = None
        for site in project.it.analysis(function).sites:
            name = _made(site)
            if name is None:
                continue
            kept = keeping.kept(definition.node.body) if kept is None else kept
            if site.node.at not in kept and not _is_injected(site):
                yield Finding(
                    site.anchor,
                    f"`{definition.name}` makes {RESOURCES[name]} (`{name}`) for each request",
                    symbol=definition.qualname,
                )


def _made(site: CallSite) -> str | None:
    if site.kind != "call":
        return None
    names = [member.name if type(member) is External else "" for member in known_members(site.callee)]
    return names[0] if names and all(name in RESOURCES for name in names) else None


def _is_injected(site: CallSite) -> bool:
    """An HTTP client that is given an application or a transport talks to no network."""
    return bool({"app", "transport"} & site.arguments.keywords.keys())
