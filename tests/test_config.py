"""Configuration: which file, what it may say, and how mistakes in it are named."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastapi_lint import config
from fastapi_lint.config_keys import ConfigurationError, shown
from fastapi_lint.registry import all_rules, find
from fastapi_lint.settings import DEFAULT_EXCLUDE, Settings, overridden

DEFAULT = {rule.code for rule in all_rules() if rule.default}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(text: str) -> Settings:
    """The settings of a fastapi-lint.toml in the working directory."""
    Path("fastapi-lint.toml").write_text(text, encoding="utf-8")
    return config.load(Path())


def codes(settings: Settings) -> set[str]:
    return {rule.code for rule in settings.rules_in_force()}


# Which file


def test_nothing_configured(root: Path) -> None:
    settings = config.load(Path())
    assert settings == Settings(root=root)
    assert (settings.source_file, settings.exclude, codes(settings)) == (None, DEFAULT_EXCLUDE, DEFAULT)


def test_the_nearest_file_with_our_table(root: Path) -> None:
    (root / "pyproject.toml").write_text('[tool.fastapi-lint]\nselect = ["FAL1"]\n')
    inner = root / "app" / "deep"
    inner.mkdir(parents=True)
    (root / "app" / "pyproject.toml").write_text('[project]\nname = "fastapi-lint-user"\n')
    (inner / "x.py").write_text("")
    for start in (inner, inner / "x.py", inner / "new.py", Path()):
        settings = config.load(start)
        assert (settings.select, settings.root, settings.source_file) == (("FAL1",), root, root / "pyproject.toml")
    (root / "app" / "fastapi-lint.toml").write_text("")
    assert config.load(inner) == Settings(root=root / "app", source_file=root / "app" / "fastapi-lint.toml")


def test_our_own_file_wins_in_the_same_directory(root: Path) -> None:
    (root / "pyproject.toml").write_text('[tool.fastapi-lint]\nselect = ["FAL1"]\n')
    assert loaded('select = ["FAL3"]').select == ("FAL3",)


def test_the_walk_ends_below_the_home_directory(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "project").mkdir()
    (root / "fastapi-lint.toml").write_text('select = ["FAL1"]')
    monkeypatch.setenv("HOME", str(root))
    assert config.load(Path("project")).source_file is None
    assert config.load(Path()).source_file == root / "fastapi-lint.toml"


def test_isolated_and_a_named_file(root: Path) -> None:
    (root / "fastapi-lint.toml").write_text('select = ["FAL1"]')
    (root / "ci").mkdir()
    (root / "ci" / "strict.toml").write_text('select = ["ALL"]')
    (root / "ci" / "pyproject.toml").write_text('[tool.fastapi-lint]\nselect = ["FAL3"]')
    assert config.load(Path(), isolated=True) == Settings(root=root)
    strict = config.load(Path(), config=Path("ci/strict.toml"))
    assert (strict.select, strict.root, strict.source_file) == (("ALL",), root / "ci", root / "ci" / "strict.toml")
    assert config.load(Path(), config=Path("ci/pyproject.toml")).select == ("FAL3",)


def test_broken_neighbours_do_not_matter(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.other\n")
    assert config.load(Path()).source_file is None


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("fastapi-lint.toml", b"select = [1 2]\n", r"^fastapi-lint\.toml: is not valid TOML: .*line"),
        ("fastapi-lint.toml", b"# \xff\n", r"^fastapi-lint\.toml: is not valid UTF-8: byte 0xff"),
        ("pyproject.toml", b"[tool.fastapi-lint\n", r"^pyproject\.toml: is not valid TOML"),
        (
            "pyproject.toml",
            b"[tool.fastapi_lint]\n",
            r"`tool\.fastapi_lint` is not read; write `\[tool\.fastapi-lint\]`",
        ),
        ("pyproject.toml", b"[tool]\nfastapi-lint = 1\n", r"`tool\.fastapi-lint` must be a table, not an integer"),
        (
            "pyproject.toml",
            b"[tool.fastapi-lint]\nslect = []\n",
            r"`tool\.fastapi-lint\.slect`; did you mean `select`\?",
        ),
    ],
)
def test_broken_files(root: Path, name: str, data: bytes, message: str) -> None:
    (root / name).write_bytes(data)
    with pytest.raises(ConfigurationError, match=message):
        config.load(Path())


def test_a_named_file_must_exist_and_have_our_table(root: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^gone\.toml: no such configuration file$"):
        config.load(Path(), config=Path("gone.toml"))
    (root / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(ConfigurationError, match=r"^pyproject.toml: has no table `\[tool.fastapi-lint\]`$"):
        config.load(Path(), config=Path("pyproject.toml"))


# What it may say

EVERYTHING = """
select = ["FAL1", "security"]
extend-select = ["missing-response-model"]
ignore = ["FAL103"]
exclude = ["legacy"]
extend-exclude = ["*_pb2.py"]
src = ["backend", "lib"]
non-blocking-calls = ["app.db.query"]
auth-dependencies = ["app.auth.current_user"]
sensitive-names = ["iban"]
output-format = "concise"
fixable = ["FAL1"]
unfixable = ["FAL103"]
fastapi-version = ">=0.110,<0.116"

