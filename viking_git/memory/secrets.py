"""What a secret looks like: the patterns that ``redact`` runs.

Detection rests on the kept library detect-secrets: the expressions of its plugins are used as they are where they are
exact and bounded. A table of our own comes first, for what the library lacks or cuts short (it leaves the signature
of a JSON web token, the body of a private key, the tail of a new OpenAI key). Entropy plugins are not used: git
hashes, UUIDs and base64 images would drown in their alarms. Every expression is bounded, so time stays linear.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class SecretPattern:
    """One kind of secret.

    Attributes:
        kind: the name in its placeholder, ``[redacted: kind]``.
        hints: literals, one of which stands in every match; without any of them the expression is not run.
        regex: the expression; group 1, where there is one, is the secret, else the whole match.
        mixed: whether a match must hold a digit and a letter, against words that only look like a prefix.
        lower: whether the hints are looked for in the text's lower case.
        ours: whether the expression is known to take linear time on any text.
    """

    kind: str
    hints: tuple[str, ...]
    regex: re.Pattern[str]
    mixed: bool = False
    lower: bool = False
    ours: bool = True


def _row(kind: str, hints: str, regex: str, *, mixed: bool = False, lower: bool = False) -> SecretPattern:
    flags = re.IGNORECASE if lower else 0
    return SecretPattern(kind, tuple(hints.split()), re.compile(regex, flags), mixed, lower)


_START = r"(?<![A-Za-z0-9])"
_HEADER = r"\bauthorization\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"'`]?"

OWN: tuple[SecretPattern, ...] = (
    # The 40 characters beside an access key id have no mark of their own, so they go before the id does.
    _row("aws-secret-key", "AKIA ASIA",
         r"(?:AKIA|ASIA)[0-9A-Z]{16}[^A-Za-z0-9/+][\s\S]{0,200}?(?<![A-Za-z0-9/+=])"
         r"((?=[^\s]{0,39}[0-9])(?=[^\s]{0,39}[a-z])(?=[^\s]{0,39}[A-Z])[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"),
    _row("aws-access-key", "AKIA ASIA ABIA ACCA", _START + r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}(?![0-9A-Za-z])"),
    _row("anthropic-key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{16,300}"),
    _row("openrouter-key", "sk-or-", r"sk-or-[A-Za-z0-9_-]{16,300}"),
    _row("openai-key", "sk-", _START + r"sk-[A-Za-z0-9_-]{20,300}", mixed=True),
    _row("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{36,255}"),
    _row("github-token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,255}"),
    _row("gitlab-token", "glpat- gldt- glft- glsoat- glrt- glcbt- glptt- glimt- glagent- gloas-",
         r"gl(?:pat|dt|ft|soat|rt|cbt|ptt|imt|agent|oas)-[A-Za-z0-9_.-]{16,300}"),
    _row("slack-token", "xox", r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,300}"),
    _row("slack-token", "xapp-", r"xapp-\d-[A-Za-z0-9-]{10,300}"),
    _row("slack-webhook", "hooks.slack.com/",
         r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9_/+-]{20,200})"),
    _row("discord-webhook", "/api/webhooks/", r"/api/webhooks/\d{15,22}/([A-Za-z0-9_-]{40,100})"),
    _row("google-api-key", "AIza", r"AIza[0-9A-Za-z_-]{35}"),
    _row("google-oauth-secret", "GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{20,60}"),
    _row("google-oauth-token", "ya29.", r"ya29\.[A-Za-z0-9_-]{20,300}"),
    _row("stripe-key", "_live_ _test_", r"(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,250}"),
    _row("stripe-webhook-secret", "whsec_", r"whsec_[A-Za-z0-9+/=]{24,100}"),
    _row("npm-token", "npm_", r"(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    _row("npm-token", ":_authToken", r":_authToken\s{0,4}=\s{0,4}\"?([A-Za-z0-9_.=/+-]{10,300})"),
    _row("pypi-token", "pypi-", r"pypi-[A-Za-z0-9_-]{50,300}"),
    _row("sendgrid-key", "SG.", r"SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}"),
    # 34 letters, often without a digit.
    _row("huggingface-token", "hf_", r"(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{30,60}(?![A-Za-z0-9_])"),
    _row("digitalocean-token", "do", r"do[opr]_v1_[a-f0-9]{64}"),
    _row("shopify-token", "shp", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _row("vault-token", "hv", r"(?<![A-Za-z0-9])hv[sbr]\.[A-Za-z0-9_-]{24,300}"),
    _row("age-secret-key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    _row("databricks-token", "dapi", r"(?<![A-Za-z0-9])dapi[a-f0-9]{32}"),
    _row("linear-key", "lin_api_", r"lin_api_[A-Za-z0-9]{32,60}"),
    _row("notion-key", "ntn_", r"(?<![A-Za-z0-9])ntn_[A-Za-z0-9]{40,60}"),
    _row("groq-key", "gsk_", r"(?<![A-Za-z0-9])gsk_[A-Za-z0-9]{40,60}"),
    _row("xai-key", "xai-", r"(?<![A-Za-z0-9])xai-[A-Za-z0-9]{60,100}"),
    _row("replicate-token", "r8_", r"(?<![A-Za-z0-9])r8_[A-Za-z0-9]{37,40}(?![A-Za-z0-9])"),
    _row("docker-token", "dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,60}"),
    _row("atlassian-token", "ATATT3", r"ATATT3[A-Za-z0-9_=-]{100,300}"),
    _row("grafana-token", "glsa_", r"glsa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}"),
    _row("mailgun-key", "key-", r"(?<![A-Za-z0-9-])key-[0-9a-f]{32}(?![0-9a-f])"),
    _row("jwt", "eyJ",
         r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{2,8000}(?:\.[A-Za-z0-9_-]{0,2000})?"),
    _row("url-password", "://", r"(?<=://)[^\s:/?#@\[\]\"'`<>]{0,200}:([^\s/?#@\"'`<>]{1,200})@(?=[\w.\[-])"),
    _row("azure-sas", "sig=", r"[?&]sig=([A-Za-z0-9%/+=]{30,100})"),
    _row("azure-storage-key", "AccountKey=", r"AccountKey=([A-Za-z0-9+/=]{60,100})"),
    _row("basic-auth", "basic", _HEADER + r"basic\s{1,4}([A-Za-z0-9+/=]{8,500})", lower=True),
    _row("bearer-token", "authorization",
         _HEADER + r"(?:bearer|token|apikey)\s{1,4}([A-Za-z0-9._~+/=-]{8,4000})",
         lower=True),
    _row("bearer-token", "bearer", r"\bbearer\s{1,4}([A-Za-z0-9._~+/=-]{16,4000})", mixed=True, lower=True),
    _row("password", "curl",
         r"\bcurl\b[^\n]{0,300}?\s(?:-u|--user)[ =]?[\"']?[^\s:\"']{1,80}:([^\s\"']{3,200})", lower=True),
    _row("password", "mysql sshpass",
         r"\b(?:mysql\w{0,10}\b[^\n]{0,200}?\s-p|sshpass\s{1,3}-p\s?)[\"']?([^\s\"'-][^\s\"']{3,200})", lower=True),
)  # fmt: skip
"""Our own table, in the order in which it is applied."""

_LIBRARY: tuple[tuple[str, str, str, str], ...] = (
    ("discord", "DiscordBotTokenDetector", "discord-token", "."),
    ("telegram_token", "TelegramBotTokenDetector", "telegram-token", ":"),
    ("twilio", "TwilioKeyDetector", "twilio-key", "AC SK"),
    ("mailchimp", "MailchimpDetector", "mailchimp-key", "-us"),
    ("square_oauth", "SquareOAuthDetector", "square-secret", "sq0csp"),
    ("softlayer", "SoftlayerDetector", "softlayer-key", "softlayer"),
    ("cloudant", "CloudantDetector", "cloudant-key", "cloudant"),
    ("ibm_cloud_iam", "IbmCloudIamDetector", "ibm-cloud-key", "ibm iam"),
    ("ibm_cos_hmac", "IbmCosHmacDetector", "ibm-cos-key", "ibm cos_ cos-"),
)
"""Plugins of detect-secrets whose expressions are exact and bounded: module, class, kind, hints."""


_RUN = re.compile(r"[A-Za-z0-9_-]{20,}")


def may_be_foreign(text: str) -> bool:
    """Whether one of the library's expressions could match ``text``: each asks for 24 such characters in a row."""
    return any(any(c.isdigit() for c in run[0]) and any(c.isalpha() for c in run[0]) for run in _RUN.finditer(text))


