"""Secrets in sentences: ``the password for the staging box is …``, ``Mein Passwort lautet …``, ``log in as … with …``.

A sentence gives a secret where a word for one is followed by a link (``is``, ``lautet``, ``:``) or by nothing but
the secret. What follows must look like one itself: "the password is in the vault" gives none.
"""

import re
from collections.abc import Iterator
from itertools import islice

from viking_git.memory.anchors import places
from viking_git.memory.values import reads_like_password, reads_like_token
from viking_git.model.words import word_set

Span = tuple[int, int, str]

_ANCHORS = (
    "pass", "pasw", "kennwort", "contrase", "clave", "senha", "wachtwoord", "has\u0142o", "haslo", "heslo",
    "l\u00f6senord", "adgangskode", "salasana", "parol", "\u015fifre", "\u043f\u0430\u0440\u043e\u043b", "jelsz\u00f3",
    "pw", "\u5bc6\u7801", "\u5bc6\u78bc", "\u53e3\u4ee4", "\u30d1\u30b9\u30ef\u30fc\u30c9", "\ube44\ubc00\ubc88\ud638",
    "cred", "zugangsdaten", "identifiants", "secret", "token", "key", "code", "pin",
)  # fmt: skip
"""Literals, one of which begins every word for a secret: looked for before any expression is run."""
_PASSWORD = re.compile(
    r"(?:(?:pass?wor[dt]|passwd|passphrase|passcode|passord|kennwort|(?<=mot de )passe|contrase[n\u00f1]a|clave|senha|"
    r"wachtwoord|has[\u0142l]o|heslo|l\u00f6senord|adgangskode|salasana|parola?|\u015fifre|"
    r"\u043f\u0430\u0440\u043e\u043b\u044c|jelsz\u00f3|"
    r"pwd?|pass)(?:e?n|er|et|s)?|(?:creds?|credentials?|zugangsdaten|identifiants))(?![a-z0-9_(])|"
    r"\u5bc6\u7801|\u5bc6\u78bc|\u53e3\u4ee4|\u30d1\u30b9\u30ef\u30fc\u30c9|\ube44\ubc00\ubc88\ud638"
)
_TOKEN = re.compile(r"(?:secret|token|key)s?(?![a-z0-9_(])")
_PIN = re.compile(r"(?:pin|code)s?(?![a-z0-9_(])")
_KEY_OF = re.compile(
    r"(?:api|auth|access|account|client|deploy|encryption|license|master|private|secret|service|shared|signing|ssh|"
    r"storage|webhook|wi-?fi|wlan|network)[ _-]?$"
)
_THE_KEY = re.compile(r"(?:the|its|my|our) $")
_NETWORK = re.compile(r"\b(?:ssid|wi-?fi|wlan|hotspot|network)\b")
_CODE_OF = re.compile(
    r"(?:alarm|keypad|door|gate|unlock|entry|safe|lock|access|pass|security|pin|recovery|backup|sim)[ -]?$"
)
_LINKS = word_set(
    "is was are now = : -> \u2192 ist war lautet lautete sind est sont es son \u00e9 \u00e8 sono jest type "
    "types enter typing it's "
    "its it\u2019s \u00e4r er \u044d\u0442\u043e becomes remains / \u662f \uff1a is: was: be "
    "zijn to: auf je este c'est - \u2013"
)
"""Words that stand between a word for a secret and the secret, in the languages of that table."""
_FILLERS = word_set("now actually currently still just simply jetzt nun ahora maintenant again")
_SETTING = word_set("set changed reset updated equal switched")
_WINDOW, _TOKENS, _CROWD = 160, 14, 4
_BESIDE = 8
"""Characters of a password that stands beside its word with no link between them; "code 5969" has fewer."""
_WORD = re.compile(r"\S+")
_OPEN, _CLOSE = "\"'`(*_\u00ab\u201e\u201c\u2018\u201d[", "\"'`)*\u00bb\u201c\u201d\u2019,.;:]"
_QUOTED = re.compile(r"[\"\u201c\u201e'`](?P<value>[A-Za-z]{3,12}(?:[ -][A-Za-z]{3,12}){3,9})[\"\u201d\u201c'`]")
_ANSWER = re.compile(
    r"\?(?:[\"']\s{0,4},\s{0,4}[\"'](?:answer|reply|response|value|text|content|input)[\"']\s{0,4}:\s{0,4}|"
    r"\s{0,4}\n\s{0,4})"
    r"[\"']?(?P<value>[^\s\"']{5,128})(?=[\"'\s]|\Z)"
)
_BEFORE = re.compile(
    r"(?P<value>\S{6,64})\s(?:as|is)\s(?:(?:the|a|my|our|your|its|new|default)\s){0,2}(?:[\w-]{1,20}\s){0,2}$"
)
_TYPED = re.compile(
    r"(?:enter|type|use|try|give)\s[\"'`]?(?P<value>[^\s\"'`]{6,64})[\"'`]?\s(?:when|at|for|if|in)\s[^\n.]{0,40}$",
    re.IGNORECASE,
)
_NO_SPACE_HINTS = (
    "\u30d1\u30b9\u30ef\u30fc\u30c9",
    "\u5bc6\u7801",
    "\u5bc6\u78bc",
    "\u53e3\u4ee4",
    "\ube44\ubc00\ubc88\ud638",
)
_NO_SPACES = re.compile(f"(?:{'|'.join(_NO_SPACE_HINTS)})[^\\x21-\\x7e\\n]{{1,12}}(?P<value>[\\x21-\\x7e]{{6,64}})")
"""Scripts that put no space between the word, the link and the secret."""
_PAIR = re.compile(
    r"\b(?:login|logins|zugang|zugangsdaten|acc(?:\u00e8|e)s|creds?|credentials?|identifiants|account|usuario|benutzer)"
    r"(?:\s?:|\s)\s{0,2}[\w.@-]{2,40}\s?[/:]\s?(?P<value>[^\s,;]{6,64})"
)
_USER = re.compile(r"\b(?:user|username|login|account|benutzer|usuario)\b")
_PAIR_HINTS = ("login", "zugang", "acc", "cred", "identifiants", "usuario", "benutzer")
_LOGIN_HINTS = ("log", "sign")
_LOGIN = re.compile(
    r"\b(?:log|sign)(?:ging|ged|ing|ed)?[ -]?(?:in|on)?(?:\s\w{1,12}){0,3}?\s(?:as|with)\s[\"'`]?[\w.@-]{2,40}[\"'`]?"
    r"(?:\s(?:with|using|and|password|pw|pass)|\s?/|,)\s?(?:(?:the|password|pw|pass)\s){0,2}(?P<value>[^\s,]{5,128})"
)


