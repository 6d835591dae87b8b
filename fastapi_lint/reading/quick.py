"""The running Python's own syntax tree to the records of `syntax`, a tenth of the cost of LibCST's.

The records keep names, literals and structure, none of the text, so they need no lossless tree. Python's own parser gives them
wherever it understands the text; what is newer than the running Python, and every question about text, is LibCST's (`extract`).
Both number the records alike, so that a number made here leads to LibCST's node.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from fastapi_lint import syntax as s


def nodes(text: str, index: int) -> list[ast.AST]:
    """Python's nodes of a unit by the low bits of their number. Raises what `ast.parse` does, and Newer."""
    reader = Noting(index)
    reader.block(_parse(text).body)
    return reader.nodes


def unit(text: str, index: int, first_line: int) -> s.Unit:
    """The records of one top-level statement, or of several that follow one another.

    `first_line` is the 1-based line of the file on which `text` begins. Raises SourceError for a syntax error, with its line.
    """
    try:
        return s.Unit(Reader(index).block(_parse(text).body))
    except (SyntaxError, ValueError, RecursionError, MemoryError, Newer):
        from fastapi_lint.reading import extract

        return extract.unit(text, index, first_line)


class Newer(Exception):
    """A construct of a Python newer than this module knows."""


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


Lower = Callable[["Reader", Any], Any]
EXPRESSIONS: dict[type, Lower] = {}
STATEMENTS: dict[type, Lower] = {}


def expression(*kinds: str) -> Callable[[Lower], Lower]:
    def register(lower: Lower) -> Lower:
        EXPRESSIONS.update((getattr(ast, kind), lower) for kind in kinds if hasattr(ast, kind))
        return lower

    return register


def statement(*kinds: str) -> Callable[[Lower], Lower]:
    """By name: some kinds are younger than the oldest Python."""

    def register(lower: Lower) -> Lower:
        STATEMENTS.update((getattr(ast, kind), lower) for kind in kinds if hasattr(ast, kind))
        return lower

    return register


