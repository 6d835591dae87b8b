"""Whether the project's models are those of Pydantic 2, and which of its classes are such models."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.models.kinds import kind_of

if TYPE_CHECKING:
    from fastapi_lint.project import Project

ONLY_IN_2 = re.compile(
    r"\b(?:field_validator|model_validator|ConfigDict|SettingsConfigDict|model_dump|model_validate|TypeAdapter|RootModel)\b"
)
ONLY_IN_1 = re.compile(
    r"^from pydantic import (?:\([^)]*|.*)\b(?:BaseSettings|PyObject)\b"
    r"|^from pydantic\.(?:generics|error_wrappers|env_settings) import|^from pydantic\.fields import .*\bModelField\b",
    re.MULTILINE,
)
"""Imports that fail with Pydantic 2."""
REQUIRES_2 = "0.126"
"""The FastAPI that gave up Pydantic 1."""


def is_pydantic_2(project: Project) -> bool:
    """Whether the project runs on Pydantic 2: its version, FastAPI's, or names in its code that Pydantic 1 does not have."""
    found: bool | None = project.__dict__.get("pydantic_2")
    if found is None:
        said = project.versions.pydantic.since("2")
        if said is True and any(module.has(ONLY_IN_1) for module in project.modules):
            said = False
        if said is None:
            said = project.versions.fastapi.since(REQUIRES_2) is True or any(
                module.has(ONLY_IN_2) for module in project.modules
            )
        found = project.__dict__["pydantic_2"] = said
    return found


def is_model(project: Project, definition: ClassDefinition) -> bool:
    """Whether a class is a model of Pydantic 2, rather than of the old one that `pydantic.v1` keeps."""
    if any(name.startswith("pydantic.v1") for name in classes.externals(definition)):
        return False
    return kind_of(project.it, definition) == "model"
