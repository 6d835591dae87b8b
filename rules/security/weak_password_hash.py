"""A password that is hashed fast, or not at all.

## What it does
Reports `hashlib.md5`, `sha1`, `sha256` and their like given a password, and a stored password of a user that is compared with `==`.
Names are read as words (`password`, `user_password`, not `password_hint`). A digest that only prepares a password for bcrypt or argon2,
a key derivation, and a look-up in a list of leaked passwords are left alone.

## Why is this bad?
Such hashes are made to be fast: stolen ones are guessed by the billion a second. What is compared as it is needs no guessing at all.

## Bad
```python
import hashlib

from fastapi import FastAPI

app = FastAPI()


def hashed(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
```

## Good
```python
import hashlib
import os

from fastapi import FastAPI

app = FastAPI()


def hashed(password: str) -> str:
    salt = os.urandom(16)
    return (salt + hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)).hex()
```

## Known misses
Passwords under names that do not say so.

## Fix safety
There is no fix: stored hashes have to be migrated.
"""

import re
from collections.abc import Iterator
from typing import Any

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding
from fastapi_lint.project import CallSite, Function, Project
from fastapi_lint.project.interpreting.modules import chunk_of
from fastapi_lint.project.interpreting.values import Const, Method, members
from fastapi_lint.project.written_calls import names, nodes, sites, symbol
from fastapi_lint.rule import Rule
from fastapi_lint.sensitive import category, words

rule = Rule("FAL311", severity="error")

FAST = frozenset(
    f"hashlib.{name}"
    for name in (
        "md5",
        "sha1",
        "sha224",
        "sha256",
        "sha384",
        "sha512",
        "sha3_256",
        "sha3_512",
        "new",
        "blake2b",
        "blake2s",
    )
)
SLOW = (
    "bcrypt",
    "argon2",
    "pbkdf2",
    "scrypt",
    "passlib",
    "pwdlib",
    "CryptContext",
    "pwned",
    "hibp",
    "hmac",
    "Fernet",
    "AES",
)
"""Text of a function in which a fast hash is not the last word."""
PEOPLE = frozenset(
    {
        "user",
        "account",
        "member",
        "customer",
        "admin",
        "person",
        "profile",
        "row",
        "record",
        "db",
        "existing",
        "stored",
        "found",
    }
)
AGAIN = frozenset(
    {
        "confirm",
        "confirmation",
        "repeat",
        "again",
        "repeated",
        "confirmed",
        "old",
        "new",
        "current",
        "previous",
        "1",
        "2",
        "verify",
    }
)


WORD = re.compile("[Pp]ass|PASS|[Pp]wd|PWD")


@rule.on(Project)
def hashes(project: Project, ctx: Context) -> Iterator[Finding]:
    for site in sites(project, "passw"):
        used = names(site.callee) & FAST
        hashed = min(used) if used else _fed(site)
        if hashed and any(_is_password(argument.value) for argument in site.node.args) and not _is_prepared(site):
            yield Finding(site.anchor, f"`{hashed}` is too fast a hash for a password", symbol=symbol(site))


def _fed(site: CallSite) -> str:
    """What makes the hash that is given more to hash by `update`; empty where that is something else."""
    if not any(
        type(m) is Method and m.name == "update" and m.owner.startswith("hashlib.") for m in members(site.callee)
    ):
        return ""
    made = {other.node.at: names(other.callee) & FAST for other in site.frame.sites if type(other.node) is s.Call}
    receiver = site.node.func.value if type(site.node.func) is s.Attribute else None
    if type(receiver) is s.Name and site.function is not None:
        for node in nodes(site.function.node.body):
            match node:
                case s.Assign(targets=(s.Name(id=name),), value=s.Call(at=at)) if name == receiver.id and made.get(at):
                    return min(made[at])
    return "hashlib"


def _is_prepared(site: CallSite) -> bool:
    """Whether more is done than to hash, or the hash is said to be for something else."""
    meant = site.arguments.keywords.get("usedforsecurity")
    if type(meant) is Const and meant.value is False:
        return True
    return any(site.frame.module.has(word, chunk_of(site.node.at)) for word in SLOW)


def _is_password(node: Any) -> bool:
    """Whether an expression is put together from a password."""
    return any(category(name) == "password" and not _is_hashed(name) for name in map(_name, nodes(node)) if name)


def _is_hashed(name: str) -> bool:
    return bool({"hash", "hashed", "digest", "salt", "salted", "encrypted"} & set(words(name)))


@rule.on(Function)
def comparisons(function: Function, ctx: Context) -> Iterator[Finding]:
    definition = function.definition
    if not definition.module.has(WORD, chunk_of(definition.node.at)):
        return
    for node in nodes(function.definition.node.body):
        if type(node) is not s.Comparison or node.operators not in (("==",), ("!=",)):
            continue
        sides = (node.left, node.comparators[0])
        said = [_name(side) for side in sides]
        if not all(name and category(name) == "password" and not _is_hashed(name) for name in said):
            continue
        if any(AGAIN & set(words(name)) for name in said) or said[0][-1:].isdigit() or said[1][-1:].isdigit():
            continue
        if any(_is_stored(side) for side in sides):
            yield Finding(
                Anchor(function.definition.module.path, node.at),
                "A password is compared with a stored one as it is, so it is stored unhashed",
                symbol=function.definition.qualname,
            )


def _is_stored(node: Any) -> bool:
    """`user.password`, `row["password"]`."""
    owner = _name(node.value) if type(node) in (s.Attribute, s.Subscript) else ""
    return bool(PEOPLE & set(words(owner)))


def _name(node: Any) -> str:
    """The last name of an expression."""
    match node:
        case s.Name(id=name) | s.Attribute(attr=name):
            return name
        case s.Subscript(items=(s.Constant(value=str() as name),)):
            return name
    return ""
