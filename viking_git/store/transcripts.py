"""Private transcripts in the work tree: ignored files, so that ``cat`` and ``rg`` work."""

import os
from collections.abc import Iterable
from pathlib import Path

from viking_git.model.layers import MESSAGES
from viking_git.store.repo import Store
from viking_git.store.worktree import checkouts_of


def lay_transcripts(store: Store, trunk_ref: str, transcripts_ref: str, archives: Iterable[str]) -> int:
    """Write the transcripts of ``archives`` (directories) into every work tree that has trunk; how many were missing.

    A file that is there stays as it is: it may be somebody's, and a transcript never changes.
    """
    kept = store.snapshot(store.tip(transcripts_ref))
    if kept.tree is None:
        return 0
    laid = 0
    tops = [Path(git.workdir) for git in checkouts_of(store.git, trunk_ref)]
    for archive in archives:
        path = f"{archive}/{MESSAGES}"
        for top in tops:
            target = top / path
            if target.exists() or target.is_symlink() or not target.parent.is_dir():
                continue
            data = kept.get(path)
            if data is None:
                continue
            scratch = target.with_name(f".{MESSAGES}.{os.getpid()}")
            scratch.write_bytes(data)
            scratch.replace(target)
            laid += 1
    return laid
