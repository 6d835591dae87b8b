"""LibCST's tree to the records of `syntax`: for what the running Python cannot parse, and to find the node of a number again.

The numbering is the order in which records are made, the same as in `quick`, so doing it again over the same text gives the
nodes back (`nodes`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import libcst as cst

from fastapi_lint import syntax as s
from fastapi_lint.source import SourceError

Record = TypeVar("Record", bound=s.Node)


def unit(text: str, index: int, first_line: int) -> s.Unit:
    """The records of one top-level statement, or of several that follow one another.

    `first_line` is the 1-based line of the file on which `text` begins. Raises SourceError for a syntax error, with its line.
    """
    return s.Unit(Extractor(index).block(parse(text, first_line).body))


def nodes(text: str, index: int) -> tuple[cst.Module, list[cst.CSTNode]]:
    """The LibCST module of a unit, and its nodes by the low bits of their number."""
    module = parse(text, 1)
    extractor = Extractor(index)
    extractor.block(module.body)
    return module, extractor.nodes


def parse(text: str, first_line: int) -> cst.Module:
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise SourceError(_reason(error), error.raw_line + first_line - 1) from None
    except cst.CSTValidationError as error:  # bytes beside text, which the grammar admits
        raise SourceError(f"syntax error: {error}", first_line) from None
    except cst.CSTLogicError:  # template strings side by side
        raise SourceError("has a statement that LibCST cannot parse", first_line) from None
    except RecursionError:
        raise SourceError("is nested too deeply to be parsed", first_line) from None


def _reason(error: cst.ParserSyntaxError) -> str:
    return "syntax error: " + error.message.removeprefix("parser error: error at ").split(": ", 1)[-1].strip()


Lower = Callable[["Extractor", Any], Any]
EXPRESSIONS: dict[type, Lower] = {}
STATEMENTS: dict[type, Lower] = {}


def expression(*kinds: type) -> Callable[[Lower], Lower]:
    def register(lower: Lower) -> Lower:
        EXPRESSIONS.update(dict.fromkeys(kinds, lower))
        return lower

    return register


def statement(*kinds: type) -> Callable[[Lower], Lower]:
    def register(lower: Lower) -> Lower:
        STATEMENTS.update(dict.fromkeys(kinds, lower))
        return lower

    return register


class _Body:
    """What the function being read turned out to be."""

    __slots__ = ("awaits", "yields")

    def __init__(self) -> None:
        self.awaits = False
        self.yields = False


class Extractor:
    """Numbers and converts the nodes of one unit. `nodes[n]` is the node of the record whose number has the low bits n."""

    def __init__(self, index: int) -> None:
        self.base = index << s.UNIT_BITS
        self.nodes: list[cst.CSTNode] = []
        self.bodies: list[_Body] = [_Body()]

    def mark(self, node: cst.CSTNode) -> int:
        self.nodes.append(node)
        return self.base + len(self.nodes) - 1

    def expr(self, node: cst.CSTNode) -> Any:
        return EXPRESSIONS[type(node)](self, node)

    def maybe(self, node: cst.CSTNode | None) -> Any:
        return None if node is None else EXPRESSIONS[type(node)](self, node)

    def block(self, body: Sequence[cst.CSTNode]) -> tuple[Any, ...]:
        found: list[Any] = []
        for node in body:
            if type(node) is cst.SimpleStatementLine:
                found.extend(STATEMENTS[type(small)](self, small) for small in node.body)
            else:
                found.append(STATEMENTS[type(node)](self, node))
        return tuple(found)

    def suite(self, node: Any) -> tuple[Any, ...]:
        if type(node) is cst.IndentedBlock:
            return self.block(node.body)
        return tuple(STATEMENTS[type(small)](self, small) for small in node.body)

    def orelse(self, node: Any) -> tuple[Any, ...]:
        if node is None:
            return ()
        if type(node) is cst.If:
            return (STATEMENTS[cst.If](self, node),)
        return self.suite(node.body)

    def arguments(self, args: Sequence[cst.Arg]) -> tuple[s.Argument, ...]:
        return tuple(
            s.Argument(self.expr(arg.value), arg.keyword.value if arg.keyword is not None else None, arg.star)
            for arg in args
        )

    def annotation(self, node: cst.CSTNode) -> Any:
        """An expression in which strings are forward references, except where they cannot be."""
        kind = type(node)
        if kind is cst.SimpleString or kind is cst.ConcatenatedString:
            value = node.evaluated_value  # type: ignore[attr-defined]
            if isinstance(value, str):
                try:
                    inner = cst.parse_expression(value.strip())
                except cst.ParserSyntaxError:
                    return self.expr(node)
                at = self.mark(node)
                return _renumbered(Extractor(0).annotation(inner), at)
            return self.expr(node)
        if kind is cst.Subscript:
            return self._annotation_subscript(node)  # type: ignore[arg-type]
        if kind is cst.BinaryOperation and isinstance(node.operator, cst.BitOr):  # type: ignore[attr-defined]
            at = self.mark(node)
            return s.BinaryOperation(at, "|", self.annotation(node.left), self.annotation(node.right))  # type: ignore[attr-defined]
        if kind is cst.List:
            at = self.mark(node)
            elements = [e if isinstance(e, cst.StarredElement) else e.value for e in node.elements]  # type: ignore[attr-defined]
            return s.Collection(at, "list", tuple(self.annotation(element) for element in elements))
        return self.expr(node)

    def _annotation_subscript(self, node: cst.Subscript) -> s.Subscript:
        at = self.mark(node)
        base = node.value
        name = base.attr.value if isinstance(base, cst.Attribute) else base.value if isinstance(base, cst.Name) else ""
        value = self.expr(base)
        if name == "Literal":
            return s.Subscript(at, value, tuple(self.index(item) for item in _subscripts(node)))
        items: list[Any] = []
        for item in _subscripts(node):
            quoted = name == "Annotated" and items
            plain = quoted or isinstance(item, (cst.Slice, cst.Index, cst.StarredElement))
            items.append(self.index(item) if plain else self.annotation(item))
        return s.Subscript(at, value, tuple(items))

    def index(self, item: cst.CSTNode) -> Any:
        if isinstance(item, cst.Slice):
            at = self.mark(item)
            return s.Slice(at, self.maybe(item.lower), self.maybe(item.upper), self.maybe(item.step))
        if isinstance(item, cst.Index):
            return s.Starred(self.mark(item), self.expr(item.value))
        return self.expr(item)

    def maybe_annotation(self, node: cst.Annotation | None) -> Any:
        return None if node is None else self.annotation(node.annotation)

    def parameters(self, node: cst.Parameters) -> tuple[s.Parameter, ...]:
        found = [self._parameter(p, "positional_only") for p in node.posonly_params]
        found += [self._parameter(p, "positional_or_keyword") for p in node.params]
        if isinstance(node.star_arg, cst.Param):
            found.append(self._parameter(node.star_arg, "var_positional"))
        found += [self._parameter(p, "keyword_only") for p in node.kwonly_params]
        if node.star_kwarg is not None:
            found.append(self._parameter(node.star_kwarg, "var_keyword"))
        return tuple(found)

    def _parameter(self, node: cst.Param, kind: Any) -> s.Parameter:
        at = self.mark(node)
        return s.Parameter(at, node.name.value, kind, self.maybe_annotation(node.annotation), self.maybe(node.default))

    def clauses(self, node: cst.CompFor) -> tuple[s.ForClause, ...]:
        found: list[s.ForClause] = []
        clause: cst.CompFor | None = node
        while clause is not None:
            if clause.asynchronous is not None:
                self.bodies[-1].awaits = True
            iterated = self.expr(clause.iter)
            target = self.expr(clause.target)
            conditions = tuple(self.expr(condition.test) for condition in clause.ifs)
            found.append(s.ForClause(target, iterated, conditions, clause.asynchronous is not None))
            clause = clause.inner_for_in
        return tuple(found)


def _subscripts(node: cst.Subscript) -> list[cst.CSTNode]:
    """What stands between the brackets: expressions, slices, and an `Index` for one with a star. `x[(a, b)]` is `x[a, b]`."""
    found: list[cst.CSTNode] = []
    for element in node.slice:
        inner = element.slice
        found.append(inner.value if isinstance(inner, cst.Index) and inner.star is None else inner)
    if len(found) == 1 and isinstance(found[0], cst.Tuple):
        return [e if isinstance(e, cst.StarredElement) else e.value for e in found[0].elements]
    return found


def _renumbered(record: Any, at: int) -> Any:
    """The records of a quoted annotation all point at the string."""
    import msgspec

    fields: list[Any] = []
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if name == "at":
            value = at
        elif isinstance(value, msgspec.Struct):
            value = _renumbered(value, at)
        elif isinstance(value, tuple):
            value = tuple(_renumbered(item, at) if isinstance(item, msgspec.Struct) else item for item in value)
        fields.append(value)
    return type(record)(*fields)


# ---- expressions ----------------------------------------------------------------------------------------------------------


@expression(cst.Name)
def _name(self: Extractor, node: cst.Name) -> Any:
    if node.value in ("True", "False", "None"):
        return s.Constant(self.mark(node), {"True": True, "False": False, "None": None}[node.value])
    return s.Name(self.mark(node), node.value)


@expression(cst.Attribute)
def _attribute(self: Extractor, node: cst.Attribute) -> Any:
    at = self.mark(node)
    return s.Attribute(at, self.expr(node.value), node.attr.value)


@expression(cst.Call)
def _call(self: Extractor, node: cst.Call) -> Any:
    at = self.mark(node)
    return s.Call(at, self.expr(node.func), self.arguments(node.args))


@expression(cst.SimpleString)
def _string(self: Extractor, node: cst.SimpleString) -> Any:
    return _literal(node, self.mark(node))


def _literal(node: cst.SimpleString, at: int) -> s.Constant:
    text = node.value
    if "\\" not in text and text[0] in "\"'" and "\r" not in text:
        quote = 3 if text[:3] in ('"""', "'''") else 1
        return s.Constant(at, text[quote:-quote])
    try:
        value = node.evaluated_value
    except (ValueError, SyntaxError):
        return s.Constant(at, None, "bytes")
    return s.Constant(at, value) if isinstance(value, str) else s.Constant(at, value.decode("latin-1"), "bytes")


