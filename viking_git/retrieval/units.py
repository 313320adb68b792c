"""What is searched: units, each small enough to be an answer, as a pure function of one file or one directory.

A directory gives its L0 and its L1, a text file its chunks, an archived transcript its messages (design section 5).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model.layers import ABSTRACT, CONTENT, MESSAGES, OVERVIEW
from viking_git.model.messages import Message, message_from_json
from viking_git.model.meta import load_json
from viking_git.model.text import decode_text, readable_text
from viking_git.retrieval.chunks import Chunk, chunk_lines, chunk_markdown
from viking_git.retrieval.places import Place, place

MESSAGE_LIMIT = 20_000
"""Characters of one message that are indexed."""
EMBED_LIMIT = 2_000
"""Characters of a text that are embedded; models see fewer still."""
NOT_TEXT = "not text"
"""What is left out of a picture or a program: all of it, and nobody misses it in a search by words."""
CONTAINER = "container"
"""The kind of the layers of a directory that only lists what it holds: no answer, unless one asks for a level."""
_NEIGHBOUR_LIMIT = 1_000
_TOOL_INPUT_LIMIT = 300
_TOOL_OUTPUT_LIMIT = 700

# strftime would follow the locale, and the text is hashed.
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_RECORDS = frozenset({"usage.jsonl", "memory_diff.json", "extraction.json", "tool.json"})
_MARKDOWN = frozenset({".md", ".markdown", ".mdx"})
_PROSE = _MARKDOWN | {".txt", ".rst", ".adoc", ".org", ".tex", ".html", ".htm", ""}


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that can be found.

    Attributes:
        path: the file, or the directory for L0 and L1.
        fragment: the part of the file, ``L40-L58`` or a message id; "" for a directory.
        level: 0, 1 or 2.
        kind: ``chat``, ``prose``, ``code`` or ``container``; the fusion weighs by it.
        type, category, owner: as in ``Place``.
        directory: the directory whose L0 gives orientation.
        group: units of one group are one answer: a memory's or skill's directory, ``file#id`` for a message, else the
            file, or the directory with a slash.
        text: what is found.
        who: speaker and date of a message.
        previous, following: the text of the neighbouring messages.
        names: names of files, memories and headings that it stands under, and its date.
        created_at: a message's time, else "".
        line_start, line_end: its lines in the file, 0 for a directory.
        part: tells apart the parts of one line.
    """

    path: str
    fragment: str
    level: int
    kind: str
    type: str
    category: str
    owner: str
    directory: str
    group: str
    text: str
    who: str = ""
    previous: str = ""
    following: str = ""
    names: str = ""
    created_at: str = ""
    line_start: int = 0
    line_end: int = 0
    part: int = 0

    @property
    def id(self) -> str:
        """Stable over runs and clones, unique in a tree."""
        return _hash(self.path, self.fragment, str(self.level), str(self.part))[:24]

    @property
    def digest(self) -> str:
        """Equal for units that need no new entry."""
        return _hash(*(str(getattr(self, field.name)) for field in fields(self)))


def embedded_text(who: str, text: str, previous: str) -> str:
    """What of a unit is embedded: itself first, then for a message the one before it."""
    own = f"{who}: {text}" if who else text
    return f"{own}\n{previous}"[:EMBED_LIMIT].strip()


def is_indexed(path: str) -> bool:
    """Whether the file ``path`` gives L2 units: not dotfiles, and not the records that a commit keeps."""
    parts = path.split("/")
    if any(part.startswith(".") for part in parts):
        return False
    return not (parts[0] == "session" and (parts[-1] in _RECORDS or parts[-2:-1] == ["decisions"]))


def is_transcript(path: str) -> bool:
    """Whether the file ``path`` holds archived messages."""
    return path.startswith("session/") and path.endswith(f"/{MESSAGES}")


