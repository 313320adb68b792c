"""Blobs that a partial clone left with its remote, fetched on need and many at a time.

libgit2 knows no partial clones: to it such a blob is lost. So every read of one goes through ``read_blob``, and git
brings what is missing as it does for itself (git's documentation, technical/partial-clone): one fetch by id from the
remote that promised it. Where many are read one after the other, ``bring`` is told of them before, or ``settled`` finds
out which they are. In other clones nothing of this costs anything.
"""

import weakref
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar

import pygit2

from viking_git.errors import RemoteFailed
from viking_git.store.remote import fetch_objects

T = TypeVar("T")

# The extension says what remote.<name>.promisor says too; without this libgit2 opens no such repository.
pygit2.settings.set_extensions(["partialclone"])

_UNREAD = b"{}"
"""What a blob that is still to come reads as, in a try whose result is thrown away: harmless as JSON and as text."""

_awaited: ContextVar[dict[str, str] | None] = ContextVar("awaited", default=None)
"""In a try of ``settled``: id → path, or "", of the blobs that were read and are not here."""
_remotes: weakref.WeakKeyDictionary[pygit2.Repository, tuple[str, ...]] = weakref.WeakKeyDictionary()
_lenders: weakref.WeakKeyDictionary[pygit2.Repository, pygit2.Repository] = weakref.WeakKeyDictionary()


class _Incomplete(Exception):
    """A try of ``settled`` cannot go on without the blobs that it has asked for."""


def borrow(git: pygit2.Repository, lender: pygit2.Repository) -> None:
    """Let what ``git``, which reads the objects of ``lender``, does not find be fetched there."""
    _lenders[git] = lender


def is_partial(git: pygit2.Repository) -> bool:
    """Whether a remote promised to have what this repository lacks."""
    return bool(_promisors(git))


def is_here(git: pygit2.Repository, oid: str) -> bool:
    """Whether a blob can be read without a fetch."""
    return not is_partial(git) or oid in git


def read_blob(git: pygit2.Repository, oid: str, path: str = "") -> bytes:
    """The bytes of a blob; one that is not here is fetched.

    Raises:
        RemoteFailed: it is with a remote that does not give it now.
        KeyError: nobody has it.
    """
    try:
        return bytes(git[oid].read_raw())
    except KeyError:
        return bytes(git[oid].read_raw()) if _fetched(git, oid, path) else _UNREAD


def blob_size(git: pygit2.Repository, oid: str, path: str = "") -> int:
    """The bytes that a blob has; one that is not here is fetched.

    Raises:
        RemoteFailed, KeyError: as ``read_blob``.
    """
    try:
        blob = git[oid]
    except KeyError:
        if not _fetched(git, oid, path):
            return len(_UNREAD)
        blob = git[oid]
    assert isinstance(blob, pygit2.Blob)  # noqa: S101 - the caller took the id from a file entry
    return blob.size


def bring(git: pygit2.Repository, wanted: Iterable[tuple[str, str]]) -> int:
    """Have the blobs of ``wanted``, paths and ids, here, in one fetch; how many were not.

    Raises:
        RemoteFailed: the remote does not give them now; what it gave stays.
    """
    missing = {oid: path for path, oid in wanted if oid not in git} if is_partial(git) else {}
    if missing:
        _fetch(git, missing)
    return len(missing)


def settled(git: pygit2.Repository, make: Callable[[], T]) -> T:
    """What ``make`` makes once all that it reads is here.

    It is tried: what it reads and is not here counts as empty, is fetched in one go, and it is tried again, until a
    try lacks nothing. So it must do nothing but read, and write objects that nothing names.

    Raises:
        RemoteFailed: something that it reads cannot be fetched.
    """
    if _awaited.get() is not None or not is_partial(git):
        return make()
    while True:
        missing: dict[str, str] = {}
        token = _awaited.set(missing)
        try:
            made = make()
        except Exception:
            # What was read as empty may look like anything; what is really wrong is wrong again.
            if not missing:
                raise
        finally:
            _awaited.reset(token)
        if not missing:
            return made
        _fetch(git, missing)


def go_no_further() -> None:
    """End a try of ``settled`` that has read what is not here, before it makes a commit of it."""
    if _awaited.get():
        raise _Incomplete


def _fetched(git: pygit2.Repository, oid: str, path: str) -> bool:
    """Fetch one blob; False in a try of ``settled``, where it is noted instead."""
    if not is_partial(git):
        raise KeyError(oid)
    awaited = _awaited.get()
    if awaited is not None:
        awaited[oid] = path
        return False
    _fetch(git, {oid: path})
    return True


def _fetch(git: pygit2.Repository, missing: Mapping[str, str]) -> None:
    """Ask one promising remote after the other for what is missing."""
    home = _lenders.get(git, git)
    left, reasons = list(missing), []
    for remote in _promisors(git):
        reason = fetch_objects(Path(home.path), remote, left)
        left = [oid for oid in left if oid not in git]
        if not left:
            return
        reasons.append(f"{remote}: {reason or 'it does not have them any more'}")
    named = sorted(path for oid in left if (path := missing[oid]))
    what = named[0] if named else f"object {left[0]}"
    are = (
        "is"
        if len(left) == 1
        else "and one more file are"
        if len(left) == 2
        else f"and {len(left) - 1:,} more files are"
    )
    raise RemoteFailed(
        f"{what} {are} not in this clone, which holds only its scopes, and cannot be fetched from {'; '.join(reasons)}",
        hint="try again where the remote can be reached; git sparse-checkout list names what is always here",
    )


def _promisors(git: pygit2.Repository) -> tuple[str, ...]:
    home = _lenders.get(git, git)
    found = _remotes.get(home)
    if found is None:
        names = {entry.name: entry.value for entry in home.config if entry.name.startswith(("remote.", "extensions."))}
        ours = [key[len("remote.") : -len(".promisor")] for key in names if key.endswith(".promisor")]
        chosen = [remote for remote in ours if home.config.get_bool(f"remote.{remote}.promisor")]
        first = names.get("extensions.partialclone")
        found = _remotes[home] = tuple(dict.fromkeys([*([first] if first else []), *chosen]))
    return found
