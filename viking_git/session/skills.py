"""The skills of an agent's space: brought in, listed, checked, removed; each change one commit on trunk."""

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from viking_git.config import CheckPolicy
from viking_git.errors import NotFound
from viking_git.memory.guard import Guard
from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT, LAYER_FILES, META
from viking_git.model.names import closest
from viking_git.model.records import Record
from viking_git.resources.ingest import AddReport
from viking_git.resources.skills import SKILL_FILE, Skill, checked, read_skill, skill_changes
from viking_git.resources.sources import Sources, read_sources
from viking_git.resources.summarize import resource_changes
from viking_git.session.refresh import advance_and_refresh
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

_EXECUTABLE = 0o100755


@dataclass(frozen=True, slots=True)
class KeptSkill:
    """A skill in the workspace.

    Attributes:
        abstract: its L0.
        files: its files below its directory, and whether each may be executed; layers are left out.
        active_count: how often sessions used it.
    """

    uri: str
    skill: Skill
    abstract: str
    files: tuple[tuple[str, bool], ...]
    active_count: int

    def to_json(self) -> dict[str, Any]:
        """The entry as ``skill list --json`` prints it."""
        return {
            "name": self.skill.name or PurePosixPath(self.uri).name, "uri": self.uri, "abstract": self.abstract,
            "description": self.skill.description, "fields": dict(self.skill.fields),
            "files": [{"path": path, "executable": executable} for path, executable in self.files],
            "active_count": self.active_count, "problems": list(self.skill.problems),
        }  # fmt: skip


class Skills:
    """The skills of one agent."""

    def __init__(self, store: Store, trunk_ref: str, agent: str, checks: CheckPolicy) -> None:
        self._checks = checks
        self._store, self._trunk, self._root = store, trunk_ref, f"agent/{agent}/skills"

    def add(self, path: Path, *, allow_secrets: bool = False) -> tuple[str, AddReport]:
        """Bring in a skill, a folder with a SKILL.md or such a file alone; its URI, and what changed.

        Raises:
            NotFound, InvalidContent: nothing is there, or no skill, with all that is wrong; nothing was changed.
            Refused: its SKILL.md has a secret and ``allow_secrets`` is not set, or trunk's work tree cannot take it
                now; nothing was changed.
        """
        self._store.signatures()
        skill, sources = _read(path)
        target = f"{self._root}/{checked(skill, str(path)).name}"
        report = AddReport()

        def build(writer: ObjectWriter, tip: str | None) -> str | None:
            nonlocal report
            base = self._store.snapshot(tip)
            changes, report = skill_changes(base, sources, target, Guard(self._checks, allow_secrets))
            changes.update(resource_changes(base, changes, [*report.added, *report.changed, *report.removed]))
            return self._commit(writer, base, tip, changes, f"add: skill {skill.name} ({report.counts})")

        stale = advance_and_refresh(self._store, self._trunk, build, f"add skill {skill.name}")
        return f"viking://{target}", replace(report, stale=stale)

    def list(self) -> list[KeptSkill]:
        """Every skill, by name; broken ones too."""
        view = self._view()
        names = [entry.name for entry in view.entries(self._root) if entry.is_dir]
        return self._store.settled(lambda: [self._kept(view, name) for name in names])

    def show(self, name: str) -> KeptSkill:
        """One skill, by its name or URI.

        Raises:
            NotFound: there is no such skill.
        """
        name = self._name(name)
        view = self._view()
        if not view.is_dir(f"{self._root}/{name}") or "/" in name or not name:
            meant = closest(name, [entry.name for entry in view.entries(self._root) if entry.is_dir])
            raise NotFound(f"no skill {name!r}", hint=f"did you mean {meant}" if meant else "viking-git skill list")
        return self._kept(view, name)

    def validate(self, target: str) -> Skill:
        """A skill on disk, or one of the workspace by name or URI, with what is wrong about it.

        Raises:
            NotFound: neither is there.
        """
        path = Path(target)
        if not target.startswith("viking://") and path.exists():
            return _read(path)[0]
        return self.show(target).skill

    def remove(self, name: str) -> str:
        """Remove a skill by a commit; its URI.

        Raises:
            NotFound: there is no such skill.
            Refused: trunk's work tree cannot take it now; nothing was changed.
        """
        self._store.signatures()
        kept = self.show(name)
        changes = Changes()
        changes.delete(kept.uri.removeprefix("viking://"))

        def build(writer: ObjectWriter, tip: str | None) -> str | None:
            why = f"edit: remove skill {PurePosixPath(kept.uri).name}"
            return self._commit(writer, self._store.snapshot(tip), tip, changes, why)

        advance_and_refresh(self._store, self._trunk, build, f"remove {kept.uri}")
        return kept.uri

    def _commit(self, writer: ObjectWriter, base: Snapshot, tip: str | None, changes: Changes, why: str) -> str | None:
        tree = writer.apply(base.tree, changes)
        return tip if tree == base.tree else self._store.commit(writer, tree, [tip] if tip else [], f"{why}\n")

    def _view(self) -> Snapshot:
        return self._store.snapshot(self._store.tip(self._trunk))

    def _name(self, text: str) -> str:
        for prefix in (f"viking://{self._root}/", "viking://agent/skills/"):
            text = text.removeprefix(prefix)
        return text.strip("/")

    def _kept(self, view: Snapshot, name: str) -> KeptSkill:
        place = f"{self._root}/{name}"
        abstract = (view.get(f"{place}/{ABSTRACT}") or b"").decode("utf-8", "replace").strip()
        files = tuple(
            (path[len(place) + 1 :], entry.mode == _EXECUTABLE)
            for path, entry in view.walk(place)
            if PurePosixPath(path).name not in LAYER_FILES
        )
        skill = read_skill(view.get(f"{place}/{SKILL_FILE}"), name)
        return KeptSkill(f"viking://{place}", skill, abstract, files, _count(view.get(f"{place}/{META}")))


def _read(path: Path) -> tuple[Skill, Sources]:
    """The skill at ``path`` on disk, and its files. A folder names its skill; a file does not."""
    sources = read_sources([path])
    if sources.folders:
        data = next((file.data for file in sources.files if file.path == SKILL_FILE), None)
        return _with_hint(read_skill(data, path.resolve().name), sources), sources
    (file,) = sources.files
    return read_skill(file.data, None), sources


def _with_hint(skill: Skill, sources: Sources) -> Skill:
    other = next((file.path for file in sources.files if file.path.casefold() == SKILL_FILE.casefold()), SKILL_FILE)
    if other == SKILL_FILE or not skill.problems:
        return skill
    return replace(skill, problems=(f"its {other} is to be called {SKILL_FILE}",))


def _count(meta: bytes | None) -> int:
    return Record.parse(meta, META).record("stats").count("active_count")
