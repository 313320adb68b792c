"""A valid workspace, trees that differ from it, and what the rules say about them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pygit2

from tests.helpers import git, talk
from viking_git.checks.case import Case
from viking_git.checks.finding import Finding
from viking_git.checks.run import run
from viking_git.config import Policy, SessionPolicy, load_policy
from viking_git.session.refresh import GENERATORS
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot
from viking_git.workspace import Workspace

CODING = "user/default/memories/preferences/coding"
EVENT = "user/default/memories/events/2026/2026-11-02_decided_use_postgresql_billing_service"
ALICE = "user/default/memories/entities/alice"
CASE = "agent/default/memories/cases/locked_index"
SKILL = "agent/default/skills/review-code"
SESSION = "session/default/chat"
ARCHIVE = f"{SESSION}/history/archive_001"
RELATIONS = "resources/docs/.relations.json"

SKILL_TEXT = (
    "---\nname: review-code\ndescription: Reviews a change. Use it before merging.\n---\n"
    "# Reviewing\n\nRead the diff, then the tests.\n"
)
CASE_TEXT = (
    "---\nname: locked_index\ncategory: cases\nproblem: index.lock exists\nstatus: active\n"
    "created_at: '2026-11-02T09:00:00Z'\n---\n# A locked index\n\nA crashed git left index.lock behind.\n\n"
    "Removing the file helped.\n"
)


@dataclass(frozen=True)
class Link:
    """A symbolic link to be put into a tree."""

    target: str


@dataclass(frozen=True)
class Submodule:
    """A submodule to be put into a tree."""

    commit: str = "1" * 40


Edit = bytes | str | None | Link | Submodule | Callable[[bytes], bytes]
Edits = Mapping[str, Edit]


@dataclass(frozen=True)
class Proof:
    """A bad tree that a rule catches and the good twin that it passes, both as edits of the valid workspace."""

    rule: str
    bad: Edits
    good: Edits
    bad_says: str
    good_says: str
    before: Edits = field(default_factory=dict)
    policy: Policy | None = None
    on_trunk: bool = False


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    """An edit that puts ``new`` where ``old`` is; ``old`` must be there."""

    def edit(data: bytes) -> bytes:
        assert old.encode() in data, f"{old!r} not in {data!r}"
        return data.replace(old.encode(), new.encode(), 1)

    return edit


def added(text: str) -> Callable[[bytes], bytes]:
    """An edit that appends."""
    return lambda data: data + text.encode()


def with_field(key: str, value: object) -> Callable[[bytes], bytes]:
    """An edit of a JSON file: one key set, written as we write."""
    return lambda data: (json.dumps({**json.loads(data), key: value}, sort_keys=True, indent=2) + "\n").encode()


def build(top: Path) -> Workspace:
    """A workspace with documents, memories of a conversation in two archives, a case, a skill and relations."""
    workspace, _ = Workspace.init(top, transcripts="tracked")
    docs = top.parent / "docs"
    (docs / "api").mkdir(parents=True)
    (docs / "README.md").write_text("# Mail\n\nA tool that sorts mail.\n\n## Use\n\nRun it.\n")
    (docs / "api/send.md").write_text("# Sending\n\nHow to send mail.\n")
    workspace.add([docs])
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    workspace.commit(session)
    workspace.add_messages(session, talk([("user", "I prefer dark roast coffee in the morning.")], start=9))
    workspace.commit(session)
    for path, text in ((f"{SKILL}/SKILL.md", SKILL_TEXT), (f"{CASE}/content.md", CASE_TEXT)):
        (top / path).parent.mkdir(parents=True)
        (top / path).write_text(text)
    relations = {"relations": [{"created_at": "", "reason": "explains it", "uri": f"viking://{SKILL}/"}]}
    (top / RELATIONS).write_text(json.dumps(relations, indent=2, sort_keys=True) + "\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: a skill, a case, a relation")
    workspace.refresh()
    return workspace


class Bench:
    """The valid workspace, and the rules on trees made of it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.writer = ObjectWriter(workspace.store.git)
        self.valid = workspace.snapshot()
        self.policy = Policy(sessions=SessionPolicy(transcripts="tracked"))
        assert load_policy(self.valid.read("viking.yaml")) == self.policy

    def tree(self, edits: Edits, base: Snapshot | None = None) -> Snapshot:
        """``base`` with ``edits``; any name and mode goes, as it does in a tree that arrives by a push."""
        base = base or self.valid
        plan: dict[str, object] = {}
        for path, edit in edits.items():
            node = plan
            *heads, name = path.split("/")
            for head in heads:
                node = node.setdefault(head, {})  # type: ignore[assignment]
            node[name] = (edit, base.get(path) or b"")
        return Snapshot(base._git, self._apply(base.tree, plan))

    def judge(self, edits: Edits, **how: object) -> list[Finding]:
        """What all rules find where the valid workspace has been edited."""
        before = self.tree(how.pop("before", {}))  # type: ignore[arg-type]
        return self.judge_trees(self.tree(edits, before), before, **how)

    def judge_trees(self, tree: Snapshot, base: Snapshot, policy: Policy | None = None, **how: bool) -> list[Finding]:
        """What all rules find in ``tree`` beside ``base``."""
        return run(Case(tree, base, GENERATORS, policy or self.policy, **how))  # type: ignore[arg-type]

    def prove(self, proof: Proof) -> Finding:
        """The first finding of the rule in the bad tree; an assertion if there is none, or one in the good."""
        how = {"policy": proof.policy, "on_trunk": proof.on_trunk, "before": proof.before}
        bad = [f for f in self.judge(proof.bad, **how) if f.rule == proof.rule]
        assert bad, f"{proof.rule} does not see {proof.bad_says}"
        good = [f for f in self.judge(proof.good, **how) if f.rule == proof.rule]
        assert not good, f"{proof.rule} objects to {proof.good_says}: {good}"
        return bad[0]

    def _apply(self, tree: str | None, plan: Mapping[str, object]) -> str | None:
        entries = {}
        if tree is not None:
            found = self.workspace.store.git[tree]
            assert isinstance(found, pygit2.Tree)
            entries = {e.name: (e.name, str(e.id), int(e.filemode)) for e in found}
        for name, change in plan.items():
            old = entries.pop(name, None)
            if isinstance(change, dict):
                oid = self._apply(old[1] if old and old[2] == 0o40000 else None, change)
                mode = 0o40000
            else:
                oid, mode = self._leaf(*change, old[2] if old else 0o100644)  # type: ignore[misc]
            if oid is not None:
                entries[name] = (name, oid, mode)
        return self.writer.tree(entries.values())

    def _leaf(self, edit: Edit, old: bytes, mode: int) -> tuple[str | None, int]:
        if edit is None:
            return None, 0
        if isinstance(edit, Link):
            return self.writer.blob(edit.target.encode()), 0o120000
        if isinstance(edit, Submodule):
            return edit.commit, 0o160000
        data = edit(old) if callable(edit) else edit
        return self.writer.blob(data.encode() if isinstance(data, str) else data), mode
