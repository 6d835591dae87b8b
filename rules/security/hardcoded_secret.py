"""A secret that is written in the source.

## What it does
Reports a literal that ends up where a secret belongs: the key of a JSON web token, of a session or of a signature, a password
argument, a database URL with a password, the key of an API client, an `Authorization` header, what a dependency compares a token with.
The literal is followed through constants, attributes, enumerations, dictionaries and functions, in other modules too. It is reported
where it is written, and the trace shows where it is used. Tokens that give themselves away by their format (of AWS, GitHub, Stripe,
Slack and some thirty others, private keys, signed JSON web tokens) are reported wherever they stand, comments included.

A telling name is no reason by itself, except for a value that looks made by a generator. The value is never printed. Tests are
left out.

## Why is this bad?
Everyone who can read the repository, its history, a wheel or a container image can sign tokens, log in and call the paid API as the
application. Changing the secret takes a release.

## Bad
```python
from datetime import datetime, timedelta, timezone

import jwt
from fastapi import FastAPI

SECRET_KEY = "corner-shop-signing-key"

app = FastAPI()


@app.get("/token")
def issue_token(subject: str) -> str:
    expires = datetime.now(timezone.utc) + timedelta(minutes=15)
    return jwt.encode({"sub": subject, "exp": expires}, SECRET_KEY, algorithm="HS256")
```

```python title="app/keys.py"
PARTNER = "wholesale-7b1d20c4"
```

```python title="app/main.py"
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException

from app import keys


def require_partner(x_partner_key: Annotated[str, Header()]) -> None:
    if x_partner_key != keys.PARTNER:
        raise HTTPException(403, "Unknown partner")


app = FastAPI(dependencies=[Depends(require_partner)])
```

## Good
```python
import os
from datetime import datetime, timedelta, timezone

import jwt
from fastapi import FastAPI

SECRET_KEY = os.environ["SECRET_KEY"]

app = FastAPI()


@app.get("/token")
def issue_token(subject: str) -> str:
    expires = datetime.now(timezone.utc) + timedelta(minutes=15)
    return jwt.encode({"sub": subject, "exp": expires}, SECRET_KEY, algorithm="HS256")
```

## Known misses
A secret in a file that is not Python, a value that is computed, a function that the linter does not know and whose parameter has no
telling name. A placeholder for the key of somebody else's API (`"EMPTY"`, `"your-api-key"`) and a trivial password for a database on
this machine are left alone.

## Fix safety
Unsafe: the program stops with a `KeyError` where the environment variable is not set, and a secret that has been published must be
replaced. For a constant that is called a default the fix is only shown: where nobody sets the variable, the module could no longer be imported.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Applicability, Finding, Fix, Replace
from fastapi_lint.project import Project
from fastapi_lint.project.secrets import Exposure
from fastapi_lint.rule import Rule

rule = Rule("FAL301", severity="error", fix="unsafe")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for exposure in project.secrets:
        if exposure.kind == "literal":
            message = f"{exposure.what}, known to every reader of the source"
            yield Finding(exposure.place, message, _fix(exposure), exposure.trace, exposure.symbol)


def _fix(exposure: Exposure) -> Fix | None:
    place, name = exposure.place, exposure.variable
    if exposure.literal is None or not name or not isinstance(place, Anchor):
        return None
    encoded = ".encode()" if exposure.literal == "bytes" else ""
    text = (AddImport(place.path, "os"), f'.environ["{name}"]{encoded}')
    fallback = "default" in name.lower().split("_")  # a module that needs it to be set could no longer be imported
    applicability: Applicability = "display" if fallback else "unsafe"
    return Fix(f"Read it from the environment variable `{name}`", (Replace(place, text),), applicability)
