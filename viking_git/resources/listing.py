"""Lists of names with a line each, as overviews show them, within the budget of a layer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from viking_git.model.layers import ABSTRACT, ABSTRACT_LIMIT, LAYER_FILES, OVERVIEW, OVERVIEW_LIMIT, Layers, clip
from viking_git.model.names import is_holdable
from viking_git.model.text import decode_text
from viking_git.resources.described import plain
from viking_git.resources.view import Tree, View
from viking_git.store.snapshot import Entry

CHILD_LIMIT = 64
"""Entries of a directory that an overview names; the rest is counted."""

_ROOM = OVERVIEW_LIMIT - 1
_CLIPS = (ABSTRACT_LIMIT, 160, 100, 60, 30, 0)
_PLAIN_TARGET = re.compile(r"[^\s()<>\\]+")


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a list: a link's target, its text, what is said about it, and lines below it where there is room."""

    target: str
    text: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading ("" for none), the items that may be listed, and how many there are in all."""

    heading: str
    items: Sequence[Item]
    total: int


def fit_sections(head: str, sections: Sequence[Section]) -> str:
    """``head`` and the sections, at most 3,999 characters: with all that is said, with less, then with fewer items."""
    for limit, with_more in ((ABSTRACT_LIMIT, True), *((limit, False) for limit in _CLIPS)):
        text = _join(head, sections, limit, with_more)
        if len(text) <= _ROOM:
            return text
    shorter = [Section(s.heading, s.items[: len(s.items) // 2], s.total) for s in sections]
    if any(section.items for section in sections):
        return fit_sections(head, shorter)
    return clip(head, _ROOM)


def read_line(data: bytes | None) -> str:
    """An abstract's bytes as one clean line of at most 256 characters, "" where there is none or it is no text."""
    content = decode_text(data) if data is not None else None
    return clip(plain(content), ABSTRACT_LIMIT) if content else ""


def own_entries(tree: Tree, path: str) -> tuple[list[Entry], list[Entry]]:
    """The L2 entries and the directories of ``path``, each by name; layer files are neither.

    Names that no tree of ours may hold are passed over: no link leads to them, and ``check`` names them.
    """
    entries = sorted((e for e in tree.entries(path) if is_holdable(e.name)), key=lambda entry: entry.name)
    files = [entry for entry in entries if not entry.is_dir and entry.name not in LAYER_FILES]
    return files, [entry for entry in entries if entry.is_dir]


def name_list(prefix: str, names: Sequence[str], limit: int = ABSTRACT_LIMIT) -> str:
    """``prefix: a, b, c.`` within ``limit``; names that do not fit become ``and 4 more``."""
    shown = [clip(plain(name), 80) for name in names[:CHILD_LIMIT]]
    best = f"{prefix}."
    for number in range(1, len(shown) + 1):
        rest = len(names) - number
        text = f"{prefix}: {', '.join(shown[:number])}{f' and {rest:,} more' if rest else ''}."
        if len(text) <= limit:
            best = text
    return best


def count(number: int, singular: str, plural: str = "") -> str:
    """``1 file``, ``1,200 files``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def write_layers(view: View, path: str, layers: Layers) -> None:
    """Write L0 and L1 of ``path`` where they differ; each ends in a newline."""
    view.write(f"{path}/{ABSTRACT}", layers.abstract + "\n")
    view.write(f"{path}/{OVERVIEW}", layers.overview + "\n")


def _join(head: str, sections: Sequence[Section], limit: int, with_more: bool) -> str:
    parts = [head]
    for section in sections:
        lines = [_line(item, limit, with_more) for item in section.items]
        parts += [f"## {section.heading}"] if section.heading else []
        parts += ["\n".join(lines)] if lines else []
        rest = section.total - len(section.items)
        parts += [f"And {rest:,} more."] if rest else []
    return "\n\n".join(part for part in parts if part)


def _line(item: Item, limit: int, with_more: bool) -> str:
    label = plain(item.target).translate({ord("\\"): "\\\\", ord("["): "\\[", ord("]"): "\\]"})
    plain_target = _PLAIN_TARGET.fullmatch(item.target)
    target = item.target if plain_target else f"<{item.target.replace('<', '%3C').replace('>', '%3E')}>"
    said = clip(item.text, limit) if limit else ""
    more = f"\n  {item.more}" if with_more and item.more else ""
    return f"- [{label}]({target})" + (f" — {said}" if said else "") + more
