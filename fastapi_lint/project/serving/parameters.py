"""What a request carries: the parameters of each operation, classified as FastAPI does it (`analyze_param` in its sources)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fastapi_lint.findings import Anchor
from fastapi_lint.project.interpreting import classes
from fastapi_lint.project.interpreting.annotations import MAPPINGS, TUPLES, UNIONS, canonical_typing
from fastapi_lint.project.interpreting.definitions import ClassDefinition
from fastapi_lint.project.interpreting.routing import annotated
from fastapi_lint.project.interpreting.values import (
    UNKNOWN,
    Arguments,
    ClassValue,
    Const,
    External,
    Generic,
    Instance,
    Value,
)
from fastapi_lint.project.models import schemas
from fastapi_lint.project.models.fields import SchemaField
from fastapi_lint.project.models.kinds import MODELS, WITH_FIELDS, class_of, kind_of
from fastapi_lint.project.serving.paths import path_names

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter
    from fastapi_lint.project.serving.callables import Taken

Kind = Literal["path", "query", "header", "cookie", "body", "form", "file", "special", "unknown"]
Complexity = Literal["scalar", "complex", "unknown"]

PARAMETER_CLASSES: dict[str, Kind] = {
    "Path": "path", "Query": "query", "Param": "query", "Header": "header", "Cookie": "cookie", "Body": "body", "Form": "form", "File": "file",
}  # fmt: skip
SPECIAL = (
    "starlette.requests.HTTPConnection", "starlette.requests.Request", "starlette.websockets.WebSocket", "starlette.responses.Response",
    "starlette.background.BackgroundTasks", "fastapi.security.SecurityScopes",
)  # fmt: skip
UPLOADS = ("starlette.datastructures.UploadFile", "fastapi.UploadFile")
SEQUENCES = frozenset({
    "builtins.list", "typing.List", "typing.Sequence", "collections.abc.Sequence", "typing.MutableSequence",
    "collections.abc.MutableSequence", "collections.deque", "typing.Deque", "builtins.set", "typing.Set", "builtins.frozenset",
    "typing.FrozenSet", "typing.NamedTuple", "builtins.range", *TUPLES,
})  # fmt: skip
KNOWN_PACKAGES = schemas.KNOWN_PACKAGES | {"sqlmodel", "pydantic_settings"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a request. `name` is Python's, `alias` the name on the wire, None where unknown; `model`: it comes from a model of
    that annotation whose fields are the parameters."""

    name: str
    kind: Kind
    alias: str | None
    annotation: Value | None
    default: Value | None
    required: bool
    site: Anchor
    fields: tuple[SchemaField, ...] | None = None
    is_dashed: bool = False

    @property
    def wire_names(self) -> tuple[str | None, ...]:
        """The names in the request: several for a model in the query, headers, cookies or form."""
        if self.fields is None:
            return (self.alias,)
        names = (field.request_name for field in self.fields if not field.is_computed)
        if self.is_dashed:
            return tuple(_dashed(name) for name in names)
        return tuple(names)


