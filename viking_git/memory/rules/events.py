"""What happened or will happen to somebody on a day that can be told."""

import re

from viking_git.memory.rules.dates import When, find_dates, has_no_one_day, is_over, with_dates, without_dates
from viking_git.memory.rules.decisions import UNREAL
from viking_git.memory.rules.facts import USER, Fact, day_of
from viking_git.memory.rules.lexicon import ADVERBS, MENTAL, SAME_IN_PAST
from viking_git.memory.rules.person import Person, as_said, is_past, third_person, verb_after_subject
from viking_git.memory.rules.phrasing import brief, capital, finished, heading
from viking_git.memory.rules.prose import Sentence
from viking_git.model.words import pattern, word_set

_SUBJECT = re.compile(
    r"(?i)(?:^|[,;]\s|\b(?:and|so|but|that)\s)(?P<subject>i['’]m|i['’]ve|i['’]ll|i|we['’]re|we['’]ve|we['’]ll|we|"
    r"my (?:\w+ ){0,2}\w+)\s(?P<rest>.+)$"
)
_AHEAD = pattern(r"""
    ^(?:i['’]m|i am|we['’]re|we are|my [\w\s]{2,30} (?:is|are)) (?:\w+ly |also |just )?\w+ing\b(?! (?:it|this|that)\b)
    |^(?:i|we)(?:['’]ll| will) be (?:on|in|at|out|away|off)\b
    |^(?:i|we)(?: have| have got|['’]ve got) (?:a |an |my |our )\w+
    |^(?:my|our|the) [\w\s-]{2,40}? (?:is|are|starts?|begins?|ends?) (?:on |due |scheduled |planned |set |moved )
""")
"""What is planned: "I'm moving…", "I'll be away…", "we have a demo…", "our deadline is on…"."""
_WILL = re.compile(
    r"(?i)^(?:i|we)(?:['’]ll| will) (?!always|never|do |be |see |let |try |it\b)\w+ (?!it\b|that\b|this\b)"
)
_AHEAD_MENTAL = re.compile(
    r"(?i)\b(?:thinking|feeling|wondering|hoping|trying|looking forward|excited|considering|getting ready)\b"
)
_JUST = pattern(r"""
    ^(?:i|we)(?:['’]ve)? (?:just|finally|recently) (?:got|started|finished|bought|moved|signed up|adopted|won|passed|
    opened|lost|quit|launched|graduated|joined|completed|became|released|landed|published|had)\b
    (?! (?:that|it|this|to|done|back|here|home|off)\b)
""")
_DATE_AS_SUBJECT = re.compile(r"(?i)^(?:just )?(?:last|this|the) \w+ (?:was|is|has been)\b")
_POINTS = re.compile(
    r"(?i)^\s?(?:it|that|them|those|these|there|so|this)"
    r"(?=\s(?:at|in|on|to|with|from|last|after|before|a|and|for|when|up|out|off)\b|[.,!]|$)"
)
_VAGUE = pattern(r"""
    ^\s?(?:(?:an?|some|such|the|so|much|really|very|\w+(?:ful|ing|ive)|great|amazing|awesome|good|bad|nice|lovely|
    tough)\s)*
    (?:time|laugh|experience|blast|day|week|weekend|fun|news|moment|thing|stuff)s?\b
    (?!\s(?:at|in|on|with|out|of|for|to|together|\w+ing)\b)
""")
"""What somebody "had" that says nothing: "a great time"."""
_ADVERBS = re.compile(rf"\s(?:{'|'.join(sorted(ADVERBS))})\s")
_WORKADAY = word_set(
    "ran tried talked spoke discussed chatted looked checked saw asked noticed pushed wrote changed added fixed "
    "got did made updated tested pulled rebased read opened edited saved restarted deleted removed copied pasted "
    "sent put set"
)
"""What developers do all day; with a date it is still no event."""


