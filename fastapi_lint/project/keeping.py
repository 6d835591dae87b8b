"""What a function puts where it outlives the call."""

from __future__ import annotations

from fastapi_lint import syntax as s


def kept(body: tuple[s.Statement, ...]) -> set[int]:
    """The numbers of the expressions that a function's body puts into a global, an attribute or a container."""
    outer = {
        name
        for node in s.walk(*body)
        if type(node) is s.Flow and node.kind in ("global", "nonlocal")
        for name in node.names
    }
    found: set[int] = set()
    names: set[str] = set()
    for _ in range(2):  # a name is often kept a line below
        for node in s.walk(*body):
            if type(node) is not s.Assign and type(node) is not s.AnnotatedAssign:
                continue
            targets = node.targets if type(node) is s.Assign else (node.target,)  # type: ignore[union-attr]
            is_kept = any(
                type(t) in (s.Attribute, s.Subscript) or (type(t) is s.Name and (t.id in outer or t.id in names))
                for t in targets
            )
            if is_kept and node.value is not None:
                inside = list(s.walk(node.value, into_functions=True))
                found |= {one.at for one in inside}
                names |= {one.id for one in inside if type(one) is s.Name}
    return found
