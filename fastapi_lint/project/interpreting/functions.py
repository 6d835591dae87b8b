"""Functions: what their `def` makes, what calling them gives, and the study of each on its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi_lint import syntax as s
from fastapi_lint.project.interpreting import classes, constructors, expressions
from fastapi_lint.project.interpreting.annotations import yielded
from fastapi_lint.project.interpreting.definitions import ClassDefinition, FunctionDefinition
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import (
    NO_ARGUMENTS,
    NONE,
    UNKNOWN,
    Arguments,
    ClassValue,
    Const,
    Coroutine,
    Decorator,
    External,
    FunctionValue,
    GeneratorValue,
    Instance,
    Mapping,
    Method,
    ModuleValue,
    Partial,
    Sequence,
    Text,
    Union,
    Value,
    has_text,
    known_members,
    union,
)

if TYPE_CHECKING:
    from fastapi_lint.project.interpreting.interpreter import Interpreter

MOST_CONTEXTS = 6
"""How many different kinds of arguments a function without annotations is studied for."""
CONFIDENTIAL = re.compile(r"(?i:secret|passw|token|key|credential)")
"""Names of parameters whose literal defaults, and of functions whose literal results, are kept apart from other text."""
DEEPEST = 40
"""How deep calls are followed."""
MOST_RUNS = 200_000
"""How many calls are run for their effects before the rest is only studied."""


@dataclass(slots=True)
class Signature:
    """The annotations of a function as values; a parameter without one is missing from `parameters`."""

    parameters: dict[str, Value]
    defaults: dict[str, Value]
    returns: Value | None


# ---- definition -----------------------------------------------------------------------------------------------------------


def define(it: Interpreter, frame: Frame, node: s.Function) -> Value:
    definition = it.function_definition(frame, node)
    function = FunctionValue(definition, frame.outside)
    known = it.functions.get(definition)
    if known is None or (frame.effects and not known.frame.effects):
        it.functions[definition] = function
    if frame.effects and (frame.repeats or frame.function is not None) and node.parameters:
        it.studies.fix_signature(function)
    decorators = [_decorator(it, frame, decorator) for decorator in node.decorators]
    if decorators:
        definition.decorators = tuple(name for name, _ in decorators)
        definition.__dict__.pop("decorator_names", None)
    value: Value = function
    for (name, decorator), syntax in zip(reversed(decorators), reversed(node.decorators)):
        value = _decorate(it, frame, value, name, decorator, syntax)
    read = frame.env.get(node.name) if frame.cls is not None and any(map(_only_changes, node.decorators)) else None
    return read if type(read) is FunctionValue else value  # who reads the attribute still calls the getter


def _only_changes(decorator: s.Expression) -> bool:
    """Whether a decorator makes a method what is called when a property is set or deleted."""
    return type(decorator) is s.Attribute and decorator.attr in ("setter", "deleter")


def _decorator(it: Interpreter, frame: Frame, node: Any) -> tuple[Value, Value]:
    """A decorator: what it is called (without its arguments), and its value."""
    if type(node) is s.Call:
        callee = it.evaluate(frame, node.func)
        arguments = expressions.arguments(it, frame, node.args)
        return callee, it.call_site(frame, node, callee, arguments)
    value = it.evaluate(frame, node)
    return value, value


KEPT = frozenset(
    {
        "builtins.staticmethod",
        "builtins.classmethod",
        "builtins.property",
        "functools.cached_property",
        "abc.abstractmethod",
    }
)


def _decorate(it: Interpreter, frame: Frame, value: Value, name: Value, decorator: Value, node: Any) -> Value:
    """A decorator that we cannot see through is taken to give the function back."""
    kind = type(decorator)
    if decorator is UNKNOWN or (kind is External and decorator.name in KEPT):  # type: ignore[attr-defined]
        return value
    if kind in (External, Method) and type(value) is FunctionValue:
        if kind is External and decorator.name == "asgiref.sync.sync_to_async":  # type: ignore[attr-defined]
            return Decorator("threaded", value, NO_ARGUMENTS, node)
        left = _left_by(it, decorator)
        if left is not None:
            return _as_left(it, value, left)
        if kind is External:
            return value
    if type(value) is FunctionValue and (left := _left_by(it, name)) is not None:
        return _as_left(it, value, left)
    result = it.call(frame, decorator, Arguments((value,), {}), node)
    if type(result) is FunctionValue or type(result) in (Partial, Decorator):
        return result
    if kind is Decorator and decorator.kind == "wraps":  # type: ignore[attr-defined]
        return result  # it shows the signature of one of several functions
    if type(result) is Instance and isinstance(result.cls, ClassDefinition):
        return result
    return value


def _left_by(it: Interpreter, decorator: Value) -> str | None:
    """The type that a library's decorator makes of a function."""
    if type(decorator) is External:
        entry = it.library.function(decorator.name)
    elif type(decorator) is Method:
        entry = it.library.method(decorator.owner, decorator.name)
    else:
        return None
    return entry.decorates if entry is not None else None


