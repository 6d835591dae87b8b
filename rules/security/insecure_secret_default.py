"""A default for a secret.

## What it does
Reports a literal that takes the place of a secret which is not configured: the default of an environment variable (`os.getenv`,
`os.environ.get(...) or ...`, starlette's `Config`, `decouple`, `environs`, a function of the project around one of these), of a field
of a settings class, of a parameter. What counts is a name that says secret (`SECRET_KEY`, `smtp_password`, `api_key`; not `token_url`
or `password_min_length`), a URL with a password, or that the value is used as a key or password somewhere. The value is never
printed. Tests are left out.

## Why is this bad?
The deployment that forgets the variable starts without a word and runs on a secret that everyone can read. Without the default it
would not start.

## Bad
```python
from fastapi import FastAPI
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    session_secret: str = "change-me"


app = FastAPI()
app.state.settings = Settings()
```

```python
import hashlib
import hmac
import os

from fastapi import FastAPI

app = FastAPI()
key = os.getenv("SIGNING_KEY", "change-me")


@app.get("/signature")
def sign(text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
```

## Good
```python
from fastapi import FastAPI
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    session_secret: str


app = FastAPI()
app.state.settings = Settings()
```

```python
import hashlib
import hmac
import os

from fastapi import FastAPI

app = FastAPI()
key = os.environ["SIGNING_KEY"]


@app.get("/signature")
def sign(text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
```

## Known misses
A default that is put in by an `if` or an `except`; where such a value is used as a key or password, `hardcoded-secret` reports it. Empty
defaults, placeholders for the key of somebody else's API and trivial passwords of a database on this machine are left alone.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.rule import Rule

rule = Rule("FAL302")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for exposure in project.secrets:
        if exposure.kind == "default":
            message = f"{exposure.what}, known to every reader of the source"
            yield Finding(exposure.place, message, None, exposure.trace, exposure.symbol)
