"""Random pairs of edit scripts on one base, made through the product and merged: what a merge may never do.

A script is what one machine does before it hears of the other: conversations committed, memories and documents edited,
moved and removed by hand, relations, settings. ``VIKING_MERGES`` says how many pairs.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygit2.enums import Option

from viking_git.checks.case import Case
from viking_git.checks.run import run
from viking_git.errors import VikingError
from viking_git.model.facts import EARLIER
from viking_git.model.layers import ABSTRACT, CONTENT, META, OVERVIEW
from viking_git.model.layout import TRANSCRIPTS_REF, memory_of
from viking_git.model.memory import Memory, parse_memory, split_paragraphs
from viking_git.model.messages import Message
from viking_git.model.statements import relate
from viking_git.session.refresh import GENERATORS, refreshed
from viking_git.store.merge import MergeResult, merge_trees
from viking_git.store.snapshot import Snapshot
from viking_git.workspace import Workspace

PAIRS = int(os.environ.get("VIKING_MERGES", "12"))
MEMORIES = "user/default/memories"
KNOWN = (
    "entities/alice",
    "entities/parcel_queue",
    "preferences/style",
    "profile/work",
    "events/2026/2026-03-01_launch",
)
DOCS = ("resources/docs/guide.md", "resources/docs/api/send.md", "resources/docs/notes.txt")
SAID = (
    "I prefer TypeScript over JavaScript for all my projects.",
    "I prefer JavaScript over TypeScript now.",
    "My sister Alice lives in Lisbon.",
    "My sister Alice lives in Porto.",
    "We decided to use PostgreSQL for the billing service.",
    "I work as a nurse at night.",
    "Always run the tests before you commit.",
)
FACTS = (
    "Alice plays chess on Sundays with her brother.",
    "The queue retries five times, then gives up.",
    "The queue retries seven times, then gives up.",
    "User prefers tabs over spaces. (Said on 2026-03-01.)",
    "User prefers spaces over tabs. (Said on 2026-05-01.)",
    "User lives in Oslo.",
    "User lives in Bergen.",
)


@dataclass(frozen=True)
class Step:
    """One thing that somebody does: a verb, what to, and a number that says how."""

    verb: str
    target: int
    how: int


def paragraphs(text: str, step: Step, who: str) -> str:
    """A text with one paragraph added, reworded, deleted or moved."""
    parts = split_paragraphs(text)
    at = step.how % max(1, len(parts))
    match step.how % 5 if parts else 0:
        case 0:
            parts.insert(at, FACTS[step.how % len(FACTS)])
        case 1:
            parts.append(f"{FACTS[step.how % len(FACTS)][:-1]}, {who} says.")
        case 2 if not parts[at].startswith("#"):
            parts[at] = f"{parts[at][:-1]}, as {who} saw."
        case 3:
            del parts[at]
        case _:
            parts.append(parts.pop(at))
    return "\n\n".join(parts)


def edit_memory(memory: Memory, step: Step, who: str) -> Memory:
    match step.how % 9:
        case 0:
            return replace(memory, detail=f"{memory.detail}\n\n{FACTS[step.target % len(FACTS)]}")
        case 1:
            values = {"title": f"{memory.title} by {who}"}
        case 2:
            values = {"abstract": f"{memory.abstract[:-1]}, {who} thinks."}
        case 3:
            return Memory(**{**_slots(memory), "aliases": (*memory.aliases, f"alias of {who}")})
        case 4:
            return Memory(**{**_slots(memory), "fields": {**memory.fields, "mood": f"{who} {step.target % 2}"}})
        case 5:
            values = {"overview": f"What {who} knows."}
        case _:
            values = {"detail": paragraphs(memory.detail, step, who)}
    return Memory(**{**_slots(memory), **values})


def _slots(memory: Memory) -> dict[str, object]:
    return {slot: getattr(memory, slot) for slot in memory.__slots__}


def say(workspace: Workspace, name: str, message: str, text: str) -> None:
    """A conversation of one message, committed."""
    session = workspace.new_session(name)
    when = f"2026-0{2 + len(message) % 3}-0{1 + sum(message.encode()) % 9}T09:00:00Z"
    workspace.add_messages(session, [Message(f"msg_{message}", "user", ({"type": "text", "text": text},), when)])
    workspace.commit(session)
    shutil.rmtree(workspace.store.private_dir / "live")


class Machine:
    """A workspace on which scripts are played, each from the same base."""

    def __init__(self, top: Path) -> None:
        self.workspace = Workspace.open(top)
        self.git = self.workspace.store.git
        self.writer = self.workspace.store.writer()
        self.base = str(self.workspace.store.tip("refs/heads/main"))
        self.said = str(self.workspace.store.tip(TRANSCRIPTS_REF))

    def play(self, script: list[Step], who: str) -> str:
        """The tip of trunk after ``script``."""
        self.git.references["refs/heads/main"].set_target(self.base)
        self.git.references[TRANSCRIPTS_REF].set_target(self.said)
        for number, step in enumerate(script, start=1):
            try:
                self._do(step, who, number)
            except VikingError:
                # The target is gone, or may not be edited so: a person would read why and go on.
                continue
        return str(self.workspace.store.tip("refs/heads/main"))

    def _do(self, step: Step, who: str, number: int) -> None:
        files, tree = self.workspace.files, self.workspace.snapshot()
        document = DOCS[step.target % len(DOCS)]
        place = f"{MEMORIES}/{KNOWN[step.target % len(KNOWN)]}"
        match step.verb:
            case "talk":
                say(self.workspace, "plan" if step.how % 2 else who, f"{who}_{number}", SAID[step.target % len(SAID)])
            case "memory":
                memory = parse_memory(tree.read(f"{place}/{CONTENT}").decode())
                files.write(f"{place}/{CONTENT}", edit_memory(memory, step, who).render().encode())
            case "new":
                name = f"topic_{step.target % 3}"
                fresh = Memory("preferences", name, f"Topic {who}", f"What {who} likes.", fields={"topic": name},
                               detail=FACTS[step.how % len(FACTS)])  # fmt: skip
                files.write(f"{MEMORIES}/preferences/{name}/{CONTENT}", fresh.render().encode())
            case "forget":
                files.rm(place, recursive=True)
            case "rename":
                files.mv(place, f"{place}_{'by_' + who if step.how % 2 else 'old'}")
            case "document":
                files.write(document, paragraphs(tree.read(document).decode(), step, who).encode())
            case "image":
                files.write("resources/docs/logo.png", b"\0" + who.encode() * (1 + step.how % 2))
            case "drop":
                files.rm(document)
            case "move":
                files.mv(document if step.how % 2 else "resources/docs/api", f"resources/{who}-{step.how}")
            case "link":
                files.link("resources/docs", f"viking://{place}/", reason=f"{who} says so")
            case "settings":
                key, value = (("sessions.review", "true"), ("sessions.keep_recent", str(step.target)))[step.how % 2]
                self.workspace.settings.set(key, value)

    def merge(self, ours: str, theirs: str, base: str | None = None) -> MergeResult:
        store = self.workspace.store
        found = base or store.merge_base(ours, theirs)
        return merge_trees(self.writer, store.tree(found), store.tree(ours), store.tree(theirs))

    def landed(self, tree: str, ours: str, theirs: str) -> Snapshot:
        """The tree as trunk would have it: merged and refreshed."""
        store = self.workspace.store
        tip = store.commit(self.writer, tree, [ours, theirs], "merge\n")
        touched = [path for path, _, _ in store.snapshot(ours).changed(store.snapshot(tip))]
        return store.snapshot(refreshed(store, self.writer, tip, touched) or tip)

    def broken(self, tree: Snapshot, base: str) -> list[str]:
        """What no rule of severity error may find."""
        policy = self.workspace.policy
        case = Case(tree, self.workspace.store.snapshot(base), GENERATORS, policy, on_trunk=True, whole=True)
        return [f"{f.path}: {f.rule} {f.message}" for f in run(case) if f.severity == "error"]


def build(top: Path) -> Path:
    """What both sides start from."""
    pygit2.init_repository(str(top), bare=True, initial_head="main")
    workspace, _ = Workspace.init(top)
    made = [
        Memory("entities", "alice", "Alice", "Alice is the user's sister.", fields={"kind": "person"},
               detail="Alice likes green tea.\n\nAlice has a dog called Bruno.\n\nAlice works in a library."),
        Memory("entities", "parcel_queue", "Parcel queue", "A queue of parcels.", fields={"kind": "project"},
               overview="How parcels travel.",
               detail="## Design\n\nParcels lie in Redis.\n\n## Limits\n\nTen a second."),
        Memory("preferences", "style", "Style", "User prefers short functions.", fields={"topic": "style"},
               detail="User prefers short functions.\n\nUser likes tests."),
        Memory("profile", "work", "Work", "User works as a baker.", detail="User works as a baker."),
        Memory("events", "2026-03-01_launch", "Launch", "The shop was launched.", fields={"date": "2026-03-01"},
               detail="The shop was launched with forty parcels."),
    ]  # fmt: skip
    for memory in made:
        place = f"{MEMORIES}/{memory.path}/{CONTENT}"
        workspace.files.write(place, memory.render().encode())
    for number, document in enumerate(DOCS):
        # No line stands in two documents, so that it is lost where it is not in the one that has it.
        lines = [f"Step {n} of {document} is about the number {n * 7 + number}." for n in range(9)]
        workspace.files.write(document, ("# Title\n\n" + "\n\n".join(lines) + "\n").encode())
    say(workspace, "plan", "first", "I prefer dark roast coffee.")
    return top


def files_of(tree: Snapshot) -> dict[str, bytes]:
    return {path: tree.read_oid(entry.oid) for path, entry in tree.walk()}


def lines_of(files: dict[str, bytes]) -> set[str]:
    """What a person wrote: the paragraphs of memories, the lines of documents."""
    found: set[str] = set()
    for path, data in files.items():
        name = path.rpartition("/")[2]
        if name.startswith(".") or b"\0" in data:
            continue
        if memory_of(path) and name == CONTENT:
            memory = parse_memory(data.decode())
            found |= {p for p in split_paragraphs(f"{memory.overview}\n\n{memory.detail}") if not p.startswith("#")}
        elif path.startswith("resources/"):
            found |= {line.strip() for line in data.decode().splitlines() if line.strip()}
    return found


def is_said(line: str, found: set[str]) -> bool:
    """Whether a line stands among others: as it was, marked as one that no longer holds, or in other words."""
    return any(line in other for other in found) or any(
        relate(line.removeprefix(EARLIER)[12:] if line.startswith(EARLIER) else line, other) in {"same", "covered"}
        for other in found
    )


def content_of(files: dict[str, bytes]) -> list[tuple[str, bytes]]:
    """Files less what a name is, and less what is made of names: projections, layers, records that name an archive."""
    made = {ABSTRACT, OVERVIEW, META, "tool.json", "usage.jsonl"}
    kept = [(path.rpartition("/")[2], data) for path, data in files.items() if path.rpartition("/")[2] not in made]
    return sorted((re.sub(r"\.theirs-[0-9a-f]{8,}", "", name), data) for name, data in kept)


STEPS = st.builds(
    Step,
    st.sampled_from(
        ["talk", "memory", "memory", "memory", "memory", "new", "forget", "rename", "document", "document", "image",
         "drop", "move", "link", "settings"]
    ),
    st.integers(0, 6),
    st.integers(0, 17),
)  # fmt: skip
SCRIPTS = st.lists(STEPS, min_size=1, max_size=4)


@pytest.fixture(scope="module")
def without_fsync() -> Iterator[None]:
    pygit2.option(Option.ENABLE_FSYNC_GITDIR, False)
    yield
    pygit2.option(Option.ENABLE_FSYNC_GITDIR, True)


@pytest.fixture
def machine(tmp_path: Path, without_fsync: None) -> Machine:
    return Machine(build(tmp_path / "base.git"))


@settings(max_examples=PAIRS, derandomize=True, database=None)
@given(SCRIPTS, SCRIPTS)
def test_pairs_of_edit_scripts(machine: Machine, mine: list[Step], yours: list[Step]) -> None:
    machine.writer = machine.workspace.store.writer()
    ours, theirs = machine.play(mine, "ada"), machine.play(yours, "bo")
    store = machine.workspace.store
    base = store.merge_base(ours, theirs)
    result = machine.merge(ours, theirs)
    assert result.tree is not None

    # The sides can be swapped, names aside.
    swapped = machine.merge(theirs, ours)
    assert swapped.tree is not None
    merged = files_of(Snapshot(store.git, result.tree))
    assert content_of(merged) == content_of(files_of(Snapshot(store.git, swapped.tree)))
    assert len(swapped.contested) == len(result.contested)

    # No line is lost that neither side deleted.
    before, one, other = (lines_of(files_of(store.snapshot(tip))) for tip in (base, ours, theirs))
    for line in (one | other) - (before - (one & other)):
        assert is_said(line, lines_of(merged)), line

    # No conflict marker, and what is contested says so.
    assert not any(mark in data for data in merged.values() for mark in (b"<<<<<<<", b">>>>>>>"))
    for path in result.contested:
        if memory_of(path) and path in merged:
            assert parse_memory(merged[path].decode()).status == "contested"

    # It passes its own rules, as trunk would have it.
    tree = machine.landed(result.tree, ours, theirs)
    assert machine.broken(tree, ours) == []

    # Merging twice is a no-op; after a squash has forgotten that there was a merge, no word comes twice.
    tip = store.commit(machine.writer, result.tree, [ours, theirs], "merge\n")
    assert machine.merge(tip, theirs).tree == result.tree
    assert machine.merge(tip, ours).tree == result.tree
    again = files_of(Snapshot(store.git, machine.merge(tip, theirs, base).tree))
    assert again.keys() == merged.keys()
    assert lines_of(again) == lines_of(merged)
