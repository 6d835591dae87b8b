"""Secrets: the formats that give tokens away, the names and texts that do not, and that none is ever printed.

Tokens are put together here from pieces, so that nothing in this file looks like one to those who search for leaks.
"""

from __future__ import annotations

import base64
import json
import random
import string
import textwrap
import zlib
from collections.abc import Callable

import pytest

from fastapi_lint.findings import Diagnostic
from fastapi_lint.registry import find
from fastapi_lint.reporters import render
from fastapi_lint.reporters.paint import plain
from fastapi_lint.run import Report, check
from fastapi_lint.secret_text import Kind, is_default_of, kind_of, login_in, looks_random, serves_as
from fastapi_lint.testing import lint, project
from fastapi_lint.token_formats import BASE62, FORMATS, has_checksum, hits

ALPHANUMERIC = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
RULES = ("FAL301", "FAL302")


def made(size: int, alphabet: str = ALPHANUMERIC, seed: int = 7) -> str:
    """Characters as a service draws them, the same in every run."""
    return "".join(random.Random(f"{size}-{alphabet}-{seed}").choices(alphabet, k=size))


def checked(prefix: str, seed: int = 7) -> str:
    body = made(30, seed=seed)
    number, digits = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return f"{prefix}_{body}{digits.rjust(6, '0')}"


