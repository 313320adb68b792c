"""Descriptions of Markdown, HTML and plain text."""

import html
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import yaml

from viking_git.model.markdown import front_matter_end, inlines
from viking_git.resources.described import READ_LIMIT, Described, described

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_LIMIT = 4_000
"""Characters of front matter that are read."""
_SILENT = frozenset({"image", "html_inline"})
_UNDERLINE = re.compile(r"([=\-~^*#+])\1{2,}\s*")
_COMMENT_MARKS = "#;*/"
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,15})([^<>]{0,2000})>")
_META_DESCRIPTION = re.compile(r"""name=["']description["'][^<>]{0,400}?content=["']([^"'<>]{1,400})["']""")
_HEADINGS = frozenset({"h1", "h2", "h3"})


def markdown(name: str, text: str) -> Described:
    """Title and first paragraph; front matter's ``title`` (or ``name``) and ``description`` come before both.

    Comments, badges, images, tables and code are no first paragraph.
    """
    front, body = _front_matter(text)
    headings: list[str] = []
    paragraphs: list[str] = []
    fallback: list[str] = []
    for token, parent in inlines(body):
        line = _text_of(token)
        if not line:
            continue
        if parent.type == "heading_open":
            headings.append(line)
        elif parent.level == 0:
            paragraphs.append(line)
        else:
            fallback.append(line)
    title = front.get("title") or front.get("name") or (headings[0] if headings else "")
    abstract = front.get("description") or front.get("summary") or next(iter(paragraphs + fallback), "")
    outline = headings[1:] if headings and headings[0] == title else headings
    return described("markdown", name, title, abstract, outline)


def text(name: str, content: str) -> Described:
    """The first line as title when a blank or underlined line follows it, and the first paragraph after it."""
    lines = [line.rstrip() for line in content[:READ_LIMIT].split("\n")]
    outline = [
        line.strip()
        for line, below in pairwise(lines)
        if line.strip() and _UNDERLINE.fullmatch(below) and not _UNDERLINE.fullmatch(line)
    ]
    blocks = [block for block in _blocks(lines) if block]
    title = ""
    if blocks and (len(blocks[0]) == 1 and len(blocks[0][0]) <= 100 and len(blocks) > 1):
        title = blocks.pop(0)[0]
    if outline and not title:
        title = outline[0]
    abstract = " ".join(blocks[0]) if blocks else ""
    return described("text", name, title, abstract, [item for item in outline if item != title])


def markup(name: str, content: str) -> Described:
    """An HTML page: its title, its description or first paragraph, and its headings."""
    parts: dict[str, list[str]] = {}
    for tag, inner in _elements(content[:READ_LIMIT]):
        parts.setdefault("h" if tag in _HEADINGS else tag, []).append(html.unescape(inner))
    meta = _META_DESCRIPTION.search(content[:READ_LIMIT])
    headings = parts.get("h", [])
    title = next(iter(parts.get("title", []) + headings), "")
    abstract = html.unescape(meta[1]) if meta else next(iter(parts.get("p", [])), "")
    return described("text", name, title, abstract, headings)


def _front_matter(source: str) -> tuple[dict[str, str], str]:
    end = front_matter_end(source)
    body = source[end : end + READ_LIMIT]
    if not 0 < end <= _FRONT_LIMIT:
        return {}, body
    try:
        # The base loader makes text of everything, so no tag or odd date of a stranger's file can do or raise more.
        head = source[:end].strip().strip("-.")
        front: Any = yaml.load(head, Loader=yaml.BaseLoader)  # noqa: S506 - constructs only text, lists and mappings
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, body
    if not isinstance(front, dict):
        return {}, body
    return {k.lower(): v for k, v in front.items() if isinstance(k, str) and isinstance(v, str)}, body


def _text_of(inline: "Token") -> str:
    """What a reader sees of it, images and HTML left out: "" for a row of badges."""
    words = []
    for child in inline.children or []:
        if child.type in {"softbreak", "hardbreak"}:
            words.append(" ")
        elif child.type not in _SILENT:
            words.append(child.content)
    line = "".join(words).strip()
    return line if any(char.isalnum() for char in line) else ""


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """The paragraphs of plain text, underlines and lines without a letter left out."""
    block: list[str] = []
    for line in [*lines, ""]:
        if _UNDERLINE.fullmatch(line) or not line.strip():
            yield block
            block = []
        elif any(char.isalnum() for char in line) and not line.startswith(".. "):
            block.append(line.strip().strip(_COMMENT_MARKS).strip())


def _elements(content: str) -> Iterator[tuple[str, str]]:
    """The text of each title, heading and paragraph; elements inside it are taken as text."""
    wanted = {"title", "p", *_HEADINGS}
    current, words, position = "", [""], 0
    for match in _TAG.finditer(content):
        tag = match[2].lower()
        if current:
            words.append(content[position : match.start()])
        position = match.end()
        if tag not in wanted:
            continue
        if current and any(word.strip() for word in words):
            yield current, "".join(words)
        current, words = ("" if match[1] else tag), []
