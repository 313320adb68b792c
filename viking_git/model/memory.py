"""Memories, candidates, and the codec of ``content.md``.

A memory is a directory whose one editable file is ``content.md``: YAML front matter, ``# Title``, one paragraph that
*is* L0, an optional ``## Overview``, and the detail, one fact a paragraph. ``.abstract.md`` and ``.overview.md`` are
projections of it (design section 3), so its three layers cannot disagree.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from viking_git.errors import InvalidContent, MissingField
from viking_git.model.categories import Category, category
from viking_git.model.frontmatter import join_front_matter, split_front_matter
from viking_git.model.layers import ABSTRACT_LIMIT, OVERVIEW_LIMIT, Layers, check_abstract, clip, sentences
from viking_git.model.markdown import code_lines
from viking_git.model.names import check_memory_name

STATUSES = ("active", "contested", "superseded")

_HEADING = re.compile(r"#{1,6}(?:[ \t]|$)", re.MULTILINE)


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

    @property
    def kind(self) -> Category:
        """The category's row in the table."""
        return category(self.category)

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
        # Blanks around it would be in the layers of what was read, and not in those of what is written.
        object.__setattr__(self, "abstract", self.abstract.strip())
        if not self.title.strip() or "\n" in self.title:
            raise InvalidContent("a memory has a title on one line")
        check_abstract(self.abstract)
        if _HEADING.match(self.abstract.lstrip()):
            raise InvalidContent("an abstract is a paragraph, not a heading")
        if self.status not in STATUSES:
            raise InvalidContent(f"unknown status {self.status!r}", hint=f"one of {', '.join(STATUSES)}")
        missing = [key for key in self.kind.required if not str(self.fields.get(key) or "").strip()]
        if missing:
            raise MissingField(f"a memory of {self.category} needs the field {missing[0]!r} in its front matter")

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
        return [p for p in split_paragraphs(self.detail) if not _HEADING.match(p)]

    def render(self) -> str:
        """The text of ``content.md``: what ``parse_memory`` reads, byte for byte the same for equal memories."""
        front: dict[str, Any] = {"name": self.name, "category": self.category}
        front.update(sorted(self.fields.items()))
        if self.aliases:
            front["aliases"] = list(self.aliases)
        front["status"] = self.status
        if self.created_at:
            front["created_at"] = self.created_at
        parts = [f"# {self.title.strip()}", self.abstract]
        overview, detail = self.overview.strip(), self.detail.strip("\n").rstrip()
        said = f"## Overview\n\n{overview}".strip()
        if detail and overview and _is_open(overview):
            # What follows a fence that nobody closed would belong to it.
            parts += [detail, said]
        else:
            # An empty section keeps a second one of this name what it is: detail.
            named = bool(overview) or _split_overview(detail) != ("", detail)
            parts += [said] if named else []
            headed = not named or detail.startswith("## ")
            parts += [detail if headed else f"## Details\n\n{detail}"] if detail else []
        return join_front_matter(front, "\n\n".join(parts) + "\n")

    def layers(self) -> Layers:
        """L0 and L1, the projections kept as ``.abstract.md`` and ``.overview.md``.

        L1 is the title, L0, and the Overview section or, without one, the first sentence of each paragraph, as many
        as the budget holds.
        """
        head = f"# {clip(self.title, ABSTRACT_LIMIT)}\n\n{self.abstract}"
        room = OVERVIEW_LIMIT - len(head) - 4
        overview = self.overview.strip()
        body = _fit(overview, room) if overview else _bullets(self.paragraphs(), self.abstract, room)
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
    front, body = split_front_matter(text)
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
        created_at=str(front.pop("created_at", None) or ""), fields=front,
    )  # fmt: skip


def renamed_content(data: bytes, category_name: str, name: str) -> bytes:
    """A ``content.md`` whose front matter names another category and name; what is none stays as it is."""
    try:
        fields, body = split_front_matter(data.decode())
    except (InvalidContent, UnicodeDecodeError):
        return data
    new = {key: {"name": name, "category": category_name}.get(key, value) for key, value in fields.items()}
    return data if new == fields else join_front_matter(new, body).encode()


def split_paragraphs(text: str) -> list[str]:
    """The paragraphs of Markdown text; a heading is one, and so is a block of code, whatever blank lines it holds."""
    paragraphs: list[str] = []
    lines: list[str] = []
    for line, fenced in _lines(text):
        heading = not fenced and _HEADING.match(line) is not None
        if lines and (heading or not (line.strip() or fenced)):
            paragraphs.append("\n".join(lines))
            lines = []
        if heading:
            paragraphs.append(line)
        elif line.strip() or fenced:
            lines.append(line)
    return [*paragraphs, "\n".join(lines)] if lines else paragraphs


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is code."""
    code = code_lines(text)
    return ((line, number in code) for number, line in enumerate(text.split("\n")))


def _is_open(text: str) -> bool:
    """Whether a fenced block is still open where ``text`` ends."""
    *_, (_, fenced) = _lines(f"{text}\nx")
    return fenced


def _split_body(body: str) -> tuple[str, str, str]:
    paragraphs = body.strip("\n").split("\n\n", 1)
    heading, _, same_block = paragraphs[0].partition("\n")
    if not heading.startswith("# "):
        raise InvalidContent("after the front matter comes a title: # Title")
    rest = "\n\n".join(p for p in [same_block.strip("\n"), *paragraphs[1:]] if p).strip("\n")
    abstract, _, detail = rest.partition("\n\n")
    if not abstract or _HEADING.match(abstract):
        raise InvalidContent("under the title comes one paragraph, the abstract")
    return heading[2:].strip(), abstract, detail.strip("\n")


def _split_overview(rest: str) -> tuple[str, str]:
    lines = list(_lines(rest))
    sections = [n for n, (line, fenced) in enumerate(lines) if not fenced and line.startswith("## ")]
    start = next((n for n in sections if lines[n][0][3:].strip().casefold() == "overview"), None)
    if start is None:
        return "", rest
    end = next((n for n in sections if n > start), len(lines))
    before, overview, after = (
        "\n".join(line for line, _ in part).strip("\n") for part in (lines[:start], lines[start + 1 : end], lines[end:])
    )
    if not before and after.startswith("## Details\n"):
        after = after.partition("\n")[2].strip("\n")
    return overview, f"{before}\n\n{after}".strip("\n")


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