_SHAPES = (
    (_LOGIN, _LOGIN_HINTS), (_PAIR, _PAIR_HINTS),
    (_NO_SPACES, _NO_SPACE_HINTS),
)  # fmt: skip
"""Sentences of one shape, each with the literals without which it is not looked for."""


def spoken_secrets(text: str, low: str) -> Iterator[Span]:
    """The secrets that sentences of ``text``, in lower case ``low``, give."""
    found: list[Span] = []
    for start, end, kind in _keywords(low):
        span = _after(text, end, kind) or (_before(text, start) or _answer(text, end) if kind == "password" else None)
        if span:
            found.append((*span, kind))
    for pattern, hints in _SHAPES:
        for match in pattern.finditer(low) if any(hint in low for hint in hints) else ():
            value = _stripped(text, *match.span("value"))
            if reads_like_password(text[slice(*value)]):
                found.append((*value, "password"))
    yield from sorted(found)


def _keywords(low: str) -> Iterator[Span]:
    """The words for a secret, each with its kind."""
    for at in places(low, _ANCHORS, _CROWD, _WINDOW):
        if found := _word_at(low, at):
            yield found


def _word_at(low: str, start: int) -> Span | None:
    before = low[max(0, start - 14) : start]
    if before[-1:].isascii() and (before[-1:].isalnum() or before.endswith(("_", "-", ".", "/", "<", "@"))):
        return None
    if match := _PASSWORD.match(low, start):
        return start, match.end(), "password"
    if match := _TOKEN.match(low, start):
        if match[0].startswith("key") and not _KEY_OF.search(before):
            near = _THE_KEY.search(before) and _NETWORK.search(low, max(0, start - _WINDOW // 2), start)
            return (start, match.end(), "password") if near else None
        return start, match.end(), "secret-key" if match[0].startswith("key") else "token"
    match = _PIN.match(low, start)
    if match and (match[0].startswith("pin") or _CODE_OF.search(before)):
        return start, match.end(), "pin" if match[0].startswith("pin") else "code"
    return None


def _after(text: str, end: int, kind: str) -> tuple[int, int] | None:
    """The secret that follows a word for one, which ends at ``end``."""
    for start, stop, linked in _candidates(text, end):
        if linked and (quoted := _QUOTED.match(text, start)):
            return quoted.span("value") if kind == "password" else None
        value = _stripped(text, start, stop)
        is_long = linked or kind == "code" or value[1] - value[0] >= _BESIDE
        if is_long and _is_given(text[slice(*value)], kind, linked=linked):
            return value
    return None


def _candidates(text: str, end: int) -> Iterator[tuple[int, int, bool]]:
    """The words of the sentence that a word for a secret, ending at ``end``, may give, and whether a link is before."""
    # "pass" is a verb too.
    beside = text[end - 4 : end].lower() != "pass" or bool(_USER.search(text, max(0, end - 44), end))
    linked, last = text[end : end + 2] in {"'s", "\u2019s"}, ""
    first = end + 2 if linked else end
    line = text.find("\n", first, first + _WINDOW)
    words = _WORD.finditer(text, first, line if line >= 0 else first + _WINDOW)
    for place, word in enumerate(islice(words, _TOKENS)):
        said = word[0].lower()
        if place == 0 and word.start() == first and said not in {":", "=", ","}:
            return  # the rest of a longer word, the end of the sentence, or an assignment
        if said in _FILLERS or said in {":", "=", ","}:
            linked = linked or said in {":", "="}
            continue
        if linked or (place == 0 and beside):
            yield *word.span(), linked
        if said[-1] in ".!?;" and said[:-1] not in _LINKS:
            return
        linked = said in _LINKS or said.endswith(":") or (said == "to" and (place == 0 or last in _SETTING))
        last = said


def _is_given(value: str, kind: str, *, linked: bool) -> bool:
    if kind in {"pin", "code"}:
        return (value.isdigit() and 4 <= len(value) <= 8 and (linked or kind == "code")) or (_is_code(value) and linked)
    if kind == "password":
        return reads_like_password(value)
    if kind == "token" and linked and any(c in "!@#$%^&*" for c in value[1:]):
        return reads_like_password(value)
    return reads_like_token(value)


_RECOVERY = re.compile(r"[a-z0-9]{4,8}(?:-[a-z0-9]{4,8}){1,4}")


def _is_code(value: str) -> bool:
    return bool(_RECOVERY.fullmatch(value)) and any(c.isdigit() for c in value)


def _before(text: str, start: int) -> tuple[int, int] | None:
    """The secret before ``as the password``."""
    near = text[max(0, start - 60) : start]
    if " as " in near or " is " in near:
        match = _BEFORE.search(text, max(0, start - 120), start)
    else:
        match = _TYPED.search(text, max(0, start - 120), start) if " " in near else None
    if match is None:
        return None
    value = _stripped(text, *match.span("value"))
    return value if reads_like_password(text[slice(*value)]) else None


def _answer(text: str, end: int) -> tuple[int, int] | None:
    """The answer to a question that ends with a word for a secret."""
    match = _ANSWER.match(text, end)
    return match.span("value") if match and reads_like_password(match["value"]) else None


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _OPEN:
        start += 1
    while end > start and text[end - 1] in _CLOSE:
        end -= 1
    return start, end
