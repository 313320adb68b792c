"""Decisions one by one: what an interrupted extraction recorded stays as it is."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import git, talk
from viking_git.memory.dedup import Existing
from viking_git.model.memory import Candidate, Quote
from viking_git.model.messages import Message
from viking_git.session.commit import Wanted, commit
from viking_git.session.extract import Extraction, extract
from viking_git.session.similar import FromTree, Similar
from viking_git.workspace import Workspace

NAMES = ("tea", "dog", "cup")


class Cut(Exception):
    """The process is gone."""


class ThreeThings:
    id = "three-things"

    def extract(self, messages: Sequence[Message]) -> list[Candidate]:
        return [
            Candidate(
                "entities", name, name.title(), f"There is a {name}.", f"A {name}.", f"There is a {name} here.",
                (Quote(messages[0].id, "said"),), "2026-11-02T09:01:00Z", {"kind": "thing"},
            )
            for name in NAMES
        ]  # fmt: skip


class CupIntoTea:
    id = "cup-into-tea"

    def decide(self, candidate: Candidate, offered: Sequence[Existing]) -> Mapping[str, Any]:
        tea = [known.uri for known in offered if known.uri.endswith("/tea/")]
        if candidate.name != "cup":
            return {"decision": "create"}
        return {"decision": "none", "list": [{"uri": tea[0], "decide": "merge", "reason": "goes with it"}]}


def test_decisions_of_one_commit_that_are_no_neighbours_survive_an_interruption(tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w")
    store, top = workspace.store, tmp_path / "w"
    trunk = store.snapshot(store.tip("refs/heads/main"))

    def cosines(_: str, texts: Sequence[str]) -> Sequence[float]:
        return [0.9] * len(texts)

    tools = Extraction(
        ThreeThings(), CupIntoTea(), Similar(FromTree(trunk, cosines), cosines), "default", "default", False, True
    )

    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    commit(store, workspace.policy, session, lambda: tools, Wanted(wait=False))

    def cut(step: str) -> None:
        if step == "decision-committed":
            raise Cut

    def records() -> dict[str, str]:
        place = "viking/default/chat:session/default/chat/history/archive_001/decisions"
        names = git(top, "ls-tree", "--name-only", place).split()
        return {name: json.loads(git(top, "show", f"{place}/{name}"))["candidate"]["name"] for name in names}

    store.step = cut
    with pytest.raises(Cut):
        extract(store, tools, session, 1, talk(), trunk)
    assert records() == {"01.json": "tea", "03.json": "cup"}
    store.step = lambda _: None
    extract(store, tools, session, 1, talk(), trunk)
    assert records() == {"01.json": "tea", "02.json": "dog", "03.json": "cup"}
    said = json.loads(git(top, "show", "viking/default/chat:session/default/chat/history/archive_001/extraction.json"))
    assert said["candidates"] == len(NAMES)
