"""Run the project without running it.

Module code and what it calls is run for its effects on routers and applications; every function can besides be studied on its own,
with what its annotations promise for its parameters (`analysis`). Both go through the same evaluation, so there is one way in which
a name, an attribute or a call is understood. Results are kept: nothing is evaluated twice for the same question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.library import Library
from fastapi_lint.project.interpreting import annotations as types
from fastapi_lint.project.interpreting import (
    attributes,
    calls,
    class_hooks,
    classes,
    expressions,
    functions,
    statements,
)
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import CallSite, Frame, SiteKind
from fastapi_lint.project.interpreting.importing import Importer, ModuleFrame
from fastapi_lint.project.interpreting.modules import Module, ModuleIndex
from fastapi_lint.project.interpreting.values import (
    NO_ARGUMENTS,
    UNKNOWN,
    Arguments,
    ClassValue,
    Const,
    Coroutine,
    External,
    FunctionValue,
    GeneratorValue,
    Generic,
    Instance,
    Mapping,
    Method,
    Partial,
    Sequence,
    Union,
    Value,
    known_members,
    union,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.routing import Routing


class Interpreter:
    def __init__(self, index: ModuleIndex, library: Library) -> None:
        from fastapi_lint.project.interpreting.routing import Routing

        self.index = index
        self.library = library
        self.importer = Importer(self)
        self.routing: Routing = Routing(self)
        self.functions: dict[FunctionDefinition, FunctionValue] = {}
        self.classes: dict[tuple[str, int], ClassDefinition] = {}
        self.subclasses: dict[ClassDefinition, list[ClassDefinition]] = {}
        self._definitions: dict[tuple[str, int], FunctionDefinition] = {}
        self._prototypes: dict[ClassDefinition, Instance] = {}
        self.studies = functions.Studies(self)
        self.making: list[ClassValue] = []  # the classes whose metaclass is being run

    # ---- names ------------------------------------------------------------------------------------------------------------

    def lookup(self, frame: Frame, name: str) -> Value:
        scope: Frame | None = frame
        first = True
        while scope is not None:
            if scope.cls is None or scope.function is not None or first:
                value = scope.local(name)
                if value is not None:
                    return value
                function = scope.function
                if (
                    function is not None
                    and name in function.locals
                    and scope.parent is not None
                    and not _overlaid(scope)
                ):
                    return UNKNOWN
            first = first and scope.cls is None
            scope = scope.parent
        if name in BUILTINS:
            return External(f"builtins.{name}")
        return self._starred(frame, name)

    def _starred(self, frame: Frame, name: str) -> Value:
        outermost = frame
        while outermost.parent is not None:
            outermost = outermost.parent
        return outermost.starred(name) if isinstance(outermost, ModuleFrame) else UNKNOWN

    def assign(self, frame: Frame, name: str, value: Value) -> None:
        scope = frame
        function = frame.function
        if function is not None and name not in function.locals and not _overlaid(frame):
            outer = frame.parent
            while outer is not None and outer.parent is not None and name not in outer.env:
                outer = outer.parent
            if outer is None:
                return
            old = outer.env.get(name)
            outer.env[name] = union((old, value)) if old is not None and not frame.effects else value
            return
        scope.env[name] = value

    def annotate(
        self, frame: Frame, name: str, annotation: Value, node: s.AnnotatedAssign, default: Value | None
    ) -> None:
        assert frame.cls is not None
        classes.fields(frame.cls)[name] = classes.Field(name, annotation, default, frame.anchor(node), node)

    def imports(self, frame: Frame, node: s.Import) -> None:
        self.importer.imports(frame, node)

    def imports_from(self, frame: Frame, node: s.ImportFrom) -> None:
        self.importer.imports_from(frame, node)

    def module_attribute(self, module: Module, name: str) -> Value:
        return self.importer.module_attribute(module, name)

    def namespace_attribute(self, directory: str, name: str) -> Value:
        return self.importer.namespace_attribute(directory, name)

    def module_frame(self, module: Module) -> ModuleFrame:
        return self.importer.frame(module)

    # ---- evaluation -------------------------------------------------------------------------------------------------------

    def run(self, frame: Frame, body: tuple[Any, ...]) -> bool:
        return statements.block(self, frame, body)

    def evaluate(self, frame: Frame, node: Any) -> Value:
        return expressions.EVALUATE[type(node)](self, frame, node)

    def attribute(self, frame: Frame, receiver: Value, name: str, node: Any) -> Value:
        return attributes.attribute(self, frame, receiver, name, node)

    def subscript(self, value: Value, items: list[Value]) -> Value:
        if type(value) is Union:
            return union(expressions.subscripted(self, member, items) for member in known_members(value))
        return expressions.subscripted(self, value, items)

    def call_site(self, frame: Frame, node: Any, callee: Value, arguments: Arguments, kind: SiteKind = "call") -> Value:
        """Call something and keep a record of it."""
        site = CallSite(kind, node, callee, arguments, frame)
        result = calls.call(self, frame, callee, arguments, node) if callee is not UNKNOWN else UNKNOWN
        site.result = result
        if (
            type(result) is Instance
            and result.site is None
            and result.made is None
            and result.class_name.startswith(FILES)
        ):
            result.site = site.anchor
        frame.sites.append(site)
        return result

    def call(self, frame: Frame, callee: Value, arguments: Arguments, node: Any) -> Value:
        return calls.call(self, frame, callee, arguments, node)

    def operation(self, frame: Frame, operator: str, left: Value, right: Value) -> Value:
        if operator == "|":
            kinds = (ClassValue, External, Generic)
            if isinstance(left, kinds) or isinstance(right, kinds):
                return Generic(External("typing.Union"), (left, right))
            if type(left) is Mapping and type(right) is Mapping:
                return Mapping({**left.entries, **right.entries}, open=left.open or right.open)
        if type(left) is Sequence and type(right) is Sequence and operator == "+":
            if left.items is not None and right.items is not None:
                return Sequence(left.kind, [*left.items, *right.items])
            return Sequence(left.kind, None, union((left.any(), right.any())))
        if type(left) is Const and type(right) is Const:
            return _arithmetic(operator, left.value, right.value)
        if type(left) is Instance and isinstance(left.cls, str) and operator == "/":
            entry = self.library.method(left.cls, "__truediv__") or self.library.method(left.cls, "joinpath")
            if entry is not None and entry.returns:
                return types.of_library(self.library, entry.returns, left)
        return UNKNOWN

    # ---- containers, iteration, contexts ------------------------------------------------------------------------------------

    def items(self, value: Value) -> list[Value] | None:
        """The elements of something iterated, where each is known."""
        if type(value) is Sequence:
            return value.items
        if type(value) is Mapping and not value.open:
            return [Const(key) for key in value.entries]
        return None

    def element(self, value: Value) -> Value:
        """What iterating gives, without noting that it happens."""
        kind = type(value)
        if kind is Sequence:
            return value.any()  # type: ignore[attr-defined, no-any-return]
        if kind is GeneratorValue:
            return self.studies.yielded(value.callee, value.arguments)  # type: ignore[attr-defined]
        if kind is Union:
            return union(self.element(member) for member in known_members(value))
        if kind is Coroutine and type(value.callee) is Method and type(value.result) is Instance:  # type: ignore[attr-defined]
            return self._element_of(value.result)  # type: ignore[attr-defined]  # a library's asynchronous generator
        if kind is Instance:
            return self._element_of(value)  # type: ignore[arg-type]
        return UNKNOWN

    def _element_of(self, value: Instance) -> Value:
        if isinstance(value.cls, str):
            known = self.library.cls(value.cls)
            if known is not None:
                text = known.iterates or known.async_iterates
                if text:
                    return types.of_library(self.library, text, value)
            promised = types.yielded(Generic(External(value.cls), value.args)) if value.args else None
            return promised if promised is not None else UNKNOWN
        if classes.is_enum(value.cls):
            return value
        found = classes.member(value.cls, "__iter__") or classes.member(value.cls, "__aiter__")
        if found is not None and type(found[1]) is FunctionValue:
            iterator = self.studies.call_result(found[1].bound(value), NO_ARGUMENTS)
            if type(iterator) is Instance and isinstance(iterator.cls, ClassDefinition):
                return self._next_of(iterator, iterator.cls)
            return self.element(iterator)
        return UNKNOWN

    def _next_of(self, iterator: Instance, cls: ClassDefinition) -> Value:
        """What an iterator of the project gives: it need not be asked for another one, which may be itself."""
        found = classes.member(cls, "__next__") or classes.member(cls, "__anext__")
        if found is None or type(found[1]) is not FunctionValue:
            return UNKNOWN
        result = self.studies.call_result(found[1].bound(iterator), NO_ARGUMENTS)
        return self.awaited(result) if type(result) is Coroutine else result

    def item_of(self, value: Instance) -> Value:
        if isinstance(value.cls, str):
            entry = self.library.method(value.cls, "__getitem__")
            if entry is not None and entry.returns:
                return types.of_library(self.library, entry.returns, value)
            return UNKNOWN
        found = classes.member(value.cls, "__getitem__")
        if found is not None and type(found[1]) is FunctionValue:
            return self.studies.call_result(found[1].bound(value), NO_ARGUMENTS)
        return UNKNOWN

    def iterate(self, frame: Frame, node: Any, value: Value, *, is_async: bool) -> Value:
        """What a loop over a value binds; the loop runs generators and iterators, which is noted as a site."""
        for member in known_members(value):
            runs = type(member) is GeneratorValue or (type(member) is Instance and not isinstance(member.cls, str))
            if runs or (type(member) is Instance and self._iteration_blocks(member)):
                site = CallSite("iterate", node, member, NO_ARGUMENTS, frame)
                site.awaited = is_async
                frame.sites.append(site)
        return self.element(value)

    def _iteration_blocks(self, value: Instance) -> bool:
        known = self.library.cls(value.class_name)
        return known is not None and known.iteration_blocks is not None

    def enter(self, frame: Frame, node: Any, context: Value, *, is_async: bool) -> Value:
        """What `with context as x` binds; entering is noted as a site."""
        bound: list[Value] = []
        for member in known_members(context):
            kind = type(member)
            if kind in (GeneratorValue, Instance):
                site = CallSite("enter", node, member, NO_ARGUMENTS, frame)
                site.awaited = is_async
                frame.sites.append(site)
            if kind is GeneratorValue:
                bound.append(self.studies.yielded(member.callee, member.arguments))  # type: ignore[attr-defined]
            elif kind is Instance:
                bound.append(self._entered(member, is_async=is_async))
            elif kind is Coroutine and is_async:
                bound.append(self._entered(self.awaited(member), is_async=True))
            else:
                bound.append(UNKNOWN)
        return union(bound) if bound else UNKNOWN

    def _entered(self, context: Value, *, is_async: bool) -> Value:
        if type(context) is not Instance:
            return UNKNOWN
        if isinstance(context.cls, str):
            known = self.library.cls(context.cls)
            if known is None:
                return context if context.cls != "builtins.object" else UNKNOWN
            text = known.async_enters if is_async else known.enters
            return context if text == "self" else types.of_library(self.library, text, context)
        found = classes.member(context.cls, "__aenter__" if is_async else "__enter__")
        if found is None:
            outside = [name for name in classes.externals(context.cls) if self.library.is_class(name)]
            return context if outside else UNKNOWN
        if type(found[1]) is FunctionValue:
            result = self.studies.call_result(found[1].bound(context), NO_ARGUMENTS)
            return result if result is not UNKNOWN else context
        return UNKNOWN

    def caught(self, kind: Value) -> Value:
        if type(kind) is Sequence and kind.items is not None:
            return union(self.instance_of(item) for item in kind.items)
        return self.instance_of(kind)

    # ---- types ------------------------------------------------------------------------------------------------------------

    def instance_of(self, kind: Value) -> Value:
        return types.instance_of(kind)

    def is_instance(self, value: Instance, wanted: Value) -> bool:
        return type(wanted) is Instance and self.is_subclass(value.cls, wanted.cls)

    def is_subclass(self, cls: ClassDefinition | str, ancestor: ClassDefinition | str) -> bool:
        if isinstance(cls, ClassDefinition):
            for candidate in classes.ancestors(cls):
                if candidate == ancestor:
                    return True
                if (
                    isinstance(candidate, str)
                    and isinstance(ancestor, str)
                    and self._external_subclass(candidate, ancestor)
                ):
                    return True
            return False
        return isinstance(ancestor, str) and self._external_subclass(cls, ancestor)

    def _external_subclass(self, name: str, ancestor: str) -> bool:
        return name == ancestor or self.library.is_subclass(name, ancestor)

    def awaited(self, value: Value) -> Value:
        kind = type(value)
        if kind is Coroutine:
            if value.result is None:  # type: ignore[attr-defined]
                value.result = self.studies.result(value.callee, value.arguments)  # type: ignore[attr-defined]
            return value.result  # type: ignore[attr-defined, no-any-return]
        if kind is Instance and isinstance(value.cls, str):  # type: ignore[attr-defined]
            known = self.library.cls(value.cls)  # type: ignore[attr-defined]
            return types.of_library(self.library, known.awaits, value) if known and known.awaits else UNKNOWN  # type: ignore[arg-type]
        if kind is Union:
            return union(self.awaited(member) for member in known_members(value))
        return UNKNOWN

    # ---- functions and classes ----------------------------------------------------------------------------------------------

    def function_definition(self, frame: Frame, node: s.Function) -> FunctionDefinition:
        key = (frame.module.path, node.at)
        found = self._definitions.get(key)
        if found is None:
            if frame.cls is not None and frame.function is None:
                prefix = frame.cls.qualname
            elif frame.function is not None:
                prefix = f"{frame.function.qualname}.<locals>"
            else:
                prefix = frame.module.name
            owner = frame.cls if frame.function is None else None
            found = FunctionDefinition(frame.module, node, f"{prefix}.{node.name}", frame.function, owner)
            self._definitions[key] = found
        return found

    def define_function(self, frame: Frame, node: s.Function) -> None:
        value = functions.define(self, frame, node)
        self.assign(frame, node.name, value)

    def define_class(self, frame: Frame, node: s.Class) -> None:
        value: Value = classes.define(self, frame, node)
        if type(value) is ClassValue:
            class_hooks.run(self, frame, value.definition)
        for decorator in reversed(node.decorators):
            value = functions.decorated_class(self, frame, decorator, value)
        self.assign(frame, node.name, value)

    def call_function(self, frame: Frame, function: FunctionValue, arguments: Arguments) -> Value:
        return self.studies.call(frame, function, arguments)

    def returned_by(self, frame: Frame, function: Value, arguments: Arguments = NO_ARGUMENTS) -> Value:
        """What a callable that is run elsewhere returns."""
        if type(function) is FunctionValue:
            return self.studies.call_result(function, NO_ARGUMENTS)
        made = function.base if type(function) is Generic else function
        if type(made) is External and made.name in CONTAINERS:
            return Sequence(CONTAINERS[made.name], None, self.element(arguments.get("", 0) or UNKNOWN))
        if type(function) in (External, ClassValue, Method, Partial):
            return calls.call(self, frame, function, NO_ARGUMENTS, _NOWHERE)
        return UNKNOWN

    def analysis(self, function: FunctionValue, arguments: Arguments = NO_ARGUMENTS) -> Frame:
        """The study of a function on its own, or for arguments that its annotations do not tell."""
        return self.studies.analysis(function, arguments)

    def read_property(self, frame: Frame, function: FunctionValue, node: Any) -> Value:
        site = CallSite("property", node, function, NO_ARGUMENTS, frame)
        frame.sites.append(site)
        return self.studies.call_result(function, NO_ARGUMENTS)

    def prototype(self, definition: ClassDefinition) -> Instance:
        """The object that stands for `self` where a method is studied on its own."""
        found = self._prototypes.get(definition)
        if found is None:
            found = self._prototypes[definition] = Instance(definition)
        return found

    def constructed(self, instance: Instance) -> Instance:
        """The instance after its `__init__` was studied with the arguments that made it."""
        return self.studies.constructed(instance)

    def construct(self, frame: Frame, instance: Instance) -> None:
        """Run `__init__` for its effects."""
        self.studies.construct(frame, instance)

    def shapes_application(self, definition: FunctionDefinition | ClassDefinition, arguments: Arguments) -> bool:
        """Whether running it could add to a router: it is given one, or its text says so, or that of what it calls by name."""
        return self.routing.among(arguments) or self.importer.shapes(definition)

    def create_model(self, frame: Frame, arguments: Arguments, node: Any) -> Value:
        return classes.create_model(self, frame, arguments, node)


FILES = ("io.", "tempfile.")


def _overlaid(frame: Frame) -> bool:
    """Whether a frame is a comprehension's, which shares its function with the frame around it."""
    return frame.parent is not None and frame.function is not None and frame.parent.function is frame.function


class _Nowhere:
    at = 0


_NOWHERE = _Nowhere()
CONTAINERS = {
    "builtins.frozenset": "set", "builtins.list": "list", "builtins.set": "set", "builtins.sorted": "list", "builtins.tuple": "tuple",
}  # fmt: skip
BUILTINS = frozenset(dir(__import__("builtins")))


def _arithmetic(operator: str, left: Any, right: Any) -> Value:
    numbers = (int, float)
    if not (type(left) in numbers and type(right) in numbers):
        if operator == "%" and isinstance(left, str) and "%" in left and left.count("%s") == 1 == left.count("%"):
            return Const(left.replace("%s", str(right)))
        return UNKNOWN
    try:
        match operator:
            case "+":
                return Const(left + right)
            case "-":
                return Const(left - right)
            case "*":
                return Const(left * right)
            case "//":
                return Const(left // right)
            case "/":
                return Const(left / right)
            case _:
                return UNKNOWN
    except (ZeroDivisionError, OverflowError):
        return UNKNOWN
