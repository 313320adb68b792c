"""Whether a text that stands where a secret would stand is one: samples, code and ordinary words are not."""

import re

from viking_git.model.words import word_set

MIN_PASSWORD, MAX_SECRET = 4, 600
_LONG = 16
_PHRASE_WORDS = 4

_PLACEHOLDER = re.compile(
    r"(?i)\[redacted|^[$%<{*#.\[/][A-Za-z({\[<*#.$%/]|^[$<{*#.\[]+$|^[<{\[]|\$\{|\{\{|%\(|process\.env|"
    r"os\.environ|getenv|"
    r"import\.meta|your[_-]|[_-]here$|^(?:my|the|some|test|new|old|your)[_-]?(?:\w{0,10}[_-])?(?:pass|secret|"
    r"token|key|pwd)|"
    r"x{4,}|\*{3,}|\.{3}|…|•{2,}|change-?me|placeholder|example|redacted|dummy|foobar|^foo|insert[_-]|"
    r"replace[_-]|todo|^ENC\[|"
    r"^SCRAM-|^md5[0-9a-f]{32}$|\\x[0-9a-f]{2}|^(?:exec:|ref\+|op:|vault:|arn:|env:|file:|secret:|ssm:|data:|"
    r"https?:)|^!|^&|^@[A-Z]|1234|abcd|hidden|masked|filtered|omitted"
)
_PUBLISHED = re.compile(
    r"(?i)example|x{6,}|(.)\1{7,}|1234567890|0123456789|abcdefgh|your[_-]|placeholder|redacted|dummy|[_-]here\b|\.\.\."
)
_WORDS = word_set(
    "none null nil true false undefined string str text bytes bool boolean number int integer required optional any "
    "object hidden password passwd pass secret token username email user root admin missing invalid empty unset "
    "default "
    "value values bearer basic unknown self this input pwd passphrase passcode credential credentials key login prompt "
    "wrong right correct incorrect public private kennwort passwort contrasena senha geheim secretpassword "
    "mysecret password1 letmein qwerty abc123 test testing "
    "trustno1 sample demo tiger"
)
_LEET = str.maketrans("013457@$!", "oieasta" + "si")
_NAMED_SAMPLE = re.compile(r"(?i)pass(?:word|wd|phrase)?|secret|token|pwd")
_TECHNICAL = re.compile(
    r"(?i)(?:scram-)?(?:md|sha|base|utf|x|rfc|http|ipv|oauth|pkcs|argon|aes|rsa|des|ed|crc|iso|cve|python|py|"
    r"level|step|"
    r"version|chapter|section|page|line|figure|table|tls|ssl|v|p|h|utf-|auth|latin|ascii|base-|id|win|k|vt|mp|"
    r"type|part|"
    r"rev|unicode|cp|ucs|windows|pbkdf|python)[-_]?\d[\d._-]*[a-z]{0,3}(?:[-_/](?:plus|encoded|hashed|encrypted|"
    r"bit|hash|id|sum|digest|"
    r"compatible|based|style|only|pass))*"
)
_COUNTED = re.compile(
    r"(?i)\d{1,6}(?:st|nd|rd|th|[a-z]{1,2}|-[a-z-]+|characters?|chars?|bytes?|bits?|digits?|days?|min\w*)"
)
_PLACE = re.compile(r"(?i)(?:[\w-]+\.)+[a-z]{2,8}(?::\d+)?|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|v?\d+(?:\.\d+)+\w{0,4}")
_MAIL = re.compile(r"[a-z0-9._+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,8}|[a-z_]+@[a-z-]+")
_CODE = re.compile(r"[()<>{}\[\]\\|`]|\.\.|::|=>|->|^--|^[a-z_]+=|^[a-z]+://|^[\w.]+:$|&(?:\w{1,8}|#\d{1,4});?")
_PHRASE = re.compile(r"[A-Za-z]{3,12}(?:[-.][A-Za-z]{3,12}){3,9}")


def is_sample(value: str) -> bool:
    """Whether ``value`` stands for a secret in a manual or a template: a placeholder, a type, ``secr3t``."""
    low = value.lower()
    if _PLACEHOLDER.search(value) or low in _WORDS or low.translate(_LEET) in _WORDS:
        return True
    if "%20" in value:
        return True  # words that a URL wrapped
    return not any(c.isdigit() for c in value) and bool(_NAMED_SAMPLE.search(value))


def is_published(value: str) -> bool:
    """Whether a key of a known form is one of those that manuals print: ``…EXAMPLE``, ``ghp_xxxxxxxx…``."""
    return bool(_PUBLISHED.search(value))


def is_password(value: str) -> bool:
    """Whether ``value``, which something calls a password, may be one: no sample, no white space, no mere number."""
    if is_sample(value) or any(c.isspace() for c in value):
        return False
    return MIN_PASSWORD <= len(value) <= MAX_SECRET and not value.isdigit() and any(c.isalnum() for c in value)


def is_token(value: str) -> bool:
    """Whether ``value``, which something calls a token or a key, may be one: twelve characters, letters and digits."""
    if is_sample(value) or any(c.isspace() for c in value):
        return False
    return 12 <= len(value) <= MAX_SECRET and any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def reads_like_password(value: str) -> bool:
    """Whether ``value`` is so unlike a word, a name or code that a sentence may well give it as a password."""
    if not 6 <= len(value) <= 128 or not is_password(value) or _is_ordinary(value):
        return False
    letters = any(c.isalpha() for c in value)
    digits = sum(c.isdigit() for c in value)
    marks = sum(c in "!@#$%^&*?=+~" for c in value[1:-1])
    return (letters and (digits > 0 or marks > 0)) or bool(_PHRASE.fullmatch(value))


def reads_like_token(value: str) -> bool:
    """Whether ``value`` is so random that a sentence may well give it as a key."""
    if not is_token(value) or _TECHNICAL.fullmatch(value) or _CODE.search(value) or _PLACE.fullmatch(value):
        return False
    digits = sum(c.isdigit() for c in value)
    cases = any(c.isupper() for c in value) and any(c.islower() for c in value)
    marks = sum(c in "+/=_~" for c in value)
    return (cases and len(value) >= _LONG) or (digits > 1 and (digits + marks) * 8 >= len(value))


def is_mixed(value: str) -> bool:
    """Whether ``value`` is long and of both cases, with nothing that paths and calls have."""
    digits = sum(c.isdigit() for c in value)
    plain = value.replace("-", "").replace("_", "").isalnum() if digits > 2 else value.isalnum()
    return len(value) >= 24 and plain and not value.islower() and not value.isupper()


def looks_random(value: str) -> bool:
    """Whether ``value`` is so unlike a word that it may be replaced wherever else it stands."""
    digits = sum(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    marks = sum(not c.isalnum() and c not in "-_./: " for c in value)
    return len(value) >= 10 and letters > 1 and digits + marks > 1


def _is_ordinary(value: str) -> bool:
    value = value.rstrip("?!")
    return bool(
        _TECHNICAL.fullmatch(value) or _COUNTED.fullmatch(value) or _PLACE.fullmatch(value) or _MAIL.fullmatch(value)
        or _CODE.search(value) or "/" in value
    )  # fmt: skip
