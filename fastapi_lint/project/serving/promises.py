"""What a route declares to send: its response model, and the fields of it that it includes or leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fastapi_lint.project.interpreting.values import UNKNOWN, Const, Mapping, Sequence, Value
from fastapi_lint.project.serving.application import Route

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

Path = tuple[str, ...]
"""Names of fields, outermost first."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What a route declares to send. `kind` is None where it declares nothing, or switches the model off; UNKNOWN where that cannot be told."""

    kind: Value | None
    declared_by: Literal["response_model", "annotation", "nothing"]
    include: Value | None = None
    exclude: Value | None = None

    def sends(self, path: Path) -> bool:
        """Whether `response_model_include` and `_exclude` let a field through; no where they are not known."""
        if _is_given(self.exclude) and _names(self.exclude, path) in ("whole", "unknown"):
            return False
        return not _is_given(self.include) or _names(self.include, path) in ("whole", "part")

    @property
    def is_readable(self) -> bool:
        """Whether it is known what is included and left out."""
        return all(not _is_given(one) or _names(one, ("",)) != "unknown" for one in (self.include, self.exclude))


def promise_of(it: Interpreter, route: Route) -> Promise:
    """`response_model` wins over the return annotation; `response_model=None` switches both off."""
    include, exclude = route.keyword("response_model_include"), route.keyword("response_model_exclude")
    model = route.keyword("response_model")
    if model is not None:
        if type(model) is Const and model.value is None:
            return Promise(None, "nothing")
        return Promise(model, "response_model", include, exclude)
    if route.arguments.starred or route.function is None:
        return Promise(UNKNOWN, "response_model", include, exclude)
    returns = it.studies.signature(route.function).returns
    if returns is None:
        return Promise(None, "nothing")
    return Promise(returns, "annotation", include, exclude)


def _is_given(selection: Value | None) -> bool:
    return selection is not None and not (type(selection) is Const and selection.value is None)


def _names(selection: Value | None, path: Path) -> Literal["whole", "part", "not", "unknown"]:
    """What a set of names, or a dictionary of such sets, says of a field; `__all__` stands for the items of a list."""
    entries: dict[object, Value | None]
    if (
        type(selection) is Sequence
        and selection.items is not None
        and all(type(item) is Const for item in selection.items)
    ):
        entries = {item.value: None for item in selection.items}  # type: ignore[attr-defined]
    elif type(selection) is Mapping and not selection.open:
        if "__all__" in selection.entries:
            return _names(selection.entries["__all__"], path)
        entries = dict(selection.entries)
    else:
        return "unknown"
    if path[0] not in entries:
        return "not"
    inner = entries[path[0]]
    if type(inner) not in (Sequence, Mapping):
        return "whole"
    return _names(inner, path[1:]) if len(path) > 1 else "part"
