"""Where each file of a pack goes in our tree, and what it is there: a plan, made before anything is written."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from viking_git.checks.schemas import check_schema
from viking_git.errors import BadPack, InvalidContent, InvalidName
from viking_git.model.filemerge import MEMORY_DIFF
from viking_git.model.layers import ABSTRACT, CONTENT, LAYER_FILES, MESSAGES, META, OVERVIEW
from viking_git.model.layout import archive_number, archive_of, memory_of
from viking_git.model.memory import parse_memory
from viking_git.model.meta import dump_json, dump_line, load_json, load_lines
from viking_git.model.names import check_name
from viking_git.pack.foreign import FILE_LIMIT, foreign_memory, memory_place, verbatim
from viking_git.pack.mapping import DONE, OUR_DONE, Moved, Skills, check_moves, ours
from viking_git.pack.read import Checked
from viking_git.resources.containers import is_container
from viking_git.resources.view import blob_oid
from viking_git.session.usage import without_said
from viking_git.store.graft import BLOB, EXECUTABLE, Placed
from viking_git.store.kept import is_said, is_use, tells_said
from viking_git.store.livelog import FILES
from viking_git.store.packfile import BlobPack

Kept = dict[str, dict[str, Any]]
"""Directory → path in the pack → bytes, verbatim: what goes into the directory's ``.meta.json`` under ``imported``."""

_OUR_DONE_ID = blob_oid(OUR_DONE)


