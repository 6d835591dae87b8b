"""What functions do about credentials: read one from the request, refuse the caller, check a signature."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting.definitions import FunctionDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.values import (
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Method,
    Value,
    members,
)
from fastapi_lint.project.serving.contract import Contracts, status_code

if TYPE_CHECKING:
    from fastapi_lint.project import Project

DEEPEST = 4
"""How many calls below a dependency are looked into."""
UNAUTHENTICATED = 401
REFUSALS = frozenset({UNAUTHENTICATED, 403})
REFUSING_NAME = re.compile(
    r"unauthori[sz]ed|unauthenticated|notauthenticated|forbidden|accessdenied|permissiondenied|invalidcredentials|authenticationerror|authenticationfailed",
    re.IGNORECASE,
)
SIGNATURE_CHECKS = frozenset({
    "jwt.decode", "jose.jwt.decode", "authlib.jose.jwt.decode", "hmac.compare_digest", "secrets.compare_digest", "hmac.new",
    "google.oauth2.id_token.verify_oauth2_token", "google.oauth2.id_token.verify_token", "firebase_admin.auth.verify_id_token",
    "stripe.Webhook.construct_event", "jwt.api_jwt.decode",
})  # fmt: skip
CREDENTIAL_HEADER = re.compile(
    r"^(?:authorization|x-[\w-]*(?:token|key|signature|auth|secret)|api-key|[\w-]*token|session(?:id)?|[\w-]*signature[\w-]*)$",
    re.IGNORECASE,
)
CREDENTIAL_PARAMETER = re.compile(r"authorization|token|api_?key|session|credential|signature|jwt", re.IGNORECASE)


class Acts(NamedTuple):
    """What a function does: read a credential from the request, answer 401 or 403, answer 401, check a signature."""

    reads: bool = False
    refuses: bool = False
    turns_away: bool = False
    verifies: bool = False


NOTHING = Acts()


class Credentials:
    def __init__(self, project: Project, contracts: Contracts) -> None:
        self.project = project
        self.contracts = contracts
        self._functions: dict[tuple[FunctionDefinition, Frame | None], Acts] = {}

    def acts(self, function: FunctionValue) -> Acts:
        """What a function and what it calls do about a credential."""
        return self._study(function, 0, set())

    def _study(self, function: FunctionValue, depth: int, above: set[FunctionDefinition]) -> Acts:
        definition = function.definition
        key = (definition, function.frame if function.frame.parent is not None else None)
        found = self._functions.get(key)
        if found is not None or definition in above or depth > DEEPEST:
            return found or NOTHING
        above = {*above, definition}
        frame = self.project.it.analysis(function)
        reads = any(
            CREDENTIAL_PARAMETER.search(p.name) and depth == 0 and self._is_credential(function, p.name)
            for p in definition.node.parameters
        )
        refuses = turns_away = verifies = False
        for site in frame.sites:
            reads = reads or _reads(site)
            answered = _refusal(self.project, site)
            refuses = refuses or answered is not None
            turns_away = turns_away or answered == UNAUTHENTICATED
            verifies = verifies or any(outside_name(member) in SIGNATURE_CHECKS for member in members(site.callee))
            below = _of_one([self._study(one, depth + 1, above) for one in _functions(site.callee)])
            reads, refuses = reads or below.reads, refuses or below.refuses
            turns_away, verifies = turns_away or below.turns_away, verifies or below.verifies
        acts = Acts(reads, refuses, turns_away, verifies)
        if depth == 0:
            self._functions[key] = acts
        return acts

    def _is_credential(self, function: FunctionValue, name: str) -> bool:
        """Whether a parameter comes from a header or cookie."""
        signature = self.project.it.studies.signature(function)
        path = function.definition.anchor
        parameter = self.contracts.classifier.parameter(
            name, signature.parameters.get(name), signature.defaults.get(name), path, None
        )
        return parameter is not None and parameter.kind in ("header", "cookie")


def _functions(callee: Value) -> Iterator[FunctionValue]:
    for member in members(callee):
        if type(member) is FunctionValue and not member.definition.node.is_generator:
            yield member


def _of_one(each: list[Acts]) -> Acts:
    """What is done where one of several functions is called: what all of them do. It counts as reading where only some check."""
    if len(each) < 2:
        return each[0] if each else NOTHING
    checks = [one.refuses or one.verifies for one in each]
    return Acts(
        any(one.reads for one in each) or (any(checks) and not all(checks)),
        all(checks) and any(one.refuses for one in each),
        any(one.turns_away for one in each),
        all(checks) and any(one.verifies for one in each),
    )


def outside_name(value: Value) -> str | None:
    match value:
        case External():
            return value.name
        case Method():
            return value.qualname
        case Instance(cls=str() as name):
            return name
    return None


def _reads(site: CallSite) -> bool:
    """`request.headers.get("Authorization")`, `request.session.get(...)`, `request.cookies.get("session")`."""
    for member in members(site.callee):
        name = outside_name(member) or ""
        if name.endswith((".headers.get", ".cookies.get", "Headers.get")) or (
            name.endswith(".get") and "starlette" in name
        ):
            key = site.arguments.get("key", 0)
            if type(key) is Const and isinstance(key.value, str) and CREDENTIAL_HEADER.match(key.value):
                return True
        if ".session" in name and "Request" in name:
            return True
        if name == "builtins.dict.get" and _of_cookies(site):
            return True
    return False


def _of_cookies(site: CallSite) -> bool:
    """`request.cookies.get("session")`, whose cookies are a dictionary like any other."""
    match site.node:
        case s.Call(
            func=s.Attribute(value=s.Attribute(attr="cookies")),
            args=[s.Argument(value=s.Constant(value=str() as key)), *_],
        ):
            return CREDENTIAL_HEADER.match(key) is not None
    return False


def _refusal(project: Project, site: CallSite) -> int | None:
    """401 or 403, where an exception or a response is made that answers it; 401 for an exception that is named so."""
    for member in members(site.callee):
        name = member.definition.name if type(member) is ClassValue else outside_name(member)
        if name is None:
            continue
        last = name.rpartition(".")[2]
        status = site.arguments.get("status_code", 0 if "Exception" in last else None)
        if status is None and last.endswith("Response"):
            status = site.arguments.get("status_code", 1)
        code = status_code(status) if status is not None else None
        if code in REFUSALS:
            return code
        if (
            type(member) is ClassValue
            and REFUSING_NAME.search(last)
            and project.it.is_subclass(member.definition, "builtins.Exception")
        ):
            return UNAUTHENTICATED
    return None
