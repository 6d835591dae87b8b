"""The rules as text: a table, a document for machines, a page."""

from __future__ import annotations

from fastapi_lint.registry import all_rules, find


def as_table() -> str:
    rows = [("code", "name", "severity", "default", "fix", "")]
    for rule in all_rules():
        rows.append((rule.code, rule.name, rule.severity, "on" if rule.default else "off", rule.fix or "-", rule.title))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = (
        "  ".join([*(f"{cell:{size}}" for cell, size in zip(row, widths, strict=False)), row[5]]).rstrip()
        for row in rows
    )
    return "\n".join(lines) + "\n"


def as_json() -> str:
    import json

    listed = [
        {
            "code": rule.code,
            "name": rule.name,
            "category": rule.category,
            "severity": rule.severity,
            "default": rule.default,
            "fix": rule.fix,
            "title": rule.title,
            "url": rule.url,
            "options": {
                name: {"default": option.default, "description": option.description, "choices": list(option.choices)}
                for name, option in rule.options.items()
            },
        }
        for rule in all_rules()
    ]
    return json.dumps({"version": 1, "rules": listed}, indent=2, ensure_ascii=False, default=list) + "\n"


def page(selector: str) -> str:
    """A rule's page. Raises UnknownRule."""
    rule = find(selector)
    fix = f"{rule.fix} fix" if rule.fix else "no fix"
    facts = f"{rule.category} · {rule.severity} · {'on' if rule.default else 'off'} by default · {fix}"
    return f"# {rule.name} ({rule.code})\n\n{facts}\n\n{rule.documentation.rstrip()}\n"
