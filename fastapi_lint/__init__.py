"""A linter that understands the whole FastAPI application. These are the names that a rule's author imports."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi_lint.findings import AddAwait, AddImport, Anchor, Finding, Fix, Insert, Replace, Step
    from fastapi_lint.rule import Option, Rule

__all__ = ["AddAwait", "AddImport", "Anchor", "Finding", "Fix", "Insert", "Option", "Replace", "Rule", "Step"]


def __getattr__(name: str) -> Any:
    """On demand: the command line needs none of them, and starts with every save."""
    if name not in __all__:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    from fastapi_lint import findings, rule

    return getattr(rule if name in ("Option", "Rule") else findings, name)
