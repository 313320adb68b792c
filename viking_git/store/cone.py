"""The part of the tree that a scoped clone holds: the directories of git's sparse checkout, in cone mode.

Git keeps them as patterns (git-sparse-checkout, "Internals: cone mode"): a directory with all below it, and of each
directory above one the files, but none of its other directories.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pygit2

from viking_git.store.promised import is_partial

SEARCHED = "viking.searched"
"""The git config key of directories that a clone of some scopes holds beside those of its work tree."""

_ESCAPED = re.compile(r"\\([*?\[\\])")


@dataclass(frozen=True)
class Cone:
    """Directories with all that is below them, and the files beside and above them.

    Attributes:
        whole: paths of the directories, sorted, none below another; "" is everything.
    """

    whole: tuple[str, ...]

    @classmethod
    def of(cls, directories: Iterable[str]) -> "Cone":
        """The cone of ``directories``, in any order."""
        kept: list[str] = []
        for directory in sorted(set(directories), key=lambda path: (path.count("/"), path)):
            if not any(_is_in(directory, known) for known in kept):
                kept.append(directory)
        return cls(tuple(sorted(kept)))

    @cached_property
    def above(self) -> frozenset[str]:
        """The directories above those that are held whole; of these the files are held. The root is one: ""."""
        found = {""}
        for path in self.whole:
            while path := path.rpartition("/")[0]:
                found.add(path)
        return frozenset(found)

    @property
    def key(self) -> str:
        """A short name for it, equal for equal cones."""
        return hashlib.sha256("\n".join(self.whole).encode()).hexdigest()[:12]

    def covers(self, directory: str) -> bool:
        """Whether all that is below ``directory`` is held."""
        return any(_is_in(directory, known) for known in self.whole)

    def meets(self, directory: str) -> bool:
        """Whether anything directly in ``directory`` is held."""
        return directory in self.above or self.covers(directory)

    def holds(self, path: str) -> bool:
        """Whether the file ``path`` is held."""
        return self.meets(path.rpartition("/")[0])

    def widened(self, directories: Iterable[str]) -> "Cone":
        """This cone with ``directories`` held too."""
        return Cone.of((*self.whole, *directories))


def cone_of(git: pygit2.Repository) -> Cone | None:
    """What the work tree of a partial clone holds; None in other clones, and where patterns are not in cone mode."""
    return sparse_cone(git) if is_partial(git) else None


def sparse_cone(git: pygit2.Repository) -> Cone | None:
    """What git checks out here; None for everything, and where patterns are not in cone mode."""
    if not all(_is_set(git, f"core.sparseCheckout{mode}") for mode in ("", "Cone")):
        return None
    try:
        lines = (Path(git.path) / "info" / "sparse-checkout").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    barred = {line[1:-2] for line in lines if line.startswith("!/") and line.endswith("/*/")}
    shown = [line for line in lines if line.startswith("/") and line.endswith("/") and line not in barred]
    return Cone.of(_ESCAPED.sub(r"\1", line.strip("/")) for line in shown)


def held_by(git: pygit2.Repository) -> Cone | None:
    """What a clone of some scopes holds: its work tree, and what git config ``viking.searched`` adds, a path a line.

    None in other clones.
    """
    cone = cone_of(git)
    also = str(git.config[SEARCHED]) if SEARCHED in git.config else ""
    return cone.widened(also.split("\n")) if cone is not None and also else cone


def _is_in(path: str, directory: str) -> bool:
    return not directory or path == directory or path.startswith(f"{directory}/")


def _is_set(git: pygit2.Repository, key: str) -> bool:
    return key in git.config and git.config.get_bool(key)
