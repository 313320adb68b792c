"""What somebody prefers, likes or always does: what lasts, in their own words about themselves."""

import re

from viking_git.memory.rules.facts import Fact, about, day_of
from viking_git.memory.rules.lexicon import EMPTY_OBJECTS
from viking_git.memory.rules.orders import about_the_agent, order_fact
from viking_git.memory.rules.person import Person, as_said, third_person
from viking_git.memory.rules.phrasing import brief, capital
from viking_git.memory.rules.prose import Sentence
from viking_git.memory.rules.topics import topic_of
from viking_git.model.words import pattern

_HEDGE = pattern(r"""
    \b(?:if|unless|maybe|perhaps|might|suppose|imagine|would you|could you|can you|should (?:i|we)|wonder|not sure|
    guess|used to|almost|for now|this time|just this once|today|right now|at the moment|yet|says? (?:that|he|she|they)|
    he said|she said|they said|according to|quote)\b
""")
_LASTING = pattern(
    r"\b(?:always|never|ever|every|in general|generally|everything|everywhere|by default|as a rule|all (?:my|our))\b"
)
_CONTRAST = re.compile(r"(?i)\b(?:instead of|rather than|over|,? not|and not|never)\b")
_OBJECT = r"(?:to\s)?(?P<object>[^\s.,;!?]+)"
_HABITS = (
    "use|write|want|like|prefer|work|run|commit|test|format|indent|name|deploy|drink|eat|read|keep|put|go|avoid|start|"
    "squash|rebase|review|cook|travel|listen|take"
)
_REGULAR = pattern(r"""
    ^i (?:usually |still |also )?(?!(?:get|see|have|am|was|need|feel|think|know|learn|love)\b)
    (?P<object>[a-z]+) .{0,60}?\b
    (?:every (?:day|morning|evening|night|week|weekend|month|year|summer|winter|\w+day)
    |(?:once|twice|three times) a (?:day|week|month|year)|on (?:weekends|\w+days))\b
""")
_SELF = (
    pattern(rf"^i(?:['’]d)?\s(?:\w+ly\s|much\s|still\s|also\s)?prefer\s(?:not\s)?{_OBJECT}"),
    pattern(rf"""
        ^i\s(?:almost\s)?(?:always|usually|generally|normally|typically|never|only|mostly|strictly)\s(?:{_HABITS})
        \s{_OBJECT}
    """),
    pattern(rf"""
        ^i\s(?:\w+ly\s|just\s|also\s|do\s)?(?:love|hate|dislike|enjoy|adore|can['’]t stand|cannot stand|avoid|like
        |(?:do not|don['’]t|really|also|especially|generally) like)\s{_OBJECT}
    """),
    pattern(rf"^i(?:['’]m| am)\s(?:not\s)?a\s(?:big\s|huge\s|great\s)?fan of\s{_OBJECT}"),
    pattern(r"^my (?:all-time )?(?:fav(?:ou?rite)?|preferred)\s(?P<object>[\w-]+)(?:\s[\w-]+){0,3}\s(?:is|are)\s\w"),
    pattern(rf"^i(?:['’]m| am)\s(?:really\s|so\s|super\s|very\s)?(?:into|passionate about|keen on|fond of)\s{_OBJECT}"),
    pattern(
        rf"^i (?:only |mostly |mainly )?use\s{_OBJECT}\s(?:.{{0,40}}\s)?(?:for everything|everywhere|by default)\b"
    ),
    _REGULAR,
)
_GENERALLY = re.compile(r"(?i)^(?:in general|generally|usually|normally|as a rule|overall),?\s(?=i\s)")
_DISLIKED_HABIT = re.compile(r"(?i)^i (?:really |also )?(?:don['’]t like|do not like|like|love|hate|prefer) it when \w")
_NOT_A_TASTE = pattern(r"""
    \b(?:love|like|enjoy|hate) (?:to (?:hear|see|know|help|chat|talk|bother|ask|say|admit)|hearing|the way|the idea|
    your|you|seeing (?:you|your)|how|when|what|working with you|having you|that|this|it)\b
""")
_CHOSEN_AMONG = re.compile(
    r"(?i)\b(?:the )?(?:first|second|third|last|other|latter|former|option|approach|version|variant|new one|old one)\b"
)


def preference(sentence: Sentence, text: str, person: Person, *, is_chat: bool) -> Fact | None:
    """The lasting preference in ``text``; None for questions, hypotheses, one-off wishes and what points elsewhere."""
    if sentence.is_question or _HEDGE.search(text) or len(text) > 240:
        return None
    text = _GENERALLY.sub("", text)
    found = _own(sentence, text if is_chat else about_the_agent(text), person, is_chat=is_chat)
    ordered = order_fact(text, person) if found is None and not is_chat else None
    if found is None and ordered is None:
        return None
    statement, objects = found or ordered or ("", "")
    topic = topic_of(objects, "" if found else "general")
    title = f"{capital(topic)} preferences"
    return about(person, brief(statement), sentence, category="preferences", label=topic, title=title)


def _own(sentence: Sentence, text: str, person: Person, *, is_chat: bool) -> tuple[str, str] | None:
    if not is_chat and _DISLIKED_HABIT.match(text):
        return as_said(text, person, day_of(sentence).isoformat()), text
    match = next((m for pattern in _SELF if (m := pattern.search(text))), None)
    if match is None or _points_elsewhere(match, text):
        return None
    statement = third_person(text, person)
    return (statement, text[match.start("object") :]) if statement else None


def _points_elsewhere(match: re.Match[str], text: str) -> bool:
    """Whether what is liked stands outside the sentence: "that", "the second option", "to"."""
    said = match["object"].lower().strip("'’\"`*,.")
    if said in EMPTY_OBJECTS or said == "to" or _NOT_A_TASTE.search(text):
        return True
    contrasted = bool(_CONTRAST.search(text))
    if re.match(r"(?i)i['’]d prefer", text) and not contrasted and not _LASTING.search(text):
        return True
    return bool(_CHOSEN_AMONG.search(text)) if contrasted else said == "the"