@expression(cst.Integer)
def _integer(self: Extractor, node: cst.Integer) -> Any:
    at = self.mark(node)
    try:
        value = int(node.value.replace("_", ""), 0)
    except ValueError:
        return s.Constant(at, 0.0)
    return s.Constant(at, value) if abs(value) < 1 << 63 else s.Constant(at, float("inf"))


@expression(cst.Float)
def _float(self: Extractor, node: cst.Float) -> Any:
    return s.Constant(self.mark(node), float(node.value.replace("_", "")))


@expression(cst.Imaginary)
def _imaginary(self: Extractor, node: cst.Imaginary) -> Any:
    return s.Constant(self.mark(node), None, "complex")


@expression(cst.Ellipsis)
def _ellipsis(self: Extractor, node: cst.Ellipsis) -> Any:
    return s.Constant(self.mark(node), None, "ellipsis")


@expression(cst.ConcatenatedString)
def _concatenated(self: Extractor, node: cst.ConcatenatedString) -> Any:
    """One record, as for Python itself, which joins the pieces when it parses them."""
    at = self.mark(node)
    parts: list[Any] = []
    is_formatted = False
    pieces: list[Any] = [node]
    while pieces:
        piece = pieces.pop()
        if type(piece) is cst.ConcatenatedString:
            pieces += [piece.right, piece.left]
        elif type(piece) is cst.SimpleString:
            parts.append(_literal(piece, at))
        else:
            is_formatted = True
            parts += _formatted_parts(self, piece, at)
    if is_formatted:
        return s.FormattedString(at, _joined(parts, at))
    kind = parts[0].kind
    if any(part.value is None for part in parts):
        return s.Constant(at, None, "bytes")
    return s.Constant(at, "".join(part.value for part in parts), kind)


