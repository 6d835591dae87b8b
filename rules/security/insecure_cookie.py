"""A session cookie that scripts or plain HTTP can see.

## What it does
Reports `set_cookie` for a cookie whose name says session, token or authentication where `httponly=True` or `secure=True` is missing, or
where `samesite="none"` comes without `secure`. CSRF cookies, which scripts must read, and cookies that are cleared are left alone, and so
are flags whose value is not known.

## Why is this bad?
Without `httponly` any script on the page can take the session away. Without `secure` it goes over plain HTTP for everyone on the way to
read.

## Bad
```python
from fastapi import FastAPI, Response

app = FastAPI()


@app.post("/login")
def login(response: Response, name: str) -> str:
    response.set_cookie("session", name, secure=True)
    return name
```

## Good
```python
from fastapi import FastAPI, Response

app = FastAPI()


@app.post("/login")
def login(response: Response, name: str) -> str:
    response.set_cookie("session", name, secure=True, httponly=True)
    return name
```

## Known misses
Cookies whose name is not known, and `Set-Cookie` headers that are written by hand.

## Fix safety
Adding `httponly` is safe, with one intended difference: scripts in the browser no longer see the cookie. Adding `secure` is unsafe:
where the service is reached over plain HTTP, the browser no longer sends it. So is a flag that was switched off in so many words: some
script may need the cookie.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Applicability, Finding, Fix, SetKeyword
from fastapi_lint.project import CallSite, Project
from fastapi_lint.project.interpreting.values import Const, Value
from fastapi_lint.project.written_calls import sites, spreads, symbol
from fastapi_lint.rule import Rule
from fastapi_lint.sensitive import words

rule = Rule("FAL317", fix="safe")

SESSION = frozenset(
    {
        "session",
        "sessionid",
        "sid",
        "token",
        "auth",
        "authorization",
        "jwt",
        "sessid",
        "credentials",
        "remember",
        "login",
    }
)
READABLE = frozenset(
    {"csrf", "xsrf", "csrftoken", "expired", "flag", "theme", "lang", "state", "is", "has", "type", "expires", "hint"}
)
POSITIONS = {"httponly": 7, "secure": 6, "samesite": 8}
"""Where `Response.set_cookie` takes its flags: key, value, max_age, expires, path, domain, secure, httponly, samesite."""


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in sites(project, "set_cookie"):
        if _is_set_cookie(site) and not spreads(site.node) and _is_session(site) and not _is_cleared(site):
            missing = [flag for flag in ("httponly", "secure") if _is_off(site.arguments.get(flag, POSITIONS[flag]))]
            if missing:
                yield Finding(site.anchor, _message(missing), fix=_fix(site, missing), symbol=symbol(site))


def _is_set_cookie(site: CallSite) -> bool:
    func = site.node.func
    return getattr(func, "attr", None) == "set_cookie"


def _is_session(site: CallSite) -> bool:
    key = site.arguments.get("key", 0)
    if type(key) is not Const or not isinstance(key.value, str):
        return False
    said = set(words(key.value))
    return bool(said & SESSION) and not said & READABLE


def _is_cleared(site: CallSite) -> bool:
    value, age = site.arguments.get("value", 1), site.arguments.get("max_age", 2)
    expires = site.arguments.get("expires", 3)
    return (
        value is None
        or (type(value) is Const and not value.value)
        or any(type(one) is Const and one.value == 0 for one in (age, expires))
    )


def _is_off(value: Value | None) -> bool:
    return value is None or (type(value) is Const and value.value in (False, None) and value.origin == "literal")


def _message(missing: list[str]) -> str:
    seen = {"httponly": "every script on the page", "secure": "everybody on the way, over plain HTTP"}
    return f"This cookie can be read by {' and '.join(seen[flag] for flag in missing)}"


def _fix(site: CallSite, missing: list[str]) -> Fix:
    said = site.arguments.get("httponly", POSITIONS["httponly"]) is not None
    applicability: Applicability = "safe" if missing == ["httponly"] and not said else "unsafe"
    edits = tuple(SetKeyword(site.anchor, flag, ("True",)) for flag in missing)
    flags = " and ".join(f"`{flag}`" for flag in missing)
    return Fix(f"Add {flags}", edits, applicability)
