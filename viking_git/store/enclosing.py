"""The repository of somebody else's that a folder outside of the workspace lies in."""

from pathlib import Path

import pygit2

from viking_git.store.locate import discover


def enclosing_repository(path: Path) -> tuple[Path, tuple[str, ...]] | None:
    """The top of the work tree that ``path`` lies in and the addresses of its remotes, ``origin`` first.

    None outside of any, and where libgit2 may not or cannot read it: nothing there is worth an error.
    """
    found = discover(path)
    if found is None:
        return None
    try:
        git = pygit2.Repository(str(found))
        remotes = {remote.name or "": remote.url for remote in git.remotes}
    except (pygit2.GitError, KeyError, ValueError, OSError):
        return None
    if not git.workdir:
        return None
    names = sorted(remotes, key=lambda name: (name != "origin", name))
    return Path(git.workdir), tuple(url for name in names if (url := remotes[name]))