@expression(cst.FormattedString, cst.TemplatedString)
def _formatted(self: Extractor, node: Any) -> Any:
    at = self.mark(node)
    return s.FormattedString(at, _joined(_formatted_parts(self, node, at), at))


def _formatted_parts(self: Extractor, node: Any, at: int) -> list[Any]:
    parts: list[Any] = []
    for part in node.parts:
        if isinstance(part, (cst.FormattedStringText, cst.TemplatedStringText)):
            parts.append(s.Constant(at, _text(node.start, part.value)))
            continue
        if part.equal is not None:
            written = cst.Module(()).code_for_node(part.expression)
            before, after = part.whitespace_before_expression, part.whitespace_after_expression
            equal = cst.Module(()).code_for_node(part.equal)
            spaces = [cst.Module(()).code_for_node(space) for space in (before, after)]
            parts.append(s.Constant(at, f"{spaces[0]}{written}{spaces[1]}{equal}"))
        parts.append(self.expr(part.expression))
        for spec in part.format_spec or ():
            if isinstance(spec, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
                self.expr(spec.expression)
    return parts


def _text(start: str, raw: str) -> str:
    """The value of a literal piece of an f-string that begins with `start`, such as `rf"`."""
    text = raw.replace("{{", "{").replace("}}", "}")
    if "\\" not in text and "\r" not in text:
        return text
    prefix, quote = start.rstrip("\"'").lower(), start.lstrip("fFrRtT")
    try:
        apart = f"{text} "  # a quotation mark may stand before the closing ones
        value = cst.SimpleString(f"{'r' if 'r' in prefix else ''}{quote}{apart}{quote}").evaluated_value
    except (ValueError, SyntaxError, cst.CSTValidationError):
        return text
    return value[:-1] if isinstance(value, str) else text


def _joined(parts: list[Any], at: int) -> tuple[Any, ...]:
    """Literal pieces that follow one another are one piece; there are no empty ones. `at` is the string's own number."""
    found: list[Any] = []
    for part in parts:
        if type(part) is not s.Constant or part.at != at:
            found.append(part)
        elif part.value and found and type(found[-1]) is s.Constant and found[-1].at == at:
            found[-1] = s.Constant(at, f"{found[-1].value}{part.value}")
        elif part.value:
            found.append(part)
    return tuple(found)


def _elements(self: Extractor, elements: Sequence[Any]) -> tuple[Any, ...]:
    found: list[Any] = []
    for element in elements:
        if type(element) is cst.StarredElement:
            found.append(s.Starred(self.mark(element), self.expr(element.value)))
        else:
            found.append(self.expr(element.value))
    return tuple(found)


@expression(cst.Tuple)
def _tuple(self: Extractor, node: cst.Tuple) -> Any:
    return s.Collection(self.mark(node), "tuple", _elements(self, node.elements))


@expression(cst.List)
def _list(self: Extractor, node: cst.List) -> Any:
    return s.Collection(self.mark(node), "list", _elements(self, node.elements))


@expression(cst.Set)
def _set(self: Extractor, node: cst.Set) -> Any:
    return s.Collection(self.mark(node), "set", _elements(self, node.elements))


@expression(cst.StarredElement)
def _starred(self: Extractor, node: cst.StarredElement) -> Any:
    return s.Starred(self.mark(node), self.expr(node.value))


@expression(cst.Dict)
def _dict(self: Extractor, node: cst.Dict) -> Any:
    at = self.mark(node)
    keys: list[Any] = []
    values: list[Any] = []
    for element in node.elements:
        keys.append(self.expr(element.key) if isinstance(element, cst.DictElement) else None)
        values.append(self.expr(element.value))
    return s.Dictionary(at, tuple(keys), tuple(values))


OPERATORS: dict[type, str] = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//", cst.Modulo: "%",
    cst.Power: "**", cst.BitOr: "|", cst.BitAnd: "&", cst.BitXor: "^", cst.LeftShift: "<<", cst.RightShift: ">>",
    cst.MatrixMultiply: "@", cst.And: "and", cst.Or: "or", cst.Not: "not", cst.Minus: "-", cst.Plus: "+",
    cst.BitInvert: "~", cst.Equal: "==", cst.NotEqual: "!=", cst.LessThan: "<", cst.LessThanEqual: "<=",
    cst.GreaterThan: ">", cst.GreaterThanEqual: ">=", cst.In: "in", cst.NotIn: "not in", cst.Is: "is", cst.IsNot: "is not",
    cst.AddAssign: "+", cst.SubtractAssign: "-", cst.MultiplyAssign: "*", cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//", cst.ModuloAssign: "%", cst.PowerAssign: "**", cst.BitOrAssign: "|",
    cst.BitAndAssign: "&", cst.BitXorAssign: "^", cst.LeftShiftAssign: "<<", cst.RightShiftAssign: ">>",
    cst.MatrixMultiplyAssign: "@",
}  # fmt: skip


