"""What git was begun with in a work tree and is not done with: until it is, nothing is checked out there."""

from dataclasses import dataclass

import pygit2
from pygit2.enums import RepositoryState


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A merge, revert, cherry-pick, rebase, am or bisect that waits for a person.

    Attributes:
        verb: git's word for it.
        ways: git's commands that end it.
    """

    verb: str
    ways: tuple[str, ...]

    @property
    def way(self) -> str:
        """The commands in a line."""
        return " or ".join(self.ways)


def _ended(verb: str) -> Unfinished:
    return Unfinished(verb, (f"git {verb} --continue", f"git {verb} --abort"))


_STATES = {
    RepositoryState.MERGE: _ended("merge"),
    RepositoryState.REVERT: _ended("revert"),
    RepositoryState.REVERT_SEQUENCE: _ended("revert"),
    RepositoryState.CHERRYPICK: _ended("cherry-pick"),
    RepositoryState.CHERRYPICK_SEQUENCE: _ended("cherry-pick"),
    RepositoryState.BISECT: Unfinished("bisect", ("git bisect reset",)),
    RepositoryState.REBASE: _ended("rebase"),
    RepositoryState.REBASE_INTERACTIVE: _ended("rebase"),
    RepositoryState.REBASE_MERGE: _ended("rebase"),
    RepositoryState.APPLY_MAILBOX: _ended("am"),
    RepositoryState.APPLY_MAILBOX_OR_REBASE: _ended("am"),
}


def unfinished(git: pygit2.Repository) -> Unfinished | None:
    """What is unfinished in the work tree of ``git``; None where nothing is."""
    return _STATES.get(RepositoryState(git.state()))
