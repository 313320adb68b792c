"""Who speaks, and what they say about themselves put into the third person.

The rewriting is careful rather than complete: the subject's verb is inflected where its form is known, later
pronouns become "they" and "their", and where a sentence is beyond the rules the answer is None, so that the caller
keeps the words as said.
"""

import re
from dataclasses import dataclass

from viking_git.memory.rules.lexicon import ADVERBS, MODALS, PAST, PRESENT, SAME_IN_PAST
from viking_git.memory.rules.phrasing import capital, finished

_TOKEN = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*|\s+|[^\sA-Za-z]+|[A-Za-z]")
_FIRST = re.compile(r"(?i)\b(?:I['’](?:m|ve|d|ll)|I|my|me|mine|myself|we['’](?:re|ve|d|ll)|we|our|ours|us|ourselves)\b")
_YOU = re.compile(r"(?i)\b(?:you|your|yours|yourself|y['’]all|ya|u)\b|\byou['’]")
_ALSO = re.compile(r"(?i)(?<=\s)also\s(?=[a-z])")
_TOGETHER = re.compile(r"(?i)^my (?P<who>[\w'’-]+(?: [\w'’-]+){0,2}) (?:and|&) i (?P<rest>.+)$")
_LATER = {
    "i": "they", "i'm": "they're", "i've": "they've", "i'd": "they'd", "i'll": "they'll", "me": "them", "my": "their",
    "mine": "theirs", "myself": "themselves", "we": "they", "we're": "they're", "we've": "they've", "we'd": "they'd",
    "we'll": "they'll", "our": "their", "ours": "theirs", "us": "them", "ourselves": "themselves",
}  # fmt: skip
_IS = {"am": "are", "was": "were"}
_JOINED_VERB = re.compile(r"(?i)\b(?:and|but|or|then)\s+(?:" + "|".join(sorted(ADVERBS)) + r"\s+)?([a-z]+)\b")


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a fact is about.

    Attributes:
        name: what facts call them: ``User``, or a speaker's name.
        is_user: whether facts about them go into the user's own profile and preferences.
        group: who "we" is when they say it, ``User's team``; "" where nobody can tell.
    """

    name: str
    is_user: bool = True
    group: str = ""

    @property
    def possessive(self) -> str:
        """``User's``, ``Caroline's``."""
        return f"{self.name}'s"


def third_person(text: str, person: Person, *, past: bool = False) -> str | None:
    """``text``, in which ``person`` speaks of themselves, as a sentence about them; None where the rules do not reach.

    Args:
        text: a sentence without openers (``plain``).
        person: who said it.
        past: whether the sentence tells of the past, which settles verbs such as "put".
    """
    if _YOU.search(text):
        return None
    text = _ALSO.sub("", text)
    if together := _TOGETHER.match(text):
        return finished(f"{person.name} and their {together['who']} {_later(together['rest'])}")
    first = _FIRST.search(text)
    if first is None or len(text[: first.start()].split()) > 7:
        return None
    word = first[0].lower().replace("’", "'")
    head, rest = _later(text[: first.start()]), text[first.end() :]
    if word == "my":
        return finished(f"{head}{person.possessive}{_later(rest)}")
    subject = person.name if word[0] == "i" else person.group if word.startswith("we") else ""
    verb = _inflected(word, rest, past=past) if subject else None
    return finished(f"{head}{subject}{verb[0]}{_later(verb[1])}") if verb else None


def as_said(text: str, person: Person, day: str) -> str:
    """``text`` as ``person`` said it on ``day``, attributed: ``Caroline said (2023-05-08): "…"``."""
    said = " ".join(text.split()).replace('"', "'").strip()
    return f'{person.name} said ({day}): "{capital(said)}"'


def from_outside(text: str, person: Person) -> str:
    """A sentence whose subject is not the speaker, with "our" and "my" made theirs."""
    own = re.sub(r"\b(?:[Mm]y|[Oo]ur)\b", person.possessive, text, count=1)
    return finished(re.sub(r"\b(?:my|our)\b", "their", re.sub(r"\b(?:me|us)\b", "them", own)))


def with_s(verb: str) -> str:
    """The third person singular of a verb's base form."""
    if verb == "have":
        return "has"
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{verb}es"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}s"


def verb_after_subject(rest: str) -> tuple[str, str, str]:
    """The adverbs, the verb and the rest of what follows a subject; ("", "", rest) where no word does."""
    tokens = _TOKEN.findall(rest)
    adverbs, index = "", 0
    while index < len(tokens):
        token = tokens[index]
        if token.isspace() or token.lower() in ADVERBS:
            adverbs += token
            index += 1
            continue
        if not token[:1].isalpha():
            break
        return adverbs, token, "".join(tokens[index + 1 :])
    return "", "", rest


def is_past(verb: str) -> bool:
    """Whether ``verb`` is a past form that shows it."""
    low = verb.lower()
    if low in {"need", "feed", "speed", "exceed", "proceed", "succeed", "heed", "seed", "bleed", "breed", "weed"}:
        return False
    return low in PAST or (low.endswith("ed") and len(low) > 4)


def _inflected(pronoun: str, rest: str, *, past: bool) -> tuple[str, str] | None:
    """What follows the subject's name instead of ``pronoun`` and its verb: the verb with its adverbs, and the rest."""
    contraction = {"m": " is", "ve": " has", "ll": " will", "re": " is"}.get(pronoun.partition("'")[2])
    if contraction:
        return contraction, rest
    adverbs, verb, tail = verb_after_subject(rest)
    low = verb.lower().replace("’", "'")
    if pronoun.endswith("'d"):
        had = low in {"been", "gone", "seen", "had"} or (low.endswith("ed") and low != "need")
        return (" had" if had else " would"), rest
    fixed = {
        "am": "is",
        "are": "is",
        "were": "was",
        "weren't": "was not",
        "aren't": "is not",
        "have": "has",
        "do": "does",
        "don't": "does not",
        "haven't": "has not",
        "ain't": "is not",
    }
    if low in fixed:
        return f"{adverbs}{fixed[low]}", tail
    if low in MODALS or low in {"didn't", "wasn't", "hadn't"} or is_past(low) or (past and low in SAME_IN_PAST):
        return f"{adverbs}{verb}", tail
    if low not in PRESENT or (low in SAME_IN_PAST and not past) or _joins_verb(tail):
        return None
    return f"{adverbs}{with_s(low)}", tail


def _joins_verb(tail: str) -> bool:
    """Whether a second verb of the same subject follows, which would need its own ending."""
    before_to = re.split(r"(?i)\bto\b|\bwho\b|\bthat\b|[,;]", tail, maxsplit=1)[0]
    joined = _JOINED_VERB.search(before_to)
    return bool(joined and joined[1].lower() in PRESENT)


def _later(text: str) -> str:
    """``text`` with later first-person pronouns as "they"."""
    tokens = _TOKEN.findall(text)
    out: list[str] = []
    after_they = False
    for word in tokens:
        low = word.lower().replace("’", "'")
        if low in _LATER and word != "US":
            out.append(_LATER[low])
            after_they = low in {"i", "we"}
        elif after_they and low in _IS:
            out.append(_IS[low])
            after_they = False
        else:
            after_they = after_they and (word.isspace() or low in ADVERBS)
            out.append(word)
    return "".join(out)
