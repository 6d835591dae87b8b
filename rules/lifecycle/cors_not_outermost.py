"""Middleware that answers before CORS has a say.

## What it does
Reports `CORSMiddleware` where middleware that was added later, and so stands outside of it, answers requests by itself: one that refuses, limits,
redirects, or turns errors into responses. Middleware that only changes what comes from inside, such as GZip, is harmless.

## Why is this bad?
What is added last is the outermost. An answer that is made outside of `CORSMiddleware` has no CORS headers, so the browser keeps it from the
page: instead of a 401 or 429 the page sees a network error, and a preflight request that is refused blocks every request.

## Bad
```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, Response

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://example.org"])


@app.middleware("http")
async def require_token(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if "token" not in request.headers:
        return JSONResponse({"detail": "no token"}, 401)
    return await call_next(request)
```

## Good
```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, Response

app = FastAPI()


@app.middleware("http")
async def require_token(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if "token" not in request.headers:
        return JSONResponse({"detail": "no token"}, 401)
    return await call_next(request)


app.add_middleware(CORSMiddleware, allow_origins=["https://example.org"])
```

## Known misses
Middleware whose class is not known, and that of libraries, but for the redirect to HTTPS, authentication whose backend refuses, and slowapi. An unknown host that
`TrustedHostMiddleware` refuses is no page's business, nor is an answer to a health check.

## Fix safety
Unsafe: preflight requests are answered before the other middleware sees them, and that is all who asks. Offered where both are added in one
block.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, Insert, Remark, Replace, Step
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.modules import chunk_of
from fastapi_lint.project.serving import answering
from fastapi_lint.project.serving.answering import Layer
from fastapi_lint.rule import Rule

rule = Rule("FAL808", fix="unsafe")

CORS = "CORSMiddleware"


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for made in project.it.routing.made:
        if not project.it.routing.is_application(made):
            continue
        layers = answering.layers(project, made)
        index = next((i for i, layer in enumerate(layers) if layer.name == CORS), None)
        if index is None:
            continue
        site = layers[index].site
        outside = [(layer, answering.answer(project, layer)) for layer in layers[:index]]
        found = [(layer, place) for layer, place in outside if place is not None]
        if not found or site is None or project.is_test(site.path):
            continue
        layer, _ = found[0]
        yield Finding(
            site,
            f"`{layer.name}` stands outside of `{CORS}`, and what it answers has no CORS headers",
            fix=_fix(project, layers[index], [layer for layer, _ in found]),
            trace=tuple(Step(at, f"`{one.name}` answers by itself") for one, at in found),
        )


def _fix(project: Project, cors: Layer, others: list[Layer]) -> Fix | None:
    """Put the statement behind the last of the others, where they stand in one block."""
    last = max(others, key=lambda layer: layer.added or 0)
    if cors.site is None or last.site is None or cors.added is None or last.added is None:
        return None
    path = cors.site.path
    frame = project.it.importer.frames.get(path)
    if last.site.path != path or frame is None:
        return None
    top = tuple(one for i in range(len(frame.module.chunks)) for one in frame.module.unit(i).statements)
    blocks = [top]
    if chunk_of(cors.site.at) == chunk_of(last.site.at):
        inside = frame.module.unit(chunk_of(cors.site.at)).statements
        bodies = (getattr(node, "body", ()) for node in s.walk(*inside, into_functions=True))
        blocks = [body for body in bodies if isinstance(body, tuple)]
    for block in blocks:
        own = next((one for one in block if _says(one, cors.site)), None)
        other = next((one for one in block if _says(one, last.site)), None)
        if own is not None and other is not None:
            place = Anchor(path, other.at) if type(other) is s.Function else last.site.of("statement")
            own_place = cors.site.of("statement")
            between = "\n\n" if block is top else "\n"
            gap = (between,) if type(other) is s.Function else ()
            edits = (Replace(own_place, ()), Insert(place, "after", (*gap, Remark(own_place), cors.site)))
            return Fix(f"Add `{CORS}` last", edits)
    return None


def _says(statement: s.Statement, site: Anchor) -> bool:
    """Whether a statement is that call, or a function with that decorator."""
    if type(statement) is s.Function:
        return any(decorator.at == site.at for decorator in statement.decorators)
    return type(statement) is s.ExpressionStatement and statement.value.at == site.at
