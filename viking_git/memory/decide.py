"""Who decides what a candidate is to the memories like it; the embedded decider needs no model.

The embedded one reads facts, not whole texts: each paragraph of the candidate against each paragraph of each memory
offered, by ``compare.relate``. Cosine chooses where to look and backs a paraphrase; it never overrules a negation, a
number, a date or a name. A later fact that contradicts an earlier one is merged, not deleted: the merge puts it first
and marks the earlier one with the date until which it held, so nothing is dropped in silence.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, Protocol

from viking_git.errors import InvalidContent
from viking_git.memory.dedup import Existing
from viking_git.model.memory import Candidate, Memory
from viking_git.model.names import fold
from viking_git.model.statements import Relation, relate, sense

MERGE_COSINE = 0.55
"""With MiniLM (int8) statements about one thing score above this, those on one broad topic 0.24 to 0.47."""
ENTRY_POINTS = "viking_git.deciders"


class Decider(Protocol):
    """Gives the raw mapping that ``dedup.normalise`` reads. ``id`` goes into the decision's record."""

    id: str

    def decide(self, candidate: Candidate, offered: Sequence[Existing]) -> Mapping[str, Any]:
        """What to do with ``candidate`` beside at most five memories like it, in an accepted spelling."""
        ...


class RulesDecider:
    """The embedded decider: cosine and rapidfuzz, no model, the same answer every time."""

    id = "rules-1"

    def decide(self, candidate: Candidate, offered: Sequence[Existing]) -> Mapping[str, Any]:
        """Skip what is known, merge what belongs to a memory of the same topic or name, create the rest."""
        facts = candidate.memory().paragraphs()
        for existing in offered:
            if _repeats(candidate, facts, existing):
                return {"decision": "skip", "list": [], "reason": f"{existing.memory.name} says so already"}
        target = _home(candidate, facts, offered)
        if target is None:
            return {"decision": "create", "list": [], "reason": "no memory of this topic"}
        reason = _merge_reason(facts, target.memory)
        return {
            "decision": "none",
            "list": [{"uri": target.uri, "decide": "merge", "reason": reason}],
            "reason": reason,
        }


def _repeats(candidate: Candidate, facts: Sequence[str], existing: Existing) -> bool:
    memory = existing.memory
    if not candidate.memory().kind.mergeable:
        return _same_event(candidate, existing)
    if candidate.category == "entities" and not _same_thing(candidate, memory):
        return False
    known = memory.paragraphs() or [memory.abstract]
    return all(_best(fact, known, existing.score) in {"same", "covered"} for fact in facts)


def _same_event(candidate: Candidate, existing: Existing) -> bool:
    memory = existing.memory
    if candidate.fields.get("date") != memory.fields.get("date"):
        return False
    if fold(candidate.name) == fold(memory.name) and candidate.abstract == memory.abstract:
        return True
    return relate(candidate.abstract, memory.abstract, existing.score) == "same"


def _home(candidate: Candidate, facts: Sequence[str], offered: Sequence[Existing]) -> Existing | None:
    """The memory that the candidate's facts belong into: of the same name first, then the most like it."""
    if not candidate.memory().kind.mergeable:
        return None
    named = [e for e in offered if _same_thing(candidate, e.memory)]
    if named:
        return max(named, key=lambda e: (fold(e.memory.name) == fold(candidate.name), e.score))
    if candidate.category in {"entities", "profile"}:
        return None
    near = [e for e in offered if e.score >= MERGE_COSINE and _same_topic(facts, e)]
    return max(near, key=lambda e: e.score, default=None)


def _same_thing(candidate: Candidate, memory: Memory) -> bool:
    """Whether both are about the person, project or topic of one name; kinds that are both known must agree."""
    mine = {fold(candidate.name), *map(fold, candidate.aliases)}
    theirs = {fold(memory.name), *map(fold, memory.aliases)}
    kinds = {str(candidate.fields.get("kind", "")), str(memory.fields.get("kind", ""))} - {""}
    return bool(mine & theirs) and len(kinds) < 2


def _same_topic(facts: Sequence[str], existing: Existing) -> bool:
    known = existing.memory.paragraphs() or [existing.memory.abstract]
    if any(_best(fact, known, existing.score) in {"same", "covered", "conflict"} for fact in facts):
        return True
    return any(len(sense(fact).words & sense(other).words) >= 2 for fact in facts for other in known)


def _best(fact: str, known: Sequence[str], cosine: float) -> Relation:
    """How ``fact`` stands to what is known; a conflict outweighs a repetition."""
    single = cosine if len(known) == 1 else None
    relations = [relate(fact, other, single) for other in known]
    for relation in _WEIGHT:
        if relation in relations:
            return relation
    return "different"


_WEIGHT: tuple[Relation, ...] = ("conflict", "same", "covered", "related")


def _merge_reason(facts: Sequence[str], memory: Memory) -> str:
    known = memory.paragraphs() or [memory.abstract]
    if any(relate(fact, other) == "conflict" for fact in facts for other in known):
        return "it changes what was known; the earlier fact stays, marked"
    return "a new fact on the same topic"


DECIDERS: dict[str, Callable[[], Decider]] = {"rules": RulesDecider}
"""Deciders by name; others come from the entry points ``viking_git.deciders``."""


def load_decider(name: str) -> Decider:
    """The decider called ``name``.

    Raises:
        InvalidContent: there is none; the hint lists those there are.
    """
    if name in DECIDERS:
        return DECIDERS[name]()
    found = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if name not in found:
        raise InvalidContent(f"unknown decider {name!r}", hint=f"there are {', '.join([*DECIDERS, *sorted(found)])}")
    decider: Decider = found[name].load()()
    return decider
