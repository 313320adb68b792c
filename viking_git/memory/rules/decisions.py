"""What was decided: "we decided to…", "let's go with X instead of Y"."""

import re

from viking_git.memory.rules.dates import find_dates, with_dates
from viking_git.memory.rules.facts import Fact, day_of
from viking_git.memory.rules.lexicon import EMPTY_OBJECTS
from viking_git.memory.rules.person import Person, capital, finished
from viking_git.memory.rules.prose import Sentence
from viking_git.model.layers import clip

UNREAL = re.compile(
    r"(?i)\b(?:if|unless|maybe|perhaps|might|wish|hop(?:e|ing)|imagine|suppose|wonder(?:ing)?|would have|could have|"
    r"should have|was going to|were going to|almost|nearly|not sure|i think|i guess|supposedly|every|each)\b"
)
"""What makes a sentence tell of something that is not so, or not so yet."""
_DECIDED = (
    re.compile(r"(?i)^(?:(?:and|so|then|ok(?:ay)?|after [\w\s]{3,40}),?\s)*(?:(?P<when>yesterday|today|[\w\s]{3,20}),?\s)?"
               r"(?P<who>we|i)(?:['’]ve|\shave)?\s(?:also\s|finally\s|just\s|all\s)?(?P<verb>decided|agreed|chose|resolved)\s"
               r"(?:(?P<mark>to|on|that|against|not)\s)?(?P<what>.{6,})$"),
    re.compile(r"(?i)^(?:let['’]s|we(?:['’]ll| will)|i(?:['’]ll| will)|we(?:['’]re| are)|i(?:['’]m| am))\s(?:all\s)?"
               r"(?P<mark>go(?:ing)? with|stick(?:ing)? with|switch(?:ing)? to|settl(?:e|ing) on|mov(?:e|ing) (?:\w+ )?to|"
               r"standardi[sz](?:e|ing) on)\s(?P<what>.{3,})$"),
    re.compile(r"(?i)^(?:(?:the\s)?(?:final\s)?decision|decided)(?:\s(?:is|was|made|today)|:)+\s*(?:(?P<mark>to|that)\s)?(?P<what>.{6,})$"),
)  # fmt: skip
_SMALL = re.compile(r"(?i)^(?:to )?(?:that|this|it|option|the (?:first|second|third|other|latter|former|one)|#?\d|[a-d]\b|your|you|"
                    r"approach|plan [a-d]|do (?:it|that|this))\b")  # fmt: skip


def decision(sentence: Sentence, text: str, person: Person, *, is_chat: bool) -> Fact | None:
    """A decision: "we decided to…", "let's go with X instead of Y", "I've agreed to…"."""
    if sentence.is_question or UNREAL.search(text) or len(text) > 300:
        return None
    for number, pattern in enumerate(_DECIDED):
        match = pattern.match(text)
        if match is None or (is_chat and (number > 0 or not match["mark"])) or _is_small(match["what"]):
            continue
        if number == 1 and len(match["what"].split()) < 3 and not re.search(r"(?i)instead of|over|because|for", text):
            continue
        return _decided(sentence, match, person)
    return None


def _decided(sentence: Sentence, match: re.Match[str], person: Person) -> Fact:
    day = day_of(sentence)
    dates = find_dates(match.string, day)
    on = dates[0].day if dates and dates[0].day <= day and dates[0].start < match.start("what") else day
    what = with_dates(match["what"], find_dates(match["what"], day, past=False))
    mark = (match["mark"] or "").lower()
    forms = {"go": "go with", "going": "go with", "stick": "stick with", "sticking": "stick with", "switch": "switch to",
            "switching": "switch to", "settle": "settle on", "settling": "settle on", "move": "move to", "moving": "move to"}  # fmt: skip
    words = mark.split()
    if words and words[0] in forms:
        chosen = f"to {forms[words[0]]} {what}"
    elif words and words[0].startswith("standard"):
        chosen = f"to standardise on {what}"
    else:
        chosen = f"{mark} {what}".strip() if mark in {"to", "that", "on", "against", "not"} else what
    chosen = re.sub(r"(?i)\b(?:my|our)\b", "their", re.sub(r"(?i)\b(?:we|i)\b", "they", chosen)).rstrip(" .!")
    chosen = re.sub(r"(?i)\bthey(?:['’]re| am)\b", "they are", chosen)
    verb = (match.groupdict().get("verb") or "decided").lower()
    fact = finished(f"On {on}, {person.name} {verb} {chosen}")
    title = clip(f"{capital(verb)} {chosen}" if person.is_user else f"{person.name} {verb} {chosen}", 80)
    said = day.isoformat()
    overview = f"- Decision: {clip(capital(chosen.removeprefix('to ')), 300)}\n- Decided on: {on}\n- Told on: {said}"
    return Fact(
        "events", title, title, fact, (sentence,), {"date": on.isoformat(), "type": "decision"}, overview, stamped=True
    )


def _is_small(what: str) -> bool:
    return bool(_SMALL.match(what)) or what.split()[0].lower().strip(",.") in EMPTY_OBJECTS
