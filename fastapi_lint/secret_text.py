"""What a name and a text say about a secret, by words and by shape. Both are looked at without the code around them.

The words are data: `knowledge/secrets.toml`. A text that a function here is given may be a secret, so none of them puts it into a
message or an exception.
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

DATA = Path(__file__).parent / "knowledge" / "secrets.toml"


class Kind(Enum):
    """Who made a secret up, which decides what the least text is that counts as one."""

    KEY = "key"
    """The application's own: what is not random is guessed."""
    PASSWORD = "password"
    """A person's or server's: a weak one is as bad as a good one that everyone knows."""
    TOKEN = "token"
    """Handed out by a service: a text that stands for one that is still missing harms nobody."""


@cache
def knowledge() -> dict[str, Any]:
    data: dict[str, Any] = tomllib.loads(DATA.read_text("utf-8"))
    return data


@cache
def _words(table: str, key: str) -> frozenset[str]:
    return frozenset(knowledge()[table][key])


# ---- names ------------------------------------------------------------------------------------------------------------------

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words(name: str) -> list[str]:
    """The lower-case words of a name: `dbPassword`, `DB_PASSWORD` and `db-password` are `db`, `password`."""
    return [word.lower() for word in WORD.findall(name)]


def variable_name(name: str) -> str:
    """An environment variable of that name: `dbPassword` is `DB_PASSWORD`."""
    return "_".join(words(name)).upper()


@cache
def kind_of(name: str) -> Kind | None:
    """What a variable, parameter, field or environment variable of that name holds; None for no secret."""
    parts = words(name)
    if is_made_up(name):
        return None
    trailing = _words("names", "trailing")
    while len(parts) > 1 and (parts[-1] in trailing or parts[-1].isdigit()):
        parts.pop()
    phrases = _phrases()
    for size in range(min(len(parts), 4), 0, -1):
        phrase = " ".join(parts[-size:])
        if phrase in phrases and _is_meant(parts[:-size], phrase):
            return phrases[phrase]
    return None


@cache
def _phrases() -> dict[str, Kind]:
    """What names end in, at most four words long."""
    return {phrase: kind for kind in Kind for phrase in knowledge()["names"][kind.value]}


@cache
def is_made_up(name: str) -> bool:
    """Whether a name says that its thing stands in for a real one."""
    return bool(set(words(name)) & _words("names", "made_up"))


def _is_meant(before: list[str], phrase: str) -> bool:
    last = before[-1] if before else ""
    if phrase in ("pass", "pwd"):
        return last in _words("names", "accounts")
    if phrase == "token" and last in _words("names", "other_tokens"):
        return False
    if phrase in ("bearer", "credential", "pat"):
        return bool(before)
    return last not in _words("names", "verbs")


def is_presented(name: str) -> bool:
    """Whether what somebody sends under this name is to be known to nobody else."""
    parts = words(name)
    return kind_of(name) is not None or (len(parts) > 1 and parts[-1] in _words("names", "presented"))


def is_beside(name: str) -> bool:
    """Whether a name is that of a user, an account or a kind rather than of a secret."""
    return bool(set(words(name)) & _words("names", "beside"))


# ---- texts ------------------------------------------------------------------------------------------------------------------

FILLED_IN = re.compile(
    r"^[<\[({].*[>\])}]$|\{\{|\$\{|^\$\w+$|%\(|^%s$|^\{\w*\}$|x{3,}|X{3,}|\*{3,}|\.{3}|…|-{4,}|_{4,}"
    r"|(?i:\byour\b|\byour[_-]|^your|^my[_-]?(?:api[_-]?)?(?:key|token)$|placeholder|replace[_ -]?(?:me|with|this)"
    r"|^(?:put|enter|add|insert)[_ -](?:your|the|an?|api|key|token)\b|^todo\b|example|^sample|(?:^|[\W_])here$|redacted"
    r"|^dummy|^fake|^mock|^stub|^not[_ -]|^no[_ -](?:key|token|password|secret|auth)|^unset"
    r"|^test[_-]?(?:api[_-]?)?(?:key|token)$)"
)
"""What stands where a secret is to be put in."""
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
PATH = re.compile(
    r"^(?:~|\.{0,2})/|^[\w.-]+(?:/[\w.-]+)+$|\.(?:pem|key|crt|json|toml|yaml|yml|txt|env|ini|html|py|db)$"
)
SCHEME = re.compile(
    r"^(?:HS|RS|ES|PS)\d{3}$|^(?i:bearer|basic|token|digest|jwt|oauth2?|none|hs256|sha-?\d+|md5|bcrypt|argon2\w*)$"
)
PUBLIC_KEY = re.compile(r"-----BEGIN (?:PUBLIC KEY|CERTIFICATE|RSA PUBLIC KEY)|^ssh-(?:rsa|ed25519) ")
HASH = re.compile(r"\$(?:2[aby]|argon2\w*|pbkdf2[\w-]*|scrypt|y)\$|^\$[56]\$|pbkdf2_|^\{[A-Z0-9-]+\}")
URL = re.compile(r"^[a-zA-Z][\w+.-]*://")


