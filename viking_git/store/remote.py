"""The ``git`` program, called for what libgit2 cannot do: staging indexes it cannot write."""

import subprocess
from pathlib import Path

from viking_git.errors import DirtyWorkTree

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The id of git's empty tree."""


def read_tree(top: Path, before: str | None, after: str | None) -> None:
    """Move work tree and staging index from tree to tree with ``git read-tree -m -u``.

    Raises:
        DirtyWorkTree: git says that edits are in the way, and has changed nothing.
    """
    command = ["git", "-C", str(top), "read-tree", "-m", "-u", before or EMPTY_TREE, after or EMPTY_TREE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words and ids
    if done.returncode:
        raise DirtyWorkTree(
            f"git cannot update the work tree: {done.stderr.strip()}", hint="commit or stash your edits, then try again"
        )
