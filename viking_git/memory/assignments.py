"""Secrets that only their name gives away: ``password = …``, ``"api_key": "…"``, ``--password …``, ``<pass>…``."""

import re
from bisect import bisect_left
from collections.abc import Iterator

from viking_git.memory.anchors import places
from viking_git.memory.values import (
    MAX_SECRET,
    is_mixed,
    is_password,
    is_sample,
    is_token,
    reads_like_password,
    reads_like_token,
)

Span = tuple[int, int, str]

_ANCHORS = ("pass", "pwd", "pw", "kennwort", "contrase", "senha", "wachtwoord", "secret", "token", "credential", "key")
"""Literals, one of which stands in every name of a secret: looked for before any expression is run."""
_PASSWORD = re.compile(
    r"pass(?:word|wort|wd|phrase|code)|kennwort|contrase(?:\u00f1|n)a|senha|wachtwoord|pwd|"
    r"(?<![a-z])pw(?![a-z])|pass(?![a-z])"
)
_NO_PASSWORD = re.compile(r"(?:by|com|sur|encom|tres|over|under|multi|tres|high|low|band|single|two|one)_?$")
_TOKEN = re.compile(r"secret|token|credential")
_KEY = re.compile(
    r"(?:api|auth|access|account|app|client|consumer|db|deploy|encryption|hmac|jwt|license|master|private|"
    r"secret|service|"
    r"shared|signing|ssh|storage|subscription|webhook)[_ -]?$"
)
_ASSIGNED = re.compile(
    r"(?P<suffix>[\w.-]{0,30})(?:(?:\\?[\"'`]|&quot;|&#39;)?\]?[ \t]{0,8}"
    r"(?::[ \t]{0,3}[A-Za-z][\w\[\]|.]{0,30}[ \t]{0,3}=(?!=)|[!=]==?|:=|=>|[:=])[ \t]{0,8}|>(?=[^\s<>]{4,200}</))"
)
_HANDED = re.compile(r"(?P<suffix>\w{0,30})(?:[\"'][ \t]?,[ \t]?|\(|[ \t]{1,2})(?=\\?[\"'])")
"""Between a name and a value in quotes: the comma of a call, its bracket, a blank as in SQL."""
_VALUE_FIELD = re.compile(
    r"(?P<suffix>[\w.-]{0,30})(?:[\"']?\s{0,4},?\s{0,12}(?:</\w{1,12}>\s{0,12}<)?[\"']?value[\"']?\s{0,3}[:=>]\s{0,3}|"
    r"[`*]{0,2}[ \t]{1,20}\|[ \t]{1,20})",
    re.IGNORECASE,
)
_OPTION = re.compile(r"(?P<suffix>[\w-]{0,20})\s{1,3}")
_QUOTED = re.compile(r"[brufBRUF@]?(?P<quote>\\?[\"'`])(?P<value>(?:(?!(?P=quote))[^\n]){1,600})(?P=quote)")
_BARE = re.compile(r"(?:[^\s,;&\"'`<>(){}\[\]|\\]|&(?!\w{1,40}=))+")
_NAME_BEFORE = re.compile(r"[\w.-]*$")
_HANDED_LENGTH = 8
_CROWD, _REACH = 8, 80
_TRIES = 4
"""How many names within one run of characters are looked at: a run without end must not be read once for each name."""

_NOT_A_SECRET_NAME = re.compile(
    r"(?:^|[_.-]|(?<=[a-z])(?=[A-Z])|(?i:(?<=token|.word|ecret)))"
    r"(?i:s?(?:counts?|types?|ids?|names?|limits?|size|url|uri|files?|path|dir|ttl|expir\w*|length|len|izer|"
    r"ized?|field|label|"
    r"hint|policy|usage|budget|ref|arn|version|format|index|status|errors?|placeholder|input|rules?|regex|"
    r"pattern|env|var|"
    r"header|prefix|suffix|manager|provider|service|store|reset|strength|required|hash(?:er|es)?|fingerprint|"
    r"salt|digest|"
    r"algorithm|encryption|method|dialog|validators?|authentication|changed?))$"
)
_NOT_A_SECRET_PREFIX = re.compile(
    r"(?i)(?:^|[_.-])(?:max|min|num|next|prev|page|pad|eos|bos|sep|unk|mask|total|input|output|prompt|"
    r"completion|new|stop|"
    r"special|start|end|n|public|publishable|no|forgot|reset|show|hide|toggle|cache|sort|primary|foreign|"
    r"partition)[_.-]?$"
)
_RECIPE = re.compile(
    r"^[ \t>]{0,12}\$ [^\n]{0,120}(?:token_hex|token_urlsafe|urandom|openssl rand|uuidgen|pwgen|get_random_secret_key)",
    re.MULTILINE,
)
"""A manual that shows how to make a key: the key that it shows is a sample."""
_RECIPE_REACH = 12_000
_BASE32 = re.compile(r"[A-Z2-7]{16,128}")
_ENVIRONMENT = re.compile(r"[A-Z][A-Z0-9_]*")


def assigned_secrets(text: str, low: str) -> Iterator[Span]:
    """The values that ``text``, in lower case ``low``, calls a secret; the kind is password, token or secret-key."""
    taken = tried = run_end = 0
    recipes: list[int] | None = None
    for start, end in _names(low):
        if start < taken:
            continue
        tried = tried + 1 if start < run_end else 0
        if tried > _TRIES:
            continue
        found, run_end = _value_of(text, start, end, run_end)
        if found is None:
            continue
        taken, kind = found[1], secret_kind(low[start:end])
        if kind != "password":
            recipes = [match.start() for match in _RECIPE.finditer(text)] if recipes is None else recipes
            if _is_near(recipes, start):
                continue
        yield (*found, kind)