def web_token(header: dict[str, object], claims: dict[str, object]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    return ".".join([*parts, made(43)])


def pem(kind: str = "RSA ", size: int = 600) -> str:
    body = "\n".join(textwrap.wrap(base64.b64encode(random.Random(size).randbytes(size)).decode(), 64))
    name = f"{kind}PRIVATE KEY"
    return f"-----BEGIN {name}-----\n{body}\n-----END {name}-----"


TOKENS: dict[str, Callable[[], str]] = {
    "an AWS access key": lambda: "AKI" + "A" + made(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "a GitHub token": lambda: checked("ghp"),
    "a GitLab token": lambda: "glp" + "at-" + made(20),
    "a Slack token": lambda: "xox" + "b-" + made(12, string.digits) + "-" + made(24),
    "a Slack webhook": lambda: (
        "hooks.slack.com" + f"/services/T{made(8, string.ascii_uppercase)}/B{made(8, string.digits)}/{made(24)}"
    ),
    "a Discord webhook": lambda: "discord.com" + f"/api/webhooks/{made(18, string.digits)}/{made(68)}",
    "a Telegram bot token": lambda: made(9, string.digits) + ":A" + "A" + made(33),
    "a Stripe key": lambda: "sk" + "_live_" + made(24),
    "a Stripe webhook secret": lambda: "wh" + "sec_" + made(32),
    "a Google API key": lambda: "AI" + "za" + made(35),
    "a Google client secret": lambda: "GOC" + "SPX-" + made(28),
    "an OpenAI key": lambda: "sk-" + "proj-" + made(74) + "T3Blbk" + "FJ" + made(74, seed=8),
    "an Anthropic key": lambda: "sk-" + "ant-api03-" + made(93) + "AA",
    "an OpenRouter key": lambda: "sk-" + "or-v1-" + made(64, HEX),
    "an API key": lambda: "sk" + "-" + made(32, HEX),
    "a Groq key": lambda: "gs" + "k_" + made(52),
    "an xAI key": lambda: "xa" + "i-" + made(80),
    "a Perplexity key": lambda: "ppl" + "x-" + made(48),
    "a Replicate token": lambda: "r" + "8_" + made(37),
    "a Hugging Face token": lambda: "h" + "f_" + made(34, string.ascii_letters),
    "a LangSmith key": lambda: "lsv2" + "_pt_" + made(32, HEX) + "_" + made(10, HEX),
    "a private key": pem,
    "a JSON web token": lambda: web_token({"alg": "HS256", "typ": "JWT"}, {"sub": "owner", "exp": 1893456000}),
    "an npm token": lambda: "np" + "m_" + made(36),
    "a PyPI token": lambda: "pypi" + "-AgE" + made(90),
    "a SendGrid key": lambda: "S" + "G." + made(22) + "." + made(43),
    "a Twilio key": lambda: "S" + "K" + made(32, HEX),
    "a Mailgun key": lambda: "ke" + "y-" + made(32, HEX),
    "an Azure storage key": lambda: "Account" + "Key=" + made(86) + "==",
    "a DigitalOcean token": lambda: "dop" + "_v1_" + made(64, HEX),
    "a Shopify token": lambda: "shp" + "at_" + made(32, HEX),
    "a Linear key": lambda: "lin" + "_api_" + made(40),
    "a Databricks token": lambda: "dap" + "i" + made(32, HEX),
    "a Grafana token": lambda: "gl" + "sa_" + made(32) + "_" + made(8, HEX),
    "a Vault token": lambda: "hv" + "s." + made(95),
    "a Postman key": lambda: "PM" + "AK-" + made(24, HEX) + "-" + made(34, HEX),
    "a Docker token": lambda: "dckr" + "_pat_" + made(27),
    "a Supabase token": lambda: "sb" + "p_" + made(40, HEX),
}


def findings(text: str, path: str = "shop/main.py") -> list[Diagnostic]:
    return lint({path: text, "shop/app.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"}, select=RULES)


# ---- formats ----------------------------------------------------------------------------------------------------------------


def test_every_format_has_a_sample() -> None:
    assert {form.name for form in FORMATS} == set(TOKENS)


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_gives_itself_away(name: str) -> None:
    token = TOKENS[name]()
    for text in (f'KEY = "{token}"', f"# was {token}, now rotated\n", f"{token}\n"):
        assert [(hit.name, text[hit.start : hit.end] in token) for hit in hits(text)] == [(name, True)]


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_is_found_wherever_it_stands(name: str) -> None:
    token = TOKENS[name]()
    text = f'import logging\n\nVALUE = """{token}"""\nlogging.info("%s", VALUE)  # not FastAPI at all\n'
    (found,) = findings(text)
    assert found.code == "FAL301"
    assert found.span.start.line == 3
    assert name in found.message
    assert token not in found.message


@pytest.mark.parametrize(
    "text",
    [
        "AKI" + "AIOSFODNN7EXAMPLE",
        "AKI" + "A" + "XXXXXXXXXXXXXXXX",
        checked("ghp")[:-1] + "!",
        "ghp_" + made(36),
        "sk" + "_live_" + "your_key_here_0000000000",
        "sk" + "_test_" + made(24),
        "sk-" + "proj-" + "x" * 40 + "T3Blbk" + "FJ" + "x" * 40,
        "sk-" + "1234567890abcdef1234567890abcdef",
        "AI" + "za" + "Sy" + "X" * 33,
        "h" + "f_" + "x" * 34,
        "xox" + "b-your-token-goes-here",
        "S" + "K" + "0" * 32,
        "an" + "S" + "K" + made(32, HEX),
        "Account"
        + "Key="
        + "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw"
        + "==",
        "-----BEGIN RSA PRIVATE " + "KEY-----\n...\n-----END RSA PRIVATE KEY-----",
        pem("ENCRYPTED "),
        web_token({"alg": "none"}, {"sub": "owner"}),
        web_token({"alg": "HS256"}, {"sub": "1234567890", "name": "John Doe", "iat": 1516239022}),
        web_token({"alg": "HS256"}, {"iss": "supabase", "role": "anon"}),
        "eyJ" + "x" * 20 + ".eyJ" + "x" * 20 + "." + "x" * 43,
    ],
)
def test_examples_are_left_alone(text: str) -> None:
    assert list(hits(text)) == []


def test_the_checksum_is_the_services_own() -> None:
    published = "ghp" + "_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"  # from articles about the format
    assert has_checksum(published)
    assert not has_checksum(published[:-1] + "8")


def test_one_secret_is_one_finding() -> None:
    token = TOKENS["a Stripe key"]()
    text = f'import stripe\nfrom fastapi import FastAPI\n\napp = FastAPI()\nKEY = "{token}"\nstripe.api_key = KEY\n'
    (found,) = findings(text)
    assert (found.span.start.line, [step.span.start.line for step in found.trace]) == (5, [6])


def test_tests_and_unreadable_files_are_left_out() -> None:
    token = TOKENS["a GitHub token"]()
    assert findings(f'KEY = "{token}"\n', "tests/test_shop.py") == []
    assert findings(f'KEY = "{token}"\n', "shop/conftest.py") == []
    assert [found.code for found in findings(f'# coding: no-such\nKEY = "{token}"\n')] == []


# ---- names and texts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SECRET_KEY", Kind.KEY),
        ("jwtSecret", Kind.KEY),
        ("reset_password_token_secret", Kind.KEY),
        ("PRIVATE_KEY_B64", Kind.KEY),
        ("DB_PASSWORD", Kind.PASSWORD),
        ("smtpPass", Kind.PASSWORD),
        ("redis_pwd", Kind.PASSWORD),
        ("passphrase", Kind.PASSWORD),
        ("DEFAULT_ADMIN_PASSWORD_2", Kind.PASSWORD),
        ("OPENAI_API_KEY", Kind.TOKEN),
        ("apikey", Kind.TOKEN),
        ("aws_secret_access_key", Kind.TOKEN),
        ("bot_token", Kind.TOKEN),
        ("clientSecret", Kind.TOKEN),
        ("pass", None),
        ("pwd", None),
        ("first_pass", None),
        ("compass", None),
        ("secretary", None),
        ("token_url", None),
        ("token_type", None),
        ("tokenizer", None),
        ("max_tokens", None),
        ("eos_token", None),
        ("next_page_token", None),
        ("password_min_length", None),
        ("password_hash", None),
        ("hashed_password", None),
        ("forgot_password", None),
        ("secret_name", None),
        ("secret_manager", None),
        ("api_key_header", None),
        ("api_key_env", None),
        ("access_key_id", None),
        ("cache_key", None),
        ("key", None),
        ("keyboard", None),
    ],
)
def test_names(name: str, kind: Kind | None) -> None:
    assert kind_of(name) is kind


