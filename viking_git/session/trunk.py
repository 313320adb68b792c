"""Moving trunk, and what a person hears of it, whichever verb it was: one place for the notes of all writes."""

from collections.abc import Sequence

from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Build, Store

_SHOWN = 5
"""Directories that a note names; the rest is counted."""


def advance_trunk(store: Store, ref: str, build: Build, why: str) -> str | None:
    """Move trunk as ``Store.advance`` does, and say so where the files here do not show it."""
    moved = False

    def noticed(writer: ObjectWriter, tip: str | None) -> str | None:
        nonlocal moved
        new = build(writer, tip)
        moved = new != tip
        return new

    after = store.advance(ref, noticed, why)
    if moved and (said := unseen(store, ref)):
        store.notice(said)
    return after


def unseen(store: Store, ref: str) -> str:
    """Why a new commit on trunk, the branch ``ref``, does not show in the files here, "" where it does."""
    here, trunk = store.head_branch(), ref.removeprefix("refs/heads/")
    if store.workdir is None or here == trunk:
        return ""
    what = f"{here} is checked out" if here else "HEAD is detached"
    return f"{what}: the files here stay as they are; git switch {trunk} shows the change"


def note_stale(store: Store, directories: Sequence[str]) -> None:
    """What a person wrote about directories that have changed since is not overwritten; say so, and the way out."""
    way = "viking-git refresh --accept"
    for path in directories[:_SHOWN]:
        store.notice(f"written by hand and stale now: viking://{path}/ ({way} viking://{path}/, or --rewrite)")
    if len(directories) > _SHOWN:
        store.notice(f"… and {len(directories) - _SHOWN:,} more like it; viking-git refresh names all")
