"""A response that holds a password, a key or another secret.

## What it does
Reports a field of a response schema whose name says that it is a password or its hash, a secret, a key, a token, a
social security or card number. The schema is resolved through lists, unions, generic and nested models and base
classes, in whatever modules they are. Without a schema, so are the objects that the handler returns (models,
dataclasses, tables of an ORM), their `model_dump()`, and dictionaries that it builds. The finding stands at the field,
once for each route that sends it, since each is a door of its own, and the trace shows the way; a field that more than
a dozen routes send is one finding.

## Why is this bad?
Whoever may call the endpoint gets the value, and so do logs, caches and browser histories on the way. A leaked password
hash is cracked at leisure, a leaked key used at once.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class User(BaseModel):
    name: str
    hashed_password: str


@app.get("/users")
def list_users() -> list[User]:
    return [User(name="emma", hashed_password="$2b$12$8KZ")]
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class User(BaseModel):
    name: str


class StoredUser(User):
    hashed_password: str


@app.get("/users")
def list_users() -> list[User]:
    return [StoredUser(name="emma", hashed_password="$2b$12$8KZ")]
```

Or keep the field out of every response:

```python
from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()


class User(BaseModel):
    name: str
    hashed_password: str = Field(exclude=True)


@app.get("/users")
def list_users() -> list[User]:
    return [User(name="emma", hashed_password="$2b$12$8KZ")]
```

## Options
`sensitive-names` in the configuration adds names, which are compared word by word with the end of a field's name.

Left alone: `SecretStr`, booleans, numbers and times, `exclude=True`, `response_model_include` and
`response_model_exclude`, private attributes, fields that a serializer or validator replaces, names that say something
about a secret (`token_type`, `password_changed_at`, `has_api_key`), and the tokens, keys and secrets that an endpoint
is there to hand out: a sign-in that returns tokens, the creation of an API key that returns the key. Never that of a
password.

## Known misses
Secrets under an innocent name, schemas and values that cannot be resolved, columns of tables that are made without a
class, and dictionaries whose values are the result of a call.

## Fix safety
Shown only: whether a client needs the field is not for a linter to decide.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Finding, Fix, Insert, Replace, SetKeyword
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting.classes import externals
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import Instance
from fastapi_lint.project.models.exposure import Exposure, exposures
from fastapi_lint.project.models.fields import SchemaField
from fastapi_lint.project.models.kinds import kind_of
from fastapi_lint.rule import Rule

rule = Rule("FAL303", severity="error", fix="display")

MANY = 12
"""Routes that give away the same field: it is a finding for each up to here, and one for all beyond."""


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    found: dict[Anchor, dict[FunctionDefinition, Exposure]] = {}
    for route in project.routes:
        if route.function is None or project.is_test(route.function.definition.module.path):
            continue
        for exposure in exposures(project, route, ctx.settings.sensitive_names):
            by_handler = found.setdefault(exposure.anchor, {})
            known = by_handler.get(exposure.handler)
            if known is None or len(exposure.steps) < len(known.steps):
                by_handler[exposure.handler] = exposure
    for anchor, exposed in found.items():
        if len(exposed) > MANY:
            exposure = min(exposed.values(), key=lambda one: len(one.steps))
            message = (
                f"`{exposure.name}` reaches the client through {len(exposed)} routes: {_route(exposure)} is one of them"
            )
            yield Finding(anchor, message, _fix(project, exposure.field), exposure.steps, exposure.symbol)
            continue
        for exposure in exposed.values():
            yield Finding(anchor, _message(exposure), _fix(project, exposure.field), exposure.steps, exposure.symbol)


def _message(exposure: Exposure) -> str:
    return f"`{exposure.name}` reaches the client: {_route(exposure)} returns {exposure.answer}"


def _route(exposure: Exposure) -> str:
    return f"`{'/'.join(exposure.route.methods) or '?'} {exposure.handler.name}`"


def _fix(project: Project, field: SchemaField | None) -> Fix | None:
    """`exclude=True`, where a pydantic model declares the field in its body."""
    if field is None or kind_of(project.it, field.owner) != "model" or field.is_generated:
        return None
    title = f"Keep `{field.name}` out of every response"
    default = field.assigned
    if type(default) is Instance and default.class_name.endswith(".Field") and default.site is not None:
        return Fix(title, (SetKeyword(default.site, "exclude", ("True",)),), "display")
    if type(default) is Instance and default.site is not None:
        return None  # a call that says more than a default: `Query(...)`, `Column(...)`
    library = "sqlmodel" if any(name.startswith("sqlmodel.") for name in externals(field.owner)) else "pydantic"
    function = AddImport(field.anchor.path, library, "Field")
    if default is None:
        annotation = field.anchor.of("annotation.annotation")
        return Fix(title, (Insert(annotation, "after", (" = ", function, "(exclude=True)")),), "display")
    value = field.anchor.of("value")
    return Fix(title, (Replace(value, (function, "(default=", value, ", exclude=True)")),), "display")
