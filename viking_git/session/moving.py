"""An archive's transcript kept elsewhere: what of the archive and of its session says so, and what it consists of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from viking_git.config import POLICY_FILE, load_policy
from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT, MESSAGES, META, OVERVIEW
from viking_git.model.meta import dump_json, dump_line, load_json
from viking_git.model.records import Record
from viking_git.resources.summarize import archive_layers
from viking_git.resources.view import blob_oid
from viking_git.session.exposure import Exposure
from viking_git.session.settings import changed_policy
from viking_git.session.state import SessionId, archives, message_ids, read_transcript
from viking_git.session.usage import read_usage, without_said
from viking_git.store.graft import Placed
from viking_git.store.kept import mark_of
from viking_git.store.livelog import FILES, USAGE
from viking_git.store.snapshot import Snapshot

Where = Literal["private", "tracked"]


@dataclass(slots=True)
class Moved:
    """What a change of privacy did, or with ``dry_run`` would do.

    Attributes:
        commit: its commit on trunk, None where nothing was to be done.
        archives: the directories of the archives whose transcripts moved.
        messages: how many messages these hold.
        marked: the sessions whose next archives are kept otherwise from now on.
        policy: whether the policy was changed.
        missing: archives whose transcripts are private and not on this machine.
        by_hand: archives whose overview somebody wrote, so that it stays: it may quote what was said.
        private: sessions with transcripts that stay private.
        history: what commits and remotes hold, None where that was not asked.
    """

    commit: str | None = None
    archives: list[str] = field(default_factory=list)
    messages: int = 0
    marked: list[str] = field(default_factory=list)
    policy: bool = False
    missing: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    private: int = 0
    history: Exposure | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether all was so already."""
        return not (self.archives or self.marked or self.policy)

    def add(self, other: "Moved") -> None:
        """Take in what became of another archive."""
        self.archives += other.archives
        self.messages += other.messages
        self.by_hand += other.by_hand

    def to_json(self) -> dict[str, Any]:
        """The object that ``session publish --json`` and ``session privatise --json`` print."""
        return {
            "commit": self.commit, "archives": self.archives, "messages": self.messages, "marked": self.marked,
            "policy": self.policy, "missing": self.missing, "by_hand": self.by_hand, "private_sessions": self.private,
            "history": self.history.to_json() if self.history else None,
        }  # fmt: skip


def private_archives(view: Snapshot, session: SessionId) -> list[int]:
    """The numbers of the archives whose transcript is not in the tree."""
    return [n for n in archives(view, session) if not view.exists(f"{session.archive(n)}/{MESSAGES}")]


def tracked_archives(view: Snapshot, session: SessionId) -> list[int]:
    """The numbers of the archives whose transcript is in the tree."""
    return [n for n in archives(view, session) if view.exists(f"{session.archive(n)}/{MESSAGES}")]


def conversation(view: Snapshot, archive: str) -> dict[str, Placed]:
    """The transcript in the tree of the archive in the directory ``archive``, and the images that belong to it."""
    found = [(f"{archive}/{MESSAGES}", view.entry(f"{archive}/{MESSAGES}")), *view.walk(f"{archive}/{FILES}")]
    return {path: (entry.oid, entry.mode) for path, entry in found if entry is not None}


def usage_apart(view: Snapshot, archive: str) -> tuple[dict[str, Placed], bytes]:
    """The records of use in the tree, where they say what went into skills; and what a private archive tracks."""
    path = f"{archive}/{USAGE}"
    tracked = b"".join(dump_line(without_said(record)) for record in read_usage(view, archive))
    entry = view.entry(path)
    if entry is None or entry.kind != "file" or view.read_oid(entry.oid) == tracked:
        return {}, b""
    return {path: (entry.oid, entry.mode)}, tracked


def move(view: Snapshot, said: Snapshot, session: SessionId, number: int, to: Where, changes: Changes) -> Moved:
    """Let an archive say that its transcript is kept elsewhere: in ``.meta.json``, and in the layers that we made.

    Args:
        said: the tree of private transcripts; not asked for one that is in ``view``.
    """
    place = session.archive(number)
    path = f"{place}/{META}"
    # It is written again, so one that cannot be read has to be mended first.
    meta = Record(load_json(view.get(path) or b"{}", path))
    old = meta.get("transcript")
    meta["transcript"] = {**(old if isinstance(old, dict) else {}), "kept": to}
    moved = Moved(archives=[place], messages=sum(1 for _ in message_ids(meta)))
    if _is_extractive(view, place, meta):
        layers = archive_layers(read_transcript(view, said, session, number), private=to == "private")
        data = {ABSTRACT: f"{layers.abstract}\n".encode(), OVERVIEW: f"{layers.overview}\n".encode()}
        for name, text in data.items():
            changes.write(f"{place}/{name}", text)
        meta["layers"] = {"abstract": blob_oid(data[ABSTRACT]), "overview": blob_oid(data[OVERVIEW])}
    elif to == "private":
        moved.by_hand.append(place)
    changes.write(path, dump_json(meta))
    return moved


def set_mark(view: Snapshot, session: SessionId, mark: Where | None, changes: Changes) -> bool:
    """Let the session's own record say how its next archives are kept, None for as policy has it; whether it did not.

    It is set where policy says the same too: the policy may change, and this was asked for by name.
    """
    if mark_of(view, session.path) == mark:
        return False
    path = f"{session.path}/{META}"
    meta = load_json(view.get(path) or b"{}", path)
    meta.pop("transcripts", None)
    changes.write(path, dump_json(meta | {"transcripts": mark} if mark else meta))
    return True


def set_policy(view: Snapshot, to: Where, changes: Changes) -> bool:
    """Let the policy keep all further archives so; whether it did not."""
    data = view.read(POLICY_FILE)
    if load_policy(data).sessions.transcripts == to:
        return False
    changes.write(POLICY_FILE, changed_policy(data, "sessions.transcripts", to))
    return True


def subject(verb: str, chosen: Sequence[SessionId] | None) -> str:
    """The message of the commit that does ``verb`` to these sessions, None for all."""
    if chosen is None:
        return f"session: {verb} all\n"
    what = chosen[0].id if len(chosen) == 1 else f"{len(chosen)} sessions"
    return f"session: {verb} {what}\n\n" + "".join(f"Viking-Session: {session.uri}\n" for session in chosen)


def _is_extractive(view: Snapshot, archive: str, meta: Mapping[str, Any]) -> bool:
    found = {"abstract": view.entry(f"{archive}/{ABSTRACT}"), "overview": view.entry(f"{archive}/{OVERVIEW}")}
    oids = {layer: entry.oid for layer, entry in found.items() if entry is not None}
    return meta.get("generated_by") == "extractive" and meta.get("layers") == oids