@expression(cst.BinaryOperation)
def _binary(self: Extractor, node: cst.BinaryOperation) -> Any:
    at = self.mark(node)
    return s.BinaryOperation(at, OPERATORS[type(node.operator)], self.expr(node.left), self.expr(node.right))


@expression(cst.BooleanOperation)
def _boolean(self: Extractor, node: cst.BooleanOperation) -> Any:
    at = self.mark(node)
    return s.BooleanOperation(at, OPERATORS[type(node.operator)], self.expr(node.left), self.expr(node.right))


@expression(cst.UnaryOperation)
def _unary(self: Extractor, node: cst.UnaryOperation) -> Any:
    at = self.mark(node)
    value = self.expr(node.expression)
    operator = OPERATORS[type(node.operator)]
    if operator == "-" and isinstance(value, s.Constant) and isinstance(value.value, (int, float)):
        return s.Constant(at, -value.value)
    return s.UnaryOperation(at, operator, value)


@expression(cst.Comparison)
def _comparison(self: Extractor, node: cst.Comparison) -> Any:
    at = self.mark(node)
    left = self.expr(node.left)
    operators = tuple(OPERATORS[type(target.operator)] for target in node.comparisons)
    return s.Comparison(at, left, operators, tuple(self.expr(target.comparator) for target in node.comparisons))