def _is_near(recipes: list[int], place: int) -> bool:
    after = bisect_left(recipes, place)
    return any(abs(recipe - place) < _RECIPE_REACH for recipe in recipes[max(0, after - 1) : after + 1])


def is_named_secret(key: str, value: str) -> bool:
    """Whether a JSON field called ``key`` holds a secret in ``value``."""
    names = list(_names(f"{key.lower()}:"))
    if not names or "\n" in value:
        return False
    start, end = names[-1]
    return _may_be_secret(key[:start], key[start:end], key[end:]) and _is_secret(key[start:end], value)


def secret_kind(keyword: str) -> str:
    """The kind of secret that a name with ``keyword`` in it holds."""
    if _is_password(keyword):
        return "password"
    return "token" if "token" in keyword.lower() else "secret-key"


def _names(low: str) -> Iterator[tuple[int, int]]:
    """Where the words for a secret begin and end, in order."""
    last = 0
    for at in places(low, _ANCHORS, _CROWD, _REACH):
        found = _name_at(low, at) if at >= last else None
        if found:
            last = found[1]
            yield found


def _name_at(low: str, at: int) -> tuple[int, int] | None:
    if low.startswith("key", at):
        before = _KEY.search(low, max(0, at - 16), at)
        return (before.start(), at + 3) if before else None
    if match := _PASSWORD.match(low, at):
        short = match[0] == "pass" and _NO_PASSWORD.search(low, max(0, at - 8), at)
        return None if short else match.span()
    match = _TOKEN.match(low, at)
    return match.span() if match else None


def _value_of(text: str, start: int, end: int, run_end: int) -> tuple[tuple[int, int] | None, int]:
    """The secret that the name at ``start`` is given, and where the run of characters in which it stands ends."""
    prefix = _prefix(text, start)
    keyword = text[start:end]
    # A shell's name for it, with a default or a complaint; the name of a secret at a cloud.
    if text.endswith("${", 0, start - len(prefix)) or text.find("arn:aws", max(0, start - 80), end) >= 0:
        return None, run_end
    form = _ASSIGNED.match(text, end) or _VALUE_FIELD.match(text, end)
    if form is None and prefix.startswith("-"):
        form = _OPTION.match(text, end)
    if form is None:
        return _handed(text, start - len(prefix), prefix, keyword, end), run_end
    if not _may_be_secret(prefix, keyword, form["suffix"]):
        return None, run_end
    if quoted := _QUOTED.match(text, form.end()):
        return (quoted.span("value") if _is_secret(keyword, quoted["value"]) else None), run_end
    exact = form.re is _OPTION or (
        text[form.end() - 1] == "=" and bool(_ENVIRONMENT.fullmatch(prefix + keyword + form["suffix"]))
    )
    return _bare(text, form.end(), run_end, keyword, exact=exact)


def _bare(text: str, at: int, run_end: int, keyword: str, *, exact: bool) -> tuple[tuple[int, int] | None, int]:
    """The secret without quotes at ``at``, and where its run ends; ``run_end`` is the end of the run before it."""
    if at >= run_end:
        run = _BARE.match(text, at)
        run_end = run.end() if run else at
    value = text[at : min(run_end, at + MAX_SECRET)].rstrip(".:!?")
    if text[run_end : run_end + 1] in {"(", "["} or not _is_bare_secret(keyword, value, exact=exact):
        return None, run_end
    return (at, at + len(value)), run_end


def _handed(text: str, name: int, prefix: str, keyword: str, end: int) -> tuple[int, int] | None:
    """The value in quotes that is handed to what the name at ``name`` names: ``setPassword("…")``, ``PASSWORD '…'``."""
    form = _HANDED.match(text, end)
    if form is None or not _may_be_secret(prefix, keyword, form["suffix"]) or keyword == "pass":
        return None
    comma = "," in form[0] and not prefix.startswith("-")
    if comma and (text[max(0, name - 2) : name - 1] != "(" or text[name - 1] not in "\"'"):
        return None
    quoted = _QUOTED.match(text, form.end())
    if quoted is None or len(quoted["value"]) < _HANDED_LENGTH or not _is_secret(keyword, quoted["value"]):
        return None
    likely = reads_like_password if _is_password(keyword) else reads_like_token
    return quoted.span("value") if likely(quoted["value"]) else None


def _prefix(text: str, start: int) -> str:
    before = _NAME_BEFORE.search(text[max(0, start - 40) : start])
    return before[0] if before else ""


def _may_be_secret(prefix: str, keyword: str, suffix: str) -> bool:
    return not (_NOT_A_SECRET_NAME.search(keyword + suffix) or _NOT_A_SECRET_PREFIX.search(prefix))


def _is_password(keyword: str) -> bool:
    return bool(_PASSWORD.search(keyword.lower()))


def _is_secret(keyword: str, value: str) -> bool:
    if _is_password(keyword):
        return is_password(value)
    return is_token(value) or (bool(_BASE32.fullmatch(value)) and not is_sample(value))


def _is_bare_secret(keyword: str, value: str, *, exact: bool) -> bool:
    if not _is_secret(keyword, value):
        return False
    if exact:
        return True
    if "." in value.strip(".") and not any(c.isdigit() for c in value):
        return False
    digits = sum(c.isdigit() for c in value)
    marks = sum(not c.isalnum() and c not in "-_./:" for c in value[1:-1])
    if _is_password(keyword):
        return len(value) >= 6 and digits + marks > 0
    return digits > 1 and ((digits + marks) * 12 >= len(value) or is_mixed(value))
