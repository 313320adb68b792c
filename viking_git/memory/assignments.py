"""Secrets that only their name gives away: ``password = …``, ``"api_key": "…"``, ``my password is …``."""

import re
from collections.abc import Iterator

from viking_git.model.words import word_set

_KEYWORD = re.compile(
    r"(?i)pass(?:word|wd|phrase|code)|contraseña|pwd|secret|token|credential|"
    r"(?:api|auth|access|account|client|db|encryption|master|private|service|shared|signing|storage|webhook)[_ -]?key|"
    r"(?<![a-z])pass(?=\\?[\"']?\s{0,3}[:=])"
)
_HINTS = ("pass", "contrase", "pwd", "secret", "token", "credential", "key")
_ASSIGNED = re.compile(
    r"(?P<suffix>[\w.-]{0,30})\\?[\"'`]?\]?\s{0,8}"
    r"(?::\s{0,3}[A-Za-z][\w\[\]|.]{0,30}\s{0,3}=(?!=)|[!=]==?|:=|=>|[:=]|\((?=\\?[\"'`]))\s{0,8}"
)
_SPOKEN = re.compile(
    r"(?P<suffix>)(?:\s(?:for|of|to|on)\s[\w.@-]{1,40}(?:\s[\w.@-]{1,40})?)?\s(?:is|was)(?:\snow)?(?:\s?:)?\s{1,2}"
)
_OPTION = re.compile(r"(?P<suffix>[\w-]{0,20})\s{1,3}")
_QUOTED = re.compile(r"[brufBRUF@]?(?P<quote>\\?[\"'`])(?P<value>(?:(?!(?P=quote))[^\n]){1,600})(?P=quote)")
_BARE = re.compile(r"(?P<value>(?:[^\s,;&\"'`<>(){}\[\]|\\]|&(?!\w{1,40}=)){1,600})(?P<after>[(\[]?)")
_NAME_BEFORE = re.compile(r"[\w.-]*$")

_NOT_A_SECRET_NAME = re.compile(
    r"(?i)(?:^|[_.-]|(?<=[a-z])(?=[A-Z])|(?<=token|.word|ecret))"
    r"(?:s|counts?|types?|ids?|names?|limits?|size|url|uri|files?|path|dir|ttl|expir\w*|length|len|izer|ized?|field|label|"
    r"hint|policy|usage|budget|ref|arn|version|format|index|status|errors?|placeholder|input|rules?|regex|pattern|env|var|"
    r"header|prefix|suffix|manager|provider|service|store|reset|strength|required)$"
)
_NOT_A_SECRET_PREFIX = re.compile(
    r"(?i)(?:^|[_.-])(?:max|min|num|next|prev|page|pad|eos|bos|sep|unk|mask|total|input|output|prompt|completion|new|stop|"
    r"special|start|end|n|public|publishable|no|forgot|reset|show|hide|toggle)[_.-]?$"
)
_PLACEHOLDER = re.compile(
    r"(?i)\[redacted|^[$%<{*#.\[/]|\$\{|\{\{|%\(|process\.env|os\.environ|getenv|import\.meta|your[_-]|[_-]here$|"
    r"x{4,}|\*{3,}|\.{3}|…|change-?me|placeholder|example|redacted|dummy|foobar|insert[_-]|replace[_-]|todo"
)
_WORDS = word_set(
    "none null nil true false undefined string str text bytes bool boolean number int integer required optional any "
    "object hidden password passwd secret token username email user root admin missing invalid empty unset default "
    "value values bearer basic unknown self this input"
)
_PASSWORD = re.compile(r"(?i)pass|pwd|contraseña")
_ENVIRONMENT = re.compile(r"[A-Z][A-Z0-9_]*")


def assigned_secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """``(start, end, kind)`` of each value that ``text`` calls a secret; kind is password, token or secret-key."""
    low = text.lower()
    if not any(hint in low for hint in _HINTS):
        return
    taken = 0
    for keyword in _KEYWORD.finditer(text):
        if keyword.start() < taken:
            continue
        found = _value_of(text, keyword)
        if found:
            taken = found[1]
            yield (*found, secret_kind(keyword[0]))


def is_named_secret(key: str, value: str) -> bool:
    """Whether a JSON field called ``key`` holds a secret in ``value``."""
    keywords = list(_KEYWORD.finditer(f"{key}:"))
    if not keywords or "\n" in value:
        return False
    last = keywords[-1]
    named = _may_be_secret(key[: last.start()], last[0], key[last.end() :])
    return named and _is_secret(last[0], value)


def secret_kind(keyword: str) -> str:
    """The kind of secret that a name with ``keyword`` in it holds."""
    if _PASSWORD.search(keyword):
        return "password"
    return "token" if "token" in keyword.lower() else "secret-key"


def looks_random(value: str) -> bool:
    """Whether ``value`` is so unlike a word that it may be replaced wherever else it stands."""
    digits = sum(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    marks = sum(not c.isalnum() and c not in "-_./: " for c in value)
    return len(value) >= 10 and letters > 1 and digits + marks > 1


def _value_of(text: str, keyword: re.Match[str]) -> tuple[int, int] | None:
    before = _NAME_BEFORE.search(text[max(0, keyword.start() - 40) : keyword.start()])
    prefix = before[0] if before else ""
    forms = (_ASSIGNED, _SPOKEN, _OPTION) if prefix.startswith("--") else (_ASSIGNED, _SPOKEN)
    form = next((m for pattern in forms if (m := pattern.match(text, keyword.end()))), None)
    if form is None or not _may_be_secret(prefix, keyword[0], form["suffix"]):
        return None
    if quoted := _QUOTED.match(text, form.end()):
        return quoted.span("value") if _is_secret(keyword[0], quoted["value"]) else None
    bare = _BARE.match(text, form.end())
    if bare is None or bare["after"]:
        return None
    value = bare["value"].rstrip(".:!?")
    name = prefix + keyword[0] + form["suffix"]
    exact = text[form.end() - 1] == "=" and bool(_ENVIRONMENT.fullmatch(name))
    if not _is_bare_secret(keyword[0], value, exact=exact or form.re is _OPTION):
        return None
    return bare.start(), bare.start() + len(value)


def _may_be_secret(prefix: str, keyword: str, suffix: str) -> bool:
    return not (_NOT_A_SECRET_NAME.search(keyword + suffix) or _NOT_A_SECRET_PREFIX.search(prefix))


def _is_secret(keyword: str, value: str) -> bool:
    if _PLACEHOLDER.search(value) or value.lower() in _WORDS or any(c.isspace() for c in value):
        return False
    if _PASSWORD.search(keyword):
        return len(value) >= 4 and not value.isdigit()
    return len(value) >= 12 and any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _is_bare_secret(keyword: str, value: str, *, exact: bool) -> bool:
    if not _is_secret(keyword, value):
        return False
    if exact:
        return True
    if "." in value.strip(".") and not any(c.isdigit() for c in value):
        return False
    digits = sum(c.isdigit() for c in value)
    marks = sum(not c.isalnum() and c not in "-_./:" for c in value)
    if _PASSWORD.search(keyword):
        return len(value) >= 6 and digits + marks > 0
    return digits > 1 and (digits + marks) * 12 >= len(value)
