"""Names for what a fix needs imported: one that the file has already, or a new import."""

from __future__ import annotations

import builtins
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fastapi_lint.edits import line_length
from fastapi_lint.edits.bindings import Around, Imported, ModuleNames, around, bound_names, module_names, own_imports
from fastapi_lint.edits.changes import Change, Unfixable, span
from fastapi_lint.edits.placing import placed
from fastapi_lint.findings import AddImport, Anchor, Place

if TYPE_CHECKING:
    from fastapi_lint.reading.locate import Locator

BUILTINS = frozenset(dir(builtins))


class _Use:
    """A place in which an import is needed."""

    def __init__(self, locator: Locator, place: Anchor) -> None:
        self.unit, node, _ = locator.target(place)
        self.start = span(self.unit, node)[0]
        self.around = around(self.unit, node)


def planned(
    locator: Locator, wanted: Iterable[tuple[AddImport, Place | None]]
) -> tuple[dict[AddImport, str], list[Change]]:
    """The expression by which each import is known at its places, and what to insert for that. Raises Unfixable."""
    uses: dict[AddImport, list[_Use]] = defaultdict(list)
    for item, place in wanted:
        uses[item] += [_Use(locator, place)] if isinstance(place, Anchor) else []
    found: dict[AddImport, str] = {}
    new: dict[str, list[Imported]] = defaultdict(list)
    limits: dict[str, int] = {}
    for item, places in uses.items():
        names, text = module_names(locator, item.path), locator.source(item.path).text
        known = _in_function(item, places) or _in_module(item, names, places)
        if known is None:
            addition = _new(item, names, places, new[item.path], text)
            known = addition.alias or item.name or item.module
            new[item.path].append(addition)
            at_import = [use.start for use in places if use.around.at_import]
            limits[item.path] = min([*at_import, limits.get(item.path, len(text))])
        found[item] = known
    changes: list[Change] = []
    for path, additions in new.items():
        if additions:
            widest = line_length.of_file(locator, path)
            changes += placed(module_names(locator, path), locator.source(path), additions, limits[path], widest)
    return found, changes


def _in_function(item: AddImport, uses: Sequence[_Use]) -> str | None:
    """The name under which a function around the only place imports it, above that place."""
    if len(uses) != 1:
        return None
    use = uses[0]
    for index, scope in enumerate(use.around.scopes):
        for node, names in own_imports(scope):
            above = span(use.unit, node)[1] <= use.start
            for one in names if above else ():
                expression = _expression(one, item)
                if expression is not None and bound_names(scope)[one.local] == 1:
                    inner = Around(use.around.scopes[:index], at_import=False)
                    return None if inner.hides(one.local) else expression
    return None


def _in_module(item: AddImport, names: ModuleNames, uses: Sequence[_Use]) -> str | None:
    """The shortest name under which the module has it already, where that name can be used at all the places."""
    found: list[str] = []
    for statement in names.statements:
        for one in statement.names:
            expression = _expression(one, item)
            if (
                expression is not None
                and one.local not in names.others
                and len(names.meanings(one.local)) == 1
                and all(not use.around.at_import or statement.end <= use.start for use in uses)
                and not any(use.around.hides(one.local) for use in uses)
            ):
                found.append(expression)
    return min(found, key=lambda expression: expression.count("."), default=None)


def _expression(have: Imported, want: AddImport) -> str | None:
    """How to write what is wanted by means of an import; None where that import does not give it."""
    for module in (want.module, *want.same_in):
        if have.name is not None and have.name == want.name and same_module(want.path, have.module, module):
            return have.local
        base = _module_expression(have, want.path, module)
        if base is not None:
            return base if want.name is None else f"{base}.{want.name}"
    return None


def _module_expression(have: Imported, path: str, module: str) -> str | None:
    if have.name is not None:
        return have.local if same_module(path, have.submodule, module) else None
    if have.alias is not None:
        return have.alias if have.module == module else None
    return module if f"{have.module}.".startswith(f"{module}.") else None


def same_module(path: str, written: str, wanted: str) -> bool:
    """Whether a module as an import statement in a file writes it is the one that is wanted, by its absolute name."""
    if written == wanted:
        return True
    dots = len(written) - len(written.lstrip("."))
    if not dots or "." not in wanted:
        return False
    directory = path.split("/")[:-1]
    directory = directory[: len(directory) - dots + 1]
    resolved = [*directory, *filter(None, written[dots:].split("."))]
    parts = wanted.split(".")
    return resolved[-len(parts) :] == parts


def _new(item: AddImport, names: ModuleNames, uses: Sequence[_Use], others: Sequence[Imported], text: str) -> Imported:
    """The import to add, beside `others`. Raises Unfixable where no name is free."""
    plain = Imported(item.module, item.name, None)
    alias = (item.name or item.module.rpartition(".")[2]) + "_"
    for one in (plain, plain._replace(alias=alias)):
        taken = any(other.local == one.local and other.meaning != one.meaning for other in others)
        if not taken and _is_free(one, names, uses, text):
            return one
    raise Unfixable(f"`{plain.local}` and `{alias}` mean something else already")


def _is_free(one: Imported, names: ModuleNames, uses: Sequence[_Use], text: str) -> bool:
    local = one.local
    if local in names.others or local in BUILTINS or names.meanings(local) - {one.meaning}:
        return False
    if names.typing_only.get(local, set()) - {one.meaning}:
        return False
    if re.search(rf"\b{local}\b", text) is None:
        return True
    if any(statement.is_star for statement in names.statements):
        return False
    return not any(use.around.hides(local) for use in uses)
