"""A linter that understands the whole FastAPI application. These are the names that a rule's author imports."""

from fastapi_lint.findings import AddAwait, AddImport, Anchor, Finding, Fix, Insert, Replace, Step
from fastapi_lint.rule import Option, Rule

__all__ = ["AddAwait", "AddImport", "Anchor", "Finding", "Fix", "Insert", "Option", "Replace", "Rule", "Step"]
