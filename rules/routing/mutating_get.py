"""A GET that changes something.

## What it does
Reports a GET or HEAD route that, itself or in a function of the project that it calls, commits to a database, deletes a row, or removes or
writes a file. Notes that something was asked for (`log_access`, `track_visit`), caches and temporary files are left alone, and so are the
routes that a browser can only reach by a link: callbacks of OAuth, confirmations, logins and logouts.

## Why is this bad?
Browsers, crawlers, proxies and link previews repeat and prefetch GET requests and take them to be harmless. A link in a mail or an image on
another site is enough to make one, with the user's cookies.

## Bad
```python
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()


@app.get("/notes/remove")
def remove_notes() -> None:
    Path("notes.txt").unlink()
```

## Good
```python
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()


@app.delete("/notes")
def remove_notes() -> None:
    Path("notes.txt").unlink()
```

## Known misses
Databases and stores that the linter does not know by type, and SQL text.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding, Step
from fastapi_lint.project import Operation, describe
from fastapi_lint.project.database import persisting
from fastapi_lint.rule import Rule
from fastapi_lint.sensitive import words

rule = Rule("FAL720", default=False)

BY_LINK = frozenset({
    "accept", "activate", "auth", "authorize", "authorized", "callback", "confirm", "login", "logout", "magic", "oauth", "oauth2", "oidc", "redirect", "saml", "signin", "signout",
    "sso", "unsubscribe", "verification", "verify",
})  # fmt: skip


@rule.on(Operation)
def check(operation: Operation, ctx: Context) -> Iterator[Finding]:
    function = operation.route.function
    if function is None or operation.method not in ("GET", "HEAD"):
        return
    definition = function.definition
    if not BY_LINK.isdisjoint({*words(definition.name), *words(operation.path or operation.route.path or "")}):
        return
    sites = persisting.change(ctx.project, function)
    if not sites:
        return
    yield Finding(
        sites[0].anchor,
        f"`{operation.method}` requests must not change anything: `{definition.name}` calls `{describe.called(sites[-1])}`",
        trace=tuple(Step(site.anchor, f"It calls `{describe.called(site)}`") for site in sites[1:]),
        symbol=definition.qualname,
    )