@expression(cst.IfExp)
def _conditional(self: Extractor, node: cst.IfExp) -> Any:
    at = self.mark(node)
    return s.Conditional(at, self.expr(node.test), self.expr(node.body), self.expr(node.orelse))


@expression(cst.Await)
def _await(self: Extractor, node: cst.Await) -> Any:
    self.bodies[-1].awaits = True
    at = self.mark(node)
    return s.Await(at, self.expr(node.expression))


@expression(cst.Yield)
def _yield(self: Extractor, node: cst.Yield) -> Any:
    self.bodies[-1].yields = True
    at = self.mark(node)
    if isinstance(node.value, cst.From):
        return s.Yield(at, self.expr(node.value.item), True)
    return s.Yield(at, self.maybe(node.value), False)


@expression(cst.Lambda)
def _lambda(self: Extractor, node: cst.Lambda) -> Any:
    at = self.mark(node)
    parameters = self.parameters(node.params)
    self.bodies.append(_Body())
    result = s.Return(self.mark(node.body), self.expr(node.body))
    body = self.bodies.pop()
    function = s.Function(at, "<lambda>", parameters, None, (), (result,), None, False, body.yields, body.awaits)
    return s.Lambda(at, function)


@expression(cst.ListComp, cst.SetComp, cst.GeneratorExp)
def _comprehension(self: Extractor, node: Any) -> Any:
    at = self.mark(node)
    clauses = self.clauses(node.for_in)
    kind: Any = "list" if type(node) is cst.ListComp else "set" if type(node) is cst.SetComp else "generator"
    return s.Comprehension(at, kind, (self.expr(node.elt),), clauses)


@expression(cst.DictComp)
def _dict_comprehension(self: Extractor, node: cst.DictComp) -> Any:
    at = self.mark(node)
    clauses = self.clauses(node.for_in)
    return s.Comprehension(at, "dict", (self.expr(node.key), self.expr(node.value)), clauses)


@expression(cst.NamedExpr)
def _named(self: Extractor, node: cst.NamedExpr) -> Any:
    at = self.mark(node)
    return s.NamedExpression(at, self.expr(node.target), self.expr(node.value))


