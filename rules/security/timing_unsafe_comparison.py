"""A secret that is compared with `==`.

## What it does
Reports `==` and `!=` between a secret that the application holds (a setting, an environment variable, a constant) and a value that a
dependency or a route was given, where the names say secret, password, API key or token; and, wherever it stands, between the signature
that `hmac` works out and the one that somebody sent.

## Why is this bad?
`==` stops at the first difference. Who can measure how long the answer takes can find out a secret piece by piece, where
`secrets.compare_digest` takes the same time whatever it is given.

## Bad
```python
import os

from fastapi import Depends, FastAPI, Header, HTTPException

API_KEY = os.environ["API_KEY"]


def require_key(api_key: str = Header()) -> None:
    if api_key != API_KEY:
        raise HTTPException(401)


app = FastAPI(dependencies=[Depends(require_key)])
```

## Good
```python
import os
import secrets

from fastapi import Depends, FastAPI, Header, HTTPException

API_KEY = os.environ["API_KEY"]


def require_key(api_key: str = Header()) -> None:
    if not secrets.compare_digest(api_key.encode(), API_KEY.encode()):
        raise HTTPException(401)


app = FastAPI(dependencies=[Depends(require_key)])
```

## Known misses
Secrets under names that do not say so, and comparisons in functions that are neither a route nor a dependency.

## Fix safety
Unsafe: `compare_digest` and `encode` raise for what is `None`. It is only offered where neither side can be, as far as that is known.
"""

from collections.abc import Iterator
from typing import Any

from fastapi_lint import syntax as s
from fastapi_lint.context import Context
from fastapi_lint.findings import AddImport, Anchor, Finding, Fix, Replace, Template
from fastapi_lint.project import Function
from fastapi_lint.project.interpreting.frames import Frame
from fastapi_lint.project.interpreting.values import Const, External, Instance, Text, Value
from fastapi_lint.project.written_calls import names, nodes
from fastapi_lint.rule import Rule
from fastapi_lint.sensitive import category

rule = Rule("FAL324", fix="unsafe")

SECRETS = frozenset({"password", "secret", "key", "token"})
SIGNING = frozenset({"hmac.new", "hmac.HMAC", "hmac.digest"})
SPELLINGS = frozenset({
    "hexdigest", "digest", "hex", "decode", "encode", "lower", "upper", "strip", "rstrip", "b64encode", "urlsafe_b64encode", "b32encode",
})  # fmt: skip
"""Methods and functions that give a signature back in other characters."""
HOLDERS = ("settings", "config", "conf", "env", "environ", "getenv")


@rule.on(Function)
def check(function: Function, ctx: Context) -> Iterator[Finding]:
    if ctx.route_of(function) is None and not ctx.is_dependency(function):
        return
    definition = function.definition
    for node in nodes(definition.node.body):
        if type(node) is not s.Comparison or node.operators not in (("==",), ("!=",)):
            continue
        left, right = node.left, node.comparators[0]
        for held, given in ((left, right), (right, left)):
            if _is_held(held, function) and _is_given(given, function):
                yield Finding(
                    Anchor(definition.module.path, node.at),
                    f"How long it takes to compare `{_name(held)}` tells how much of it was guessed",
                    fix=_fix(function, ctx, node, held, given),
                    symbol=definition.qualname,
                )
                break


@rule.on(Function)
def signatures(function: Function, ctx: Context) -> Iterator[Finding]:
    definition = function.definition
    made = {site.node.at for site in function.frame.sites if names(site.callee) & SIGNING}
    if not made or ctx.project.is_test(definition.module.path):
        return
    body = tuple(nodes(definition.node.body))
    signed: set[str] = set()
    for node in body:
        if type(node) is s.Assign and _is_signature(node.value, made, signed):
            signed.update(target.id for target in node.targets if type(target) is s.Name)
    for node in body:
        if type(node) is not s.Comparison or node.operators not in (("==",), ("!=",)):
            continue
        sides = (node.left, node.comparators[0])
        if sum(_is_signature(side, made, signed) for side in sides) == 1 and not any(map(_is_constant, sides)):
            yield Finding(
                Anchor(definition.module.path, node.at),
                "How long it takes to compare the signature tells how much of it was guessed",
                symbol=definition.qualname,
            )


