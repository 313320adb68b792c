"""Secrets taken out of messages before anything is written: named placeholders, counted by kind.

Every string of a message is looked at, in parts and in unknown fields, keys of objects too. The same secret becomes
the same placeholder. What only its name gave away (``password = …``) is then replaced wherever else it stands.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from viking_git.memory.assignments import assigned_secrets, is_named_secret, looks_random, secret_kind
from viking_git.memory.secrets import OWN, SecretPattern, library_patterns, may_be_foreign, private_keys
from viking_git.model.messages import Message

_MARK = "[redacted:"
_CHUNK = 4096
_OVERLAP = 512
_LEARNED_BY_CONTEXT = frozenset({"aws-secret-key", "url-password", "password", "token", "secret-key", "bearer-token"})


Allow = Callable[[str], bool]
"""Whether a text that looks like a secret is known to be none."""


def nothing_allowed(value: str) -> bool:
    """The ``Allow`` by which every secret is one."""
    del value
    return False


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in a text: its kind, and the line (from 1) where it begins."""

    kind: str
    line: int


def allowed(entries: Iterable[str]) -> Allow:
    """The ``Allow`` of a policy's ``checks.allow_secrets``: texts as they stand, or ``sha256:`` and a hash in hex."""
    known = frozenset(entries)

    def allow(value: str) -> bool:
        return bool(known) and (value in known or f"sha256:{hashlib.sha256(value.encode()).hexdigest()}" in known)

    return allow


def placeholder(kind: str) -> str:
    """What stands in a secret's place."""
    return f"{_MARK} {kind}]"


def find_secrets(text: str, allow: Allow = nothing_allowed) -> Iterator[Secret]:
    """The secrets of ``text``, which stays as it is, in the order in which they stand there."""
    found = _Found(allow)
    found.clean(text)
    seen: dict[tuple[int, str], Secret] = {}
    for value, kind in found.taken:
        # What an earlier expression replaced inside of it is found by what stands before that.
        start = max(text.find(value.partition("[redacted: ")[0]), 0)
        seen.setdefault((start, kind), Secret(kind, text.count("\n", 0, start) + 1))
    yield from (seen[key] for key in sorted(seen))


def redact_text(text: str, allow: Allow = nothing_allowed) -> tuple[str, Counter[str]]:
    """``text`` without its secrets, and how many of each kind there were."""
    found = _Found(allow)
    clean = found.again(found.clean(text))
    return clean, found.counts


def redact_messages(messages: Iterable[Message], allow: Allow = nothing_allowed) -> tuple[list[Message], Counter[str]]:
    """A conversation without secrets: a password that one message names is taken out of the others too."""
    found = _Found(allow)
    first = [_mapped(message, found.clean, found.named) for message in messages]
    if found.learned:
        first = [_mapped(message, found.again) for message in first]
    return first, found.counts


class _Found:
    """The secrets of one conversation so far."""

    def __init__(self, allow: Allow) -> None:
        self.counts: Counter[str] = Counter()
        self.learned: dict[str, str] = {}
        self.taken: list[tuple[str, str]] = []
        self._allow = allow

    def clean(self, text: str) -> str:
        if len(text) < 6:
            return text
        text = self._cut(text, ((start, end, "private-key") for start, end in _private_keys(text)))
        lower = ""
        for pattern in (*OWN, *(library_patterns() if may_be_foreign(text) else ())):
            if pattern.lower and not lower:
                lower = text.replace("\u0130", "i").lower()  # the one letter whose lower case is longer
            if any(hint in (lower if pattern.lower else text) for hint in pattern.hints):
                cleaned = self._cut(text, _matches(pattern, text))
                if cleaned != text:
                    text, lower = cleaned, ""
        return self._cut(text, assigned_secrets(text))

    def named(self, key: str, value: str) -> str:
        """The value of the JSON field ``key``."""
        if not is_named_secret(key, value):
            return self.clean(value)
        cleaned = self.clean(value)  # a token with a mark of its own keeps its own kind
        return cleaned if cleaned != value else self._take(value, secret_kind(key))

    def again(self, text: str) -> str:
        """``text`` without the secrets that were learned from their context elsewhere."""
        for value, kind in self.learned.items():
            if value in text:
                self.counts[kind] += text.count(value)
                text = text.replace(value, placeholder(kind))
        return text

    def _cut(self, text: str, spans: Iterable[tuple[int, int, str]]) -> str:
        pieces: list[str] = []
        position = 0
        for start, end, kind in spans:
            if start < position or _MARK in text[start:end]:
                continue
            pieces += [text[position:start], self._take(text[start:end], kind)]
            position = end
        return "".join([*pieces, text[position:]]) if pieces else text

    def _take(self, secret: str, kind: str) -> str:
        if self._allow(secret):
            return secret
        self.counts[kind] += 1
        self.taken.append((secret, kind))
        if kind in _LEARNED_BY_CONTEXT and looks_random(secret):
            self.learned.setdefault(secret, kind)
        return placeholder(kind)


def _private_keys(text: str) -> Iterable[tuple[int, int]]:
    return private_keys(text) if "PRIVATE KEY" in text or "PuTTY-User-Key-File" in text else ()


def _matches(pattern: SecretPattern, text: str) -> Iterable[tuple[int, int, str]]:
    for match in pattern.regex.finditer(text) if pattern.ours else _scan(pattern.regex, text):
        group = match.re.groups and next((i for i in range(1, match.re.groups + 1) if match[i]), 0)
        value = match[group]
        if not pattern.mixed or (any(c.isdigit() for c in value) and any(c.isalpha() for c in value)):
            start, end = match.span(group)
            yield start, end, pattern.kind


def _scan(regex: re.Pattern[str], text: str) -> Iterable[re.Match[str]]:
    """Matches in overlapping pieces: an expression that is not ours may take the square of what it is given."""
    for start in range(0, max(len(text) - _OVERLAP, 1), _CHUNK - _OVERLAP):
        yield from regex.finditer(text, start, start + _CHUNK)


def _mapped(message: Message, text: Callable[[str], str], field: Callable[[str, str], str] | None = None) -> Message:
    parts: Sequence[Mapping[str, Any]] = [_walk(part, text, field) for part in message.parts]
    return replace(message, parts=tuple(parts), extra=_walk(message.extra, text, field))


def _walk(value: Any, text: Callable[[str], str], field: Callable[[str, str], str] | None) -> Any:
    """A copy of JSON with every string mapped; without recursion, since depth comes from outside."""
    root: list[Any] = [value]
    open_containers: list[Any] = [root]
    while open_containers:
        container = open_containers.pop()
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for key, child in list(items):
            if isinstance(child, str):
                container[key] = field(key, child) if field and isinstance(key, str) else text(child)
            elif isinstance(child, Mapping):
                container[key] = {text(str(k)): v for k, v in child.items()}
                open_containers.append(container[key])
            elif isinstance(child, list | tuple):
                container[key] = list(child)
                open_containers.append(container[key])
    return root[0]
