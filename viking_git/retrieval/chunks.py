"""Cutting a text into small units that can be addressed: a fragment ``L40-L58`` and the lines it stands for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TARGET = 900
"""Characters of a chunk, about; a single longer line is cut, everything else ends at a line."""

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines ``start`` to ``end`` of a file, counted from 1, both included.

    Attributes:
        text: the lines, or the part of one line that is too long for a chunk.
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


def chunk_markdown(text: str, *, skip_front_matter: bool = False) -> list[Chunk]:
    """Chunks of Markdown: a heading begins one, a paragraph or a fenced block is not torn while it fits."""
    lines = text.split("\n")
    first = _body_start(lines) if skip_front_matter else 0
    chunks: list[Chunk] = []
    for start, end, trail in _sections(lines, first):
        chunks += _packed(lines, _paragraphs(lines, start, end), trail)
    return chunks


def chunk_lines(text: str) -> list[Chunk]:
    """Chunks of any other text, cut at blank lines where that leaves them near the target."""
    lines = text.split("\n")
    return _packed(lines, _paragraphs(lines, 0, len(lines)), "")


def _body_start(lines: list[str]) -> int:
    if lines[0] != "---":
        return 0
    return next((number + 1 for number in range(1, len(lines)) if lines[number] == "---"), 0)


def _sections(lines: list[str], first: int) -> Iterator[tuple[int, int, str]]:
    """Runs of lines from one heading to the next, and the headings above; headings in a row stay together."""
    stack: list[tuple[int, str]] = []
    start, fence, has_body, trail = first, "", False, ""
    for number in range(first, len(lines)):
        line = lines[number]
        mark = _FENCE.match(line)
        if mark and fence in {"", mark[1]}:
            fence = "" if fence else mark[1]
        heading = None if fence else _HEADING.match(line)
        if heading:
            if has_body:
                yield start, number, trail
                start, has_body = number, False
            level = len(heading[1])
            stack = [(depth, title) for depth, title in stack if depth < level] + [(level, heading[2])]
            trail = " > ".join(title for _, title in stack)
        elif line.strip():
            has_body = True
    yield start, len(lines), trail


def _paragraphs(lines: list[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Ranges of lines between blank lines; a fenced block counts as one."""
    begin, fence = -1, ""
    for number in range(start, end):
        mark = _FENCE.match(lines[number])
        if mark and fence in {"", mark[1]}:
            fence = "" if fence else mark[1]
        if lines[number].strip() or fence:
            begin = number if begin < 0 else begin
        elif begin >= 0:
            yield begin, number
            begin = -1
    if begin >= 0:
        yield begin, end


def _packed(lines: list[str], paragraphs: Iterator[tuple[int, int]], trail: str) -> list[Chunk]:
    """Whole paragraphs while they fit, else lines while they fit, else parts of a line."""
    chunks: list[Chunk] = []
    begin, end, size = -1, -1, 0

    def close() -> None:
        nonlocal begin, size
        if begin >= 0 and (body := "\n".join(lines[begin:end]).strip()):
            chunks.append(Chunk(begin + 1, end, body, trail))
        begin, size = -1, 0

    for start, stop in paragraphs:
        length = sum(len(line) + 1 for line in lines[start:stop])
        pieces = [(start, stop)] if length <= TARGET else [(n, n + 1) for n in range(start, stop)]
        for low, high in pieces:
            width = sum(len(line) + 1 for line in lines[low:high])
            if size + width > TARGET:
                close()
            if width > TARGET:
                chunks += [Chunk(low + 1, low + 1, part, trail) for part in _cut(lines[low])]
                continue
            begin, end, size = (low if begin < 0 else begin), high, size + width
    close()
    return chunks


def _cut(line: str) -> Iterator[str]:
    """Parts of a long line, cut at white space where there is some in the second half."""
    rest = line.strip()
    while len(rest) > TARGET:
        space = rest.rfind(" ", TARGET // 2, TARGET)
        at = space if space > 0 else TARGET
        yield rest[:at]
        rest = rest[at:].lstrip()
    if rest:
        yield rest