@dataclass(slots=True)
class Plan:
    """What an import makes of the tree.

    Attributes:
        files: path → blob.
        sources: path → where the pack has it.
        moved: files that are not where the pack has them.
        kept: what has no place of its own any more.
        holders: the ``.meta.json`` files that it stands in.
        transcripts: private ones, for the ref that holds them.
        empty: directories without files that get layers.
        brought: where the pack has each of its files.
        layers: layers of containers, which are projections here and so are not put in.
        notes: what else was not taken as it came.
    """

    files: dict[str, Placed] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    kept: Kept = field(default_factory=dict)
    holders: set[str] = field(default_factory=set)
    transcripts: dict[str, Placed] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    brought: frozenset[str] = frozenset()
    layers: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many files of the pack are taken: as files, private transcripts or layers made anew, or verbatim."""
        placed = {self.sources[path] for place in (self.files, self.transcripts, self.layers) for path in place}
        return len(self.brought & placed.union(*self.kept.values()))

    def copy(self) -> "Plan":
        """A plan whose notes and kept files can grow without these growing: an import may be tried more than once."""
        return replace(self, kept={path: dict(items) for path, items in self.kept.items()}, notes=list(self.notes))

    def keep(self, directory: str, source: str, data: bytes) -> None:
        """Keep a file verbatim in the ``.meta.json`` of ``directory``."""
        self.kept.setdefault(directory, {})[source] = verbatim(data)

    def keep_only(self, path: str, directory: str, data: bytes) -> None:
        """Keep the file ``path`` verbatim, and nowhere else."""
        source = self.sources[path]
        self.keep(directory, source, data)
        self.moved = [move for move in self.moved if move.source != source]
        del self.files[path]

    def move(self, path: str, there: str, why: str) -> None:
        """Let a file lie at ``there`` instead."""
        source = self.sources.pop(path)
        self.files[there], self.sources[there] = self.files.pop(path), source
        self.note_move(source, there, why)

    def note_move(self, source: str, path: str, why: str) -> None:
        """Say where a file of the pack lies now, and why."""
        self.moved = [*(move for move in self.moved if move.source != source), Moved(source, path, why)]


@dataclass(frozen=True, slots=True)
class Layout:
    """How to lay a pack's files.

    Attributes:
        as_is: move and rewrite nothing.
        agent: the agent's space that a user's skills go to.
        skills: ``user`` leaves them where they are.
        private: whether transcripts stay out of the tree.
    """

    as_is: bool = False
    agent: str = "default"
    skills: Skills = "agent"
    private: bool = True


def make_plan(
    files: Iterable[Checked], directories: Collection[str], target: str, layout: Layout, blobs: BlobPack
) -> Plan:
    """The plan for a pack whose root lands at ``target`` ("" for a backup, whose paths begin with their scope).

    Raises:
        BadPack: two files would become one.
    """
    plan = Plan()
    placed: dict[str, str] = {}
    modes: dict[str, Placed] = {}
    for file in files:
        source = f"{target}/{file.path}" if target else file.path
        if file.oid == _OUR_DONE_ID and source.endswith(f"/{DONE}") and not layout.as_is:
            continue
        path, why = (source, "") if layout.as_is else ours(source, agent=layout.agent, skills=layout.skills)
        placed[source] = path
        modes[source] = (file.oid, EXECUTABLE if file.executable else BLOB)
        if why:
            plan.moved.append(Moved(source, path, why))
    check_moves(placed)
    plan.brought = frozenset(placed)
    for source, path in placed.items():
        plan.sources[path] = source
        plan.files[path] = modes[source]
    for path in [*plan.files, *(f"{target}/{d}/x".lstrip("/") for d in directories)]:
        _check_names(path)
    if not layout.as_is:
        _archive_messages(plan, blobs)
        _set_diffs_apart(plan, blobs)
    _set_transcripts_apart(plan, layout, _marks(plan, layout, blobs), blobs)
    _set_layers_apart(plan, blobs)
    if not layout.as_is:
        _make_memories(plan, blobs)
    return plan


def _archive_messages(plan: Plan, blobs: BlobPack) -> None:
    """What other versions keep of a running session becomes its last archive: here, tracked messages are archived."""
    for path in [path for path in plan.files if path.startswith("session/") and path.endswith(f"/{MESSAGES}")]:
        parts = path.split("/")
        if len(parts) != 4:
            continue
        if not blobs.size(plan.files[path][0]):
            plan.keep_only(path, "/".join(parts[:3]), b"")
            continue
        history = "/".join([*parts[:3], "history"])
        numbers = (archive_number(p[len(history) + 1 :].partition("/")[0]) for p in plan.files if p.startswith(history))
        last = max((number for number in numbers if number is not None), default=0)
        plan.move(path, f"{history}/archive_{last + 1:03d}/{MESSAGES}", "messages are archived")


def _set_diffs_apart(plan: Plan, blobs: BlobPack) -> None:
    """What another version notes of an archive's memories quotes the conversation: it goes where the transcript goes.

    Our own ``memory_diff.json`` names memories and no words; trunk makes it from the decisions.
    """
    for path in [path for path in plan.files if path.endswith(f"/{MEMORY_DIFF}") and archive_of(path)]:
        there = f"{archive_of(path)}/{FILES}/{MEMORY_DIFF}"
        try:
            check_schema(path, read_file(plan, path, blobs) or b"")
        except InvalidContent:
            if there not in plan.files:
                plan.move(path, there, "kept with the transcript")


def _marks(plan: Plan, layout: Layout, blobs: BlobPack) -> set[str]:
    """The sessions that keep their transcripts private whatever policy says.

    That others track theirs where they come from is nobody's choice here: such a mark is not taken over.
    """
    private: set[str] = set()
    for path in [path for path in plan.files if path.startswith("session/") and path.count("/") == 3]:
        session, _, name = path.rpartition("/")
        data = read_file(plan, path, blobs) if name == META else None
        try:
            meta = load_json(data or b"{}", path)
        except InvalidContent:
            continue
        if meta.get("transcripts") == "private":
            private.add(session)
        elif layout.private and meta.pop("transcripts", None) is not None:
            plan.files[path] = (blobs.add(dump_json(meta)), BLOB)
            plan.notes.append(f"{path}: transcripts are tracked there and private here (viking-git session publish)")
    return private


def _set_transcripts_apart(plan: Plan, layout: Layout, private: Collection[str], blobs: BlobPack) -> None:
    for path in [path for path in plan.files if is_said(path) or is_use(path)]:
        if not layout.private and "/".join(path.split("/")[:3]) not in private:
            continue
        if is_use(path):
            _set_use_apart(plan, path, blobs)
            continue
        plan.transcripts[path] = plan.files.pop(path)
        plan.notes.append(f"{path}: a transcript, kept out of the tree on refs/viking/transcripts")


def _set_use_apart(plan: Plan, path: str, blobs: BlobPack) -> None:
    """What went into skills and came out of them is conversation too: the tree has the records without it."""
    data = read_file(plan, path, blobs)
    if data is not None and not tells_said(data):
        return
    plan.transcripts[path] = plan.files.pop(path)
    plan.notes.append(f"{path}: what skills were given is kept out of the tree on refs/viking/transcripts")
    try:
        records = load_lines(data, path) if data is not None else []
    except InvalidContent:
        return
    if records:
        plan.files[path] = (blobs.add(b"".join(dump_line(without_said(record)) for record in records)), BLOB)


def _set_layers_apart(plan: Plan, blobs: BlobPack) -> None:
    for path in list(plan.files):
        directory, _, name = path.rpartition("/")
        if name in {ABSTRACT, OVERVIEW} and is_container(directory):
            data = read_file(plan, path, blobs)
            if data is None:
                raise BadPack("is far too large for a layer", member=plan.sources[path])
            plan.layers[path] = data
            del plan.files[path]


def _check_names(path: str) -> None:
    """Refuse names of spaces and sessions that no ref or file system could hold, and directories called like layers."""
    for name in path.split("/")[:-1]:
        if name in LAYER_FILES:
            raise BadPack(f"lies in a directory called {name}, which is a file's name here", member=path)
    scope, *rest = path.split("/")[:-1]
    names = rest[: {"session": 2, "user": 1, "agent": 1}.get(scope, 0)]
    try:
        for name in names:
            check_name(name, "space or session")
    except InvalidName as error:
        raise BadPack(f"cannot lie there: {error.message}", member=path) from None


def _make_memories(plan: Plan, blobs: BlobPack) -> None:
    """Flat memory files become directories with a content.md; what they were stands in their .meta.json."""
    whole = {found[0] for path in plan.files if is_memory(path, plan, blobs) and (found := memory_of(path))}
    for path in sorted(plan.files):
        found = memory_of(path)
        if memory_place(path) is None or (found and found[0] in whole):
            continue
        data = read_file(plan, path, blobs)
        made = foreign_memory(path, data) if data is not None else None
        if made is not None and f"{made.directory}/{CONTENT}" in plan.files:
            digest = hashlib.sha256(path.encode()).hexdigest()[:8]
            made = foreign_memory(path, data or b"", digest)
        if made is None or data is None or f"{made.directory}/{CONTENT}" in plan.files:
            plan.notes.append(f"{path}: not a memory that can be made ours; left as it is")
            continue
        source = plan.sources.pop(path)
        del plan.files[path]
        plan.keep(made.directory, source, data)
        layers = made.memory.layers()
        for name, text in (
            (CONTENT, made.memory.render()), (ABSTRACT, f"{layers.abstract}\n"), (OVERVIEW, f"{layers.overview}\n")
        ):  # fmt: skip
            plan.files[f"{made.directory}/{name}"] = (blobs.add(text.encode()), BLOB)
            plan.sources[f"{made.directory}/{name}"] = source
        plan.note_move(source, f"{made.directory}/{CONTENT}", "a memory is a directory")


def is_memory(path: str, plan: Plan, blobs: BlobPack) -> bool:
    """Whether the file is the ``content.md`` of a memory that may lie where it lies."""
    found = memory_of(path)
    if found is None or path != f"{found[0]}/{CONTENT}":
        return False
    try:
        memory = parse_memory(blobs.read(plan.files[path][0]).decode(), category_name=found[1], name=found[2])
        return found[0].endswith(f"/memories/{memory.path}")
    except (InvalidContent, InvalidName, UnicodeDecodeError):
        return False


def read_file(plan: Plan, path: str, blobs: BlobPack) -> bytes | None:
    """The bytes of a file of the pack, None where it is larger than what is made ours."""
    oid = plan.files[path][0]
    return blobs.read(oid) if blobs.size(oid) <= FILE_LIMIT else None
