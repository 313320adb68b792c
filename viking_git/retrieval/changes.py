"""From two pairs of trees to the changes of an index: cost follows the difference, never the repository."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from viking_git.model.layers import ABSTRACT, CONTENT, MESSAGES, META, OVERVIEW
from viking_git.model.layout import archive_of
from viking_git.model.markdown import blocks_of, front_matter_end
from viking_git.model.names import is_holdable
from viking_git.model.records import Record
from viking_git.model.text import decode_text
from viking_git.model.uri import TRACKED_SCOPES
from viking_git.retrieval.database import Database, Directory
from viking_git.retrieval.units import Unit, directory_units, file_units, is_indexed, is_transcript
from viking_git.store.cone import Cone
from viking_git.store.kept import Kept
from viking_git.store.snapshot import Entry, Snapshot

READ_LIMIT = 256_000_000
"""Bytes of a file above which it is not even read."""

_SKILL = "SKILL.md"
_ABOUT = (ABSTRACT, OVERVIEW, META, CONTENT, _SKILL)
_FIELD = re.compile(r"^(status|created_at|description): *['\"]?(.*?)['\"]?\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Trees:
    """What is searched: trunk, and the archived messages that policy keeps out of it.

    Attributes:
        cone: what of trunk is searched in a clone of some scopes; None for all of it.
    """

    trunk: Snapshot
    transcripts: Snapshot
    cone: Cone | None = None

    def entry(self, path: str) -> Entry | None:
        """The file at ``path``; a transcript may lie in either tree, and belongs to trunk's archive."""
        found = self.trunk.entry(path)
        if found is None and is_transcript(path):
            found = Kept(self.trunk, self.transcripts).entry(path)
        return found if found is not None and found.kind == "file" else None

    def older(self, trunk: str | None, transcripts: str | None) -> "Trees | None":
        """The trees with these ids, None when git does not have them any more."""
        first, second = self.trunk.other(trunk), self.transcripts.other(transcripts)
        return Trees(first, second, self.cone) if first is not None and second is not None else None

    def all(self) -> set[str]:
        """Every file that is searched."""
        found = {path for top in self._whole() for path, _ in self.trunk.walk(top)}
        found |= {path for top in self._above() for path in _files(self.trunk, top)}
        kept = Kept(self.trunk, self.transcripts)
        return found | {path for path, _ in kept.walk("session") if is_transcript(path)}

    def documents(self, older: "Trees | None") -> Iterator[str]:
        """The searched files below ``resources/`` that ``older`` does not have as they are here; all without it."""
        for top in self._whole():
            if f"{top}/".startswith("resources/") and older is None:
                yield from (path for path, _ in self.trunk.walk(top))
            elif f"{top}/".startswith("resources/") and older is not None:
                yield from (path for path, _, _ in older.trunk.changed(self.trunk, top))

    def changed(self, newer: "Trees") -> set[str]:
        """The files that are searched and may differ in ``newer``."""
        pairs = [(self.trunk, newer.trunk, top) for top in self._whole()]
        pairs.append((self.transcripts, newer.transcripts, "session"))
        found = {(path, old is self.trunk) for old, new, scope in pairs for path, _, _ in old.changed(new, scope)}
        inside = {path for path, in_trunk in found if in_trunk or is_transcript(path)}
        # An archive's record says which transcript is its own.
        records = {path for path, _ in found if path.endswith(f"/{META}")}
        inside |= {f"{archive}/{MESSAGES}" for path in records if (archive := archive_of(path))}
        for top in self._above():
            old, new = _files(self.trunk, top), _files(newer.trunk, top)
            inside |= {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
        return inside

    def outside(self) -> int:
        """How many files of the searched scopes the cone leaves out, hidden ones not counted."""
        return sum(_left_out(self.trunk, scope, self.cone) for scope in TRACKED_SCOPES) if self.cone else 0

    def bring(self, paths: Iterable[str]) -> None:
        """Have the files at ``paths`` here, in one fetch for those that are not.

        Raises:
            RemoteFailed: they cannot be fetched now.
        """
        self.trunk.bring((path, entry) for path in paths if (entry := self.entry(path)) is not None)

    def _whole(self) -> tuple[str, ...]:
        """The directories that are searched with all below them."""
        if self.cone is None:
            return TRACKED_SCOPES
        return tuple(top for top in self.cone.whole if top.partition("/")[0] in TRACKED_SCOPES)

    def _above(self) -> list[str]:
        """Those of which only their own files are."""
        above = self.cone.above if self.cone else frozenset[str]()
        return sorted(top for top in above if top.partition("/")[0] in TRACKED_SCOPES)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a refresh did to the units: how many came and went, and what of which file is left out."""

    added: int
    removed: int
    left_out: dict[str, str]


def apply_changes(database: Database, trees: Trees, paths: set[str]) -> Applied:
    """Let ``database`` say of ``paths`` what ``trees`` say. Transactions are the caller's."""
    added = removed = 0
    left_out: dict[str, str] = {}
    for path, units, reason in _changes(trees, paths):
        new, gone = database.replace_units(path, units)
        added, removed = added + new, removed + gone
        database.note_left_out(path, reason)
        if reason:
            left_out[path] = reason
    about = {path.rpartition("/")[0] for path in paths if path.rpartition("/")[2] in _ABOUT and is_holdable(path)}
    for path in sorted(about):
        database.replace_directory(path, _directory(trees.trunk, path))
    return Applied(added, removed, left_out)


def _files(tree: Snapshot, directory: str) -> dict[str, str]:
    """Path → id of the files directly in ``directory``."""
    return {f"{directory}/{entry.name}": entry.oid for entry in tree.entries(directory) if not entry.is_dir}


def _left_out(tree: Snapshot, directory: str, cone: Cone) -> int:
    if cone.covers(directory):
        return 0
    count, files_count = 0, not cone.meets(directory)
    for entry in tree.entries(directory):
        if entry.is_dir:
            count += _left_out(tree, f"{directory}/{entry.name}", cone)
        elif files_count and not entry.name.startswith("."):
            count += 1
    return count


def _changes(trees: Trees, paths: set[str]) -> Iterator[tuple[str, Iterable[Unit], str]]:
    """Path, its units now, and what of it is left out."""
    for path in sorted(paths):
        if not is_holdable(path):
            # No URI leads to it, and SQLite takes no text that is not UTF-8.
            yield path.encode("utf-8", "backslashreplace").decode(), [], "no URI can name it"
            continue
        directory, _, name = path.rpartition("/")
        if name == ABSTRACT or (name == OVERVIEW and f"{directory}/{ABSTRACT}" not in paths):
            layers = {name: trees.trunk.get(f"{directory}/{name}") for name in (ABSTRACT, OVERVIEW)}
            yield directory, list(directory_units(directory, {k: v for k, v in layers.items() if v is not None})), ""
        elif is_indexed(path):
            entry = trees.entry(path)
            if entry is None:
                yield path, [], ""
            elif trees.trunk.size_of(entry.oid) > READ_LIMIT:
                yield path, [], "too large to read"
            else:
                yield path, *file_units(path, trees.trunk.read_oid(entry.oid))


def _directory(trunk: Snapshot, path: str) -> Directory | None:
    abstract = _text(trunk, f"{path}/{ABSTRACT}").strip()
    content = _text(trunk, f"{path}/{CONTENT}") or _text(trunk, f"{path}/{_SKILL}")
    meta = Record.parse(trunk.get(f"{path}/{META}"), META)
    if not abstract and not content and not meta:
        return None
    below = front_matter_end(content)
    front = dict(_FIELD.findall(content[:below]))
    headings = (block for block in blocks_of(content[below:]) if block.kind == "heading" and block.level == 1)
    title = next((heading.title for heading in headings), "")
    return Directory(
        path, abstract, name=path.rpartition("/")[2],
        description=front.get("description") or title, status=front.get("status", ""),
        created_at=meta.text("created_at") or front.get("created_at", ""), updated_at=meta.text("updated_at"),
        active_count=meta.record("stats").count("active_count"),
    )  # fmt: skip


def _text(trunk: Snapshot, path: str) -> str:
    data = trunk.get(path)
    return (decode_text(data) or "") if data is not None else ""