@pytest.mark.parametrize(
    ("text", "kind", "secret"),
    [
        ("changeme", Kind.KEY, True),
        ("your-secret-key", Kind.KEY, True),
        ("", Kind.KEY, False),
        ("   ", Kind.KEY, False),
        ("-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----", Kind.KEY, False),
        ("admin", Kind.PASSWORD, True),
        ("<password>", Kind.PASSWORD, False),
        ("${DB_PASSWORD}", Kind.PASSWORD, False),
        ("********", Kind.PASSWORD, False),
        ("$2b$12$ilI0sY2jGfy4h0AVtn6WuutU6BFwzZq5MVvrQYY9fbyQ59NI2NBKa", Kind.PASSWORD, False),
        ("EMPTY", Kind.TOKEN, False),
        ("your-api-key", Kind.TOKEN, False),
        ("not-needed", Kind.TOKEN, False),
        ("xxxxxxxx", Kind.TOKEN, False),
        ("https://id.example/token", Kind.TOKEN, False),
        ("geo-51c2f0e9d4", Kind.TOKEN, True),
    ],
)
def test_texts_that_are_used(text: str, kind: Kind, secret: bool) -> None:
    assert serves_as(text, kind) is secret


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("api_key", "api_key"),
        ("api_key", "OPENAI_API_KEY"),
        ("auth_token", "bearer"),
        ("api_secret", "X-API-Key"),
        ("jwt_secret", "HS256"),
        ("private_key", "keys/private.pem"),
        ("password", "Choose a new one now"),
    ],
)
def test_texts_that_only_stand_behind_a_name(name: str, text: str) -> None:
    kind = kind_of(name)
    assert kind is not None
    assert not is_default_of(text, name, kind)
    assert is_default_of("console-4711", name, kind)


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("postgresql://shop:tulip-9@db.example/shop", "tulip-9"),
        ("mongodb+srv://shop:tulip-9@cluster.example", "tulip-9"),
        ("redis://:tulip-9@cache.example:6379/0", "tulip-9"),
        ("postgresql://shop:p@ss@db.example/shop", "p@ss"),
        ("postgresql://shop:tulip-9@localhost/shop", "tulip-9"),
        ("postgresql://shop:shop@localhost/shop", None),
        ("postgresql://postgres:postgres@127.0.0.1:5432", None),
        ("postgresql://postgres:postgres@db/shop", "postgres"),
        ("postgresql://shop:{password}@db.example/shop", None),
        ("postgresql://shop:%s@db.example/shop", None),
        ("postgresql://shop@db.example/shop", None),
        ("sqlite:///shop.db", None),
        ("https://example.org/a:b@c", None),
        ("http://localhost:8000/users/@me", None),
    ],
)
def test_urls(url: str, password: str | None) -> None:
    found = login_in(url)
    assert (url[found.start : found.end] if found else None) == password


