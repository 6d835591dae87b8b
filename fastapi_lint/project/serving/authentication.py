"""Who may call an operation: whether something in its dependency tree, or a middleware, asks the caller who they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Method,
    Value,
    members,
)
from fastapi_lint.project.models import schemas
from fastapi_lint.project.serving.application import Operation
from fastapi_lint.project.serving.contract import Contracts, scheme_of, status_code
from fastapi_lint.project.serving.dependencies import Dependency
from fastapi_lint.sensitive import category, words

if TYPE_CHECKING:
    from fastapi_lint.project import Project

DEEPEST = 4
"""How many calls below a dependency are looked into."""
UNAUTHENTICATED = 401
REFUSALS = frozenset({UNAUTHENTICATED, 403})
IN_PATH = re.compile(r"\{(\w+)(?::\w+)?\}")
REFUSING_NAME = re.compile(
    r"unauthori[sz]ed|unauthenticated|notauthenticated|forbidden|accessdenied|permissiondenied|invalidcredentials|authenticationerror|authenticationfailed",
    re.IGNORECASE,
)
AUTHENTICATING_NAME = re.compile(
    r"current_?(?:active_?)?(?:super_?)?user|authenticat|authoriz|\bauth\b|require_?(?:auth|user|login|admin|role|scope|permission)|verify_?(?:token|jwt|key|signature|api_?key)"
    r"|login_?required|api_?key|permission",
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
HARMLESS_PACKAGES = frozenset({"builtins", "sqlalchemy", "httpx", "starlette", "pydantic", "typing", "contextlib"})


class Acts(NamedTuple):
    """What a function does: read a credential from the request, answer 401 or 403, answer 401, check a signature."""

    reads: bool = False
    refuses: bool = False
    turns_away: bool = False
    verifies: bool = False


NOTHING = Acts()


class Authenticated(Enum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    MIDDLEWARE = "middleware"


_CERTAINTY = (Authenticated.NO, Authenticated.UNKNOWN)


class Authentication:
    """`configured`: the dependencies that the user says authenticate, by qualified name or by its last part."""

    def __init__(self, project: Project, contracts: Contracts, configured: Iterable[str] = ()) -> None:
        self.project = project
        self.contracts = contracts
        self.configured = frozenset(configured)
        self._functions: dict[tuple[FunctionDefinition, Frame | None], Acts] = {}
        self._middleware: dict[int, Authenticated] = {}

    def of(self, operation: Operation) -> Authenticated:
        dependencies = self.contracts.dependencies(operation)
        answers = [
            self._unless_conditional(top, self._of_dependency(one)) for top in dependencies or () for one in top.walk()
        ]
        if Authenticated.YES in answers or self._handler_checks(operation):
            return Authenticated.YES
        around = [self._authenticates(router) for router in operation.routers]
        if Authenticated.MIDDLEWARE in around:
            return Authenticated.MIDDLEWARE
        if dependencies is None or operation.route.function is None or Authenticated.UNKNOWN in (*answers, *around):
            return Authenticated.UNKNOWN
        return Authenticated.NO

    # ---- dependencies ---------------------------------------------------------------------------------------------------------

    def _unless_conditional(self, top: Dependency, answer: Authenticated) -> Authenticated:
        return Authenticated.UNKNOWN if top.is_conditional and answer is Authenticated.YES else answer

    def _of_dependency(self, dependency: Dependency) -> Authenticated:
        if dependency.alternatives:
            return self._of_alternatives(dependency.alternatives)
        if scheme_of(dependency.call) is not None or self._is_configured(dependency.call):
            return Authenticated.YES
        if dependency.function is not None:
            acts = self._study(dependency.function, 0, set())
            if acts.refuses or acts.verifies:
                return Authenticated.YES
            return Authenticated.UNKNOWN if acts.reads else Authenticated.NO
        if type(dependency.call) is ClassValue:
            return Authenticated.NO
        name = _outside_name(dependency.call)
        if name is None:
            return Authenticated.UNKNOWN
        if AUTHENTICATING_NAME.search(name.rpartition(".")[2]):
            return Authenticated.YES
        is_form = name.startswith("fastapi.security.OAuth2PasswordRequestForm")
        return Authenticated.NO if is_form or name.partition(".")[0] in HARMLESS_PACKAGES else Authenticated.UNKNOWN

    def _of_alternatives(self, alternatives: tuple[Dependency, ...]) -> Authenticated:
        """A switch decides which one is called: what all of them say, if they agree."""
        said = set()
        for one in alternatives:
            answers = {self._of_dependency(below) for below in one.walk()}
            said.add(Authenticated.YES if Authenticated.YES in answers else max(answers, key=_CERTAINTY.index))
        return said.pop() if len(said) == 1 else Authenticated.UNKNOWN

    def _is_configured(self, call: Value) -> bool:
        if not self.configured:
            return False
        for member in members(call):
            definition = member.definition if isinstance(member, (FunctionValue, ClassValue)) else None
            if definition is None and type(member) is Instance and isinstance(member.cls, ClassDefinition):
                definition = member.cls
            name = definition.qualname if definition is not None else _outside_name(member) or ""
            plain = name.replace("<locals>.", "")
            if any(
                wanted in (plain, name) or plain.endswith(f".{wanted}") or _factory(name) == wanted.rpartition(".")[2]
                for wanted in self.configured
            ):
                return True
        return False

    def _handler_checks(self, operation: Operation) -> bool:
        """A handler that does it itself: reads a credential from the request, and refuses or checks a signature. A login only refuses."""
        function = operation.route.function
        if function is None:
            return False
        acts = self._study(function, 0, set())
        return acts.reads and (acts.refuses or acts.verifies)

    def looks_at_caller(self, operation: Operation) -> bool:
        """Whether a handler seems to find out by itself who is calling, though it may let everybody in."""
        function = operation.route.function
        if function is None:
            return True
        acts = self._study(function, 0, set())
        if acts.reads or acts.verifies or acts.turns_away:
            return True
        return any(_is_token(name) for name in IN_PATH.findall(operation.path or "")) or any(
            _is_token(name) for name in self._brought(function)
        )

    def _brought(self, function: FunctionValue) -> Iterator[str]:
        """What a handler takes from the request, by name: its parameters, and the fields of models among them."""
        signature = self.project.it.studies.signature(function)
        for parameter in function.definition.node.parameters:
            annotation = signature.parameters.get(parameter.name)
            if self.project.it.routing.depends(annotation, signature.defaults.get(parameter.name)) is None:
                yield parameter.name
                for model in schemas.models(self.project.it, annotation) or () if annotation is not None else ():
                    yield from (field.name for field in schemas.fields(self.project.it, model) or ())

    # ---- what a function does ---------------------------------------------------------------------------------------------------

    def _study(self, function: FunctionValue, depth: int, above: set[FunctionDefinition]) -> Acts:
        """What a function and what it calls do about a credential."""
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
            verifies = verifies or any(_outside_name(member) in SIGNATURE_CHECKS for member in members(site.callee))
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

    # ---- middleware -----------------------------------------------------------------------------------------------------------

    def _authenticates(self, router: Instance) -> Authenticated:
        """What the middleware around a router's routes does about their callers."""
        found = self._middleware.get(id(router))
        if found is None:
            events = [event.handler for event in router.events or () if event.kind == "middleware"]
            answers = [self._is_guard(value) for value in (*events, *self._listed(router))]
            answered = Authenticated.UNKNOWN if None in answers else Authenticated.NO
            found = self._middleware[id(router)] = Authenticated.MIDDLEWARE if True in answers else answered
        return found

    def _listed(self, router: Instance) -> Iterator[Value]:
        """`FastAPI(middleware=[Middleware(...)])`."""
        given = self.project.it.routing.setting(router, "middleware")
        if given is None or (type(given) is Const and given.value is None):
            return
        items = self.project.it.items(given)
        for item in items if items is not None else (UNKNOWN,):
            made = item.made if type(item) is Instance else None
            yield (made.get("cls", 0) if made is not None else None) or UNKNOWN

    def _is_guard(self, middleware: Value) -> bool | None:
        """None where what is called for each request cannot be told."""
        if type(middleware) is External:
            return "auth" in middleware.name.rpartition(".")[2].lower()
        if type(middleware) is FunctionValue:
            return self._guards(middleware)
        if type(middleware) is not ClassValue:
            return None
        definition = middleware.definition
        if any("AuthenticationMiddleware" in name for name in classes.externals(definition)):
            return True
        receiver = self.project.it.prototype(definition)
        methods = [classes.member(definition, name) for name in ("dispatch", "__call__")]
        called = [found[1] for found in methods if found is not None and type(found[1]) is FunctionValue]
        if any(self._guards(function.bound(receiver)) for function in called):
            return True
        return None if not called and classes.has_unknown_base(definition) else False

    def _guards(self, function: FunctionValue) -> bool:
        acts = self._study(function, 0, set())
        return (acts.reads and acts.refuses) or acts.verifies


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


def _factory(name: str) -> str:
    """The function that made a closure: `require` of `app.auth.require.<locals>.check`."""
    return name.partition(".<locals>")[0].rpartition(".")[2] if "<locals>" in name else ""


def _outside_name(value: Value) -> str | None:
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
        name = _outside_name(member) or ""
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
        name = member.definition.name if type(member) is ClassValue else _outside_name(member)
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


def _is_token(name: str) -> bool:
    """Whether what somebody sends under this name shows that they may do what they ask for."""
    return category(name) == "token" or words(name)[-1:] in (("signature",), ("otp",), ("hmac",))