@cache
def library_patterns() -> tuple[SecretPattern, ...]:
    """The expressions taken from detect-secrets; importing it takes 0.1 s, hence on first use."""
    from importlib import import_module

    found: list[SecretPattern] = []
    for module, name, kind, hints in _LIBRARY:
        detector = getattr(import_module(f"detect_secrets.plugins.{module}"), name)
        for regex in detector.denylist:
            lower = bool(regex.flags & re.IGNORECASE)
            found.append(SecretPattern(kind, tuple(hints.split()), regex, mixed=True, lower=lower, ours=False))
    return tuple(found)


PEM_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9 ]{0,40})PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d")
_PEM_BODY = re.compile(
    r"(?:[\s>+|*\"',-]|\\[nr]|[A-Za-z0-9+/=]{16,128}|[A-Z][A-Za-z]{2,20}-?[A-Za-z]{0,20}: ?[^\n\\]{0,200})*"
)


def private_keys(text: str) -> Iterator[tuple[int, int]]:
    """The spans of private key blocks, from BEGIN to END, or as far as the key material goes where END is missing."""
    position = 0
    while begin := PEM_BEGIN.search(text, position):
        end = text.find("-----END ", begin.end(), begin.end() + 20_000)
        if end >= 0 and "PRIVATE KEY" in text[end : end + 60]:
            close = text.find("-----", end + 9, end + 80)
            position = close + 5 if close >= 0 else end + 9
        else:
            body = _PEM_BODY.match(text, begin.end(), begin.end() + 20_000)
            position = body.end() if body else begin.end()
            if position - begin.end() < 40:  # the marker alone, as in "grep BEGIN ..."
                continue
        yield begin.start(), position