@expression(cst.Subscript)
def _subscript(self: Extractor, node: cst.Subscript) -> Any:
    if isinstance(node.value, (cst.Name, cst.Attribute)):
        name = node.value.value if isinstance(node.value, cst.Name) else node.value.attr.value
        if isinstance(name, str) and name in s.GENERICS:
            return self._annotation_subscript(node)
    at = self.mark(node)
    return s.Subscript(at, self.expr(node.value), tuple(self.index(item) for item in _subscripts(node)))


# ---- statements -----------------------------------------------------------------------------------------------------------


@statement(cst.Assign)
def _assign(self: Extractor, node: cst.Assign) -> Any:
    at = self.mark(node)
    value = self.expr(node.value)
    return s.Assign(at, tuple(self.expr(target.target) for target in node.targets), value)


@statement(cst.AnnAssign)
def _annotated_assign(self: Extractor, node: cst.AnnAssign) -> Any:
    at = self.mark(node)
    target = self.expr(node.target)
    return s.AnnotatedAssign(at, target, self.annotation(node.annotation.annotation), self.maybe(node.value))


@statement(cst.AugAssign)
def _augmented(self: Extractor, node: cst.AugAssign) -> Any:
    at = self.mark(node)
    return s.AugmentedAssign(at, self.expr(node.target), OPERATORS[type(node.operator)], self.expr(node.value))


@statement(cst.Expr)
def _expression(self: Extractor, node: cst.Expr) -> Any:
    at = self.mark(node)
    return s.ExpressionStatement(at, self.expr(node.value))


@statement(cst.Return)
def _return(self: Extractor, node: cst.Return) -> Any:
    at = self.mark(node)
    return s.Return(at, self.maybe(node.value))


@statement(cst.Raise)
def _raise(self: Extractor, node: cst.Raise) -> Any:
    at = self.mark(node)
    return s.Raise(at, self.maybe(node.exc), self.maybe(node.cause.item if node.cause is not None else None))


@statement(cst.Assert)
def _assert(self: Extractor, node: cst.Assert) -> Any:
    at = self.mark(node)
    return s.Assert(at, self.expr(node.test))


@statement(cst.Del)
def _delete(self: Extractor, node: cst.Del) -> Any:
    at = self.mark(node)
    target = node.target
    if isinstance(target, cst.Tuple):
        return s.Delete(at, _elements(self, target.elements))
    return s.Delete(at, (self.expr(target),))


@statement(cst.Pass, cst.Break, cst.Continue)
def _flow(self: Extractor, node: Any) -> Any:
    return s.Flow(self.mark(node), type(node).__name__.lower())  # type: ignore[arg-type]


@statement(cst.Global, cst.Nonlocal)
def _scope(self: Extractor, node: Any) -> Any:
    kind: Any = type(node).__name__.lower()
    return s.Flow(self.mark(node), kind, tuple(item.name.value for item in node.names))


def _dotted(node: Any) -> str:
    names: list[str] = []
    while isinstance(node, cst.Attribute):
        names.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        names.append(node.value)
    return ".".join(reversed(names))


def _imported(alias: cst.ImportAlias) -> s.ImportedName:
    return s.ImportedName(_dotted(alias.name), _dotted(alias.asname.name) if alias.asname is not None else None)


@statement(cst.Import)
def _import(self: Extractor, node: cst.Import) -> Any:
    return s.Import(self.mark(node), tuple(_imported(alias) for alias in node.names))


@statement(cst.ImportFrom)
def _import_from(self: Extractor, node: cst.ImportFrom) -> Any:
    at = self.mark(node)
    names = (
        (s.ImportedName("*"),) if isinstance(node.names, cst.ImportStar) else tuple(_imported(a) for a in node.names)
    )
    return s.ImportFrom(at, _dotted(node.module), len(node.relative), names)


@statement(cst.TypeAlias)
def _type_alias(self: Extractor, node: cst.TypeAlias) -> Any:
    at = self.mark(node)
    return s.TypeAlias(at, node.name.value, self.annotation(node.value), _type_parameters(node))


@statement(cst.If)
def _if(self: Extractor, node: cst.If) -> Any:
    at = self.mark(node)
    return s.If(at, self.expr(node.test), self.suite(node.body), self.orelse(node.orelse))


