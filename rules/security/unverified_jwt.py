"""A JWT that is read without being verified.

## What it does
Reports `jwt.decode` of PyJWT and python-jose where the signature is not verified (`options={"verify_signature": False}`,
`verify=False`), where `algorithms` is left out, and where it holds `"none"`. A function that verifies a token as well, and looks into it
first to learn who signed it, is left alone, and so is one that only reads when a token ends.

## Why is this bad?
Anybody can write a token that nobody verifies: whoever it says he is, he is. Where the token itself may choose the algorithm, it can
choose one that the attacker has the key for.

## Bad
```python
import os

import jwt
from fastapi import FastAPI, Header

app = FastAPI()
KEY = os.environ["JWT_KEY"]


@app.get("/me")
def me(authorization: str = Header()) -> str:
    claims = jwt.decode(authorization, KEY, algorithms=["HS256"], options={"verify_signature": False})
    return str(claims["sub"])
```

## Good
```python
import os

import jwt
from fastapi import FastAPI, Header

app = FastAPI()
KEY = os.environ["JWT_KEY"]


@app.get("/me")
def me(authorization: str = Header()) -> str:
    claims = jwt.decode(authorization, KEY, algorithms=["HS256"])
    return str(claims["sub"])
```

## Known misses
Options that are put together at run time, and other libraries.

## Fix safety
There is no fix: the key and the algorithms are for the author to say.
"""

from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import CallSite, Project
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.values import Const, FunctionValue, Mapping, Sequence, Value, known_members
from fastapi_lint.project.written_calls import names, sites, spreads, symbol
from fastapi_lint.rule import Rule

rule = Rule("FAL309", severity="error")

UNSIGNED = "The token's signature is not verified, so anybody can write one"
TIMES = frozenset({"exp", "iat", "nbf"})
DECODERS = frozenset({"jwt.decode", "jwt.decode_complete", "jose.jwt.decode"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    found = [
        (site, _problem(site))
        for site in sites(project, "decode")
        if names(site.callee) & DECODERS and not spreads(site.node)
    ]
    verifying = {site.function for site, problem in found if problem is None and site.function is not None}
    for site, problem in found:
        if problem is None or site.function in verifying:
            continue
        if problem == UNSIGNED and (_asks_time(site) or _has_verified(site, verifying)):
            continue
        yield Finding(site.anchor, problem, symbol=symbol(site))


def _has_verified(site: CallSite, verifying: set[FunctionDefinition]) -> bool:
    """Whether the function that looks into a token also has another one verify it."""
    return any(
        type(member) is FunctionValue and member.definition in verifying
        for other in site.frame.sites
        for member in known_members(other.callee)
    )


def _asks_time(site: CallSite) -> bool:
    """Whether of a token's claims only those are read that say how long it lasts, which lets nobody in."""
    if site.function is None:
        return False
    nodes = list(s.walk(*site.function.node.body))
    named = {
        target.id
        for node in nodes
        if type(node) is s.Assign and node.value is site.node
        for target in node.targets
        if type(target) is s.Name
    }
    asked: set[int] = set()
    for node in nodes:
        match node:
            case s.Call(func=s.Attribute(value=owner, attr="get"), args=(s.Argument(value=s.Constant(value=key)), *_)):
                pass
            case s.Subscript(value=owner, items=(s.Constant(value=key),)):
                pass
            case _:
                continue
        if key in TIMES:
            asked.add(owner.at)
    if not named:
        return site.node.at in asked
    read = {node.at for node in nodes if type(node) is s.Name and node.id in named}
    written = {target.at for node in nodes if type(node) is s.Assign for target in node.targets}
    return bool(asked) and read - written <= asked


def _problem(site: CallSite) -> str | None:
    arguments = site.arguments
    options = arguments.get("options", 3)
    if _is_false(arguments.keywords.get("verify")) or (
        type(options) is Mapping and _is_false(options.entries.get("verify_signature"))
    ):
        return UNSIGNED
    algorithms = arguments.get("algorithms", 2)
    if algorithms is None or (type(algorithms) is Const and algorithms.value is None):
        return "Nothing says which algorithms the token may be signed with"
    if type(algorithms) is Sequence and any(_is_none(item) for item in algorithms.items or ()):
        return "A token without a signature is accepted"
    return None


def _is_false(value: Value | None) -> bool:
    return type(value) is Const and value.value is False


def _is_none(value: Value) -> bool:
    return type(value) is Const and isinstance(value.value, str) and value.value.lower() == "none"
