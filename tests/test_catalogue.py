"""The registry and the catalogue, held against each other."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from fastapi_lint.commands import catalogue
from fastapi_lint.registry import all_rules

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

DATA: dict[str, Any] = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))
ROWS = {code: row for code, *row in DATA["rules"]}
LISTED = {
    one["code"]: [one["name"], "on" if one["default"] else "opt", one["severity"], one["fix"] or ""]
    for one in json.loads(catalogue.as_json())["rules"]
}


def test_the_table_is_in_order() -> None:
    codes = [code for code, *_ in DATA["rules"]]
    names = [row[0] for row in ROWS.values()]
    assert codes == sorted(set(codes))
    assert len(names) == len(set(names))


def test_every_rule_of_the_catalogue_is_listed() -> None:
    assert ROWS.keys() - LISTED.keys() == set(DATA["pending"])


@pytest.mark.parametrize("code", LISTED)
def test_a_rule_is_what_the_catalogue_says(code: str) -> None:
    assert code in ROWS, f"{code} is not in the catalogue"
    *expected, fix = ROWS[code]
    *found, offered = LISTED[code]
    assert found == expected
    assert (offered != fix) is (code in DATA["unfixed"]), f"the fix of {code} is {offered!r}, and is to be {fix!r}"


def test_only_rules_can_lack_a_fix() -> None:
    assert set(DATA["unfixed"]) <= LISTED.keys()


def test_the_listing_has_every_rule() -> None:
    assert list(LISTED) == [rule.code for rule in all_rules()]
