"""The small packfiles of many writes, joined once there are enough of them."""

import os
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
_PROCESSES = Path("/proc")
_REPACKS = {b"repack", b"pack-objects", b"gc"}


def join_small_packs(git: pygit2.Repository, locks: Path) -> bool:
    """Join the small packs if there are many; whether it did. Cost follows the small packs.

    If another process is doing it, this one leaves it to that process. ``locks`` is the directory of the lock.
    """
    packs = common_dir(git) / "objects" / "pack"
    kept = {path.stem for path in packs.glob("*.keep")}
    if sum(1 for path in packs.glob("*.pack") if path.stem not in kept) < _MANY_PACKS:
        return False
    if _is_repacking(git):
        return False
    with suppress(Busy), file_lock(locks / "packs.lock", patience=0):
        release_dead_packs(packs)
        return join_packs(common_dir(git), partial=is_partial(git))
    return False


def _is_repacking(git: pygit2.Repository) -> bool:
    """Whether a git repacks this repository, as far as the system tells.

    A full repack leaves out an object that a kept pack has too, and deletes other packs with it at its end. If the kept
    pack is released and joined meanwhile, git drops the object from it, for a large pack has it. That one is deleted
    next. A stress run ended with a missing blob.
    """
    places = [str(Path(place).resolve()) for place in (common_dir(git), git.workdir) if place]
    for process in _PROCESSES.glob("[0-9]*"):
        with suppress(OSError):
            words = set((process / "cmdline").read_bytes().split(b"\0"))
            if not words & _REPACKS or not (process / "comm").read_text().startswith("git"):
                continue
            where = os.readlink(process / "cwd")  # noqa: PTH115 - a Path would be resolved further
            if any(where == place or where.startswith(f"{place}/") for place in places):
                return True
    return False
