"""Who somebody is, by aspect: name, work, home, family, education, health, languages, background."""

import re

from viking_git.memory.rules.facts import Fact, about
from viking_git.memory.rules.lexicon import OCCUPATIONS, PARTS, RITUALS
from viking_git.memory.rules.person import Person, third_person
from viking_git.memory.rules.phrasing import finished
from viking_git.memory.rules.prose import Sentence
from viking_git.model.words import pattern

_JOB = "|".join(sorted((re.escape(job) for job in OCCUPATIONS), key=len, reverse=True))
_PARTS = "|".join(sorted((re.escape(part) for part in PARTS | RITUALS), key=len, reverse=True))
_PLACE = r"(?-i:[A-ZÀ-Þ][\w’'-]+(?:,?\s(?-i:[A-ZÀ-Þ])[\w’'-]+){0,2})"
_UNREAL = re.compile(
    r"(?i)\b(?:if|maybe|perhaps|might|wish|would|imagine|suppose|pretend|as though|like a|such a|not sure|used to)\b"
)
_NAME_SAID = re.compile(
    r"(?i)^(?:my name is|my name['’]s|call me|i go by|"
    r"(?:everyone|everybody|people|friends|colleagues) (?:just )?calls? me)\s"
    r"(?-i:(?P<name>[A-ZÀ-Þ][\w’'-]+(?:\s[A-ZÀ-Þ][\w’'-]+){0,2}))"
)
_GREETED = re.compile(
    r"\b(?:Hi|Hello|Hey)[,!]?\s(?:I['’]m|I am|this is)\s(?P<name>[A-ZÀ-Þ][a-zà-ÿ’'-]+)(?=[,.!]|\sand\b|\sfrom\b|$)"
)
_INTRODUCED = re.compile(
    r"^I(?:['’]m| am) "
    r"(?!(?:[A-Z]\w*(?:an|ish|ese)|French|Dutch|Swiss|Greek|Czech|Thai|Catholic|Jewish|Hindu|Muslim|Sikh)\b)"
    r"(?P<name>[A-ZÀ-Þ][a-zà-ÿ’'-]+(?:\s[A-ZÀ-Þ][a-zà-ÿ’'-]+)?)"
    r"(?=(?:,|\sand|\s[–—-])\s(?:I\b|the\s|an?\s|your new\s|from\s)|\s(?:from|in|on|with)\s(?:the|our)\s)"
)
"""A name that goes on to say who that is: so a joke ("I'm Batman") is none."""
_TEAM = r"(?:the |our )(?:[\w-]+ ){1,3}?(?:team|squad|group|department|crew|chapter|guild)\b"
_AFTER_NAME = re.compile(r"^(?:[,–—-]|\sand\b|\s)+(?P<rest>.*)$")
_ASPECTS: dict[str, tuple[re.Pattern[str], ...]] = {
    "work": (
        pattern(rf"^i(?:['’]m| am) (?:on|in|with|from|part of|a member of) {_TEAM}"),
        pattern(rf"^i work (?:on|in|with|for|at) {_TEAM}"),
        pattern(rf"""
            ^i(?:['’]m| am) the (?:[\w-]+ ){{0,3}}?(?:{_JOB}|lead|head|owner) (?:of|for) {_TEAM}
        """),
        pattern(rf"""
            ^i(?:['’]m| am)? ?(?:maintain|look after|take care of|own|lead|manage|
            responsible for|in charge of) (?:the|our)\s
            (?:[\w-]+ ){{0,3}}?(?:{_PARTS}|team|rota|rotation|on-call)s?\b
        """),
        pattern(rf"^i(?:['’]m| am) (?:also )?an? (?:[\w-]+ ){{0,4}}?(?:{_JOB})\b(?! of (?:the|this)\b)"),
        pattern(r"""
            ^i work (?:at|for|as|in|on|with|remotely|part[- ]time|full[- ]time|freelance)\b(?! (?:it|this|that|my|the|
            you)\b)
        """),
        pattern(r"^i(?:['’]ve| have) (?:worked|been working) (?:at|for|as|in|with)\b"),
        pattern(r"""
            ^i (?:run|own|lead|manage|founded|co-founded) (?:a|an|my own|the) (?:[\w-]+ ){0,3}?
            (?:company|business|team|shop|store|studio|startup|agency|bakery|restaurant|farm|clinic|school)\b
        """),
        pattern(r"^i(?:['’]m| am) (?:self-employed|unemployed|retired|between jobs|freelancing)\b"),
    ),
    "home": (
        pattern(rf"""
            ^i(?:['’]m| am)? ?(?:currently |now )?(?:live|living|based|reside) in (?:a |an |
            the )?(?:\w+ ){{0,3}}?{_PLACE}
        """),
        pattern(rf"^i(?:['’]m| am) (?:originally )?from {_PLACE}"),
        pattern(rf"^i (?:grew up|was born|was raised) in {_PLACE}"),
        pattern(r"^my time ?zone is \S+"),
    ),
    "family": (
        pattern(r"""
            ^i have (?:a|an|two|three|four|five|\d|twin|no) (?:\w+ ){0,2}?(?:kids?|child|children|sons?|daughters?|
            brothers?|sisters?|siblings|twins?|dogs?|cats?|grandchildren|pets?)\b
        """),
        pattern(r"""
            ^i(?:['’]m| am) (?:happily |recently |newly )?(?:married|divorced|single|engaged|widowed|pregnant|
            a (?:single )?(?:mom|mum|mother|dad|father|parent|grandmother|grandfather|widow|widower))\b(?! to (?:do|
            the)\b)
        """),
    ),
    "education": (
        pattern(r"""
            ^i(?:['’]m| am) (?:studying|majoring in|doing a (?:phd|master['’]?s?|degree)|getting my degree|
            a \w+ student)\b
        """),
        pattern(r"""
            ^i (?:studied|majored in|graduated from|graduated with|
            have a (?:degree|phd|master['’]?s?|bachelor['’]?s?) in)\b
        """),
    ),
    "health": (
        pattern(r"""
            ^i(?:['’]m| am) (?:allergic to|lactose intolerant|vegan|vegetarian|diabetic|asthmatic|colou?r[- ]?blind|
            dyslexic|autistic|deaf|left[- ]handed)\b
        """),
        pattern(r"^i have (?:asthma|diabetes|adhd|celiac|coeliac|migraines|epilepsy|dyslexia|an? \w+ allergy)\b"),
    ),
    "languages": (
        pattern(r"^i (?:speak|am fluent in|am learning)\s(?-i:[A-Z])\w+"),
        pattern(r"^i(?:['’]m| am) (?:fluent in|learning|a native)\s(?-i:[A-Z])\w+"),
    ),
    "background": (
        pattern(r"^i(?:['’]m| am) \d{1,3} years old\b"),
        pattern(r"""
            ^i(?:['’]ve| have) (?:been (?:a|an|\w+ing)|known|had|lived|worked|studied|played|taught|owned)
            \b.{2,60}\bfor\s
            (?:\d+|two|three|four|five|six|seven|eight|nine|ten|over|almost|about|more than|many)\b
            .{0,20}\b(?:years?|months|decades?)\b
        """),
        pattern(r"""
            ^i(?:['’]m| am) (?:a )?(?:trans(?:gender)?|gay|lesbian|bisexual|queer|non-?binary|jewish|muslim|christian|
            buddhist|hindu|catholic)\b
        """),
        pattern(r"^my (?:pronouns are|birthday is) \w+"),
    ),
}
"""What somebody says about themselves, by aspect; the first that fits counts."""
_GOAL = pattern(r"""
    ^(?:my (?:\w+ )?(?:goal|dream|plan) is to \w+ \w+
    |i (?:want|hope|plan|intend) to (?:become|adopt|study|move to|open (?:a|my)|start (?:a|my) (?!conversation|chat)|
    learn|write a|visit|travel|retire|marry)\b)
""")
_JOINED = re.compile(
    r",?\s(?:and|but)\s(?=I(?:['’]m|['’]ve|\s(?:am|live|work|have|grew|was born|study|speak|run|own))\b)"
)


