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
        return pygit2.Repository(str(path), RepositoryOpenFlag.NO_SEARCH)
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


def global_config(key: str) -> str | None:
    """A value of the user's own git config, outside of any repository; None where it is not set."""
    try:
        return str(pygit2.Config.get_global_config()[key])
    except (KeyError, OSError):
        return None


def discover(start: Path) -> Path | None:
    """The git directory of the repository that ``start`` lies in, None outside of any."""
    try:
        found = pygit2.discover_repository(str(start))
    except OSError:
        # Too long for a path.
        return None
    return Path(found) if found else None
