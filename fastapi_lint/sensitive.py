"""What the names of fields, endpoints and classes say: which values are sensitive, and who is there to hand them out.

The words are data: `knowledge/sensitive.toml`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # absent where it is not needed

Category = Literal["password", "secret", "key", "token", "personal", "configured"]
Words = tuple[str, ...]

DATA = Path(__file__).parent / "knowledge" / "sensitive.toml"
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+[a-z]*")
ISSUED = frozenset({"secret", "key", "token"})
"""What an endpoint may be there to hand out."""


def words(name: str) -> Words:
    """The words of a name, in lower case: `hashed_password`, `hashedPassword`, `APIKey`."""
    return tuple(word.lower() for word in WORD.findall(name))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    phrases: tuple[tuple[Words, Category], ...]
    """Longest first."""
    tails: dict[str, frozenset[str]]
    clearing: dict[str, frozenset[str]]
    sign_in: frozenset[str]
    fetched: frozenset[str]
    making: frozenset[str]
    owners: frozenset[str]
    qualifying: frozenset[str]
    siblings: frozenset[str]
    for_strangers: frozenset[str]
    for_strangers_posting: frozenset[str]
    reading: frozenset[str]
    changing: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    data: dict[str, Any] = tomllib.loads(DATA.read_text("utf-8"))
    phrases = [(words(text), category) for category, texts in data["phrases"].items() for text in texts]
    routes = {key: frozenset(listed) for key, listed in data["routes"].items()}
    issuing = {key: frozenset(listed) for key, listed in data["issuing"].items()}
    return Vocabulary(
        phrases=tuple(sorted(phrases, key=lambda phrase: -len(phrase[0]))),
        tails=_by_category(data["tails"]),
        clearing=_by_category(data["clearing_heads"]),
        siblings=frozenset(data["text_analysis"]["siblings"]),
        **issuing,
        **routes,
    )


def _by_category(table: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    return {category: frozenset(listed) for category, listed in table.items()}


def category(name: str, configured: Iterable[str] = ()) -> Category | None:
    """What kind of sensitive value a name promises, None for none.

    `configured` are the user's own names; they count where they end a name, whatever comes before.
    """
    found = words(name)
    for own in configured:
        wanted = words(own)
        if wanted and found[-len(wanted) :] == wanted:
            return "configured"
    known = vocabulary()
    for phrase, kind in known.phrases:
        for start in range(len(found) - len(phrase) + 1):
            end = start + len(phrase)
            if found[start:end] == phrase and _stands(known, kind, found[:start], found[end:]):
                return kind
    return None


def _stands(known: Vocabulary, kind: str, before: Words, after: Words) -> bool:
    tails = known.tails["every"] | known.tails.get(kind, frozenset())
    heads = known.clearing["every"] | known.clearing.get(kind, frozenset())
    return all(word in tails or word.isdigit() for word in after) and not any(word in heads for word in before)


def is_reference(name: str) -> bool:
    """Whether a list of texts under this name holds names of secrets rather than secrets."""
    return words(name)[-1:] == ("secrets",)


def is_piece_of_text(name: str, siblings: Iterable[str]) -> bool:
    """Whether `token` means a word or a part of one here, from the fields beside it."""
    return words(name) == ("token",) and not vocabulary().siblings.isdisjoint(siblings)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is known by name of who answers: `path` may be empty, `schemas` are names of response classes."""

    method: str
    path: str
    handler: str
    schemas: tuple[str, ...]


def issues(endpoint: Endpoint, name: str, kind: Category, siblings: Iterable[str] = ()) -> bool:
    """Whether an endpoint is there to hand out what a field of its answer holds; `siblings` are its other fields."""
    if kind not in ISSUED:
        return False
    if kind == "token" and {"access_token", "token_type"} <= {"_".join(words(one)) for one in (*siblings, name)}:
        return True
    known = vocabulary()
    said = _said(endpoint)
    if kind == "token":
        wanted = known.sign_in if endpoint.method == "POST" else known.fetched
        lists = "tokens" in words(endpoint.handler)
        if said & wanted or (_ends_with_token(endpoint.path) and not lists):
            return True
    posted = endpoint.method == "POST"
    if posted and said & known.making and said & known.owners:
        return True
    nouns = {_singular(word) for word in words(name)} - known.qualifying
    if posted:
        nouns |= ISSUED - {"key"}
    return (posted or not said.isdisjoint(known.making)) and not said.isdisjoint(nouns)


def _said(endpoint: Endpoint) -> set[str]:
    """The words of an endpoint, in the singular; what stands in braces in its path is not its own."""
    path = re.sub(r"\{[^}]*\}", "", endpoint.path)
    return {_singular(word) for text in (path, endpoint.handler, *endpoint.schemas) for word in words(text)}


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _ends_with_token(path: str) -> bool:
    last = path.rstrip("/").rpartition("/")[2]
    return words(last)[-1:] in (("token",), ("jwt",))
