"""Requests about memory itself: "don't remember this", "forget that I live in Berlin".

A request not to keep something withholds what the person said, and the answers to it, before anything is archived. A
request to forget names something that an earlier conversation taught; only a person can tell which memory it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from viking_git.memory.rules.facts import talk_of
from viking_git.memory.rules.prose import Sentence, sentences_of
from viking_git.model.messages import Message
from viking_git.model.words import pattern

WITHHELD = "[withheld: the speaker asked not to keep this]"
"""The text of a message that is not kept."""

_POLITE = r"(?:(?:please|pls|kindly|actually|just|oh|ok|okay|and|but|so)\b,?\s)*"
_START = rf"(?:^|[,;:.–—-]\s|\b(?:and|but|so)\s){_POLITE}"
_WANT = r"(?:i|we) (?:do\s?n['’]?o?t want|['’]?d rather|would rather)"
_NOT = rf"(?:do\s?n['’]?o?t|never|no need to|{_WANT} (?:you )?(?:not )?(?:to)?)"
_SAID = "what i (?:just |have just )?(?:said|told you|wrote)"
_THIS = rf"(?:this|that|these|those|it|any of (?:this|that|it)|{_SAID}|my last (?:message|sentence))"
_FILLER = r"(?:,? (?:down|anywhere|around|please|pls|either|ok|okay|in (?:your |the )?memory))*[\s.!]*$"
_DONT_KEEP = (
    # "don't remember …" is about memory whatever follows. "don't keep …", "don't save …" are about files as often.
    pattern(rf"{_START}{_NOT} (?:ever )?(?:remember|memori[sz]e)\b"),
    pattern(rf"""
        {_START}{_NOT} (?:ever )?(?:keep|save|store|record|write|put|add|commit|note)\s.{{1,160}}?\s(?:down )?
        (?:in|into|to|as) (?:your |the |my |our |long-term |any )*(?:memory|memories)(?=[,.;:!]|$| please)
    """),
    pattern(rf"^{_POLITE}{_NOT} (?:keep|save|store|record|note)\s{_THIS}{_FILLER}"),
    pattern(rf"""
        ^{_POLITE}(?:keep )?(?:this|that|it|all of this) (?:(?:is|stays?|was|should stay) )?(?:strictly )?
        (?:off the record|between (?:us|you and me))\b
    """),
    pattern(rf"^{_POLITE}forget (?:about )?{_SAID}\b"),
)
_ALONE = pattern(rf"""
    (?:remember|memori[sz]e|keep|save|store|record|note|forget|forget about)\s{_THIS}{_FILLER}
    |(?:off the record|between (?:us|you and me)){_FILLER}
""")
"""A request without the thing that is not to be kept: the message before tells that."""
_FORGET = pattern(
    rf"{_START}(?:forget|stop remembering)\s(?:(?:that|about|the fact that)\s)?"
    r"(?P<what>(?:i|i['’]m|we|we['’]re|my|our|me)\b.{3,200}?)[\s.!]*$"
)
_NOT_ABOUT_MEMORY = pattern(r"""
    ^my (?:last|previous|earlier|first|above) |^(?:i|we) (?:asked|said|mentioned) (?:it|that|this)\b
""")


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests about memory in a batch of messages.

    Attributes:
        withheld: places of the messages that are not kept.
        before: places of messages that ask not to keep a message before the batch, which is archived already.
        forget: ids of messages that ask to forget something, each with what.
    """

    withheld: frozenset[int]
    before: tuple[int, ...]
    forget: tuple[tuple[str, str], ...]


def requests_of(messages: Sequence[Message]) -> Requests:
    """Return the requests about memory that people make in ``messages``."""
    talk = talk_of(messages)
    said = [place for place, message in enumerate(messages) if talk.author(message) is not None]
    withheld: set[int] = set()
    before: list[int] = []
    forget: list[tuple[str, str]] = []
    for turn, place in enumerate(said):
        sentences = sentences_of(messages[place], place)
        forget += ((messages[place].id, what) for sentence in sentences for what in _forgotten(sentence))
        asking = [sentence for sentence in sentences if asks_not_to_keep(sentence.text)]
        if not asking:
            continue
        first = turn - 1 if len(asking) == len(sentences) and all(_ALONE.search(s.text) for s in asking) else turn
        if first < 0:
            before.append(place)
        # The answers repeat what was said, so they go with it.
        end = said[turn + 1] if turn + 1 < len(said) else len(messages)
        withheld.update(range(said[max(first, 0)], end))
    return Requests(frozenset(withheld), tuple(before), tuple(forget))


def without(messages: Sequence[Message], withheld: frozenset[int]) -> list[Message]:
    """Return ``messages`` with nothing but id, role and time left of those at the places ``withheld``."""
    nothing = ({"type": "text", "text": WITHHELD},)
    return [
        replace(message, parts=nothing, extra={}) if place in withheld else message
        for place, message in enumerate(messages)
    ]


def asks_not_to_keep(text: str) -> bool:
    """Whether a sentence asks not to remember something."""
    return any(form.search(text) for form in _DONT_KEEP) and not text.rstrip().endswith("?")


def is_about_memory(text: str) -> bool:
    """Whether a sentence is a request about memory, and so tells no fact."""
    return asks_not_to_keep(text) or _FORGET.search(text) is not None


def _forgotten(sentence: Sentence) -> Iterator[str]:
    match = _FORGET.search(sentence.text)
    if match is not None and not sentence.is_question and not _NOT_ABOUT_MEMORY.search(match["what"]):
        yield match["what"]
