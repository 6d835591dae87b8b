"""A secret in a field of type `str`.

## What it does
Reports fields of settings classes and of request models whose name says password, secret, API key or token and whose type is `str`
rather than `SecretStr`.

## Why is this bad?
A `str` shows in every `repr`: in logs, error reports and tracebacks. A `SecretStr` shows as stars until somebody asks for its value.

## Bad
```python
from fastapi import FastAPI
from pydantic_settings import BaseSettings

app = FastAPI()


class Settings(BaseSettings):
    smtp_password: str
```

## Good
```python
from fastapi import FastAPI
from pydantic import SecretStr
from pydantic_settings import BaseSettings

app = FastAPI()


class Settings(BaseSettings):
    smtp_password: SecretStr
```

## Known misses
Secrets inside of URLs and dictionaries.

## Fix safety
Unsafe: whoever uses the field must call `get_secret_value()` from then on. Only shown where something in the project reads an
attribute of that name, as that code would break.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Applicability, Finding, Fix, Replace
from fastapi_lint.project import Project
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.routing import plain_type
from fastapi_lint.project.interpreting.values import ClassValue
from fastapi_lint.project.serving import parameters
from fastapi_lint.project.written_calls import nodes
from fastapi_lint.rule import Rule
from fastapi_lint.sensitive import category, is_reference

rule = Rule("FAL321", severity="info", default=False, fix="unsafe")

SECRETS = frozenset({"password", "secret", "key", "token"})
SETTINGS = frozenset(
    {
        "pydantic_settings.BaseSettings",
        "pydantic_settings.main.BaseSettings",
        "pydantic.BaseSettings",
        "pydantic.v1.BaseSettings",
    }
)


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition in _classes(project):
        for field in classes.fields(definition).values():
            texts = [node for node in nodes(field.node.annotation) if type(node) is s.Name and node.id == "str"]
            if len(texts) != 1 or category(field.name) not in SECRETS or type(field.node.annotation) is s.Constant:
                continue
            if is_reference(field.name) and type(field.node.annotation) is s.Subscript:
                continue  # a list of names
            path = definition.module.path
            secret = AddImport(path, "pydantic", "SecretStr")
            yield Finding(
                field.anchor,
                f"`{field.name}` shows in every `repr` of `{definition.name}`",
                fix=Fix(
                    "Make it a `SecretStr`",
                    (Replace(Anchor(path, texts[0].at), (secret,)),),
                    _trust(project, field.name),
                ),
                symbol=f"{definition.qualname}.{field.name}",
            )


def _trust(project: Project, name: str) -> Applicability:
    """A `SecretStr` is no `str` to whoever reads the field."""
    read = re.compile(rf"\.\s*{re.escape(name)}\b")
    return "display" if any(module.has(read) for module in project.modules) else "unsafe"


def _classes(project: Project) -> Iterator[ClassDefinition]:
    """The settings classes and request models of the project, with what they inherit from in it."""
    found: dict[ClassDefinition, None] = {}
    for definition in project.it.classes.values():
        if SETTINGS & set(classes.externals(definition)):
            found[definition] = None
    classifier = parameters.Classifier(project.it)
    for route in project.routes:
        taken = project.dependencies.takes(route.handler) if route.handler else ()
        for parameter in classifier.parameters(taken or (), route.path):
            kind = plain_type(parameter.annotation)
            if parameter.kind in ("body", "form", "query") and type(kind) is ClassValue:
                found[kind.definition] = None
    for definition in list(found):
        found.update((one, None) for one in classes.ancestors(definition) if isinstance(one, ClassDefinition))
    for definition in found:
        if not project.is_test(definition.module.path):
            yield definition
