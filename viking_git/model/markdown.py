"""The blocks of Markdown, by line: headings, code, tables and front matter, as CommonMark reads them.

All that looks at Markdown by line goes through here, so that no two places disagree about which ``#`` is a heading.
markdown-it-py reads the blocks and nothing inside of a line: about 10 MB a second.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

WINDOW = 2_000_000
"""Characters, about, that are read at once. Its tokens take a hundred times the memory of a text."""

_KINDS: dict[str, Literal["heading", "code", "table"]] = {
    "heading_open": "heading", "fence": "code", "code_block": "code", "table_open": "table",
}  # fmt: skip
_MAY_HOLD_CODE = re.compile(r"```|~~~|^ {0,3}(?:\t| {4})|[-+*.)>][ \t]{4}|[-+*.)>]\t", re.MULTILINE)
_FENCE = re.compile(r"[ >\t]*(`{3,}|~{3,})")
_FRONT = re.compile(r"---[ \t]*\n(?=(?:---|\.\.\.|#|[\w\"'][^:\n]*:)(?:[ \t\n]|\Z))")
"""Three dashes may be a rule between two paragraphs: a field, a comment or the end follows them in front matter."""
_FRONT_END = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines ``start`` to before ``end`` of a text, counted from 0.

    Attributes:
        kind: ``heading``, of the text itself and of no list or quote in it; ``code``, fenced or indented; ``table``;
            ``front`` for front matter.
        level: of a heading, 1 to 6.
        title: a heading's text.
    """

    kind: Literal["heading", "code", "table", "front"]
    start: int
    end: int
    level: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of whole blocks: the number of its first line, its lines, and its blocks, counted from that line."""

    first: int
    lines: list[str]
    blocks: list[Block]


def blocks_of(text: str) -> list[Block]:
    """The blocks of a text, by line."""
    return [
        replace(block, start=piece.first + block.start, end=piece.first + block.end)
        for piece in pieces(text)
        for block in piece.blocks
    ]


def code_lines(text: str) -> set[int]:
    """The numbers, from 0, of the lines that are code, the lines of its fences among them."""
    if not _MAY_HOLD_CODE.search(text):
        # Every merge of a memory asks, and hardly any memory has code.
        return set()
    return {number for block in blocks_of(text) if block.kind == "code" for number in range(block.start, block.end)}


def front_matter_end(text: str) -> int:
    """Where the text below the front matter begins, 0 where there is none."""
    begin = _FRONT.match(text)
    end = _FRONT_END.search(text, begin.end()) if begin else None
    return 0 if end is None else min(end.end() + 1, len(text))


def pieces(text: str) -> Iterator[Piece]:
    """The text in pieces of about ``WINDOW`` characters, each cut before a block of the text itself."""
    body = front_matter_end(text)
    front = text[:body].rstrip("\n").count("\n") + 1 if body else 0
    position, first = 0, 0
    while position < len(text):
        end = _line_end(text, position + WINDOW)
        lines = text[position:end].split("\n")
        blocks, cut = _parsed(lines, front if first == 0 else 0)
        if end < len(text):
            if cut == 0 or (blocks and blocks[-1].end == len(lines) and blocks[-1].kind in {"code", "table"}):
                end, lines, blocks = _whole_block(text, end, lines, blocks)
            else:
                end = position + sum(len(line) + 1 for line in lines[:cut]) - 1
                lines, blocks = lines[:cut], [block for block in blocks if block.start < cut]
        yield Piece(first, lines, blocks)
        position, first = end + 1, first + len(lines)


def _line_end(text: str, position: int) -> int:
    found = text.find("\n", position)
    return len(text) if found < 0 else found


def _whole_block(text: str, end: int, lines: list[str], blocks: list[Block]) -> tuple[int, list[str], list[Block]]:
    """A window whose last block goes on below it, with the rest of that block.

    Only of code and tables does it matter: a list or a paragraph that is cut is two of its kind.
    """
    last = blocks[-1] if blocks else None
    if last is None or last.kind not in {"code", "table"}:
        return end, lines, blocks
    fence = _FENCE.match(lines[last.start]) if last.kind == "code" else None
    if fence and last.end - last.start > 1 and lines[last.end - 1].strip(" >\t").startswith(fence[1]):
        return end, lines, blocks
    closing = rf"\n[ >\t]*{re.escape(fence[1])}+[ \t]*(?=\n|\Z)" if fence else r"(?=\n[ >\t]*(?:\n|\Z))"
    found = re.compile(closing).search(text, end)
    until = found.end() if found else len(text)
    more = text[end + 1 : until].split("\n") if until > end else []
    return until, lines + more, [*blocks[:-1], replace(last, end=last.end + len(more))]


def _parsed(lines: list[str], front: int) -> tuple[list[Block], int]:
    """The blocks of some lines, of which ``front`` are front matter, and the first line of the last one."""
    found = [Block("front", 0, front)] if front else []
    cut = 0
    tokens = _parser().parse("\n".join(lines[front:]))
    for number, token in enumerate(tokens):
        if token.map is None:
            continue
        start, end = token.map[0] + front, token.map[1] + front
        if token.level == 0:
            cut = start
        kind = _KINDS.get(token.type)
        if kind == "heading" and token.level == 0:
            found.append(Block(kind, start, end, int(token.tag[1]), tokens[number + 1].content.strip()))
        elif kind in {"code", "table"}:
            found.append(Block(kind, start, _filled(lines, start, end)))
    return found, cut


def _filled(lines: list[str], start: int, end: int) -> int:
    """The end of a block without the blank lines below it."""
    while end > start + 1 and not lines[min(end, len(lines)) - 1].strip():
        end -= 1
    return min(end, len(lines))


def inlines(text: str) -> Iterator[tuple["Token", "Token"]]:
    """Every run of text with its signs read, such as a link or bold words, and the block that opens around it."""
    for opening, inline in pairwise(_parser(inline=True).parse(text)):
        if inline.type == "inline" and opening.type in {"heading_open", "paragraph_open"}:
            yield inline, opening


@cache
def _parser(*, inline: bool = False) -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    return parser if inline else parser.disable("inline")
