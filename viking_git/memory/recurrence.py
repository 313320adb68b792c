"""Secrets that were learned in one place of a conversation, found again in all others.

Of every secret the pieces that begin at its first characters are known. A text is looked at in steps that are as long
as those characters are many, so each place where a secret stands holds one of the pieces: time follows the length of
the texts plus the number of secrets, never their product.
"""

from collections.abc import Iterator

_PIECE, _STEP = 5, 6
SHORTEST = _PIECE + _STEP - 1
"""Characters of the shortest secret that is found again."""


class Recurrence:
    """The secrets learned so far, with their kinds."""

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}
        self._pieces: dict[str, set[tuple[int, int]]] = {}

    def __bool__(self) -> bool:
        return bool(self._kinds)

    def learn(self, secret: str, kind: str) -> None:
        """Know ``secret``, of ``SHORTEST`` characters at least, from now on; the first kind stays."""
        if secret in self._kinds:
            return
        self._kinds[secret] = kind
        for offset in range(_STEP):
            self._pieces.setdefault(secret[offset : offset + _PIECE], set()).add((offset, len(secret)))

    def spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where known secrets stand in ``text``, in order, the longest of those that begin at one place."""
        end = 0
        found: list[tuple[int, int, str]] = []
        for at in range(0, len(text) - _PIECE + 1, _STEP):
            for offset, length in self._pieces.get(text[at : at + _PIECE], ()):
                start = at - offset
                kind = self._kinds.get(text[start : start + length]) if start >= 0 else None
                if kind:
                    found.append((start, -(start + length), kind))
        for start, negative, kind in sorted(found):
            if start >= end:
                end = -negative
                yield start, end, kind
