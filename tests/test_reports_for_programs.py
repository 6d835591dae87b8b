"""SARIF, GitHub's annotations, GitLab's code quality, JUnit: what their readers insist on."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_cli import APP, Run, root, run

from fastapi_lint import reporters
from fastapi_lint.findings import Diagnostic, LocatedFix, Severity, Span, TextEdit, TraceStep
from fastapi_lint.registry import all_rules
from fastapi_lint.reporters.identity import fingerprints, relocated, repository_prefix
from fastapi_lint.reporters.paint import plain
from fastapi_lint.run import Report
from fastapi_lint.source import Source

__all__ = ["root", "run"]

PROJECTS = Path(__file__).resolve().parent.parent / "fixtures" / "projects"

# The part of OASIS's schema of SARIF 2.1.0 that our documents touch, in its own terms. Objects are closed unless they say so.
MESSAGE = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "markdown": {"type": "string"}},
    "required": ["text"],
}
LINE = {"type": "integer", "minimum": 1}
REGION = {
    "type": "object",
    "properties": {"startLine": LINE, "startColumn": LINE, "endLine": LINE, "endColumn": LINE},
    "required": ["startLine", "startColumn", "endLine", "endColumn"],  # GitHub needs all four
}
ARTIFACT = {
    "type": "object",
    "properties": {"uri": {"type": "string", "pattern": r"[\w./~!$&'()*+,;=:@%-]+"}, "uriBaseId": {"type": "string"}},
    "required": ["uri"],
}
LOCATION = {
    "type": "object",
    "properties": {
        "physicalLocation": {
            "type": "object",
            "properties": {"artifactLocation": ARTIFACT, "region": REGION},
            "required": ["artifactLocation", "region"],
        },
        "message": MESSAGE,
        "logicalLocations": {
            "type": "array",
            "items": {"type": "object", "properties": {"fullyQualifiedName": {"type": "string"}}, "required": []},
        },
    },
    "required": ["physicalLocation"],
}
LEVEL = {"type": "string", "enum": ["none", "note", "warning", "error"]}
BAG = {"type": "object", "open": True, "properties": {}, "required": []}
RULE = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "shortDescription": MESSAGE,
        "fullDescription": MESSAGE,
        "help": MESSAGE,
        "helpUri": {"type": "string", "pattern": r"https://.+"},
        "defaultConfiguration": {
            "type": "object",
            "properties": {"level": LEVEL, "enabled": {"type": "boolean"}},
            "required": [],
        },
        "properties": BAG,
    },
    "required": ["id", "help"],
}
FIX = {
    "type": "object",
    "properties": {
        "description": MESSAGE,
        "artifactChanges": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "artifactLocation": ARTIFACT,
                    "replacements": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "properties": {"deletedRegion": REGION, "insertedContent": MESSAGE},
                            "required": ["deletedRegion"],
                        },
                    },
                },
                "required": ["artifactLocation", "replacements"],
            },
        },
        "properties": BAG,
    },
    "required": ["artifactChanges"],
}
FLOW = {
    "type": "object",
    "properties": {
        "threadFlows": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "locations": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "object", "properties": {"location": LOCATION}, "required": ["location"]},
                    }
                },
                "required": ["locations"],
            },
        }
    },
    "required": ["threadFlows"],
}
RESULT = {
    "type": "object",
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": {"type": "array", "minItems": 1, "items": LOCATION},
        "partialFingerprints": {
            "type": "object",
            "properties": {"primaryLocationLineHash": {"type": "string"}},
            "required": ["primaryLocationLineHash"],
        },
        "codeFlows": {"type": "array", "items": FLOW},
        "fixes": {"type": "array", "items": FIX},
        "baselineState": {"type": "string", "enum": ["new", "unchanged", "updated", "absent"]},
    },
    "required": ["message", "locations", "partialFingerprints"],
}
DRIVER = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "version": {"type": "string"},
        "informationUri": {"type": "string", "pattern": r"https://.+"},
        "rules": {"type": "array", "items": RULE},
    },
    "required": ["name"],
}
RUN = {
    "type": "object",
    "properties": {
        "tool": {"type": "object", "properties": {"driver": DRIVER}, "required": ["driver"]},
        "columnKind": {"type": "string", "enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "invocations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"executionSuccessful": {"type": "boolean"}},
                "required": ["executionSuccessful"],
            },
        },
        "results": {"type": "array", "items": RESULT},
    },
    "required": ["tool"],
}
SARIF = {
    "type": "object",
    "properties": {
        "$schema": {"type": "string"},
        "version": {"type": "string", "enum": ["2.1.0"]},
        "runs": {"type": "array", "items": RUN},
    },
    "required": ["version", "runs"],
}
TYPES: dict[str, type] = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


def breaches(value: Any, schema: dict[str, Any], where: str = "$") -> Iterator[str]:
    """Where a document is not what a schema says."""
    kind = TYPES[schema["type"]]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield f"{where} is no {schema['type']}"
    elif isinstance(value, dict):
        yield from (f"{where} has no {name}" for name in schema["required"] if name not in value)
        for name, inner in value.items():
            if name in schema["properties"]:
                yield from breaches(inner, schema["properties"][name], f"{where}.{name}")
            elif not schema.get("open"):
                yield f"{where} has an unknown {name}"
    elif isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield f"{where} is too short"
        for index, inner in enumerate(value):
            yield from breaches(inner, schema["items"], f"{where}[{index}]")
    elif value not in schema.get("enum", [value]):
        yield f"{where} cannot be {value}"
    elif isinstance(value, str) and not re.fullmatch(schema.get("pattern", ".*"), value, re.DOTALL):
        yield f"{where} is not of the form {schema['pattern']}"
    elif isinstance(value, int) and value < schema.get("minimum", value):
        yield f"{where} is too small"


TEXT = "def f():\n    g('ä漢')\n    g('ä漢')\n    h()\n"
SOURCE = Source.decode("src/a b.py", TEXT.encode())


def found(line: int, severity: Severity = "error", **changes: Any) -> Diagnostic:
    start = SOURCE.offset(line, 5)
    span = SOURCE.span(start, start + len(SOURCE.line(line)) - 4)
    one = Diagnostic("FAL101", "blocking-call", severity, "100 % `g`\nis, so: slow", "src/a b.py", span, "a.f")
    return replace(one, **changes)


def report(*diagnostics: Diagnostic, **changes: Any) -> Report:
    return Report(diagnostics, {"src/a b.py": SOURCE}, files=1, **changes)


def sarif(*diagnostics: Diagnostic, **changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(reporters.render(report(*diagnostics, **changes), "sarif", plain))
    assert list(breaches(document, SARIF)) == []
    (one,) = document["runs"]
    return dict(one)


SPAN = found(2).span
TRACED = found(
    2,
    trace=(TraceStep("src/b.py", SPAN, "calls `h`"), TraceStep("src/c.py", SPAN, "blocks")),
    fix=LocatedFix(
        "Mend it", "unsafe", (TextEdit("src/a b.py", 13, 14, "x", SPAN), TextEdit("src/b.py", 0, 0, "y", SPAN))
    ),
)

# ---- SARIF ----------------------------------------------------------------------------------------------------------


def test_sarif() -> None:
    one = sarif(TRACED, found(4, "info"))
    assert one["columnKind"] == "unicodeCodePoints"
    assert one["invocations"] == [{"executionSuccessful": True}]
    (rule,) = one["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"]) == ("FAL101", "blocking-call")
    assert rule["help"]["text"].startswith("A blocking call in an `async def`")
    first, second = one["results"]
    assert (first["level"], second["level"]) == ("error", "note")
    physical = first["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "src/a%20b.py"
    assert physical["region"] == {"startLine": 2, "startColumn": 5, "endLine": 2, "endColumn": 12}
    steps = first["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == ["calls `h`", "blocks"]
    assert [change["artifactLocation"]["uri"] for change in first["fixes"][0]["artifactChanges"]] == [
        "src/a%20b.py",
        "src/b.py",
    ]
    assert "codeFlows" not in second
    assert "fixes" not in second
    assert "baselineState" not in first


def test_sarif_of_nothing() -> None:
    assert sarif()["results"] == []
    assert sarif(internal_error=True)["invocations"] == [{"executionSuccessful": False}]


def test_sarif_has_one_hash_a_result() -> None:
    hashes = [
        one["partialFingerprints"]["primaryLocationLineHash"] for one in sarif(found(2), found(3), found(4))["results"]
    ]
    assert len(set(hashes)) == 3
    assert hashes[0].partition(":")[0] == hashes[1].partition(":")[0] != hashes[2].partition(":")[0]
    assert [text.partition(":")[2] for text in hashes] == ["1", "2", "1"]


def test_sarif_with_a_baseline() -> None:
    states = [one["baselineState"] for one in sarif(found(4), unchanged=(found(2),))["results"]]
    assert states == ["unchanged", "new"]


def test_security_rules_say_how_bad_they_are() -> None:
    secret = found(2, code="FAL301", name="hardcoded-secret")
    (rule,) = sarif(secret)["tool"]["driver"]["rules"]
    assert rule["properties"] == {"tags": ["security"], "security-severity": "8.0"}


@pytest.mark.parametrize("project", ["bookshop", "dispatch", "telemetry"])
def test_sarif_of_an_application(project: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECTS / project)
    document = json.loads(run("--select", "ALL", "--output-format", "sarif").out)
    assert list(breaches(document, SARIF)) == []
    results = document["runs"][0]["results"]
    rules = document["runs"][0]["tool"]["driver"]["rules"]
    assert len(results) > 20
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in results)
    places = [
        (one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], *one["partialFingerprints"].values())
        for one in results
    ]
    assert len(set(places)) == len(places)
    assert any("codeFlows" in one for one in results)


def test_the_schema_can_fail() -> None:
    document = json.loads(reporters.render(report(TRACED), "sarif", plain))
    del document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["endColumn"]
    document["runs"][0]["columnKind"] = "bytes"
    document["runs"][0]["more"] = 1
    assert len(list(breaches(document, SARIF))) == 3


# ---- paths ----------------------------------------------------------------------------------------------------------


def test_paths_are_relative_to_the_repository(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / ".git").mkdir()
    (root / "service").mkdir()
    (root / "service" / "main.py").write_text(APP)
    monkeypatch.chdir(root / "service")
    assert repository_prefix(Path.cwd()) == "service/"
    first = json.loads(run("--output-format", "sarif").out)["runs"][0]["results"][0]
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "service/main.py"
    assert json.loads(run("--output-format", "gitlab").out)[0]["location"]["path"] == "service/main.py"
    assert ",file=service/main.py," in run("--output-format", "github").out
    assert json.loads(run("--output-format", "json").out)["diagnostics"][0]["path"] == "main.py"


def test_everything_in_a_report_is_relocated() -> None:
    moved = relocated(report(TRACED, unchanged=(found(4),)), "service/")
    assert list(moved.sources) == ["service/src/a b.py"]
    (one,), (other,) = moved.diagnostics, moved.unchanged
    assert one.fix is not None
    paths = [one.path, *(step.path for step in one.trace), *(edit.path for edit in one.fix.edits), other.path]
    assert all(path.startswith("service/src/") for path in paths)
    assert fingerprints(moved.diagnostics, moved) == fingerprints([TRACED], report(TRACED))


# ---- GitHub ---------------------------------------------------------------------------------------------------------


def test_github() -> None:
    assert reporters.render(report(found(2, "warning")), "github", plain) == (
        "::warning title=FAL101 (blocking-call),file=src/a b.py,line=2,col=5,endLine=2,endColumn=12"
        "::src/a b.py:2:5: FAL101 100 %25 `g`\\x0ais, so: slow\n"
    )


def test_github_shows_the_worst_first_and_no_more_than_it_takes() -> None:
    many = [found(4, severity) for severity in ("info", "warning", "error") for _ in range(12)]
    lines = reporters.render(report(*many), "github", plain).splitlines()
    commands = [line.split(" ")[0] for line in lines if line.startswith("::")]
    assert commands == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"] * 10
    assert lines[30:] == ["src/a b.py:4:5: FAL101 100 % `g`\\x0ais, so: slow"] * 6


def test_github_takes_a_last_column_on_one_line_only() -> None:
    several = Span(found(2).span.start, found(4).span.end)
    text = reporters.render(report(found(2, span=several, path="a,b:c%.py")), "github", plain)
    assert ",file=a%2Cb%3Ac%25.py,line=2,col=5,endLine=4::" in text


# ---- GitLab and JUnit -----------------------------------------------------------------------------------------------


def test_gitlab() -> None:
    every = json.loads(reporters.render(report(found(2), found(3), found(4, "info")), "gitlab", plain))
    assert every[0] | {"fingerprint": ""} == {
        "check_name": "blocking-call",
        "description": "FAL101: 100 % `g`\nis, so: slow",
        "severity": "major",
        "fingerprint": "",
        "location": {
            "path": "src/a b.py",
            "positions": {"begin": {"line": 2, "column": 5}, "end": {"line": 2, "column": 12}},
        },
    }
    assert len({one["fingerprint"] for one in every}) == 3
    assert every[2]["severity"] == "info"
    elsewhere = replace(SOURCE, path="b.py")
    other = Report((found(2, path="b.py"),), {"b.py": elsewhere})
    assert json.loads(reporters.render(other, "gitlab", plain))[0]["fingerprint"] != every[0]["fingerprint"]


def test_junit() -> None:
    text = reporters.render(report(found(2), found(4, path="b<.py", message="\x00 <&>")), "junit", plain)
    suites = ElementTree.fromstring(text)
    assert (suites.get("tests"), suites.get("failures")) == ("2", "2")
    assert [suite.get("name") for suite in suites] == ["src/a b.py", "b<.py"]
    case = suites[1][0]
    assert (case.get("name"), case.get("classname"), case.get("line")) == ("fastapi-lint.FAL101", "b<.py", "4")
    assert case[0].get("message") == "\\x00 <&>"
    assert (case[0].text or "").startswith("line 4, column 5: FAL101")


def test_junit_of_nothing_is_a_passed_test() -> None:
    suites = ElementTree.fromstring(reporters.render(report(), "junit", plain))
    assert [(case.get("name"), len(case)) for case in suites.iter("testcase")] == [("nothing found", 0)]


@pytest.mark.parametrize("output_format", sorted(reporters.FOR_PROGRAMS))
def test_nothing_else_is_said(run: Run, output_format: str) -> None:
    assert run("--output-format", output_format).err == ""


def test_every_rule_can_be_in_a_report() -> None:
    every = tuple(found(2, code=rule.code, name=rule.name) for rule in all_rules())
    assert len(sarif(*every)["tool"]["driver"]["rules"]) == len(every)
