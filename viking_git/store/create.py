"""Making a repository where there is none, and taking it back if the rest of ``init`` fails."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pygit2

from viking_git.errors import UnsupportedRepository
from viking_git.model.names import check_name
from viking_git.store.locate import global_config
from viking_git.store.remote import read_tree
from viking_git.store.repo import Store


@dataclass(slots=True)
class Fresh:
    """What ``create_repository`` made: the topmost new directory, or the new ``.git`` in one that was there."""

    made: Path | None = field(default=None)

    def undo(self) -> None:
        """Remove what was made, and nothing else."""
        if self.made is not None:
            shutil.rmtree(self.made, ignore_errors=True)


def create_repository(directory: Path) -> tuple[Path, Fresh]:
    """The repository at ``directory``, created where there is none; its first branch is git's configured default.

    Raises:
        UnsupportedRepository: ``directory`` is a file or cannot be written.
    """
    top = directory.absolute()
    if (top / ".git").exists() or ((top / "HEAD").is_file() and (top / "objects").is_dir()):
        return top, Fresh()
    new = top
    while not new.parent.exists():
        new = new.parent
    made = top / ".git" if top.exists() else new
    branch = global_config("init.defaultBranch") or "main"
    check_name(branch)
    try:
        _make(top, branch)
    except (pygit2.GitError, OSError, ValueError) as error:
        Fresh(made).undo()
        raise UnsupportedRepository(f"cannot make a repository in {directory}: {error}") from None
    return top, Fresh(made)


def check_out(store: Store, ref: str) -> None:
    """Let HEAD be the branch ``ref`` (a full name) of a repository that was just made, and lay its files out."""
    store.git.set_head(ref)
    if store.workdir is not None:
        read_tree(store.workdir, None, store.tree(store.tip(ref)))


def _make(top: Path, branch: str) -> None:
    """Make ``.git`` aside and rename it, so that no kill leaves half of one."""
    aside = top / ".viking-new"
    shutil.rmtree(aside, ignore_errors=True)
    pygit2.init_repository(str(aside), initial_head=branch)
    (aside / ".git").rename(top / ".git")
    aside.rmdir()
