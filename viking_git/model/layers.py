"""The three layers: L0 abstract, L1 overview, L2 detail; their file names and budgets."""

import re
from dataclasses import dataclass

from viking_git.errors import InvalidContent

ABSTRACT = ".abstract.md"
OVERVIEW = ".overview.md"
META = ".meta.json"
RELATIONS = ".relations.json"
CONTENT = "content.md"
MESSAGES = "messages.jsonl"
LAYER_FILES = frozenset({ABSTRACT, OVERVIEW, META, RELATIONS})
"""The files of a directory that are about it, not its content."""

ABSTRACT_LIMIT = 256
"""Characters of an L0, about 100 tokens."""
OVERVIEW_LIMIT = 4000
"""Characters of an L1."""

_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|(?<=[.!?。！？][\"')\]])\s+|(?<=[。！？])(?![\"')\]」』）])")


@dataclass(frozen=True, slots=True)
class Layers:
    """L0 and L1 of one directory, within their budgets and not empty."""

    abstract: str
    overview: str

    def __post_init__(self) -> None:
        check_abstract(self.abstract)
        if not self.overview.strip():
            raise InvalidContent("an overview may not be empty")
        if len(self.overview) > OVERVIEW_LIMIT:
            raise InvalidContent(f"an overview has {len(self.overview)} characters, {OVERVIEW_LIMIT} at most")


def check_abstract(text: str) -> str:
    """Return ``text`` if it is an L0: one paragraph, 1 to 256 characters.

    Raises:
        InvalidContent: otherwise, with the count.
    """
    if not text.strip():
        raise InvalidContent("an abstract may not be empty")
    if len(text) > ABSTRACT_LIMIT:
        raise InvalidContent(
            f"an abstract has {len(text)} characters, {ABSTRACT_LIMIT} at most",
            hint="the first paragraph under the title is the abstract; move the rest below it",
        )
    if "\n\n" in text:
        raise InvalidContent("an abstract is one paragraph")
    return text


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph, white space folded."""
    return [s for s in (" ".join(part.split()) for part in _SENTENCE_END.split(text)) if s]


def clip(text: str, limit: int) -> str:
    """``text`` on one line within ``limit`` characters: whole sentences if one fits, else cut at a word with ``…``."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    kept = ""
    for sentence in sentences(line):
        longer = f"{kept} {sentence}".strip()
        if len(longer) > limit:
            break
        kept = longer
    if kept:
        return kept
    cut = line[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut).rstrip(" ,;:") + "…"
