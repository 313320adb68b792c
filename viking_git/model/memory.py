"""Memories, candidates, and the codec of ``content.md``.

A memory is a directory whose one editable file is ``content.md``: YAML front matter, ``# Title``, one paragraph that
*is* L0, an optional ``## Overview``, and the detail, one fact a paragraph. ``.abstract.md`` and ``.overview.md`` are
projections of it (design section 3), so its three layers cannot disagree.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from viking_git.errors import InvalidContent
from viking_git.model.categories import Category, category
from viking_git.model.layers import ABSTRACT_LIMIT, OVERVIEW_LIMIT, Layers, check_abstract, clip, sentences
from viking_git.model.names import check_memory_name

STATUSES = ("active", "contested", "superseded")

_HEADING = re.compile(r"^## +(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Quote:
    """Where a candidate's words come from: a message and at most 200 characters of it."""

    message_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """What an extractor proposes to remember. It cannot be made without its three layers and a quoted message.

    Attributes:
        category: a name in ``CATEGORIES``.
        name: the memory's directory name, valid and in the category's shape (dated for events).
        title: the heading, e.g. ``Coding preferences``.
        abstract: L0, one paragraph of at most 256 characters.
        overview: L1's body, at most 4,000 characters less the title's.
        content: L2, the facts, one a paragraph.
        fields: the category's own front matter fields, at least its required ones.
        aliases: other names of an entity.
        quotes: the messages it was read from; at least one.
        created_at: time of the first quoted message, ISO 8601 with Z.
    """

    category: str
    name: str
    title: str
    abstract: str
    overview: str
    content: str
    quotes: tuple[Quote, ...]
    created_at: str
    fields: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.quotes:
            raise InvalidContent("a candidate quotes at least one message")
        for layer, text in (("overview", self.overview), ("content", self.content)):
            if not text.strip():
                raise InvalidContent(f"a candidate has three layers; its {layer} is empty")
        self.memory()

    def memory(self) -> "Memory":
        """The memory that it becomes when nothing like it exists."""
        overview = self.overview if self.overview.strip() != self.content.strip() else ""
        return Memory(
            category=self.category, name=self.name, title=self.title, abstract=self.abstract, overview=overview,
            detail=self.content, fields=dict(self.fields), aliases=self.aliases, created_at=self.created_at,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Memory:
    """One memory: what its ``content.md`` says. Its layers follow from it and always exist.

    Attributes:
        overview: the text under ``## Overview``, "" when there is none.
        detail: the paragraphs after it.
        fields: front matter beyond the fields named here, category fields among them; unknown ones are kept.
    """

    category: str
    name: str
    title: str
    abstract: str
    overview: str = ""
    detail: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    status: str = "active"
    created_at: str = ""

    def __post_init__(self) -> None:
        check_memory_name(self.name)
        if not self.title.strip() or "\n" in self.title:
            raise InvalidContent("a memory has a title on one line")
        check_abstract(self.abstract)
        if self.status not in STATUSES:
            raise InvalidContent(f"unknown status {self.status!r}", hint=f"one of {', '.join(STATUSES)}")
        missing = [key for key in self.kind.required if not str(self.fields.get(key, "")).strip()]
        if missing:
            raise InvalidContent(f"a memory of {self.category} needs the field {missing[0]!r} in its front matter")

    @property
    def kind(self) -> Category:
        """The category's row in the table."""
        return category(self.category)

    @property
    def path(self) -> str:
        """Its directory below ``memories/``."""
        return self.kind.path(self.name)

    def paragraphs(self) -> list[str]:
        """The detail's facts, one a paragraph, headings left out."""
        return [p for p in split_paragraphs(self.detail) if not p.startswith("#")]

    def with_detail(self, detail: str) -> "Memory":
        """This memory with other detail."""
        return replace(self, detail=detail)

    def render(self) -> str:
        """The text of ``content.md``: what ``parse_memory`` reads, byte for byte the same for equal memories."""
        front: dict[str, Any] = {"name": self.name, "category": self.category}
        front.update(sorted(self.fields.items()))
        if self.aliases:
            front["aliases"] = list(self.aliases)
        front["status"] = self.status
        if self.created_at:
            front["created_at"] = self.created_at
        head = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=10**6)
        parts = [f"# {self.title}", self.abstract]
        if self.overview:
            parts.append(f"## Overview\n\n{self.overview.strip()}")
        if self.detail.strip():
            needs_heading = self.overview and not self.detail.lstrip().startswith("## ")
            parts.append(f"## Details\n\n{self.detail.strip()}" if needs_heading else self.detail.strip())
        return f"---\n{head}---\n" + "\n\n".join(parts) + "\n"

    def layers(self) -> Layers:
        """L0 and L1, the projections kept as ``.abstract.md`` and ``.overview.md``.

        L1 is the title, L0, and the Overview section or, without one, the first sentence of each paragraph, as many
        as the budget holds.
        """
        head = f"# {clip(self.title, ABSTRACT_LIMIT)}\n\n{self.abstract}"
        room = OVERVIEW_LIMIT - len(head) - 4
        if self.overview:
            body = _fit(self.overview.strip(), room)
        else:
            body = _bullets(self.paragraphs(), self.abstract, room)
        return Layers(self.abstract, f"{head}\n\n{body}" if body else head)


