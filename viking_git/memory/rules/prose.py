"""What people said themselves, sentence by sentence: no code, logs, quotations, reminders or tables.

Everything here is linear in the text's length: lines are looked at once, and no expression can backtrack far.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from viking_git.model.messages import Message
from viking_git.model.words import pattern

SENTENCE_LIMIT = 400
"""Characters; what is longer is pasted, not said."""
_LINE_LIMIT = 3000

_TAG = re.compile(r"<([A-Za-z][\w.-]{1,40})(?:\s[^<>]{0,200})?>")
_BULLET = re.compile(r"^\s{0,6}(?:[-*•]|\d{1,2}[.)])\s+(?:\[[ x]\]\s+)?")
_LOG = pattern(
    r"""
    ^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:|\[?\d\d:\d\d:\d\d|\[\w+\]\s
    |(?:DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|TRACE|npm|yarn|pnpm)\b[:!\s\]]
    |Traceback \(|File "|at [\w$.<>/]+ ?\(|(?:\+\+\+|---|@@|diff --git|index [0-9a-f]{7})
    |[$>%#] |>>> |\.\.\. |[\w./-]+:\d+(?::\d+)?:?\s|[\w.]*(?:Error|Exception|Warning)(?::|\s\[)
    |FAIL(?:ED)?\b|PASS(?:ED)?\b|[✓✔✗✘×●]|=== |[{}\[\]<|])
    """,
    re.NOFLAG,
)
_CODE_LINE = pattern(
    r"[;{}]\s*$|^\s*(?:import|from|const|let|var|def|class|return|export|function|public|SELECT) \S.*[=;({:]", re.NOFLAG
)
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|Dr|Mr|Mrs|Ms|Prof|St|No|approx|a\.m|p\.m|U\.S|[A-Z])\.)$")
_END = re.compile(r"[.!?…]+[\"'”’)\]*_]*(?=\s)|\s[–—]\s(?=[A-Z])|(?<=[\w)])\s*(?:😀|😊|😍|❤️|🎉)+\s+(?=[A-Z])")
_EMOJI = re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F\u200d]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence that a person said.

    Attributes:
        text: the sentence, white space folded, list marks and emphasis taken off.
        raw: the same as it stands in the message, but for white space.
        message: where.
        number: the message's place in the conversation.
    """

    text: str
    raw: str
    message: Message
    number: int

    @property
    def is_question(self) -> bool:
        """Whether it asks."""
        return "?" in self.text[-4:]


def sentences_of(message: Message, number: int) -> list[Sentence]:
    """The sentences that the author of ``message`` said themselves."""
    found: list[Sentence] = []
    for paragraph in _paragraphs(_without_tags(message.text)):
        for raw in split_sentences(paragraph):
            text = " ".join(_EMOJI.sub(" ", raw).replace("**", "").replace("__", "").split()).strip("* ")
            if 8 <= len(text) <= SENTENCE_LIMIT and "[redacted:" not in text and _is_prose(text):
                found.append(Sentence(text, raw, message, number))
    return found


def split_sentences(paragraph: str) -> Iterator[str]:
    """The sentences of a paragraph on one line; "e.g.", "Dr." and initials end none."""
    start = 0
    for match in _END.finditer(paragraph):
        if _ABBREVIATION.search(paragraph, max(start, match.end() - 8), match.end()):
            continue
        if piece := paragraph[start : match.end()].strip():
            yield piece
        start = match.end()
    if piece := paragraph[start:].strip():
        yield piece


def _without_tags(text: str) -> str:
    """``text`` without ``<tag>…</tag>`` blocks, in which agents wrap what nobody said."""
    if "<" not in text:
        return text
    kept: list[str] = []
    position = 0
    unclosed: set[str] = set()
    while match := _TAG.search(text, position):
        tag = match[1]
        close = -1 if tag in unclosed else text.find(f"</{tag}>", match.end())
        kept.append(text[position : match.start()])
        position = match.end() if close < 0 else close + len(tag) + 3
        if close < 0:
            unclosed.add(tag)
    return "".join([*kept, text[position:]])


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of prose, and items of lists, on one line each."""
    open_lines: list[str] = []
    fence = ""
    for line in [*text.split("\n"), ""]:
        mark = line.lstrip()[:3]
        if fence or mark in {"```", "~~~"}:
            if open_lines:
                yield " ".join(open_lines)
                open_lines = []
            fence = "" if fence and line.strip().startswith(fence) else fence or mark
            continue
        bullet = _BULLET.match(line)
        if bullet or not _is_said(line):
            if open_lines:
                yield " ".join(open_lines)
                open_lines = []
            if bullet and _is_said(line[bullet.end() :]):
                yield line[bullet.end() :].strip()
        else:
            open_lines.append(line.strip())


def _is_said(line: str) -> bool:
    if not line.strip() or len(line) > _LINE_LIMIT or line.startswith(("    ", "\t", "#", ">", "|")):
        return False
    return not (_LOG.match(line) or _CODE_LINE.search(line))


def _is_prose(text: str) -> bool:
    letters = sum(char.isalpha() or char == " " for char in text)
    return letters >= 0.6 * len(text) and text.count(" ") >= 1