def profile(sentence: Sentence, text: str, person: Person, *, is_chat: bool) -> list[Fact]:
    """What ``person`` says they are; one fact for each clause that says so."""
    if sentence.is_question or len(text) > 240:
        return []
    name = None if is_chat else _NAME_SAID.match(text) or _INTRODUCED.match(text) or _GREETED.search(sentence.text)
    if name is not None:
        told = finished(f"{person.possessive} name is {name['name']}")
        named = about(person, told, sentence, category="profile", label="name", title="Name")
        return [named, *_told_after(sentence, name, person)]
    if _UNREAL.search(text):
        return []
    if is_chat and _GOAL.match(text):
        goal = third_person(text, person)
        return [about(person, goal, sentence, category="profile", label="goals", title="Goals")] if goal else []
    return [fact for clause in _JOINED.split(text) if (fact := _aspect(sentence, clause, person))]


def _told_after(sentence: Sentence, name: re.Match[str], person: Person) -> list[Fact]:
    """What follows the name in one sentence: "…, I work on billing", "… from the data team"."""
    after = _AFTER_NAME.match(name.string[name.end() :])
    if after is None or _UNREAL.search(after["rest"]):
        return []
    rest = after["rest"] if re.match(r"I\b", after["rest"]) else f"I'm {after['rest']}"
    return [fact for clause in _JOINED.split(rest) if (fact := _aspect(sentence, clause, person))]


def _aspect(sentence: Sentence, clause: str, person: Person) -> Fact | None:
    aspect = next((name for name, forms in _ASPECTS.items() if any(form.match(clause) for form in forms)), None)
    told = third_person(clause, person) if aspect else None
    if aspect is None or told is None:
        return None
    return about(person, told, sentence, category="profile", label=aspect, title=aspect.capitalize())