def parse_memory(text: str, *, category_name: str | None = None, name: str | None = None) -> Memory:
    """Read a ``content.md``.

    Args:
        text: the file.
        category_name: the category its directory stands for; front matter that names another is an error.
        name: its directory's name, likewise.

    Raises:
        InvalidContent: no front matter, no title, no first paragraph, one too long, a missing field.
    """
    front, body = _split_front_matter(text)
    title, abstract, rest = _split_body(body)
    overview, detail = _split_overview(rest)
    declared_category = str(front.pop("category", category_name or ""))
    declared_name = str(front.pop("name", name or ""))
    for what, said, stands in (("category", declared_category, category_name), ("name", declared_name, name)):
        if stands is not None and said != stands:
            raise InvalidContent(f"front matter says {what} {said!r}, the directory says {stands!r}")
    aliases = front.pop("aliases", None) or []
    if not isinstance(aliases, list):
        raise InvalidContent("aliases is a list of names")
    return Memory(
        category=declared_category, name=declared_name, title=title, abstract=abstract, overview=overview,
        detail=detail, aliases=tuple(map(str, aliases)), status=str(front.pop("status", "active")),
        created_at=str(front.pop("created_at", "")), fields=front,
    )  # fmt: skip


def split_paragraphs(text: str) -> list[str]:
    """The paragraphs of Markdown text; a fenced block stays one paragraph, whatever blank lines it holds."""
    paragraphs: list[str] = []
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        mark = line.lstrip()[:3]
        if fence:
            fence = "" if line.strip() == fence else fence
        elif mark in {"```", "~~~"}:
            fence = mark
        if line.strip() or fence:
            lines.append(line)
        elif lines:
            paragraphs.append("\n".join(lines))
            lines = []
    return [*paragraphs, "\n".join(lines)] if lines else paragraphs


def _split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    normal = text.replace("\r\n", "\n").removeprefix("\ufeff")
    if not normal.startswith("---\n") or "\n---" not in normal[3:]:
        raise InvalidContent("content.md begins with YAML front matter between two lines of ---")
    head, _, body = normal[4:].partition("\n---")
    try:
        front = yaml.load(head, Loader=_TextLoader)  # noqa: S506 - a SafeLoader without timestamps
    except yaml.YAMLError as error:
        raise InvalidContent(f"bad YAML in the front matter: {' '.join(str(error).split())}") from None
    if not isinstance(front, dict) or not all(isinstance(key, str) for key in front):
        raise InvalidContent("the front matter is a mapping of field to value")
    return front, body.partition("\n")[2]


def _split_body(body: str) -> tuple[str, str, str]:
    paragraphs = body.strip("\n").split("\n\n", 1)
    heading, _, same_block = paragraphs[0].partition("\n")
    if not heading.startswith("# "):
        raise InvalidContent("after the front matter comes a title: # Title")
    rest = "\n\n".join(p for p in [same_block.strip("\n"), *paragraphs[1:]] if p).strip("\n")
    abstract, _, detail = rest.partition("\n\n")
    if not abstract or abstract.startswith("#"):
        raise InvalidContent("under the title comes one paragraph, the abstract")
    return heading[2:].strip(), abstract, detail.strip("\n")


def _split_overview(rest: str) -> tuple[str, str]:
    headings = list(_HEADING.finditer(rest))
    for index, match in enumerate(headings):
        if match[1].casefold() != "overview":
            continue
        end = headings[index + 1].start() if index + 1 < len(headings) else len(rest)
        before, after = rest[: match.start()].strip("\n"), rest[end:].strip("\n")
        if not before and after.startswith("## Details\n"):
            after = after.partition("\n")[2].strip("\n")
        return rest[match.end() : end].strip("\n"), f"{before}\n\n{after}".strip("\n")
    return "", rest


def _bullets(paragraphs: list[str], abstract: str, room: int) -> str:
    lines: list[str] = []
    used = 0
    for paragraph in paragraphs:
        first = clip(next(iter(sentences(paragraph)), ""), ABSTRACT_LIMIT)
        if not first or first == abstract:
            continue
        used += len(first) + 3
        if used > room:
            break
        lines.append(f"- {first}")
    return "\n".join(lines)


def _fit(text: str, room: int) -> str:
    kept, used = [], 0
    for paragraph in split_paragraphs(text):
        used += len(paragraph) + 2
        if used > room:
            break
        kept.append(paragraph)
    return "\n\n".join(kept) or clip(text, room)


class _TextLoader(yaml.SafeLoader):
    """YAML whose dates stay the text that stands in the file."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