def _as_left(it: Interpreter, function: FunctionValue, left: str) -> Value:
    """An object of that type; where calling it is calling the function, the function with the object's other attributes."""
    made = Instance(left, (), Arguments((function,), {}))
    if it.library.method(left, "__call__") is not None:
        return made
    function.attributes["__class__"] = made
    return function


def decorated_class(it: Interpreter, frame: Frame, node: Any, value: Value) -> Value:
    name, decorator = _decorator(it, frame, node)
    if type(value) is ClassValue:
        value.definition.decorators = (*value.definition.decorators, name)
    if decorator is UNKNOWN or type(decorator) is External:
        return value
    result = it.call(frame, decorator, Arguments((value,), {}), node)
    return result if type(result) is ClassValue else value


# ---- calls and studies ------------------------------------------------------------------------------------------------------


class Studies:
    """Runs functions, and keeps what was learnt."""

    def __init__(self, it: Interpreter) -> None:
        self.it = it
        self._signatures: dict[tuple[FunctionDefinition, Frame | None], Signature] = {}
        self._studies: dict[tuple[FunctionDefinition, int, tuple[Any, ...]], Frame] = {}
        self._first: dict[FunctionDefinition, Frame] = {}
        self._contexts: dict[FunctionDefinition, int] = {}
        self._running: set[FunctionDefinition] = set()
        self._constructed: set[int] = set()
        self._runs = 0
        self.ran: set[FunctionDefinition] = set()  # for their effects

    def signature(self, function: FunctionValue) -> Signature:
        if function.signature is not None:
            return function.signature
        scope = function.frame if function.frame.parent is not None else None
        key = (function.definition, scope)
        found = self._signatures.get(key)
        if found is None:
            self._signatures[key] = Signature({}, {}, None)  # an annotation that asks for this signature ends here
            found = self._signatures[key] = self._evaluated(function)
        return found

    def _evaluated(self, function: FunctionValue) -> Signature:
        it, frame = self.it, function.frame
        parameters: dict[str, Value] = {}
        defaults: dict[str, Value] = {}
        for parameter in function.definition.node.parameters:
            if parameter.annotation is not None:
                parameters[parameter.name] = it.evaluate(frame, parameter.annotation)
            if parameter.default is not None:
                defaults[parameter.name] = it.evaluate(frame, parameter.default)
        returns = function.definition.node.returns
        return Signature(parameters, defaults, it.evaluate(frame, returns) if returns is not None else None)

    def fix_signature(self, function: FunctionValue) -> None:
        """Evaluate annotations and defaults now, as Python does: where a `def` runs several times, later would be another time."""
        function.signature = self._evaluated(function)

    def call(self, frame: Frame, function: FunctionValue, arguments: Arguments) -> Value:
        """Call a function of the project: for its effects where it may have some, else for what it gives."""
        definition = function.definition
        node = definition.node
        if node.is_async:
            if node.is_generator:
                return GeneratorValue(function, arguments)
            return Coroutine(function, arguments)
        if node.is_generator:
            return GeneratorValue(function, arguments, definition.is_context_manager)
        if self._must_run(frame, function, arguments):
            return self.run(frame, function, arguments).returned()
        if self._makes_text(frame, function, arguments):
            returned = self.run(frame, function, arguments).returned()
            if has_text(returned):
                return returned
        return self.result(function, arguments)

    def _makes_text(self, frame: Frame, function: FunctionValue, arguments: Arguments) -> bool:
        """Whether a call of the application's set-up makes text of text, such as a path: then the annotation says too little."""
        if not frame.effects or frame.depth >= DEEPEST or function.definition in self._running:
            return False
        if not any(has_text(value) for value in (*arguments.positional, *arguments.keywords.values())):
            return False
        returns = self.signature(function).returns
        return type(returns) is External and returns.name == "builtins.str" and self._runs < MOST_RUNS

    def run_awaited(self, frame: Frame, coroutine: Coroutine) -> None:
        """Run a coroutine that is awaited, where it may have effects."""
        callee = coroutine.callee
        if type(callee) is FunctionValue and self._must_run(frame, callee, coroutine.arguments):
            coroutine.result = self.run(frame, callee, coroutine.arguments).returned()

    def _must_run(self, frame: Frame, function: FunctionValue, arguments: Arguments) -> bool:
        if frame.depth >= DEEPEST or function.definition in self._running:
            return False
        if frame.effects:
            receiver = function.receiver
            routed = receiver is not None and self.it.routing.among(Arguments((receiver,), {}))
            shaping = (
                routed
                or function.definition.makes_functions
                or self.it.shapes_application(function.definition, arguments)
            )
            if shaping and self._runs < MOST_RUNS:
                return True
        return _takes_function(arguments)

    def run(self, frame: Frame, function: FunctionValue, arguments: Arguments) -> Frame:
        """Run a function with these arguments, its effects included where the caller's count."""
        self._runs += 1
        if frame.effects:
            self.ran.add(function.definition)
        inner = self._frame(function)
        inner.effects = frame.effects
        inner.depth = frame.depth + 1
        inner.open_tests = frame.open_tests
        self._bind(inner, function, arguments)
        if frame.effects:
            self._bind_exactly(inner, function, arguments)
        self._running.add(function.definition)
        try:
            self.it.run(inner, function.definition.node.body)
        finally:
            self._running.discard(function.definition)
        if not inner.returns:
            inner.returns.append((s.Return(function.definition.node.at, None), NONE))
        return inner

    def trial(self, function: FunctionValue, arguments: Arguments, *, effects: bool) -> Frame:
        """Run a function once for exactly these arguments, as a test runner does. Nothing of it is kept for other questions."""
        inner = self._frame(function)
        inner.effects = effects
        self._bind(inner, function, arguments)
        self._bind_exactly(inner, function, arguments)
        inner.env.update((name, value) for name, value in paired(function, arguments) if value is not UNKNOWN)
        definition = function.definition
        if definition not in self._running and len(self._running) < DEEPEST:
            self._running.add(definition)
            try:
                self.it.run(inner, definition.node.body)
            finally:
                self._running.discard(definition)
        return inner

    def _frame(self, function: FunctionValue) -> Frame:
        frame = Frame(function.definition.module, function.frame, function.definition)
        frame.receiver = function.receiver
        return frame

    def result(self, function: Value, arguments: Arguments) -> Value:
        """What a call gives (of a coroutine, what awaiting it gives), from the annotation or else from the body."""
        if type(function) is not FunctionValue:
            return UNKNOWN
        returns = self.signature(function).returns
        if returns is not None:
            promised = self.it.instance_of(returns)
            if type(promised) is Instance and promised.args == () and isinstance(promised.cls, ClassDefinition):
                return self._more_precise(function, arguments, promised)
            if (
                type(promised) is Instance
                and promised.cls == "builtins.str"
                and CONFIDENTIAL.search(function.definition.name)
            ):
                returned = self.analysis(function, arguments).returned()
                return returned if has_text(returned) else promised
            if promised is not UNKNOWN:
                return promised
        return self.analysis(function, arguments).returned()

    def _more_precise(self, function: FunctionValue, arguments: Arguments, promised: Instance) -> Value:
        """An annotated class whose constructor says nothing about types: the object that the body makes knows more."""
        if not self._constructor_is_bare(promised.cls) or function.definition in self._running:  # type: ignore[arg-type]
            return promised
        returned = self.analysis(function, arguments).returned()
        return returned if type(returned) is Instance and self.it.is_instance(returned, promised) else promised

    def _constructor_is_bare(self, definition: ClassDefinition) -> bool:
        found = classes.member(definition, "__init__")
        if found is None or type(found[1]) is not FunctionValue:
            return False
        return any(parameter.annotation is None for parameter in found[1].definition.node.parameters[1:])

    def call_result(self, function: FunctionValue, arguments: Arguments) -> Value:
        """What a call gives, without running it for its effects."""
        node = function.definition.node
        if node.is_async:
            return GeneratorValue(function, arguments) if node.is_generator else Coroutine(function, arguments)
        if node.is_generator:
            return GeneratorValue(function, arguments)
        return self.result(function, arguments)

    def yielded(self, function: FunctionValue, arguments: Arguments) -> Value:
        """What a generator function yields."""
        returns = self.signature(function).returns
        promised = yielded(returns) if returns is not None else None
        if promised is not None and promised is not UNKNOWN:
            return promised
        if function.definition.is_context_manager and returns is not None:
            inner = self.it.instance_of(returns)
            if type(inner) is Instance:
                return inner
        return union(self.analysis(function, arguments).yields)

    def analysis(self, function: FunctionValue, arguments: Arguments = NO_ARGUMENTS) -> Frame:
        definition = function.definition
        if function.receiver is None and definition.owner is not None and not definition.is_static:
            function = function.bound(self._default_receiver(definition))
        elif _is_anyone(function.receiver):
            function = function.bound(self.it.prototype(function.receiver.cls))  # type: ignore[union-attr]  # what it sets is to be found
        context = self._context(function, arguments)
        key = (definition, id(function.frame) if definition.parent is not None else 0, context)
        found = self._studies.get(key)
        if found is not None:
            return found
        if context:
            count = self._contexts.get(definition, 0)
            if count >= MOST_CONTEXTS:
                return self._without_context(function)
            self._contexts[definition] = count + 1
        frame = self._studies[key] = self._frame(function)
        self._first.setdefault(definition, frame)
        frame.effects = False
        self._bind(frame, function, arguments)
        if len(self._running) < 10 * DEEPEST:
            self._running.add(definition)
            try:
                completes = self.it.run(frame, definition.node.body)
            finally:
                self._running.discard(definition)
            if completes and not definition.is_abstract:
                frame.returns.append((s.Return(definition.node.at, None), NONE))
        return frame

    def _default_receiver(self, definition: FunctionDefinition) -> Value:
        assert definition.owner is not None
        return ClassValue(definition.owner) if definition.is_class_method else self.it.prototype(definition.owner)

    def _without_context(self, function: FunctionValue) -> Frame:
        """The study for the class's own objects: enough different ones have been looked at."""
        return self._first[function.definition]

    def _context(self, function: FunctionValue, arguments: Arguments) -> tuple[Any, ...]:
        """What the arguments tell about parameters of which the function itself says nothing."""
        if not arguments.positional and not arguments.keywords:
            receiver = function.receiver
            return () if receiver is None else _receiver_key(receiver)
        signature = self.signature(function)
        found: list[Any] = list(_receiver_key(function.receiver)) if function.receiver is not None else []
        for name, value in paired(function, arguments):
            annotation = signature.parameters.get(name)
            if annotation is None or self.it.instance_of(annotation) is UNKNOWN:
                described = _described(value)
                if described is not None:
                    found.append((name, described))
        return tuple(found)

    def _bind(self, frame: Frame, function: FunctionValue, arguments: Arguments) -> None:
        signature = self.signature(function)
        given = dict(paired(function, arguments))
        for index, parameter in enumerate(function.definition.node.parameters):
            if index == 0 and self._bind_receiver(frame, function, parameter.name):
                continue
            frame.env[parameter.name] = self._parameter(function, signature, parameter, given.get(parameter.name))

    def _bind_exactly(self, frame: Frame, function: FunctionValue, arguments: Arguments) -> None:
        """What this very call passes, rather than what annotations promise of every call."""
        signature = self.signature(function)
        given = dict(paired(function, arguments))
        parameters = function.definition.node.parameters
        names = {p.name for p in parameters if p.kind not in ("var_positional", "var_keyword")}
        for parameter in parameters:
            if parameter.kind == "var_keyword":
                rest = {name: value for name, value in arguments.keywords.items() if name not in names}
                frame.env[parameter.name] = Mapping(rest, open=arguments.starred)
            elif parameter.kind == "var_positional":
                if not arguments.starred:
                    count = sum(1 for p in parameters if p.kind in ("positional_only", "positional_or_keyword"))
                    first = count - (
                        1 if function.definition.owner is not None and not function.definition.is_static else 0
                    )
                    frame.env[parameter.name] = Sequence("tuple", list(arguments.positional[first:]))
            else:
                value = given.get(parameter.name)
                if value is None and not arguments.starred:
                    value = signature.defaults.get(parameter.name)
                if value is not None and type(value) in EXACT:
                    frame.env[parameter.name] = value

    def _bind_receiver(self, frame: Frame, function: FunctionValue, name: str) -> bool:
        owner = function.definition.owner
        if owner is None or function.definition.is_static:
            return False
        receiver = function.receiver if function.receiver is not None else self._default_receiver(function.definition)
        frame.receiver = receiver
        frame.env[name] = receiver
        return True

    def _parameter(
        self, function: FunctionValue, signature: Signature, parameter: s.Parameter, given: Value | None
    ) -> Value:
        if parameter.kind == "var_positional":
            element = signature.parameters.get(parameter.name)
            return Sequence("tuple", None, self.it.instance_of(element) if element is not None else UNKNOWN)
        if parameter.kind == "var_keyword":
            return Mapping({})
        annotation = signature.parameters.get(parameter.name)
        declared = self.it.instance_of(annotation) if annotation is not None else UNKNOWN
        if given is not None and given is not UNKNOWN:
            return _more_specific(declared, given, self.it)
        default = signature.defaults.get(parameter.name)
        injected = self.it.routing.injected(annotation, default)
        if injected is not None:
            return _more_specific(declared, injected, self.it)
        if (
            type(default) is Const
            and default.value
            and isinstance(default.value, str)
            and CONFIDENTIAL.search(parameter.name)
        ):
            text = declared if declared is not UNKNOWN else Instance("builtins.str")
            return union((text, default.as_("parameter default")))
        if declared is not UNKNOWN:
            return declared
        if type(default) is Const and default.value is not None:
            return Instance(f"builtins.{type(default.value).__name__}")
        if type(default) in (FunctionValue, ClassValue, External, Partial) or (
            type(default) is Instance and default.made
        ):
            return default  # type: ignore[return-value]
        return UNKNOWN

    def constructed(self, instance: Instance) -> Instance:
        """Study `__init__` with the arguments that made an instance, once."""
        if instance.made is None or id(instance) in self._constructed or not isinstance(instance.cls, ClassDefinition):
            return instance
        self._constructed.add(id(instance))
        found = classes.member(instance.cls, "__init__")
        if found is not None and type(found[1]) is FunctionValue and found[1].definition not in self._running:
            frame = self._frame(found[1].bound(instance))
            frame.effects = False
            self._bind(frame, found[1].bound(instance), instance.made)
            self._running.add(found[1].definition)
            try:
                self.it.run(frame, found[1].definition.node.body)
            finally:
                self._running.discard(found[1].definition)
        return instance

    def construct(self, frame: Frame, instance: Instance) -> None:
        assert isinstance(instance.cls, ClassDefinition)
        found = classes.member(instance.cls, "__init__")
        last = constructors.afterwards(instance.cls) if found is None else None
        if last is not None and id(instance) not in self._constructed:
            self._constructed.add(id(instance))
            constructors.construct(self.it, frame, instance, last)
        if found is None or type(found[1]) is not FunctionValue or found[1].definition in self._running:
            return
        self._constructed.add(id(instance))
        self.run(frame, found[1].bound(instance), instance.made or NO_ARGUMENTS)


