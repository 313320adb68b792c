"""What becomes of a candidate beside the memories that are like it: the decision table of design section 4.

A decider (the embedded one, or a model) gives a raw mapping in one of two accepted spellings:
``{"decision", "list": [{"uri", "decide", "reason"}]}`` or ``{"candidate", "items": [{"uri", "action"}]}``.
``normalise`` turns whatever came into a decision that can be carried out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from viking_git.model.categories import category
from viking_git.model.memory import Candidate, Memory
from viking_git.model.names import fold

Verdict = Literal["skip", "create", "none"]


@dataclass(frozen=True, slots=True)
class Existing:
    """A memory that a candidate may repeat, extend or contradict.

    Attributes:
        uri: where it lives, ``viking://user/default/memories/preferences/coding``.
        memory: what it says.
        score: cosine of its text and the candidate's, from the prefilter.
    """

    uri: str
    memory: Memory
    score: float


@dataclass(frozen=True, slots=True)
class Action:
    """What is done to one existing memory."""

    uri: str
    action: Literal["merge", "delete"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with a candidate: ``create`` it, ``skip`` it, or only act on existing memories (``none``)."""

    decision: Verdict
    actions: tuple[Action, ...] = ()
    reason: str = ""


def normalise(raw: Mapping[str, Any], candidate: Candidate, offered: Sequence[Existing]) -> Decision:
    """The decision that ``raw`` stands for, by the table of design section 4, line by line:

    no similar memory: create without asking; a profile aspect that exists: merge, whatever was said; unknown decision:
    create; skip: no actions; an action on a URI that was not offered: dropped; merge and delete on one URI: both
    dropped; merge into events or cases: dropped (a create stays a create, for nothing may be lost); create with any
    merge: none with that merge; create otherwise: only deletes; none without actions: skip.

    Any JSON is accepted; what is not understood is dropped.
    """
    reason = _text(raw.get("reason")) if isinstance(raw, Mapping) else ""
    if not offered:
        return Decision("create", reason="nothing like it exists")
    if aspect := _same_aspect(candidate, offered):
        merge = Action(aspect.uri, "merge", "this aspect of the profile exists")
        return Decision("none", (merge,), reason or merge.reason)
    verdict = _verdict(raw)
    if verdict == "skip":
        return Decision("skip", reason=reason or "it is known")
    actions = _settled(_actions(raw, offered), mergeable=category(candidate.category).mergeable)
    merges = tuple(action for action in actions if action.action == "merge")
    if verdict == "create":
        return Decision("none", merges, reason) if merges else Decision("create", actions, reason)
    return Decision("none", actions, reason) if actions else Decision("skip", reason=reason or "nothing to do")


def _verdict(raw: object) -> Verdict:
    said = [raw.get(key) for key in ("decision", "candidate")] if isinstance(raw, Mapping) else []
    for value in said:
        word = _text(value).casefold()
        if word == "skip":
            return "skip"
        if word == "none":
            return "none"
        if word == "create":
            return "create"
    return "create"


def _actions(raw: object, offered: Sequence[Existing]) -> list[Action]:
    known = {existing.uri.rstrip("/"): existing.uri for existing in offered}
    actions: list[Action] = []
    for item in _items(raw):
        uri = known.get(_text(item.get("uri")).rstrip("/"))
        word = _text(item.get("decide")) or _text(item.get("action"))
        if uri is None:
            continue
        if word.casefold() == "merge":
            actions.append(Action(uri, "merge", _text(item.get("reason"))))
        elif word.casefold() == "delete":
            actions.append(Action(uri, "delete", _text(item.get("reason"))))
    return actions


def _items(raw: object) -> Iterable[Mapping[str, Any]]:
    if not isinstance(raw, Mapping):
        return []
    lists = [raw.get(key) for key in ("list", "items")]
    return [item for entry in lists if isinstance(entry, list | tuple) for item in entry if isinstance(item, Mapping)]


def _settled(actions: Sequence[Action], *, mergeable: bool) -> tuple[Action, ...]:
    asked: dict[str, set[str]] = {}
    for action in actions:
        asked.setdefault(action.uri, set()).add(action.action)
    first: dict[str, Action] = {}
    for action in actions:
        if len(asked[action.uri]) == 1 and (mergeable or action.action != "merge"):
            first.setdefault(action.uri, action)
    return tuple(first.values())


def _same_aspect(candidate: Candidate, offered: Sequence[Existing]) -> Existing | None:
    if candidate.category != "profile":
        return None
    same = (e for e in offered if e.memory.category == "profile" and fold(e.memory.name) == fold(candidate.name))
    return next(same, None)


def _text(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
