"""VG7xx: no secrets, nothing hidden, nothing that takes over the agent that reads it."""

import fnmatch
from collections.abc import Iterator

from viking_git.checks.case import Case, Changed
from viking_git.checks.finding import Rule, Spot
from viking_git.checks.rules.consent import accepted_by
from viking_git.memory.poison import hidden, instructions
from viking_git.memory.redact import allowed, find_secrets
from viking_git.model.layers import CONTENT, LAYER_FILES
from viking_git.model.layout import memory_of
from viking_git.model.memory import Memory


def secret(case: Case) -> Iterator[Spot]:
    """Secrets in lines that the change adds."""
    allow = allowed(case.policy.checks.allow_secrets)
    for changed in case.present:
        if not changed.is_changed and not case.whole:
            continue
        if _allowed_path(case, changed):
            continue
        added = dict(case.added_lines(changed))
        if added:
            # Lines that were there before are blank, so that what is found keeps its line.
            text = "\n".join(added.get(number, "") for number in range(1, max(added) + 1))
            for found in find_secrets(text, allow):
                yield Spot(changed.path, f"looks like a secret: {found.kind}", found.line)


def _allowed_path(case: Case, changed: Changed) -> bool:
    return any(fnmatch.fnmatchcase(changed.path, pattern) for pattern in case.policy.checks.allow_paths)


def hidden_characters(case: Case) -> Iterator[Spot]:
    """Characters in memories, skills and instructions that nobody sees."""
    for changed in _read_by_agents(case):
        for line, code in hidden(case.text(changed) or ""):
            yield Spot(changed.path, f"a character that nobody sees: {code}", line)
            break


def poison(case: Case) -> Iterator[Spot]:
    """Memories that speak to the agent which will read them."""
    for changed in case.present:
        place = memory_of(changed.path)
        if place is None or changed.name in LAYER_FILES or _allowed_path(case, changed):
            continue
        known = _accepted(case, place[0], changed)
        for line, words in instructions(case.text(changed) or ""):
            if known is None or words in known:
                continue
            yield Spot(changed.path, f"reads like an instruction to an agent: {words!r}", line)
            break


def _accepted(case: Case, directory: str, changed: Changed) -> set[str] | None:
    """The words in a file of a memory that somebody has read and put a name to; None for all of them.

    A name holds for what the base has. What a change adds below one, or a name that it brings along, holds once that
    change itself is accepted.
    """
    memory = case.memory(directory)
    if not isinstance(memory, Memory) or not str(memory.fields.get("accepted_by") or "").strip():
        return set()
    if case.accepted:
        return None
    before = case.base.get(f"{directory}/{CONTENT}") or b""
    if not accepted_by(before.decode("utf-8", "replace")):
        return set()
    return {words for _, words in instructions(case.base_text(changed) or "")}


def _read_by_agents(case: Case) -> Iterator[Changed]:
    for changed in case.present:
        parts = changed.path.split("/")
        skill = parts[0] == "agent" and len(parts) > 3 and parts[2] in {"skills", "instructions"}
        if (skill or memory_of(changed.path)) and changed.name not in LAYER_FILES and not _allowed_path(case, changed):
            yield changed


RULES = (
    Rule("VG701", "secret", "error", "No added line holds a password, a key or a token.",
         "take it out and revoke it; if it is none, name it in viking.yaml under checks.allow_secrets", secret),
    Rule("VG702", "hidden-characters", "error",
         "Memories, skills and instructions hold no characters that nobody sees (directions, zero widths, tags).",
         "delete the character in {path}", hidden_characters),
    Rule("VG703", "poison", "error", "No memory holds text aimed at the agent that will read it.",
         "rewrite it as a fact, git mv it below memories/.quarantine/, or, having read it, add accepted_by: your name",
         poison),
)  # fmt: skip
