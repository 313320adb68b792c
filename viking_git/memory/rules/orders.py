"""How an agent is asked to work, always or never; what a team does; what is to be remembered."""

import re

from viking_git.memory.rules.lexicon import EMPTY_OBJECTS
from viking_git.memory.rules.person import Person, with_s
from viking_git.memory.rules.phrasing import capital, finished
from viking_git.model.words import pattern

_PLACE = r"in (?:this|the|our|my|all our|all my) (?:repo|repos|repository|project|projects|codebase|code|team)"
_LASTING = pattern(rf"""
    \b(?:always|never|ever|every|in general|generally|from now on|going forward|whenever|each time|any|by default|
    as a rule|everywhere|all (?:my|our|the)|(?:in|for) all|{_PLACE})\b
""")
_ONE_OFF = pattern(r"""
    \b(?:this|that|these|those|it|here|there|now|again|above|below|following|first|next|last|step|line \d+|
    the (?:file|function|test|line|error|branch|pr|diff|changes?|last|first|second|one|other|same|new|old))\b
""")
_POINTING = re.compile(r"(?i)\b(?:this|that|these|those)\b(?! (?:repo|repository|project|codebase|team)\b)")
_IMPERATIVE = pattern(rf"""
    ^(?:(?:please|pls|and|also|from now on|going forward|in general|{_PLACE}|remember to|make sure (?:that )?(?:you|to)|
    i (?:want|need) you to|i(?:['’]d| would) like you to|(?:you|we) (?:should|must|need to))[,:]?\s)*
    (?P<order>always|never|don['’]t ever|do not ever|don['’]t|do not|avoid|use|keep|prefer|stick to|write)
    \s(?P<rest>.+)$
""")
_SETTLED_FORM = {
    "always": "to always", "never": "to never", "don't ever": "to never", "do not ever": "to never", "don't": "not to",
    "do not": "not to",
}  # fmt: skip
_NO_ORDER = re.compile(
    r"(?i)^(?:mind|forget|worry|bother|hesitate|panic|a|an|the|in|been|had|seen|got|again|ever|once)\b"
)
_NO = re.compile(r"(?i)^(?:please,?\s)?no (?P<what>[\w\s-]{3,40}?) (?P<where>(?:in|on|for|with) .{3,60})$")
_HOUSE = pattern(rf"""
    ^(?:{_PLACE},? )?we (?P<often>always |only |never |mostly |usually |don['’]t )?
    (?P<verb>use|write|prefer|squash|rebase|follow|name|keep|deploy|release|test|review)\s(?P<rest>(?P<object>\S+).*)$
""")
_RULE = pattern(r"^(?:(?!you\b|we\b|i\b)[\w-]+ ){0,3}[\w-]+s (?:[\w-]+ ){0,2}?(?:should|must) (?:always|never) \w.+$")
_REMEMBER = pattern(r"""
    ^(?:please\s)?(?:remember(?::|\sthat|,)|for future reference[:,]|keep in mind(?::|\sthat)|note to self:)
    \s(?P<what>\w.{8,})$
""")
_CONTRAST = re.compile(r"(?i)\b(?:instead of|rather than|over|,? not|and not|never)\b")
_KINDS = pattern(r"""
    \b(?:emojis?|comments|commits|commit messages?|answers|replies|tests|docstrings|dependencies|abstractions|mocks|
    mocking|any|console\.log|print statements|default exports|co-authored\S*|trailing whitespace|semicolons|tabs|
    type assertions)\b
""")
_KEPT = pattern(r"""
    (?:the |your )?(?:commit messages|commits|comments|answers|replies|responses|functions|tests|prs|pull requests|
    explanations|messages|modules|files) \w+
""")
_SECOND = re.compile(r",\s(?=(?:i|we)\b)", re.IGNORECASE)
_BEFORE_YOU = re.compile(r"(?i)\b(before|after|when|whenever|unless|until|once|if) you ([a-z]+)\b")
_FIRST = re.compile(r"(?i)\b(?:i|i['’]m|me|we)\b")


