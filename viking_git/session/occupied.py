"""What lies where an import wants to go: refused, replaced or skipped, each as a whole."""

from collections.abc import Iterable
from typing import Literal

from viking_git.errors import Refused
from viking_git.model.layers import ABSTRACT, META, OVERVIEW
from viking_git.model.layout import memory_of
from viking_git.model.names import fold
from viking_git.session.placing import Plan
from viking_git.store.snapshot import Snapshot

OnConflict = Literal["fail", "overwrite", "skip"]

SHOWN = 5
"""Conflicts that an error names; the rest is counted."""


class Occupied:
    """The places that an import of one pack wants and that trunk holds already.

    Attributes:
        replaced: what was there and is not any more.
        skipped: what was there and was left.
    """

    def __init__(self, target: str, on_conflict: OnConflict) -> None:
        """Ask about a pack whose root comes to lie at the path ``target``, "" for a backup."""
        self._target, self._on_conflict = target, on_conflict
        self.replaced: list[str] = []
        self.skipped: list[str] = []

    def settle(self, base: Snapshot, plan: Plan) -> None:
        """Take out of ``plan`` what is to be skipped; name what is to be replaced.

        Raises:
            Refused: something is there and is neither to be skipped nor to be replaced.
        """
        units = list(dict.fromkeys(map(self.unit, self.paths(plan))))
        for unit in units:
            _refuse_twin(base, unit)
        taken = [unit for unit in units if self._holds(base, unit)]
        if not taken:
            return
        if self._on_conflict == "fail":
            shown = ", ".join(f"viking://{unit}" for unit in taken[:SHOWN])
            more = f" and {len(taken) - SHOWN:,} more" if len(taken) > SHOWN else ""
            raise Refused(f"already there: {shown}{more}", hint="--on-conflict overwrite replaces it, skip leaves it")
        if self._on_conflict == "overwrite":
            self.replaced = taken
            return
        self.skipped = taken
        left = set(taken) if self._target else set(map(self.unit, self.paths(plan)))
        for place in (plan.files, plan.transcripts, plan.layers):
            for path in [path for path in place if self.unit(path) in left]:
                del place[path]
        plan.empty = [path for path in plan.empty if self.unit(f"{path}/x") not in left]
        plan.kept = {path: items for path, items in plan.kept.items() if self.unit(f"{path}/x") not in left}

    def paths(self, plan: Plan) -> Iterable[str]:
        """A path in everything that the import puts somewhere."""
        yield from plan.files
        yield from plan.transcripts
        yield from (f"{path}/x" for path in plan.empty)

    def unit(self, path: str) -> str:
        """What is replaced or skipped as a whole: the pack's root, or of what was moved a session, a memory, a skill.

        In a backup it is the scope.
        """
        if not self._target:
            return path.partition("/")[0]
        if path.startswith(f"{self._target}/"):
            return self._target
        found = memory_of(path)
        if found is not None:
            return found[0]
        return "/".join(path.split("/")[: 3 if path.startswith("session/") else 4])

    def _holds(self, base: Snapshot, unit: str) -> bool:
        if "/" in unit:
            return base.exists(unit)
        return any(entry.name not in {ABSTRACT, OVERVIEW, META} for entry in base.entries(unit))

    def refuse_newcomers(self, base: Snapshot, plan: Plan) -> None:
        """Refuse what came to stand in the way since ``settle`` looked."""
        for unit in dict.fromkeys(map(self.unit, self.paths(plan))):
            if unit not in self.replaced and self._holds(base, unit):
                raise Refused(f"somebody made viking://{unit} meanwhile", hint="look at it, then import again")


def _refuse_twin(base: Snapshot, unit: str) -> None:
    """Refuse a name that some file systems take for one that is there."""
    where = ""
    for part in unit.split("/"):
        for entry in base.entries(where):
            if entry.name != part and fold(entry.name) == fold(part):
                path = f"{where}/{entry.name}".lstrip("/")
                raise Refused(f"viking://{unit} and viking://{path} are one name where case does not count")
        where = f"{where}/{part}".lstrip("/")


def in_the_way(base: Snapshot, paths: Iterable[str]) -> set[str]:
    """Directories of ``base`` where a file is to be, and files where a directory is to be."""
    found: set[str] = set()
    seen: set[str] = set()
    for path in paths:
        entry = base.entry(path)
        if entry is not None and entry.is_dir:
            found.add(path)
        head = path.rpartition("/")[0]
        while head and head not in seen:
            seen.add(head)
            above = base.entry(head)
            if above is not None and not above.is_dir:
                found.add(head)
            head = head.rpartition("/")[0]
    return found
