"""A decision turned into ``Changes``, and its record, the ``decisions/NN.json`` of an archive.

A memory is three files: ``content.md`` and its projections ``.abstract.md`` and ``.overview.md``, each the text and a
newline. ``.meta.json`` is not written here: it is a container's projection, folded on trunk (``provenance``).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from viking_git.memory.dedup import Decision, Existing
from viking_git.memory.merge import merge_memory
from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT, CONTENT, OVERVIEW
from viking_git.model.memory import Candidate, Memory
from viking_git.model.meta import digest
from viking_git.model.names import fold
from viking_git.model.uri import SCHEME, VikingURI

Taken = Callable[[str], bool]
"""Whether a path of the tree is a memory already; the answer compares names under case folding (``names.fold``)."""


def decision_changes(
    decision: Decision, candidate: Candidate, offered: Sequence[Existing], root: str, taken: Taken | None = None
) -> Changes:
    """What ``decision`` changes in the tree: memories deleted, merged into, and created.

    Args:
        decision: what ``normalise`` gave; its actions name memories among ``offered``.
        candidate: what is created or merged.
        offered: the memories that the decision was taken beside.
        root: the directory of the owner's memories, ``user/default/memories``.
        taken: which memories exist; a new one whose name is taken by a different memory gets ``_2``, ``_3``….
    """
    changes = Changes()
    memories = {existing.uri: existing.memory for existing in offered}
    for action in decision.actions:
        if action.action == "delete":
            changes.delete(path_of(action.uri))
    for action in decision.actions:
        if action.action == "merge":
            merged = merge_memory(memories[action.uri], candidate)
            if merged != memories[action.uri]:
                _write(changes, path_of(action.uri), merged)
    if decision.decision == "create":
        memory = placed(candidate, root, _freed(taken, changes)).memory()
        _write(changes, f"{root}/{memory.path}", memory)
    return changes


def decision_uris(decision: Decision, candidate: Candidate, root: str, taken: Taken | None = None) -> tuple[str, ...]:
    """The URIs of the memories that hold the candidate's facts afterwards, without a last slash; none for a skip."""
    merged = [action.uri.rstrip("/") for action in decision.actions if action.action == "merge"]
    if decision.decision == "create":
        gone = Changes()
        for action in decision.actions:
            gone.delete(path_of(action.uri))
        merged.append(f"{SCHEME}{root}/{placed(candidate, root, _freed(taken, gone)).memory().path}")
    return tuple(merged)


def placed(candidate: Candidate, root: str, taken: Taken | None) -> Candidate:
    """``candidate`` under a name that is free: its own, else with the first suffix ``_2``, ``_3``… that is."""
    if taken is None:
        return candidate
    kind, name, number = candidate.memory().kind, candidate.name, 1
    while taken(f"{root}/{kind.path(name)}"):
        number += 1
        suffix = f"_{number}"
        name = f"{candidate.name[: 64 - len(suffix)].rstrip('._-')}{suffix}"
    return candidate if name == candidate.name else replace(candidate, name=name)


def decision_record(
    decision: Decision,
    candidate: Candidate,
    offered: Sequence[Existing],
    uris: Sequence[str],
    *,
    extractor: str,
    decider: str,
    prompt: str | None = None,
    quotes: bool = True,
) -> dict[str, Any]:
    """The object kept as ``decisions/NN.json``.

    Args:
        decision: what was decided.
        candidate: about what.
        offered: beside which memories.
        uris: where its facts are now (``decision_uris``).
        extractor: the extractor's ``id``.
        decider: the decider's ``id``.
        prompt: fingerprint of the prompt, None where none was used.
        quotes: whether policy lets the messages' words stand here.
    """
    scores = {existing.uri: round(existing.score, 4) for existing in offered}
    actions = [
        {"uri": a.uri, "action": a.action, "reason": a.reason, "score": scores.get(a.uri)} for a in decision.actions
    ]
    messages = [{"id": q.message_id, "quote": q.text} if quotes else {"id": q.message_id} for q in candidate.quotes]
    about = {"category": candidate.category, "name": candidate.name, "title": candidate.title}
    return {
        "decision": decision.decision,
        "actions": actions,
        "uris": list(uris),
        "candidate": {**about, "fingerprint": fingerprint(candidate), "created_at": candidate.created_at},
        "score": max(scores.values(), default=None),
        "offered": [{"uri": uri, "score": score} for uri, score in scores.items()],
        "reason": decision.reason,
        "messages": messages,
        "extractor": extractor,
        "decider": decider,
        "prompt": prompt,
    }


def fingerprint(candidate: Candidate) -> str:
    """A hash of what is proposed, by which an interrupted run knows what it has done: category, name, content."""
    return digest([candidate.category, candidate.name, candidate.content])


def path_of(uri: str) -> str:
    """The directory in the tree that ``uri`` names."""
    return VikingURI(uri).full_path


def _freed(taken: Taken | None, changes: Changes) -> Taken | None:
    """``taken`` less what the same decision deletes."""
    gone = {fold(path) for path in changes.deleted}
    return None if taken is None else lambda path: fold(path) not in gone and taken(path)


def _write(changes: Changes, path: str, memory: Memory) -> None:
    layers = memory.layers()
    changes.write(f"{path}/{CONTENT}", memory.render())
    changes.write(f"{path}/{ABSTRACT}", layers.abstract + "\n")
    changes.write(f"{path}/{OVERVIEW}", layers.overview + "\n")
