"""Tokens that give themselves away: each service's prefix, alphabet and length, with its checksum where it has one.

Sources: the services' own documentation of their formats. Nothing here is decided by randomness alone; it only throws out what was
typed by hand, such as an example.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from fastapi_lint.secret_text import FILLED_IN, entropy

Check = Callable[[str], bool]


class Format(NamedTuple):
    """`marks`: a file that has such a token has one of them."""

    name: str
    marks: tuple[str, ...]
    pattern: re.Pattern[str]
    check: Check | None = None


class Hit(NamedTuple):
    """`start` and `end` count code points of the text, 0-based, `end` exclusive."""

    start: int
    end: int
    name: str


BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def has_checksum(token: str) -> bool:
    """GitHub's: the last six characters are the CRC-32 of what stands between them and the prefix, in base 62."""
    body = token.partition("_")[2]
    number, digits = zlib.crc32(body[:-6].encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits.rjust(6, "0") == body[-6:]


def is_signed(token: str) -> bool:
    """A JSON web token whose header names an algorithm and whose claims are no documentation and no public role."""
    header, claims = (_json(part) for part in token.split(".")[:2])
    if header is None or claims is None or str(header.get("alg", "none")).lower() == "none":
        return False
    if claims.get("role") == "anon" or claims.get("name") == "John Doe":
        return False
    return "1234567890" not in str(claims.get("sub", ""))


def _json(part: str) -> dict[str, object] | None:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def is_private_key(block: str) -> bool:
    """A PEM block that has a body of some length, in base 64."""
    body = re.sub(r"\\n|[\s\"'+]|[\w-]+: .*", "", block.split("-----")[2])
    try:
        return len(base64.b64decode(body[: len(body) // 4 * 4], validate=True)) >= 40
    except binascii.Error:
        return False


def is_storage_key(text: str) -> bool:
    """Azure's emulator has a key that its documentation prints."""
    return "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1" not in text


def _format(name: str, marks: str, pattern: str, check: Check | None = None) -> Format:
    return Format(name, tuple(marks.split()), re.compile(rf"(?:{pattern})(?![\w-])"), check)


PRIVATE = "(?:RSA |EC |DSA |OPENSSH )?PRIVATE KEY"
FORMATS = (
    _format("an AWS access key", "AKIA ASIA", r"(?:AKIA|ASIA)[A-Z2-7]{16}"),
    _format("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{36}", has_checksum),
    _format("a GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    _format("a GitLab token", "glpat- gldt- glrt- glptt-", r"gl(?:pat|dt|rt|ptt)-[\w-]{20,}"),
    _format(
        "a Slack token",
        "xoxb- xoxa- xoxp- xoxr- xoxs- xapp-",
        r"xox[abprs]-\d{8,}-[\w-]{20,}|xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]{40,}",
    ),
    _format(
        "a Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/services/T[A-Z0-9]{7,}/B[A-Z0-9]{7,}/[A-Za-z0-9]{24}"
    ),
    _format("a Discord webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d{17,20}/[\w-]{60,}"),
    _format("a Telegram bot token", ":AA", r"\d{8,10}:AA[\w-]{33}"),
    _format("a Stripe key", "_live_", r"[sr]k_live_[A-Za-z0-9]{24,}"),
    _format("a Stripe webhook secret", "whsec_", r"whsec_[A-Za-z0-9+/]{32,}=*"),
    _format("a Google API key", "AIza", r"AIza[\w-]{35}"),
    _format("a Google client secret", "GOCSPX-", r"GOCSPX-[\w-]{28}"),
    _format("an OpenAI key", "T3BlbkFJ", r"sk-(?:(?:proj|svcacct|admin)-)?[\w-]{20,}T3BlbkFJ[\w-]{20,}"),
    _format("an Anthropic key", "sk-ant-", r"sk-ant-[a-z]+\d\d-[\w-]{80,}AA"),
    _format("an OpenRouter key", "sk-or-v1-", r"sk-or-v1-[0-9a-f]{64}"),
    _format("an API key", "sk-", r"sk-(?:[0-9a-f]{32}|[A-Za-z0-9]{48})"),
    _format("a Groq key", "gsk_", r"gsk_[A-Za-z0-9]{52}"),
    _format("an xAI key", "xai-", r"xai-[A-Za-z0-9]{80}"),
    _format("a Perplexity key", "pplx-", r"pplx-[A-Za-z0-9]{48}"),
    _format("a Replicate token", "r8_", r"r8_[A-Za-z0-9]{37}"),
    _format("a Hugging Face token", "hf_", r"hf_[A-Za-z]{34}"),
    _format("a LangSmith key", "lsv2_", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    _format(
        "a private key", "PRIVATE KEY-----", rf"-----BEGIN {PRIVATE}-----(?:[^-]|-(?!----))+-----END", is_private_key
    ),
    _format("a JSON web token", ".eyJ", r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}", is_signed),
    _format("an npm token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _format("a PyPI token", "pypi-AgE", r"pypi-AgE[\w-]{50,}"),
    _format("a SendGrid key", "SG.", r"SG\.[\w-]{22}\.[\w-]{43}"),
    _format("a Twilio key", "SK", r"SK[0-9a-f]{32}"),
    _format("a Mailgun key", "key-", r"key-[0-9a-f]{32}"),
    _format("an Azure storage key", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{86}==", is_storage_key),
    _format("a DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"do[opr]_v1_[0-9a-f]{64}"),
    _format("a Shopify token", "shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _format("a Linear key", "lin_api_", r"lin_api_[A-Za-z0-9]{40}"),
    _format("a Databricks token", "dapi", r"dapi[0-9a-f]{32}"),
    _format("a Grafana token", "glsa_", r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    _format("a Vault token", "hvs.", r"hvs\.[\w-]{90,}"),
    _format("a Postman key", "PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    _format("a Docker token", "dckr_pat_", r"dckr_pat_[\w-]{27}"),
    _format("a Supabase token", "sbp_", r"sbp_[0-9a-f]{40}"),
)
TYPED = re.compile(r"(?i:test|dummy|fake|sample|abcdef|12345|qwerty|deadbeef|cafebabe)|(.)\1{4}")


WITHIN = re.compile(r"[\w-]")


def hits(text: str) -> Iterator[Hit]:
    """The tokens in a text, comments included, without those that are examples."""
    for form in FORMATS:
        if _is_marked(text, form):
            for match in form.pattern.finditer(text):
                if not (match.start() and WITHIN.match(text, match.start() - 1)) and _is_real(match[0], form):
                    yield Hit(match.start(), match.end(), form.name)


def _is_marked(text: str, form: Format) -> bool:
    for mark in form.marks:
        if mark in text:
            return True
    return False


def _is_real(token: str, form: Format) -> bool:
    if form.check is not None and not form.check(token):
        return False
    if form.check in (is_private_key, is_signed):
        return True
    return FILLED_IN.search(token) is None and TYPED.search(token) is None and entropy(token[-20:]) > 2.8