[per-file-ignores]
"tests/*" = ["FAL3"]
"!src/**" = ["FAL401"]

[blocking-calls]
"app.client.fetch" = "app.client.fetch_async"
crunch = ""

[severity]
FAL1 = "warning"
blocking-call = "info"

[rules.async-without-await]
bodies = "all"

[rules.missing-response-model]
style = "decorator"
strict = true
"""


def test_every_key(root: Path) -> None:
    settings = loaded(EVERYTHING)
    assert settings.blocking_calls == {"app.client.fetch": "app.client.fetch_async", "crunch": None}
    assert settings.source_directories == (root / "backend", root / "lib")
    assert {"FAL101", "FAL104", "FAL303", "FAL401"} <= codes(settings)
    assert not codes(settings) & {"FAL103", "FAL001"}
    assert settings.rule_options(find("FAL104")) == {"bodies": "all"}
    assert settings.fastapi_version == ">=0.110,<0.116"


def test_the_table_of_a_pyproject_is_the_same_one_level_down(root: Path) -> None:
    expected = loaded(EVERYTHING)
    (root / "fastapi-lint.toml").unlink()
    text = re.sub(r"^\[(.*)\]$", r"[tool.fastapi-lint.\1]", EVERYTHING, flags=re.MULTILINE)
    (root / "pyproject.toml").write_text(f"[tool.fastapi-lint]\n{text}")
    assert config.load(Path()) == replace(expected, source_file=root / "pyproject.toml")


def test_blocking_calls_as_a_list(root: Path) -> None:
    assert loaded('blocking-calls = ["app.fetch"]').blocking_calls == {"app.fetch": None}


@pytest.mark.parametrize("version", ["0.115", "0.115.2", "0.116.0rc1", "==0.110.*", "~=0.110", ">=0.95, !=0.100"])
def test_versions(root: Path, version: str) -> None:
    assert loaded(f'fastapi-version = "{version}"').fastapi_version == version


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extend_select = []", "unknown key `extend_select`; did you mean `extend-select`?"),
        ("zzz = 1", "unknown key `zzz`; known: `select`, "),
        ('select = "FAL1"', "`select` must be a list of strings, not a string"),
        ("select = [1]", "`select` must hold strings only, not an integer"),
        ('exclude = [""]', "`exclude` holds an empty string"),
        ('select = ["FAL1x"]', "`select` names an unknown rule `FAL1x`; did you mean `FAL1"),
        ('ignore = ["blocking-cal"]', "`ignore` names an unknown rule `blocking-cal`; did you mean `blocking-call`?"),
        ('per-file-ignores = ["FAL1"]', "`per-file-ignores` must be a table, not a list"),
        ('[per-file-ignores]\n"a/*" = ["X"]', '`per-file-ignores."a/*"` names an unknown rule `X`'),
        ("src = true", "`src` must be a list of strings, not a boolean"),
        ('blocking-calls = ["requests.get()"]', "`blocking-calls` holds `requests.get()`, which is no qualified name"),
        ("blocking-calls = 1.5", "`blocking-calls` must be a list of qualified names or a table"),
        ('blocking-calls = {"a.b" = 1}', '`blocking-calls."a.b"` must be a string, not an integer'),
        ('output-format = "ful"', "`output-format` cannot be `ful`; did you mean `full`?"),
        ('fastapi-version = "latest"', "`fastapi-version` cannot be `latest`: write a version such as"),
        ('severity = {FAL1 = "fatal"}', "`severity.FAL1` cannot be `fatal`; known: `error`, `warning`, `info`"),
        ('severity = {FAL1 = "off"}', "`severity.FAL1` cannot be `off`; put the rule into `ignore`"),
        ('severity = {nope = "info"}', "`severity` names an unknown rule `nope`"),
        ("[rules.async-witout-await]", "`rules.async-witout-await` is no rule; did you mean `async-without-await`?"),
        ("[rules.FAL104]", "`rules.FAL104` is no rule; options stand under the rule's name: `async-without-await`"),
        (
            "[rules.async-without-await]\nbody = 1",
            "unknown key `rules.async-without-await.body`; did you mean `bodies`?",
        ),
        ("[rules.syntax-error]\nx = 1", "unknown key `rules.syntax-error.x`; there are none"),
        (
            '[rules.async-without-await]\nbodies = "al"',
            "`rules.async-without-await.bodies` cannot be `al`; did you mean `all`?",
        ),
        (
            "[rules.async-without-await]\nbodies = 1",
            "`rules.async-without-await.bodies` must be a string, not an integer",
        ),
        ("[rules]\nasync-without-await = 1", "`rules.async-without-await` must be a table, not an integer"),
        (
            '[rules.missing-response-model]\nstrict = "yes"',
            "`rules.missing-response-model.strict` must be a boolean, not a string",
        ),
    ],
)
def test_mistakes_are_named(root: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match="^" + re.escape(f"fastapi-lint.toml: {message}")):
        loaded(text)


# What it means


def test_rule_options_have_defaults(root: Path) -> None:
    settings = loaded("[rules.missing-response-model]\nstrict = true")
    rule = find("missing-response-model")
    assert settings.rule_options(rule) == {
        **{name: option.default for name, option in rule.options.items()},
        "strict": True,
    }


def test_per_file_ignores(root: Path) -> None:
    settings = loaded(EVERYTHING)
    assert settings.ignored_in(root / "src" / "a.py") == set()
    assert settings.ignored_in(root / "app" / "a.py") == {"FAL401"}
    assert settings.ignored_in(root / "tests" / "deep" / "a.py") >= {"FAL303", "FAL401"}
    assert not settings.ignored_in(root / "tests" / "deep" / "a.py") & {"FAL101"}
    assert settings.ignored_in(Path("/elsewhere/tests/a.py")) == {"FAL401"}


def test_patterns_below_the_working_directory_when_the_file_lies_elsewhere(root: Path) -> None:
    (root / "ci").mkdir()
    (root / "ci" / "strict.toml").write_text('per-file-ignores = {"tests/*" = ["FAL101"]}')
    settings = config.load(Path(), config=Path("ci/strict.toml"))
    assert settings.ignored_in(root / "tests" / "a.py") == {"FAL101"}


def test_severity(root: Path) -> None:
    settings = loaded(EVERYTHING)
    assert settings.severity_of(find("FAL101")) == "info"
    assert settings.severity_of(find("FAL103")) == "warning"
    assert settings.severity_of(find("FAL303")) == find("FAL303").severity


def test_fixable(root: Path) -> None:
    settings = loaded(EVERYTHING)
    assert (settings.is_fixable("FAL101"), settings.is_fixable("FAL103"), settings.is_fixable("FAL401")) == (
        True,
        False,
        False,
    )
    assert Settings(root=root).is_fixable("FAL401")
    assert not loaded("fixable = []").is_fixable("FAL101")


# The command line on top


def selection(configured: Settings, **options: tuple[str, ...]) -> set[str]:
    return codes(overridden(configured, **options))  # type: ignore[arg-type]


def test_select_replaces_and_extend_select_adds(root: Path) -> None:
    configured = Settings(root=root, select=("FAL303",))
    assert selection(configured, select=("FAL101",)) == {"FAL101"}
    assert selection(configured, extend_select=("FAL101",)) == {"FAL101", "FAL303"}
    assert selection(Settings(root=root), extend_select=("FAL101",)) == DEFAULT | {"FAL101"}


def test_ignore_beats_the_file_however_specific_that_is(root: Path) -> None:
    configured = Settings(root=root, select=("FAL101", "FAL303"))
    assert selection(configured, ignore=("concurrency",)) == {"FAL303"}
    assert selection(configured, ignore=("ALL",)) == set()
    assert selection(configured, ignore=("FAL1",), extend_select=("FAL103",)) == {"FAL103", "FAL303"}


def test_select_beats_the_same_rule_ignored_in_the_file(root: Path) -> None:
    configured = Settings(root=root, ignore=("FAL101", "FAL3"))
    assert selection(configured, select=("blocking-call",)) == {"FAL101"}
    assert selection(configured, select=("FAL303",)) == {"FAL303"}
    assert "FAL101" not in selection(configured, select=("FAL1",))
    assert "FAL103" in selection(configured, select=("FAL1",))


# Shown


def test_shown_settings_say_where_they_come_from(root: Path) -> None:
    text = shown(loaded('select = ["FAL101"]'))
    assert text.startswith(f"# from fastapi-lint.toml\n# root: {root}\n# rules in force: FAL101\n")
    assert shown(Settings(root=root)).startswith("# no configuration file\n")


def test_shown_settings_can_be_read_again(root: Path) -> None:
    settings = loaded(EVERYTHING)
    assert loaded(shown(settings)) == settings


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip), max_size=4))
def test_any_pattern_can_be_shown_and_read_again(tmp_path_factory: pytest.TempPathFactory, patterns: list[str]) -> None:
    file = tmp_path_factory.mktemp("shown") / "fastapi-lint.toml"
    settings = Settings(root=file.parent, source_file=file, exclude=tuple(patterns))
    file.write_text(shown(settings), encoding="utf-8", newline="")
    assert config.load(file) == settings
