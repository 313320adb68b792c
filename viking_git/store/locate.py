"""Finding the repository that a path lies in, and opening it."""

from pathlib import Path

import pygit2
from pygit2.enums import RepositoryOpenFlag

from viking_git.errors import UnsupportedRepository


def open_repository(path: Path) -> pygit2.Repository:
    """The repository at ``path`` exactly, not one above it.

    Raises:
        UnsupportedRepository: not a repository, or one that libgit2 cannot read; the hint names the way out.
    """
    try:
        git = pygit2.Repository(str(path), RepositoryOpenFlag.NO_SEARCH)
    except (pygit2.GitError, KeyError, ValueError) as error:
        text = str(error)
        hint = None
        if "sha256" in text or "object format" in text:
            hint = "libgit2 reads SHA-1 repositories only: git init --object-format=sha1"
        elif "refstorage" in text or "extension" in text:
            hint = "this repository uses a git extension that libgit2 lacks, such as reftable; use --ref-format=files"
        elif "owned by" in text:
            hint = f"the repository belongs to somebody else: git config --global --add safe.directory {path}"
        raise UnsupportedRepository(f"cannot open the repository at {path}: {text}", hint=hint) from None
    _check_work_tree(git)
    return git


def _check_work_tree(git: pygit2.Repository) -> None:
    """Make sure that git, run in the work tree, finds this repository: core.worktree may name any directory.

    Raises:
        UnsupportedRepository: it does not.
    """
    if not git.workdir or not Path(git.workdir).is_dir():
        return
    found = _git_directory(Path(git.workdir))
    if found is None or found.resolve() != Path(git.path).resolve():
        own, pointer = Path(git.path).resolve(), Path(git.workdir) / ".git"
        raise UnsupportedRepository(
            f"git does not find the repository {own} from its work tree {git.workdir}",
            hint=f"name the directory that has its .git; or, where core.worktree is meant: "
            f"echo 'gitdir: {own}' > {pointer}",
        )


def global_config(key: str) -> str | None:
    """A value of the user's own git config, outside of any repository; None where it is not set."""
    try:
        return str(pygit2.Config.get_global_config()[key])
    except (KeyError, OSError):
        return None


def discover(start: Path) -> Path | None:
    """The repository that ``start`` lies in, as ``open_repository`` takes it; None outside of any."""
    found = _git_directory(start)
    here = start.absolute()
    for top in (here, *here.parents):
        # A git directory that is elsewhere does not say where its work tree is: this file does.
        if found is not None and (top / ".git").is_file() and _git_directory(top) == found:
            return top
    return found


def _git_directory(start: Path) -> Path | None:
    try:
        found = pygit2.discover_repository(str(start))
    except OSError:
        # Too long for a path.
        return None
    return Path(found) if found else None