def order_fact(text: str, person: Person) -> tuple[str, str] | None:
    """The statement that an order, a house rule or a request to remember makes, and what it is about."""
    if no := _NO.match(text):
        lasting = _KINDS.search(text) and not _one_off(text)
        return (finished(f"{person.name} wants no {no['what']} {no['where']}"), text) if lasting else None
    for read in (_ordered, _house, _rule, _remembered):
        if found := read(text, person):
            return found
    return None


def _ordered(text: str, person: Person) -> tuple[str, str] | None:
    match = _IMPERATIVE.match(text)
    if match is None:
        return None
    order, rest = match["order"].lower().replace("’", "'"), _SECOND.split(match["rest"], maxsplit=1)[0]
    if _NO_ORDER.match(rest) or _POINTING.search(rest) or _FIRST.search(rest.split(",")[0]):
        return None
    always = order in {"always", "never", "don't ever", "do not ever"}
    if not always and not _LASTING.search(text) and (_one_off(rest) or not _is_general(order, rest)):
        return None
    first = rest.split()[0].lower().strip("'’\"`*,.")
    if first in EMPTY_OBJECTS - {"your"}:
        return None
    said = re.sub(r"(?i)\byour ", "", re.sub(r"(?i)\bmy\b", "their", about_the_agent(rest)))
    if re.search(r"(?i)\byou\b", said):
        return None
    return finished(f"{person.name} asks {_SETTLED_FORM.get(order, f'to {order}')} {said}"), rest


def _house(text: str, person: Person) -> tuple[str, str] | None:
    match = _HOUSE.match(text)
    if match is None or match["object"].lower() in EMPTY_OBJECTS:
        return None
    if not (_LASTING.search(text) or _CONTRAST.search(text)):
        return None
    often = (match["often"] or "").lower().replace("’", "'").strip()
    verb = match["verb"].lower()
    often, verb = ("does not", verb) if often == "don't" else (often, with_s(verb))
    rest = re.sub(r"(?i)\b(?:our|my)\b", "their", match["rest"])
    return finished(f"{person.group or person.possessive + ' team'} {often} {verb} {rest}"), match["rest"]


def _rule(text: str, person: Person) -> tuple[str, str] | None:
    match = _RULE.match(text)
    if match is None or _POINTING.search(text) or _FIRST.search(text):
        return None
    rule = re.sub(r"(?i)\b(?:our|my)\b", "their", text)
    return finished(f"{person.name} says that {rule[:1].lower()}{rule[1:]}"), text


def _remembered(text: str, person: Person) -> tuple[str, str] | None:
    match = _REMEMBER.match(text)
    if match is None or _POINTING.search(match["what"]):
        return None
    what = re.sub(r"(?i)\bi['’]m\b", "they are", re.sub(r"(?i)\b(?:our|my)\b", "their", match["what"]))
    what = capital(re.sub(r"(?i)\b(?:i|we)\b", "they", what))
    return finished(f"{person.name} asks to remember: {what}"), what


def _is_general(order: str, rest: str) -> bool:
    """Whether an order without "always" speaks of a kind of thing: "use pnpm, not npm", "no emojis in commits"."""
    if order in {"use", "prefer", "stick to", "write"}:
        return bool(_CONTRAST.search(rest))
    return bool(_KEPT.match(rest) if order == "keep" else _KINDS.search(rest))


def about_the_agent(text: str) -> str:
    """ "before you commit" → "before the agent commits": the one who is spoken to, in the third person."""
    return _BEFORE_YOU.sub(lambda match: f"{match[1]} the agent {with_s(match[2])}", text)


def _one_off(text: str) -> bool:
    return bool(_ONE_OFF.search(text)) and not _LASTING.search(text)
