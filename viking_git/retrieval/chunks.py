"""Cutting a text into small units that can be addressed: a fragment ``L40-L58`` and the lines it stands for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from viking_git.model.markdown import WINDOW, Block, pieces

TARGET = 900
"""Characters of a chunk, about; a single longer line is cut, everything else ends at a line."""

_HEAD_LIMIT = TARGET // 3
"""Characters of a table's header up to which it goes with every chunk of the rows."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines ``start`` to ``end`` of a file, counted from 1, both included.

    Attributes:
        text: the lines, or the part of one line that is too long for a chunk; rows of a table that is cut have its
            header above them.
        trail: the headings that it stands under, outermost first, joined by `` > ``.
    """

    start: int
    end: int
    text: str
    trail: str = ""

    @property
    def fragment(self) -> str:
        """``L40-L58``, or ``L40`` for one line."""
        return f"L{self.start}" if self.start == self.end else f"L{self.start}-L{self.end}"


def chunk_markdown(text: str, *, skip_front_matter: bool = False) -> Iterator[Chunk]:
    """Chunks of Markdown: a heading begins one, a paragraph or a block of code is not torn while it fits."""
    stack: list[tuple[int, str]] = []
    for piece in pieces(text):
        lines, blocks = piece.lines, piece.blocks
        first = blocks[0].end if skip_front_matter and blocks and blocks[0].kind == "front" else 0
        whole = {number for b in blocks if b.kind in {"code", "front"} for number in range(b.start, b.end)}
        heads = {row: _head(lines, block) for block in blocks if block.kind == "table" for row in _rows(block)}
        for start, end, trail in _sections(lines, first, blocks, stack):
            yield from _packed(lines, _paragraphs(lines, start, end, whole), trail, heads, piece.first)


def chunk_lines(text: str) -> Iterator[Chunk]:
    """Chunks of any other text, cut at blank lines where that leaves them near the target."""
    position, first = 0, 0
    while position < len(text):
        # A piece at a time: the lines of a large file take several times its memory.
        end = text.find("\n", position + WINDOW)
        end = len(text) if end < 0 else end
        lines = text[position:end].split("\n")
        yield from _packed(lines, _paragraphs(lines, 0, len(lines), set()), "", {}, first)
        position, first = end + 1, first + len(lines)


def _rows(table: Block) -> range:
    """The lines of a table below its header and the line under that."""
    return range(table.start + 2, table.end)


def _head(lines: list[str], table: Block) -> str:
    head = "\n".join(lines[table.start : table.start + 2])
    return head if len(head) <= _HEAD_LIMIT else ""


def _sections(
    lines: list[str], first: int, blocks: Iterable[Block], stack: list[tuple[int, str]]
) -> Iterator[tuple[int, int, str]]:
    """Runs of lines from one heading to the next, and the headings above; headings in a row stay together.

    ``stack`` holds the headings that the first line stands under, and in the end those that the last one does.
    """
    start, trail = first, _trail(stack)
    body = first
    for heading in (block for block in blocks if block.kind == "heading" and block.start >= first):
        if any(line.strip() for line in lines[body : heading.start]):
            yield start, heading.start, trail
            start = heading.start
        stack[:] = [(level, title) for level, title in stack if level < heading.level]
        stack.append((heading.level, heading.title))
        trail, body = _trail(stack), heading.end
    yield start, len(lines), trail


def _trail(stack: Iterable[tuple[int, str]]) -> str:
    return " > ".join(title for _, title in stack)


def _paragraphs(lines: list[str], start: int, end: int, whole: set[int]) -> Iterator[tuple[int, int]]:
    """Ranges of lines between blank lines; those among the lines ``whole`` tear nothing."""
    begin = -1
    for number in range(start, end):
        if lines[number].strip() or number in whole:
            begin = number if begin < 0 else begin
        elif begin >= 0:
            yield begin, number
            begin = -1
    if begin >= 0:
        yield begin, end


def _packed(
    lines: list[str], paragraphs: Iterator[tuple[int, int]], trail: str, heads: dict[int, str], above: int
) -> Iterator[Chunk]:
    """Whole paragraphs while they fit, else lines while they fit, else parts of a line.

    Args:
        heads: line → the header of the table that it is a row of.
        above: how many lines of the file are above ``lines``.
    """
    begin, end, size = -1, -1, 0

    def closed() -> Iterator[Chunk]:
        body = "\n".join(lines[begin:end]).strip() if begin >= 0 else ""
        if body:
            yield Chunk(above + begin + 1, above + end, _under(heads.get(begin, ""), body), trail)

    for low, high in _runs(lines, paragraphs):
        width = sum(len(line) + 1 for line in lines[low:high])
        head = heads.get(low, "")
        if size + width > TARGET:
            yield from closed()
            begin, size = -1, 0
        if width > TARGET:
            at = above + low + 1
            yield from (Chunk(at, at, _under(head, part), trail) for part in _cut(lines[low], TARGET - len(head)))
            continue
        if begin < 0:
            begin, size = low, len(head)
        end, size = high, size + width
    yield from closed()


def _runs(lines: list[str], paragraphs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The paragraphs that fit into a chunk, and the lines of those that do not."""
    for start, stop in paragraphs:
        fits = sum(len(line) + 1 for line in lines[start:stop]) <= TARGET
        yield from [(start, stop)] if fits else ((number, number + 1) for number in range(start, stop))


def _under(head: str, text: str) -> str:
    return f"{head}\n{text}" if head else text


def _cut(line: str, room: int) -> Iterator[str]:
    """Parts of a long line, cut at white space where there is some in the second half."""
    at, size = len(line) - len(line.lstrip()), len(line.rstrip())
    while size - at > room:
        space = line.rfind(" ", at + room // 2, at + room)
        end = space if space > at else at + room
        yield line[at:end]
        at = end
        while at < size and line[at].isspace():
            at += 1
    if at < size:
        yield line[at:size]
