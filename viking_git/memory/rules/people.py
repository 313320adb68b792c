"""People, animals, projects and places with a name, and what is said about them."""

import re
from dataclasses import replace

from viking_git.memory.rules.dates import find_dates
from viking_git.memory.rules.facts import Fact, day_of
from viking_git.memory.rules.lexicon import ACQUAINTED, ANIMALS, EMPTY_OBJECTS, FAMILY, THINGS
from viking_git.memory.rules.person import Person, from_outside, is_past, third_person, verb_after_subject
from viking_git.memory.rules.phrasing import finished
from viking_git.memory.rules.prose import Sentence
from viking_git.model.words import pattern, word_set

_RELATIONS = FAMILY | ACQUAINTED | ANIMALS
_RELATION = "|".join(sorted(map(re.escape, _RELATIONS), key=len, reverse=True))
_NAME = r"[A-ZÀ-Þ][\w-]*\w(?:\s[A-ZÀ-Þ][\w-]*[a-zß-ÿ])?"
_THING = "|".join(sorted(map(re.escape, THINGS)))
_THING_NAME = r"(?:`[\w./-]{2,40}`|[A-Z][\w-]*[\w](?:\s[A-Z][\w-]+)?|[a-z][a-z0-9]*(?:[-_][a-z0-9]+)+)"

_MY_RELATION = pattern(
    rf"""
    \b(?P<whose>[Mm]y|[Oo]ur)\s
    (?:(?:older|younger|little|big|best|old|new|good|close|oldest|youngest|twin|late|\w+end|\w+-year-old)\s)?
    (?P<relation>{_RELATION}),?\s(?:(?:is )?(?:called|named)\s)?(?P<name>{_NAME})(?![\w’'])
    """,
    re.NOFLAG,
)
_IS_MY_RELATION = re.compile(
    rf"^(?P<name>{_NAME})(?:\sis|\swas|,)\s(?P<whose>my|our)\s(?:\w+\s)?(?P<relation>{_RELATION})\b(?![’'])"
)
_RELATION_IS = re.compile(
    rf"^(?P<whose>[Mm]y|[Oo]ur)\s(?:\w+\s)?(?P<relation>{_RELATION})\sis\s(?:called\s)?(?P<name>{_NAME})[.!]?$"
)
_NAME_OF_RELATION = re.compile(
    rf"(?i)^(?P<whose>my)\s(?P<relation>{_RELATION})['’]s name(?:\sis|['’]s)\s(?P<name>(?-i:{_NAME}))[.!]?$"
)
_DOES = pattern(
    rf"""
    ^(?P<name>{_NAME})\s(?P<team>from (?:the )?[\w\s-]{{2,25}}\s)?
    (?P<verb>owns|leads|maintains|manages|reviews|handles|joined|is responsible for|is in charge of|is our|is my|is the|
    takes care of|looks after)\s(?P<rest>.+)$
    """,
    re.NOFLAG,
)
_SOMEBODY = re.compile(r"\b(?:she|he|her|his|him|herself|himself)\b")
_NO_PERSON = re.compile(r"(?:tion|sion|ment|ness|ity|ing|ance|ence|ism|ship|age|s)$")
_OUR_THING = pattern(
    rf"""
    \b(?P<whose>[Mm]y|[Oo]ur|[Tt]he)\s(?:\w+\s){{0,2}}?(?P<thing>{_THING}),?\s
    (?:(?:is )?(?:called|named)\s|,\s)?(?P<name>{_THING_NAME})(?![\w-])
    """,
    re.NOFLAG,
)
_NAMED_THING = pattern(
    rf"""
    ^(?:(?P<whose>[Oo]ur|[Mm]y|[Tt]he)\s)?(?P<name>{_THING_NAME})\s(?:(?P<thing>{_THING})\s)?
    (?P<verb>is (?:a|an|the|our|my)|uses|runs on|depends on|talks to|handles|lives in|is written in|is built (?:with|
    on)|stores|serves|replaces|exposes|is deployed)\s(?P<rest>.+)$
    """,
    re.NOFLAG,
)
_WORKING_ON = pattern(rf"""
    ^(?:i['’]m|i am|we['’]re|we are)\s(?:currently\s|now\s)?(?:working on|building|maintaining|writing)\s
    (?:(?:a|an|the|our|my)\s)?(?:[\w-]+\s){{0,4}}?(?P<thing>{_THING})\s(?:called|named)\s(?-i:(?P<name>{_THING_NAME}))
""")
_GOES_ON = re.compile(r"^(?P<pronoun>It|She|He)\s(?=(?:is|has|was|also|only|\w+[^s\W]s)\b)")
_FIRST_OR_SECOND = re.compile(r"(?i)\b(?:i|i['’]\w+|you|your|this|that|these|those|now|today|tomorrow|until|still)\b")
_UNREAL = re.compile(r"(?i)\b(?:if|maybe|perhaps|might|wish|imagine|suppose|what about|would be)\b")
_NOT_NAMES = word_set(
    "I The This That These Those It He She We You They There Here Yes No Ok Okay Thanks Monday Tuesday Wednesday "
    "Thursday Friday Saturday Sunday January February March April May June July August September October November "
    "December English What When Where Who Why How Everyone Everything Something Nothing Nobody Someone Today Tomorrow "
    "Yesterday Christmas Easter God And But So Also Then Now Just Not Please And Of In On At By For With Our My Your "
    "His Her Their A An As Is Was"
)