class Reader:
    """Numbers and converts the nodes of one unit. `next` is the next record's number."""

    __slots__ = ("awaits", "next", "yields")

    def __init__(self, index: int) -> None:
        self.next = index << s.UNIT_BITS
        self.awaits = False
        self.yields = False

    def mark(self, node: ast.AST) -> int:
        """The number of the record that is made of a node."""
        at = self.next
        self.next = at + 1
        return at

    def expr(self, node: ast.AST) -> Any:
        return EXPRESSIONS[type(node)](self, node)

    def maybe(self, node: ast.AST | None) -> Any:
        return None if node is None else EXPRESSIONS[type(node)](self, node)

    def all(self, nodes: Sequence[ast.AST]) -> tuple[Any, ...]:
        return tuple([EXPRESSIONS[type(node)](self, node) for node in nodes])

    def block(self, body: Sequence[ast.AST]) -> tuple[Any, ...]:
        try:
            return tuple([STATEMENTS[type(node)](self, node) for node in body])
        except KeyError as error:
            raise Newer(str(error)) from None

    def arguments(self, args: Sequence[Any], keywords: Sequence[Any]) -> tuple[s.Argument, ...]:
        found = [
            s.Argument(self.expr(arg.value), None, "*") if type(arg) is ast.Starred else s.Argument(self.expr(arg))
            for arg in args
        ]
        for keyword in keywords:
            found.append(s.Argument(self.expr(keyword.value), keyword.arg, "" if keyword.arg is not None else "**"))
        return tuple(found)

    def annotation(self, node: Any) -> Any:
        """An expression in which strings are forward references, except where they cannot be."""
        kind = type(node)
        if kind is ast.Constant:
            return self._quoted(node) if type(node.value) is str else self.expr(node)
        if kind is ast.Subscript:
            return self.annotation_subscript(node)
        if kind is ast.BinOp and type(node.op) is ast.BitOr:
            at = self.mark(node)
            return s.BinaryOperation(at, "|", self.annotation(node.left), self.annotation(node.right))
        if kind is ast.List:
            at = self.mark(node)
            return s.Collection(at, "list", tuple([self.annotation(element) for element in node.elts]))
        return self.expr(node)

    def _quoted(self, node: Any) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                inner = ast.parse(node.value.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return self.expr(node)
        reader = Still(self.mark(node))
        return reader.annotation(inner)

    def annotation_subscript(self, node: ast.Subscript) -> s.Subscript:
        at = self.mark(node)
        base = node.value
        name = base.attr if type(base) is ast.Attribute else base.id if type(base) is ast.Name else ""
        value = self.expr(base)
        elements = subscripts(node.slice)
        if name == "Literal":
            return s.Subscript(at, value, self.all(elements))
        items: list[Any] = []
        for element in elements:
            kind = type(element)
            quoted = name == "Annotated" and items
            plain = quoted or kind is ast.Slice or kind is ast.Starred
            items.append(self.expr(element) if plain else self.annotation(element))
        return s.Subscript(at, value, tuple(items))

    def parameters(self, node: ast.arguments) -> tuple[s.Parameter, ...]:
        found: list[s.Parameter] = []
        missing = len(node.posonlyargs) + len(node.args) - len(node.defaults)
        for position, arg in enumerate((*node.posonlyargs, *node.args)):
            kind: Any = "positional_only" if position < len(node.posonlyargs) else "positional_or_keyword"
            found.append(self._parameter(arg, kind, node.defaults[position - missing] if position >= missing else None))
        if node.vararg is not None:
            found.append(self._parameter(node.vararg, "var_positional", None))
        for arg, default in zip(node.kwonlyargs, node.kw_defaults):
            found.append(self._parameter(arg, "keyword_only", default))
        if node.kwarg is not None:
            found.append(self._parameter(node.kwarg, "var_keyword", None))
        return tuple(found)

    def _parameter(self, node: ast.arg, kind: Any, default: ast.expr | None) -> s.Parameter:
        at = self.mark(node)
        annotation = None if node.annotation is None else self.annotation(node.annotation)
        return s.Parameter(at, node.arg, kind, annotation, self.maybe(default))

    def clauses(self, generators: Sequence[ast.comprehension]) -> tuple[s.ForClause, ...]:
        found: list[s.ForClause] = []
        for clause in generators:
            if clause.is_async:
                self.awaits = True
            iterated = self.expr(clause.iter)
            target = self.expr(clause.target)
            found.append(s.ForClause(target, iterated, self.all(clause.ifs), bool(clause.is_async)))
        return tuple(found)


class Still(Reader):
    """The records of a quoted annotation all point at the string."""

    __slots__ = ()

    def __init__(self, at: int) -> None:
        super().__init__(0)
        self.next = at

    def mark(self, node: ast.AST) -> int:
        return self.next


class Noting(Reader):
    """Keeps the nodes that it makes records of."""

    __slots__ = ("nodes",)

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.nodes: list[ast.AST] = []

    def mark(self, node: ast.AST) -> int:
        self.nodes.append(node)
        return super().mark(node)


def subscripts(node: ast.expr) -> Sequence[ast.expr]:
    return node.elts if type(node) is ast.Tuple else (node,)


# ---- expressions ----------------------------------------------------------------------------------------------------------


@expression("Name")
def _name(self: Reader, node: ast.Name) -> Any:
    return s.Name(self.mark(node), node.id)


@expression("Attribute")
def _attribute(self: Reader, node: ast.Attribute) -> Any:
    at = self.mark(node)
    return s.Attribute(at, self.expr(node.value), node.attr)


@expression("Call")
def _call(self: Reader, node: ast.Call) -> Any:
    at = self.mark(node)
    func = self.expr(node.func)
    args, keywords = node.args, node.keywords
    if keywords and args and _start(args[-1]) > _start(keywords[0].value):
        return s.Call(at, func, _mixed_arguments(self, args, keywords))
    return s.Call(at, func, self.arguments(args, keywords))


def _mixed_arguments(self: Reader, args: Sequence[Any], keywords: Sequence[Any]) -> tuple[s.Argument, ...]:
    """`f(a, k=b, *c)`: in the order of the text."""
    found: list[s.Argument] = []
    for item in sorted((*args, *keywords), key=lambda item: _start(item.value if type(item) is ast.keyword else item)):
        found += self.arguments((), (item,)) if type(item) is ast.keyword else self.arguments((item,), ())
    return tuple(found)


def _start(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset


@expression("Constant")
def _constant(self: Reader, node: ast.Constant) -> Any:
    value: Any = node.value
    kind = type(value)
    if kind is int:
        return s.Constant(self.mark(node), value if -(1 << 63) < value < 1 << 63 else float("inf"))
    if kind is bytes:
        return s.Constant(self.mark(node), value.decode("latin-1"), "bytes")
    if kind is complex:
        return s.Constant(self.mark(node), None, "complex")
    if value is ...:
        return s.Constant(self.mark(node), None, "ellipsis")
    return s.Constant(self.mark(node), value)


@expression("JoinedStr", "TemplateStr")
def _joined(self: Reader, node: Any) -> Any:
    at = self.mark(node)
    parts: list[Any] = []
    for part in node.values:
        if type(part) is ast.Constant:
            if part.value:
                parts.append(s.Constant(at, str(part.value)))
            continue
        parts.append(self.expr(part.value))
        spec = part.format_spec
        for inner in spec.values if spec is not None else ():
            if type(inner) is not ast.Constant:
                self.expr(inner.value)
    return s.FormattedString(at, tuple(parts))


@expression("Tuple", "List", "Set")
def _collection(self: Reader, node: Any) -> Any:
    at = self.mark(node)
    kind: Any = KINDS[type(node)]
    return s.Collection(at, kind, self.all(node.elts))


KINDS = {ast.Tuple: "tuple", ast.List: "list", ast.Set: "set"}


@expression("Starred")
def _starred(self: Reader, node: ast.Starred) -> Any:
    at = self.mark(node)
    return s.Starred(at, self.expr(node.value))


@expression("Dict")
def _dict(self: Reader, node: ast.Dict) -> Any:
    at = self.mark(node)
    keys: list[Any] = []
    values: list[Any] = []
    for key, value in zip(node.keys, node.values):
        keys.append(self.maybe(key))
        values.append(self.expr(value))
    return s.Dictionary(at, tuple(keys), tuple(values))


OPERATORS: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.BitOr: "|", ast.BitAnd: "&", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>", ast.MatMult: "@",
    ast.And: "and", ast.Or: "or", ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip


@expression("BinOp")
def _binary(self: Reader, node: ast.BinOp) -> Any:
    at = self.mark(node)
    left = self.expr(node.left)
    return s.BinaryOperation(at, OPERATORS[type(node.op)], left, self.expr(node.right))


@expression("BoolOp")
def _boolean(self: Reader, node: ast.BoolOp) -> Any:
    """`a and b and c` is `(a and b) and c`."""
    operator = OPERATORS[type(node.op)]
    marks = [self.mark(node) for _ in node.values[1:]]
    found = self.expr(node.values[0])
    for value in node.values[1:]:
        found = s.BooleanOperation(marks.pop(), operator, found, self.expr(value))
    return found


@expression("UnaryOp")
def _unary(self: Reader, node: ast.UnaryOp) -> Any:
    at = self.mark(node)
    value = self.expr(node.operand)
    operator = OPERATORS[type(node.op)]
    if operator == "-" and type(value) is s.Constant and isinstance(value.value, (int, float)):
        return s.Constant(at, -value.value)
    return s.UnaryOperation(at, operator, value)


@expression("Compare")
def _comparison(self: Reader, node: ast.Compare) -> Any:
    at = self.mark(node)
    left = self.expr(node.left)
    operators = tuple([OPERATORS[type(operator)] for operator in node.ops])
    return s.Comparison(at, left, operators, self.all(node.comparators))


@expression("IfExp")
def _conditional(self: Reader, node: ast.IfExp) -> Any:
    at = self.mark(node)
    return s.Conditional(at, self.expr(node.test), self.expr(node.body), self.expr(node.orelse))


@expression("Await")
def _await(self: Reader, node: ast.Await) -> Any:
    self.awaits = True
    at = self.mark(node)
    return s.Await(at, self.expr(node.value))


@expression("Yield", "YieldFrom")
def _yield(self: Reader, node: Any) -> Any:
    self.yields = True
    at = self.mark(node)
    return s.Yield(at, self.maybe(node.value), type(node) is ast.YieldFrom)


@expression("Lambda")
def _lambda(self: Reader, node: ast.Lambda) -> Any:
    at = self.mark(node)
    parameters = self.parameters(node.args)
    outer = self.awaits, self.yields
    self.awaits = self.yields = False
    returned = self.mark(node.body)
    result = s.Return(returned, self.expr(node.body))
    function = s.Function(at, "<lambda>", parameters, None, (), (result,), None, False, self.yields, self.awaits)
    self.awaits, self.yields = outer
    return s.Lambda(at, function)


@expression("ListComp", "SetComp", "GeneratorExp")
def _comprehension(self: Reader, node: Any) -> Any:
    at = self.mark(node)
    clauses = self.clauses(node.generators)
    kind: Any = "list" if type(node) is ast.ListComp else "set" if type(node) is ast.SetComp else "generator"
    return s.Comprehension(at, kind, (self.expr(node.elt),), clauses)


@expression("DictComp")
def _dict_comprehension(self: Reader, node: ast.DictComp) -> Any:
    at = self.mark(node)
    clauses = self.clauses(node.generators)
    return s.Comprehension(at, "dict", (self.expr(node.key), self.expr(node.value)), clauses)


@expression("NamedExpr")
def _named(self: Reader, node: ast.NamedExpr) -> Any:
    at = self.mark(node)
    return s.NamedExpression(at, self.expr(node.target), self.expr(node.value))


@expression("Subscript")
def _subscript(self: Reader, node: ast.Subscript) -> Any:
    value: Any = node.value
    kind = type(value)
    name = value.id if kind is ast.Name else value.attr if kind is ast.Attribute else ""
    if name in s.GENERICS:
        return self.annotation_subscript(node)
    at = self.mark(node)
    return s.Subscript(at, self.expr(value), self.all(subscripts(node.slice)))


@expression("Slice")
def _slice(self: Reader, node: ast.Slice) -> Any:
    at = self.mark(node)
    return s.Slice(at, self.maybe(node.lower), self.maybe(node.upper), self.maybe(node.step))


# ---- statements -----------------------------------------------------------------------------------------------------------


@statement("Assign")
def _assign(self: Reader, node: ast.Assign) -> Any:
    at = self.mark(node)
    value = self.expr(node.value)
    return s.Assign(at, self.all(node.targets), value)


@statement("AnnAssign")
def _annotated_assign(self: Reader, node: ast.AnnAssign) -> Any:
    at = self.mark(node)
    target = self.expr(node.target)
    return s.AnnotatedAssign(at, target, self.annotation(node.annotation), self.maybe(node.value))


@statement("AugAssign")
def _augmented(self: Reader, node: ast.AugAssign) -> Any:
    at = self.mark(node)
    target = self.expr(node.target)
    return s.AugmentedAssign(at, target, OPERATORS[type(node.op)], self.expr(node.value))


@statement("Expr")
def _expression(self: Reader, node: ast.Expr) -> Any:
    at = self.mark(node)
    return s.ExpressionStatement(at, self.expr(node.value))


@statement("Return")
def _return(self: Reader, node: ast.Return) -> Any:
    at = self.mark(node)
    return s.Return(at, self.maybe(node.value))


@statement("Raise")
def _raise(self: Reader, node: ast.Raise) -> Any:
    at = self.mark(node)
    return s.Raise(at, self.maybe(node.exc), self.maybe(node.cause))


@statement("Assert")
def _assert(self: Reader, node: ast.Assert) -> Any:
    at = self.mark(node)
    return s.Assert(at, self.expr(node.test))


@statement("Delete")
def _delete(self: Reader, node: ast.Delete) -> Any:
    at = self.mark(node)
    targets = node.targets
    if len(targets) == 1 and type(targets[0]) is ast.Tuple:
        targets = targets[0].elts
    return s.Delete(at, self.all(targets))


@statement("Pass", "Break", "Continue")
def _flow(self: Reader, node: Any) -> Any:
    return s.Flow(self.mark(node), type(node).__name__.lower())  # type: ignore[arg-type]


@statement("Global", "Nonlocal")
def _scope(self: Reader, node: Any) -> Any:
    kind: Any = type(node).__name__.lower()
    return s.Flow(self.mark(node), kind, tuple(node.names))


@statement("Import")
def _import(self: Reader, node: ast.Import) -> Any:
    return s.Import(self.mark(node), tuple([s.ImportedName(alias.name, alias.asname) for alias in node.names]))


@statement("ImportFrom")
def _import_from(self: Reader, node: ast.ImportFrom) -> Any:
    names = tuple([s.ImportedName(alias.name, alias.asname) for alias in node.names])
    return s.ImportFrom(self.mark(node), node.module or "", node.level, names)


@statement("TypeAlias")
def _type_alias(self: Reader, node: Any) -> Any:
    at = self.mark(node)
    return s.TypeAlias(at, node.name.id, self.annotation(node.value), _type_parameters(node))


@statement("If")
def _if(self: Reader, node: ast.If) -> Any:
    at = self.mark(node)
    return s.If(at, self.expr(node.test), self.block(node.body), self.block(node.orelse))


@statement("For", "AsyncFor")
def _for(self: Reader, node: Any) -> Any:
    at = self.mark(node)
    is_async = type(node) is ast.AsyncFor
    if is_async:
        self.awaits = True
    iterated = self.expr(node.iter)
    return s.For(at, self.expr(node.target), iterated, self.block(node.body), self.block(node.orelse), is_async)


@statement("While")
def _while(self: Reader, node: ast.While) -> Any:
    at = self.mark(node)
    return s.While(at, self.expr(node.test), self.block(node.body), self.block(node.orelse))


@statement("Try", "TryStar")
def _try(self: Reader, node: Any) -> Any:
    at = self.mark(node)
    body = self.block(node.body)
    handlers: list[s.Handler] = []
    for handler in node.handlers:
        number = self.mark(handler)
        handlers.append(s.Handler(number, self.maybe(handler.type), handler.name, self.block(handler.body)))
    orelse = self.block(node.orelse)
    return s.Try(at, body, tuple(handlers), orelse, self.block(node.finalbody))


@statement("With", "AsyncWith")
def _with(self: Reader, node: Any) -> Any:
    at = self.mark(node)
    is_async = type(node) is ast.AsyncWith
    if is_async:
        self.awaits = True
    items = tuple([s.WithItem(self.expr(item.context_expr), self.maybe(item.optional_vars)) for item in node.items])
    return s.With(at, items, self.block(node.body), is_async)


@statement("Match")
def _match(self: Reader, node: ast.Match) -> Any:
    at = self.mark(node)
    subject = self.expr(node.subject)
    cases: list[s.Case] = []
    for case in node.cases:
        names = tuple(_bound(case.pattern))
        cases.append(s.Case(names, self.maybe(case.guard), self.block(case.body)))
    return s.Match(at, subject, tuple(cases))


def _bound(pattern: Any) -> list[str]:
    """The names that a pattern binds, each before those of the patterns within, a mapping's rest last."""
    kind = type(pattern)
    if kind is ast.MatchAs:
        own = [pattern.name] if pattern.name is not None else []
        return own + (_bound(pattern.pattern) if pattern.pattern is not None else [])
    if kind is ast.MatchStar:
        return [pattern.name] if pattern.name is not None else []
    inner = [name for one in getattr(pattern, "patterns", ()) for name in _bound(one)]
    if kind is ast.MatchClass:
        inner += [name for one in pattern.kwd_patterns for name in _bound(one)]
    if kind is ast.MatchMapping and pattern.rest is not None:
        inner.append(pattern.rest)
    return inner


@statement("FunctionDef", "AsyncFunctionDef")
def _function(self: Reader, node: Any) -> Any:
    at = self.mark(node)
    decorators = self.all(node.decorator_list)
    parameters = self.parameters(node.args)
    returns = None if node.returns is None else self.annotation(node.returns)
    outer = self.awaits, self.yields
    self.awaits = self.yields = False
    body = self.block(node.body)
    yields, awaits = self.yields, self.awaits
    self.awaits, self.yields = outer
    is_async = type(node) is ast.AsyncFunctionDef
    docstring = s.docstring(body)
    return s.Function(at, node.name, parameters, returns, decorators, body, docstring, is_async, yields, awaits)


@statement("ClassDef")
def _class(self: Reader, node: ast.ClassDef) -> Any:
    at = self.mark(node)
    decorators = self.all(node.decorator_list)
    bases = [
        s.Argument(self.annotation_subscript(base)) if type(base) is ast.Subscript else self.arguments((base,), ())[0]
        for base in node.bases
    ]
    arguments = (*bases, *self.arguments((), node.keywords))
    body = self.block(node.body)
    return s.Class(at, node.name, arguments, decorators, body, s.docstring(body), _type_parameters(node))


def _type_parameters(node: Any) -> tuple[str, ...]:
    return tuple([parameter.name for parameter in getattr(node, "type_params", ())])