def directory_units(path: str, layers: Mapping[str, bytes]) -> Iterator[Unit]:
    """L0 and L1 of the directory ``path``, as far as ``layers`` (file name → bytes) has them."""
    where = place(path)
    kind = CONTAINER if where.container else "prose"
    for level, name in enumerate((ABSTRACT, OVERVIEW)):
        text = (decode_text(layers[name]) or "").strip() if name in layers else ""
        if text:
            yield Unit(
                path, "", level, kind, where.type, where.category, where.owner, directory=path,
                group=where.item or f"{path}/", text=text, names=" ".join(where.names),
            )  # fmt: skip


def file_units(path: str, data: bytes) -> tuple[Iterable[Unit], str]:
    """L2 units of a file, one at a time, and what of it is not as it was written or left out, "" for nothing.

    A file that is no text gives no units.
    """
    if is_transcript(path):
        return _transcript_units(path, data)
    text, bad = readable_text(data)
    if text is None:
        return [], NOT_TEXT
    suffix = PurePosixPath(path).suffix.lower()
    is_memory = path.endswith(f"/{CONTENT}")
    chunks = chunk_markdown(text, skip_front_matter=is_memory) if suffix in _MARKDOWN else chunk_lines(text)
    kind = "prose" if suffix in _PROSE else "code"
    return _chunk_units(path, place(path), kind, chunks), bad


def _chunk_units(path: str, where: Place, kind: str, chunks: Iterable[Chunk]) -> Iterator[Unit]:
    directory = path.rpartition("/")[0]
    last, part = "", 0
    for chunk in chunks:
        part = part + 1 if chunk.fragment == last else 0
        last = chunk.fragment
        yield Unit(
            path, chunk.fragment, 2, kind, where.type, where.category, where.owner, directory,
            group=where.item or path, text=chunk.text, names=" ".join([*where.names, chunk.trail]).strip(),
            line_start=chunk.start, line_end=chunk.end, part=part,
        )  # fmt: skip


def _transcript_units(path: str, data: bytes) -> tuple[list[Unit], str]:
    where = place(path)
    messages: list[tuple[int, Message, str]] = []
    bad = 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            message = message_from_json(load_json(line, path))
        except InvalidContent:
            bad += 1
            continue
        text = message_text(message)
        if text:
            messages.append((number, message, text))
    texts = ["", *(text for _, _, text in messages), ""]
    units = [
        Unit(
            path, message.id, 2, "chat", where.type, "", where.owner, directory=path.rpartition("/")[0],
            group=f"{path}#{message.id}", text=text, who=_who(message), previous=texts[at][-_NEIGHBOUR_LIMIT:],
            following=texts[at + 2][:_NEIGHBOUR_LIMIT], names=message.created_at[:10],
            created_at=message.created_at, line_start=number, line_end=number,
        )
        for at, (number, message, text) in enumerate(messages)
    ]  # fmt: skip
    return units, f"{bad} lines that are no messages" if bad else ""


def message_text(message: Message) -> str:
    """What a message says, for search: its text, captions of its images, and the beginnings of its tool calls."""
    parts = [message.text, *(_part_text(part) for part in message.parts)]
    return "\n".join(part for part in parts if part.strip())[:MESSAGE_LIMIT]


def _part_text(part: Mapping[str, Any]) -> str:
    if part["type"] == "image":
        return str(part.get("caption") or part.get("alt") or "")
    if part["type"] == "context":
        return str(part.get("abstract") or "")
    if part["type"] == "tool":
        given, result = _flat(part.get("tool_input")), _flat(part.get("tool_output"))
        return f"{part['tool_name']}: {given[:_TOOL_INPUT_LIMIT]}\n{result[:_TOOL_OUTPUT_LIMIT]}".strip()
    return ""


def _flat(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _who(message: Message) -> str:
    day = datetime.fromisoformat(message.created_at)
    return f"{message.speaker} ({day.day} {_MONTHS[day.month - 1]} {day.year})"


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