def _is_signature(node: Any, made: set[int], signed: set[str]) -> bool:
    """Whether an expression is a signature that was worked out here, perhaps in another spelling."""
    match node:
        case s.Name(id=name):
            return name in signed
        case s.Call():
            if node.at in made:
                return True
            given = [argument.value for argument in node.args]
            owner = node.func.value if type(node.func) is s.Attribute else None
            is_spelling = type(node.func) is s.Attribute and node.func.attr in SPELLINGS
            return is_spelling and any(_is_signature(one, made, signed) for one in (owner, *given))
        case s.BinaryOperation(operator="+", left=left, right=right):
            return _is_signature(left, made, signed) or _is_signature(right, made, signed)
        case s.FormattedString(parts=parts):
            return any(_is_signature(part, made, signed) for part in parts)
    return False


def _is_constant(node: Any) -> bool:
    return type(node) is s.Constant


def _is_held(node: Any, function: Function) -> bool:
    """Whether an expression is a secret of the application: a constant of the module, a setting, an environment variable."""
    name = _name(node)
    if category(name.lower()) not in SECRETS:
        return False
    match node:
        case s.Name():
            return node.id not in function.definition.locals and node.id.isupper()
        case s.Call() | s.Subscript() | s.Attribute():
            owner = node.func if type(node) is s.Call else node.value  # type: ignore[union-attr]
            return any(
                (type(inner) is s.Name and any(word in inner.id.lower() for word in HOLDERS))
                or (type(inner) is s.Attribute and any(word in inner.attr.lower() for word in HOLDERS))
                for inner in nodes(owner)
            )
    return False


def _is_given(node: Any, function: Function) -> bool:
    """Whether an expression comes from a parameter or a local name, and is no constant."""
    while type(node) in (s.Attribute, s.Subscript):
        node = node.value
    if type(node) is s.Call and type(node.func) is s.Attribute:
        return _is_given(node.func.value, function)
    if type(node) is not s.Name or node.id not in function.definition.locals:
        return False
    value = function.frame.env.get(node.id)
    return type(value) not in (Const, External)


def _name(node: Any) -> str:
    match node:
        case s.Name(id=name) | s.Attribute(attr=name):
            return name if name != "get_secret_value" else ""
        case s.Subscript(items=(s.Constant(value=str() as name),)):
            return name
        case s.Call(func=s.Attribute(attr="get_secret_value", value=inner)):
            return _name(inner)
        case s.Call(args=(argument, *_)) if type(argument.value) is s.Constant and isinstance(
            argument.value.value, str
        ):
            return argument.value.value
    return ""


def _fix(function: Function, ctx: Context, node: s.Comparison, held: Any, given: Any) -> Fix | None:
    """Of bytes: `compare_digest` takes no text that is not ASCII, and what a client sends may be anything."""
    value = function.frame.env.get(given.id) if type(given) is s.Name else None
    scope = Frame(function.frame.module, function.frame)
    if not _is_text(value) or not _is_text(ctx.project.it.evaluate(scope, held)):
        return None
    path = function.definition.module.path
    compare = (AddImport(path, "secrets"), ".compare_digest(")
    sides = (Anchor(path, node.left.at), ".encode(), ", Anchor(path, node.comparators[0].at), ".encode())")
    text: Template = (*compare, *sides) if node.operators == ("==",) else ("not ", *compare, *sides)
    return Fix("Compare in constant time", (Replace(Anchor(path, node.at), text),))


def _is_text(value: Value | None) -> bool:
    match value:
        case Instance(class_name="builtins.str") | Text() | Const(value=str()):
            return True
    return False
