"""Private transcripts: whose they are. Machines that number archives apart must not read each other's words.

The ref of private transcripts has the paths of trunk, but a merge on trunk may give an archive another number than it
was made with, on this machine or on another. What decides is the archive's own ``.meta.json``: ``summarizes`` is the id
of its transcript. A transcript with another id is another conversation's, and is not shown.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model.layers import MESSAGES, META
from viking_git.model.layout import archive_of
from viking_git.model.meta import load_json, load_lines
from viking_git.store.livelog import FILES, USAGE
from viking_git.store.snapshot import Entry, Snapshot

EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
"""The id of an empty transcript: records of what was used, without a message. It tells no archive from another."""

SAID = ("input", "output")
"""What of a used skill is conversation."""


def is_said(path: str) -> bool:
    """Whether a file is by its place what was said in a session: a transcript, or an image that belongs to one."""
    parts = path.split("/")
    if archive_of(path) is not None and parts[5] == FILES:
        return True
    return parts[-1] == MESSAGES and (parts[0] == "session" or (parts[0] == "user" and parts[2:3] == ["sessions"]))


def is_use(path: str) -> bool:
    """Whether a file is an archive's record of what was used."""
    archive = archive_of(path)
    return archive is not None and path == f"{archive}/{USAGE}"


def tells_said(data: bytes) -> bool:
    """Whether records of use hold what went into a skill or came out of it; what is no record tells nothing."""
    try:
        skills = [record.get("skill") for record in load_lines(data, USAGE)]
    except InvalidContent:
        return any(f'"{key}"'.encode() in data for key in SAID)
    return any(isinstance(skill, Mapping) and not skill.keys().isdisjoint(SAID) for skill in skills)


def is_kept(kept: Snapshot, path: str, oid: str) -> bool:
    """Whether ``kept`` has a file of an archive, by its id, in its place in some archive of that session."""
    archive = archive_of(path)
    if archive is None:
        return False
    history, rest = archive.rpartition("/")[0], path[len(archive) + 1 :]
    found = (kept.entry(f"{history}/{entry.name}/{rest}") for entry in kept.entries(history))
    return any(entry is not None and entry.oid == oid for entry in found)


class Kept:
    """The tree of private transcripts as the archives of ``trunk`` have them: what is another's is not there.

    Of archives that trunk does not have (yet) all is there.
    """

    def __init__(self, trunk: Snapshot, kept: Snapshot) -> None:
        self._trunk, self._kept = trunk, kept
        self._own: dict[str, bool] = {}

    def entry(self, path: str) -> Entry | None:
        """What is at ``path``, None where nothing is."""
        found = self._kept.entry(path)
        return found if found is not None and self._is_own(path) else None

    def entries(self, path: str) -> list[Entry]:
        """The entries of the directory ``path`` by name, [] where no directory is."""
        found = self._kept.entries(path)
        return found if found and self._is_own(path) else []

    def get(self, path: str) -> bytes | None:
        """The bytes of the file ``path``, None where no file is."""
        found = self.entry(path)
        return self._kept.read_oid(found.oid) if found is not None and found.kind == "file" else None

    def walk(self, path: str) -> Iterator[tuple[str, Entry]]:
        """Every file below ``path`` with its path from the root."""
        files = list(self._kept.walk(path))
        records = {f"{archive}/{META}" for found, _ in files if (archive := archive_of(found))}
        self._trunk.bring((record, entry) for record in records if (entry := self._trunk.entry(record)))
        return ((found, entry) for found, entry in files if self._is_own(found))

    def _is_own(self, path: str) -> bool:
        archive = archive_of(f"{path}/")
        if archive is None:
            return True
        if archive not in self._own:
            self._own[archive] = _is_own(self._trunk, transcript_at(self._kept, archive), archive)
        return self._own[archive]


def mark_of(view: Snapshot, session: str) -> object:
    """What the session in the directory ``session`` says of its own transcripts; None where policy decides."""
    return record_of(view, session).get("transcripts")


def _is_own(trunk: Snapshot, transcript: str | None, archive: str) -> bool:
    # Most are, and then nothing has to be parsed: this is how we write it, and a quote inside of a text is escaped.
    if f'"summarizes": "{transcript}"'.encode() in (trunk.get(f"{archive}/{META}") or b""):
        return True
    stamp = stamp_of(trunk, archive)
    return stamp is None or transcript == stamp


def stamp_of(view: Snapshot, archive: str) -> str | None:
    """The id of the transcript that the archive in the directory ``archive`` was made of, None where it says none."""
    stamp = record_of(view, archive).get("summarizes")
    return stamp if isinstance(stamp, str) else None


def transcript_at(kept: Snapshot, archive: str) -> str | None:
    """The id of the transcript in the directory ``archive``, None where there is none."""
    found = kept.entry(f"{archive}/{MESSAGES}")
    return found.oid if found is not None and found.kind == "file" else None


def place_of(kept: Snapshot, archive: str, stamp: str | None) -> str | None:
    """The directory in which the transcript of ``archive`` lies, under whatever number; None where it is not here."""
    at = transcript_at(kept, archive)
    if stamp in {None, EMPTY, at}:
        return archive if at is not None and stamp in {None, at} else None
    history = archive.rpartition("/")[0]
    places = (f"{history}/{entry.name}" for entry in kept.entries(history) if entry.is_dir)
    return next((place for place in places if transcript_at(kept, place) == stamp), None)


def record_of(view: Snapshot, directory: str) -> dict[str, Any]:
    """The ``.meta.json`` of ``directory``, {} where there is none that can be read."""
    try:
        return load_json(view.get(f"{directory}/{META}") or b"{}", META)
    except InvalidContent:
        return {}
