"""How a team works and how a project is built: plain statements in the present tense that still hold tomorrow.

"We ship on Fridays", "Our API runs on port 8080", "The build needs Node 20". What is kept names something exact: a
number, a name, a path, a time that comes round. What only tells how things stand now ("the build is broken") is not.
"""

import re

from viking_git.memory.rules.facts import Fact
from viking_git.memory.rules.lexicon import EMPTY_OBJECTS, PARTS, RITUALS, TEAM_VERBS
from viking_git.memory.rules.person import Person, from_outside, with_s
from viking_git.memory.rules.phrasing import capital, finished
from viking_git.memory.rules.prose import Sentence
from viking_git.memory.rules.topics import topic_of
from viking_git.model.words import pattern, word_set

_PASSING = pattern(r"""
    \b(?:this|that|these|those|it|here|there|now|again|still|currently|today|tonight|tomorrow|yesterday|moment|yet|
    already|you|your|i|me|too|so|very|lots?|some|just|more|less|until|if|unless|maybe|perhaps|might|should|could|would|
    wish|think|guess|sure|every time|(?:last|next) (?:time|night|week|month|year|quarter|sprint|release|one)|
    errors?|fail(?:s|ed|ing)?|broken|because|instead of (?:crash|fail)ing)\b|%|\.{3}|…
""")
"""What shows that a sentence points at something, doubts it, or tells of the moment."""
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_CLOCK = r"(?:\d{1,2}(?::\d\d|(?::\d\d)?\s?(?:am|pm|a\.m\.|p\.m\.|o['’]clock))|noon|midnight)"
_COMES_ROUND = pattern(rf"""
    \b(?:(?:every|each)\s\w+|on\s(?:{_WEEKDAY}s|weekends|weekdays)|(?:once|twice|\w+\stimes)\s(?:a|an|per)\s\w+|daily|weekly|
    biweekly|fortnightly|monthly|nightly|hourly|quarterly|yearly|of\s(?:the|each|every)\s(?:week|month|quarter|year|sprint)
    |at\s{_CLOCK})(?!\w)
""")
_LENGTH = pattern(r"""
    ^(?:about\s|at least\s|at most\s|up to\s)?(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|\d+)\s
    (?:seconds?|minutes?|hours?|days?|weeks?|months?|sprints?)\b
""")
_EXACT = re.compile(
    r"`[^`]+`|\b\w*\d\w*|\b[A-Z][\w+#]*|[\w.]+[/_]\w+|\b(?:one|two|three|four|five|six|seven|eight|nine|ten)\s[a-z]+"
)
"""Something that is called by its name, or counted; words only begin with a capital inside a sentence if they are."""
_CUSTOM = pattern(rf"""
    ^we\s(?P<often>all |also |always |only |never |usually |mostly |generally )?
    (?P<verb>{"|".join(sorted(TEAM_VERBS))})\s(?P<rest>(?P<object>[^\s.,;!?]+).*)$
""")
_PART = "|".join(sorted(map(re.escape, PARTS | RITUALS), key=len, reverse=True))
_SUBJECT = rf"""
    ^(?P<who>(?:(?:the|our|my)\s)?
    (?:(?!(?:i|you|we|he|she|they|the|if|when|while|because|what|why|how|does|do|is|are|can|to|no|not)\b)[\w-]+\s){{0,2}}?
    (?P<part>{_PART})s?)\s
"""
_MADE = (
    "hosted|deployed|served|written|built|stored|kept|made|published|generated|managed|tracked|cut|tagged|signed|documented|"
    "tested|released|monitored|configured|based"
)
_WAYS = tuple(
    pattern(_SUBJECT + way)
    for way in (
        r"(?P<verb>needs?|uses?|supports?|targets?|depends? on|talks? to|go(?:es)? to|speaks?|exposes?|stores?|"
        r"expects?|requires?|follows?)\s(?P<exact>.+)$",
        r"(?P<verb>(?:runs?|lives?|listens?|sits?|(?:is|are))\s(?:on|in|at|behind|under))\s(?P<exact>.+)$",
        rf"(?P<made>(?:is|are)\s(?:{_MADE})\s(?:on|in|at|from|with|by|to|under))\s(?P<what>[\w`].+)$",
        r"(?P<verb>(?:is|are)\s(?:called|named))\s(?P<named>.+)$",
        r"(?P<verb>is|are)\s(?P<value>.+)$",
        r"(?P<verb>lasts?|takes?)\s(?P<length>.+)$",
        r"(?P<verb>runs?|starts?|begins?|happens?|takes? place|is|are|opens?|closes?|goes? out)\s(?P<time>"
        r"(?:on|at|every|each|once|twice|daily|weekly|nightly|hourly)\b.*)$",
        r"(?P<formal>requires?|expects?)\s(?P<thing>an?\s[\w-]+\s?[\w-]*)[.!]?$",
    )
)  # fmt: skip
_TO_DO = word_set(
    "fix fixes update updates restart rewrite cleanup look hand change changes refactoring refactor review break "
    "attention love work time rebuild bit lot few while minute second rest help tweak tweaks bugfix feature features "
    "reboot day days"
)
_VAGUE = EMPTY_OBJECTS | word_set("the a an too more less some any own same lots most all both")