def entity(sentence: Sentence, text: str, person: Person, *, is_chat: bool) -> Fact | None:
    """What ``text`` says about somebody or something with a name of its own."""
    if sentence.is_question or _UNREAL.search(text) or not 10 <= len(text) <= 280:
        return None
    found = _relative(sentence, text, person)
    if found or is_chat:
        return found
    return _colleague(sentence, text, person) or _thing(sentence, text, person)


def continued(sentence: Sentence, before: Fact) -> Fact | None:
    """What ``sentence`` goes on to say about the entity of the sentence before it: "It takes webhooks from…"."""
    pronoun = _GOES_ON.match(sentence.text)
    if pronoun is None or sentence.is_question or _UNREAL.search(sentence.text) or len(sentence.text) > 240:
        return None
    if (pronoun["pronoun"] == "It") == (before.fields.get("kind") == "person") or _FIRST_OR_SECOND.search(
        sentence.text
    ):
        return None
    name = f"`{before.title}`" if before.title.islower() else before.title
    return replace(before, text=finished(f"{name} {sentence.text[pronoun.end() :]}"), sentences=(sentence,))


def _relative(sentence: Sentence, text: str, person: Person) -> Fact | None:
    match = (
        _MY_RELATION.search(text)
        or _IS_MY_RELATION.match(text)
        or _NAME_OF_RELATION.match(text)
        or _RELATION_IS.match(text)
    )
    if match is None or not _is_name(match["name"]):
        return None
    relation, name = match["relation"].lower(), _own_name(match["name"])
    owner = person.possessive if match["whose"].lower() == "my" or not person.is_user else "User's"
    kind = "animal" if relation in ANIMALS else "person"
    lasts = not (_is_told(text[match.end() :]) or find_dates(text, day_of(sentence)))
    told = third_person(text, person) if lasts and match["whose"].lower() == "my" else None
    if told is None or len(told) > 240:
        told = finished(f"{name} is {owner} {match['relation']}")
    label = name if person.is_user or " " in name else f"{name} {person.name} {relation}"
    title = name if person.is_user else f"{name} ({person.possessive} {relation})"
    return Fact("entities", label, title, told, (sentence,), {"kind": kind, "relation": f"{owner} {relation}"},
                aliases=() if label == name else (name,))  # fmt: skip


def _is_told(rest: str) -> bool:
    """Whether what follows the name tells what happened once; an event keeps that, or nobody."""
    _, verb, _ = verb_after_subject(rest)
    return is_past(verb) and verb.lower() not in {"was", "were", "had", "died", "passed"}


def _colleague(sentence: Sentence, text: str, person: Person) -> Fact | None:
    """Who does what; only where something besides the capital letter says that it is a person, not a program."""
    match = _DOES.match(text)
    if match is None or not _is_name(match["name"]) or _NO_PERSON.search(match["name"]):
        return None
    if re.search(r"(?i)\b(?:this|that|it|you|your)\b", match["rest"][:20]):
        return None
    related = re.match(rf"(?i)(?:\w+ ){{0,2}}(?:{_RELATION})\b", match["rest"])
    personal = _SOMEBODY.search(match["rest"]) or match["team"] or match["verb"] == "leads"
    if not (related if match["verb"].startswith("is ") and len(match["verb"]) < 7 else personal):
        return None
    return Fact("entities", match["name"], match["name"], from_outside(text, person), (sentence,), {"kind": "person"})


def _thing(sentence: Sentence, text: str, person: Person) -> Fact | None:
    match = _WORKING_ON.match(text) or _NAMED_THING.match(text) or _OUR_THING.search(text)
    if match is None:
        return None
    groups = match.groupdict()
    name = match["name"].strip("`")
    thing = (groups.get("thing") or _head_noun(groups.get("rest") or "") or _head_noun(name.replace("-", " "))).lower()
    if thing not in THINGS or not _is_name(name) or name.lower() in _RELATIONS | frozenset(THINGS):
        return None
    if re.search(r"(?i)\b(?:you|your|this|that)\b", text):
        return None
    told = third_person(text, person) if match.re is _WORKING_ON else from_outside(text, person)
    if not told:
        return None
    return Fact("entities", name, name, told, (sentence,), {"kind": THINGS[thing]})


def _head_noun(rest: str) -> str:
    """The first noun of the table in what follows "is a"."""
    words = re.findall(r"[A-Za-zé-]+", rest)[:7]
    return next((word for word in words if word.lower() in THINGS), "")


def _is_name(name: str) -> bool:
    first = name.split()[0]
    lower = first.lower()
    return not (first in _NOT_NAMES or lower in EMPTY_OBJECTS or first.isupper() or lower.endswith(("ing", "ly")))


def _own_name(name: str) -> str:
    """``name`` less a second word that only begins with a capital by chance."""
    first, _, second = name.partition(" ")
    return first if not second or second in _NOT_NAMES else name