def event(sentence: Sentence, text: str, person: Person, *, is_chat: bool) -> Fact | None:
    """Something that ``person`` did or will do, or that befell them, on a date that the sentence tells."""
    if sentence.is_question or UNREAL.search(text) or not 12 <= len(text) <= 320:
        return None
    said = day_of(sentence)
    dates = find_dates(text, said)
    if dates and _tells_past(text, dates, is_chat=is_chat):
        return _event_fact(sentence, text, dates, person, past=True)
    ahead = find_dates(text, said, past=False)
    dated = with_dates(text, ahead)
    if (
        ahead
        and (_AHEAD.match(dated) or (is_chat and _WILL.match(text)))
        and not _AHEAD_MENTAL.search(text)
        and not is_over(ahead[0], said)
    ):
        return _event_fact(sentence, text, ahead, person, past=False)
    if is_chat and _JUST.match(text) and not dates and not has_no_one_day(text, said):
        return _event_fact(sentence, text, [], person, past=True)
    return None


def _tells_past(text: str, dates: list[When], *, is_chat: bool) -> bool:
    """Whether ``text`` tells what somebody did."""
    match = _SUBJECT.search(without_dates(text, dates))
    if match is None or len(text[: match.start("subject")].split()) > 7 or _DATE_AS_SUBJECT.match(text):
        return False
    if match["subject"].lower().replace("’", "'") in {"i'm", "we're", "i'll", "we'll"}:
        return False
    _, verb, rest = verb_after_subject(match["rest"])
    low = verb.lower()
    if not (is_past(low) or low in SAME_IN_PAST) or (low in MENTAL and low not in {"had", "saw"}):
        return False
    return not (_POINTS.match(rest) or _VAGUE.match(rest)) and (is_chat or low not in _WORKADAY)


def _event_fact(sentence: Sentence, text: str, dates: list[When], person: Person, *, past: bool) -> Fact | None:
    """The event in ``text``, on the first of ``dates`` or else on the day it was told."""
    told_on = day_of(sentence)
    when = dates[0] if dates else When(told_on, "day", 0, 0, "")
    fact = third_person(with_dates(text, dates), person, past=past) or _milestone(with_dates(text, dates), person)
    if fact is None:
        if re.search(r"(?i)\byou\b", text):
            return None
        fact = as_said(with_dates(text, dates, quoted=True), person, told_on.isoformat())
    if not dates:
        fact = f"{fact.rstrip('.')} ({when.day})."
    day = when.day.isoformat()
    length = {} if when.precision == "day" else {"precision": when.precision}
    title = capital(_short(text, dates, person, past=past))
    overview = f"- When: {day}{''.join(f' ({p})' for p in length.values())}\n- Who: {person.name}\n- Told on: {told_on}"
    return Fact(
        "events", title, title, brief(fact), (sentence,), {"date": day, **length}, overview, (fact,), stamped=True
    )


def _milestone(text: str, person: Person) -> str | None:
    """A sentence about "our deadline" or "the release", which is nobody's first person."""
    if not person.group or not re.match(r"(?i)(?:our|the) ", text):
        return None
    return finished(re.sub(r"(?i)\b(?:our|my)\b", f"{person.possessive}", text, count=1))


def _short(text: str, dates: list[When], person: Person, *, past: bool) -> str:
    """What happened in a few words: no date, nothing after the first clause, and the user goes without saying."""
    text = without_dates(text, dates)
    told = third_person(text, person, past=past)
    match = _SUBJECT.search(text)
    core = told or (f"{person.name} {match['rest']}" if match and match["subject"].lower()[0] in "iw" else text)
    start = core.find(person.name)
    core = core[start:] if 0 < start <= 60 and core[start - 2 : start] in {", ", "; "} else core
    core = _ADVERBS.sub(" ", re.sub(rf"^{USER.name}(?:'s team's|'s)? ", "", core) if person.is_user else core, count=1)
    clause = re.split(r"\s[–—-]\s|[,;:!]|\s(?:but|because|so|which|it was|and (?:it|they|that))\s", core, maxsplit=1)[0]
    return heading(re.sub(r"^(?:is|are) (?=\w+ing\b)", "", clause))