def test_what_looks_random() -> None:
    for alphabet in (ALPHANUMERIC, HEX):
        assert sum(looks_random(made(24, alphabet, seed)) for seed in range(200)) > 180
    words = (
        "gpt-4o-mini-2024-07-18",
        "text-embedding-3-large",
        "correct horse battery staple",
        "shop.services.auth.v1",
        "a" * 40,
    )
    assert not any(looks_random(text) for text in words)


# ---- never printed ------------------------------------------------------------------------------------------------------------

LEAKS = {
    "constant": 'import jwt\n{app}KEY = "{secret}"\n\n\ndef issue():\n    return jwt.encode({{}}, KEY)\n',
    "argument": 'import jwt\n{app}\n\ndef issue():\n    return jwt.encode({{}}, "{secret}")\n',
    "bytes": 'from cryptography.fernet import Fernet\n{app}box = Fernet(b"{secret}")\n',
    "single quotes": "import jwt\n{app}\n\ndef issue():\n    return jwt.encode({{}}, '{secret}')\n",
    "three quotes": 'import jwt\n{app}KEY = """{secret}"""\n\n\ndef issue():\n    return jwt.encode({{}}, KEY)\n',
    "url": 'from sqlalchemy import create_engine\n{app}engine = create_engine("postgresql://shop:{secret}@db.example/shop")\n',
    "piece": 'from sqlalchemy import create_engine\n{app}PART = "{secret}"\nengine = create_engine(f"postgresql://shop:{{PART}}@db.example/shop")\n',
    "default": 'import os\n{app}KEY = os.getenv("SECRET_KEY", "{secret}")\n',
    "settings": 'from pydantic_settings import BaseSettings\n{app}\n\nclass Settings(BaseSettings):\n    secret_key: str = "{secret}"\n',
}
APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"


@pytest.mark.parametrize("output_format", ["full", "concise", "json"])
@pytest.mark.parametrize("leak", LEAKS)
def test_a_secret_is_never_printed(leak: str, output_format: str) -> None:
    secret = made(24, seed=11)
    with project({"shop.py": LEAKS[leak].format(app=APP, secret=secret)}, {"select": list(RULES)}) as settings:
        report = check(["."], settings)
        assert len(report.diagnostics) == 1
        assert secret not in shown(report, output_format)
        assert secret not in repr(report.diagnostics)


@pytest.mark.parametrize("output_format", ["full", "concise", "json"])
@pytest.mark.parametrize(
    "text", ['KEY = "{}"\n', "# {}\n", 'TEXT = """\n  a line\n  {}\n"""\n', "KEY = (\n    '{}'\n)\n"]
)
def test_a_token_is_never_printed(text: str, output_format: str) -> None:
    token = TOKENS["a GitLab token"]()
    with project({"shop.py": APP + text.format(token)}, {"select": list(RULES)}) as settings:
        report = check(["."], settings)
        assert len(report.diagnostics) == 1
        assert token not in shown(report, output_format)


def shown(report: Report, output_format: str) -> str:
    return render(report, output_format, plain)


def test_severities_and_fixability() -> None:
    literal, default = find("FAL301"), find("FAL302")
    assert (literal.severity, literal.fix, literal.default) == ("error", "unsafe", True)
    assert (default.severity, default.fix, default.default) == ("warning", None, True)
