"""What one file says about itself, in the few words that the layers of its directory have room for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from viking_git.memory.poison import is_poison
from viking_git.memory.redact import placeholder, redact_text
from viking_git.model.layers import ABSTRACT_LIMIT, clip

Kind = Literal["markdown", "text", "code", "csv", "json", "yaml", "notebook", "binary"]

READ_LIMIT = 40_000
"""Characters of a text that a description is taken from; the parsers' worst inputs cost under a second at this size."""

TITLE_LIMIT = 120
OUTLINE_LIMIT = 60

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Described:
    """A file's own description.

    Attributes:
        kind: what kind of document it is; ``binary`` for everything that is not text.
        title: one line of at most 120 characters, never empty.
        abstract: one line of at most 256 characters; "" when the file says nothing about itself.
        outline: headings, columns, keys or top-level names in their order, at most 60.
    """

    kind: Kind
    title: str
    abstract: str = ""
    outline: tuple[str, ...] = ()

    @property
    def best(self) -> str:
        """The abstract, else the outline, else the title: never empty, at most 256 characters."""
        return self.abstract or clip(", ".join(self.outline), ABSTRACT_LIMIT) or self.title


def described(kind: Kind, name: str, title: str, abstract: str = "", outline: list[str] | None = None) -> Described:
    """A description within its limits: white space folded, control characters gone, the name for an empty title.

    Agents read layers before anything else and trust them: what speaks to an agent is left out, secrets are redacted.
    """
    title, abstract, *outline = _harmless([title, abstract, *(outline or [])[: 4 * OUTLINE_LIMIT]])
    names = [clip(plain(item), TITLE_LIMIT) for item in outline]
    unique = tuple(dict.fromkeys(item for item in names if item))[:OUTLINE_LIMIT]
    shown = clip(plain(title), TITLE_LIMIT) or clip(plain(name), TITLE_LIMIT) or "untitled"
    return Described(kind, shown, clip(plain(abstract), ABSTRACT_LIMIT), unique)


def without(made: Described, secrets: Iterable[str]) -> Described:
    """``made`` without ``secrets``, which the file has where only what stands around them gives them away."""
    texts = [made.title, made.abstract, *made.outline]
    for secret in secrets:
        texts = [text.replace(plain(secret), placeholder("secret")) for text in texts]
    return replace(made, title=texts[0], abstract=texts[1], outline=tuple(texts[2:]))


def _harmless(texts: list[str]) -> list[str]:
    whole = "\n".join(texts)
    if not is_poison(whole) and redact_text(whole)[0] == whole:
        return texts
    return ["" if is_poison(text) else redact_text(text)[0] for text in texts]


def plain(text: str) -> str:
    """``text`` on one line, without characters that steer a terminal or turn the reading direction."""
    return " ".join(_CONTROL.sub(" ", text).split())
