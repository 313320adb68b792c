"""What libgit2 and the system raise, in our terms: a disk that is full or broken is no bug of anybody's."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import pygit2

from viking_git.errors import NotWritable

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BROKEN = {errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM}
_SENTENCES = {
    "no space left on device": FULL,
    "disk quota exceeded": FULL,
    # What libgit2 1.9 says where it cannot write a file of a checkout, and keeps the reason to itself.
    "writer.open == 0": FULL,
    "input/output error": _BROKEN,
    "read-only file system": _BROKEN,
    "permission denied": _BROKEN,
}

TRANSIENT = (pygit2.GitError, KeyError, OSError)
"""What reading or writing raises while another process packs, prunes or repacks the same repository."""


def storage_error(error: BaseException, doing: str) -> NotWritable | None:
    """The typed error if the disk is full, broken, or not ours to write to; None for anything else.

    libgit2 gives the system's reason only as the end of its sentence.
    """
    number = getattr(error, "errno", None)
    text = str(error).casefold()
    reasons = next((group for sentence, group in _SENTENCES.items() if sentence in text), None)
    if number in FULL or reasons is FULL:
        hint = "free some space, then run the command again: it carries on"
    elif number in _BROKEN or reasons is _BROKEN:
        hint = "check the disk and who may write to it, then run the command again: it carries on"
    else:
        return None
    return NotWritable(f"cannot {doing}: {error}", hint=hint)


@contextmanager
def storing(doing: str) -> Iterator[None]:
    """Turn what a full or broken disk raises inside into the typed error."""
    try:
        yield
    except (pygit2.GitError, OSError) as error:
        raise storage_error(error, doing) or error from None