@statement(cst.For)
def _for(self: Extractor, node: cst.For) -> Any:
    at = self.mark(node)
    is_async = node.asynchronous is not None
    if is_async:
        self.bodies[-1].awaits = True
    iterated = self.expr(node.iter)
    return s.For(at, self.expr(node.target), iterated, self.suite(node.body), self.orelse(node.orelse), is_async)


@statement(cst.While)
def _while(self: Extractor, node: cst.While) -> Any:
    at = self.mark(node)
    return s.While(at, self.expr(node.test), self.suite(node.body), self.orelse(node.orelse))


@statement(cst.Try, cst.TryStar)
def _try(self: Extractor, node: Any) -> Any:
    at = self.mark(node)
    body = self.suite(node.body)
    handlers: list[s.Handler] = []
    for handler in node.handlers:
        number = self.mark(handler)
        name = handler.name.name.value if handler.name is not None else None
        handlers.append(s.Handler(number, self.maybe(handler.type), name, self.suite(handler.body)))
    orelse = self.orelse(node.orelse)
    final = self.suite(node.finalbody.body) if node.finalbody is not None else ()
    return s.Try(at, body, tuple(handlers), orelse, final)


@statement(cst.With)
def _with(self: Extractor, node: cst.With) -> Any:
    at = self.mark(node)
    is_async = node.asynchronous is not None
    if is_async:
        self.bodies[-1].awaits = True
    items = tuple(
        s.WithItem(self.expr(item.item), self.expr(item.asname.name) if item.asname is not None else None)
        for item in node.items
    )
    return s.With(at, items, self.suite(node.body), is_async)


class _Pattern(cst.CSTVisitor):
    def __init__(self) -> None:
        self.names: list[str] = []

    def visit_MatchAs(self, node: cst.MatchAs) -> None:
        if node.name is not None:
            self.names.append(node.name.value)

    def leave_MatchMapping(self, original_node: cst.MatchMapping) -> None:
        if original_node.rest is not None:
            self.names.append(original_node.rest.value)

    def visit_MatchStar(self, node: cst.MatchStar) -> None:
        if node.name is not None:
            self.names.append(node.name.value)


@statement(cst.Match)
def _match(self: Extractor, node: cst.Match) -> Any:
    at = self.mark(node)
    subject = self.expr(node.subject)
    cases: list[s.Case] = []
    for case in node.cases:
        pattern = _Pattern()
        case.pattern.visit(pattern)
        cases.append(s.Case(tuple(pattern.names), self.maybe(case.guard), self.suite(case.body)))
    return s.Match(at, subject, tuple(cases))


@statement(cst.FunctionDef)
def _function(self: Extractor, node: cst.FunctionDef) -> Any:
    at = self.mark(node)
    decorators = tuple(self.expr(decorator.decorator) for decorator in node.decorators)
    parameters = self.parameters(node.params)
    returns = self.maybe_annotation(node.returns)
    self.bodies.append(_Body())
    body = self.suite(node.body)
    found = self.bodies.pop()
    is_async = node.asynchronous is not None
    return s.Function(
        at,
        node.name.value,
        parameters,
        returns,
        decorators,
        body,
        s.docstring(body),
        is_async,
        found.yields,
        found.awaits,
    )


@statement(cst.ClassDef)
def _class(self: Extractor, node: cst.ClassDef) -> Any:
    at = self.mark(node)
    decorators = tuple(self.expr(decorator.decorator) for decorator in node.decorators)
    bases = [
        s.Argument(self._annotation_subscript(base.value))
        if isinstance(base.value, cst.Subscript) and not base.star
        else self.arguments((base,))[0]
        for base in node.bases
    ]
    arguments = (*bases, *self.arguments(node.keywords))
    body = self.suite(node.body)
    return s.Class(at, node.name.value, arguments, decorators, body, s.docstring(body), _type_parameters(node))


def _type_parameters(node: cst.ClassDef | cst.TypeAlias) -> tuple[str, ...]:
    return tuple(p.param.name.value for p in node.type_parameters.params) if node.type_parameters is not None else ()
