"""A model that is configured by `class Config`.

## What it does
Reports a `class Config` in a model of Pydantic 2, SQLModel or pydantic-settings.

## Why is this bad?
Pydantic 2 deprecates it and will drop it. Many of its keys have new names, and an old one is ignored with no more than a warning:
`orm_mode = True` does nothing.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Book(BaseModel):
    class Config:
        from_attributes = True

    title: str


@app.post("/books")
def add_book(book: Book) -> Book:
    return book
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

app = FastAPI()


class Book(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    title: str


@app.post("/books")
def add_book(book: Book) -> Book:
    return book
```

## Known misses
A configuration that is assigned (`Config = Shared`).

## Fix safety
Safe where no key has to be renamed and the configuration inherits nothing. With a renamed key it is unsafe: a setting that did nothing
begins to work. Keys that have no successor, and code other than assignments, are left to the author.
"""

import re
from collections.abc import Iterator

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Applicability, Finding, Fix, Replace
from fastapi_lint.project import Project, searching
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.models.pydantic_releases import is_model, is_pydantic_2
from fastapi_lint.rule import Rule

rule = Rule("FAL903", fix="safe")

CONFIG = re.compile(r"class\s+Config\b")
RENAMED = {
    "allow_population_by_field_name": "populate_by_name", "anystr_lower": "str_to_lower", "anystr_strip_whitespace": "str_strip_whitespace",
    "anystr_upper": "str_to_upper", "keep_untouched": "ignored_types", "max_anystr_length": "str_max_length",
    "min_anystr_length": "str_min_length", "orm_mode": "from_attributes", "schema_extra": "json_schema_extra", "validate_all": "validate_default",
}  # fmt: skip
GONE = frozenset({
    "allow_mutation", "copy_on_model_validation", "error_msg_templates", "fields", "getter_dict", "json_dumps", "json_loads", "smart_union",
    "underscore_attrs_are_private",
})  # fmt: skip
SETTINGS = frozenset({"pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings"})


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for definition in searching.classes(project, CONFIG):
        inner = next((one for one in definition.node.body if type(one) is s.Class and one.name == "Config"), None)
        if inner is None or not is_model(project, definition) or not is_pydantic_2(project):
            continue
        old = [name for name, _ in _settings(inner) if name in RENAMED]
        renamed = f" and `{old[0]}` is called `{RENAMED[old[0]]}`" if old else ""
        yield Finding(
            Anchor(definition.module.path, inner.at),
            f"`{definition.name}` is configured by a deprecated class: use `model_config`{renamed}",
            fix=_fix(definition, inner),
            symbol=f"{definition.qualname}.Config",
        )


def _settings(config: s.Class) -> Iterator[tuple[str, s.Expression]]:
    for statement in config.body:
        match statement:
            case s.Assign(targets=(s.Name(id=name),), value=value):
                yield name, value
            case s.AnnotatedAssign(target=s.Name(id=name), value=value) if value is not None:
                yield name, value


def _fix(definition: ClassDefinition, config: s.Class) -> Fix | None:
    path = definition.module.path
    given = list(_settings(config))
    code = [one for one in config.body if not (type(one) is s.ExpressionStatement and type(one.value) is s.Constant)]
    names = {name for name, _ in given}
    if config.arguments or config.decorators or len(given) != len(code) or names & GONE or len(names) != len(given):
        return None
    if any(
        type(node) is s.Name and node.id in names for _, value in given for node in s.walk(value, into_functions=True)
    ):
        return None  # one setting is made of another
    new = {name: RENAMED.get(name, name) for name in names}
    if len(set(new.values())) != len(new) or classes.member(definition, "model_config") is not None:
        return None
    of_settings = any(name in SETTINGS for name in classes.externals(definition))
    made = (
        AddImport(path, "pydantic_settings", "SettingsConfigDict")
        if of_settings
        else AddImport(path, "pydantic", "ConfigDict")
    )
    arguments: list[str | Anchor] = []
    for name, value in given:
        arguments += [", " if arguments else "", f"{new[name]}=", Anchor(path, value.at)]
    text = ("model_config = ", made, "(", *arguments, ")")
    applicability: Applicability = "unsafe" if names & RENAMED.keys() else "safe"
    return Fix("Make it a `model_config`", (Replace(Anchor(path, config.at), text),), applicability)
