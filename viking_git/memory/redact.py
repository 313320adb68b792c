"""Secrets taken out of messages before anything is written: named placeholders, counted by kind.

Every string of a message is looked at, in parts and in unknown fields, keys of objects too. The same secret becomes
the same placeholder. What only its name gave away (``password = …``) is then replaced wherever else it stands.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from viking_git.memory.assignments import is_named_secret, secret_kind
from viking_git.memory.recurrence import Recurrence
from viking_git.memory.spans import MARK, Span, secret_spans
from viking_git.memory.values import looks_random
from viking_git.model.messages import Message

_LEARNED_BY_CONTEXT = frozenset(
    {
        "aws-secret-key",
        "url-password",
        "url-token",
        "password",
        "token",
        "secret-key",
        "bearer-token",
        "cookie",
        "kube-secret",
    }
)


Allow = Callable[[str], bool]
"""Whether a text that looks like a secret is known to be none."""
Field = Callable[[str, str], str]
Words = Callable[[list[str]], list[str]]


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
    return f"{MARK} {kind}]"


def find_secrets(text: str, allow: Allow = nothing_allowed) -> Iterator[Secret]:
    """The secrets of ``text``, which stays as it is, in the order in which they stand there."""
    line, counted = 1, 0
    for start, end, kind in secret_spans(text):
        if not allow(text[start:end]):
            line += text.count("\n", counted, start)
            counted = start
            yield Secret(kind, line)


def redact_text(text: str, allow: Allow = nothing_allowed) -> tuple[str, Counter[str]]:
    """``text`` without its secrets, and how many of each kind there were."""
    found = _Found(allow)
    clean = found.again(found.clean(text))
    return clean, found.counts


def redact_record(record: Mapping[str, Any], allow: Allow = nothing_allowed) -> tuple[dict[str, Any], Counter[str]]:
    """A JSON object without secrets, and how many of each kind there were."""
    found = _Found(allow)
    clean = _walk(record, found.clean, found.named, found.words)
    return _walk(clean, found.again, None, None), found.counts


def redact_messages(messages: Iterable[Message], allow: Allow = nothing_allowed) -> tuple[list[Message], Counter[str]]:
    """A conversation without secrets: a password that one message names is taken out of the others too."""
    found = _Found(allow)
    first = [_mapped(message, found.clean, found.named, found.words) for message in messages]
    if found.learned:
        first = [_mapped(message, found.again) for message in first]
    return first, found.counts


class _Found:
    """The secrets of one conversation so far."""

    def __init__(self, allow: Allow) -> None:
        self.counts: Counter[str] = Counter()
        self.learned = Recurrence()
        self._allow = allow

    def clean(self, text: str) -> str:
        return self._cut(text, secret_spans(text))

    def named(self, key: str, value: str) -> str:
        """The value of the JSON field ``key``."""
        if not is_named_secret(key, value):
            return self.clean(value)
        cleaned = self.clean(value)  # a token with a mark of its own keeps its own kind
        return cleaned if cleaned != value else self._take(value, secret_kind(key))

    def words(self, words: list[str]) -> list[str]:
        """The words of a command, which only together say what is a password: ``["--password", "…"]``."""
        line = " ".join(words)
        spans = secret_spans(line) if any(word.startswith("-") for word in words) else []
        cleaned, position = [], 0
        for word in words:
            end = position + len(word)
            inside = [(a - position, b - position, kind) for a, b, kind in spans if position <= a and b <= end]
            cleaned.append(self._cut(word, inside) if inside else self.clean(word))
            position = end + 1
        return cleaned

    def again(self, text: str) -> str:
        """``text`` without the secrets that were learned from their context elsewhere."""
        return self._cut(text, self.learned.spans(text))

    def _cut(self, text: str, spans: Iterable[Span]) -> str:
        pieces: list[str] = []
        position = 0
        for start, end, kind in spans:
            pieces += [text[position:start], self._take(text[start:end], kind)]
            position = end
        return "".join([*pieces, text[position:]]) if pieces else text

    def _take(self, secret: str, kind: str) -> str:
        if self._allow(secret):
            return secret
        self.counts[kind] += 1
        if kind in _LEARNED_BY_CONTEXT and looks_random(secret):
            self.learned.learn(secret, kind)
        return placeholder(kind)


def _mapped(
    message: Message, text: Callable[[str], str], field: Field | None = None, words: Words | None = None
) -> Message:
    parts: Sequence[Mapping[str, Any]] = [_walk(part, text, field, words) for part in message.parts]
    return replace(message, parts=tuple(parts), extra=_walk(message.extra, text, field, words))


def _walk(value: Any, text: Callable[[str], str], field: Field | None, words: Words | None) -> Any:
    """A copy of JSON with every string mapped; without recursion, since depth comes from outside."""
    root: list[Any] = [value]
    open_containers: list[Any] = [root]
    while open_containers:
        container = open_containers.pop()
        if words and isinstance(container, list) and len(container) > 1 and all(isinstance(c, str) for c in container):
            container[:] = words(container)
            continue
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for key, child in list(items):
            if isinstance(child, str):
                container[key] = field(_label(container, key), child) if field and isinstance(key, str) else text(child)
            elif isinstance(child, Mapping):
                container[key] = {text(str(k)): v for k, v in child.items()}
                open_containers.append(container[key])
            elif isinstance(child, list | tuple):
                container[key] = list(child)
                open_containers.append(container[key])
    return root[0]


def _label(container: Mapping[str, Any], key: str) -> str:
    """What a field is called: of ``{"name": "DB_PASSWORD", "value": "…"}``, as environments are listed, the name."""
    name = container.get("name", container.get("key"))
    return name if key.lower() == "value" and isinstance(name, str) else key
