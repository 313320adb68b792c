"""What was decided: "we decided to…", "let's go with X instead of Y"."""

import re
from datetime import date

from viking_git.memory.rules.dates import When, find_dates, with_dates
from viking_git.memory.rules.facts import Fact, day_of
from viking_git.memory.rules.lexicon import EMPTY_OBJECTS
from viking_git.memory.rules.person import Person
from viking_git.memory.rules.phrasing import capital, finished, heading
from viking_git.memory.rules.prose import Sentence
from viking_git.model.layers import clip
from viking_git.model.words import pattern

UNREAL = re.compile(
    r"(?i)\b(?:if|unless|maybe|perhaps|might|wish|hop(?:e|ing)|imagine|suppose|wonder(?:ing)?|would have|could have|"
    r"should have|was going to|were going to|almost|nearly|not sure|i think|i guess|supposedly|every|each)\b"
)
"""What makes a sentence tell of something that is not so, or not so yet, or so all the time."""

_WHEN = (
    r"(?:(?:yesterday|today|last \w+|this \w+|on \w+(?: \w+)?|\w+ \w+ ago|"
    r"(?:on )?\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?),?\s)"
)
_VERB = re.compile(r"(?i)\b(?:decided|agreed|chose|resolved)\s$")
_WRITTEN = re.compile(r"(?i)\d{4}|\b(?:yesterday|today)\b")
"""A date that needs no guess at the year, nor at whether it looks back or ahead."""
_TOLD = pattern(rf"""
    ^(?:(?:and|so|then|ok(?:ay)?),?\s)*{_WHEN}?(?P<who>we|i|(?:the|my|our) team)(?:['’]ve|\shave|\shas)?\s
    (?:also\s|finally\s|just\s|all\s)?(?P<verb>decided|agreed|chose|resolved)\s{_WHEN}?
    (?:(?P<mark>to|on|that|against|not to)\s)?(?P<what>.{{6,}})$
""")
_PROPOSED = pattern(r"""
    ^(?P<who>let['’]s|we(?:['’]ll| will)|i(?:['’]ll| will)|we(?:['’]re| are)|i(?:['’]m| am))\s(?:all\s)?
    (?P<mark>use|adopt|go(?:ing)? with|stick(?:ing)? with|switch(?:ing)? to|settl(?:e|ing) on|mov(?:e|ing) to|
    standardi[sz](?:e|ing) on)\s(?P<what>.{3,})$
""")
_NOTED = pattern(
    r"^(?:the\s)?(?:final\s)?(?:decision|decided)(?:\s(?:is|was|made|today)|:)+\s*(?:(?P<mark>to|that)\s)?(?P<what>.{6,})$"
)
_SMALL = re.compile(
    r"(?i)^(?:to )?(?:that|this|it|option|the (?:first|second|third|other|latter|former|one)|#?\d|[a-d]\b|your|you|"
    r"approach|plan [a-d]|do (?:it|that|this)|one|both|neither)\b|\bfor now\b"
)
_REASON = re.compile(r",?\s(?:because|since|so that|so|as it|even though|although)\s|\s[–—-]\s")
_CONTRAST = re.compile(r"(?i)\b(?:instead of|rather than|over|and not)\b|, not\b")
_BASE = {"going": "go", "sticking": "stick", "switching": "switch", "settling": "settle", "moving": "move"}


def decision(sentence: Sentence, text: str, person: Person, *, is_chat: bool) -> Fact | None:
    """A decision that names what was decided; in a chat only what somebody says they decided to do."""
    if sentence.is_question or UNREAL.search(text) or len(text) > 300:
        return None
    cut, when = _dated(text, day_of(sentence))
    match = _TOLD.match(cut) or _TOLD.match(text)
    if match is None and not is_chat:
        match = _PROPOSED.match(text) or _NOTED.match(text)
    if match is None or _is_small(match["what"]) or (is_chat and not match["mark"]):
        return None
    if match.re is _PROPOSED and not (
        _CONTRAST.search(match["what"]) or match["what"][0].isupper() or match["what"][0] == "`"
    ):
        return None
    return _decided(sentence, match, person, when if match.string == cut else None)


def _dated(text: str, said: date) -> tuple[str, When | None]:
    """``text`` without the date on which something was decided, and that date: at either end, or after the verb."""
    for when in find_dates(text, said):
        before, after = text[: when.start], text[when.end :]
        if not _WRITTEN.search(text[when.start : when.end]) or when.day > said or not when.phrase.startswith("on "):
            continue
        if not before.strip() or _VERB.search(before) or not after.strip(" .!") or _REASON.match(after):
            kept = after.lstrip(" ,") if not before.strip() or _VERB.search(before) else after
            return f"{before.rstrip()} {kept.lstrip()}".strip(), when
    return text, None


def _decided(sentence: Sentence, match: re.Match[str], person: Person, written: When | None) -> Fact:
    groups = match.groupdict()
    said, what = day_of(sentence), match["what"]
    when = written or _when(match.string[: match.start("what")], said)
    what = with_dates(what, find_dates(what, said, past=False))
    chosen = _theirs(f"{_mark(groups.get('mark') or '')} {what}".strip()).rstrip(" .!")
    together = (groups.get("who") or "i").lower()[0] != "i"
    who = f"{person.possessive} team" if together and person.is_user else person.name
    verb = (groups.get("verb") or "decided").lower()
    told_as = f"{when.phrase}, {who} {verb} {chosen}" if match.re is not _NOTED else f"Decision {when.phrase}: {chosen}"
    title = heading(f"{'' if person.is_user else f'{person.name} '}{verb} {_REASON.split(chosen, maxsplit=1)[0]}")
    length = {} if when.precision == "day" else {"precision": when.precision}
    told = "" if when.day == said else f"\n- Told on: {said}"
    overview = f"- Decision: {clip(capital(chosen.removeprefix('to ')), 300)}\n- Decided: {when.phrase}{told}"
    return Fact("events", title, capital(title), finished(told_as), (sentence,),
                {"date": when.day.isoformat(), "type": "decision", **length}, overview, stamped=True)  # fmt: skip


def _when(lead: str, said: date) -> When:
    """The time that the words before what was decided name, else the day they were said."""
    dates = [when for when in find_dates(lead, said) if when.day <= said]
    return dates[0] if dates else When(said, "day", 0, 0, f"on {said}")


def _mark(mark: str) -> str:
    words = mark.lower().split()
    if not words or words[0] in {"to", "on", "that", "against", "not"}:
        return mark.lower()
    return " ".join(["to", _BASE.get(words[0], re.sub("ing$", "e", words[0])), *words[1:]])


def _theirs(text: str) -> str:
    text = re.sub(r"(?i)\b(?:we|i)['’](?:re|m)\b", "they are", text)
    return re.sub(
        r"(?i)\b(?:my|our)\b", "their", re.sub(r"(?i)\b(?:we|i)\b", "they", re.sub(r"(?i)\bus\b", "them", text))
    )


def _is_small(what: str) -> bool:
    return bool(_SMALL.search(what)) or what.split()[0].lower().strip(",.") in EMPTY_OBJECTS
