"""How two statements of fact stand to each other: the same, at odds, or merely both true.

Words alone mislead where it matters: "prefers tabs" and "does not prefer tabs" share nearly all of them. So what
carries the meaning is compared first: negation, numbers, dates, names, and the side of a comparison that is meant.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rapidfuzz import fuzz

from viking_git.model.words import word_set

Relation = Literal["same", "conflict", "covered", "related", "different"]
"""``covered``: the first statement says no more than the second."""

SAME_COSINE = 0.88
"""Above this the words need to agree only loosely. With MiniLM (int8) paraphrases of one fact score 0.89 to 0.96, facts
that differ in a word that matters 0.66 to 0.85; in a name, a number or a negation up to 0.99, hence by words alone."""

_STAMP = re.compile(r"(?i)\s*\((?:said on|as of) \d{4}(?:-\d\d){0,2}\.?\)\.?$")
_BEFORE = re.compile(r"^Before \d{4}-\d\d-\d\d: ")
_WORD = re.compile(r"[^\W_]+(?:['’.+#/_-][^\W_]+)*[+#]*")
_NEGATION = re.compile(
    r"(?i)\b(?:not|never|no|none|without|neither|nor|cannot|no longer|stop(?:ped|s)?|avoid(?:s|ed)?|refus(?:es|ed)|"
    r"dislikes?|hates?|against|except|\w+n['’]t)\b"
)
_CONTRAST = re.compile(
    r"(?i)(?:,| and| but|;) (?:not|never) (?=\w)|\bnot (?:only|just)\b|\bnone of\b|\bno (?:longer than|more than)\b"
)
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_COMPARED = re.compile(
    r"(?i)\b(?:prefers?|chose|choose|picked|uses?|using|switched to|moved to|decided)\b(?P<winner>[^.;]{1,80}?)\s"
    r"(?:over|to|instead of|rather than|not|and not|never|than|from)\s(?P<loser>[^.;,]{1,60})"
)
_STOP = word_set(
    "a an the of to in on at for from with by and or but as is are was were be been being it its this that these "
    "those user user's users i my me their they them he she his her we our us you your has have had do does did will "
    "would can could should really very just also so too all any some more most when while than then there here over "
    "instead rather said asks wants want ask says about into out up always every each both generally usually normally "
    "typically"
)


def _stem(word: str) -> str:
    for ending in ("ies", "ing", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            stem = word[: -len(ending)]
            return stem + "y" if ending == "ies" else stem.removesuffix("e")
    return word.removesuffix("e") if len(word) > 3 else word


_LIKING = frozenset(
    map(_stem, ("like", "love", "enjoy", "prefer", "adore", "favor", "favour", "fan", "big", "great", "keen", "add"))
)
_STOPPED = frozenset(map(_stem, _STOP))
_EXCLUSIVE: tuple[frozenset[str], ...] = tuple(
    frozenset(map(_stem, group.split()))
    for group in (
        "tab space", "light dark", "npm pnpm yarn bun", "pytest unittest nose", "jest vitest mocha jasmine",
        "typescript javascript", "vim emacs vscode", "single double", "short long", "verbose concise terse brief",
        "morning evening", "merge rebase squash", "monorepo polyrepo", "postgres postgresql mysql sqlite mongodb",
        "rest graphql grpc", "poetry uv pipenv", "black ruff yapf", "eslint biome", "prettier biome",
        "camelcase snakecase", "formal informal casual", "metric imperial",
        "vegetarian omnivore", "win mac linux", "kotlin java",
    )
)  # fmt: skip
"""Things of which a person or a project mostly has one at a time."""
_STATE = re.compile(r"(?i)\b(?:is|are|has|have|uses?|runs? on|prefers?|wants|needs|takes|lives|works|costs|limits?)\b")
_CHOICE = re.compile(r"(?i)\b(?:prefers?|uses?|always|wants|asks|decided|chose|should|indents?|favou?rs)\b")
_SLOTS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:lives?|is based|resides?) in (?P<value>[^.,;(]+)", r"\bworks? (?:at|for) (?P<value>[^.,;(]+)",
        r"\bworks? as (?P<value>[^.,;(]+)", r"\bname is (?P<value>[^.,;(]+)", r"\bis called (?P<value>[^.,;(]+)",
        r"\bis (?P<value>\d{1,3}) years old", r"\btime ?zone is (?P<value>[^.,;(]+)",
        r"\bfavou?rite (?P<of>[\w ]{2,30}) (?:is|are) (?P<value>[^.,;(]+)", r"\bis married to (?P<value>[^.,;(]+)",
    )
)  # fmt: skip
"""Statements that have one value at a time: another value replaces the former."""


@dataclass(frozen=True, slots=True)
class Sense:
    """What a statement's meaning hangs on."""

    words: frozenset[str]
    negative: bool
    numbers: frozenset[str]
    names: frozenset[str]


def bare(statement: str) -> str:
    """The statement without the date it was said on and without the mark of being superseded."""
    return _BEFORE.sub("", _STAMP.sub("", " ".join(statement.split()))).strip()