class Classifier:
    def __init__(self, it: Interpreter) -> None:
        self.it = it

    def parameter(
        self, name: str, annotation: Value | None, default: Value | None, site: Anchor, path: str | None
    ) -> Parameter | None:
        """How FastAPI understands a parameter; None for one with `Depends`. `path` is the operation's, None where unknown."""
        if self.it.routing.depends(annotation, default) is not None:
            return None
        in_path = path is not None and name in path_names(path)
        explicit = self._explicit(annotation, default)
        given = _default(explicit, default, is_explicit_default=explicit is not None and explicit is default)
        kind = self._kind(annotation, default, explicit, in_path=in_path)
        if kind == "query" and path is None and explicit is None:
            kind = "unknown"
        return Parameter(
            name,
            kind,
            _alias(name, kind, explicit),
            annotation,
            given,
            kind == "path" or given is None,
            site,
            self._fields(annotation)
            if explicit is not None and kind in ("query", "header", "cookie", "form")
            else None,
            kind == "header" and _converts(explicit),
        )

    def parameters(self, taken: Iterable[Taken], path: str | None) -> Iterator[Parameter]:
        """What a callable takes from the request itself, without its dependencies."""
        for one in taken:
            found = self.parameter(one.name, one.annotation, one.default, one.site, path)
            if found is not None:
                yield found

    def _explicit(self, annotation: Value | None, default: Value | None) -> Instance | None:
        """The `Query(...)` or the like that says what a parameter is."""
        for metadata in annotated(annotation):
            if type(metadata) is Instance and parameter_class(self.it, metadata) is not None:
                return metadata
        return default if type(default) is Instance and parameter_class(self.it, default) is not None else None

    def _kind(
        self, annotation: Value | None, default: Value | None, explicit: Instance | None, *, in_path: bool
    ) -> Kind:
        if explicit is not None:
            return parameter_class(self.it, explicit) or "unknown"
        if UNKNOWN in annotated(annotation):
            return "unknown"
        plain = _without_metadata(annotation)
        if self._is_special(plain):
            return "special"
        if default is UNKNOWN:  # it might be a `Depends`
            return "unknown"
        if in_path:
            return "path"
        if plain is None:
            return "query"
        if self.is_upload(plain):
            return "file"
        complexity = self.complexity(plain)
        return "body" if complexity == "complex" else "query" if complexity == "scalar" else "unknown"

    def _is_special(self, annotation: Value | None) -> bool:
        name = (
            annotation.definition
            if type(annotation) is ClassValue
            else annotation.name
            if type(annotation) is External
            else None
        )
        return name is not None and any(self.it.is_subclass(name, special) for special in SPECIAL)

    def is_upload(self, annotation: Value) -> bool:
        """Whether an annotation is an upload, an optional one, or a sequence of them."""
        if type(annotation) is External:
            return annotation.name in UPLOADS
        if type(annotation) is ClassValue:
            return any(self.it.is_subclass(annotation.definition, upload) for upload in UPLOADS)
        if type(annotation) is not Generic or type(annotation.base) is not External:
            return False
        name = canonical_typing(annotation.base.name)
        if name in UNIONS:
            return any(self.is_upload(arg) for arg in annotation.args)
        return name in SEQUENCES and all(self.is_upload(arg) for arg in annotation.args)

    def _fields(self, annotation: Value | None) -> tuple[SchemaField, ...] | None:
        model = schemas.plain(annotation) if annotation is not None else UNKNOWN
        definition = class_of(model)
        if definition is None or kind_of(self.it, definition) != "model":
            return None
        return schemas.fields(self.it, model)

    # ---- scalar or not ----------------------------------------------------------------------------------------------------------

    def complexity(self, annotation: Value) -> Complexity:
        """Whether FastAPI takes a type for a body by itself."""
        match annotation:
            case ClassValue():
                return self._of_class(annotation.definition)
            case External():
                return self._of_external(canonical_typing(annotation.name))
            case Generic():
                return self._of_generic(annotation)
            case Const():
                return "scalar" if annotation.value is None else "unknown"
            case _:
                return "unknown"

    def _of_generic(self, annotation: Generic) -> Complexity:
        if type(annotation.base) is ClassValue:
            return self._of_class(annotation.base.definition)
        if type(annotation.base) is not External:
            return "unknown"
        name = canonical_typing(annotation.base.name)
        if name == "typing.Annotated":
            return self.complexity(annotation.args[0]) if annotation.args else "unknown"
        if name in UNIONS:
            kinds = {self.complexity(arg) for arg in annotation.args}
            return "complex" if "complex" in kinds else "unknown" if "unknown" in kinds else "scalar"
        return self._of_external(name)

    def _of_external(self, name: str) -> Complexity:
        if name in SEQUENCES or name in MAPPINGS or name in MODELS or name in UPLOADS:
            return "complex"
        if any(self.it.library.is_subclass(name, model) for model in MODELS):
            return "complex"
        return "scalar" if name.partition(".")[0] in KNOWN_PACKAGES else "unknown"

    def _of_class(self, definition: ClassDefinition) -> Complexity:
        if classes.is_enum(definition):
            return "scalar"
        kind = kind_of(self.it, definition)
        if kind in WITH_FIELDS:
            return "complex"
        if any(
            canonical_typing(name) in SEQUENCES or canonical_typing(name) in MAPPINGS
            for name in classes.externals(definition)
        ):
            return "complex"
        return "scalar" if kind == "plain" else "unknown"


def parameter_class(it: Interpreter, value: Instance) -> Kind | None:
    """The kind of parameter that a `Query(...)` or the like makes."""
    names = (value.cls,) if isinstance(value.cls, str) else classes.externals(value.cls)
    for name in names:
        module, _, last = name.rpartition(".")
        if module.partition(".")[0] == "fastapi" and last in PARAMETER_CLASSES:
            return PARAMETER_CLASSES[last]
    return None


def _without_metadata(annotation: Value | None) -> Value | None:
    while (
        type(annotation) is Generic
        and type(annotation.base) is External
        and canonical_typing(annotation.base.name) == "typing.Annotated"
    ):
        annotation = annotation.args[0] if annotation.args else UNKNOWN
    return annotation


def _default(explicit: Instance | None, default: Value | None, *, is_explicit_default: bool) -> Value | None:
    """The parameter's default, None where it is required."""
    if not is_explicit_default:
        return default
    assert explicit is not None
    made = explicit.made or Arguments((), {})
    given = made.get("default", 0) or made.keywords.get("default_factory")
    if type(given) is External and given.name == "builtins.Ellipsis":
        return None
    return given


def _alias(name: str, kind: Kind, explicit: Instance | None) -> str | None:
    made = explicit.made if explicit is not None else None
    for keyword in ("validation_alias", "alias"):
        given = made.keywords.get(keyword) if made is not None else None
        if given is not None and not (type(given) is Const and given.value is None):
            return given.value if type(given) is Const and isinstance(given.value, str) else None
    return _dashed(name) if kind == "header" and _converts(explicit) else name


def _converts(header: Instance | None) -> bool:
    given = header.made.keywords.get("convert_underscores") if header is not None and header.made is not None else None
    return not (type(given) is Const and given.value is False)


def _dashed(name: str | None) -> str | None:
    return None if name is None else name.replace("_", "-")
