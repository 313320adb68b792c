"""Signed commits, made by ``git commit-tree`` with whatever git is configured to sign with: OpenPGP, SSH or X.509.

libgit2 signs nothing by itself. A key that fails blocks nothing: the commit is made without a signature, and that is
said once.
"""

import tempfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pygit2

from viking_git.errors import UnsupportedRepository
from viking_git.store.remote import patient_git

_PATIENCE = 60.0
"""Seconds for a person to unlock the key."""


class Signer:
    """Signs the commits of one repository."""

    def __init__(self, top: Path) -> None:
        """Take the directory that git is run in."""
        self._top = top
        self._failed = False

    def sign(
        self,
        objects: Sequence[Path],
        tree: str,
        parents: Sequence[str],
        message: str,
        author: pygit2.Signature,
        committer: pygit2.Signature,
        notice: Callable[[str], None],
    ) -> bytes | None:
        """The bytes of a signed commit; None where git cannot sign, which ``notice`` is told the first time.

        Args:
            objects: the object directories in which git finds ``tree`` and ``parents``.
        """
        if self._failed:
            return None
        words = ["commit-tree", "-S", *(word for parent in parents for word in ("-p", parent)), "-F", "-", tree]
        with tempfile.TemporaryDirectory(prefix="viking-git-") as directory:
            variables = {
                "GIT_OBJECT_DIRECTORY": directory,
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": ":".join(map(_quoted, objects)),
                **_person("AUTHOR", author),
                **_person("COMMITTER", committer),
            }
            try:
                oid = patient_git(self._top, words, message, variables, _PATIENCE).strip()
            except UnsupportedRepository as error:
                self._failed = True
                reason = error.message.splitlines()[0].removeprefix("git commit-tree: ")
                notice(f"commits are not signed, for git cannot: {reason}")
                return None
            loose = zlib.decompress((Path(directory) / oid[:2] / oid[2:]).read_bytes())
        return loose.partition(b"\0")[2]


def _person(role: str, person: pygit2.Signature) -> dict[str, str]:
    hours, minutes = divmod(abs(person.offset), 60)
    date = f"@{person.time} {'-' if person.offset < 0 else '+'}{hours:02d}{minutes:02d}"
    return {f"GIT_{role}_NAME": person.name, f"GIT_{role}_EMAIL": person.email, f"GIT_{role}_DATE": date}


def _quoted(path: Path) -> str:
    # Git splits the list at colons, except in quotes.
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