EXACT = frozenset({Const, FunctionValue, ClassValue, Partial, Sequence, Mapping, Text, ModuleValue, Union})
"""Values that say more than an annotation."""


def _takes_function(arguments: Arguments) -> bool:
    """Whether a call is given a function of the project, as a decorator is: then the closure it gives back matters."""
    return any(type(value) is FunctionValue for value in arguments.positional[:1])


def _receiver_key(receiver: Value) -> tuple[Any, ...]:
    """Methods of an object that was made with arguments are studied for it; others for their class."""
    if type(receiver) is Instance and receiver.attributes is not None and receiver.made is not None:
        return (("self", id(receiver)),)
    if type(receiver) is Instance and isinstance(receiver.cls, ClassDefinition):
        return (("self", receiver.cls),)
    return ()


def _is_anyone(receiver: Value | None) -> bool:
    """Whether nothing is known of an object but its class."""
    bare = type(receiver) is Instance and receiver.made is None and receiver.attributes is None and not receiver.args
    return bare and isinstance(receiver.cls, ClassDefinition)  # type: ignore[union-attr]


def _described(value: Value) -> Any:
    match value:
        case Instance():
            return ("instance", value.class_name, id(value) if value.events is not None else 0)
        case FunctionValue():
            return ("function", value.definition, id(value.frame) if value.definition.parent is not None else 0)
        case ClassValue():
            return ("class", value.definition)
        case External():
            return ("external", value.name)
        case Method():
            return ("method", value.qualname)
        case Partial():
            return ("partial", id(value))
        case Union():
            parts = tuple(_described(member) for member in known_members(value))
            return None if None in parts else parts
        case _:
            return None


def _more_specific(declared: Value, given: Value, it: Interpreter) -> Value:
    if declared is UNKNOWN or it.routing.is_router(given):
        return given
    if type(given) is Instance and type(declared) is Instance and it.is_instance(given, declared):
        return given
    if type(declared) is Union and type(given) is Instance:
        return given
    return given if type(given) in (FunctionValue, Partial, ClassValue) else declared


def paired(function: FunctionValue, arguments: Arguments) -> list[tuple[str, Value]]:
    """Arguments by the name of the parameter that takes them; the receiver is not among them."""
    parameters = function.definition.node.parameters
    definition = function.definition
    if definition.owner is not None and not definition.is_static:
        parameters = parameters[1:]
    found: list[tuple[str, Value]] = []
    positional = [p for p in parameters if p.kind in ("positional_only", "positional_or_keyword")]
    for parameter, value in zip(positional, arguments.positional):
        found.append((parameter.name, value))
    names = {p.name for p in parameters}
    found += [(name, value) for name, value in arguments.keywords.items() if name in names]
    return found