@lru_cache(maxsize=4096)
def sense(statement: str) -> Sense:
    """The content words (stemmed), polarity, numbers and names of a statement."""
    text = bare(statement)
    tokens = _WORD.findall(text)
    words = {_stem(token.casefold()) for token in tokens if not _NEGATION.fullmatch(token)}
    names = {t.casefold() for i, t in enumerate(tokens) if i and t[:1].isupper() and t.casefold() not in _STOP}
    negations = len(_NEGATION.findall(_CONTRAST.sub(" ", text)))
    content = frozenset(words - _STOPPED)
    return Sense(content, negations % 2 == 1, frozenset(_NUMBER.findall(text)), frozenset(names))


def relate(new: str, old: str, cosine: float | None = None) -> Relation:
    """How the statement ``new`` stands to ``old``; ``cosine`` of their texts, where known, settles paraphrases."""
    if bare(new).casefold().rstrip(".") == bare(old).casefold().rstrip("."):
        return "same"
    a, b = sense(new), sense(old)
    if not a.words or not b.words:
        return "different"
    shared = len(a.words & b.words)
    containment = shared / min(len(a.words), len(b.words))
    if _at_odds(new, old, a, b, containment):
        return "conflict"
    if _contains(old, new) and a.negative == b.negative:
        return "covered"
    if a.numbers != b.numbers or a.negative != b.negative or a.names ^ b.names:
        return _loosely(containment, cosine)
    return "same" if _alike(a, b, cosine) else _loosely(containment, cosine)


def _contains(longer: str, shorter: str) -> bool:
    """Whether ``longer`` begins with all that ``shorter`` says, word for word."""
    start = bare(shorter).casefold().rstrip(".")
    return re.match(re.escape(start) + r"\b", bare(longer).casefold()) is not None


def _alike(a: Sense, b: Sense, cosine: float | None) -> bool:
    """Whether ``b`` has every content word of ``a``, how much one likes or wants it aside, and hardly another one."""
    mine, theirs = a.words - _LIKING or a.words, b.words - _LIKING or b.words
    if any(not _has(theirs, word) for word in mine - theirs):
        return False
    jaccard = len(mine & theirs) / len(mine | theirs)
    return jaccard >= 0.8 or (cosine is not None and cosine >= SAME_COSINE and jaccard >= 0.45)


def _has(words: frozenset[str], word: str) -> bool:
    """Whether ``word`` stands among ``words`` but for a letter or so."""
    return len(word) > 4 and any(fuzz.ratio(word, other) >= 90 for other in words)


def _loosely(containment: float, cosine: float | None) -> Relation:
    return "related" if containment >= 0.5 or (cosine or 0.0) >= 0.6 else "different"


def _at_odds(new: str, old: str, a: Sense, b: Sense, containment: float) -> bool:
    if a.negative != b.negative and containment >= 0.75 and a.numbers == b.numbers:
        return True
    if a.numbers and b.numbers and a.numbers != b.numbers and a.words - a.numbers == b.words - b.numbers:
        return bool(_STATE.search(new) and _STATE.search(old)) and a.names - a.numbers == b.names - b.numbers
    return _turned_round(new, old) or _other_choice(new, old, a, b) or _other_value(new, old, a, b)


def _turned_round(new: str, old: str) -> bool:
    """Whether what one prefers is what the other prefers it to."""
    x, y = _COMPARED.search(new), _COMPARED.search(old)
    if not x or not y:
        return False
    sides = [sense(m[side]).words for m in (x, y) for side in ("winner", "loser")]
    won_new, lost_new, won_old, lost_old = sides
    return bool(won_new & lost_old and lost_new & won_old)


def _other_choice(new: str, old: str, a: Sense, b: Sense) -> bool:
    if not (_CHOICE.search(new) and _CHOICE.search(old)) or a.negative != b.negative:
        return False
    chosen_new, chosen_old = _winners(new), _winners(old)
    for group in _EXCLUSIVE:
        mine, theirs = chosen_new & group, chosen_old & group
        if mine and theirs and not mine & theirs:
            rest_new, rest_old = a.words - group, b.words - group
            smaller = min(len(rest_new), len(rest_old))
            return smaller == 0 or len(rest_new & rest_old) / smaller >= 0.5
    return False


def _winners(statement: str) -> frozenset[str]:
    """The words of a statement less what it says something is preferred to."""
    compared = _COMPARED.search(statement)
    words = sense(statement).words
    return words - sense(compared["loser"]).words if compared else words


def _other_value(new: str, old: str, a: Sense, b: Sense) -> bool:
    if a.negative or b.negative or not _same_subject(new, old):
        return False
    for slot in _SLOTS:
        x, y = slot.search(new), slot.search(old)
        if x and y and x.groupdict().get("of", "") == y.groupdict().get("of", ""):
            mine, theirs = x["value"].strip().casefold(), y["value"].strip().casefold()
            return not (mine in theirs or theirs in mine)
    return False


def _same_subject(new: str, old: str) -> bool:
    return bare(new).split(" ", 1)[0].casefold() == bare(old).split(" ", 1)[0].casefold()
