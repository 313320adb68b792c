"""Layers of an archive: what a conversation was about, in words that quote nothing unless the transcript is tracked."""

import re
from collections import Counter
from collections.abc import Sequence

from viking_git.model.layers import ABSTRACT_LIMIT, OVERVIEW_LIMIT, Layers, clip, sentences
from viking_git.model.messages import Message
from viking_git.resources.described import plain
from viking_git.resources.listing import count
from viking_git.resources.stopwords import STOP_WORDS

TOPIC_LIMIT = 12
SPEAKER_LIMIT = 8
SENTENCE_LIMIT = 60
"""First sentences in the overview of a tracked transcript."""

_NOTHING_SAID = "No messages: a record of what was used."

# Whole runs between white space, so that no part of a path, an address or a key is ever taken for a word.
_RUN = re.compile(r"\S+")
_EDGES = "\"'“”‘’«»()[]{}<>*_~`.,;:!?…—–-"
# Scripts that are written with spaces: elsewhere a run of letters is a sentence, and a sentence is a quote.
_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏͰ-ϿЀ-ӿ\u0531-\u0587\u05d0-\u05ea\u0621-\u064a]{3,20}")


def archive_layers(messages: Sequence[Message], *, private: bool) -> Layers:
    """L0 and L1 of an archive of ``messages``; the same for the same messages.

    Both hold the time range, the number of messages, who spoke, and the topic words. The overview of a tracked
    transcript also has the first sentence of each user message.

    Args:
        private: the transcript is not tracked: no sentence of it may stand in a tracked file.
    """
    if not messages:
        return Layers(_NOTHING_SAID, f"# Conversation\n\n{_NOTHING_SAID}")
    speakers = Counter(clip(plain(message.speaker), 40) for message in messages)
    topics = topic_words(messages)
    when = _period(messages)
    frame = f"Conversation of {count(len(messages), 'message')}"
    if when:
        frame += f", {when}"
    abstract = f"{frame}."
    for limit in range(len(topics), 0, -1):
        longer = f"{frame}. Topics: {', '.join(topics[:limit])}."
        if len(longer) <= ABSTRACT_LIMIT:
            abstract = longer
            break
    named = speakers.most_common(SPEAKER_LIMIT)
    said = [f"{name} ({number:,})" for name, number in sorted(named, key=lambda pair: (-pair[1], pair[0]))]
    if len(speakers) > len(named):
        said.append(f"{len(speakers) - len(named):,} more")
    lines = [f"- Time: {when}"] if when else []
    lines += [f"- Messages: {len(messages):,}"] + ([f"- Speakers: {', '.join(said)}"] if said else [])
    lines += [f"- Topics: {', '.join(topics)}"] if topics else []
    overview = "# Conversation\n\n" + "\n".join(lines)
    if not private:
        overview = _with_sentences(overview, messages)
    return Layers(abstract, overview)


def topic_words(messages: Sequence[Message]) -> list[str]:
    """At most 12 single words that recur, in at least two messages of users and assistants; the commonest first.

    Stop words are left out, and whatever holds a digit or a sign, mixes its letters' case or is long: names of files,
    addresses, keys and identifiers are no topics.
    """
    found: Counter[str] = Counter()
    for message in messages:
        if message.role in {"user", "assistant"}:
            found.update(_words(message.text))
    recurring = [(word, number) for word, number in found.items() if number > 1]
    return [word for word, _ in sorted(recurring, key=lambda pair: (-pair[1], pair[0]))[:TOPIC_LIMIT]]


def _words(text: str) -> set[str]:
    words = set()
    for match in _RUN.finditer(text):
        run = match[0].strip(_EDGES)
        for ending in ("'s", "’s"):
            run = run.removesuffix(ending)
        if _WORD.fullmatch(run) and (run[1:].islower() or (run.isupper() and len(run) <= 6)):
            words.add(run.lower())
    return words - STOP_WORDS


def _period(messages: Sequence[Message]) -> str:
    times = sorted(message.created_at[:16].replace("T", " ") for message in messages if message.created_at)
    if not times:
        return ""
    first, last = plain(times[0]), plain(times[-1])
    if first == last:
        return f"{first} UTC"
    end = last[11:] if first[:10] == last[:10] else last
    return f"{first} to {end} UTC"


def _with_sentences(overview: str, messages: Sequence[Message]) -> str:
    firsts = [next(iter(sentences(plain(message.text))), "") for message in messages if message.role == "user"]
    firsts = [clip(first, ABSTRACT_LIMIT) for first in firsts if first]
    if not firsts:
        return overview
    text = f"{overview}\n\n## What was asked\n"
    for number, first in enumerate(firsts):
        rest = len(firsts) - number
        longer = f"{text}\n- {first}"
        if number == SENTENCE_LIMIT or len(longer) > OVERVIEW_LIMIT - 40:
            return f"{text}\n\n{rest:,} more."
        text = longer
    return text
