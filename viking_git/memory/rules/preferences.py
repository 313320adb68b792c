"""What somebody prefers, likes, asks for always or never: only what lasts, in their own words about themselves."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from viking_git.memory.rules.facts import Fact, about
from viking_git.memory.rules.lexicon import EMPTY_OBJECTS
from viking_git.memory.rules.person import Person, finished, third_person
from viking_git.memory.rules.prose import Sentence
from viking_git.memory.rules.topics import topic_of

_HEDGE = re.compile(
    r"(?i)\b(?:if|unless|maybe|perhaps|might|suppose|imagine|would you|could you|can you|should (?:i|we)|wonder|not sure|"
    r"guess|used to|almost|for now|this time|just this once|today|right now|at the moment|yet|says? (?:that|he|she|they)|"
    r"said|according to|instead of what|quote)\b"
)
_ONE_OFF = re.compile(
    r"(?i)\b(?:this|that|these|those|it|here|there|now|again|above|below|following|first|next|last|step|line \d+|"
    r"the (?:file|function|test|line|error|branch|pr|diff|change|changes|last|first|second|one|other|same|new|old))\b"
)
_LASTING = re.compile(
    r"(?i)\b(?:always|never|ever|every|in general|generally|from now on|going forward|whenever|each time|any|all (?:my|our|the)|"
    r"by default|as a rule|in this (?:repo|project|codebase)|in my (?:code|projects|repos)|in our (?:code|projects|repos))\b"
)
_OBJECT = r"(?:to\s)?(?P<object>[^\s.,;!?]+)"
_SELF = (
    re.compile(rf"(?i)^(?:i|i['’]d)\s(?:\w+ly\s|much\s|still\s|also\s)?prefer\s(?:not\s)?{_OBJECT}"),
    re.compile(r"(?i)^i\s(?:almost\s)?(?:always|usually|generally|normally|typically|never|only|mostly|strictly)\s"
               rf"(?:use|write|want|like|prefer|work|run|commit|test|format|indent|name|deploy|drink|eat|read|keep|put|go|"
               rf"avoid|start|squash|rebase|review)\s{_OBJECT}"),
    re.compile(rf"(?i)^i\s(?:\w+ly\s|just\s|also\s|do\s)?(?:love|hate|dislike|enjoy|adore|can['’]t stand|cannot stand|avoid|"
               rf"(?:do not|don['’]t|really|also|especially|generally) like|like)\s{_OBJECT}"),
    re.compile(rf"(?i)^i(?:['’]m| am)\s(?:not\s)?a\s(?:big\s|huge\s|great\s)?fan of\s{_OBJECT}"),
    re.compile(r"(?i)^my (?:all-time )?fav(?:ou?rite)?\s(?P<object>[\w-]+)(?:\s[\w-]+){0,3}\s(?:is|are)\s\w"),
    re.compile(rf"(?i)^i(?:['’]m| am)\s(?:really\s|so\s|super\s|very\s)?(?:into|passionate about|keen on|fond of|"
               rf"allergic to)\s{_OBJECT}"),
)  # fmt: skip
_IMPERATIVE = re.compile(
    r"(?i)^(?:(?:please|pls|from now on|going forward|in general|in (?:this|the|our|my) (?:repo|project|codebase)|"
    r"and|also|make sure (?:that )?(?:you|to)|remember to)[,:]?\s)*(?P<order>always|never|don['’]t ever|do not ever|don['’]t|"
    r"do not|avoid|use|keep|prefer|stick to|write)\s(?P<rest>.+)$"
)
_NO = re.compile(r"(?i)^(?:please,?\s)?no (?P<what>[\w\s-]{3,40}?) (?P<where>(?:in|on|for|with) .{3,60})$")
_WE_USE = re.compile(
    r"(?i)^we (?:always |only |never |mostly |usually |don['’]t )?(?:use|write|prefer|squash|rebase|follow)\s(?P<object>\S+)"
)
_CONTRAST = re.compile(r"(?i)\b(?:instead of|rather than|over|,? not|and not|never)\b")
_NOT_A_TASTE = re.compile(
    r"(?i)\b(?:love|like|enjoy|hate) (?:to (?:hear|see|know|help|chat|talk)|hearing|seeing (?:you|your)|the way|the idea|your|"
    r"you|how|when|what|working with you|having you|that|this|it)\b"
)


@dataclass(frozen=True, slots=True)
class _Taste:
    text: str
    objects: str


def preference(sentence: Sentence, text: str, person: Person, *, is_chat: bool) -> Fact | None:
    """The lasting preference in ``text``; None for questions, hypotheses, one-off wishes and what points elsewhere."""
    if sentence.is_question or _HEDGE.search(text) or len(text) > 240:
        return None
    readers: tuple[Callable[[str, Person], _Taste | None], ...] = (_own,) if is_chat else (_own, _ordered, _house)
    for read in readers:
        taste = read(text, person)
        if taste:
            topic = topic_of(taste.objects)
            title = f"{topic[:1].upper()}{topic[1:]} preferences"
            return about(person, taste.text, sentence, category="preferences", label=topic, title=title)
    return None


def _own(text: str, person: Person) -> _Taste | None:
    match = next((m for pattern in _SELF if (m := pattern.search(text))), None)
    if match is None or _points_elsewhere(match["object"]) or _NOT_A_TASTE.search(text):
        return None
    if re.match(r"(?i)i['’]d prefer", text) and not _CONTRAST.search(text) and not _LASTING.search(text):
        return None
    if match["object"].lower() == "the" and not _CONTRAST.search(text):
        return None
    fact = third_person(text, person)
    return _Taste(fact, text[match.start("object") :]) if fact else None


def _ordered(text: str, person: Person) -> _Taste | None:
    if no := _NO.match(text):
        return None if _one_off(text) else _Taste(finished(f"{person.name} wants no {no['what']} {no['where']}"), text)
    match = _IMPERATIVE.match(text)
    if match is None:
        return None
    order, rest = match["order"].lower().replace("’", "'"), match["rest"]
    always = order in {"always", "never", "don't ever", "do not ever"}
    if not always and not _LASTING.search(text) and (_one_off(rest) or not _general(order, rest)):
        return None
    if _points_elsewhere(rest.split()[0]) or re.search(r"(?i)\b(?:i|i'm|me|we)\b", rest.split(",")[0]):
        return None
    said = re.sub(r"(?i)\byour\b", "its", re.sub(r"(?i)\bmy\b", "their", rest))
    form = {"always": "always to", "never": "never to", "don't ever": "never to", "do not ever": "never to",
            "don't": "not to", "do not": "not to"}.get(order, f"to {order}")  # fmt: skip
    return _Taste(finished(f"{person.name} asks {form} {said}"), rest)


def _house(text: str, person: Person) -> _Taste | None:
    match = _WE_USE.match(text)
    if match is None or _points_elsewhere(match["object"]) or not (_LASTING.search(text) or _CONTRAST.search(text)):
        return None
    return _Taste(finished(f"{person.possessive} team {_team(text[3:])}"), text[match.start("object") :])


def _team(rest: str) -> str:
    words = rest.split(" ")
    index = 1 if words[0].lower() in {"always", "only", "never", "mostly", "usually"} else 0
    if words[0].lower().replace("’", "'") == "don't":
        return f"does not {' '.join(words[1:])}"
    words[index] = f"{words[index]}s"
    return re.sub(r"(?i)\bour\b", "their", " ".join(words))


def _general(order: str, rest: str) -> bool:
    """Whether an order without "always" speaks of a kind of thing: "use pnpm, not npm", "don't add emojis to commits"."""
    if order in {"use", "prefer", "stick to", "write"}:
        return bool(_CONTRAST.search(rest))
    if order == "keep":
        return bool(re.match(r"(?i)(?:the )?(?:your )?(?:commit messages|commits|comments|answers|replies|responses|functions|tests|"
                             r"prs|pull requests|explanations|messages) \w+", rest))  # fmt: skip
    return bool(re.search(r"(?i)\b(?:emojis?|comments?|commits|commit messages|answers|replies|tests|code|docstrings|"
                          r"dependencies|abstractions|mocks|any|console\.log|print statements|default exports|co-authored)\b", rest))  # fmt: skip


def _one_off(text: str) -> bool:
    return bool(_ONE_OFF.search(text)) and not _LASTING.search(text)


def _points_elsewhere(word: str) -> bool:
    return word.lower().strip("'’\"`*,.") in EMPTY_OBJECTS
