"""The keys of the configuration: what each may hold, how a wrong value is named, how settings are written out again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from fastapi_lint.settings import Settings, option_key

TABLE = "tool.fastapi-lint"
SEVERITIES = ("error", "warning", "info")
QUALIFIED_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
VERSION = re.compile(r"((==|>=|<=|~=|!=|<|>)\s*)?\d+(\.\d+)*([abc]|rc)?\d*(\.\*)?")


class ConfigurationError(Exception):
    """A configuration that cannot be used; the message names the file, the key and what to write instead."""


def read(file: Path, table: Mapping[str, Any], *, prefix: str = "") -> Settings:
    """Settings from a parsed table; `prefix` is how complaints begin a key's name. Raises ConfigurationError."""
    reader = _Reader(display(file), prefix)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in READERS:
            reader.unknown(key, key, READERS)
        values[key.replace("-", "_")] = READERS[key](reader, key, value)
    return Settings(root=file.parent, source_file=file, **values)


class _Reader:
    """Turns TOML values into what Settings holds, and knows how to name the place in complaints."""

    def __init__(self, shown: str, prefix: str) -> None:
        self.shown = shown
        self.prefix = prefix

    def fail(self, key: str, message: str) -> NoReturn:
        raise ConfigurationError(f"{self.shown}: `{self.prefix}{key}` {message}")

    def unknown(self, key: str, word: str, known: Mapping[str, Any]) -> NoReturn:
        near = suggestion(word.replace("_", "-"), list(known))
        raise ConfigurationError(f"{self.shown}: unknown key `{self.prefix}{key}`{near or _list(known)}")

    def string(self, key: str, value: object) -> str:
        if not isinstance(value, str):
            self.fail(key, f"must be a string, not {kind(value)}")
        return value

    def strings(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            self.fail(key, f"must be a list of strings, not {kind(value)}")
        for item in value:
            if not isinstance(item, str):
                self.fail(key, f"must hold strings only, not {kind(item)}")
            if not item.strip():
                self.fail(key, "holds an empty string")
        return tuple(value)

    def table(self, key: str, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.fail(key, f"must be a table, not {kind(value)}")
        return value

    def choice(self, key: str, value: object, choices: tuple[str, ...]) -> str:
        word = self.string(key, value)
        if word not in choices:
            self.fail(key, f"cannot be `{word}`{suggestion(word, choices) or _list(choices)}")
        return word

    def names(self, key: str, value: object) -> tuple[str, ...]:
        words = self.strings(key, value)
        for word in words:
            self.name(key, word)
        return words

    def name(self, key: str, word: str) -> None:
        if not QUALIFIED_NAME.fullmatch(word):
            self.fail(key, f"holds `{word}`, which is no qualified name such as `package.module.function`")

    def selectors(self, key: str, value: object) -> tuple[str, ...]:
        words = self.strings(key, value)
        for word in words:
            self.selector(key, word)
        return words

    def selector(self, key: str, word: str) -> None:
        from fastapi_lint.registry import UnknownRule, matching

        try:
            matching(word)
        except UnknownRule as error:
            self.fail(key, f"names an {error}")

    def per_file_ignores(self, key: str, value: object) -> dict[str, tuple[str, ...]]:
        return {
            pattern: self.selectors(f"{key}.{_quoted(pattern)}", codes)
            for pattern, codes in self.table(key, value).items()
        }

    def severity(self, key: str, value: object) -> dict[str, str]:
        levels: dict[str, str] = {}
        for selector, level in self.table(key, value).items():
            self.selector(key, selector)
            if level == "off":
                self.fail(f"{key}.{_quoted(selector)}", "cannot be `off`; put the rule into `ignore`")
            levels[selector] = self.choice(f"{key}.{_quoted(selector)}", level, SEVERITIES)
        return levels

    def blocking_calls(self, key: str, value: object) -> dict[str, str | None]:
        if isinstance(value, list):
            return dict.fromkeys(self.names(key, value))
        if not isinstance(value, dict):
            self.fail(key, f"must be a list of qualified names or a table of name = replacement, not {kind(value)}")
        for word, replacement in value.items():
            self.name(key, word)
            self.string(f"{key}.{_quoted(word)}", replacement)
        return {word: replacement or None for word, replacement in value.items()}

    def output_format(self, key: str, value: object) -> str:
        from fastapi_lint.reporters import FORMATS

        return self.choice(key, value, FORMATS)

    def version(self, key: str, value: object) -> str:
        text = self.string(key, value)
        if not all(VERSION.fullmatch(part.strip()) for part in text.split(",")):
            self.fail(
                key, f"cannot be `{text}`: write a version such as `0.115.2` or specifiers such as `>=0.110,<0.116`"
            )
        return text

    def rules(self, key: str, value: object) -> dict[str, dict[str, Any]]:
        from fastapi_lint.registry import all_rules

        known = {rule.name: rule for rule in all_rules()}
        chosen: dict[str, dict[str, Any]] = {}
        for slug, table in self.table(key, value).items():
            if slug not in known:
                by_code = next((rule.name for rule in known.values() if rule.code == slug.upper()), None)
                near = (
                    f"; options stand under the rule's name: `{by_code}`" if by_code else suggestion(slug, list(known))
                )
                self.fail(f"{key}.{slug}", f"is no rule{near or '; `fastapi-lint rules` lists them'}")
            options = {option_key(name): option for name, option in known[slug].options.items()}
            chosen[slug] = {}
            for name, setting in self.table(f"{key}.{slug}", table).items():
                if name not in options:
                    self.unknown(f"{key}.{slug}.{name}", name, options)
                option = options[name]
                chosen[slug][name] = self.option(f"{key}.{slug}.{name}", setting, option.default, option.choices)
        return chosen

    def option(self, key: str, value: object, default: object, choices: tuple[str, ...]) -> object:
        """A value of the default's own type, sequences as the default's kind of sequence."""
        if choices and isinstance(default, str):
            return self.choice(key, value, choices)
        if isinstance(default, (tuple, list, frozenset, set)):
            words = self.strings(key, value)
            for word in words if choices else ():
                self.choice(key, word, choices)
            return type(default)(words)
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if default is not None and type(value) is not type(default):
            self.fail(key, f"must be {kind(default)}, not {kind(value)}")
        return value


READERS: Mapping[str, Callable[[_Reader, str, object], object]] = {
    "select": _Reader.selectors,
    "extend-select": _Reader.selectors,
    "ignore": _Reader.selectors,
    "per-file-ignores": _Reader.per_file_ignores,
    "exclude": _Reader.strings,
    "extend-exclude": _Reader.strings,
    "src": _Reader.strings,
    "blocking-calls": _Reader.blocking_calls,
    "non-blocking-calls": _Reader.names,
    "auth-dependencies": _Reader.names,
    "sensitive-names": _Reader.strings,
    "output-format": _Reader.output_format,
    "fixable": _Reader.selectors,
    "unfixable": _Reader.selectors,
    "extend-safe-fixes": _Reader.selectors,
    "extend-unsafe-fixes": _Reader.selectors,
    "baseline": _Reader.string,
    "cache-dir": _Reader.string,
    "severity": _Reader.severity,
    "fastapi-version": _Reader.version,
    "rules": _Reader.rules,
}


def suggestion(word: str, known: tuple[str, ...] | list[str]) -> str:
    """`; did you mean ...?` with the known word nearest to `word`, or nothing."""
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _list(known: Mapping[str, Any] | tuple[str, ...]) -> str:
    return f"; known: {', '.join(f'`{word}`' for word in known)}" if known else "; there are none"


def kind(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    names = {str: "a string", int: "an integer", float: "a number", list: "a list", tuple: "a list", dict: "a table"}
    return names.get(type(value), f"a {type(value).__name__}")


def _quoted(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'


def display(file: Path) -> str:
    """A configuration file's name as complaints show it: relative where it lies below the working directory."""
    try:
        return file.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(file)


def shown(settings: Settings) -> str:
    """The settings as the text of a fastapi-lint.toml, with what holds for the run in comments."""
    source = settings.source_file
    lines = [f"# from {display(source)}" if source else "# no configuration file", f"# root: {settings.root}"]
    lines.append("# rules in force: " + (", ".join(rule.code for rule in settings.rules_in_force()) or "none"))
    tables: list[str] = []
    for item in fields(settings):
        key = item.name.replace("_", "-")
        value = getattr(settings, item.name)
        if key not in READERS or value is None:
            continue
        if isinstance(value, Mapping):
            tables += _tables(key, value)
        else:
            lines.append(f"{key} = {_toml(value)}")
    return "\n".join([*lines, *tables]) + "\n"


def _tables(name: str, table: Mapping[str, Any]) -> list[str]:
    if name == "rules":
        return [line for slug, options in table.items() for line in _tables(f"rules.{slug}", options)]
    return (
        ["", f"[{name}]", *(f"{_toml(key)} = {_toml('' if value is None else value)}" for key, value in table.items())]
        if table
        else []
    )


def _toml(value: object) -> str:
    import json

    if isinstance(value, (tuple, list, set, frozenset)):
        items = sorted(value) if isinstance(value, (set, frozenset)) else value
        return "[" + ", ".join(_toml(item) for item in items) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
