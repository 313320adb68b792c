"""Memories and layers as other versions write them, made ours. What cannot be kept in its place is kept verbatim.

Their memories are single Markdown files, with an HTML comment ``MEMORY_FIELDS`` that holds JSON; their layers may
carry YAML front matter (``directory, source, generated_by, freshness``) and be longer than ours may be.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from viking_git.errors import InvalidContent, InvalidName
from viking_git.model.categories import CATEGORIES, Category
from viking_git.model.frontmatter import split_front_matter
from viking_git.model.layers import ABSTRACT_LIMIT, CONTENT, LAYER_FILES, OVERVIEW_LIMIT, clip
from viking_git.model.memory import Memory, parse_memory
from viking_git.model.text import clean_json, decode_text

IMPORTED = "imported"
"""The key of ``.meta.json`` under which files stand as they came, by their path in the pack."""
FILE_LIMIT = 2**20
"""Bytes of a file that is made ours; a larger one stays as it is."""

_FIELDS = re.compile(r"<!--\s*MEMORY_FIELDS\b[:\s]*(?P<json>\{.*?\})?\s*-->", re.DOTALL)
_DATE = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})(?:[T _-]|$)")
_DATED_PATH = re.compile(r"(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>\d{2})/(?P<name>[^/]+)")
_MEMORY_FILE = re.compile(
    r"(?P<base>(?:user/[^/]+|agent/[^/]+(?:/user/[^/]+)?)/memories)/(?P<category>[^/]+?)(?P<below>/.+)?\.md"
)


@dataclass(frozen=True, slots=True)
class ForeignMemory:
    """A memory made of one file.

    Attributes:
        directory: where it lies.
        memory: what its content.md is to say.
    """

    directory: str
    memory: Memory


@dataclass(frozen=True, slots=True)
class ForeignLayer:
    """A layer made ours.

    Attributes:
        text: within its budget, with a final newline.
        maker: what its front matter says made it, "" where it says nothing.
        changed: whether the file said anything else or more.
    """

    text: str
    maker: str
    changed: bool


def memory_place(path: str) -> tuple[str, Category, str] | None:
    """The ``memories`` directory, the category and the label of a flat memory file; None for other files."""
    match = _MEMORY_FILE.fullmatch(path)
    if match is None or path.rpartition("/")[2] in LAYER_FILES:
        return None
    kind = CATEGORIES.get(match["category"])
    below = (match["below"] or "").strip("/")
    if kind is None or (not below and kind.name != "profile"):
        return None
    return match["base"], kind, below or kind.name


def foreign_memory(path: str, data: bytes, suffix: str = "") -> ForeignMemory | None:
    """The memory that the file ``path`` (in our tree's layout) holds; None where it is none that we can keep.

    Its text becomes the detail. The abstract is the first paragraph, and the title the first heading, else the name.

    Args:
        suffix: put behind the name, to tell apart files whose names say the same.
    """
    place, text = memory_place(path), decode_text(data)
    if place is None or text is None or len(data) > FILE_LIMIT:
        return None
    base, kind, label = place
    if label.endswith(f"/{CONTENT.removesuffix('.md')}"):
        label = label.rpartition("/")[0]
    body, fields = _split_fields(text)
    try:
        front, body = split_front_matter(body)
    except InvalidContent:
        front = {}
    fields = {**front, **fields}
    dated = _DATED_PATH.fullmatch(label)
    if dated:
        label = dated["name"]
    try:
        name = kind.memory_name(_label(label, dated=kind.dated), _date(dated, label, fields) if kind.dated else None)
        name = f"{name}_{suffix}" if suffix else name
        memory = _memory(kind, name, label, body, fields)
        parse_memory(memory.render(), category_name=kind.name, name=name)
    except (InvalidContent, InvalidName):
        return None
    return ForeignMemory(f"{base}/{memory.path}", memory)


def foreign_layer(data: bytes, limit: int) -> ForeignLayer | None:
    """A layer file's text as ours may be, at most ``limit`` characters; None where it is no text or says nothing."""
    text = decode_text(data)
    if text is None:
        return None
    fields: Mapping[str, Any] = {}
    body = text
    try:
        fields, body = split_front_matter(text)
    except InvalidContent:
        fields = {}
    kept = body.strip()
    if len(kept) > limit or (limit == ABSTRACT_LIMIT and "\n\n" in kept):
        kept = clip(kept, limit) if limit < OVERVIEW_LIMIT else _cut(kept, limit)
    if not kept.strip():
        return None
    maker = fields.get("generated_by")
    maker = maker.get("component") if isinstance(maker, Mapping) else maker
    return ForeignLayer(f"{kept}\n", clip(str(maker or ""), 80), f"{kept}\n".encode() != data)


def verbatim(data: bytes) -> str | dict[str, str]:
    """A file's bytes as JSON can hold them: its text, or ``{"base64": …}`` where it is none."""
    try:
        text = data.decode()
        if clean_json(text) == text:
            return text
    except UnicodeDecodeError:
        pass
    return {"base64": base64.b64encode(data).decode()}


def _split_fields(text: str) -> tuple[str, dict[str, Any]]:
    found = list(_FIELDS.finditer(text))
    if not found:
        return text, {}
    match = found[-1]
    try:
        fields = clean_json(json.loads(match["json"] or "{}"))
    except (ValueError, RecursionError):
        return text, {}
    return f"{text[: match.start()].rstrip()}\n{text[match.end() :]}".strip("\n"), fields


def _memory(kind: Category, name: str, label: str, body: str, fields: Mapping[str, Any]) -> Memory:
    paragraphs = [p.strip("\n") for p in re.split(r"\n[ \t]*\n", body.strip("\n")) if p.strip()]
    title = clip(label.rpartition("/")[2].replace("_", " ").replace("-", " "), ABSTRACT_LIMIT) or name
    if paragraphs and (heading := re.match(r"#+[ \t]+(.+?)[ \t]*(?:\n|$)", paragraphs[0])):
        title = clip(heading[1], ABSTRACT_LIMIT) or title
        rest = paragraphs[0][heading.end() :].strip("\n")
        paragraphs[:1] = [rest] if rest else []
    lead = next((p for p in paragraphs if not p.startswith(("#", "```", "|"))), "")
    abstract = clip(str(fields.get("abstract") or "") or lead.lstrip("#->*| ") or title, ABSTRACT_LIMIT)
    if paragraphs[:1] == [abstract]:
        del paragraphs[0]
    own = {key: str(fields.get(key) or default) for key, default in _required(kind, name, title, fields)}
    created = str(fields.get("created_at") or "")
    return Memory(
        category=kind.name, name=name, title=title, abstract=abstract.lstrip("#").strip() or title,
        detail="\n\n".join(paragraphs), fields=own, created_at=created,
    )  # fmt: skip


def _required(kind: Category, name: str, title: str, fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The category's own fields, and what each is where the file does not say."""
    defaults = {"date": name[:10], "kind": str(fields.get("type") or fields.get("entity_type") or "concept")}
    return [(key, defaults.get(key, title)) for key in kind.required]


def _label(label: str, *, dated: bool) -> str:
    if dated:
        last = label.rpartition("/")[2]
        return _DATE.sub("", last, count=1) if _DATE.match(last) else last
    return label.replace("/", " ")


def _date(dated: "re.Match[str] | None", label: str, fields: Mapping[str, Any]) -> str | None:
    if dated:
        return f"{dated['year']}-{dated['month']}-{dated['day']}"
    said = [label.rpartition("/")[2], *(str(fields.get(key) or "") for key in ("date", "event_time", "created_at"))]
    return next((match["date"] for text in said if (match := _DATE.match(text))), None)


def _cut(text: str, limit: int) -> str:
    """Whole lines of ``text`` within ``limit`` characters."""
    head = text[:limit]
    return (head[: head.rfind("\n")] if "\n" in head else clip(head, limit)).rstrip()