def standing(sentence: Sentence, text: str, person: Person) -> Fact | None:
    """The custom of a team, or the fact about a part of its project, that ``text`` states; None for what passes."""
    if sentence.is_question or len(text) > 200 or _PASSING.search(text):
        return None
    return _custom(sentence, text, person) or _part(sentence, text, person)


def _custom(sentence: Sentence, text: str, person: Person) -> Fact | None:
    match = _CUSTOM.match(text)
    if match is None or match["object"].lower() in EMPTY_OBJECTS:
        return None
    plainly = match["verb"].lower() == "use" and match["object"].lower() not in _VAGUE
    if not (match["often"] or plainly or _COMES_ROUND.search(text) or re.search(r"[\w.]+/\w+", match["rest"])):
        return None
    rest = re.sub(r"(?i)\b(?:our|my)\b", "their", match["rest"])
    often = (match["often"] or "").replace("all ", "").replace("also ", "")
    return _kept(sentence, finished(f"{person.group} {often}{with_s(match['verb'].lower())} {rest}"), match["rest"])


def _part(sentence: Sentence, text: str, person: Person) -> Fact | None:
    match = next((found for way in _WAYS if (found := way.match(text)) and _is_exact(found.groupdict())), None)
    if match is None:
        return None
    told = from_outside(text, person)
    if match["part"].lower() in RITUALS:
        return _kept(sentence, told, text)
    name = re.sub(r"(?i)^(?:the|our|my)\s", "", match["who"])
    return Fact("entities", name, capital(name), told, (sentence,), {"kind": "project"})


def _is_exact(said: dict[str, str | None]) -> bool:
    """Whether what is said of a part is exact enough to be worth keeping; ``said`` are the groups that matched."""
    if exact := said.get("exact"):
        early = " ".join(exact.split()[:4])
        doing = set(re.findall(r"[a-z]+", exact.lower())) & _TO_DO
        timed = (said["verb"] or "").lower().endswith((" at", " on", " in")) and _COMES_ROUND.search(exact)
        plainly = (said["verb"] or "").lower() in {"use", "uses"} and exact.split()[0].lower() not in _VAGUE
        return bool(not doing and (_EXACT.search(early) or timed or plainly))
    if value := said.get("value"):
        return bool(_EXACT.match(value))
    if named := said.get("named"):
        return named.split()[0].lower() not in _VAGUE
    if length := said.get("length"):
        return bool(_LENGTH.match(length))
    if time := said.get("time"):
        return bool(_COMES_ROUND.search(time))
    if what := said.get("what"):
        return re.sub(r"(?i)^(?:the|an?)\s", "", what).split()[0].lower() not in EMPTY_OBJECTS
    thing = said.get("thing")
    return bool(thing) and not set((thing or "").lower().split()) & _TO_DO


def _kept(sentence: Sentence, told: str, about: str) -> Fact:
    topic = topic_of(about, "work")
    return Fact("preferences", topic, f"{capital(topic)} preferences", told, (sentence,), {"topic": topic})
