"""Who may call an operation: whether something in its dependency tree, or a middleware, asks the caller who they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Value,
    members,
)
from fastapi_lint.project.models import schemas
from fastapi_lint.project.serving.application import Operation
from fastapi_lint.project.serving.contract import Contracts, scheme_of
from fastapi_lint.project.serving.credentials import Credentials, outside_name
from fastapi_lint.project.serving.dependencies import Dependency
from fastapi_lint.project.serving.paths import path_names
from fastapi_lint.sensitive import category, words

if TYPE_CHECKING:
    from fastapi_lint.project import Project

AUTHENTICATING_NAME = re.compile(
    r"current_?(?:active_?)?(?:super_?)?user|authenticat|authoriz|\bauth\b|require_?(?:auth|user|login|admin|role|scope|permission)|verify_?(?:token|jwt|key|signature|api_?key)"
    r"|login_?required|api_?key|permission",
    re.IGNORECASE,
)
HARMLESS_PACKAGES = frozenset({"builtins", "sqlalchemy", "httpx", "starlette", "pydantic", "typing", "contextlib"})


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
        self._credentials = Credentials(project, contracts)
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
            acts = self._credentials.acts(dependency.function)
            if acts.refuses or acts.verifies:
                return Authenticated.YES
            return Authenticated.UNKNOWN if acts.reads else Authenticated.NO
        if type(dependency.call) is ClassValue:
            return Authenticated.NO
        name = outside_name(dependency.call)
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
            name = definition.qualname if definition is not None else outside_name(member) or ""
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
        acts = self._credentials.acts(function)
        return acts.reads and (acts.refuses or acts.verifies)

    def looks_at_caller(self, operation: Operation) -> bool:
        """Whether a handler seems to find out by itself who is calling, though it may let everybody in."""
        function = operation.route.function
        if function is None:
            return True
        acts = self._credentials.acts(function)
        if acts.reads or acts.verifies or acts.turns_away:
            return True
        return any(_is_token(name) for name in path_names(operation.path or "")) or any(
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
        acts = self._credentials.acts(function)
        return (acts.reads and acts.refuses) or acts.verifies


def _factory(name: str) -> str:
    """The function that made a closure: `require` of `app.auth.require.<locals>.check`."""
    return name.partition(".<locals>")[0].rpartition(".")[2] if "<locals>" in name else ""


def _is_token(name: str) -> bool:
    """Whether what somebody sends under this name shows that they may do what they ask for."""
    return category(name) == "token" or words(name)[-1:] in (("signature",), ("otp",), ("hmac",))
