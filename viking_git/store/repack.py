"""The small packfiles of many writes, joined once there are enough of them."""

from contextlib import suppress
from pathlib import Path

import pygit2

from viking_git.errors import Busy
from viking_git.store.locks import file_lock
from viking_git.store.objects import common_dir
from viking_git.store.packs import release_dead_packs
from viking_git.store.promised import is_partial
from viking_git.store.remote import join_packs

_MANY_PACKS = 40
"""Packs from which on it pays to join the small ones."""


def join_small_packs(git: pygit2.Repository, locks: Path) -> bool:
    """Join the small packs if there are many; whether it did. Cost follows the small packs.

    If another process is doing it, this one leaves it to that process. ``locks`` is the directory of the lock.
    """
    packs = common_dir(git) / "objects" / "pack"
    kept = {path.stem for path in packs.glob("*.keep")}
    if sum(1 for path in packs.glob("*.pack") if path.stem not in kept) < _MANY_PACKS:
        return False
    with suppress(Busy), file_lock(locks / "packs.lock", patience=0):
        release_dead_packs(packs)
        return join_packs(common_dir(git), partial=is_partial(git))
    return False
