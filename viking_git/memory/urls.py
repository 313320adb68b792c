"""Passwords and tokens that URLs carry before their host."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from viking_git.memory.values import is_sample
from viking_git.model.words import word_set

_USERINFO = re.compile(
    r"://(?P<user>[^\s:/?#@\[\]\"'`<>]{0,200})(?::(?P<secret>[^\s/?@\"'`<>]{1,200}))?@(?P<host>[\w.\[-]{1,100})"
)
_TOKEN_LENGTH = 16


def url_secrets(text: str, low: str) -> Iterator[tuple[int, int, str]]:
    """The passwords in ``scheme://user:password@host``, and tokens in ``scheme://token@host``."""
    del low
    if "://" not in text:
        return
    for match in _USERINFO.finditer(text):
        secret, user = match["secret"], match["user"]
        if (secret or "x-oauth-basic").lower() in _NO_PASSWORD:
            if _is_token(user):
                yield *match.span("user"), "url-token"
        elif not is_sample(secret) and not _is_shown(user, secret, match["host"]):
            yield *match.span("secret"), "url-password"


_USERS = word_set("user username dbuser scott u s usr myuser me someuser")
"""Who logs in where a manual shows the form of a URL."""
_SHORTEST, _SHOWN = 4, 12
_NO_PASSWORD = frozenset({"x-oauth-basic", "x"})


def _is_shown(user: str, secret: str, host: str) -> bool:
    """Whether a manual shows the form of a URL: ``mysql://u:p@host/db``, ``postgresql://dbuser:kx%40jj5@host``."""
    place = "." not in host or "example" in host
    return len(secret) < _SHORTEST or (user.lower() in _USERS and place and len(unquote(secret)) < _SHOWN)


def _is_token(user: str) -> bool:
    digits = sum(c.isdigit() for c in user)
    return len(user) >= _TOKEN_LENGTH and digits > 1 and digits < len(user) - 1 and "." not in user and "@" not in user