def is_missing(text: str) -> bool:
    """Whether a text says that the secret is to be put in, or that none is needed."""
    stripped = text.strip()
    if stripped.lower() in _words("texts", "absent") or len(set(stripped)) < 3:
        return True
    return FILLED_IN.search(stripped) is not None


def serves_as(text: str, kind: Kind) -> bool:
    """Whether a text that something uses as a secret of that kind is one."""
    stripped = text.strip()
    if not stripped or PUBLIC_KEY.search(stripped) or stripped in _words("texts", "protocol"):
        return False
    if kind is Kind.KEY:
        return stripped.lower() not in ("none", "null")
    if URL.match(stripped) or HASH.match(stripped):
        return False
    if kind is Kind.PASSWORD:
        return not _is_filled_in(stripped)
    return not is_missing(stripped) and " " not in stripped and len(stripped) >= 6


NO_PASSWORD = frozenset({"none", "null", "guest", "anonymous", "empty", "dummy", "unset"})


def _is_filled_in(text: str) -> bool:
    return FILLED_IN.search(text) is not None or text.lower() in NO_PASSWORD


def names_variable(text: str) -> bool:
    """Whether a text is the name of an environment variable that holds a secret."""
    return VARIABLE.fullmatch(text) is not None and kind_of(text) is not None


def is_default_of(text: str, name: str, kind: Kind) -> bool:
    """Whether a text that stands behind a name as its default is a secret, where nothing but the name tells."""
    if not serves_as(text, kind):
        return False
    stripped = text.strip()
    other = (PATH, SCHEME, URL)
    if any(pattern.search(stripped) for pattern in other) or stripped.lower() in _words("texts", "headers"):
        return False
    if names_variable(stripped):
        return False
    if kind is not Kind.KEY and stripped.count(" ") > 1:
        return False
    return kind is not Kind.TOKEN or words(stripped) != words(name)[-len(words(stripped)) :]


def looks_random(text: str) -> bool:
    """Whether a text looks made by a generator: entropy as a second opinion, letters and digits that alternate as the first."""
    if len(text) < 16 or not re.fullmatch(r"[\w+/=.!@#$%^&*~:-]+", text) or URL.match(text) or PATH.search(text):
        return False
    run = max(re.findall(r"[A-Za-z0-9+/]{12,}", text), key=len, default="")
    figures = len(re.findall(r"(?=[a-zA-Z]\d|\d[a-zA-Z])", run))
    changes = len(re.findall(r"(?=[a-z][^a-z]|[A-Z][^A-Z]|\d\D)", run))
    return (figures >= 3 or (figures > 0 and changes * 9 > len(run) * 4)) and entropy(text) >= 3.0


def entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    if not text:
        return 0.0
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


# ---- URLs -------------------------------------------------------------------------------------------------------------------

CREDENTIALS = re.compile(
    r"^[a-zA-Z][\w+.-]*://(?P<user>[^\s:/@?#]*):(?P<password>[^\s/]+)@(?P<host>\[[^\]]+\]|[^\s/:@?#,]*)"
)


class Login(NamedTuple):
    """The place of the password in a URL, in code points."""

    start: int
    end: int


def login_in(url: str) -> Login | None:
    """The password in a URL; None where there is none, it is to be filled in, or only opens a server on this machine."""
    match = CREDENTIALS.match(url)
    if match is None:
        return None
    user, password, host = match["user"], match["password"], match["host"].strip("[]")
    if FILLED_IN.search(password) or re.search(r"[{}<>%\0]", password):
        return None
    if host in _words("texts", "local_hosts") and (password == user or password.lower() in _words("texts", "trivial")):
        return None
    return Login(*match.span("password"))
